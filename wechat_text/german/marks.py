"""Quotation marks in pairs: German, French, English and typewriter styles, mixed, nested, unclosed.

A scan from left to right with a stack. What a mark does follows from what is open and from its
neighbours: an opening mark leans on the word after it, a closing one on the word before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wechat_text.document import Span

CLOSERS = {
    "„": '“”"‟',
    "“": '”“"',
    "‟": '”"',
    "”": "”",
    '"': '"“”',
    "»": "«»",
    "«": "»«",
    "‚": "‘’'‛",
    "‘": "’'‘",
    "'": "'’",
    "›": "‹›",
    "‹": "›‹",
    "「": "」",
    "『": "』",
    ",,": '“”"',
}
"""Opening mark → the marks that close it."""

SINGLE = frozenset("‚‘’'›‹‛")
"""Marks of inner quotation."""

ALL_MARKS = frozenset("„“”‟\"»«‚‘’'›‹‛「」『』")

_MARK = re.compile(r",,(?=\w)|[„“”‟\"»«‚‘’'›‹‛「」『』]|\n")
_ELISION = re.compile(r"['’](?:s|n|ne|nen|nem|ner|m|t|rum|raus|rein|ran|mal)\b", re.IGNORECASE)
_CLOSING_SINGLE = re.compile(r"\w[.,!?…]*['’‘](?!\w)")
_LOOKAHEAD = 2500
_DEEPEST = 6


class Marked(NamedTuple):
    """A segment in quotation marks.

    Attributes:
        span: marks included.
        inner: without them.
        depth: 0 where it lies in no other marked segment.
        closed: whether a closing mark was found; otherwise `span` ends with its paragraph.
    """

    span: Span
    inner: Span
    depth: int
    closed: bool


class _Open(NamedTuple):
    mark: str
    start: int


def marked_segments(text: str, spans: Iterable[Span]) -> tuple[Marked, ...]:
    """All marked segments inside `spans`, ordered by start, outer before inner.

    A segment that runs over several paragraphs (opened again at the head of each, closed once) is
    one. Linear in the length of the text.
    """
    found: list[Marked] = []
    for span in spans:
        found.extend(_scan(text, span))
    found.sort(key=lambda m: (m.span.start, -m.span.end))
    return tuple(_with_depth(found))


def _scan(text: str, span: Span) -> list[Marked]:
    marks = [(m.start(), m.group()) for m in _MARK.finditer(text, span.start, span.end)]
    stack: list[_Open] = []
    found: list[Marked] = []
    skip = -1
    for number, (at, mark) in enumerate(marks):
        if at <= skip:
            continue
        if mark == "\n":
            if stack:
                skip = _paragraph_break(text, span, marks, number, stack, found)
            continue
        closes = _closing_level(text, at, mark, stack, span)
        opens = _can_open(text, at, mark, span, bool(stack))
        if closes is not None and opens and _strictly_opening(text, at, mark, span):
            if stack[closes].mark == mark and not _pairs_remain(marks, number, mark):
                _give_up(text, stack, closes, at, found)  # the one before was never closed
            closes = None
        if closes is not None:
            opened = stack[closes]
            del stack[closes:]
            found.append(
                Marked(Span(opened.start, at + len(mark)), Span(opened.start + len(opened.mark), at), 0, True)
            )
        elif opens:
            if len(stack) == _DEEPEST:
                _give_up(text, stack, 0, at, found)
            stack.append(_Open(mark, at))
    _give_up(text, stack, 0, span.end, found)
    return found


def _closing_level(text: str, at: int, mark: str, stack: Sequence[_Open], span: Span) -> int | None:
    """Which open mark this one can close: the innermost that fits, or none."""
    before = text[at - 1] if at > span.start else " "
    after = text[at + len(mark)] if at + len(mark) < span.end else " "
    for level in range(len(stack) - 1, -1, -1):
        if mark not in CLOSERS[stack[level].mark]:
            if stack[level].mark in SINGLE and mark not in SINGLE:
                continue  # an apostrophe taken for an inner mark
            if mark in SINGLE:
                return None
            continue
        if mark in "'’" and (after.isalnum() or before.isspace()):
            return None
        if stack[level].start + len(stack[level].mark) == at and mark == stack[level].mark:
            return None
        return level
    return None


def _can_open(text: str, at: int, mark: str, span: Span, inside: bool) -> bool:
    if mark not in CLOSERS:
        return False
    before = text[at - 1] if at > span.start else " "
    after = text[at + len(mark)] if at + len(mark) < span.end else " "
    if mark in "„「『" or mark == ",,":
        return True
    if mark in "‚":
        return not after.isspace() and not before.isalnum()
    if mark in "'‘":
        if before.isalnum() or not after.isalnum() or _ELISION.match(text, at):
            return False
        return _CLOSING_SINGLE.search(text, at + 1, min(span.end, at + 300)) is not None
    if mark in "»«›‹" and after.isspace() and before.isspace() and not inside:
        return True  # French spacing: « mot »
    return not after.isspace() and not before.isalnum() and after not in ".,;:!?"


def _strictly_opening(text: str, at: int, mark: str, span: Span) -> bool:
    before = text[at - 1] if at > span.start else " "
    after = text[at + len(mark)] if at + len(mark) < span.end else " "
    return mark in "„「『" or (
        (before.isspace() or before in "([–—/") and (after.isalnum() or after in "(„“‚‘'…")
    )


def _pairs_remain(marks: Sequence[tuple[int, str]], number: int, mark: str) -> bool:
    """Whether two more marks that close `mark` follow in this paragraph: then this one nests."""
    count = 0
    for _, other in marks[number + 1 : number + 40]:
        if other == "\n":
            break
        count += other in CLOSERS[mark] and other != "„"
        if count == 2:
            return True
    return False


def _paragraph_break(
    text: str,
    span: Span,
    marks: Sequence[tuple[int, str]],
    number: int,
    stack: list[_Open],
    found: list[Marked],
) -> int:
    """Decide at a line end whether the open segment goes on; returns a position to skip to."""
    at = marks[number][0]
    bottom = stack[0]
    head = at
    while head < span.end and text[head].isspace():
        head += 1
    if text.startswith(bottom.mark, head) and head < span.end and _goes_on(text, marks, number, bottom.mark):
        del stack[1:]
        return head  # opened again at the head of the next paragraph
    depth = 0
    for following in range(number + 1, len(marks)):
        position, mark = marks[following]
        if position > at + _LOOKAHEAD:
            break
        if mark == "\n" or mark in SINGLE:
            continue
        opening = mark in "„「『" or _strictly_opening(text, position, mark, span)
        if opening:
            if not (mark != bottom.mark and mark in CLOSERS):
                break
            depth += 1
        elif depth:
            depth -= 1
        elif mark in CLOSERS[bottom.mark]:
            return -1
    _give_up(text, stack, 0, at, found)
    return -1


def _goes_on(text: str, marks: Sequence[tuple[int, str]], number: int, mark: str) -> bool:
    """Whether a mark at the head of a paragraph repeats the open one rather than begin anew.

    A typewriter mark could do either: it repeats where the next one closes behind a full stop.
    """
    if mark != '"':
        return True
    quotes = [position for position, other in marks[number + 1 : number + 12] if other == mark]
    return len(quotes) > 1 and text[quotes[1] - 1] in ".!?…"


def _give_up(text: str, stack: list[_Open], level: int, end: int, found: list[Marked]) -> None:
    """Record what stays open from `level` upwards as unclosed segments that end before `end`."""
    if level < len(stack):
        opened = stack[level]
        start = opened.start + len(opened.mark)
        while end > start and text[end - 1].isspace():
            end -= 1
        if opened.mark not in SINGLE and end > start:
            found.append(Marked(Span(opened.start, end), Span(start, end), 0, False))
    del stack[level:]


def _with_depth(found: Sequence[Marked]) -> Iterable[Marked]:
    around: list[Span] = []
    for segment in found:
        while around and around[-1].end <= segment.span.start:
            around.pop()
        yield segment._replace(depth=len(around))
        around.append(segment.span)
