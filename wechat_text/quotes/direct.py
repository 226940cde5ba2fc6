"""Direct speech: which of the marked segments somebody says, and which are titles, names or scare quotes.

Each segment collects evidence for and against in log-odds; the weights are set by hand after reading German
news and checked on development data (`benchmarks/quotes.py`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from wechat_text.document import Document, Quote, QuoteKind, Span
from wechat_text.german import lexicon
from wechat_text.german.marks import Marked, marked_segments
from wechat_text.german.tagging import Token
from wechat_text.quotes import reporting

THRESHOLD = 0.5
_BIAS = -0.9
_NO_CLAUSE_END = frozenset(",;:–-—")
_PRENOMINAL = ("ART", "ADJA", "PPOSAT", "PDAT", "PIAT", "CARD", "APPRART")
_CHANTS = frozenset({"Parole", "Spruch", "Sprechchor", "Ruf", "Losung"})


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
        literal = next(self._literal(), None)
        yield from self._length()
        yield from self._shape()
        yield from self._before()
        yield from self._after()
        if self.starts_sentence and self.ends_sentence and len(self.words) > 1:
            yield 1.6, "stands as sentences of its own"
        elif self.starts_sentence and len(self.words) > 3 and self.after and self.after[0].text in ",–":
            yield 0.8, "opens its sentence and is set off"
        if literal is not None:
            yield literal
        else:
            yield from self._noun_phrase()
        if self.glued:
            yield -4.0, "part of a compound"
        if self.marked.depth:
            yield (-0.8 if self._has_verb() else -2.5), "inside another quotation"
        if not self.marked.closed:
            yield -0.8, "never closed"

    def _literal(self) -> Iterator[tuple[float, str]]:
        """The speaker's own words in the writer's sentence; a name or title would begin with a capital."""
        if not self.words or self._is_address():
            return
        lower = self.words[0].text[:1].islower()
        judged = self._judged()
        if judged:
            yield 3.8, f"how somebody “{judged}” it"
        elif self._is_named():
            return
        elif self.reported in ("indirect", "indirect_free_indirect", "reported") and lower:
            yield (3.4 if len(self.words) > 1 else 3.2), "literal words inside reported speech"
        elif self._is_chanted():
            yield 3.0, "shouted by a crowd"
        elif self._looks_like_name() and not self._has_verb():
            return
        elif self.reported and len(self.words) > 1:
            yield (1.8 if self.reported != "reported" else 1.0), "literal words inside reported speech"
        elif lower and len(self.words) > 1 and self._verb([*self.before, *self.after]):
            yield 1.6, "literal words beside a verb of saying"

    def _is_chanted(self) -> bool:
        """Whether a crowd shouts it: ``Parolen wie „…“``."""
        return any(t.lemma in _CHANTS for t in self.before[-3:])

    def _is_named(self) -> bool:
        """Whether the words in front call this a title, a name or a term."""
        before = self.before[-1] if self.before else None
        return (
            (before is not None and before.pos in ("NN", "NE") and _titled(before))
            or any(t.text.lower().startswith(("sogenannt", "genannt")) for t in self.before[-2:])
            or (before is not None and before.text.lower() in ("laut", "gemäß", "(", "kurz"))
        )

    def _is_address(self) -> bool:
        """Whether it is an address of the net, like ``news.example.org``."""
        return len(self.inside) > 2 and all(
            a.end == b.start and (a.text == "." or b.text == ".") for a, b in pairwise(self.inside)
        )

    def _noun_phrase(self) -> Iterator[tuple[float, str]]:
        """Against speech: the words fill a place in the writer's own noun phrase."""
        if self.before and (self.before[-1].pos in _PRENOMINAL or self.before[-1].text == "als"):
            yield -1.6, "built into a noun phrase"
        if self.after and self.after[0].pos == "NN":
            yield -1.8, f"goes with the noun “{self.after[0].text}” behind it"

    def _judged(self) -> str:
        """The verb of ``bezeichnete es als „…“``, ``nannte das „…“``, ``warnte vor „…“``."""
        for number, token in enumerate(self.before):
            if token.pos.startswith("VV") and self._links(token, self.before[number + 1 :]):
                return token.text
        for number, token in enumerate(self.after[:8]):
            if token.text in ",;:":
                break
            if token.pos.startswith("VV") and self._links(token, [*self.before, *self.after[:number]]):
                return token.text
        if any(t.text == "Rede" for t in self.after[:4]) and any(
            t.text.lower() in ("von", "vom") for t in self.before[-4:]
        ):
            return "die Rede"
        return ""

    def _links(self, verb: Token, between: Sequence[Token]) -> bool:
        links = _JUDGING.get(verb.lemma)
        if links is None or verb.text == "genannt" or not self.before:
            return False
        if any(t.text.lower() in ("sich", "selbst") for t in between[:3]):
            return False
        if any(t.text.lower() in ("man", "sondern") for t in between) or _goes_on(between):
            return False
        lower = self.words[0].text[:1].islower()
        if links:
            last = self.before[-1]
            return (lower or last.pos not in ("NN", "NE")) and any(
                t.text.lower() in links for t in self.before[-4:]
            )
        return lower or (bool(between) and self.before[-1].pos in (*_PRENOMINAL, "PPER", "PDS"))

    def _has_verb(self) -> bool:
        return any(t.pos.endswith("FIN") for t in self.inside)

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
        if self._has_verb():
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
        if self._looks_like_name() and not self._has_verb():
            yield -1.0, "looks like a name"

    def _before(self) -> Iterator[tuple[float, str]]:
        if not self.before:
            return
        last = self.before[-1]
        noun = next((t for t in reversed(self.before) if t.pos in ("NN", "NE")), None)
        if last.text == ":":
            bracket = next((i for i, t in enumerate(self.before) if t.text == "("), len(self.before))
            titled = any(_titled(t) for t in self.before[bracket:] if t.pos == "NN")
            weight = -1.0 if titled else 0.6 if noun is not None and _titled(noun) else 2.0
            yield weight, "a colon introduces it"
        elif last.text in ("(", "darunter", "wie", "etwa") and not self._is_chanted():
            yield -1.2, "an item in a list"
        elif last.pos in ("NN", "NE") and (_titled(last) or not (self.after and self.after[0].text == ",")):
            said = last.pos == "NN" and lexicon.speech_nouns().get(last.lemma, 0.0) == 1.0
            if not said:
                yield (
                    _named_before(last, self.words),
                    f"“{last.text}” stands before it like a title or name",
                )
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
        elif self._is_inquit(inquit):
            yield 3.0, f"followed by the verb of saying “{inquit[0].text}”"
        elif first.text in _NO_CLAUSE_END and inquit and inquit[0].text.lower() in ("so", "heißt"):
            yield 2.6, "followed by “so …” that names the source"
        elif self._verb(self.after):
            yield 0.6, "a verb of saying after it"

    def _is_inquit(self, behind: Sequence[Token]) -> bool:
        """Whether the words behind begin with a verb of saying that has the segment for its object."""
        if not behind or behind[0].pos not in ("VVFIN", "VAFIN", "VMFIN"):
            return False
        set_off = behind is not self.after
        if not set_off and (
            behind[0].lemma in ("nennen", "heißen", "lauten")
            or (self.before and self.before[-1].pos in (*_PRENOMINAL, "APPR", "KON"))
        ):
            return False
        return self._verb(behind[:1], self.after)

    def _is_subject(self, first: Token) -> bool:
        """``„BBC News“ berichtet``, ``wie „BBC News“ berichtet``: a name that speaks itself."""
        if first.pos.endswith("FIN") and self.before and self.before[-1].text.lower() == "wie":
            return True
        return (
            first.pos.endswith("FIN")
            and not self.before
            and self.inside[-1].text not in ".!?…"
            and self._looks_like_name()
            and not self._has_verb()
        )

    @staticmethod
    def _verb(tokens: Sequence[Token], clause: Sequence[Token] | None = None) -> bool:
        return any(said(token, clause if clause is not None else tokens) for token in tokens)


_AS = frozenset({"als"})
_JUDGING: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("bezeichnen", "beschreiben", "kritisieren", "verurteilen", "attackieren", "werten", "bewerten"),
            *("beurteilen", "einstufen", "würdigen", "loben", "brandmarken", "geißeln", "abtun", "ablehnen"),
            *("zurückweisen", "charakterisieren", "feiern", "rechtfertigen", "titulieren", "verspotten"),
            *("preisen", "verteidigen", "rühmen", "schelten", "schmähen", "anprangern", "weisen"),
        ),
        _AS,
    ),
    "nennen": frozenset(),
    "sprechen": frozenset(["von", "vom"]),
    "warnen": frozenset(["vor"]),
    "halten": frozenset(["für"]),
    "sehen": frozenset(["als", "einen", "eine"]),
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
    particle = ""
    for other in clause:
        if other.start > token.start and (other.pos.endswith("FIN") or other.pos == "PTKVZ"):
            particle = other.text if other.pos == "PTKVZ" else ""
            break
    verb = reporting.speech_verb(token.lemma, particle)
    if verb is None:
        return False
    if verb.lemma in ("heißen", "lauten") and not any(t.text.lower() in ("es", ":") for t in clause):
        return False
    return verb.strength >= 0.5


def _goes_on(clause: Sequence[Token]) -> bool:
    """Whether another verb joined by a conjunction follows: ``nannte ihn klug und lobte …``."""
    joined = next((i for i, t in enumerate(clause) if t.pos == "KON"), len(clause))
    return any(t.pos.endswith("FIN") for t in clause[joined:])


def _named_before(noun: Token, words: Sequence[Token]) -> float:
    """Against speech: a noun directly before the marks; a title or name begins with a capital."""
    if words and words[0].text[:1].islower():
        return -1.0
    return -4.0 if _titled(noun) else -2.4


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
