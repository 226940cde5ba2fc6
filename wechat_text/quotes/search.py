"""What has been found in one sentence so far, and what its frames share."""

from __future__ import annotations

from wechat_text.quotes import reporting
from wechat_text.quotes.clauses import Chunk, Sentence
from wechat_text.quotes.frames import Found, predicates
from wechat_text.quotes.konjunktiv import Mood
from wechat_text.quotes.nominals import DETERMINERS, is_noun, phrase_end, skip_adverbs

NOT_SO = frozenset({"auch", "zum", "etwa", "beispielsweise", "wie", "dass", "genannt", "genannte", "viel"})
"""Behind these, `so` names no source."""


class Search:
    """One pass over a sentence; what one frame has claimed as content, no other claims.

    Attributes:
        sentence: the sentence with its clauses.
        tokens: its tokens.
        found: quotations so far.
        claimed: by token, whether it is said already; direct speech is from the start.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self.tokens = sentence.tokens
        self.found: list[Found] = []
        self.claimed = [False] * len(sentence.tokens)
        for chunk in sentence.chunks:
            if chunk.kind == "direct":
                self.claimed[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)

    def claim(self, found: Found) -> None:
        """Keep a quotation, unless no word is left of it."""
        found.content = [
            r for r in found.content if any(t.text[:1].isalnum() for t in self.tokens[r[0] : r[1]])
        ]
        if not found.content:
            return
        self.found.append(found)
        for a, b in found.content:
            self.claimed[a:b] = [True] * (b - a)

    def region_start(self, before: int) -> int:
        """Where the frame in front of `before` begins: the sentence, or behind the last quotation."""
        start = max((b for f in self.found for _, b in f.content if b <= before), default=0)
        while start < before and self.tokens[start].text in ",;":
            start += 1
        return start

    def mood(self, chunk: Chunk) -> Mood:
        """The clearest mood among the finite verbs of a chunk."""
        return max((self.sentence.moods[i] for i in chunk.finite), default=Mood.INDICATIVE)

    def content_end(self, j: int, kind: str, frame: int) -> int:
        """Index of the chunk at which the quotation that starts with chunk `j` is over."""
        chunks, clauses = self.sentence.chunks, self.sentence.clauses
        content_mood = self.sentence.strongest(clauses[chunks[j].clause])
        for k in range(j + 1, len(chunks)):
            chunk = chunks[k]
            if chunk.clause == frame or chunk.kind == "direct":
                return k
            if self.is_so(chunk):
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

    def new_frame(self, k: int) -> bool:
        """Whether a reporting clause of its own starts with chunk `k`."""
        chunk = self.sentence.chunks[k]
        return any(True for _ in predicates(self.sentence, self.sentence.clauses[chunk.clause]))

    def is_so(self, chunk: Chunk) -> bool:
        """Whether a chunk is `so X` or `so berichtet X`."""
        first = self.tokens[chunk.first]
        if first.text.lower() != "so" or chunk.start == 0 or chunk.coordinated or chunk.end - chunk.first < 2:
            return False
        follower = self.tokens[chunk.first + 1]
        if chunk.kind == "fragment":
            at = skip_adverbs(self.tokens, chunk.first + 1, chunk.end)
            return phrase_end(self.tokens, at, chunk.end) > at and follower.text.lower() not in NOT_SO
        return (
            chunk.kind == "main"
            and follower.pos == "VVFIN"
            and follower.lemma.lower() in reporting.load().verbs
        )

    def names_source(self, start: int, stop: int) -> bool:
        """Whether the phrase holds a name or a noun for where something is known from."""
        lexicon = reporting.load()
        return any(
            is_noun(t) and (lexicon.is_source(t.lemma) or t.pos == "NE") for t in self.tokens[start:stop]
        )

    def is_marked(self, chunk: Chunk) -> bool:
        """Whether Konjunktiv or `sollen` shows that the clause is hearsay."""
        clause = self.sentence.clauses[chunk.clause]
        return self.sentence.strongest(clause) >= Mood.GUESS or any(
            self.tokens[i].lemma == "sollen" for i in clause.finite
        )

    def phrase_start(self, i: int, chunk: Chunk) -> int:
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

    def is_apposition(self, piece: Chunk) -> bool:
        """Whether a fragment is a noun phrase and nothing else."""
        return phrase_end(self.tokens, piece.start, piece.end, attach=True) == piece.end
