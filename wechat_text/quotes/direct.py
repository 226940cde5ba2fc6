"""Direct speech: which of the marked segments somebody says, and which are titles, names or scare quotes.

Each segment collects evidence for and against in log-odds; the weights are set by hand after reading German
news and checked on development data (`benchmarks/quotes.py`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from wechat_text.document import Document, Quote, QuoteKind, Span
from wechat_text.german import lexicon
from wechat_text.german.marks import Marked, marked_segments
from wechat_text.german.tagging import Token

THRESHOLD = 0.5
_BIAS = -1.1
_NO_CLAUSE_END = frozenset(",;:–-—")


def find_direct(
    document: Document, tokens: Sequence[Token], reported: Sequence[tuple[Span, QuoteKind]] = ()
) -> tuple[Quote, ...]:
    """Direct quotations in order of their start; ids are provisional (``d1`` …), speakers are not set.

    Args:
        document: with its body and sentences.
        tokens: of the whole document, as `german.tagging.tag` gives them.
        reported: where speech is reported without marks; a fragment in marks there is likely literal.
    """
    text = document.text
    starts = [token.start for token in tokens]
    found: list[Quote] = []
    for marked in marked_segments(text, document.body):
        first, last = bisect_left(starts, marked.inner.start), bisect_right(starts, marked.inner.end - 1)
        if first == last:
            continue
        inside = next((k for span, k in _around(reported, marked.span) if span.contains(marked.span)), None)
        segment = _Segment(text, tokens, first, last, marked, inside)
        reasons = list(segment.evidence())
        confidence = 1 / (1 + math.exp(-(_BIAS + sum(weight for weight, _ in reasons))))
        if confidence >= THRESHOLD:
            reasons.sort(key=lambda reason: -abs(reason[0]))
            words = tuple(words for weight, words in reasons[:4] if weight > 0)
            found.append(
                Quote(
                    id=f"d{len(found) + 1}",
                    spans=(marked.span,),
                    text=marked.span.of(text),
                    kind="direct",
                    confidence=round(min(confidence, 0.99), 3),
                    evidence=words,
                )
            )
    return tuple(found)


class _Segment:
    """A marked segment, tokens [first, last) inside its marks, and what surrounds it."""

    def __init__(
        self,
        text: str,
        tokens: Sequence[Token],
        first: int,
        last: int,
        marked: Marked,
        reported: QuoteKind | None,
    ) -> None:
        self.marked = marked
        self.reported = reported
        self.inside = tokens[first:last]
        self.words = [t for t in self.inside if t.text[:1].isalnum()]
        self.sentence = self.inside[0].sentence
        self.before = _outside(tokens, first - 1, -1, self.sentence)
        self.after = _outside(tokens, last, 1, self.sentence)
        end = marked.span.end
        self.glued = end < len(text) and (text[end] in "-‐‑" or text[end].isalpha())
        self.starts_sentence = not self.before
        self.ends_sentence = not self.after or self.after[0].text in ".!?"

    def evidence(self) -> Iterator[tuple[float, str]]:
        yield from self._length()
        yield from self._shape()
        yield from self._before()
        yield from self._after()
        if self.starts_sentence and self.ends_sentence and len(self.words) > 1:
            yield 1.6, "stands as sentences of its own"
        elif self.starts_sentence and len(self.words) > 3 and self.after and self.after[0].text in ",–":
            yield 0.8, "opens its sentence and is set off"
        yield from self._reported()
        if self.glued:
            yield -4.0, "part of a compound"
        if self.marked.depth:
            yield -0.8, "inside another quotation"
        if not self.marked.closed:
            yield -0.8, "never closed"

    def _reported(self) -> Iterator[tuple[float, str]]:
        """Words kept literally in reported speech; a name or title would begin with a capital."""
        lower = bool(self.words) and self.words[0].text[:1].islower()
        if self.reported and len(self.words) == 1 and self.words[0].pos in ("ADJD", "VVPP") and lower:
            yield 3.4, "a judgement inside reported speech"
        elif self._looks_like_name() and not any(t.pos.endswith("FIN") for t in self.inside):
            return
        elif self.reported and len(self.words) > 1:
            weight = 3.0 if lower else 1.8
            yield (
                (0.55 * weight if self.reported == "reported" else weight),
                "literal words inside reported speech",
            )
        elif lower and len(self.words) > 1 and self._verb([*self.before, *self.after]):
            yield 1.6, "literal words beside a verb of saying"
        judged = self._judged()
        if judged and not self._looks_like_name():
            yield 2.4, f"how somebody “{judged}” it"

    def _judged(self) -> str:
        """The verb of ``bezeichnete es als „…“``, ``nannte das „…“``, ``warnte vor „…“``."""
        outside = [*self.before, *self.after]
        if any(t.text.lower() in ("sich", "selbst", "sogenannte", "sogenannten", "genannt") for t in outside):
            return ""
        near = {t.text.lower() for t in self.before[-4:]}
        for token in outside:
            links = _JUDGING.get(token.lemma) if token.pos.startswith("VV") else None
            if links is not None and (not links or near & links):
                return token.text
        return ""

    def _looks_like_name(self) -> bool:
        """All capitals but for little words: ``Kampagne für ein Freies Tibet``."""
        if not self.words or self.words[0].text[:1].islower():
            return False
        main = [t for t in self.words if t.pos not in ("APPR", "APPRART", "ART", "KON")]
        return len(self.words) > 1 and all(t.text[:1].isupper() or t.text[:1].isdigit() for t in main)

    def _length(self) -> Iterator[tuple[float, str]]:
        count = len(self.words)
        if count >= 8:
            yield 2.6, f"long: {count} words"
        elif count >= 4:
            yield 0.4, f"{count} words"
        elif count >= 2:
            yield -0.9, f"only {count} words"
        else:
            yield -1.6, "a single word"

    def _shape(self) -> Iterator[tuple[float, str]]:
        if any(t.pos.endswith("FIN") for t in self.inside):
            yield 1.0, "holds a finite verb"
        if any(
            t.pos in ("PPER", "PPOSAT") and t.text.lower()[:2] in ("ic", "wi", "me", "mi", "un")
            for t in self.inside
        ):
            yield 0.9, "speaks in the first person"
        last = self.inside[-1].text
        if last in ".!?…" or last.startswith(".."):
            yield 1.7, "a full stop inside the marks"
        if self.words and self.words[0].text[:1].islower():
            yield -0.5, "begins in the middle of a sentence"
        if self._looks_like_name() and not any(t.pos.endswith("FIN") for t in self.inside):
            yield -1.0, "looks like a name"

    def _before(self) -> Iterator[tuple[float, str]]:
        if not self.before:
            return
        last = self.before[-1]
        noun = next((t for t in reversed(self.before) if t.pos in ("NN", "NE")), None)
        if last.text == ":":
            weight = 0.6 if noun is not None and _titled(noun) else 2.0
            yield weight, "a colon introduces it"
        elif last.text in ("(", "darunter", "wie", "etwa"):
            yield -1.2, "an item in a list"
        elif last.pos in ("NN", "NE") and not (self.after and self.after[0].text == ","):
            said = last.pos == "NN" and lexicon.speech_nouns().get(last.lemma, 0.0) == 1.0
            if not said:
                yield (
                    _named_before(last, self.words),
                    f"“{last.text}” stands before it like a title or name",
                )
        elif last.pos in ("ART", "ADJA", "PPOSAT", "PDAT", "PIAT", "CARD") or last.text == "als":
            yield -1.6, "built into a noun phrase"
        if self._verb(self.before):
            yield 0.9, "a verb of saying before it"

    def _after(self) -> Iterator[tuple[float, str]]:
        if not self.after:
            return
        first = self.after[0]
        inquit = self.after[1:] if first.text in _NO_CLAUSE_END else self.after
        if any(_titled(t) for t in self.after[:6] if t.pos == "NN") and self.after[0].text in _NO_CLAUSE_END:
            yield -3.0, "called a title or name behind it"
        elif self._is_subject(first):
            yield -2.0, "the subject of the verb behind it"
        elif inquit and inquit[0].pos in ("VVFIN", "VAFIN", "VMFIN") and self._verb(inquit[:1], self.after):
            yield 3.0, f"followed by the verb of saying “{inquit[0].text}”"
        elif first.text in _NO_CLAUSE_END and inquit and inquit[0].text.lower() in ("so", "heißt"):
            yield 2.6, "followed by “so …” that names the source"
        elif self._verb(self.after):
            yield 0.6, "a verb of saying after it"
        if first.pos == "NN" and first.text not in _NO_CLAUSE_END:
            yield -1.8, f"goes with the noun “{first.text}” behind it"

    def _is_subject(self, first: Token) -> bool:
        """``„BBC News“ berichtet``: a name that speaks itself."""
        return (
            first.pos.endswith("FIN")
            and not self.before
            and self.inside[-1].text not in ".!?…"
            and self._looks_like_name()
            and not any(t.pos.endswith("FIN") for t in self.inside)
        )

    @staticmethod
    def _verb(tokens: Sequence[Token], clause: Sequence[Token] | None = None) -> bool:
        return any(said(token, clause if clause is not None else tokens) for token in tokens)


_JUDGING: dict[str, frozenset[str]] = {
    "bezeichnen": frozenset(["als"]),
    "nennen": frozenset(),
    "beschreiben": frozenset(["als"]),
    "kritisieren": frozenset(["als"]),
    "verurteilen": frozenset(["als"]),
    "attackieren": frozenset(["als"]),
    "werten": frozenset(["als"]),
    "bewerten": frozenset(["als"]),
    "beurteilen": frozenset(["als"]),
    "einstufen": frozenset(["als"]),
    "würdigen": frozenset(["als"]),
    "loben": frozenset(["als"]),
    "brandmarken": frozenset(["als"]),
    "geißeln": frozenset(["als"]),
    "abtun": frozenset(["als"]),
    "ablehnen": frozenset(["als"]),
    "zurückweisen": frozenset(["als"]),
    "sprechen": frozenset(["von", "vom"]),
    "warnen": frozenset(["vor"]),
    "halten": frozenset(["für"]),
    "attestieren": frozenset(["ein", "eine", "einen"]),
}
"""Verbs that report a judgement, with the words one of which must stand shortly before it."""


def _around(spans: Sequence[tuple[Span, QuoteKind]], inner: Span) -> Sequence[tuple[Span, QuoteKind]]:
    """The few spans, in order of their start, that could contain `inner`."""
    at = bisect_right(spans, inner.start, key=lambda item: item[0].start)
    return spans[max(0, at - 3) : at]


def said(token: Token, clause: Sequence[Token]) -> bool:
    """Whether `token` is a verb of saying or thinking, together with its particle in `clause`."""
    if not token.pos.startswith("VV"):
        return False
    lemma = token.lemma
    particle = next((t.text for t in clause if t.pos == "PTKVZ" and t.start > token.start), "")
    verb = (particle and lexicon.speech_verb(lemma, particle)) or lexicon.speech_verb(lemma)
    return verb is not None and verb.strength >= 0.5


def _named_before(noun: Token, words: Sequence[Token]) -> float:
    """Against speech: a noun directly before the marks; a title or name begins with a capital."""
    if words and words[0].text[:1].islower():
        return -1.0
    return -4.0 if _titled(noun) else -2.0


def _titled(noun: Token) -> bool:
    lemma = noun.lemma
    last_part = lemma.rpartition("-")[2]
    return lemma in lexicon.title_nouns() or last_part in lexicon.title_nouns()


def _outside(tokens: Sequence[Token], at: int, step: int, sentence: int) -> list[Token]:
    """Tokens of the sentence on one side of the segment, marks left out, in reading order."""
    found: list[Token] = []
    while 0 <= at < len(tokens) and tokens[at].sentence == sentence and len(found) < 40:
        if not (tokens[at].pos == "$(" and tokens[at].text in _MARKS):
            found.append(tokens[at])
        at += step
    return found[::-1] if step < 0 else found


_MARKS = "„“”\"»«‚‘’'›‹"
