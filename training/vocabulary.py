"""The joint vocabulary: a sentencepiece model, and ids in the order transformers wants.

Ids: `<unk>` 0, `</s>` 1, the other pieces, then the target tokens (`>>eng<<` …), then `<pad>` last.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from training.config import VocabularyConfig

EOS = 1


class Vocabulary:
    """Text to ids and back. `pad` is the last id and also the decoder's start."""

    def __init__(self, spm: Path, config: VocabularyConfig) -> None:
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(spm))
        pieces = self.processor.get_piece_size()
        self.tokens = [self.processor.id_to_piece(i) for i in range(pieces)]
        self.target_ids = {language: pieces + i for i, language in enumerate(config.target_tokens)}
        self.tokens += [*config.target_tokens.values(), "<pad>"]
        self.pad = len(self.tokens) - 1

    @property
    def ordinary(self) -> dict[str, int]:
        """Pieces of text to their ids, in the order of the ids: no bytes, no marks of the model's own."""
        processor = self.processor
        pieces = range(processor.get_piece_size())
        special = processor.is_unknown, processor.is_control, processor.is_byte, processor.is_unused
        return {self.tokens[i]: i for i in pieces if not any(kind(i) for kind in special)}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Piece ids of each text, without `</s>`."""
        result: list[list[int]] = self.processor.encode(list(texts), out_type=int, num_threads=2)
        return result


def train_vocabulary(texts: dict[str, list[str]], config: VocabularyConfig, spm: Path, seed: int) -> None:
    """Train the sentencepiece model on as many lines of each language and write it to `spm`."""
    chosen: list[str] = []
    for language in sorted(texts):
        lines = sorted(set(texts[language]))
        random.Random(seed).shuffle(lines)
        chosen += lines[: config.lines_per_language]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(chosen),
        model_prefix=str(spm.with_suffix("")),
        vocab_size=config.size - len(config.target_tokens) - 1,
        model_type="unigram",
        character_coverage=config.character_coverage,
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        unk_id=0,
        eos_id=EOS,
        bos_id=-1,
        pad_id=-1,
        num_threads=2,
        minloglevel=1,
    )
    spm.with_suffix(".model").replace(spm)
    spm.with_suffix(".vocab").unlink()
