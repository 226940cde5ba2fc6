"""A sentence cut into clauses at its commas.

German marks every clause boundary with a comma, so chunks between commas, the word that opens them and the
place of their finite verb are enough to tell main clauses, subordinate clauses and infinitives apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from wechat_text.quotes import grammar
from wechat_text.quotes.konjunktiv import Mood, mood

if TYPE_CHECKING:
    from wechat_text.german.tagging import Token

Kind = Literal["main", "dass", "question", "wie", "relative", "adverbial", "zu", "fragment", "direct"]

OPENING, CLOSING = "„»‚›«‹“”\"'‘’", "“”«»‘’›‹\"'"
MARKS = frozenset(OPENING + CLOSING)
BREAKS = frozenset({",", ";", ":", "–", "—", "-"})
QUESTION = grammar.words("question")
ADVERBIAL = grammar.words("adverbial")
INFINITIVE_OPENERS = frozenset({"um", "ohne", "statt", "anstatt"})
RELATIVE = grammar.words("relative")
COORDINATION = frozenset({"und", "oder", "aber", "sondern", "sowie", "doch", "jedoch", "denn"})


@dataclass(slots=True)
class Chunk:
    """What stands between two commas: tokens [start, end) of the sentence."""

    start: int
    end: int
    kind: Kind
    first: int
    """The first word that is neither a mark nor a conjunction."""
    finite: list[int]
    coordinated: bool
    clause: int = -1

    @property
    def verb_first(self) -> bool:
        """Whether the finite verb opens the chunk, as in an inquit: `, sagte er`."""
        return bool(self.finite) and self.finite[0] == self.first


@dataclass(slots=True)
class Clause:
    """One clause; its chunks need not be neighbours, since others may be embedded in it."""

    kind: Kind
    chunks: list[int] = field(default_factory=list)
    finite: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Sentence:
    """The clauses of one sentence.

    Attributes:
        tokens: all tokens of the sentence.
        moods: of every token (indicative unless it is a finite verb).
        chunks: in order.
        clauses: in order of their first chunk.
        end: index behind the last word, final punctuation left out.
    """

    tokens: Sequence[Token]
    moods: list[Mood]
    chunks: list[Chunk]
    clauses: list[Clause]
    end: int

    def words(self, clause: Clause) -> list[int]:
        """Indices of the clause's tokens."""
        return [i for k in clause.chunks for i in range(self.chunks[k].start, self.chunks[k].end)]

    def strongest(self, clause: Clause) -> Mood:
        """The clearest mood among the clause's finite verbs."""
        return max((self.moods[i] for i in clause.finite), default=Mood.INDICATIVE)


def parse(
    tokens: Sequence[Token], whole: Sequence[tuple[int, int]], parts: Sequence[tuple[int, int]]
) -> Sentence:
    """Cut a sentence into clauses.

    Args:
        tokens: of the sentence.
        whole: token ranges of direct speech that stands by itself.
        parts: token ranges of quoted words within a clause; commas inside do not divide it.
    """
    tokens = _retag(tokens)
    moods = [mood(t) for t in tokens]
    end = len(tokens)
    while end and (tokens[end - 1].text in ".!?…:;" or tokens[end - 1].text == "..."):
        end -= 1
    closed = [False] * len(tokens)
    for a, b in parts:
        closed[a:b] = [True] * (b - a)
    depth = 0
    for i, token in enumerate(tokens):
        if token.text in ("(", "["):
            depth += 1
        if depth:
            closed[i] = True
        if token.text in (")", "]") and depth:
            depth -= 1
    if depth:  # never closed: do not let it swallow the sentence
        closed = [False] * len(tokens)
    speech = {a: b for a, b in whole}
    chunks: list[Chunk] = []
    i = start = 0

    def cut(stop: int) -> None:
        if any(t.text[:1].isalnum() for t in tokens[start:stop]):
            chunks.append(_chunk(tokens, start, stop, closed))

    while i < end:
        if i in speech:
            cut(i)
            b = min(speech[i], len(tokens))
            chunks.append(Chunk(i, b, "direct", i, [], False))
            i = start = max(b, i + 1)
            continue
        if not closed[i] and tokens[i].text in BREAKS and not _inside_word(tokens, i):
            cut(i)
            start = i + 1
        i += 1
    cut(end)
    sentence = Sentence(tokens, moods, chunks, [], end)
    _link(sentence)
    return sentence


def _taken_for_infinite(tokens: Sequence[Token], i: int, finite: bool, blocked: bool) -> bool:
    """Whether the verb in front of the comma is finite in truth: `andere Quellen berichten, dass`."""
    clause = i + 2 < len(tokens) and tokens[i + 2].text.lower() in ("dass", "ob")
    before = tokens[i - 1].pos
    if before == "ADV" and i > 1:
        before = tokens[i - 2].pos  # `Die Anwohner hingegen sagen, …`
    if tokens[i].pos == "VVINF":
        return before in ("NN", "NE") and (clause or not (finite or blocked))
    participle = tokens[i].pos == "VVPP" and tokens[i].text.endswith("t")
    return participle and clause and not (finite or blocked) and before in ("NN", "NE", "PPER", "$(")


def _inside_word(tokens: Sequence[Token], i: int) -> bool:
    """A hyphen or dash without blanks around it: `30-jährige`, `1998–2000`."""
    if tokens[i].text not in "-–—" or not 0 < i < len(tokens) - 1:
        return False
    return tokens[i - 1].end == tokens[i].start and tokens[i].end == tokens[i + 1].start


def _retag(tokens: Sequence[Token]) -> Sequence[Token]:
    """Mend tags: `hatte … betont` is a participle, the verb of `Medien berichten, dass` is finite."""
    changed: dict[int, str] = {}
    auxiliary = -1
    finite = blocked = False
    for i, token in enumerate(tokens):
        pos = token.pos
        after = tokens[i + 1].text if i + 1 < len(tokens) else "."
        if token.text in ",;:" or pos == "KON":
            auxiliary = -1
            if token.text != "und":
                finite = False
            else:
                blocked = False
        elif pos == "VAFIN":
            auxiliary, finite, blocked = i, True, True
        elif pos == "VMFIN":
            finite = blocked = True
        elif pos == "VVFIN":
            if auxiliary >= 0 and i > auxiliary + 1 and after in ",.;:" and not token.text.endswith("te"):
                changed[i] = "VVPP"
            finite = True
        elif i and after == "," and _taken_for_infinite(tokens, i, finite, blocked):
            changed[i] = "VVFIN"
    if not changed:
        return tokens
    return [t._replace(pos=changed[i]) if i in changed else t for i, t in enumerate(tokens)]


def _chunk(tokens: Sequence[Token], start: int, end: int, closed: Sequence[bool]) -> Chunk:
    first = start
    while first < end - 1 and tokens[first].text in MARKS:
        first += 1
    coordinated = False
    while first < end - 1 and tokens[first].text.lower() in COORDINATION:
        coordinated = True
        first += 1
    finite = [
        i for i in range(first, end) if tokens[i].pos.endswith("FIN") and not _in_brackets(tokens, i, closed)
    ]
    kind, opener = _kind(tokens, first, end, finite)
    return Chunk(start, end, kind, opener, finite, coordinated)


def _in_brackets(tokens: Sequence[Token], i: int, closed: Sequence[bool]) -> bool:
    if not closed[i]:
        return False
    while i >= 0 and closed[i]:
        if tokens[i].text in ("(", "["):
            return True
        i -= 1
    return False


def _kind(tokens: Sequence[Token], first: int, end: int, finite: list[int]) -> tuple[Kind, int]:
    """What opens the chunk, and where (an adverb may stand before the conjunction: `nur weil`)."""
    for at in range(first, min(first + 3, end)):
        word = tokens[at].text.lower()
        last = not finite or _verb_last(tokens, finite, end)
        if word in ("dass", "daß"):
            return "dass", at
        if word == "wie" and (last and (finite or tokens[at].pos in ("KOUS", "PWAV"))):
            return "wie", at
        if word in ("als", "da", "seit", "bis", "wenn", "während", "um", "ohne", "statt") and not (
            finite and last
        ):
            if at == first and word in INFINITIVE_OPENERS and _has_zu(tokens, at, end):
                return "adverbial", at
            if word != "wenn" or finite:
                break
        if word in QUESTION and last and (finite or word == "ob"):
            return "question", at
        if word in ADVERBIAL and last:
            return "adverbial", at
        relative = tokens[at].pos == "PRELS" or (finite and finite[-1] == end - 1 and finite[-1] > at + 1)
        if (
            at == first
            and last
            and at > 0
            and word in RELATIVE
            and tokens[at].pos[:3] in ("PRE", "PDS", "ART", "PWS")
            and relative
        ):
            return "relative", at
        if at == first and last and at > 0 and tokens[at].pos == "APPR" and at + 1 < end:
            follower = tokens[at + 1]
            if follower.pos in ("PRELS", "PRELAT") or follower.text.lower() in ("denen", "deren", "dessen"):
                return "relative", at
        if tokens[at].pos not in ("ADV", "PTKNEG", "ADJD", "PROAV", "KON", "KOUS"):
            break
    if not finite:
        return ("zu" if _has_zu(tokens, first, end) else "fragment"), first
    return "main", first


def _verb_last(tokens: Sequence[Token], finite: list[int], end: int) -> bool:
    """Whether the clause has its verb at the end; words after it may belong to another verb of the chunk."""
    return finite[-1] >= end - 2 or tokens[finite[-1] - 1].pos[:1] == "V"


def _has_zu(tokens: Sequence[Token], start: int, end: int) -> bool:
    return any(
        t.pos.endswith("IZU") or (t.pos == "PTKZU" and i + 1 < end and tokens[i + 1].pos.endswith("INF"))
        for i, t in enumerate(tokens[start:end], start)
    )


def _link(sentence: Sentence) -> None:
    """Give every chunk to a clause: open ones wait for their verb."""
    waiting: list[int] = []  # clauses without a finite verb yet, innermost last
    last = -1
    for k, chunk in enumerate(sentence.chunks):
        clauses = sentence.clauses
        if chunk.kind == "direct":
            clauses.append(Clause("direct", [k]))
            chunk.clause = len(clauses) - 1
            continue
        separated = chunk.start > 0 and sentence.tokens[chunk.start - 1].text in (";", ":")
        if separated:
            waiting = []
        if chunk.kind == "main":
            if waiting:
                chunk.clause = waiting.pop()
            else:
                clauses.append(Clause("main"))
                chunk.clause = len(clauses) - 1
        elif chunk.kind == "fragment":
            if waiting:
                chunk.clause = waiting[-1]
            elif last < 0 or separated:
                clauses.append(Clause("main"))
                chunk.clause = len(clauses) - 1
                waiting.append(chunk.clause)
            else:
                chunk.clause = last
        else:
            clauses.append(Clause(chunk.kind))
            chunk.clause = len(clauses) - 1
            if not chunk.finite and chunk.kind != "zu" and not _is_infinitive(sentence, chunk):
                waiting.append(chunk.clause)
        clause = clauses[chunk.clause]
        clause.chunks.append(k)
        clause.finite.extend(chunk.finite)
        last = chunk.clause


def _is_infinitive(sentence: Sentence, chunk: Chunk) -> bool:
    return _has_zu(sentence.tokens, chunk.start, chunk.end)
