"""Small documents with translations and links, so that tests read like the texts they speak of."""

from collections.abc import Sequence

from wechat_text.alignment.links import words
from wechat_text.document import Document, Link, Quote, Segment, Span, Translation


def find(text: str, part: str, after: int = 0) -> Span:
    start = text.index(part, after)
    return Span(start, start + len(part))


def quote(text: str, *parts: str, id: str = "q1", kind: str = "direct", within: str | None = None) -> Quote:
    spans = tuple(find(text, part) for part in parts)
    return Quote(id, spans, " … ".join(parts), kind, 1.0, within=within)


def segment(source_text: str, target_text: str, source: str, target: str, links: str = "") -> Segment:
    """A segment whose links are written ``"Wort=word Haus=house"``; the first occurrence of each is meant."""
    source_span, target_span = find(source_text, source), find(target_text, target)
    found = []
    for pair in links.split():
        left, right = pair.split("=")
        found.append(
            Link(_word(source, left), _word(target, right), 1.0).shift(source_span.start, target_span.start)
        )
    return Segment(source_span, target_span, tuple(found))


def document(
    text: str, target: str, quotes: Sequence[Quote], segments: Sequence[Segment], language: str = "en"
) -> tuple[Document, Translation]:
    return Document(text, quotes=tuple(quotes)), Translation(language, target, tuple(segments))


def _word(text: str, word: str) -> Span:
    return next(span for span in words(text) if span.of(text) == word)
