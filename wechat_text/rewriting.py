"""Small edits of a string with exact offsets in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wechat_text.document import Span


class Edit(NamedTuple):
    """Characters `start` to `end` of the old string become `replacement`; an insertion has `start == end`."""

    start: int
    end: int
    replacement: str


class Rewriting:
    """A string before and after some edits, and where each character went.

    An edit that keeps its length maps character by character; otherwise every character of either side
    maps to the whole of the other side. A deleted span maps to an empty one.

    Attributes:
        before: the old string.
        after: the new string.
    """

    def __init__(self, before: str, edits: Iterable[Edit] = ()) -> None:
        """`edits` may come in any order and do not overlap; insertions at one place keep their order."""
        self.before = before
        self.after, self._forward, self._backward = _apply(before, sorted(edits, key=lambda e: e[:2]))

    def then(self, edits: Iterable[Edit]) -> Rewriting:
        """This rewriting followed by `edits` of its result."""
        second = Rewriting(self.after, edits)
        both = Rewriting.__new__(Rewriting)
        both.before, both.after = self.before, second.after
        both._forward = [second.forward(span) for span in self._forward]
        both._backward = [self.backward(span) for span in second._backward]
        return both

    def forward(self, span: Span) -> Span:
        """Where a span of `before` lies in `after`."""
        return _map(span, self._forward, len(self.after))

    def backward(self, span: Span) -> Span:
        """Where a span of `after` came from in `before`."""
        return _map(span, self._backward, len(self.before))


def _apply(before: str, edits: Sequence[Edit]) -> tuple[str, list[Span], list[Span]]:
    parts: list[str] = []
    forward: list[Span] = []
    backward: list[Span] = []
    at = 0
    for start, end, replacement in (*edits, Edit(len(before), len(before), "")):
        if start < at:
            raise ValueError(f"edits overlap at {start}")
        kept = start - at
        new = len(backward)
        forward.extend(Span(i, i + 1) for i in range(new, new + kept))
        backward.extend(Span(i, i + 1) for i in range(at, start))
        new += kept
        if end - start == len(replacement):
            forward.extend(Span(i, i + 1) for i in range(new, new + end - start))
            backward.extend(Span(i, i + 1) for i in range(start, end))
        else:
            forward.extend([Span(new, new + len(replacement))] * (end - start))
            backward.extend([Span(start, end)] * len(replacement))
        parts += before[at:start], replacement
        at = end
    return "".join(parts), forward, backward


def _map(span: Span, characters: Sequence[Span], size: int) -> Span:
    if span.start < span.end:
        covered = [c for c in characters[span.start : span.end] if c.start < c.end]
        if covered:
            return Span(covered[0].start, covered[-1].end)
    at = characters[span.start].start if span.start < len(characters) else size
    return Span(at, at)
