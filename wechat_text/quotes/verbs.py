"""Frames around a verb: `X sagte, dass …`, `…, sagte X`, `wie X mitteilte`."""

from __future__ import annotations

from wechat_text.quotes import roles
from wechat_text.quotes.clauses import Chunk, Clause
from wechat_text.quotes.frames import Found, Predicate, Range, predicates
from wechat_text.quotes.konjunktiv import Mood
from wechat_text.quotes.nominals import skip_adverbs
from wechat_text.quotes.search import Search

ASKING = frozenset({"fragen", "nachfragen", "anfragen", "erkundigen"})


def find(search: Search) -> None:
    """Claim what verbs of saying govern."""
    for number, clause in enumerate(search.sentence.clauses):
        if clause.kind in ("direct", "zu") or not clause.finite:
            continue
        if search.claimed[search.sentence.chunks[clause.chunks[0]].start]:
            continue
        for predicate in predicates(search.sentence, clause):
            if predicate.verb == "heißen" and not _near(search, predicate.finite, "es"):
                continue
            if clause.kind == "wie":
                found = _as_clause(search, clause, predicate)
            else:
                found = _governed(search, number, clause, predicate) or _inquit(search, clause, predicate)
            if found:
                search.claim(found)


def _near(search: Search, at: int, word: str) -> bool:
    return any(search.tokens[i].text.lower() == word for i in (at - 1, at + 1) if 0 <= i < len(search.tokens))


def _governed(search: Search, number: int, clause: Clause, predicate: Predicate) -> Found | None:
    chunks = search.sentence.chunks
    k = next(k for k in clause.chunks if chunks[k].start <= predicate.finite < chunks[k].end)
    j = k + 1
    while j < len(chunks) and (chunks[j].clause == number or chunks[j].kind == "relative"):
        j += 1
    if j >= len(chunks) or max(predicate.cue) >= chunks[j].start:
        return None
    kind = _complement(search, j, predicate)
    if kind is None:
        return None
    stop = search.content_end(j, kind, number)
    start, end = chunks[j].start, chunks[stop - 1].end
    frame = [(search.region_start(start), start)]
    if end < search.sentence.end and stop < len(chunks) and not search.new_frame(stop):
        frame.append((end, search.sentence.end))
    speaker = roles.speaker(search, clause, predicate)
    addressee = roles.addressee(search, clause, predicate, speaker)
    found = Found(
        content=[(start, end)],
        frame=frame,
        cue=roles.cue(search, predicate),
        speaker=speaker,
        addressee=addressee,
        pattern=kind,
        trust=predicate.trust[kind],
        mood=search.sentence.strongest(search.sentence.clauses[chunks[j].clause]),
    )
    return found


def _complement(search: Search, j: int, predicate: Predicate) -> str | None:
    chunk = search.sentence.chunks[j]
    trust = predicate.trust
    clause = search.sentence.clauses[chunk.clause]
    if clause.chunks[0] != j:
        return None
    if chunk.kind == "dass":
        return "dass" if "dass" in trust else None
    if chunk.kind in ("question", "wie"):
        return "question" if "question" in trust and _is_question(search, chunk, predicate.verb) else None
    if chunk.kind == "zu":
        return "zu" if "zu" in trust else None
    mark = search.tokens[chunk.start - 1].text
    if "v2" not in trust or mark != ",":
        return None
    if chunk.kind == "adverbial":
        following = search.sentence.chunks[j + 1 : j + 3]
        if any(c.kind == "main" and c.verb_first and search.mood(c) >= Mood.GUESS for c in following):
            return "v2"
        return None
    if chunk.kind in ("main", "fragment") and not chunk.coordinated and not chunk.verb_first:
        strongest = search.sentence.strongest(clause)
        if strongest >= Mood.GUESS:
            return "v2"
        if clause.finite and trust["v2"] >= 0.8:
            if search.tokens[clause.finite[0]].lemma == "sollen":
                return "v2"
            plain = not predicate.passive and predicate.finite < chunk.start and trust["v2"] >= 0.9
            return "v2" if plain else None
    return None


def _is_question(search: Search, chunk: Chunk, verb: str) -> bool:
    """`ob`, `warum` always ask; `was`, `welche`, `wo` are relative behind a noun.

    What is merely left open (`es ist nicht geklärt, wer …`) is nobody's speech: without an asking verb
    or `ob` the Konjunktiv decides.
    """
    word = search.tokens[chunk.first].text.lower()
    if verb not in ASKING and word != "ob" and search.mood(chunk) < Mood.SECOND:
        return False
    if word in ("ob", "warum", "weshalb", "wieso", "wann", "wer"):
        return True
    before = search.tokens[chunk.start - 2]
    return bool(chunk.finite) and (before.pos[:1] == "V" or before.pos in ("PTKVZ", "PROAV", "PTKNEG"))


def _inquit(search: Search, clause: Clause, predicate: Predicate) -> Found | None:
    if "inquit" not in predicate.trust or clause.kind != "main":
        return None
    chunks = search.sentence.chunks
    k = clause.chunks[0]
    chunk = chunks[k]
    taken_up = (
        search.tokens[chunk.first].text.lower() in ("das", "dies") and predicate.finite == chunk.first + 1
    )
    if chunk.coordinated or not (predicate.finite == chunk.first or taken_up) or k == 0:
        return None
    if search.tokens[chunk.start - 1].text not in ",–—-":
        return None
    before = [c for c in chunks[:k] if not search.claimed[c.start]]
    if not before or any(c.kind == "direct" for c in before[-1:]):
        return None
    complete = any(c.finite and c.kind in ("main", "dass", "question") for c in before)
    resumes = next((c for c in chunks[k + 1 :] if c.clause != chunk.clause and c.kind != "relative"), None)
    if not complete and not (resumes and resumes.kind == "main" and resumes.verb_first):
        return None
    strongest = max((search.mood(c) for c in before), default=Mood.INDICATIVE)
    speaker = roles.speaker(search, clause, predicate)
    if strongest < Mood.GUESS and not _own_subject(search, chunk, predicate, speaker, before):
        return None
    start = search.region_start(chunk.start)
    end = chunk.end
    after = k + 1
    while after < len(chunks):
        piece = chunks[after]
        if piece.kind == "fragment" and piece.clause == chunk.clause:
            if not (speaker and piece.start < speaker[1]) and not search.is_apposition(piece):
                break
        elif piece.kind not in ("relative", "adverbial"):
            break
        end = piece.end
        after += 1
    content = [(start, chunk.start - 1)]
    frame_end = end
    if after < len(chunks):
        content.append((chunks[after].start, search.sentence.end))
        frame_end = chunks[after].start
    return Found(
        content=content,
        frame=[(chunk.start - 1, frame_end)],
        cue=roles.cue(search, predicate),
        speaker=speaker,
        addressee=roles.addressee(search, clause, predicate, speaker),
        pattern="inquit",
        trust=predicate.trust["inquit"],
        mood=strongest,
    )


def _own_subject(
    search: Search, chunk: Chunk, predicate: Predicate, speaker: Range | None, before: list[Chunk]
) -> bool:
    """Whether `, sagte X` has a subject of its own, so that it does not share that of the clause before."""
    if predicate.verb == "heißen":
        return True
    if predicate.trust["inquit"] < 0.8 or before[-1].kind == "question":
        return False
    if speaker is None:
        return predicate.passive
    first = search.tokens[speaker[0]]
    if speaker[0] != skip_adverbs(search.tokens, predicate.finite + 1, chunk.end):
        return False
    if not (
        first.pos in ("ART", "NE", "NN", "PPER", "PPOSAT", "PIS", "PDS", "$(") or first.text[:1].isupper()
    ):
        return False
    return first.pos != "ART" or first.text.lower() in ("der", "die", "das", "ein", "eine")


def _as_clause(search: Search, clause: Clause, predicate: Predicate) -> Found | None:
    if "inquit" not in predicate.trust:
        return None
    chunks = search.sentence.chunks
    first, last = clause.chunks[0], clause.chunks[-1]
    if any(search.claimed[chunks[k].start] for k in (first, last)):
        return None
    start, end = chunks[first].start, chunks[last].end
    content: list[Range] = []
    if first > 0:
        a = search.region_start(start)
        if a < start - 1:
            content.append((a, start - 1))
    if last + 1 < len(chunks):
        content.append((chunks[last + 1].start, search.sentence.end))
    if not content or not any(c.finite for c in chunks if c.clause != chunks[first].clause):
        return None
    frame = (max(start - 1, 0) if first > 0 else start, min(end + 1, search.sentence.end))
    return Found(
        content=content,
        frame=[frame],
        cue=[(chunks[first].first, chunks[first].first + 1), *roles.cue(search, predicate)],
        speaker=roles.speaker(search, clause, predicate),
        addressee=None,
        pattern="wie",
        trust=predicate.trust["inquit"],
    )
