"""Constructions of indirect speech within one sentence: which frame governs which words."""

from __future__ import annotations

from collections.abc import Iterator

from wechat_text.quotes import reporting
from wechat_text.quotes.clauses import Chunk, Clause, Sentence
from wechat_text.quotes.frames import (
    Found,
    Predicate,
    Range,
    agent,
    is_person_like,
    predicates,
    runs,
    subject,
)
from wechat_text.quotes.konjunktiv import Mood
from wechat_text.quotes.nominals import DETERMINERS, is_noun, phrase_end, skip_adverbs

ASKING = frozenset({"fragen", "nachfragen", "anfragen", "erkundigen"})

REQUESTS = frozenset(
    [
        "auffordern",
        "bitten",
        "beschuldigen",
        "bezichtigen",
        "verdächtigen",
        "anklagen",
        "aufrufen",
        "ermahnen",
        "anweisen",
        "drängen",
        "verpflichten",
        "fragen",
        "warnen",
        "informieren",
        "unterrichten",
        "benachrichtigen",
        "ersuchen",
    ]
)
"""Their accusative is the person spoken to."""

AUDIENCE = frozenset({"Presse", "Journalist", "Medium", "Reporter", "Parlament", "Publikum"})
"""Whom one speaks in front of."""


def find(sentence: Sentence) -> list[Found]:
    """The indirect quotations of a sentence, outer ones only, in order."""
    if not sentence.chunks:
        return []
    search = _Search(sentence)
    search.verbs()
    search.phrases()
    search.nouns()
    return sorted(search.found, key=lambda f: f.content[0])


class _Search:
    """One pass over a sentence; what one frame has claimed as content, no other claims."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self.tokens = sentence.tokens
        self.found: list[Found] = []
        self.claimed = [False] * len(sentence.tokens)
        for chunk in sentence.chunks:
            if chunk.kind == "direct":
                self.claimed[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)

    def verbs(self) -> None:
        for number, clause in enumerate(self.sentence.clauses):
            if clause.kind in ("direct", "zu") or not clause.finite:
                continue
            if self.claimed[self.sentence.chunks[clause.chunks[0]].start]:
                continue
            for predicate in predicates(self.sentence, clause):
                if predicate.verb == "heißen" and not self._near(predicate.finite, "es"):
                    continue
                if clause.kind == "wie":
                    found = self._as_clause(clause, predicate)
                else:
                    found = self._governed(number, clause, predicate) or self._inquit(clause, predicate)
                if found:
                    self._claim(found)

    def _near(self, at: int, word: str) -> bool:
        return any(self.tokens[i].text.lower() == word for i in (at - 1, at + 1) if 0 <= i < len(self.tokens))

    def _claim(self, found: Found) -> None:
        found.content = [
            r for r in found.content if any(t.text[:1].isalnum() for t in self.tokens[r[0] : r[1]])
        ]
        if not found.content:
            return
        self.found.append(found)
        for a, b in found.content:
            self.claimed[a:b] = [True] * (b - a)

    # ---- `X sagt, dass …`, `X sagt, er sei …`, `X fordert, … zu …`

    def _governed(self, number: int, clause: Clause, predicate: Predicate) -> Found | None:
        chunks = self.sentence.chunks
        k = next(k for k in clause.chunks if chunks[k].start <= predicate.finite < chunks[k].end)
        j = k + 1
        while j < len(chunks) and (chunks[j].clause == number or chunks[j].kind == "relative"):
            j += 1
        if j >= len(chunks) or max(predicate.cue) >= chunks[j].start:
            return None
        kind = self._complement(j, predicate)
        if kind is None:
            return None
        stop = self._content_end(j, kind, number)
        start, end = self._start(j), chunks[stop - 1].end
        frame = [(self._region_start(start), start)]
        if end < self.sentence.end and stop < len(chunks) and not self._new_frame(stop):
            frame.append((end, self.sentence.end))
        speaker = self._speaker(clause, predicate)
        addressee = self._addressee(clause, predicate, speaker)
        found = Found(
            content=[(start, end)],
            frame=frame,
            cue=self._cue(predicate),
            speaker=speaker,
            addressee=addressee,
            pattern=kind,
            trust=predicate.trust[kind],
            mood=self.sentence.strongest(self.sentence.clauses[chunks[j].clause]),
        )
        return found

    def _start(self, j: int) -> int:
        return self.sentence.chunks[j].start

    def _region_start(self, before: int) -> int:
        """Where the frame in front of `before` begins: the sentence, or behind the last quotation."""
        start = max((b for f in self.found for _, b in f.content if b <= before), default=0)
        while start < before and self.tokens[start].text in ",;":
            start += 1
        return start

    def _complement(self, j: int, predicate: Predicate) -> str | None:
        chunk = self.sentence.chunks[j]
        trust = predicate.trust
        clause = self.sentence.clauses[chunk.clause]
        if clause.chunks[0] != j:
            return None
        if chunk.kind == "dass":
            return "dass" if "dass" in trust else None
        if chunk.kind in ("question", "wie"):
            return "question" if "question" in trust and self._is_question(chunk, predicate.verb) else None
        if chunk.kind == "zu":
            return "zu" if "zu" in trust else None
        mark = self.tokens[chunk.start - 1].text
        if "v2" not in trust or mark != ",":
            return None
        if chunk.kind == "adverbial":
            following = self.sentence.chunks[j + 1 : j + 3]
            if any(c.kind == "main" and c.verb_first and self._mood(c) >= Mood.GUESS for c in following):
                return "v2"
            return None
        if chunk.kind in ("main", "fragment") and not chunk.coordinated and not chunk.verb_first:
            strongest = self.sentence.strongest(clause)
            if strongest >= Mood.GUESS:
                return "v2"
            if clause.finite and trust["v2"] >= 0.8:
                if self.tokens[clause.finite[0]].lemma == "sollen":
                    return "v2"
                plain = not predicate.passive and predicate.finite < chunk.start and trust["v2"] >= 0.9
                return "v2" if plain else None
        return None

    def _is_question(self, chunk: Chunk, verb: str) -> bool:
        """`ob`, `warum` always ask; `was`, `welche`, `wo` are relative behind a noun.

        What is merely left open (`es ist nicht geklärt, wer …`) is nobody's speech: without an asking verb
        or `ob` the Konjunktiv decides.
        """
        word = self.tokens[chunk.first].text.lower()
        if verb not in ASKING and word != "ob" and self._mood(chunk) < Mood.SECOND:
            return False
        if word in ("ob", "warum", "weshalb", "wieso", "wann", "wer"):
            return True
        before = self.tokens[chunk.start - 2]
        return bool(chunk.finite) and (before.pos[:1] == "V" or before.pos in ("PTKVZ", "PROAV", "PTKNEG"))

    def _mood(self, chunk: Chunk) -> Mood:
        return max((self.sentence.moods[i] for i in chunk.finite), default=Mood.INDICATIVE)

    def _content_end(self, j: int, kind: str, frame: int) -> int:
        """Index of the chunk at which the quotation that starts with chunk `j` is over."""
        chunks, clauses = self.sentence.chunks, self.sentence.clauses
        content_mood = self.sentence.strongest(clauses[chunks[j].clause])
        for k in range(j + 1, len(chunks)):
            chunk = chunks[k]
            if chunk.clause == frame or chunk.kind == "direct":
                return k
            if self._is_so(chunk):
                return k
            if chunk.kind == "main" and clauses[chunk.clause].chunks[0] == k:
                if (
                    chunk.verb_first
                    and not chunk.coordinated
                    and chunks[k - 1].kind == "adverbial"
                    and (clauses[frame].kind == "main" or content_mood >= Mood.GUESS)
                ):
                    continue
                if self.sentence.strongest(clauses[chunk.clause]) >= Mood.SECOND:
                    continue
                if kind == "v2" and content_mood < Mood.SECOND and not chunk.verb_first:
                    continue
                return k
            if chunk.kind == "wie" and any(
                "inquit" in p.trust for p in predicates(self.sentence, clauses[chunk.clause])
            ):
                return k
        return len(chunks)

    def _new_frame(self, k: int) -> bool:
        """Whether a reporting clause of its own starts with chunk `k`."""
        chunk = self.sentence.chunks[k]
        return any(True for _ in predicates(self.sentence, self.sentence.clauses[chunk.clause]))

    # ---- `…, sagte X`, `…, sagte X, …`

    def _inquit(self, clause: Clause, predicate: Predicate) -> Found | None:
        if "inquit" not in predicate.trust or clause.kind != "main":
            return None
        chunks = self.sentence.chunks
        k = clause.chunks[0]
        chunk = chunks[k]
        taken_up = (
            self.tokens[chunk.first].text.lower() in ("das", "dies") and predicate.finite == chunk.first + 1
        )
        if chunk.coordinated or not (predicate.finite == chunk.first or taken_up) or k == 0:
            return None
        if self.tokens[chunk.start - 1].text not in ",–—-":
            return None
        before = [c for c in chunks[:k] if not self.claimed[c.start]]
        if not before or any(c.kind == "direct" for c in before[-1:]):
            return None
        complete = any(c.finite and c.kind in ("main", "dass", "question") for c in before)
        resumes = next(
            (c for c in chunks[k + 1 :] if c.clause != chunk.clause and c.kind != "relative"), None
        )
        if not complete and not (resumes and resumes.kind == "main" and resumes.verb_first):
            return None
        strongest = max((self._mood(c) for c in before), default=Mood.INDICATIVE)
        speaker = self._speaker(clause, predicate)
        if strongest < Mood.GUESS and not self._own_subject(chunk, predicate, speaker, before):
            return None
        start = self._region_start(chunk.start)
        end = chunk.end
        after = k + 1
        while after < len(chunks):
            piece = chunks[after]
            if piece.kind == "fragment" and piece.clause == chunk.clause:
                if not (speaker and piece.start < speaker[1]) and not self._apposition(piece):
                    break
            elif piece.kind not in ("relative", "adverbial"):
                break
            end = piece.end
            after += 1
        content = [(start, chunk.start - 1)]
        frame_end = end
        if after < len(chunks):
            content.append((chunks[after].start, self.sentence.end))
            frame_end = chunks[after].start
        return Found(
            content=content,
            frame=[(chunk.start - 1, frame_end)],
            cue=self._cue(predicate),
            speaker=speaker,
            addressee=self._addressee(clause, predicate, speaker),
            pattern="inquit",
            trust=predicate.trust["inquit"],
            mood=strongest,
        )

    def _own_subject(
        self, chunk: Chunk, predicate: Predicate, speaker: Range | None, before: list[Chunk]
    ) -> bool:
        """Whether `, sagte X` has a subject of its own, so that it does not share that of the clause before."""
        if predicate.verb == "heißen":
            return True
        if predicate.trust["inquit"] < 0.8 or before[-1].kind == "question":
            return False
        if speaker is None:
            return predicate.passive
        first = self.tokens[speaker[0]]
        if speaker[0] != skip_adverbs(self.tokens, predicate.finite + 1, chunk.end):
            return False
        if not (
            first.pos in ("ART", "NE", "NN", "PPER", "PPOSAT", "PIS", "PDS", "$(") or first.text[:1].isupper()
        ):
            return False
        return first.pos != "ART" or first.text.lower() in ("der", "die", "das", "ein", "eine")

    def _apposition(self, piece: Chunk) -> bool:
        return phrase_end(self.tokens, piece.start, piece.end, attach=True) == piece.end

    # ---- `wie X mitteilte`

    def _as_clause(self, clause: Clause, predicate: Predicate) -> Found | None:
        if "inquit" not in predicate.trust:
            return None
        chunks = self.sentence.chunks
        first, last = clause.chunks[0], clause.chunks[-1]
        if any(self.claimed[chunks[k].start] for k in (first, last)):
            return None
        start, end = chunks[first].start, chunks[last].end
        content: list[Range] = []
        if first > 0:
            a = self._region_start(start)
            if a < start - 1:
                content.append((a, start - 1))
        if last + 1 < len(chunks):
            content.append((chunks[last + 1].start, self.sentence.end))
        if not content or not any(c.finite for c in chunks if c.clause != chunks[first].clause):
            return None
        frame = (max(start - 1, 0) if first > 0 else start, min(end + 1, self.sentence.end))
        return Found(
            content=content,
            frame=[frame],
            cue=[(chunks[first].first, chunks[first].first + 1), *self._cue(predicate)],
            speaker=self._speaker(clause, predicate),
            addressee=None,
            pattern="wie",
            trust=predicate.trust["inquit"],
        )

    # ---- `laut X`, `nach Angaben von X`, `X zufolge`, `so X`

    def phrases(self) -> None:
        for phrase, preposition, speaker, pattern, trust in self._phrases():
            if any(self.claimed[phrase[0] : phrase[1]]):
                continue
            content = self._around(phrase, whole=pattern == "so")
            if not content:
                continue
            frame = phrase
            if pattern == "so":
                frame = (phrase[0] - 1, phrase[1])
            elif (
                phrase[1] < self.sentence.end
                and self.tokens[phrase[1]].text == ","
                and content[0][0] > phrase[1]
            ):
                frame = (phrase[0], phrase[1] + 1)
            self._claim(Found(content, [frame], [preposition], speaker, None, pattern, trust))

    def _phrases(self) -> Iterator[tuple[Range, Range, Range | None, str, float]]:
        lexicon = reporting.load()
        tokens = self.tokens
        for chunk in self.sentence.chunks:
            if chunk.kind == "direct":
                continue
            if self._is_so(chunk):
                yield from self._so(chunk)
                continue
            yield from self._demnach(chunk)
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
                    stop = self._phrase_end(i + 1, chunk)
                    if stop > i + 1 and (word != "gemäß" or self._source(i + 1, stop)):
                        yield (i, stop), (i, i + 1), (i + 1, stop), "laut", 0.9 if word != "gemäß" else 0.6
                elif word in ("zufolge", "gemäß") and i > chunk.start:
                    start = self._phrase_start(i, chunk)
                    if start < i and (word != "gemäß" or self._source(start, i)):
                        yield (
                            (start, i + 1),
                            (i, i + 1),
                            (start, i),
                            "zufolge",
                            0.9 if word != "gemäß" else 0.6,
                        )
                elif word == "nach":
                    head = self._source_head(i + 1, chunk.end)
                    if head is not None:
                        stop = self._phrase_end(i + 1, chunk)
                        if stop > head:
                            sure = lexicon.is_opinion(tokens[head].lemma)
                            if sure or self._strong(chunk):
                                yield (i, stop), (i, i + 1), (i + 1, stop), "nach", 0.9 if sure else 0.6
                                continue
                    if i > chunk.start and is_noun(tokens[i - 1]) and lexicon.is_opinion(tokens[i - 1].lemma):
                        start = self._phrase_start(i, chunk)
                        if start < i - 1:
                            yield (start, i + 1), (i, i + 1), (start, i), "nach", 0.85

    def _demnach(self, chunk: Chunk) -> Iterator[tuple[Range, Range, Range | None, str, float]]:
        """`Demnach …`, `…, wonach …`: what has just been named is the source."""
        for i in range(chunk.start, min(chunk.start + 4, chunk.end)):
            word = self.tokens[i].text.lower()
            if word in ("demnach", "demzufolge") or (word in ("danach", "hiernach") and self._strong(chunk)):
                yield (i, i + 1), (i, i + 1), None, "demnach", 0.6
            elif word == "wonach" and i == chunk.first and i > 1 and is_noun(self.tokens[i - 2]):
                behind = chunk.start - 1
                before = next((c for c in self.sentence.chunks if c.start < behind <= c.end), None)
                start = self._phrase_start(behind, before) if before else behind
                yield (i, i + 1), (i, i + 1), (start, behind) if start < behind else None, "wonach", 0.7

    def _strong(self, chunk: Chunk) -> bool:
        clause = self.sentence.clauses[chunk.clause]
        return self.sentence.strongest(clause) >= Mood.GUESS or any(
            self.tokens[i].lemma == "sollen" for i in clause.finite
        )

    def _source(self, start: int, stop: int) -> bool:
        lexicon = reporting.load()
        return any(
            is_noun(t) and (lexicon.is_source(t.lemma) or t.pos == "NE") for t in self.tokens[start:stop]
        )

    def _source_head(self, i: int, end: int) -> int | None:
        """Index of the source noun that a phrase starting at `i` has for its head."""
        lexicon = reporting.load()
        at = i
        while at < end and not is_noun(self.tokens[at]):
            if self.tokens[at].pos not in DETERMINERS and self.tokens[at].pos not in (
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
        while at < end and is_noun(self.tokens[at]):
            if lexicon.is_source(self.tokens[at].lemma):
                return at
            at += 1
        return None

    def _phrase_end(self, start: int, chunk: Chunk) -> int:
        """Where the source ends: in front of the verb everything belongs to it, behind it only what must."""
        tokens, chunks = self.tokens, self.sentence.chunks
        finite = next((f for f in chunk.finite if f >= start), None)
        if start <= chunk.first + 1 or tokens[start - 1].text[:1].isupper():
            if finite is not None:
                stop = phrase_end(tokens, start, finite, attach=True)
                return (
                    stop
                    if skip_adverbs(tokens, stop, finite) >= finite
                    else phrase_end(tokens, start, finite)
                )
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

    def _phrase_start(self, i: int, chunk: Chunk) -> int:
        """Where the noun phrase that ends in front of `i` begins."""
        at = i
        while at > chunk.first:
            token = self.tokens[at - 1]
            if token.pos == "PPER" and at == i and at - 1 == chunk.first:
                return at - 1
            nominal = (
                is_noun(token)
                or token.pos in DETERMINERS
                or token.pos in ("ADJA", "CARD", "TRUNC", "$(", "XY")
            )
            linking = token.text.lower() in ("von", "vom", "und", "für", "aus", "in", "im", "der")
            if not (nominal or (linking and at < i)) or token.pos.endswith("FIN"):
                break
            at -= 1
        while at < i and self.tokens[at].text.lower() in ("und", "in", "im", "aus", "von", "vom", "für"):
            at += 1
        return at

    def _is_so(self, chunk: Chunk) -> bool:
        first = self.tokens[chunk.first]
        if first.text.lower() != "so" or chunk.start == 0 or chunk.coordinated or chunk.end - chunk.first < 2:
            return False
        follower = self.tokens[chunk.first + 1]
        if chunk.kind == "fragment":
            at = skip_adverbs(self.tokens, chunk.first + 1, chunk.end)
            return phrase_end(self.tokens, at, chunk.end) > at and follower.text.lower() not in (
                *("auch", "zum", "etwa", "beispielsweise", "wie"),
                "dass",
                "genannt",
                "genannte",
                "viel",
            )
        return (
            chunk.kind == "main"
            and follower.pos == "VVFIN"
            and follower.lemma.lower() in reporting.load().verbs
        )

    def _so(self, chunk: Chunk) -> Iterator[tuple[Range, Range, Range | None, str, float]]:
        chunks = self.sentence.chunks
        tokens = self.tokens
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
                if not self._apposition(piece):
                    break
                if stop == piece.start - 1:
                    stop = piece.end
            end = piece.end
            k += 1
        speaker = (start, stop) if stop > start else None
        if speaker and tokens[start].text.lower() == "es":
            speaker = self._phrase_of(self.sentence.clauses[chunk.clause], ("in", "im", "auf"))
        yield (chunk.start, end), cue, speaker, "so", 0.9

    def _around(self, phrase: Range, *, whole: bool) -> list[Range]:
        """What a phrase speaks for: the sentence without it, or the subordinate clause it stands in."""
        chunks = self.sentence.chunks
        k = next((n for n, c in enumerate(chunks) if c.start <= phrase[0] < c.end), 0)
        clause = self.sentence.clauses[chunks[k].clause]
        start, end = self._region_start(phrase[0]), self.sentence.end
        later = [a for f in self.found for a, _ in f.frame if a > phrase[1]]
        if later:
            end = min(end, *later)
        earlier = any(
            c.finite and c.kind == "main" and c.clause != chunks[k].clause for c in chunks[: clause.chunks[0]]
        )
        if clause.kind == "main" and earlier and not whole:
            start = max(start, chunks[clause.chunks[0]].first)
        if (
            clause.kind in ("relative", "adverbial", "dass", "question")
            and clause.chunks[0] > 0
            and not whole
        ):
            start = chunks[clause.chunks[0]].first + 1
            end = chunks[clause.chunks[-1]].end
        content = []
        head, tail = (start, phrase[0]), (phrase[1], end)
        for a, b in (head, tail):
            while a < b and self.tokens[a].text in ",;:–—":
                a += 1
            while a < b and self.tokens[b - 1].text in ",;:–—":
                b -= 1
            if a < b and any(t.text[:1].isalnum() for t in self.tokens[a:b]):
                content.append((a, b))
        content = [(a, b) for a, b in content if not any(self.claimed[a:b])]
        if not any(t.pos.endswith("FIN") for a, b in content for t in self.tokens[a:b]):
            return []
        return content

    # ---- `die Forderung des X, … zu …`

    def nouns(self) -> None:
        lexicon = reporting.load()
        chunks = self.sentence.chunks
        for k, chunk in enumerate(chunks[:-1]):
            if chunk.kind == "direct" or self.claimed[chunk.start]:
                continue
            following = chunks[k + 1]
            clause = self.sentence.clauses[following.clause]
            if (
                clause.chunks[0] != k + 1
                or self.claimed[following.start]
                or self.tokens[following.start - 1].text != ","
            ):
                continue
            for i in range(chunk.end - 1, max(chunk.first, chunk.end - 12) - 1, -1):
                if is_noun(self.tokens[i]) and lexicon.is_noun(self.tokens[i].lemma):
                    if phrase_end(self.tokens, i, chunk.end, attach=True) >= chunk.end - 1 or self._light(
                        i, chunk
                    ):
                        self._noun(i, k)
                    break

    def _light(self, noun: int, chunk: Chunk) -> bool:
        """`die Forderung erhoben, …`: only verbs stand between the noun and the clause."""
        return all(
            t.pos[:1] == "V" or t.pos in ("PTKVZ", "ADJD", "ADV") for t in self.tokens[noun + 1 : chunk.end]
        )

    def _noun(self, noun: int, k: int) -> None:
        chunks = self.sentence.chunks
        chunk, following = chunks[k], chunks[k + 1]
        strongest = self.sentence.strongest(self.sentence.clauses[following.clause])
        if following.kind == "dass":
            kind = "dass"
        elif following.kind == "question":
            kind = "question"
        elif following.kind == "zu":
            kind = "zu"
        elif following.kind in ("main", "fragment") and not following.verb_first and strongest >= Mood.SECOND:
            kind = "v2"
        else:
            return
        stop = self._content_end(k + 1, kind, chunk.clause)
        start, end = following.start, chunks[stop - 1].end
        frame = [(self._region_start(start), start)]
        if stop < len(chunks) and not self._new_frame(stop):
            frame.append((end, self.sentence.end))
        first = noun
        while first > chunk.start and (
            self.tokens[first - 1].pos in DETERMINERS or self.tokens[first - 1].pos == "ADJA"
        ):
            first -= 1
        self._claim(
            Found(
                content=[(start, end)],
                frame=frame,
                cue=[(first, noun + 1)],
                speaker=self._owner(noun, first, chunk),
                addressee=None,
                pattern="noun " + kind,
                trust=0.5,
                mood=strongest,
            )
        )

    def _owner(self, noun: int, first: int, chunk: Chunk) -> Range | None:
        """Whose statement it is: the genitive behind the noun, the name before it, else the subject."""
        at = noun + 1
        stop = phrase_end(self.tokens, noun, chunk.end, attach=True)
        if stop > at:
            if self.tokens[at].text.lower() in ("von", "vom"):
                at += 1
            if at < stop and self.tokens[at].pos not in ("APPR", "APPRART"):
                return at, stop
        if (
            first > chunk.start
            and self.tokens[first - 1].pos == "NE"
            and self.tokens[first - 1].text.endswith(("s", "’", "'"))
        ):
            return first - 1, first
        clause = self.sentence.clauses[chunk.clause]
        if clause.finite:
            found = subject(self.sentence, clause, clause.finite[0])
            if found and is_person_like(self.tokens, found) and not found[0] <= noun < found[1]:
                return found
        return None

    # ---- roles

    def _cue(self, predicate: Predicate) -> list[Range]:
        cue = list(predicate.cue)
        if predicate.verb == "heißen":
            cue += [
                i
                for i in (predicate.finite - 1, predicate.finite + 1)
                if 0 <= i < len(self.tokens) and self.tokens[i].text.lower() == "es"
            ]
        return runs(cue)

    def _speaker(self, clause: Clause, predicate: Predicate) -> Range | None:
        found = subject(self.sentence, clause, predicate.finite)
        if predicate.passive:
            return agent(self.sentence, clause) or self._phrase_of(clause, ("in", "im"))
        if found is None and clause.kind == "main":
            found = self._shared_subject(clause)
        if predicate.verb == "heißen" or not is_person_like(self.tokens, found):
            return self._phrase_of(clause, ("in", "im", "aus", "auf"))
        return found

    def _shared_subject(self, clause: Clause) -> Range | None:
        """`X bestätigte den Fall, teilte jedoch mit, …`: the subject of the main clause before."""
        clauses = self.sentence.clauses
        first = self.sentence.chunks[clause.chunks[0]]
        if not first.verb_first:
            return None
        for other in reversed(clauses[: clauses.index(clause)]):
            if other.kind == "main" and other.finite:
                return subject(self.sentence, other, other.finite[0])
        return None

    def _phrase_of(self, clause: Clause, prepositions: tuple[str, ...]) -> Range | None:
        words = self.sentence.words(clause)
        for i in words:
            if self.tokens[i].text.lower() in prepositions:
                chunk = next(c for c in self.sentence.chunks if c.start <= i < c.end)
                stop = phrase_end(self.tokens, i + 1, chunk.end)
                if stop > i + 1 and self._source(i + 1, stop):
                    if (
                        any(is_noun(t) or t.pos == "PPER" for t in self.tokens[i + 1 : stop])
                        and self.tokens[i + 1].pos != "CARD"
                    ):
                        return i + 1, stop
        return None

    def _addressee(self, clause: Clause, predicate: Predicate, speaker: Range | None) -> Range | None:
        tokens = self.tokens
        if predicate.passive:
            if predicate.verb in REQUESTS or predicate.verb in (
                "vorwerfen",
                "empfehlen",
                "raten",
                "untersagen",
                "anlasten",
            ):
                found = subject(self.sentence, clause, predicate.finite)
                if found is None and self.sentence.chunks[clause.chunks[0]].first < predicate.finite:
                    first = self.sentence.chunks[clause.chunks[0]].first
                    stop = phrase_end(tokens, first, predicate.finite, attach=True)
                    found = (first, stop) if stop == predicate.finite else None
                return found
            return None
        lexicon = reporting.load()
        first = self.sentence.chunks[clause.chunks[0]].first
        if clause.kind == "main" and first < predicate.finite and speaker and speaker[0] > predicate.finite:
            dative = tokens[first].text in ("Dem", "Der", "Den", "Ihm", "Ihnen", "Einem", "Einer")
            stop = phrase_end(tokens, first, predicate.finite, attach=True)
            if stop == predicate.finite and (dative or predicate.verb in REQUESTS):
                return first, stop
        for i in self.sentence.words(clause):
            if speaker and speaker[0] <= i < speaker[1]:
                continue
            word = tokens[i].text.lower()
            chunk = next(c for c in self.sentence.chunks if c.start <= i < c.end)
            if word == "gegenüber":
                stop = phrase_end(tokens, i + 1, chunk.end)
                if stop > i + 1:
                    return i + 1, stop
            if (word == "vor" and i + 2 < chunk.end and tokens[i + 2].lemma in AUDIENCE) or (
                word in ("an", "vom")
                and predicate.verb in ("appellieren", "fordern", "verlangen", "schreiben")
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
