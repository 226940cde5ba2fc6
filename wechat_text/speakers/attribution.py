"""Who says a direct quotation: the mention a reader would name, near by or a sentence away.

The places are tried from the surest to the weakest: the quotation's own sentence, a following sentence that
points back (``Der Forscher erklärte dies.``), the utterance that it carries on, the sentences before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wechat_text.document import Document, Quote, Span
from wechat_text.german.lexicon import speech_nouns
from wechat_text.german.tagging import Token
from wechat_text.quotes.nominals import phrase_end
from wechat_text.speakers.inquit import Inquit, Range, main_subject, read_inquit
from wechat_text.speakers.mentions import Mention, describe

_POINTING_BACK = frozenset({"dies", "das", "dieses", "dazu", "hierzu", "damit"})
_FIRST_PERSON = frozenset(
    [
        "ich",
        "mich",
        "mir",
        "mein",
        "meine",
        "meinen",
        "meinem",
        "meiner",
        "wir",
        "uns",
        "unser",
        "unsere",
        "unseren",
        "unserem",
        "unserer",
    ]
)
_POINTING_AT_SPEAKER = frozenset({"demnach", "demzufolge", "danach", "hiernach"})
_ANSWERS = frozenset({"ja", "nein"})
_CARRIED = ("free_indirect", "indirect_free_indirect")
_TURNS_REMEMBERED = 4
_LOOK_BACK = 3
_SHORT_SENTENCE = 30


@dataclass(frozen=True, slots=True)
class Attribution:
    """A quotation's speaker mention, cue, frame and addressee, and how sure that is."""

    mention: Mention | None
    confidence: float
    evidence: str
    cue: tuple[Span, ...] = ()
    frame: tuple[Span, ...] = ()
    addressee: tuple[Span, ...] = ()
    carries_on: bool = False
    said_by: Span | None = None


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
            mention = scene.mention_of(quote.speaker_mention)
            if mention is None and quote.kind in _CARRIED:
                mention = scene.spoke_before(quote, quotes, found)
                quote = replace(quote, speaker_mention=mention.span if mention else None)
            elif mention is not None and mention.span.of(document.text).lower() in _POINTING_AT_SPEAKER:
                mention = scene.spoke_before(quote, quotes, found)
            if mention is not None:
                found[quote.id] = mention
            quotes.append(quote)
            continue
        outer = next((q for q in quotes if q.id == quote.within and q.kind != "direct"), None)
        inquit = scene.inquit_behind(quote) if outer is not None else None
        if inquit is not None:
            result = inquit
        elif outer is not None and (outer.id in found or not scene.first_person(quote)):
            result = Attribution(
                found.get(outer.id),
                0.8,
                "part of speech reported as theirs",
                outer.cue,
                outer.frame,
                outer.addressee,
                said_by=outer.speaker_mention,
            )
        else:
            result = scene.attribution(quote, previous, found)
        if result.mention is not None:
            found[quote.id] = result.mention
        quotes.append(
            replace(
                quote,
                speaker_mention=result.said_by or (result.mention.span if result.mention else None),
                cue=result.cue,
                frame=result.frame,
                addressee=result.addressee,
                confidence=round(quote.confidence * result.confidence, 3),
                continues=previous.id if result.carries_on and previous else None,
                evidence=(*quote.evidence, result.evidence),
            )
        )
        if quote.within is None or outer is not None:
            previous = quotes[-1]
    return found, tuple(quotes)


class _Scene:
    """Sentences with their tokens and mentions, those inside marks set aside."""

    def __init__(self, document: Document, tokens: Sequence[Token], mentions: Sequence[Mention]) -> None:
        self.quotes = [q for q in document.quotes if q.kind == "direct"]
        self.text = document.text
        self.all_tokens = tokens
        self.token_starts = [t.start for t in tokens]
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
        self.sentence_starts = [s.start for s in self.sentences]
        self.reported: list[list[Quote]] = [[] for _ in range(count)]
        self.sentence_of: dict[str, int] = {}
        at = 0
        for quote in self.quotes:
            while at + 1 < count and self.sentences[at].end <= quote.span.start:
                at += 1
            self.sentence_of[quote.id] = numbers[self.sentences[at]]
            self.quoted[at].append(quote)
        for quote in document.quotes:
            if quote.kind != "direct":
                for span in quote.spans:
                    for n in range(self._number_at(span.start), self._number_at(span.end - 1) + 1):
                        self.reported[n].append(quote)
        self.by_id = {q.id: q for q in self.quotes}

    def mention_at(self, span: Span | None) -> Mention | None:
        """The mention that `span` is or holds first."""
        if span is None:
            return None
        at = bisect_left(self.mention_starts, span.start)
        for mention in self.mentions_by_start[max(0, at - 2) : at + 6]:
            if mention.span.overlaps(span):
                return mention
        return None

    def mention_of(self, span: Span | None) -> Mention | None:
        """The mention at `span`, or what its words say of themselves."""
        if span is None:
            return None
        known = self.mention_at(span)
        if known is not None:
            return known
        first = bisect_left(self.token_starts, span.start)
        inside = self.all_tokens[first : bisect_left(self.token_starts, span.end)]
        return describe(self.text, inside, 0, len(inside)) if inside else None

    def spoke_before(
        self, quote: Quote, quotes: Sequence[Quote], found: dict[str, Mention]
    ) -> Mention | None:
        """Who said the quotation that ends in the sentence before."""
        number = self._number_at(quote.span.start)
        for other in reversed(quotes[-3:]):
            if other.id in found and number - self._number_at(other.span.end - 1) <= 1:
                return found[other.id]
        return None

    def first_person(self, quote: Quote) -> bool:
        """Whether the quotation says I or we."""
        first = bisect_left(self.token_starts, quote.span.start)
        inside = self.all_tokens[first : bisect_left(self.token_starts, quote.span.end)]
        return any(t.pos in ("PPER", "PRF", "PPOSAT") and t.text.lower() in _FIRST_PERSON for t in inside)

    def attribution(self, quote: Quote, previous: Quote | None, found: dict[str, Mention]) -> Attribution:
        number = self.sentence_of[quote.id]
        return (
            self._same_sentence(quote, number, found)
            or self._exchange(number)
            or self._pointing_back(number)
            or self._next_turn(quote, number, found)
            or self._carried_on(number, previous, found)
            or self._before(quote, number, found)
            or Attribution(None, 0.6, "nobody is named near it")
        )

    def _same_sentence(self, quote: Quote, number: int, found: dict[str, Mention]) -> Attribution | None:
        """The sentence's own words: a verb of saying and its subject, or a source."""
        parts = self._parts(quote, number)
        best: tuple[float, Inquit, list[Token]] | None = None
        for part, follows, weight in parts:
            colon = bool(part) and not follows and part[-1].text == ":"
            around = bool(part) and not follows and part[-1].start > quote.span.start
            inquit = read_inquit(part, follows=follows, colon=colon, around=around) if part else None
            if inquit is None:
                continue
            if inquit.speaker is not None and not self._is_known(part, inquit.speaker):
                if colon and not inquit.cue:
                    continue  # `Die Lage sei klar: „…“` names nobody
                weight *= 0.85
            if best is None or _rank(inquit, weight) > _rank(best[1], best[0]):
                best = (weight, inquit, part)
        if best is not None and best[1].cue:
            return self._from_inquit(number, best[0] * best[1].trust, *best[1:])
        said = self._reported_before(quote, number, found)
        if said is not None:
            return said
        if best is not None and best[1].speaker is not None:
            return self._from_inquit(number, best[0] * best[1].trust, *best[1:])
        if quote.within in found:
            return Attribution(found[quote.within], 0.5, "inside what they say")
        whole = self.tokens[number]
        if sum(t.text[:1].isalnum() for t in whole) > 2:
            subject = main_subject(whole)
            mention = self._mention(whole, subject, number) if subject else None
            if mention is not None and self._is_speaker(mention):
                return Attribution(mention, 0.6, "the subject of the same sentence", frame=self._frame(whole))
        return None

    def inquit_behind(self, quote: Quote) -> Attribution | None:
        """What a verb of saying right behind the quotation tells: ``…“, erklärte X``."""
        number = self.sentence_of[quote.id]
        after, follows, _ = self._parts(quote, number)[0]
        if not follows or len(after) < 2 or after[0].text != "," or not after[1].pos.endswith("FIN"):
            return None
        inquit = read_inquit(after, follows=True)
        if inquit is None or inquit.speaker is None or inquit.trust < 0.9:
            return None
        return self._from_inquit(number, inquit.trust, inquit, after)

    def _parts(self, quote: Quote, number: int) -> list[tuple[list[Token], bool, float]]:
        """The words behind, before and around a quotation in its sentence, with a weight each."""
        outside = self.tokens[number]
        if quote.within in self.by_id:
            outside = self._around_inside(quote, self.by_id[quote.within])
        others = [q.span for q in self.quoted[number] if q.id != quote.id]
        low = max((s.end for s in others if s.end <= quote.span.start), default=0)
        high = min((s.start for s in others if s.start >= quote.span.end), default=len(self.text))
        after = [t for t in outside if quote.span.end <= t.start < high]
        before = [t for t in outside if low <= t.start < quote.span.start]
        while after and after[-1].text in ".!?":
            after = after[:-1]
        whole = [t for t in outside if t.text not in ("„", "“")]
        if before and after and after[0].pos[:1] == "V" and before[-1].text not in ":,":
            # `die X als „…“ bezeichnete`: the quotation stands inside a clause
            end = next((i for i, t in enumerate(after) if t.text in ",;–"), len(after))
            return [([*before, *after[:end]], False, 1.0), (whole, False, 0.85)]
        verb = next((i for i, t in enumerate(after) if t.pos.endswith("FIN") or t.text in ",;"), 0)
        joined = bool(before) and any(t.pos == "KON" for t in after[:verb])
        colon = next((i for i in range(len(before) - 2, 0, -1) if before[i].text == ":"), None)
        if colon is not None and any(t.pos[:1] == "V" for t in before[colon:]):
            before = before[colon + 1 :]
        parts = [(after, True, 0.7 if joined else 1.0), (before, False, 1.0)]
        if len(others) or (after and before):
            parts.append((whole, False, 0.7 if joined else 0.85))
        return parts

    def _around_inside(self, quote: Quote, outer: Quote) -> list[Token]:
        """The words of the sentence, inside the quotation `outer`, that `quote` stands in."""
        first = bisect_right(self.token_starts, outer.span.start)
        inside = self.all_tokens[first : bisect_left(self.token_starts, outer.span.end - 1)]
        ends = [
            t.start for t in inside if t.text in ".!?" and not quote.span.start <= t.start < quote.span.end
        ]
        low = max((e for e in ends if e < quote.span.start), default=-1)
        high = min((e for e in ends if e >= quote.span.end), default=outer.span.end)
        if self.text[quote.span.end - 2] in ".!?":
            high = quote.span.end
        return [
            t for t in inside if low < t.start < high and not quote.span.start <= t.start < quote.span.end
        ]

    def _from_inquit(self, number: int, trust: float, inquit: Inquit, part: list[Token]) -> Attribution:
        mention = self._mention(part, inquit.speaker, number) if inquit.speaker else None
        said_by = f"{inquit.reason} with “{mention.span.of(self.text)}”" if mention else inquit.reason
        return Attribution(
            mention,
            0.62 + 0.34 * trust,  # as often right as this, on development data
            said_by,
            tuple(Span(part[a].start, part[b - 1].end) for a, b in inquit.cue),
            self._frame(part),
            (Span(part[inquit.addressee.start].start, part[inquit.addressee.end - 1].end),)
            if inquit.addressee
            else (),
        )

    def _frame(self, part: Sequence[Token]) -> tuple[Span, ...]:
        """The spans of `part`, broken where a quotation lies between."""
        spans: list[Span] = []
        for token in part:
            if spans and not self._quote_between(spans[-1].end, token.start):
                spans[-1] = Span(spans[-1].start, token.end)
            else:
                spans.append(token.span)
        return tuple(spans)

    def _quote_between(self, start: int, end: int) -> bool:
        return end - start > 2 and any(
            start <= q.span.start < end for q in self.quoted[self._number_at(start)]
        )

    def _number_at(self, position: int) -> int:
        return max(0, bisect_right(self.sentence_starts, position) - 1)

    def _is_known(self, part: Sequence[Token], phrase: Range) -> bool:
        """Whether a noun phrase is somebody, or something said."""
        span = Span(part[phrase.start].start, part[phrase.end - 1].end)
        nouns = speech_nouns()
        return self.mention_at(span) is not None or any(
            t.lemma in nouns for t in part[phrase.start : phrase.end]
        )

    def _mention(self, part: Sequence[Token], phrase: Range, number: int) -> Mention:
        """The known mention that `phrase` is, or a new one for a speaker of no known kind."""
        end = phrase.end
        while end > phrase.start + 1 and self._quote_between(part[phrase.start].end, part[end - 1].start):
            end -= 1
        while end > phrase.start + 1 and part[end - 1].pos in ("APPR", "APPRART", "ART", "PDS", "$("):
            end -= 1
        phrase = Range(phrase.start, end)
        span = Span(part[phrase.start].start, part[phrase.end - 1].end)
        known = self.mention_at(span)
        quoting = known is not None and any(known.span.contains(q.span) for q in self.quoted[number])
        if known is not None and abs(known.span.start - span.start) < 3 and not quoting:
            return known
        return describe(self.text, part, phrase.start, phrase.end)

    def _is_speaker(self, mention: Mention) -> bool:
        return _can_speak(mention) and self.mention_at(mention.span) is not None

    def _pointing_back(self, number: int) -> Attribution | None:
        """The sentence after the quotation says who said it, like “der Forscher erklärte dies”."""
        after = number + 1
        if after >= len(self.sentences) or self.quoted[after] or _names_somebody(self.tokens[number]):
            return None
        tokens = self.tokens[after]
        if len(tokens) > _SHORT_SENTENCE or not _points_back(tokens):
            return None
        inquit = read_inquit(tokens[:-1], follows=tokens[0].text == "So")
        if inquit is None or inquit.speaker is None or inquit.trust < 0.6:
            return None
        found = self._from_inquit(after, inquit.trust, inquit, tokens[:-1])
        return replace(found, evidence=f"the next sentence says who said this: {found.evidence}")

    def _stands_alone(self, number: int) -> bool:
        return (
            0 <= number < len(self.sentences)
            and bool(self.quoted[number])
            and not _names_somebody(self.tokens[number])
        )

    def _exchange(self, number: int) -> Attribution | None:
        """Who speaks where a sentence like “so verlief ein Wortwechsel zwischen X und Y” follows."""
        if not self._stands_alone(number):
            return None
        first = self._stands_alone(number + 1)
        after = number + (2 if first else 1)
        if (
            after >= len(self.sentences)
            or self.quoted[after]
            or not (first or self._stands_alone(number - 1))
        ):
            return None
        tokens = self.tokens[after]
        between = next((i for i, t in enumerate(tokens) if t.text.lower() == "zwischen"), None)
        if between is None or not _points_back(tokens):
            return None
        end = phrase_end(tokens, between + 1, len(tokens))
        cut = next((i for i in range(between + 1, end) if tokens[i].text == "und"), None)
        if cut is None:
            return None
        start, stop = (between + 1, cut) if first else (cut + 1, end)
        return Attribution(
            describe(self.text, tokens, start, stop), 0.8, "the next sentence names both sides of an exchange"
        )

    def _next_turn(self, quote: Quote, number: int, found: dict[str, Mention]) -> Attribution | None:
        """The other one of two who speak in turns, where a new quotation begins without a word between."""
        if not self._stands_alone(number) or number == 0 or not self.quoted[number - 1]:
            return None
        inside = self.all_tokens[bisect_left(self.token_starts, quote.span.start) + 1].text.lower()
        if not self._stands_alone(number - 1) and inside not in _ANSWERS:
            return None
        turns = [
            found[q.id]
            for n in range(max(0, number - _TURNS_REMEMBERED), number)
            for q in self.quoted[n]
            if q.id in found and q.within is None
        ]
        others = [m for m in turns if turns and m.span != turns[-1].span and m.kind != "pronoun"]
        if not others or turns[-1].kind == "pronoun":
            return None
        return Attribution(others[-1], 0.6, "the two speak in turns")

    def _carried_on(
        self, number: int, previous: Quote | None, found: dict[str, Mention]
    ) -> Attribution | None:
        if previous is None:
            return None
        before = self.sentence_of[previous.id]
        adjacent = before == number - 1 and not _names_somebody(self.tokens[number])
        attributed_between = (
            before == number - 2
            and not self.quoted[number - 1]
            and any(self._number_at(c.start) == number - 1 for c in previous.cue)
        )
        if before != number and not adjacent and not attributed_between:
            return None
        return Attribution(
            found.get(previous.id),
            0.8,
            "carries on the quotation before it without another speaker",
            previous.cue,
            previous.frame,
            previous.addressee,
            carries_on=True,
        )

    def _reported_before(self, quote: Quote, number: int, found: dict[str, Mention]) -> Attribution | None:
        """Whose speech a sentence reports without marks before `quote` begins."""
        for other in reversed(self.reported[number]):
            if other.id in found and other.span.start < quote.span.start and other.kind != "reported":
                words = "speech reported just before is theirs"
                return Attribution(found[other.id], 0.7, words, said_by=other.speaker_mention)
        return None

    def _before(self, quote: Quote, number: int, found: dict[str, Mention]) -> Attribution | None:
        """Whoever the sentences before are about."""
        for distance in range(1, _LOOK_BACK + 1):
            at = number - distance
            if at < 0:
                return None
            said = self._reported_before(quote, at, found)
            if said is not None:
                return said
            tokens = self.tokens[at]
            subjects = [m for m in self.mentions[at] if m.subject and not m.plural and _can_speak(m)]
            if not subjects:
                continue
            main = main_subject(tokens)
            known = (
                self.mention_at(Span(tokens[main.start].start, tokens[main.end - 1].end)) if main else None
            )
            mention = known if known is not None and known in subjects else _most_salient(subjects)
            words = f"“{mention.span.of(self.text)}” is spoken of before"
            return Attribution(mention, 0.6 if distance == 1 else 0.5, words)
        return None


def _rank(inquit: Inquit, weight: float) -> float:
    return inquit.trust * weight + (0.2 if inquit.speaker else 0.0)


def _points_back(tokens: Sequence[Token]) -> bool:
    """Whether a sentence takes up what was said: ``dies``, ``so``."""
    if tokens and tokens[0].text == "So":
        return True
    return any(t.text.lower() in _POINTING_BACK and t.pos in ("PDS", "PROAV") for t in tokens)


def _most_salient(subjects: Sequence[Mention]) -> Mention:
    rank = {"name": 0, "pronoun": 1, "role": 1, "organisation": 2, "group": 3}
    return min(subjects, key=lambda m: (rank[m.kind], m.span.start))


def _can_speak(mention: Mention) -> bool:
    return mention.kind in ("name", "role", "pronoun", "organisation")


def _names_somebody(tokens: Sequence[Token]) -> bool:
    """Whether a sentence has words of its own beside the quotation."""
    return sum(t.text[:1].isalnum() for t in tokens) > 1
