"""chrF of what a model in training translates greedily."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import MarianMTModel

from training.batches import collate
from training.config import Config, Stage
from training.corpus import DEV
from training.packed import Ints, Packed
from training.vocabulary import EOS, Vocabulary

_BATCH = 50


def dev_rows(packed: Packed, stage: Stage, lines: int) -> dict[str, Ints]:
    """The first `lines` dev pairs, by length, of each direction of `stage` that has any."""
    lengths = np.diff(packed.source_offsets)
    found = {}
    for index, name in enumerate(packed.directions):
        rows = np.flatnonzero((packed.direction == index) & (packed.split == DEV))[:lines]
        if len(rows) and stage.shares.get(name):
            found[name] = rows[np.argsort(lengths[rows], kind="stable")]
    return found


@torch.no_grad()
def dev_chrf(model: MarianMTModel, packed: Packed, rows: dict[str, Ints], config: Config) -> dict[str, float]:
    """Corpus chrF of the greedy translations of the pairs in `rows`, per direction.

    `model` is in evaluation mode; nothing is drawn at random.
    """
    import sacrebleu

    vocabulary = Vocabulary(config.spm, config.vocabulary)
    longest = min(config.corpus.max_pieces + 1, config.model.max_positions - 1)
    generator: Any = model
    result = {}
    for name, chosen in rows.items():
        outputs: list[str] = []
        for start in range(0, len(chosen), _BATCH):
            batch = collate(packed, chosen[start : start + _BATCH], vocabulary.pad).to(model.device)
            ids = generator.generate(
                input_ids=batch.source,
                attention_mask=batch.source_mask,
                num_beams=1,
                do_sample=False,
                bad_words_ids=[[vocabulary.pad]],
                max_new_tokens=longest,
            )
            outputs += [_text(vocabulary, row) for row in ids.tolist()]
        references = [_text(vocabulary, packed.target(int(row)).tolist()) for row in chosen]
        result[name] = round(sacrebleu.corpus_chrf(outputs, [references]).score, 4)
    return result


def _text(vocabulary: Vocabulary, ids: list[int]) -> str:
    """The pieces among `ids` as text."""
    pieces = [i for i in ids if i != EOS and i < len(vocabulary.processor)]
    text: str = vocabulary.processor.decode(pieces)
    return text
