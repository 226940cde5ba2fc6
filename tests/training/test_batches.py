"""Weighted draws and batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from training.batches import (
    batch_rows,
    collate,
    draw_pass,
    expected_copies,
    prefetch,
    shaped_batches,
    width_of,
)
from training.config import Stage
from training.packed import Links, Packed


def packed_pairs() -> Packed:
    """Two directions, two origins, 400 pairs of 5 to 14 pieces."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 15, 400)
    offsets = np.cumsum([0, *lengths])
    ids = rng.integers(2, 90, offsets[-1]).astype(np.uint16)
    direction, origin = (np.arange(400) % 2).astype(np.uint8), (np.arange(400) // 2 % 2).astype(np.uint8)
    split = np.zeros(400, dtype=np.uint8)
    split[:20] = 2
    return Packed(ids, offsets, ids, offsets, direction, origin, split, ("de-en", "de-zh"), ("news", "docs"))


def test_batches_draws_hold_shares_and_weights() -> None:
    packed = packed_pairs()
    stage = Stage("s", 1e-3, {"de-en": 3, "de-zh": 1}, weights={"docs": 0.1}, steps=1)
    copies = expected_copies(packed, stage, 2000)
    tokens = copies * np.diff(packed.target_offsets)
    assert np.isclose(tokens[packed.direction == 0].sum(), 1500)
    assert np.isclose(tokens[packed.direction == 1].sum(), 500)
    assert copies[:20].sum() == 0
    german_english = (packed.direction == 0) & (packed.split == 0)
    news, docs = (copies[german_english & (packed.origin == i)] for i in (0, 1))
    assert np.allclose(docs, news[0] * 0.1)


def test_batches_every_pair_comes_up_evenly() -> None:
    copies = np.array([0.25, 1.0, 2.5])
    seen = np.array([np.bincount(draw_pass(copies, 7, 0, n), minlength=3) for n in range(8)])
    assert seen.sum(0).tolist() == [2, 8, 20]
    assert seen.max(0).tolist() == [1, 1, 3]


def test_batches_hold_every_row_once_within_the_limit() -> None:
    packed = packed_pairs()
    rows = np.arange(400)
    batches = batch_rows(packed, rows, 120, seed=3)
    assert sorted(np.concatenate(batches).tolist()) == rows.tolist()
    lengths = np.diff(packed.target_offsets)
    assert max(lengths[b].max() * len(b) for b in batches) <= 120
    padding = 1 - lengths.sum() / sum(lengths[b].max() * len(b) for b in batches)
    assert padding < 0.15


def test_batches_decoder_sees_the_piece_before() -> None:
    packed = packed_pairs()
    links = Links(
        np.array([1, 2], dtype=np.uint8), np.array([0, 3], dtype=np.uint8), np.array([0, 0, 2, *[2] * 398])
    )
    batch = collate(packed, np.array([0, 1]), 99, links)
    first = packed.target(1)
    assert batch.inputs[1, : len(first)].tolist() == [99, *first[:-1]]
    assert batch.labels[1, : len(first)].tolist() == first.tolist()
    assert (batch.labels == -100).sum() == batch.labels.numel() - len(packed.target(0)) - len(first)
    assert batch.links.tolist() == [[1, 0, 1], [1, 3, 2]]


def test_batches_of_given_widths_have_few_shapes_and_lose_little() -> None:
    packed, widths = packed_pairs(), (8, 11, 14)
    rows = np.arange(400)
    batches = shaped_batches(packed, rows, 120, widths, seed=3)
    shapes = {collate(packed, b, 99, width=width_of(packed, b, widths)).labels.shape for b in batches}
    assert shapes == {(15, 8), (10, 11), (8, 14)}
    drawn = np.concatenate(batches)
    assert len(set(drawn)) == len(drawn) > 400 - 15 - 10 - 8
    assert shaped_batches(packed, rows, 120, widths, seed=3)[0].tolist() == batches[0].tolist()


def test_batches_of_a_width_fill_up_links_that_weigh_nothing() -> None:
    packed = packed_pairs()
    links = Links(
        np.array([1, 2, 2], dtype=np.uint8),
        np.array([0, 3, 0], dtype=np.uint8),
        np.array([0, 0, 3, *[3] * 398]),
    )
    batch = collate(packed, np.array([0, 1]), 99, links, width=20)
    assert batch.source.shape == batch.inputs.shape == batch.labels.shape == (2, 20)
    assert batch.links.shape == (80, 3)
    assert batch.links[:3].tolist() == [[1, 0, 1], [1, 3, 2], [1, 0, 2]]
    assert batch.link_weights[:4].tolist() == [0.5, 1.0, 0.5, 0.0]
    assert batch.link_weights.sum() == 2
    assert batch.tokens == len(packed.target(0)) + len(packed.target(1))


def test_batches_prefetched_come_in_order_and_their_errors_come_through() -> None:
    def items() -> Iterator[int]:
        yield from range(30)
        raise ValueError("the data ends here")

    taken = prefetch(items(), depth=2)
    assert [next(taken) for _ in range(30)] == list(range(30))
    with pytest.raises(ValueError, match="ends here"):
        next(taken)
    assert list(prefetch(iter(range(5)))) == list(range(5))
