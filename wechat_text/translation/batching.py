"""Rows of like lengths worked on together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def by_length(lengths: Sequence[int], most: int, kinds: Sequence[int] = ()) -> Iterator[list[int]]:
    """Indices of `lengths`, longest first, in batches of at most `most` together with padding.

    A longer one makes a batch of its own. What differs in `kinds`, where given, is not put together.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], kinds[i] if kinds else 0)):
        full = batch and lengths[batch[0]] * (len(batch) + 1) > most
        if full or (batch and kinds and kinds[batch[0]] != kinds[index]):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
