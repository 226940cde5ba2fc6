"""Speech carried on from sentence to sentence: Konjunktiv without a frame of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from wechat_text.document import Quote, QuoteKind, Span
from wechat_text.quotes import frames, nominals
from wechat_text.quotes.clauses import Sentence
from wechat_text.quotes.drafts import Draft
from wechat_text.quotes.konjunktiv import Mood

if TYPE_CHECKING:
    from wechat_text.quotes.frames import Found
REACH = 3
"""Sentences over which Konjunktiv I without a frame still looks back for its speaker."""


@dataclass(slots=True)
class Discourse:
    """Who spoke last, and the stretch of carried-on speech that is being read."""

    speaker: Span | None = None
    subject: Span | None = None
    spoken: int = -10
    carried: list[Draft] = field(default_factory=list)
    last_carried: int = -10

    def step(
        self,
        text: str,
        number: int,
        sentence: Sentence,
        drafts: list[Draft],
        direct: Sequence[Quote],
        whole: bool,
    ) -> None:
        """Read one sentence, whose own quotations are at the end of `drafts`."""
        tokens = sentence.tokens
        span = Span(tokens[0].span.start, tokens[-1].span.end)
        own = [d for d in drafts[-3:] if span.start <= d.spans[0].start]
        if own:
            named = [d.speaker for d in own if d.speaker]
            self.speaker = named[-1] if named else (self.speaker if number - self.spoken <= 1 else None)
            self.spoken = number
            return
        inquit = self._inquit(sentence) if direct else None
        if inquit or whole:
            self.speaker = (
                Span(tokens[inquit[0]].span.start, tokens[inquit[1] - 1].span.end) if inquit else None
            )
            self.spoken = number
            return
        if any(q.spans[0].start <= span.start and span.end <= q.spans[-1].end for q in direct):
            self.spoken = number
            return
        mood = self._mood(sentence)
        near = number - self.spoken <= 1
        kind: QuoteKind | None = None
        if self._first_person(sentence):
            pass
        elif mood >= Mood.FIRST or (mood >= Mood.SECOND and near):
            kind, trust = "indirect_free_indirect", 0.7 if mood >= Mood.FIRST and near else 0.5
            said = "main clause in Konjunktiv without a frame of its own"
        elif self._hearsay(sentence, number - self.spoken):
            kind, trust, said = "free_indirect", 0.5, "“sollen” for what others say, near somebody's speech"
        if kind is not None:
            if self.last_carried == number - 1 and self.carried and self.carried[-1].kind == kind:
                previous = self.carried[-1]
                previous.spans = (Span(previous.spans[0].start, span.end),)
            else:
                speaker = self.speaker
                if number - self.spoken > 1 and self.subject:
                    speaker = self.subject
                who = (f"goes on from “{speaker.of(text)}”",) if speaker else ("nobody is named",)
                self.carried.append(Draft(kind, (span,), trust, speaker, evidence=(said, *who)))
                self.speaker = speaker
            self.last_carried = self.spoken = number
            return
        self.subject = self._subject(sentence)

    @staticmethod
    def _first_person(sentence: Sentence) -> bool:
        return any(t.text.lower() in ("ich", "wir") and t.pos == "PPER" for t in sentence.tokens)

    @staticmethod
    def _subject(sentence: Sentence) -> Span | None:
        """Whom the sentence is about, where a noun names somebody."""
        tokens = sentence.tokens
        for clause in sentence.clauses:
            if clause.kind == "main" and clause.finite:
                found = frames.subject(sentence, clause, clause.finite[0])
                if found and tokens[found[0]].pos != "PPER" and nominals.is_somebody(tokens, *found):
                    return Span(tokens[found[0]].span.start, tokens[found[1] - 1].span.end)
                return None
        return None

    @staticmethod
    def _hearsay(sentence: Sentence, distance: int) -> bool:
        """`Er soll geflohen sein`: a main clause with `soll`; of the past it is never the writer's."""
        tokens = sentence.tokens
        for clause in sentence.clauses:
            if clause.kind == "main" and clause.finite:
                if tokens[clause.finite[0]].text.lower() not in ("soll", "sollen"):
                    return False
                words = sentence.words(clause)
                past = any(
                    tokens[a].pos in ("VVPP", "VAPP") and tokens[b].text in ("haben", "sein")
                    for a, b in pairwise(words)
                )
                return distance <= 1 or (past and distance <= REACH)
        return False

    def carries_on(self, number: int, sentence: Sentence, founds: Sequence[Found]) -> bool:
        """Whether the reporting clause is reported itself: `Er gehe davon aus, dass …` after speech."""
        return (
            number - self.spoken <= 1
            and bool(founds)
            and founds[0].pattern in ("dass", "v2", "zu", "question")
            and self._mood(sentence) >= Mood.FIRST
        )

    def finish(self, drafts: list[Draft]) -> list[Draft]:
        """All quotations, the carried-on ones among them."""
        return [*drafts, *self.carried]

    @staticmethod
    def _mood(sentence: Sentence) -> Mood:
        """Of the first main clause with a verb."""
        for clause in sentence.clauses:
            if clause.kind == "main" and clause.finite:
                return sentence.moods[clause.finite[0]]
        return Mood.INDICATIVE

    @staticmethod
    def _inquit(sentence: Sentence) -> tuple[int, int] | None:
        for clause in sentence.clauses:
            if clause.kind in ("main", "wie") and clause.finite:
                for predicate in frames.predicates(sentence, clause):
                    found = frames.subject(sentence, clause, predicate.finite)
                    if frames.is_person_like(sentence.tokens, found):
                        return found
        return None
