"""Who says it, to whom, by which words."""

from __future__ import annotations

from wechat_text.quotes import grammar, reporting
from wechat_text.quotes.clauses import Clause
from wechat_text.quotes.frames import Predicate, Range, agent, is_person_like, runs, subject
from wechat_text.quotes.nominals import DETERMINERS, is_noun, phrase_end
from wechat_text.quotes.search import Search

REQUESTS = grammar.words("requests")
"""Their accusative is the person spoken to."""

DATIVE_VERBS = frozenset({"vorwerfen", "empfehlen", "raten", "untersagen", "anlasten"})
"""In the passive, the dative in front is the person spoken to."""

AUDIENCE = frozenset({"Presse", "Journalist", "Medium", "Reporter", "Parlament", "Publikum"})
"""Whom one speaks in front of."""


def cue(search: Search, predicate: Predicate) -> list[Range]:
    """The words that introduce what is said."""
    cue = list(predicate.cue)
    if predicate.verb == "heißen":
        cue += [
            i
            for i in (predicate.finite - 1, predicate.finite + 1)
            if 0 <= i < len(search.tokens) and search.tokens[i].text.lower() == "es"
        ]
    return runs(cue)


def speaker(search: Search, clause: Clause, predicate: Predicate) -> Range | None:
    """The mention that carries the attribution; None where nobody is named."""
    found = subject(search.sentence, clause, predicate.finite)
    if predicate.passive:
        return agent(search.sentence, clause) or phrase_of(search, clause, ("in", "im"))
    if found is None and clause.kind == "main":
        found = _shared_subject(search, clause)
    if predicate.verb == "heißen" or not is_person_like(search.tokens, found):
        return phrase_of(search, clause, ("in", "im", "aus", "auf", "bei"))
    return found


def _shared_subject(search: Search, clause: Clause) -> Range | None:
    """`X bestätigte den Fall, teilte jedoch mit, …`: the subject of the main clause before."""
    clauses = search.sentence.clauses
    first = search.sentence.chunks[clause.chunks[0]]
    if not first.verb_first:
        return None
    for other in reversed(clauses[: clauses.index(clause)]):
        if other.kind == "main" and other.finite:
            return subject(search.sentence, other, other.finite[0])
    return None


def phrase_of(search: Search, clause: Clause, prepositions: tuple[str, ...]) -> Range | None:
    """The source that one of the prepositions names: `in dem Bericht`."""
    words = search.sentence.words(clause)
    for i in words:
        if search.tokens[i].text.lower() in prepositions:
            chunk = next(c for c in search.sentence.chunks if c.start <= i < c.end)
            stop = phrase_end(search.tokens, i + 1, chunk.end)
            if stop > i + 1 and search.tokens[i + 1].pos != "CARD" and search.names_source(i + 1, stop):
                return i + 1, stop
    return None


def addressee(search: Search, clause: Clause, predicate: Predicate, speaker: Range | None) -> Range | None:
    """To whom it is said, where that is named."""
    tokens = search.tokens
    if predicate.passive:
        if predicate.verb in REQUESTS | DATIVE_VERBS:
            found = subject(search.sentence, clause, predicate.finite)
            if found is None and search.sentence.chunks[clause.chunks[0]].first < predicate.finite:
                first = search.sentence.chunks[clause.chunks[0]].first
                stop = phrase_end(tokens, first, predicate.finite, attach=True)
                found = (first, stop) if stop == predicate.finite else None
            return found
        return None
    lexicon = reporting.load()
    first = search.sentence.chunks[clause.chunks[0]].first
    if clause.kind == "main" and first < predicate.finite and speaker and speaker[0] > predicate.finite:
        dative = tokens[first].text in ("Dem", "Der", "Den", "Ihm", "Ihnen", "Einem", "Einer")
        stop = phrase_end(tokens, first, predicate.finite, attach=True)
        if stop == predicate.finite and (dative or predicate.verb in REQUESTS):
            return first, stop
    for i in search.sentence.words(clause):
        if speaker and speaker[0] <= i < speaker[1]:
            continue
        word = tokens[i].text.lower()
        chunk = next(c for c in search.sentence.chunks if c.start <= i < c.end)
        if word == "gegenüber":
            stop = phrase_end(tokens, i + 1, chunk.end)
            if stop > i + 1:
                return i + 1, stop
        if (word == "vor" and i + 2 < chunk.end and tokens[i + 2].lemma in AUDIENCE) or (
            word in ("an", "vom") and predicate.verb in ("appellieren", "fordern", "verlangen", "schreiben")
        ):
            stop = phrase_end(tokens, i + 1, chunk.end)
            if stop > i + 1 and i > predicate.finite:
                return i + 1, stop
        previous = tokens[i - 1] if i else None
        if (
            previous is not None
            and not (speaker and i == speaker[1])
            and (
                previous.pos in ("APPR", "APPRART")
                or previous.pos in DETERMINERS
                or previous.pos in ("ADJA", "NN", "NE")
            )
        ):
            continue
        dative = word in ("dem", "ihm", "ihnen", "einem", "mir", "uns", "diesem") or (
            word in ("der", "den", "einer") and i > predicate.finite and clause.kind == "main"
        )
        accusative = (
            predicate.verb in REQUESTS
            and i > predicate.finite
            and (tokens[i].pos in DETERMINERS or tokens[i].pos in ("NE", "NN", "PPER"))
        )
        if dative or accusative:
            stop = phrase_end(tokens, i, chunk.end)
            if any(
                is_noun(t) and (lexicon.is_noun(t.lemma) or lexicon.is_source(t.lemma))
                for t in tokens[i:stop]
            ):
                continue
            if stop > i and (speaker is None or stop <= speaker[0] or i >= speaker[1]):
                return i, stop
    return None
