"""Translated segments put together to one text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wechat_text.document import Segment, Span
from wechat_text.translation.text import TranslatedText, mean_score, shift

_CLOSED = re.compile(r"[.!?…。！？,;:，、；：”“\"»«）)\u3400-\u9fff]")
"""Ends of a segment after which the target sets a blank even if the source, being Chinese, does not."""
_WORDS = re.compile(r"\S+")

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
    """What stands in the target for what the source has between two segments, from `start` to `end`.

    White space, mostly; words that are left out of the translation leave the widest break beside them.
    `before` and `after` are the target characters around it; no blank at the edge of the text.
    """
    gap = source[start:end]
    breaks = _line_breaks(gap) if before or gap.isspace() else ""
    if breaks or not before or not after:
        return breaks
    if language in UNSPACED:
        return " " if before.isascii() and after.isascii() and before.isalnum() and after.isalnum() else ""
    torn = start == end and not _CLOSED.match(source[start - 1])
    return "" if torn else " "


def _line_breaks(gap: str) -> str:
    return "\n" * max(blank.count("\n") for blank in _WORDS.split(re.sub(r"\r\n?", "\n", gap)))
