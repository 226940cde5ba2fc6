"""Quotations as plain text for a terminal: speaker, German, then each translation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wcwidth import wcswidth

from wechat_text.document import Document, Quote, QuoteTranslation, Speaker

CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
OPENING = "“‘「『（《〈【(\\[„‚«‹"
CLOSING = "”’」』）》〉】，。、；：？！…)\\],.;:?!%»›"
# What must stay on one line: a Chinese character or a word, with the marks that lean on it
# (no line starts with a closing mark or ends with an opening one; JIS X 4051, GB/T 15834).
UNBREAKABLE = re.compile(rf"[{OPENING}]*(?:[{CJK}]|[^\s{CJK}]+)?[{CLOSING}]*\s*")
MARGIN = 9


def to_text(document: Document, *, width: int = 80, positions: bool = False) -> str:
    """All quotations of `document`, ready to print.

    Args:
        document: analysed, translated or not.
        width: columns of the terminal; a Chinese character takes two.
        positions: add character offsets (German: in the article; others: in the translation).

    Returns:
        Lines parted by line feeds, the last one ended too; control characters of the article are
        replaced, so that nothing in it can steer the terminal.
    """
    lines = [_summary(document), ""]
    for number, quote in enumerate(document.quotes, 1):
        lines += [*_quote(document, quote, number, width, positions), ""]
    if document.failure is not None:
        lines += [*_wrapped(f"failed: {document.failure.message}", width, "!  "), ""]
    for notice in document.notices:
        lines += _wrapped(notice, width, "!  ")
    return "\n".join(lines).rstrip("\n") + "\n"


def _summary(document: Document) -> str:
    languages = ", ".join(["de", *document.translations])
    speakers = len({quote.speaker for quote in document.quotes} - {None})
    return f"{_count(len(document.quotes), 'quotation')}, {_count(speakers, 'speaker')} ({languages})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _quote(document: Document, quote: Quote, number: int, width: int, positions: bool) -> Iterator[str]:
    who = _who(document.speaker_of(quote))
    kind = quote.kind.replace("_", " ") + (f", part of {quote.continues}" if quote.continues else "")
    yield from _wrapped(f"{who}  [{kind}]", width, f"{number:>3}  ")
    yield from _labelled("de", quote.text, [*quote.spans] if positions else [], width)
    for language, translation in document.translations.items():
        found = translation.quotes.get(quote.id) or QuoteTranslation((), "", 0.0, "", "no translation")
        text = found.text if found.spans else "–"
        yield from _labelled(language, text, [*found.spans] if positions else [], width)
        if found.reason:
            yield from _wrapped(f"({found.reason})", width, " " * MARGIN)


def _who(speaker: Speaker | None) -> str:
    if speaker is None:
        return "–"
    who = " / ".join(dict.fromkeys([speaker.name, *speaker.names.values()]))
    if not speaker.description:
        return who
    return f"{who} – {' / '.join(dict.fromkeys([speaker.description, *speaker.descriptions.values()]))}"


def _labelled(label: str, text: str, spans: list[tuple[int, int]], width: int) -> Iterator[str]:
    where = " ".join(f"[{start}:{end}]" for start, end in spans)
    yield from _wrapped(f"{where} {text}" if where else text, width, f"     {label:<4}")


def _wrapped(text: str, width: int, label: str) -> list[str]:
    """`text` in lines of at most `width` columns, `label` before the first, blanks before the others."""
    room = max(width - len(label), 16)
    lines, line = [], ""
    for piece in _pieces(_printable(text), room):
        if line and _columns((line + piece).rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    return [label + lines[0], *(" " * len(label) + line for line in lines[1:])]


def _pieces(text: str, room: int) -> Iterator[str]:
    for match in UNBREAKABLE.finditer(text):
        piece = match.group()
        while _columns(piece.rstrip()) > room:
            cut = next(n for n in range(len(piece), 0, -1) if n == 1 or _columns(piece[:n]) <= room)
            yield piece[:cut]
            piece = piece[cut:]
        yield piece


def _printable(text: str) -> str:
    return "".join(
        c if c.isprintable() else ("�" if not c.isspace() else " ") for c in " ".join(text.split())
    )


def _columns(text: str) -> int:
    return max(wcswidth(text), 0)
