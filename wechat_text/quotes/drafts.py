"""A quotation on its way: found, in document offsets, not yet numbered."""

from __future__ import annotations

from dataclasses import dataclass

from wechat_text.document import QuoteKind, Span


@dataclass(slots=True)
class Draft:
    """As `Quote`, without an id; carried-on speech still grows."""

    kind: QuoteKind
    spans: tuple[Span, ...]
    confidence: float
    speaker: Span | None
    cue: tuple[Span, ...] = ()
    frame: tuple[Span, ...] = ()
    addressee: tuple[Span, ...] = ()
    evidence: tuple[str, ...] = ()
