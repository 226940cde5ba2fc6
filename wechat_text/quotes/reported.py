"""Reported speech: `Der Minister kritisierte den Plan.` What was said is condensed into an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wechat_text.document import Span
from wechat_text.quotes import frames, grammar, nominals
from wechat_text.quotes.clauses import Sentence
from wechat_text.quotes.drafts import Draft
from wechat_text.quotes.konjunktiv import Mood

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wechat_text.german.tagging import Token


BACK = frozenset({"dies", "das", "dieses", "diese", "dieser", "diesen"})
"""They take up the sentence before: `Dies teilte die Polizei mit.`"""

STATES = grammar.words("states")


def refers_back(text: str, sentence: Sentence, previous: tuple[Span, bool] | None) -> Draft | None:
    """The sentence before as indirect speech, where this one only says who said it."""
    if previous is None or previous[1] or len(sentence.clauses) == 0:
        return None
    tokens = sentence.tokens
    clause = sentence.clauses[0]
    first = sentence.chunks[0].first
    if clause.kind != "main" or tokens[first].text.lower() not in BACK or len(clause.finite) != 1:
        return None
    stop = nominals.phrase_end(tokens, first, sentence.chunks[0].end)
    if clause.finite[0] > max(stop, first + 1):
        return None
    for predicate in frames.predicates(sentence, clause):
        if predicate.verb not in STATES:
            continue
        found = frames.after(sentence, clause, predicate.finite)
        if predicate.passive or not frames.is_person_like(tokens, found):
            found = frames.agent(sentence, clause, ("von", "vom") if predicate.passive else ("aus",))
            if not predicate.passive and predicate.verb not in ("ergeben", "hervorgehen"):
                continue
        mention = _span(tokens, found) if found else None
        before = previous[0]
        trimmed = Span(before.start, before.end - 1) if text[before.end - 1] in ".!" else before
        return Draft(
            kind="indirect",
            spans=(trimmed, _span(tokens, (first, clause.finite[0]))),
            confidence=0.75,
            speaker=mention,
            cue=tuple(_span(tokens, r) for r in frames.runs(predicate.cue)),
            frame=(_span(tokens, (clause.finite[0], sentence.end)),),
            evidence=(
                "“dies” and a verb of saying refer to the sentence before",
                f"said by “{mention.of(text)}”" if mention else "nobody is named",
            ),
        )
    return None


def find(text: str, sentence: Sentence) -> Iterator[Draft]:
    """The sentence as reported speech, where its main verb reports."""
    tokens = sentence.tokens
    if tokens[-1].text == ":":
        return
    for clause in sentence.clauses:
        if clause.kind != "main":
            continue
        for predicate in frames.predicates(sentence, clause):
            if "object" not in predicate.trust or sentence.moods[predicate.finite] >= Mood.SECOND:
                continue
            speaker = frames.subject(sentence, clause, predicate.finite)
            if predicate.passive:
                speaker = frames.agent(sentence, clause)
            if not frames.is_person_like(tokens, speaker):
                continue
            assert speaker is not None
            if any(t.text == "dies" for t in tokens[predicate.finite + 1 :]):
                continue  # `X erläuterte dies` points at speech that stands elsewhere
            if any(t.pos == "PTKNEG" or t.text.lower() in ("niemand", "keiner") for t in tokens):
                continue
            if HARM & {t.lemma.lower() for t in tokens[predicate.finite : sentence.end] if t.pos == "NN"}:
                continue
            mention = _span(tokens, speaker)
            said = " … ".join(tokens[i].text for i in predicate.cue)
            yield Draft(
                kind="reported",
                spans=(Span(tokens[0].span.start, tokens[-1].span.end),),
                confidence=predicate.trust["object"],
                speaker=mention,
                evidence=(f"verb of saying with an object: “{said}”", f"said by “{mention.of(text)}”"),
            )
            return


HARM = frozenset({"todesopfer", "menschenleben", "opfer", "todesopf"})
"""A disaster `fordert` these."""


def _span(tokens: Sequence[Token], found: frames.Range) -> Span:
    return Span(tokens[found[0]].span.start, tokens[found[1] - 1].span.end)
