"""Frames: the words that say who says something, and how, found in one sentence.

A frame is an inquit clause around a reporting verb (`X sagte, dass …`, `…, sagte X`, `wie X mitteilte`),
a reporting noun (`die Forderung des X, … zu …`), or a phrase (`laut X`, `nach Angaben von X`, `X zufolge`,
`so X`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wechat_text.quotes import nominals, reporting
from wechat_text.quotes.clauses import OPENING, Chunk, Clause, Sentence
from wechat_text.quotes.konjunktiv import Mood
from wechat_text.quotes.nominals import is_noun, phrase_end, skip_adverbs

if TYPE_CHECKING:
    from wechat_text.german.tagging import Token

Range = tuple[int, int]
"""Token indices [start, end) of a sentence."""

PARTICLE_TAGS = frozenset({"PTKVZ", "APPR", "ADV", "ADJD", "PROAV", "APZR"})
AUXILIARIES = frozenset({"haben", "sein", "werden"})
MODALS = frozenset({"können", "müssen", "sollen", "wollen", "dürfen", "mögen", "lassen"})


@dataclass(slots=True)
class Predicate:
    """A reporting verb in its clause.

    Attributes:
        verb: infinitive, particle joined.
        finite: index of the finite verb.
        cue: the indices that make it up, in order.
        passive: whether it stands in the passive.
        trust: by kind of complement, from the lexicon.
    """

    verb: str
    finite: int
    cue: list[int]
    passive: bool
    trust: dict[str, float]


@dataclass(slots=True)
class Found:
    """A quotation found in a sentence, in token indices.

    Attributes:
        content: what was said; several ranges where the frame interrupts it.
        frame: the introducing clause, likewise.
        cue: the reporting words.
        speaker: the mention of who says it; None where nobody is named.
        addressee: to whom.
        pattern: the construction, for the evidence and for the confidence.
        trust: of the reporting word, in [0, 1].
    """

    content: list[Range]
    frame: list[Range]
    cue: list[Range]
    speaker: Range | None
    addressee: Range | None
    pattern: str
    trust: float
    mood: Mood = Mood.INDICATIVE


def predicates(sentence: Sentence, clause: Clause) -> Iterator[Predicate]:
    """The reporting verbs of a clause, in order of their finite verbs."""
    words = sentence.words(clause)
    tokens = sentence.tokens
    for position, finite in enumerate(clause.finite):
        stop = clause.finite[position + 1] if position + 1 < len(clause.finite) else len(tokens)
        start = clause.finite[position - 1] + 1 if position else 0
        found = _predicate(tokens, [w for w in words if start <= w < stop], finite)
        if found:
            yield found


def _predicate(tokens: Sequence[Token], words: list[int], finite: int) -> Predicate | None:
    lexicon = reporting.load()
    lemma = tokens[finite].lemma.lower()
    cue = [finite]
    passive = False
    auxiliary = tokens[finite].pos[:2] in ("VA", "VM") or lemma in AUXILIARIES or lemma in MODALS
    candidates: list[tuple[str, list[int]]] = []
    if auxiliary:
        wanted = ("VVPP", "VAPP") if lemma in ("haben", "sein") else ("VVPP", "VVINF")
        heads = [w for w in words if tokens[w].pos in wanted and w != finite]
        if not heads:
            heads = [
                w for w in words if w > finite and tokens[w].pos == "ADJD" and _participle(tokens[w].text)
            ]
        if heads:
            head = heads[-1] if heads[-1] > finite or len(heads) == 1 else heads[0]
            passive = tokens[head].pos != "VVINF" and (
                lemma == "werden" or any(tokens[w].text.lower() in ("worden", "werden") for w in words)
            )
            verb = tokens[head].lemma.lower()
            extra = [w for w in words if w > head and tokens[w].text.lower() == "worden"]
            candidates.append((verb, [finite, head, *extra]))
            if head - 1 in words and tokens[head - 1].text.lower() in lexicon.particles:
                candidates.insert(0, (tokens[head - 1].text.lower() + verb, [finite, head - 1, head, *extra]))
    particle = _particle(tokens, words, finite, lexicon.particles)
    if particle is not None:
        candidates.append((tokens[particle].text.lower() + lemma, [finite, particle]))
    candidates.append((lemma, cue))
    candidates = [(verb, used) for verb, used in candidates if verb in lexicon.verbs]
    if not candidates:
        return None
    texts = {tokens[w].text: w for w in words}
    for verb, used in candidates:
        entries = lexicon.verbs[verb]
        trust: dict[str, float] = {}
        extra_words: list[int] = []
        for entry in entries:
            needed = [min((texts[w] for w in group if w in texts), default=None) for group in entry.words]
            if any(n is None for n in needed):
                continue
            for kind, value in entry.trust.items():
                trust[kind] = max(trust.get(kind, 0.0), value)
            extra_words += [n for n in needed if n is not None]
        if particle is not None and particle not in used and verb == lemma and not extra_words:
            continue  # another verb: `teilt … auf` is not `teilen`
        if trust and verb not in lexicon.reflexive and any(tokens[w].pos == "PRF" for w in words):
            return None
        for w in extra_words:
            used = [*used, *_up_to_preposition(tokens, w, words)]
        if trust:
            if verb == "äußern":
                used = [*used, *(w for w in words if tokens[w].pos == "PRF")]
            return Predicate(verb, finite, sorted({*used, *extra_words}), passive, trust)
    return None


def _up_to_preposition(tokens: Sequence[Token], noun: int, words: list[int]) -> list[int]:
    """`[zu dem] Ergebnis`: what stands between a noun of a verb phrase and its preposition."""
    if not is_noun(tokens[noun]):
        return []
    at = noun
    while at - 1 in words and tokens[at - 1].pos in nominals.DETERMINERS | {"ADJA", "APPR", "APPRART"}:
        at -= 1
        if tokens[at].pos in ("APPR", "APPRART"):
            break
    return list(range(at, noun))


def _participle(word: str) -> bool:
    return word.startswith("ge") or word.endswith(("iert", "tet", "ben"))


def _particle(
    tokens: Sequence[Token], words: list[int], finite: int, particles: frozenset[str]
) -> int | None:
    """The separated particle of the finite verb: at the end of its clause."""
    after = [w for w in words if w > finite]
    while after and not tokens[after[-1]].text[:1].isalnum():
        after.pop()
    for w in reversed(after):
        if tokens[w].pos == "PTKVZ" and tokens[w].text.lower() != "weiter":
            return w
    verbs = reporting.load().verbs
    if (
        after
        and tokens[after[-1]].pos in PARTICLE_TAGS
        and tokens[after[-1]].text.lower() in particles
        and tokens[after[-1]].text.lower() + tokens[finite].lemma.lower() in verbs
    ):
        return after[-1]
    return None


def runs(indices: Sequence[int]) -> list[Range]:
    """Neighbouring indices as ranges."""
    found: list[Range] = []
    for i in sorted(set(indices)):
        if found and found[-1][1] == i:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    return found


def subject(sentence: Sentence, clause: Clause, finite: int) -> Range | None:
    """The mention in the nominative that the finite verb at `finite` belongs to, with its apposition."""
    tokens = sentence.tokens
    chunk = next(
        sentence.chunks[k]
        for k in clause.chunks
        if sentence.chunks[k].start <= finite < sentence.chunks[k].end
    )
    if clause.kind not in ("main",):
        start = skip_adverbs(tokens, sentence.chunks[clause.chunks[0]].first + 1, finite)
        return _first_subject(sentence, clause, start, finite, verb_last=True)
    first_chunk = sentence.chunks[clause.chunks[0]]
    opening = first_chunk.first
    while opening > first_chunk.start and tokens[opening - 1].text in OPENING:
        opening -= 1
    before = clause.finite[clause.finite.index(finite) - 1] if clause.finite.index(finite) else -1
    start = max(before + 1, first_chunk.first) if before >= 0 else opening
    if before >= 0:
        # `X kam an und sagte`: the subject of the first verb goes on, unless another one stands here
        conjunction = next((i for i in range(finite - 1, before, -1) if tokens[i].pos == "KON"), None)
        if conjunction is None or conjunction + 1 >= finite:
            if conjunction is None:
                return after(sentence, clause, finite)
            return (
                subject(sentence, clause, clause.finite[0]) if before != clause.finite[0] or start else None
            )
        start = conjunction + 1
    behind = tokens[finite + 1] if finite + 1 < len(tokens) else None
    if behind is not None and behind.pos == "PPER" and behind.text in ("er", "ich", "wir"):
        return finite + 1, finite + 2
    if start < finite:
        i = start
        if tokens[i].pos in ("APPR", "APPRART", "KOKOM") or tokens[i].text.lower() in ("als", "seit", "wie"):
            behind_it = after(sentence, clause, finite)
            return behind_it or ((i, finite) if _is_surname(tokens, i, finite) else None)
        while (i < finite and tokens[i].pos in ("ADV", "PTKNEG")) or tokens[i].text.lower() in (
            "auch",
            "selbst",
            "sogar",
        ):
            i += 1
        stop = phrase_end(tokens, i, chunk.end if chunk.start <= i else first_chunk.end, attach=True)
        limit = min(finite, first_chunk.end) if chunk is not first_chunk else finite
        stop = phrase_end(tokens, i, limit, attach=True)
        if stop > i and nominals.can_be_subject(tokens, i, stop) and not nominals.is_time(tokens, i, stop):
            rest = skip_adverbs(tokens, stop, limit)
            if rest >= limit or tokens[rest].pos == "$(" or tokens[rest].text in ",–-":
                return i, _with_apposition(sentence, clause, i, stop, finite)
            if tokens[rest].pos in ("APPR", "APPRART") or tokens[rest].pos == "CARD":
                return i, stop
    return after(sentence, clause, finite)


def _is_surname(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether a name with its particle opens the sentence: ``Von der Aue betonte``."""
    article = start + 1 < end and tokens[start + 1].text in ("der", "den")
    return (
        tokens[start].text in ("Von", "Zu", "Van", "De")
        and end - start == 2 + article
        and is_noun(tokens[end - 1])
    )


def _with_apposition(sentence: Sentence, clause: Clause, start: int, stop: int, limit: int) -> int:
    """Index behind the appositions after a subject in front of its verb: `X, Sprecher des Y, sagte`."""
    tokens = sentence.tokens
    for k in clause.chunks[1:]:
        chunk = sentence.chunks[k]
        if chunk.start != stop + 1 or chunk.start >= limit:
            break
        end = min(chunk.end, limit)
        behind = phrase_end(tokens, chunk.start, end, attach=True)
        if behind == chunk.start or skip_adverbs(tokens, behind, end) < end:
            break
        stop = behind
    return stop


def agent(sentence: Sentence, clause: Clause, prepositions: tuple[str, ...] = ("von", "vom")) -> Range | None:
    """By whom, in the passive: `von X`; with other prepositions, what the clause names behind them."""
    first = sentence.chunks[clause.chunks[0]].first
    for i in sentence.words(clause):
        if clause.kind == "main" and first < i < clause.finite[0]:
            continue
        if sentence.tokens[i].text.lower() in prepositions:
            stop = phrase_end(sentence.tokens, i + 1, sentence.end)
            if stop > i + 1 and sentence.tokens[i + 1].pos != "CARD":
                return i + 1, stop
    return None


def after(sentence: Sentence, clause: Clause, finite: int) -> Range | None:
    """The subject behind the finite verb, with its apposition: `sagte der Sprecher, Karl Meier`."""
    chunk = next(
        sentence.chunks[k]
        for k in clause.chunks
        if sentence.chunks[k].start <= finite < sentence.chunks[k].end
    )
    found = _first_subject(sentence, clause, finite + 1, chunk.end, verb_last=False)
    if found is None:
        return None
    start, stop = found
    if stop >= chunk.end or skip_adverbs(sentence.tokens, stop, chunk.end) >= chunk.end:
        # appositions in the fragments that follow: `sagte der Sprecher, Karl Meier`
        at = stop
        k = sentence.chunks.index(chunk) + 1
        while at == chunk.end and k < len(sentence.chunks):
            piece = sentence.chunks[k]
            if piece.kind != "fragment" or piece.start != at + 1:
                break
            behind = phrase_end(sentence.tokens, piece.start, piece.end, attach=True)
            if behind == piece.start or (
                behind < piece.end and sentence.tokens[piece.start].pos not in ("NE", "NN", "ART", "ADJA")
            ):
                break
            if skip_adverbs(sentence.tokens, behind, piece.end) < piece.end and behind < piece.end - 6:
                break
            stop = behind
            if behind < piece.end:
                break
            at, chunk, k = piece.end, piece, k + 1
    return start, stop


def _first_subject(
    sentence: Sentence, clause: Clause, start: int, end: int, *, verb_last: bool
) -> Range | None:
    """The first noun phrase in [start, end) that can be a subject; prepositional ones are passed over."""
    tokens = sentence.tokens
    i = start
    while i < end:
        token = tokens[i]
        if token.pos in ("APPR", "APPRART"):
            stop = phrase_end(tokens, i + 1, end)
            i = max(stop, i + 1)
            continue
        stop = phrase_end(tokens, i, end)
        if stop > i:
            if nominals.can_be_subject(tokens, i, stop) and not nominals.is_time(tokens, i, stop):
                return i, stop
            i = stop
            continue
        i += 1
    return None


def is_person_like(tokens: Sequence[Token], found: Range | None) -> bool:
    """Whether a mention can speak at all: not `das`, `es`, `dies` or `was`."""
    if found is None:
        return False
    word = tokens[found[0]].text.lower()
    return not (
        found[1] - found[0] == 1
        and word in ("es", "das", "dies", "dieses", "was", "dessen", "man", "alles", "nichts")
    )


def chunk_at(sentence: Sentence, i: int) -> Chunk:
    """The chunk that holds token `i`, or the last one before it."""
    best = sentence.chunks[0]
    for chunk in sentence.chunks:
        if chunk.start <= i:
            best = chunk
    return best
