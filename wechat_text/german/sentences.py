"""Sentences: where one ends, with German abbreviations, ordinals and quotations.

A quotation together with its inquit stays in one sentence; `split_inside` gives the boundaries
within such a unit for those who need shorter pieces.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from wechat_text.document import Span
from wechat_text.german.lexicon import abbreviations
from wechat_text.german.marks import marked_segments

# What may end a sentence: a run of stops with the marks and brackets that close behind it, or line ends.
_CANDIDATE = re.compile(
    r"(?P<stop>[.!?…。！？]+)(?P<close>[“”\"«»‘’'›‹)\]」』]*)(?P<gap>\s+|(?<=[。！？])|$)|(?P<line>[^\S\n]*[\n\u2028\u2029\x0b\x0c\x85]\s*|\r\s*)"
)
_LAST_WORD = re.compile(r"[^\s(\[„“”\"»«‚‘]+$")
_ROMAN = re.compile(r"[IVXL]+$")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\r\n?[^\S\n]*\r|[\u2028\u2029\x0b\x0c]")
_WORD = re.compile(r"\w+")
_GLUED = re.compile(r"(?<=[a-zäöüß][a-zäöüß]) (?=[A-Z][a-z]{2,8} )")
_LOOK_BACK = 30
_WRAP_MINIMUM, _WRAP_MAXIMUM = 50, 110


def split_sentences(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Sentence spans inside `spans`, in order, without the white space around them.

    Lossless: between and around the sentences of a span lies nothing but white space. No sentence
    begins or ends inside closed quotation marks. Linear in the length of the text.
    """
    closed = [m.span for m in marked_segments(text, spans) if m.closed and m.depth == 0]
    return tuple(s for span in spans for s in _split(text, span, closed))


def split_inside(text: str, span: Span) -> tuple[Span, ...]:
    """Sentence spans inside one unit, quotation marks or not; the same guarantees otherwise."""
    return tuple(_split(text, span, ()))


def _split(text: str, span: Span, protected: Sequence[Span]) -> Iterator[Span]:
    starts = [p.start for p in protected]
    wrapped = _is_hard_wrapped(text, span)
    begin = span.start
    for cut in _boundaries(text, span, wrapped):
        around = bisect_right(starts, cut - 1) - 1
        if around >= 0 and protected[around].start < cut < protected[around].end:
            continue
        sentence = _stripped(text, begin, cut)
        if sentence is not None:
            yield sentence
        begin = cut
    sentence = _stripped(text, begin, span.end)
    if sentence is not None:
        yield sentence


def _boundaries(text: str, span: Span, wrapped: bool) -> Iterator[int]:
    line_start = span.start
    glued = _glued_headlines(text, span)
    for match in _CANDIDATE.finditer(text, span.start, span.end):
        while glued and glued[0] < match.start():
            yield glued.pop(0)
        after = match.end()
        if after >= span.end:
            break
        gap = match["line"] if match["line"] is not None else match["gap"]
        if match["line"] is not None or "\n" in gap or "\r" in gap:
            ended = match["stop"] is not None and _ends_sentence(text, span.start, match)
            length = match.start() - line_start
            if _BLANK_LINE.search(gap) or ended or _line_separates(text, after, length, wrapped):
                yield match.start() if match["line"] is not None else match.start("gap")
            line_start = after
        elif _ends_sentence(text, span.start, match):
            yield match.start("gap")
    yield from glued


def _ends_sentence(text: str, begin: int, match: re.Match[str]) -> bool:
    """Whether the stop that `match` found ends a sentence, given the words around it."""
    after = match.end()
    nxt = text[after : after + 1]
    if nxt.islower():
        return False
    if nxt and nxt in ",;:.":
        return False
    stop = match["stop"]
    if stop != "." or match["close"][:1] in tuple("“”\"«»‘’'›‹"):
        return not (nxt in "–—-" and text[after + 1 : after + 3].strip()[:1].islower())
    low = max(begin, match.start() - _LOOK_BACK)
    before = text[low : match.start()]
    word_match = _LAST_WORD.search(before)
    if word_match is None:
        return True
    word = word_match.group()
    first = _WORD.match(text, after, after + 40)
    follows = first.group() if first else nxt
    known = abbreviations()
    lowered = before.lower()
    starter = follows in known.starters
    if any(lowered.endswith(a) and not lowered[-len(a) - 1 : -len(a)].isalnum() for a in known.spaced_never):
        return False
    if any(
        lowered.endswith(a) and not lowered[-len(a) - 1 : -len(a)].isalnum() for a in known.spaced_sometimes
    ):
        return starter
    bare = word.lower()
    if bare in known.never:
        return False
    if bare in known.sometimes or (len(word) == 1 and word.isalpha()) or _ROMAN.match(word):
        return starter
    digits = word.rpartition(".")[2] if word[:1].isdigit() else word
    if digits.isdigit():
        return _number_ends(digits, before[: word_match.start()], follows, starter)
    if re.fullmatch(r"(?:\w\.)+\w", word):
        return starter
    return True


def _number_ends(digits: str, before: str, follows: str, starter: bool) -> bool:
    """Whether the stop behind a number is a full stop rather than the sign of an ordinal."""
    known = abbreviations()
    if follows in known.months:
        return False
    if len(digits) >= 4:
        return True
    words = before.split()
    previous = words[-1].lower() if words else ""
    if previous in known.determiners:
        return starter and previous not in ("der", "die", "das", "den", "dem", "des")
    return starter or len(digits) > 2


def _line_separates(text: str, after: int, length: int, wrapped: bool) -> bool:
    """Whether a line without a stop at its end stands for itself (a headline, an entry)."""
    if text[after : after + 1].islower():
        return False
    return not (wrapped and length >= _WRAP_MINIMUM)


def _is_hard_wrapped(text: str, span: Span) -> bool:
    """Whether the lines look broken at a fixed width: mostly long, none longer than that width."""
    lengths = [len(line) for line in text[span.start : span.end].splitlines() if line.strip()]
    if len(lengths) < 3 or max(lengths) > _WRAP_MAXIMUM:
        return False
    long = sum(length >= _WRAP_MINIMUM for length in lengths)
    return long >= 0.6 * len(lengths)


def _glued_headlines(text: str, span: Span) -> list[int]:
    """Places where a headline without a stop has run into the sentence below it."""
    known = abbreviations().glued
    return [
        m.start()
        for m in _GLUED.finditer(text, span.start, span.end)
        if text[m.end() : text.index(" ", m.end())] in known
    ]


def _stripped(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
