"""Sources in a phrase: `laut X`, `nach Angaben von X`, `X zufolge`, `so X`, `demnach`."""

from __future__ import annotations

from collections.abc import Iterator

from wechat_text.quotes import reporting, roles
from wechat_text.quotes.clauses import Chunk
from wechat_text.quotes.frames import Found, Range
from wechat_text.quotes.nominals import DETERMINERS, is_noun, phrase_end, skip_adverbs
from wechat_text.quotes.search import Search


def find(search: Search) -> None:
    """Claim what phrases name the source of."""
    for phrase, preposition, speaker, pattern, trust in _phrases(search):
        if any(search.claimed[phrase[0] : phrase[1]]):
            continue
        content = _around(search, phrase, whole=pattern == "so")
        if not content:
            continue
        frame = phrase
        if pattern == "so":
            frame = (phrase[0] - 1, phrase[1])
        elif (
            phrase[1] < search.sentence.end
            and search.tokens[phrase[1]].text == ","
            and content[0][0] > phrase[1]
        ):
            frame = (phrase[0], phrase[1] + 1)
        search.claim(Found(content, [frame], [preposition], speaker, None, pattern, trust))


def _phrases(search: Search) -> Iterator[tuple[Range, Range, Range | None, str, float]]:
    lexicon = reporting.load()
    tokens = search.tokens
    for chunk in search.sentence.chunks:
        if chunk.kind == "direct":
            continue
        if search.is_so(chunk):
            yield from _so(search, chunk)
            continue
        yield from _demnach(search, chunk)
        for i in range(chunk.start, chunk.end):
            word = tokens[i].text.lower()
            if word in ("laut", "gemäß", "lt.") and tokens[i].pos in (
                "APPR",
                "ADJD",
                "NE",
                "NN",
                "APPO",
                "PTKVZ",
            ):
                stop = _source_end(search, i + 1, chunk)
                if stop > i + 1 and (word != "gemäß" or search.names_source(i + 1, stop)):
                    yield (i, stop), (i, i + 1), (i + 1, stop), "laut", 0.9 if word != "gemäß" else 0.6
            elif word in ("zufolge", "gemäß") and i > chunk.start:
                start = search.phrase_start(i, chunk)
                if start < i and (word != "gemäß" or search.names_source(start, i)):
                    yield (
                        (start, i + 1),
                        (i, i + 1),
                        (start, i),
                        "zufolge",
                        0.9 if word != "gemäß" else 0.6,
                    )
            elif word == "nach":
                head = _source_head(search, i + 1, chunk.end)
                if head is not None:
                    stop = _source_end(search, i + 1, chunk)
                    if stop > head:
                        sure = lexicon.is_opinion(tokens[head].lemma)
                        if sure or search.is_marked(chunk) or _provisional(search, i + 1, head):
                            yield (i, stop), (i, i + 1), (i + 1, stop), "nach", 0.9 if sure else 0.6
                            continue
                if i > chunk.start and is_noun(tokens[i - 1]) and lexicon.is_opinion(tokens[i - 1].lemma):
                    start = search.phrase_start(i, chunk)
                    if start < i - 1:
                        yield (start, i + 1), (i, i + 1), (start, i), "nach", 0.85


def _provisional(search: Search, start: int, head: int) -> bool:
    """`nach ersten Ermittlungen`: such an adjective leaves no reading of time."""
    return any(
        t.lemma.lower() in ("erst", "erster", "bisherig", "vorläufig", "eigen", "unbestätigt", "offiziell")
        for t in search.tokens[start:head]
    )


def _demnach(search: Search, chunk: Chunk) -> Iterator[tuple[Range, Range, Range | None, str, float]]:
    """`Demnach …`, `…, wonach …`: what has just been named is the source."""
    for i in range(chunk.start, min(chunk.start + 4, chunk.end)):
        word = search.tokens[i].text.lower()
        if word in ("demnach", "demzufolge") or (word in ("danach", "hiernach") and search.is_marked(chunk)):
            yield (i, i + 1), (i, i + 1), (i, i + 1), "demnach", 0.6
        elif word == "wonach" and i == chunk.first and i > 1 and is_noun(search.tokens[i - 2]):
            behind = chunk.start - 1
            before = next((c for c in search.sentence.chunks if c.start < behind <= c.end), None)
            start = search.phrase_start(behind, before) if before else behind
            yield (i, i + 1), (i, i + 1), (start, behind) if start < behind else None, "wonach", 0.7


def _source_head(search: Search, i: int, end: int) -> int | None:
    """Index of the source noun that a phrase starting at `i` has for its head."""
    lexicon = reporting.load()
    at = i
    while at < end and not is_noun(search.tokens[at]):
        if search.tokens[at].pos not in DETERMINERS and search.tokens[at].pos not in (
            "ADJA",
            "CARD",
            "ADV",
            "PDS",
            "PRELAT",
            "PIS",
            "ADJD",
            "VVPP",
        ):
            return None
        at += 1
    while at < end and is_noun(search.tokens[at]):
        if lexicon.is_source(search.tokens[at].lemma):
            return at
        at += 1
    return None


def _source_end(search: Search, start: int, chunk: Chunk) -> int:
    """Where the source ends: in front of the verb everything belongs to it, behind it only what must."""
    tokens, chunks = search.tokens, search.sentence.chunks
    finite = next((f for f in chunk.finite if f >= start), None)
    if start <= chunk.first + 1 or tokens[start - 1].text[:1].isupper():
        if finite is not None:
            stop = phrase_end(tokens, start, finite, attach=True)
            return stop if skip_adverbs(tokens, stop, finite) >= finite else phrase_end(tokens, start, finite)
        stop = phrase_end(tokens, start, chunk.end, attach=True)
        k = chunks.index(chunk) + 1
        while stop == chunks[k - 1].end and k < len(chunks) and chunks[k].kind == "fragment":
            behind = phrase_end(tokens, chunks[k].start, chunks[k].end, attach=True)
            if (
                behind < chunks[k].end
                or k + 1 >= len(chunks)
                or chunks[k + 1].kind not in ("main", "relative")
            ):
                break
            stop = behind
            k += 1
        return stop
    return phrase_end(tokens, start, chunk.end)


def _so(search: Search, chunk: Chunk) -> Iterator[tuple[Range, Range, Range | None, str, float]]:
    chunks = search.sentence.chunks
    tokens = search.tokens
    end = chunk.end
    at = chunk.first + 1
    cue = (chunk.first, chunk.first + 1)
    if chunk.finite:
        at = chunk.finite[0] + 1
        cue = (chunk.first, chunk.finite[0] + 1)
    start = skip_adverbs(tokens, at, chunk.end)
    stop = phrase_end(tokens, start, chunk.end, attach=True)
    k = chunks.index(chunk) + 1
    while k < len(chunks) and chunks[k].kind in ("fragment", "relative"):
        piece = chunks[k]
        if piece.kind == "fragment":
            if not search.is_apposition(piece):
                break
            if stop == piece.start - 1:
                stop = piece.end
        end = piece.end
        k += 1
    speaker = (start, stop) if stop > start else None
    if speaker and tokens[start].text.lower() == "es":
        speaker = roles.phrase_of(search, search.sentence.clauses[chunk.clause], ("in", "im", "auf"))
    yield (chunk.start, end), cue, speaker, "so", 0.9


def _around(search: Search, phrase: Range, *, whole: bool) -> list[Range]:
    """What a phrase speaks for: the sentence without it, or the subordinate clause it stands in."""
    chunks = search.sentence.chunks
    k = next((n for n, c in enumerate(chunks) if c.start <= phrase[0] < c.end), 0)
    clause = search.sentence.clauses[chunks[k].clause]
    start, end = search.region_start(phrase[0]), search.sentence.end
    later = [a for f in search.found for a, _ in f.frame if a > phrase[1]]
    if later:
        end = min(end, *later)
    earlier = any(
        c.finite and c.kind == "main" and c.clause != chunks[k].clause for c in chunks[: clause.chunks[0]]
    )
    if clause.kind == "main" and earlier and not whole:
        start = max(start, chunks[clause.chunks[0]].first)
    if clause.kind in ("relative", "adverbial", "dass", "question") and clause.chunks[0] > 0 and not whole:
        start = chunks[clause.chunks[0]].first + 1
        end = chunks[clause.chunks[-1]].end
    content = []
    head, tail = (start, phrase[0]), (phrase[1], end)
    for a, b in (head, tail):
        while a < b and search.tokens[a].text in ",;:–—":
            a += 1
        while a < b and search.tokens[b - 1].text in ",;:–—":
            b -= 1
        if a < b and any(t.text[:1].isalnum() for t in search.tokens[a:b]):
            content.append((a, b))
    content = [(a, b) for a, b in content if not any(search.claimed[a:b])]
    if not any(t.pos[:1] == "V" for a, b in content for t in search.tokens[a:b]):
        return []
    return content
