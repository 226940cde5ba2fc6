"""`prepare`: text to the vocabulary and the packed corpus."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np

from training.config import Config
from training.corpus import HELD_OUT, TRAIN, Pair, read_pairs
from training.packed import Packed
from training.vocabulary import EOS, Vocabulary, train_vocabulary


def prepare(config: Config, data: Path) -> None:
    """Read the text under `data` and of `distil`; write vocabulary, packed text, counts, held-out lines."""
    config.work.mkdir(parents=True, exist_ok=True)
    distilled = [(text.direction, config.distilled(text)) for text in config.distil]
    for _, path in distilled:
        print(f"{path.name}: {'read' if path.exists() else 'not there, left out (see distil)'}", flush=True)
    pairs, dropped = read_pairs(data, config.corpus, [entry for entry in distilled if entry[1].exists()])
    print(f"{len(pairs):,} pairs; dropped: {dict(dropped)}", flush=True)
    if config.start:
        shutil.copyfile(config.start / "source.spm", config.spm)
    elif not config.spm.exists():
        train_vocabulary(_texts(pairs), config.vocabulary, config.spm, config.train.seed)
        print("vocabulary trained", flush=True)
    vocabulary = Vocabulary(config.spm, config.vocabulary)
    packed = pack(pairs, vocabulary, config)
    packed.save(config.packed)
    counts: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    lengths = np.diff(packed.target_offsets)
    for direction, origin, split, length in zip(
        packed.direction, packed.origin, packed.split, lengths, strict=True
    ):
        key = f"{packed.directions[direction]} {packed.origins[origin]} {('train', 'dev', 'held-out')[split]}"
        counts[key] += 1
        tokens[key] += int(length)
    report = {"pairs": counts, "target_tokens": tokens, "dropped": dropped}
    (config.work / "prepared.json").write_text(json.dumps(report, indent=1, sort_keys=True))
    _write_held_out(pairs, config.work)


def pack(pairs: list[Pair], vocabulary: Vocabulary, config: Config) -> Packed:
    """Token ids of all pairs of at most `max_pieces` pieces on either side."""
    directions = tuple(d.name for d in config.corpus.directions)
    origins = tuple(sorted({p.origin for p in pairs}))
    sources = vocabulary.encode([p.source for p in pairs])
    targets = vocabulary.encode([p.target for p in pairs])
    limit = config.corpus.max_pieces
    kept = [i for i in range(len(pairs)) if 0 < len(sources[i]) <= limit and 0 < len(targets[i]) <= limit]
    first = {d.name: vocabulary.target_ids[d.target] for d in config.corpus.directions}
    source_rows = [[first[pairs[i].direction], *sources[i], EOS] for i in kept]
    target_rows = [[*targets[i], EOS] for i in kept]
    return Packed(
        source_ids=np.array([token for row in source_rows for token in row], dtype=np.uint16),
        source_offsets=np.cumsum([0, *map(len, source_rows)], dtype=np.int64),
        target_ids=np.array([token for row in target_rows for token in row], dtype=np.uint16),
        target_offsets=np.cumsum([0, *map(len, target_rows)], dtype=np.int64),
        direction=np.array([directions.index(pairs[i].direction) for i in kept], dtype=np.uint8),
        origin=np.array([origins.index(pairs[i].origin) for i in kept], dtype=np.uint8),
        split=np.array([pairs[i].split for i in kept], dtype=np.uint8),
        directions=directions,
        origins=origins,
    )


def _texts(pairs: list[Pair]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for pair in pairs:
        if pair.split == TRAIN and pair.origin not in ("mdn", "python_docs", "original_joined"):
            source, target = pair.direction.split("-")
            texts.setdefault(source, []).append(pair.source)
            texts.setdefault(target, []).append(pair.target)
    return texts


def _write_held_out(pairs: list[Pair], work: Path) -> None:
    for direction in sorted({p.direction for p in pairs}):
        lines = [
            f"{p.source}\t{p.target}\n" for p in pairs if p.split == HELD_OUT and p.direction == direction
        ]
        (work / f"held-out.{direction}.tsv").write_text("".join(lines), encoding="utf-8")
