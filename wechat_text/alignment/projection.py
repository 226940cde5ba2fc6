"""Every quotation of an article found again in its translation.

Sentence by sentence: a sentence that is all quotation is its translation as a whole; for a part of one,
the likeliest range by links, breaks and quotation marks is taken (`ranges`). The quotations of a sentence
are placed together, so that they do not overlap and a nested one lies inside its frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wechat_text.alignment.marks import SIGNS, Marks, find_marks
from wechat_text.alignment.ranges import Range, content_words, rank_ranges
from wechat_text.alignment.restoring import restore_marks
from wechat_text.document import Document, Link, Quote, QuoteTranslation, Segment, Span, Translation

__all__ = ["align_spans", "project_quotes", "restore_marks"]

DOUBTFUL = 0.5
"""Below this confidence the result carries a reason; from the dev sets: half of those are wrong."""

WHOLE = 0.99
"""Confidence in a segment that is quotation from end to end."""

_FINAL = ".!?…。！？"

_BETWEEN = " \t\n,;:–—，；：、"
"""What may stand between two clauses of one quotation."""


def project_quotes(document: Document, translation: Translation) -> Translation:
    """Give every quote of the document its place in the translation.

    Args:
        document: with its quotes.
        translation: into one language, with segments and their links.

    Returns:
        The translation with one `QuoteTranslation` for each quote of the document, in their order. One
        that could not be located has no spans and a reason; a doubtful one has spans and a reason.
    """
    pieces = {quote.id: list[_Piece]() for quote in document.quotes}
    for segment in translation.segments:
        for quote_id, piece in _place_in_segment(document, translation, segment):
            pieces[quote_id].append(piece)
    quotes = {quote.id: _joined(document, translation, quote, pieces[quote.id]) for quote in document.quotes}
    return replace(translation, quotes=quotes)


def align_spans(
    source: str, target: str, links: Sequence[Link], spans: Sequence[Span], language: str
) -> QuoteTranslation:
    """Find one part of a source text in its translation, both given as plain texts.

    Args:
        source: a sentence or a few.
        target: its translation.
        links: word links between the two.
        spans: the part wanted, in `source`.
        language: of the target.
    """
    quote = Quote("q", tuple(spans), " … ".join(s.of(source) for s in spans), "direct", 1.0)
    segment = Segment(Span(0, len(source)), Span(0, len(target)), tuple(links))
    translation = Translation(language, target, (segment,))
    return project_quotes(Document(source, quotes=(quote,)), translation).quotes["q"]


@dataclass(frozen=True, slots=True)
class _Part:
    """What of one span of a quote lies in one segment; offsets from the segment's start."""

    quote: Quote
    span: Span
    marked: bool
    from_start: bool
    to_end: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """Where a part was found; the span in the translation's text, None where nothing was found."""

    span: Span | None
    confidence: float
    method: str
    flags: tuple[str, ...] = ()


def _place_in_segment(
    document: Document, translation: Translation, segment: Segment
) -> Iterator[tuple[str, _Piece]]:
    """For each part of a quote in the segment the quote's id and the place found."""
    source, target = segment.source.of(document.text), segment.target.of(translation.text)
    links = [link.shift(-segment.source.start, -segment.target.start) for link in segment.links]
    guessed = []
    for part in _parts(document, segment):
        piece = _obvious(part, source, target, segment)
        if piece is None:
            guessed.append(part)
        else:
            yield part.quote.id, piece
    candidates = [
        rank_ranges(
            source,
            target,
            links,
            part.span,
            translation.language,
            marked=part.marked,
            from_start=part.from_start,
            to_end=part.to_end,
        )
        for part in guessed
    ]
    for part, choice in zip(guessed, _choose(guessed, candidates), strict=True):
        if choice is None:
            yield part.quote.id, _Piece(None, 0.0, "", segment.flags)
        else:
            span = _with_edges(source, target, part, choice).shift(segment.target.start)
            method = ("links", "marks+links", "marks")[choice.marks]
            yield part.quote.id, _Piece(span, choice.probability, method, segment.flags)


def _parts(document: Document, segment: Segment) -> Iterator[_Part]:
    for quote in document.quotes:
        for whole in quote.spans:
            if not whole.overlaps(segment.source):
                continue
            start, end = max(whole.start, segment.source.start), min(whole.end, segment.source.end)
            if content_words(document.text[start:end]):
                yield _Part(
                    quote,
                    Span(start, end).shift(-segment.source.start),
                    marked=document.text[whole.start] in SIGNS,
                    from_start=bool(content_words(document.text[whole.start : start])),
                    to_end=bool(content_words(document.text[end : whole.end])),
                )


def _obvious(part: _Part, source: str, target: str, segment: Segment) -> _Piece | None:
    """The place of a part for which no guess is needed."""
    if not content_words(target):
        return _Piece(None, 0.0, "", (*segment.flags, "its sentence was left without a translation"))
    if source == target:
        return _Piece(part.span.shift(segment.target.start), 1.0, "copied", segment.flags)
    if len(content_words(part.span.of(source))) < len(content_words(source)):
        return None
    if part.quote.within is None:
        return _Piece(segment.target, WHOLE, "segment", segment.flags)
    words = content_words(target)
    inner = Range(Span(words[0].start, words[-1].end), WHOLE, 2 * part.marked)
    span = _with_edges(source, target, part, inner)
    return _Piece(span.shift(segment.target.start), WHOLE, "segment", segment.flags)


def _choose(parts: Sequence[_Part], candidates: Sequence[tuple[Range, ...]]) -> list[Range | None]:
    """One range for each part, together the most probable that fit one another."""
    states: list[tuple[float, tuple[Range | None, ...]]] = [(1.0, ())]
    for index, options in enumerate(candidates):
        extended: list[tuple[float, tuple[Range | None, ...]]] = []
        for probability, chosen in states:
            fitting = [
                o
                for o in options
                if all(
                    other is None or _fits(parts[index], o, parts[k], other) for k, other in enumerate(chosen)
                )
            ]
            total = sum(o.probability for o in fitting)
            # what the other quotations leave possible shares the probability they took away
            extended += [
                (probability * o.probability, (*chosen, replace(o, probability=_renewed(o, total, options))))
                for o in fitting
            ] or [(probability * 1e-3, (*chosen, None))]
        states = sorted(extended, key=lambda state: -state[0])[:16]
    return list(states[0][1])


def _renewed(choice: Range, fitting: float, options: Sequence[Range]) -> float:
    """Probability of `choice` after options that do not fit were ruled out, halfway to be careful."""
    ruled_out = max(0.0, sum(o.probability for o in options) - fitting)
    return min(1.0, choice.probability * (1 + 0.5 * ruled_out / max(fitting, 1e-9)))


def _fits(one: _Part, one_range: Range, other: _Part, other_range: Range) -> bool:
    if one.quote.within == other.quote.id:
        return other_range.span.contains(one_range.span)
    if other.quote.within == one.quote.id:
        return one_range.span.contains(other_range.span)
    if one.span.overlaps(other.span):
        return True
    return not one_range.span.overlaps(other_range.span)


def _with_edges(source: str, target: str, part: _Part, choice: Range) -> Span:
    """The range with its quotation marks, or else with the full stop that the quotation ends with."""
    start, end = choice.span
    marks = find_marks(target)
    left = _run(target, start, -1)
    right = _run(target, end, 1)
    if part.marked and choice.marks:
        nested = part.quote.within is not None
        pairs = [p for p in marks.pairs if left <= p.start < start and end < p.end <= right]
        if pairs:
            return min(pairs, key=len) if nested else Span(pairs[0].start, max(p.end for p in pairs))
        opening = [at for at in marks.openers if left <= at < start]
        closing = [at for at in marks.closers if end <= at < right]
        if opening:
            start = opening[0]
        if closing:
            return Span(start, closing[-1] + 1)
    if not part.marked:
        start, end = _with_own_marks(part.span.of(source), marks, Span(start, end), Span(left, right))
    last = part.span.of(source).rstrip("".join(SIGNS) + " ")
    if last and last[-1] in _FINAL:
        gap = target[end:right]
        stop = max((i + 1 for i, c in enumerate(gap) if c in _FINAL), default=0)
        if not any(c in SIGNS for c in gap[:stop]):
            end += stop
    return Span(start, end)


def _with_own_marks(quoted: str, marks: Marks, span: Span, room: Span) -> Span:
    """The range with the target's marks in the room around it, where the part itself holds marks.

    Reported speech with literal words may begin or end with a mark in the target. A mark without a partner
    comes in only where the part has one, too.
    """
    own = find_marks(quoted)
    if not (own.pairs or own.openers or own.closers):
        return span
    lone = [*(marks.openers if own.openers else ()), *(marks.closers if own.closers else ())]
    signs = [s for s in (*marks.pairs, *(Span(at, at + 1) for at in lone)) if room.contains(s)]
    return Span(min([span.start, *(s.start for s in signs)]), max([span.end, *(s.end for s in signs)]))


def _run(text: str, at: int, step: int) -> int:
    """From `at` in one direction as far as only signs and blanks follow."""
    position = at if step > 0 else at - 1
    while 0 <= position < len(text) and not content_words(text[position]):
        position += step
    return position if step > 0 else position + 1


def _joined(
    document: Document, translation: Translation, quote: Quote, pieces: Sequence[_Piece]
) -> QuoteTranslation:
    located = [piece for piece in pieces if piece.span is not None]
    if not located:
        reason = "; ".join(dict.fromkeys(_reasons_for_nothing(document, translation, quote, pieces)))
        return QuoteTranslation((), "", 0.0, "", reason)
    spans = tuple(_merged(translation.text, [piece.span for piece in located if piece.span is not None]))
    confidence = 1.0
    for piece in pieces:
        confidence *= piece.confidence if piece.span is not None else 0.3
    method = "+".join(dict.fromkeys(name for piece in located for name in piece.method.split("+")))
    return QuoteTranslation(
        spans=spans,
        text=" … ".join(span.of(translation.text) for span in spans),
        confidence=round(confidence, 4),
        method=method,
        reason=_doubt(translation, quote, pieces, confidence),
    )


def _doubt(translation: Translation, quote: Quote, pieces: Sequence[_Piece], confidence: float) -> str | None:
    doubts = []
    if len([p for p in pieces if p.span is None]):
        doubts.append("a part of it was not found")
    if confidence < DOUBTFUL:
        doubts.append(f"its limits are uncertain (confidence {confidence:.2f})")
    doubts += dict.fromkeys(flag for piece in pieces for flag in piece.flags)
    return "; ".join(doubts) or None


def _reasons_for_nothing(
    document: Document, translation: Translation, quote: Quote, pieces: Sequence[_Piece]
) -> Iterator[str]:
    if not any(span.overlaps(segment.source) for span in quote.spans for segment in translation.segments):
        yield "it lies outside the translated text"
    elif not content_words(quote.text):
        yield "it holds no words"
    else:
        yield "no place for it was found in the translation"
    for piece in pieces:
        yield from piece.flags


def _merged(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """The spans in order; neighbours with only blanks and the sign of a clause between them become one."""
    current: Span | None = None
    for span in sorted(spans):
        if current is not None and not text[current.end : span.start].strip(_BETWEEN):
            current = Span(current.start, max(current.end, span.end))
            continue
        if current is not None:
            yield current
        current = span
    if current is not None:
        yield current
