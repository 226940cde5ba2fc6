"""Source pieces cut in two at random while a model learns, so that it knows words by their parts, too.

Subword regularisation (Kudo 2018, Subword Regularization: Improving Neural Network Translation Models with
Multiple Subword Candidates), done on the ids of the packed text, as BPE-dropout does it by leaving merges out
(Provilkov et al. 2020, BPE-Dropout: Simple and Effective Subword Regularization).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.packed import Ints, Packed, runs
from training.vocabulary import Vocabulary


class Splitter:
    """The ways to write a piece as two pieces of the vocabulary, more often those of frequent parts."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        ids = vocabulary.ordinary
        pairs: list[tuple[int, int]] = []
        odds: list[float] = []
        sizes = np.zeros(len(vocabulary.tokens), dtype=np.int64)
        score = vocabulary.processor.get_score
        for piece, number in ids.items():
            ways = [
                (ids[piece[:at]], ids[piece[at:]])
                for at in range(1, len(piece))
                if piece[:at] in ids and piece[at:] in ids
            ]
            sizes[number] = len(ways)
            pairs += ways
            shares = np.exp([score(left) + score(right) for left, right in ways])
            odds += list(number + np.cumsum(shares) / shares.sum())
        self._ends = np.cumsum(sizes)
        self._splits = sizes > 0
        self._pairs = np.array(pairs, dtype=np.uint16).reshape(-1, 2)
        # of each piece in the order of the ids: its id and the share of this way and those before it
        self._odds = np.array(odds)

    def split(self, packed: Packed, rows: Ints, share: float, random: np.random.Generator) -> Packed:
        """The pairs of `rows` alone, with `share` of the source pieces that can be cut in two cut in two."""
        at, owners = runs(packed.source_offsets, rows)
        ids = packed.source_ids[at]
        cut = (random.random(len(ids)) < share) & self._splits[ids]
        way = np.searchsorted(self._odds, ids[cut] + random.random(cut.sum()), side="right")
        way = np.minimum(way, self._ends[ids[cut]] - 1)  # the shares of a piece may add up to a little less
        sizes = 1 + cut
        first = (np.cumsum(sizes) - sizes)[cut]
        source = np.repeat(ids, sizes)
        source[first], source[first + 1] = self._pairs[way].T
        lengths = np.bincount(owners, sizes, len(rows)).astype(np.int64)
        at, of_target = runs(packed.target_offsets, rows)
        target_lengths = np.bincount(of_target, minlength=len(rows))
        return replace(
            packed,
            source_ids=source,
            source_offsets=np.cumsum([0, *lengths]),
            target_ids=packed.target_ids[at],
            target_offsets=np.cumsum([0, *target_lengths]),
            direction=packed.direction[rows],
            origin=packed.origin[rows],
            split=packed.split[rows],
        )
