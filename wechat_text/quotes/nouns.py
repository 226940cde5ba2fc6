"""Frames around a noun: `die Forderung des Verbands, … zu …`."""

from __future__ import annotations

from wechat_text.quotes import reporting
from wechat_text.quotes.clauses import Chunk
from wechat_text.quotes.frames import Found, Range, is_person_like, subject
from wechat_text.quotes.konjunktiv import Mood
from wechat_text.quotes.nominals import DETERMINERS, is_noun, phrase_end
from wechat_text.quotes.search import Search


def find(search: Search) -> None:
    """Claim what nouns of saying govern."""
    lexicon = reporting.load()
    chunks = search.sentence.chunks
    for k, chunk in enumerate(chunks[:-1]):
        if chunk.kind == "direct" or search.claimed[chunk.start]:
            continue
        following = chunks[k + 1]
        clause = search.sentence.clauses[following.clause]
        if (
            clause.chunks[0] != k + 1
            or search.claimed[following.start]
            or search.tokens[following.start - 1].text != ","
        ):
            continue
        for i in range(chunk.end - 1, max(chunk.first, chunk.end - 12) - 1, -1):
            if is_noun(search.tokens[i]) and lexicon.is_noun(search.tokens[i].lemma):
                if phrase_end(search.tokens, i, chunk.end, attach=True) >= chunk.end - 1 or _light(
                    search, i, chunk
                ):
                    _noun(search, i, k)
                break


def _light(search: Search, noun: int, chunk: Chunk) -> bool:
    """`die Forderung erhoben, …`: only verbs stand between the noun and the clause."""
    return all(
        t.pos[:1] == "V" or t.pos in ("PTKVZ", "ADJD", "ADV") for t in search.tokens[noun + 1 : chunk.end]
    )


def _noun(search: Search, noun: int, k: int) -> None:
    chunks = search.sentence.chunks
    chunk, following = chunks[k], chunks[k + 1]
    strongest = search.sentence.strongest(search.sentence.clauses[following.clause])
    if following.kind == "dass":
        kind = "dass"
    elif following.kind == "question" and strongest >= Mood.SECOND:
        kind = "question"
    elif following.kind == "zu":
        kind = "zu"
    elif following.kind in ("main", "fragment") and not following.verb_first and strongest >= Mood.SECOND:
        kind = "v2"
    else:
        return
    stop = search.content_end(k + 1, kind, chunk.clause)
    start, end = following.start, chunks[stop - 1].end
    frame = [(search.region_start(start), start)]
    if stop < len(chunks) and not search.new_frame(stop):
        frame.append((end, search.sentence.end))
    first = noun
    while first > chunk.start and (
        search.tokens[first - 1].pos in DETERMINERS or search.tokens[first - 1].pos == "ADJA"
    ):
        first -= 1
    search.claim(
        Found(
            content=[(start, end)],
            frame=frame,
            cue=[(first, noun + 1)],
            speaker=_owner(search, noun, first, chunk),
            addressee=None,
            pattern="noun " + kind,
            trust=0.5,
            mood=strongest,
        )
    )


def _owner(search: Search, noun: int, first: int, chunk: Chunk) -> Range | None:
    """Whose statement it is: the genitive behind the noun, the name before it, else the subject."""
    at = noun + 1
    stop = phrase_end(search.tokens, noun, chunk.end, attach=True)
    if stop > at:
        if search.tokens[at].text.lower() in ("von", "vom"):
            at += 1
        if at < stop and search.tokens[at].pos not in ("APPR", "APPRART"):
            return at, stop
    if (
        first > chunk.start
        and search.tokens[first - 1].pos == "NE"
        and search.tokens[first - 1].text.endswith(("s", "’", "'"))
    ):
        return first - 1, first
    clause = search.sentence.clauses[chunk.clause]
    if clause.finite:
        found = subject(search.sentence, clause, clause.finite[0])
        if found and is_person_like(search.tokens, found) and not found[0] <= noun < found[1]:
            return found
    return None
