"""Which pairs are seen in what order: weighted draws and batches of like lengths.

The order is a function of (seed, stage, pass), so a place in the data is three numbers and resume is exact.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from training.config import Stage, TrainConfig
from training.corpus import TRAIN
from training.packed import Ints, Links, Packed, runs

_T = TypeVar("_T")

_MULTIPLE = 8
"""Rows and lengths of a batch are multiples of it: a CPU plans a product anew for every new shape."""


@dataclass(frozen=True)
class Batch:
    """Padded ids (batch, length) with their masks, and the word links of its pairs.

    `labelled`: int64, the positions that are predicted, counted over the flattened `labels`.
    `links`: int64 (number of links, 3) of row, target position, source position.
    `link_weights`: float32, one over the number of links of the same target piece; 0 for no link.
    `tokens`: number of target pieces; `share`: of those of the whole step.
    """

    tokens: int
    share: float
    source: torch.Tensor
    source_mask: torch.Tensor
    inputs: torch.Tensor
    labels: torch.Tensor
    labelled: torch.Tensor
    links: torch.Tensor
    link_weights: torch.Tensor

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """All tensors by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, torch.Tensor)}

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device; from pinned memory without waiting."""
        moved: dict[str, Any] = {n: t.to(device, non_blocking=True) for n, t in self.tensors.items()}
        return replace(self, **moved)

    def pinned(self) -> Batch:
        """The same batch in pinned memory."""
        pinned: dict[str, Any] = {name: tensor.pin_memory() for name, tensor in self.tensors.items()}
        return replace(self, **pinned)


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
    longest = np.maximum(target, source * 3 // 4)[order]
    batches: list[Ints] = []
    start = 0
    while start < len(order):
        ahead = longest[start : start + batch_tokens // longest[start] + 1]
        padded = np.maximum.accumulate(ahead) * np.arange(1, len(ahead) + 1)
        end = start + max(1, int(np.searchsorted(padded, batch_tokens, side="right")))
        if end - start > _MULTIPLE:
            end -= (end - start) % _MULTIPLE
        batches.append(rows[order[start:end]])
        start = end
    return [batches[i] for i in random.permutation(len(batches))]


def shaped_batches(
    packed: Packed, rows: Ints, batch_tokens: int, widths: Sequence[int], seed: int
) -> list[Ints]:
    """Batches of few shapes, in random order: of each width `batch_tokens // width` pairs that it holds.

    What does not fill a batch is left out.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(rows)
    longest = _longer_sides(packed, rows)
    batches: list[Ints] = []
    for number, width in enumerate(widths):
        fitting, size = rows[np.searchsorted(widths, longest) == number], batch_tokens // width
        batches += [fitting[i : i + size] for i in range(0, len(fitting) - size + 1, size)]
    return [batches[i] for i in random.permutation(len(batches))]


def width_of(packed: Packed, rows: Ints, widths: Sequence[int]) -> int:
    """The width of a batch of `shaped_batches`; 0 without `widths`."""
    return widths[int(np.searchsorted(widths, _longer_sides(packed, rows).max()))] if widths else 0


def _longer_sides(packed: Packed, rows: Ints) -> Ints:
    """Length in pieces of the longer side of each pair."""
    source, target = (o[rows + 1] - o[rows] for o in (packed.source_offsets, packed.target_offsets))
    longer: Ints = np.maximum(source, target)
    return longer


def collate(packed: Packed, rows: Ints, pad: int, links: Links | None = None, width: int = 0) -> Batch:
    """Pad the pairs of `rows` to one batch. The decoder starts with `pad`; labels are -100 behind the end.

    With a `width`, every tensor has a shape that depends on it and the number of rows alone: padding is
    predicted, too, which no loss counts, and the links are cut, or filled up with a weight of 0, to two per
    piece.
    """
    source, mask = _table(packed.source_ids, packed.source_offsets, rows, pad, width)
    labels, labelled = _table(packed.target_ids, packed.target_offsets, rows, -100, width)
    inputs = np.full_like(labels, pad)
    inputs[:, 1:] = np.where(labelled, labels, pad)[:, :-1]
    inputs[:, 1:][~labelled[:, 1:]] = pad  # `</s>` is no input
    triples, weights = np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.float32)
    if links is not None:
        at, row = runs(links.offsets, rows)
        triples = np.stack([row, links.target[at], links.source[at]], axis=1).astype(np.int64)
        cells = row * labels.shape[1] + triples[:, 1]
        weights = (1 / np.bincount(cells)[cells]).astype(np.float32) if len(cells) else weights
    predicted = np.flatnonzero(labelled)
    tokens = len(predicted)
    if width:
        predicted, count = np.arange(labels.size), 2 * labels.size
        triples, weights = (_filled(array, count) for array in (triples, weights))
    arrays = (source, mask.astype(np.int64), inputs, labels, predicted, triples, weights)
    return Batch(tokens, 1.0, *map(torch.from_numpy, arrays))


def _filled(array: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """The first `count` rows of `array`, zeros where it has fewer."""
    result = np.zeros((count, *array.shape[1:]), dtype=array.dtype)
    result[: len(array)] = array[:count]
    return result


def _table(
    ids: npt.NDArray[np.uint16], offsets: Ints, rows: Ints, fill: int, width: int
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The ids of `rows` side by side, padded to `width` or beyond the longest, and where they are."""
    lengths = offsets[rows + 1] - offsets[rows]
    inside = np.arange(width or -(-lengths.max() // _MULTIPLE) * _MULTIPLE) < lengths[:, None]
    table = np.full(inside.shape, fill, dtype=np.int64)
    table[inside] = ids[runs(offsets, rows)[0]]
    return table, inside


def passes(packed: Packed, stage: Stage, number: int, train: TrainConfig, start: int) -> Iterator[list[Ints]]:
    """The batches of pass `start`, `start + 1` … of a stage (its `number` counts from 0), without end."""
    copies = expected_copies(packed, stage, train.pass_tokens)
    while True:
        rows = draw_pass(copies, train.seed, number, start)
        seed = int(np.random.default_rng([train.seed, number, start]).integers(2**31))
        if train.widths:
            yield shaped_batches(packed, rows, train.batch_tokens, train.widths, seed)
        else:
            yield batch_rows(packed, rows, train.batch_tokens, seed)
        start += 1


def prefetch(items: Iterator[_T], depth: int = 8) -> Iterator[_T]:
    """The same items, made by a thread up to `depth` ahead; its errors are raised here."""
    ready: queue.Queue[Any] = queue.Queue(depth)
    over = threading.Event()

    def put(entry: tuple[Any, BaseException | None]) -> None:
        while not over.is_set():
            with suppress(queue.Full):
                ready.put(entry, timeout=0.2)
                return

    def work() -> None:
        try:
            for item in items:
                put((item, None))
                if over.is_set():
                    return
            put((None, StopIteration()))
        except Exception as error:
            put((None, error))

    threading.Thread(target=work, daemon=True).start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item
    finally:
        over.set()
