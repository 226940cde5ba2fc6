"""Two translations in a row seen as one."""

from __future__ import annotations

import math

from wechat_text.alignment.links import compose_links
from wechat_text.document import Segment, Span
from wechat_text.translation.text import TranslatedText


def compose(first: TranslatedText, second: TranslatedText) -> TranslatedText:
    """One segment `first` and the translation `second` of its text as one segment.

    Links meet in the words between; the scores are added, the confidences multiplied.
    """
    segment = Segment(
        Span(0, len(first.source)),
        Span(0, len(second.text)),
        compose_links(first.all_links, second.all_links),
        None if first.score is None or second.score is None else first.score + second.score,
        tuple(dict.fromkeys((*first.flags, *second.flags))),
        confidence=_product(first, second),
    )
    return TranslatedText(first.source, second.text, (segment,), segment.score, segment.flags)


def _product(first: TranslatedText, second: TranslatedText) -> float | None:
    """Of two texts of one segment each."""
    parts = [s.confidence for text in (first, second) for s in text.segments]
    known = [confidence for confidence in parts if confidence is not None]
    return math.prod(known) if len(known) == len(parts) else None
