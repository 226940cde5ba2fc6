"""Translated segments put together to one text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wechat_text.document import Segment, Span
from wechat_text.translation.text import TranslatedText, mean_score, shift

_CLOSED = re.compile(r"[.!?…。！？,;:，、；：”“\"»«）)\u3400-\u9fff]")
"""Ends of a segment after which the target sets a blank even if the source, being Chinese, does not."""

UNSPACED = frozenset({"zh", "ja", "th"})
"""Languages that set no blank between sentences."""


def join(
    source: str, spans: Sequence[Span], parts: Sequence[TranslatedText], language: str
) -> TranslatedText:
    """The translations `parts` of the segments `spans` of `source` as one text.

    Line breaks of the source stay; other white space becomes what `language` sets between sentences.
    """
    texts: list[str] = []
    segments: list[Segment] = []
    length = previous = 0
    for span, part in zip(spans, parts, strict=True):
        gap = separator(
            source, previous, span.start, texts[-1][-1:] if texts else "", part.text[:1], language
        )
        texts += gap, part.text
        length += len(gap)
        segments += [shift(segment, span.start, length) for segment in part.segments]
        length += len(part.text)
        previous = span.end
    texts.append(_line_breaks(source[previous:]))
    flags = dict.fromkeys(flag for segment in segments for flag in segment.flags)
    return TranslatedText(source, "".join(texts), tuple(segments), mean_score(tuple(segments)), tuple(flags))


def separator(source: str, start: int, end: int, before: str, after: str, language: str) -> str:
    """What stands in the target for the source's white space from `start` to `end`.

    `before` and `after` are the target characters around it; no blank at the edge of the text.
    """
    breaks = _line_breaks(source[start:end])
    if breaks or not before or not after:
        return breaks
    if language in UNSPACED:
        return " " if before.isascii() and after.isascii() and before.isalnum() and after.isalnum() else ""
    torn = start == end and not _CLOSED.match(source[start - 1])
    return "" if torn else " "


def _line_breaks(gap: str) -> str:
    return "\n" * gap.replace("\r\n", "\n").replace("\r", "\n").count("\n")
