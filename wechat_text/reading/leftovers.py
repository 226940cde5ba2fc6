"""What a page left around an article that was copied from it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal

from wechat_text.document import Leftover, Span
from wechat_text.reading.biography import find_biography

LINK_LENGTH = 160
"""Longest line, in characters, that can be a link or a teaser."""

LONGEST_LEFTOVER = 700
"""Longest line, in characters, that the patterns are tried on."""

START_LINES = 6
"""Number of lines at the start among which a byline is looked for."""


def split_leftovers(text: str) -> tuple[tuple[Span, ...], tuple[Leftover, ...]]:
    """Tell the article from the page's remains: (body, leftovers), both in order.

    Body and leftovers cover everything but white space between them. What is not surely a leftover is
    body. An empty body means that the whole text looks like remains of a page.
    """
    lines = _lines(text)
    reasons: list[str | None] = [_line_reason(line.of(text), i) for i, line in enumerate(lines)]
    _mark_links(text, lines, reasons)
    _mark_after_navigation(text, lines, reasons)
    _mark_end(text, lines, reasons)
    return _collect(_cut_last_paragraph(text, list(zip(lines, reasons, strict=True))))


def _lines(text: str) -> list[Span]:
    """Lines without the blanks around them; a link list glued to a line counts as a line of its own."""
    lines = []
    for match in _LINE.finditer(text):
        starts = [match.start(), *(m.start(1) for m in _GLUED.finditer(text, *match.span())), match.end()]
        for start, end in pairwise(starts):
            stripped = _strip(text, start, end)
            if stripped.start < stripped.end:
                lines.append(stripped)
    return lines


def _strip(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _line_reason(line: str, index: int) -> str | None:
    return _reason(line, {"anywhere", "start", "edge"} if index < START_LINES else {"anywhere"})


def _reason(line: str, places: set[str]) -> str | None:
    if len(line) > LONGEST_LEFTOVER:
        return None
    fitting = (p.reason for p in _patterns().lines if p.place in places and p.expression.fullmatch(line))
    return next(fitting, None)


def _mark_links(text: str, lines: Sequence[Span], reasons: list[str | None]) -> None:
    """Headings such as “Mehr zum Thema”, and the links under them up to a blank line."""
    for i, line in enumerate(lines):
        if reasons[i] or len(line.of(text)) > LINK_LENGTH:
            continue
        heading = next((p for p in _patterns().headings if p.expression.fullmatch(line.of(text))), None)
        if heading is None:
            continue
        reasons[i] = heading.reason
        for j in range(i + 1, len(lines)):
            blank = _BLANK_LINE.search(text, lines[j - 1].end, lines[j].start)
            if reasons[j] or blank or not _is_link(lines[j].of(text)):
                break
            reasons[j] = heading.reason


def _mark_after_navigation(text: str, lines: Sequence[Span], reasons: list[str | None]) -> None:
    """Short lines after links to the previous and next article: nothing of an article follows those."""
    first = next((i for i, r in enumerate(reasons) if r in _patterns().neighbours), None)
    if first is None:
        return
    after = zip(lines[first + 1 :], reasons[first + 1 :], strict=True)
    if any(_is_prose(line.of(text)) for line, reason in after if not reason):
        return  # the article goes on
    if not any(_is_prose(line.of(text)) for line in lines[:first]):
        return  # nothing before it either: not the end of an article
    for i in range(first + 1, len(lines)):
        line = lines[i].of(text)
        reasons[i] = reasons[i] or (
            "teaser of another article" if _is_cut(line) else "link to another article"
        )


def _mark_end(text: str, lines: Sequence[Span], reasons: list[str | None]) -> None:
    """From the last line upwards as long as there are leftovers: notes, links, runs of cut-off teasers."""
    for i in range(len(lines) - 1, -1, -1):
        line = lines[i].of(text)
        if reasons[i]:
            continue
        reason = _reason(line, {"end", "edge"})
        if reason is None and _is_cut(line):
            above = i > 0 and (reasons[i - 1] or _is_cut(lines[i - 1].of(text)))
            reason = "teaser of another article" if above or i + 1 < len(lines) else None
        if reason is None:
            return
        reasons[i] = reason


def _cut_last_paragraph(text: str, pieces: list[tuple[Span, str | None]]) -> list[tuple[Span, str | None]]:
    """Cut a trailing separator, notes and the author's biography off the article's last paragraph."""
    last = next((i for i in range(len(pieces) - 1, -1, -1) if pieces[i][1] is None), None)
    if last is None:
        return pieces
    paragraph, tail = pieces[last][0], pieces[last + 1 :]
    cut: list[tuple[Span, str | None]] = []
    separator = _TRAILING_SEPARATOR.search(text, *paragraph)
    if separator:
        cut = [(_strip(text, separator.start(), paragraph.end), "separator")]
        paragraph = _strip(text, paragraph.start, separator.start())
    note = _note(text, paragraph) if cut or tail else None
    if note is not None:
        cut = [note, *cut]
        paragraph = _strip(text, paragraph.start, note[0].start)
    start = find_biography(text, paragraph, bool(cut or tail), _patterns().biography)
    if start is not None:
        cut = [(_strip(text, start, paragraph.end), "author biography"), *cut]
        paragraph = _strip(text, paragraph.start, start)
    kept: list[tuple[Span, str | None]] = [(paragraph, None)] if paragraph.start < paragraph.end else []
    return [*pieces[:last], *kept, *cut, *tail]


def _note(text: str, paragraph: Span) -> tuple[Span, str] | None:
    """A labelled note (“Autor: …”) that ends the paragraph."""
    for match in _LABELLED.finditer(text, *paragraph):
        note = Span(match.end(), paragraph.end)
        reason = _reason(note.of(text), {"anywhere", "end"})
        if reason is not None:
            return note, reason
    return None


def _collect(pieces: Sequence[tuple[Span, str | None]]) -> tuple[tuple[Span, ...], tuple[Leftover, ...]]:
    """Neighbouring lines of body become one span."""
    body: list[Span] = []
    joined = False
    for span, reason in pieces:
        if reason is not None:
            joined = False
        elif joined:
            body[-1] = Span(body[-1].start, span.end)
        else:
            body.append(span)
            joined = True
    return tuple(body), tuple(Leftover(span, reason) for span, reason in pieces if reason is not None)


def _is_link(line: str) -> bool:
    return len(line) <= LINK_LENGTH and (not _SENTENCE_END.search(line) or _is_cut(line))


def _is_cut(line: str) -> bool:
    """A short line that breaks off in three dots."""
    return len(line) <= LINK_LENGTH and _CUT_OFF.search(line) is not None


def _is_prose(line: str) -> bool:
    """A line long enough for a paragraph, ending as a sentence does."""
    return len(line) > LINK_LENGTH / 2 and _SENTENCE_END.search(line) is not None and not _is_cut(line)


@dataclass(frozen=True)
class _Pattern:
    reason: str
    place: Literal["anywhere", "start", "end", "edge"]
    expression: re.Pattern[str]


@dataclass(frozen=True)
class _Patterns:
    lines: tuple[_Pattern, ...]
    headings: tuple[_Pattern, ...]
    biography: Mapping[str, re.Pattern[str]]
    neighbours: frozenset[str]


@cache
def _patterns() -> _Patterns:
    data = tomllib.loads((resources.files(__package__) / "leftovers.toml").read_text(encoding="utf-8"))
    return _Patterns(
        tuple(_Pattern(e["reason"], e["place"], _compiled(e["pattern"])) for e in data["line"]),
        tuple(_Pattern(e["reason"], "anywhere", _compiled(e["pattern"])) for e in data["heading"]),
        {kind: _compiled(pattern) for kind, pattern in data["biography"].items()},
        frozenset(e["reason"] for e in data["line"] if e["reason"].startswith("link to the")),
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_LINE = re.compile(r"[^\r\n]+")
_GLUED = re.compile(r"(?<=\s)((?:\|\s*)?(?:<<:|>>:))")
_BLANK_LINE = re.compile(r"(?:\r\n|\r|\n)[^\S\r\n]*(?:\r\n|\r|\n)")
_TRAILING_SEPARATOR = re.compile(r"(?<=\s)[|¦]\s*$|(?<=[.!?…“”\"»«])[|¦]\s*$")
_LABELLED = re.compile(r"(?<=[.!?…“”\"»«])\s+(?=[A-ZÄÖÜ][\w ]{2,30}:\s|Dieser (?:Artikel|Text|Beitrag)\b)")
_CUT_OFF = re.compile(r"(?:\w|[\w,;:.!?\"“„”»«)])\s?(?:…|\.\.\.)$")
_SENTENCE_END = re.compile(r"[.!?…][\"“”»«’‘)\]]*$")
