"""Quotation marks that the translation lost, put back around the quotations found in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from wechat_text.alignment.marks import CLOSERS, SIGNS, STYLES, counterpart
from wechat_text.document import Document, Link, Quote, QuoteTranslation, Span, Translation

CERTAIN = 0.6
"""Least confidence for which marks are set; wrong marks are worse than none."""


def restore_marks(document: Document, translation: Translation) -> Translation:
    """Set the target language's marks around direct quotes that were found without them.

    Where one mark of a pair survived, only the other is set, in the same style. Every offset of the result
    refers to its own text. A quote that got marks says so in `method`.

    Args:
        document: with the quotes.
        translation: whose quotes were located by `project_quotes`.
    """
    outer, inner = STYLES.get(translation.language, STYLES["en"])
    insertions: list[_Insertion] = []
    for quote in document.quotes:
        found = translation.quotes.get(quote.id)
        if (
            found is None
            or quote.kind != "direct"
            or document.text[quote.spans[0].start] not in SIGNS
            or found.confidence < CERTAIN
            or found.method == "copied"
        ):
            continue
        for span in found.spans:
            depth = sum(q.kind == "direct" for q in document.quotes if q.id in _frames(document, quote))
            insertions += _missing(translation.text, span, quote.id, depth, outer if depth % 2 else inner)
    if not insertions:
        return translation
    return _inserted(
        translation, sorted(insertions, key=_order), {q.id: _frames(document, q) for q in document.quotes}
    )


@dataclass(frozen=True, slots=True)
class _Insertion:
    """A mark to be set at offset `at` for the span `of` of a quote."""

    at: int
    sign: str
    opens: bool
    of: Span
    quote: str
    depth: int


def _missing(text: str, span: Span, quote: str, depth: int, style: str) -> Iterable[_Insertion]:
    first, last = text[span.start], text[span.end - 1]
    opened = first in CLOSERS
    closed = last in SIGNS and span.end - span.start > 1
    if not opened:
        yield _Insertion(span.start, counterpart(last) if closed else style[0], True, span, quote, depth)
    if not closed:
        yield _Insertion(span.end, counterpart(first) if opened else style[1], False, span, quote, depth)


def _order(insertion: _Insertion) -> tuple[int, bool, int, int]:
    """By place; at one place first what closes, from the inside out, then what opens, from the outside in."""
    size = insertion.of.end - insertion.of.start
    sign = -1 if insertion.opens else 1
    return insertion.at, insertion.opens, sign * size, -sign * insertion.depth


def _frames(document: Document, quote: Quote) -> frozenset[str]:
    """The quote's id and those of the quotes around it."""
    by_id = {q.id: q for q in document.quotes}
    ids: list[str] = []
    current: Quote | None = quote
    while current is not None and current.id not in ids:
        ids.append(current.id)
        current = by_id.get(current.within) if current.within else None
    return frozenset(ids)


def _inserted(
    translation: Translation, insertions: list[_Insertion], frames: Mapping[str, frozenset[str]]
) -> Translation:
    parts: list[str] = []
    done = 0
    for insertion in insertions:
        parts += [translation.text[done : insertion.at], insertion.sign]
        done = insertion.at
    text = "".join([*parts, translation.text[done:]])

    def moved(span: Span, kind: str, quote: str | None = None) -> Span:
        start, end = span
        for insertion in insertions:
            width = len(insertion.sign)
            belongs = span.contains(insertion.of) and (
                insertion.of != span or kind == "segment" or quote in frames[insertion.quote]
            )
            if insertion.at < span.start or (
                insertion.at == span.start and not (insertion.opens and belongs)
            ):
                start += width
            if insertion.at < span.end or (insertion.at == span.end and not insertion.opens and belongs):
                end += width
        return Span(start, max(start, end))

    quotes = {
        quote_id: _moved_quote(
            found,
            tuple(moved(span, "quote", quote_id) for span in found.spans),
            text,
            any(i.quote == quote_id for i in insertions),
        )
        for quote_id, found in translation.quotes.items()
    }
    segments = tuple(
        replace(
            segment,
            target=moved(segment.target, "segment"),
            links=tuple(Link(x.source, moved(x.target, "link"), x.weight) for x in segment.links),
            terms=tuple(
                replace(use, target=use.target and moved(use.target, "link")) for use in segment.terms
            ),
        )
        for segment in translation.segments
    )
    return replace(translation, text=text, segments=segments, quotes=quotes)


def _moved_quote(
    found: QuoteTranslation, spans: tuple[Span, ...], text: str, restored: bool
) -> QuoteTranslation:
    method = f"{found.method}+marks restored" if restored else found.method
    return replace(found, spans=spans, text=" … ".join(span.of(text) for span in spans), method=method)
