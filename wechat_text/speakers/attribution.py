"""Who says a direct quotation: the mention a reader would name, near by or a sentence away.

The places are tried from the surest to the weakest: the quotation's own sentence, a following sentence that
points back (``Der Forscher erklärte dies.``), the utterance that it carries on, the sentences before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wechat_text.document import Document, Quote, Span
from wechat_text.german.tagging import Token
from wechat_text.quotes.direct import said
from wechat_text.speakers.mentions import Mention

_POINTING_BACK = frozenset({"dies", "das", "so", "dazu", "hierzu", "damit"})
_SOURCES = frozenset({"laut", "zufolge", "so", "nach", "gemäß"})
_LOOK_BACK = 3
_SHORT_SENTENCE = 30


@dataclass(frozen=True, slots=True)
class Attribution:
    """A quotation's speaker mention, its cue and how sure that is."""

    mention: Mention | None
    cue: tuple[Span, ...]
    confidence: float
    evidence: str


def attribute(
    document: Document, tokens: Sequence[Token], mentions: Sequence[Mention]
) -> tuple[dict[str, Mention], tuple[Quote, ...]]:
    """Give every quotation its speaker mention.

    Returns:
        The mention by quote id where there is one, and the quotes with mention, cue, confidence,
        evidence and `continues` filled in.
    """
    scene = _Scene(document, tokens, mentions)
    found: dict[str, Mention] = {}
    quotes: list[Quote] = []
    previous: Quote | None = None
    for quote in document.quotes:
        if quote.kind != "direct":
            mention = scene.mention_at(quote.speaker_mention)
            if mention is not None:
                found[quote.id] = mention
            quotes.append(quote)
            continue
        outer = next(
            (q for q in quotes if q.id == quote.within and q.kind != "direct" and q.id in found), None
        )
        if outer is not None:
            result = Attribution(found[outer.id], outer.cue, 0.85, "part of speech reported as theirs")
        else:
            result = scene.attribution(quote, previous, found)
        if result.mention is not None:
            found[quote.id] = result.mention
        goes_on = result.evidence.startswith(_CARRIED_ON) and previous is not None
        quotes.append(
            replace(
                quote,
                speaker_mention=result.mention.span if result.mention else None,
                cue=result.cue,
                confidence=round(quote.confidence * result.confidence, 3),
                continues=previous.id if goes_on and previous else None,
                evidence=(*quote.evidence, result.evidence),
            )
        )
        previous = quotes[-1]
    return found, tuple(quotes)


_CARRIED_ON = "carries on the quotation before it"


class _Scene:
    """Sentences with their tokens and mentions, those inside marks set aside."""

    def __init__(self, document: Document, tokens: Sequence[Token], mentions: Sequence[Mention]) -> None:
        self.quotes = [q for q in document.quotes if q.kind == "direct"]
        self.text = document.text
        self.mentions_by_start = sorted(mentions, key=lambda m: m.span.start)
        self.mention_starts = [m.span.start for m in self.mentions_by_start]
        count = len(document.sentences)
        marked = sorted((q.span for q in self.quotes), key=lambda s: s.start)
        self.tokens: list[list[Token]] = [[] for _ in range(count)]
        self.mentions: list[list[Mention]] = [[] for _ in range(count)]
        self.quoted: list[list[Quote]] = [[] for _ in range(count)]
        at = 0
        for token in tokens:
            while at < len(marked) and marked[at].end <= token.start:
                at += 1
            if at == len(marked) or not marked[at].start <= token.start:
                self.tokens[token.sentence].append(token)
        at = 0
        for mention in self.mentions_by_start:
            while at < len(marked) and marked[at].end <= mention.span.start:
                at += 1
            if at == len(marked) or not marked[at].start <= mention.span.start:
                self.mentions[mention.sentence].append(mention)
        numbers = {s.span: n for n, s in enumerate(document.sentences)}
        self.sentences = [s.span for s in document.sentences]
        self.sentence_of: dict[str, int] = {}
        at = 0
        for quote in self.quotes:
            while at + 1 < count and self.sentences[at].end <= quote.span.start:
                at += 1
            self.sentence_of[quote.id] = numbers[self.sentences[at]]
            self.quoted[at].append(quote)

    def mention_at(self, span: Span | None) -> Mention | None:
        """The mention that `span` is or holds first."""
        if span is None:
            return None
        at = bisect_left(self.mention_starts, span.start)
        for mention in self.mentions_by_start[max(0, at - 2) : at + 6]:
            if mention.span.overlaps(span):
                return mention
        return None

    def attribution(self, quote: Quote, previous: Quote | None, found: dict[str, Mention]) -> Attribution:
        number = self.sentence_of[quote.id]
        return (
            self._same_sentence(quote, number)
            or self._pointing_back(number)
            or self._carried_on(quote, number, previous, found)
            or self._before(number)
            or Attribution(None, (), 0.6, "nobody is named near it")
        )

    def _same_sentence(self, quote: Quote, number: int) -> Attribution | None:
        """The sentence's own words: a verb of saying and its subject, or a source."""
        outside = self.tokens[number]
        words = [t for t in outside if t.text[:1].isalnum()]
        if not words:
            return None
        verbs = [t for t in outside if said(t, outside)]
        candidates = self.mentions[number]
        if verbs:
            verb = min(verbs, key=lambda t: _distance(t.span, quote.span))
            mention = _subject(candidates, verb, quote)
            cue = (verb.span, *_particle(verb, outside))
            if mention is not None:
                return Attribution(
                    mention, cue, 0.93, f"“{mention.span.of(self.text)}” goes with “{verb.text}”"
                )
        source = next((t for t in outside if t.text.lower() in _SOURCES), None)
        if source is not None and source.text.lower() != "nach":
            near = [m for m in candidates if m.span.start >= source.start] or candidates
            if near:
                mention = min(near, key=lambda m: _distance(m.span, source.span))
                return Attribution(mention, (source.span,), 0.88, f"“{source.text}” names the source")
        colon = [t for t in outside if t.text == ":" and t.end <= quote.span.start]
        if colon or len(words) <= 12:
            subjects = [m for m in candidates if m.subject and _can_speak(m)]
            if subjects:
                return Attribution(subjects[0], (), 0.75, "the only one named in the same sentence")
        if len(words) > 2 and (
            subjects := [m for m in candidates if m.subject and m.kind in ("name", "pronoun")]
        ):
            return Attribution(subjects[0], (), 0.65, "named in the same sentence")
        return None

    def _pointing_back(self, number: int) -> Attribution | None:
        """The sentence after the quotation says who said it: ``Der Forscher erklärte dies.``"""
        after = number + 1
        if after >= len(self.sentences) or self.quoted[after] or _names_somebody(self.tokens[number]):
            return None
        tokens = self.tokens[after]
        if len(tokens) > _SHORT_SENTENCE or not any(t.text.lower() in _POINTING_BACK for t in tokens):
            return None
        verb = next((t for t in tokens if said(t, tokens) and t.pos == "VVFIN"), None)
        if verb is None:
            return None
        mention = _subject(self.mentions[after], verb, None)
        if mention is None:
            return None
        return Attribution(mention, (verb.span,), 0.9, "the next sentence says who said this")

    def _carried_on(
        self, quote: Quote, number: int, previous: Quote | None, found: dict[str, Mention]
    ) -> Attribution | None:
        if previous is None or previous.id not in found:
            return None
        before = self.sentence_of[previous.id]
        if before == number or (before == number - 1 and not _names_somebody(self.tokens[number])):
            return Attribution(found[previous.id], (), 0.85, f"{_CARRIED_ON} without another speaker")
        return None

    def _before(self, number: int) -> Attribution | None:
        """Whoever the sentences before are about."""
        for distance in range(1, _LOOK_BACK + 1):
            at = number - distance
            if at < 0:
                return None
            tokens = self.tokens[at]
            subjects = [m for m in self.mentions[at] if m.subject and _can_speak(m)]
            if not subjects:
                continue
            speaking = next((t for t in tokens if said(t, tokens)), None)
            mention = (_subject(subjects, speaking, None) if speaking else None) or _most_salient(subjects)
            return Attribution(
                mention,
                (),
                0.75 if distance == 1 else 0.55,
                f"“{mention.span.of(self.text)}” is spoken of before",
            )
        return None


def _subject(candidates: Sequence[Mention], verb: Token, quote: Quote | None) -> Mention | None:
    """The mention that is most likely the subject of `verb`."""
    possible = [m for m in candidates if m.subject]
    if not possible:
        return None

    def cost(mention: Mention) -> float:
        distance = _distance(mention.span, verb.span)
        if quote is not None and _between(quote.span, mention.span, verb.span):
            distance += 200
        return distance + (0 if _can_speak(mention) else 60) + (15 if mention.span.end <= verb.start else 0)

    return min(possible, key=cost)


def _most_salient(subjects: Sequence[Mention]) -> Mention:
    rank = {"name": 0, "pronoun": 1, "role": 1, "organisation": 2, "group": 3}
    return min(subjects, key=lambda m: (rank[m.kind], m.span.start))


def _can_speak(mention: Mention) -> bool:
    return mention.kind in ("name", "role", "pronoun", "organisation")


def _names_somebody(tokens: Sequence[Token]) -> bool:
    """Whether a sentence has words of its own beside the quotation."""
    return sum(t.text[:1].isalnum() for t in tokens) > 1


def _particle(verb: Token, tokens: Sequence[Token]) -> tuple[Span, ...]:
    return tuple(t.span for t in tokens if t.pos == "PTKVZ" and t.start > verb.start)[:1]


def _distance(one: Span, other: Span) -> int:
    return max(0, one.start - other.end, other.start - one.end)


def _between(middle: Span, one: Span, other: Span) -> bool:
    return min(one.end, other.end) <= middle.start and middle.end <= max(one.start, other.start)
