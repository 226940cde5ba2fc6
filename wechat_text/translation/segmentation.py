"""A text cut into pieces that a model can take; nothing but white space lies between them.

Sentences first; what is said in one is parted from the colon that introduces it, since whole sentences
are translated better apart (`benchmarks/alignment.py strategy`). A piece that has more tokens than the
limit is cut near its middle at the best boundary there: the end of a sentence or quotation, a semicolon,
a comma, a blank; a single word only when nothing else is left.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator

from wechat_text.document import Span
from wechat_text.german import sentences
from wechat_text.translation.addresses import ADDRESS
from wechat_text.translation.marks import double_marks

_END = re.compile(r"[.!?…]+[”’\"')\]]*\s+(?=\S)|[。！？…]+[”’」』）]*\s*(?=\S)|\s*[\n\r\u2028\u2029]\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|vs|Prof|Jr|Sr|Gen|Rep|Sen|approx|[A-Za-z])|\b[A-Z]\.[A-Z])\.$"
)

_BOUNDARIES = tuple(
    re.compile(pattern)
    for pattern in (
        # a stop after fewer letters or a figure may be an abbreviation's or an ordinal's
        r"(?<=[.!?…][”“\"«»])\s+|(?<=[^\W\d_]{3}\.)\s+|(?<=[!?…])\s+|(?<=[。！？])|\s*[\n\r]+\s*",
        r"(?<=[“”\"«»]),?\s+|(?<=[;；:：])\s*|\s+(?=[–—]\s)|(?<=[”“»«],)\s*",
        r"(?<=,)\s+|(?<=[，、])",
        r"\s+(?=(?:und|oder|aber|sondern|denn|weil|dass|während|and|or|but|because|that|which|while)\s)",
        r"(?<!\b\w\.)(?<!\b\w\w\.)\s+",
        r"\s+",
        r"(?<=[\u3400-\u9fff\uff00-\uffef])(?=[\u3400-\u9fff])",
    )
)
"""From the best place to cut to the worst."""


_LEAST_SAID = 4
"""Words in what a colon introduces: fewer may be a name or a title."""


def segment(text: str, language: str, count: Callable[[str], int], limit: int) -> tuple[Span, ...]:
    """Cut `text` into segments.

    Args:
        text: any text.
        language: ISO 639 code of the text.
        count: number of tokens of a string.
        limit: most tokens in a segment.

    Returns:
        Spans in order, without white space at their edges; nothing but white space lies between them.
        Each has at most `limit` tokens, save a single character that alone has more.
    """
    return tuple(
        piece
        for sentence in _sentences(text, language)
        for part in _introduced(text, sentence)
        for piece in shorten(text, part, count, limit)
    )


def shorten(text: str, span: Span, count: Callable[[str], int], limit: int) -> Iterator[Span]:
    """Cut `span` until no piece has more than `limit` tokens."""
    pending = [span]
    while pending:
        piece = pending.pop()
        if len(piece.of(text)) <= 1 or (
            piece.end - piece.start < 20 * limit and count(piece.of(text)) <= limit
        ):
            yield piece
            continue
        cut = _cut(text, piece)
        pending += [p for p in (_strip(text, cut, piece.end), _strip(text, piece.start, cut)) if p]


def _sentences(text: str, language: str) -> Iterator[Span]:
    if language == "de":
        yield from sentences.split_inside(text, Span(0, len(text)))
        return
    start = 0
    for match in _END.finditer(text):
        before = text[max(start, match.start() - 12) : match.end()].rstrip()
        if "\n" not in match[0] and _ABBREVIATION.search(before):
            continue
        if not match[0].isspace() and text[match.end()].islower():
            continue
        stripped = _strip(text, start, match.end())
        if stripped:
            yield stripped
        start = match.end()
    stripped = _strip(text, start, len(text))
    if stripped:
        yield stripped


def _introduced(text: str, sentence: Span) -> Iterator[Span]:
    """A sentence in two, where it ends with a colon and a quotation of whole sentences."""
    inside = sentence.of(text)
    for mark in double_marks(inside):
        before = inside[: mark.at].rstrip()
        end = len(inside) if mark.partner is None else mark.partner + 1
        said = inside[mark.at + 1 : end]
        if (
            mark.opens
            and before.endswith((":", "："))
            and not inside[end:].strip(".!?。 ")
            and said[:1].isupper()
            and len(said.split()) >= _LEAST_SAID
        ):
            yield Span(sentence.start, sentence.start + len(before))
            yield Span(sentence.start + mark.at, sentence.end)
            return
    yield sentence


def _cut(text: str, span: Span) -> int:
    """The best place to cut near the middle; characters stand for tokens here."""
    middle = (span.start + span.end) // 2
    reach = max(1, (span.end - span.start) * 3 // 10)
    low, high = max(span.start + 1, middle - reach), min(span.end - 1, middle + reach)
    inside = {
        at
        for match in ADDRESS.finditer(text, span.start, span.end)
        for at in range(match.start() + 1, match.end())
    }
    for pattern in _BOUNDARIES:
        found = (match.start() for match in pattern.finditer(text, low, high))
        places = [at for at in found if span.start < at < span.end and at not in inside]
        if places:
            index = bisect_left(places, middle)
            near = places[max(0, index - 1) : index + 1]
            return min(near, key=lambda place: abs(place - middle))
    cut = middle
    while cut < span.end - 1 and _joins(text, cut):
        cut += 1
    return cut if not _joins(text, cut) else middle


def _joins(text: str, at: int) -> bool:
    """Whether the characters around `at` make one sign: a combining mark, a joined emoji, a variation."""
    return (
        unicodedata.combining(text[at]) > 0 or "\u200d" in text[at - 1 : at + 1] or text[at] in "\ufe0e\ufe0f"
    )


def _strip(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
