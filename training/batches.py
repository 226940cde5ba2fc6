"""Which pairs are seen in what order: weighted draws and batches of like lengths.

The order is a function of (seed, stage, pass), so a place in the data is three numbers and resume is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from training.config import Stage, TrainConfig
from training.corpus import TRAIN
from training.packed import Ints, Links, Packed


@dataclass(frozen=True)
class Batch:
    """Padded ids (batch, length) with their masks, and the word links of its pairs.

    `links`: int64 (number of links, 3) of row, target position, source position.
    """

    source: torch.Tensor
    source_mask: torch.Tensor
    inputs: torch.Tensor
    labels: torch.Tensor
    links: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        return Batch(
            *(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__)
        )


def expected_copies(packed: Packed, stage: Stage, pass_tokens: int) -> npt.NDArray[np.float64]:
    """How often each pair is drawn per pass, so that weights, direction shares and `pass_tokens` hold."""
    weights = np.array([stage.weights.get(origin, stage.default_weight) for origin in packed.origins])
    copies: npt.NDArray[np.float64] = weights[packed.origin] * (packed.split == TRAIN)
    lengths = np.diff(packed.target_offsets)
    total = sum(stage.shares.values())
    for index, name in enumerate(packed.directions):
        chosen = packed.direction == index
        tokens = float((copies * lengths)[chosen].sum())
        share = stage.shares.get(name, 0.0) / total
        copies[chosen] *= share * pass_tokens / tokens if tokens else 0.0
    return copies


def draw_pass(copies: npt.NDArray[np.float64], seed: int, stage: int, number: int) -> Ints:
    """Indices of the pairs of one pass. Over many passes each pair comes up evenly, not by chance.

    A pair with 0.3 expected copies is seen in every third or fourth pass, never twice in a row.
    """
    phase = np.random.default_rng([seed, stage]).random(len(copies))
    times = np.floor(copies * (number + 1) + phase) - np.floor(copies * number + phase)
    return np.repeat(np.arange(len(copies)), times.astype(np.int64))


def batch_rows(packed: Packed, rows: Ints, batch_tokens: int, seed: int) -> list[Ints]:
    """Pairs of like lengths together, at most `batch_tokens` padded target tokens each, in random order.

    The padded source counts three quarters: the encoder is cheaper per token than decoder and output layer.
    """
    random = np.random.default_rng(seed)
    source = np.diff(packed.source_offsets)[rows]
    target = np.diff(packed.target_offsets)[rows]
    order = np.lexsort((random.random(len(rows)), source // 3, target + random.integers(0, 3, len(rows))))
    batches: list[Ints] = []
    start, longest = 0, 0
    for position, index in enumerate(order):
        longest = max(longest, int(target[index]), int(source[index] * 3 // 4))
        if position > start and longest * (position - start + 1) > batch_tokens:
            batches.append(rows[order[start:position]])
            start, longest = position, max(int(target[index]), int(source[index] * 3 // 4))
    if start < len(order):
        batches.append(rows[order[start:]])
    return [batches[i] for i in random.permutation(len(batches))]


def collate(packed: Packed, rows: Ints, pad: int, links: Links | None = None) -> Batch:
    """Pad the pairs of `rows` to one batch. The decoder starts with `pad`; labels are -100 behind the end."""
    sources = [packed.source(i) for i in rows]
    targets = [packed.target(i) for i in rows]
    source = np.full((len(rows), max(map(len, sources))), pad, dtype=np.int64)
    inputs = np.full((len(rows), max(map(len, targets))), pad, dtype=np.int64)
    labels = np.full_like(inputs, -100)
    mask = np.zeros_like(source)
    for row, (s, t) in enumerate(zip(sources, targets, strict=True)):
        source[row, : len(s)] = s
        mask[row, : len(s)] = 1
        inputs[row, 1 : len(t)] = t[:-1]
        labels[row, : len(t)] = t
    triples = np.zeros((0, 3), dtype=np.int64)
    if links is not None:
        parts = []
        for row, index in enumerate(rows):
            s_at, t_at = links.of(int(index))
            parts.append(np.stack([np.full(len(s_at), row), t_at, s_at], axis=1).astype(np.int64))
        triples = np.concatenate(parts)
    return Batch(*(torch.from_numpy(a) for a in (source, mask, inputs, labels, triples)))


def passes(packed: Packed, stage: Stage, number: int, train: TrainConfig, start: int) -> Iterator[list[Ints]]:
    """The batches of pass `start`, `start + 1` … of a stage (its `number` counts from 0), without end."""
    copies = expected_copies(packed, stage, train.pass_tokens)
    while True:
        rows = draw_pass(copies, train.seed, number, start)
        seed = int(np.random.default_rng([train.seed, number, start]).integers(2**31))
        yield batch_rows(packed, rows, train.batch_tokens, seed)
        start += 1
