"""The data model: an unchanged text and what is known about it.

Standoff annotation: every fact is a `Span` of character offsets (code points, half-open) into
`Document.text`, or into `Translation.text` for what was found in a translation. All classes are
immutable; a stage takes a `Document` and returns a fuller one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from wechat_text.errors import DocumentError

SCHEMA = "wechat_text/1"
"""Name and version of the JSON form; raised when a reader of the old form would misread the new."""

QuoteKind = Literal["direct", "indirect", "reported", "free_indirect", "indirect_free_indirect"]
SpeakerKind = Literal["person", "organisation", "group", "unknown"]


class Span(NamedTuple):
    """A half-open range of characters (code points)."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters of `text` that the span covers."""
        return text[self.start : self.end]

    def shift(self, offset: int) -> Span:
        """The same range, `offset` characters further on."""
        return Span(self.start + offset, self.end + offset)

    def contains(self, other: Span) -> bool:
        """Whether `other` lies inside this span or is equal to it."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Language:
    """What language a text is in.

    Attributes:
        code: ISO 639 code, or None where the text cannot be judged.
        confidence: probability in [0, 1].
        reason: in words, how that was decided or why it was not.
    """

    code: str | None
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Leftover:
    """A part of the text that belongs to the page and not to the article."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the body; `language` is another than "de" in a foreign one, which stays untranslated."""

    span: Span
    language: str = "de"


@dataclass(frozen=True, slots=True)
class Quote:
    """Something that somebody said, wrote or thought.

    Attributes:
        id: unique in the document.
        spans: where it stands, marks included; several where its frame interrupts indirect speech.
        text: the spans' text, joined by " … ".
        kind: how it is reported.
        confidence: probability in [0, 1] that this is a quotation with this speaker.
        speaker: id of a `Speaker`, or None where nobody is named.
        speaker_mention: the mention that carries the attribution.
        cue: words that introduce it (``fügte … hinzu`` has two spans).
        frame: the whole introducing clause.
        addressee: to whom it is said.
        within: id of the quote that this one is nested in.
        continues: id of the part of the same utterance before this one.
        evidence: in words, what speaks for the decisions taken.
    """

    id: str
    spans: tuple[Span, ...]
    text: str
    kind: QuoteKind
    confidence: float
    speaker: str | None = None
    speaker_mention: Span | None = None
    cue: tuple[Span, ...] = ()
    frame: tuple[Span, ...] = ()
    addressee: tuple[Span, ...] = ()
    within: str | None = None
    continues: str | None = None
    evidence: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """From the first character to the last, whatever stands between."""
        return Span(self.spans[0].start, self.spans[-1].end)

    def explain(self) -> str:
        """The evidence for this quotation and its speaker, a line each."""
        return "\n".join(self.evidence)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who says something.

    Attributes:
        id: unique in the document.
        name: the fullest name; without a name, the first mention without its article.
        kind: person, organisation, group, or unknown.
        mentions: where the text names, describes or points at the speaker, in order.
        description: apposition or role in the article's words.
        names: `name` by target language.
        descriptions: `description` by target language.
    """

    id: str
    name: str
    kind: SpeakerKind
    mentions: tuple[Span, ...]
    description: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)


class Link(NamedTuple):
    """A word of the source and the word of the target that it corresponds to.

    `weight` in [0, 1]: the geometric mean of two shares, the source word's in what the target word looks at
    and the target word's in what looks at the source word.
    """

    source: Span
    target: Span
    weight: float

    def shift(self, source: int, target: int) -> Link:
        """The same link, with either side so many characters further on."""
        return Link(self.source.shift(source), self.target.shift(target), self.weight)


@dataclass(frozen=True, slots=True)
class TermUse:
    """A glossary term at a place where the text uses it.

    Attributes:
        term: as the glossary writes it.
        wanted: what the glossary wants there in the target.
        source: in the document's text.
        target: in the translation's text; None where the term is missing.
        method: ``"model"`` where the model wrote it by itself, ``"links"`` where it replaced the words
            linked to the term, "" where it is missing.
        reason: why it is missing; None where it is not.
    """

    term: str
    wanted: str
    source: Span
    target: Span | None
    method: str = ""
    reason: str | None = None

    @property
    def applied(self) -> bool:
        """Whether the translation has the term there."""
        return self.target is not None

    def shift(self, source: int, target: int) -> TermUse:
        """The same use, with either side so many characters further on."""
        moved = self.target.shift(target) if self.target else None
        return replace(self, source=self.source.shift(source), target=moved)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text and its translation.

    Attributes:
        source: in the document's text.
        target: in the translation's text.
        links: word links, offsets as above; in a document the sure ones only.
        score: mean log-probability per target token; None where nothing was translated.
        flags: what is doubtful about it, in words; empty when nothing is.
        terms: every use of a glossary term that begins in it, in order; offsets as above.
        confidence: expected chrF (0-1) against a human translation; None where nobody measured what the
            model's scores mean.
    """

    source: Span
    target: Span
    links: tuple[Link, ...] = ()
    score: float | None = None
    flags: tuple[str, ...] = ()
    terms: tuple[TermUse, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class QuoteTranslation:
    """Where a quote stands in a translation.

    Attributes:
        spans: in the translation's text; empty where it could not be located.
        text: the spans' text, joined by " … ".
        confidence: probability in [0, 1] that the spans are right.
        method: how it was located, e.g. ``"marks"``, ``"links"``, ``"segment"``; "" where it was not.
        reason: why it could not be located, or what is doubtful; None when nothing is.
    """

    spans: tuple[Span, ...]
    text: str
    confidence: float
    method: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """The article in another language; segments in order, without overlap."""

    language: str
    text: str
    segments: tuple[Segment, ...]
    quotes: Mapping[str, QuoteTranslation] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[TermUse, ...]:
        """The uses of glossary terms in all segments, applied or missed."""
        return tuple(use for segment in self.segments for use in segment.terms)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model that took part: registry id, revision and the digest of its weights."""

    id: str
    revision: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a document: library version, models and settings."""

    version: str
    models: tuple[ModelRecord, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended the work on an article: name of its class and its message."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article and all that was found out about it.

    Attributes:
        text: exactly the text given.
        language: its language, or None before detection.
        body: the article's parts; outside them lie leftovers and blanks.
        leftovers: what belongs to the page.
        sentences: of the body, in order.
        quotes: in order of their start.
        speakers: in order of their first mention.
        translations: by language code.
        notices: what a reader must know.
        provenance: what made this document.
        failure: set where a stream went on after an error.
    """

    text: str
    language: Language | None = None
    body: tuple[Span, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    quotes: tuple[Quote, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    translations: Mapping[str, Translation] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    provenance: Provenance | None = None
    failure: Failure | None = None

    def speaker_of(self, quote: Quote) -> Speaker | None:
        """Who says `quote`, or None where nobody is named."""
        return next((s for s in self.speakers if s.id == quote.speaker), None)

    def to_dict(self) -> dict[str, Any]:
        """Lists, dicts, strings and numbers only; spans are ``[start, end]``."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return {"schema": SCHEMA, **built}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """The document that `to_dict` described.

        Raises:
            DocumentError: another schema version, a wrong type, or a span outside its text.
        """
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
            raise DocumentError(f"expected a document of schema {SCHEMA!r}, found {found!r}")
        try:
            document = msgspec.convert({k: v for k, v in data.items() if k != "schema"}, cls)
        except msgspec.ValidationError as error:
            raise DocumentError(f"not a document: {error}") from error
        document._check()
        return document

    def to_json(self, path: str | PathLike[str] | None = None) -> str:
        """JSON text; also written to `path` (UTF-8) when one is given."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1)
        if path is not None:
            Path(path).write_text(text + "\n", encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, source: str | PathLike[str]) -> Document:
        """Read what `to_json` wrote: a path, or the JSON text itself (it starts with a brace).

        Raises:
            DocumentError: unreadable, not JSON, or not a document.
        """
        try:
            if isinstance(source, str) and source.lstrip().startswith("{"):
                return cls.from_dict(json.loads(source))
            return cls.from_dict(json.loads(Path(source).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise DocumentError(f"cannot read a document: {error}") from error

    def _check(self) -> None:
        for what, span, size in self._spans():
            if not 0 <= span.start <= span.end <= size:
                raise DocumentError(f"{what}: span {list(span)} lies outside the text (0..{size})")

    def _spans(self) -> Iterator[tuple[str, Span, int]]:
        size = len(self.text)
        yield from (("body", s, size) for s in self.body)
        yield from (("leftovers", x.span, size) for x in self.leftovers)
        yield from (("sentences", x.span, size) for x in self.sentences)
        for quote in self.quotes:
            spans = (*quote.spans, *quote.cue, *quote.frame, *quote.addressee)
            mention = (quote.speaker_mention,) if quote.speaker_mention else ()
            yield from ((f"quote {quote.id}", s, size) for s in (*spans, *mention))
        for speaker in self.speakers:
            yield from ((f"speaker {speaker.id}", s, size) for s in speaker.mentions)
        for code, translation in self.translations.items():
            target_size = len(translation.text)
            for segment in translation.segments:
                yield f"segment {code}", segment.source, size
                yield f"segment {code}", segment.target, target_size
                for link in segment.links:
                    yield f"link {code}", link.source, size
                    yield f"link {code}", link.target, target_size
                for use in segment.terms:
                    yield f"term {code}", use.source, size
                    yield f"term {code}", use.target or Span(0, 0), target_size
            for quote_id, found in translation.quotes.items():
                yield from ((f"quote {quote_id} {code}", s, target_size) for s in found.spans)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `Document.to_dict` gives."""
    schema = msgspec.json.schema(Document)
    document = schema["$defs"]["Document"]
    document["properties"] = {"schema": {"const": SCHEMA}, **document["properties"]}
    document["required"] = ["schema", *document["required"]]
    return schema
