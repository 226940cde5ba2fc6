"""What a translator returns."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wechat_text.alignment.links import sure_links
from wechat_text.document import Link, Segment, TermUse


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """A text and its translation.

    Attributes:
        source: the text given, unchanged.
        text: its translation.
        segments: what was translated in one go, in order; source offsets in `source`, target offsets in
            `text`. Between them lies white space only, on either side.
        score: mean log-probability per target character over all translated segments; None when
            nothing was translated.
        flags: what is doubtful anywhere in it, in words, without repetition.
    """

    source: str
    text: str
    segments: tuple[Segment, ...] = ()
    score: float | None = None
    flags: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The sure word links of all segments."""
        return sure_links(self.all_links)

    @property
    def all_links(self) -> tuple[Link, ...]:
        """The word links of all segments, weak ones among them."""
        return tuple(link for segment in self.segments for link in segment.links)

    @property
    def terms(self) -> tuple[TermUse, ...]:
        """The uses of glossary terms in all segments, applied or missed."""
        return tuple(use for segment in self.segments for use in segment.terms)


def shift(segment: Segment, source: int, target: int) -> Segment:
    """The same segment, with either side so many characters further on."""
    return replace(
        segment,
        source=segment.source.shift(source),
        target=segment.target.shift(target),
        links=tuple(link.shift(source, target) for link in segment.links),
        terms=tuple(use.shift(source, target) for use in segment.terms),
    )


def mean_score(segments: tuple[Segment, ...]) -> float | None:
    """The segments' scores, weighted by the length of their targets."""
    scored = [(s.score, s.target.end - s.target.start) for s in segments if s.score is not None]
    total = sum(length for _, length in scored)
    return sum(score * length for score, length in scored) / total if total else None
