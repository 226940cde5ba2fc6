"""Noun phrases where reporting needs them: who speaks, to whom, and after which source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wechat_text.german import lexicon
from wechat_text.quotes import grammar
from wechat_text.quotes.clauses import CLOSING, OPENING

if TYPE_CHECKING:
    from wechat_text.german.tagging import Token

DETERMINERS = frozenset({"ART", "PPOSAT", "PDAT", "PIAT", "PWAT", "PRELAT"})
NOUNS = frozenset({"NN", "NE", "NNA", "NNI", "XY", "FM", "TRUNC"})
BEFORE_NOUN = frozenset({"ADJA", "CARD", "ADJD", "VVPP", "ADV"})
PRONOUNS = frozenset({"PPER", "PDS", "PIS", "PPOSS", "PRELS", "PWS"})
ALWAYS_ATTACHED = frozenset({"von", "vom", "für", "aus"})
NEVER_ATTACHED = frozenset(
    {"unter", "gegenüber", "laut", "nach", "seit", "gegen", "wegen", "trotz", "während"}
)
NOT_NOMINATIVE = grammar.words("not_nominative")
TIMES = grammar.words("times")
GENITIVE = grammar.words("genitive")
DEEPEST = 12
"""Noun phrases nested in one another: more are no German, and each costs a call."""

REFLEXIVE = frozenset({"sich", "mir", "mich", "ihm", "ihn", "ihnen", "uns", "einander"})


def is_noun(token: Token) -> bool:
    """Whether a token can head a noun phrase; bare marks and signs, which taggers call XY, cannot."""
    return token.pos in NOUNS and token.text[:1].isalnum()


def phrase_end(tokens: Sequence[Token], start: int, end: int, *, attach: bool = False, depth: int = 0) -> int:
    """Where the noun phrase that starts at `start` ends; `start` itself when none starts there.

    Args:
        tokens: of a sentence.
        start: index of the first word.
        end: do not look beyond this index.
        depth: how many phrases this one is nested in; chains beyond `DEEPEST` are cut.
        attach: also take prepositional phrases other than `von`, `für` and the like.
    """
    i = start
    if i >= end or depth > DEEPEST:
        return start
    if tokens[i].pos in PRONOUNS and not _noun_follows(tokens, i, end):
        if (
            tokens[i].pos == "PIS"
            and i + 1 < end
            and tokens[i + 1].text.lower() in ("der", "des", "seiner", "ihrer")
        ):
            return phrase_end(tokens, i + 1, end, attach=attach, depth=depth + 1)
        return i + 1
    i = _head(tokens, i, end)
    if i == start:
        return start
    while i < end:
        token = tokens[i]
        if token.text in ("Anfang", "Mitte", "Ende") and is_time(tokens, i + 1, min(end, i + 2)):
            break  # `die Mutter aus Ulm [Ende August]`
        if is_noun(token) or (
            tokens[i - 1].pos == "NE"
            and token.text[:1].isupper()
            and token.pos in ("ADJA", "ADJD", "ADV", "XY")
        ):
            i += 1
        elif token.text in ("(", "["):
            i = _closing(tokens, i, end, ")]")
        elif token.text in OPENING and _name_end(tokens, i, end) > i and not tokens[i + 1].text[:1].islower():
            i = _name_end(tokens, i, end)
        elif token.pos in ("ART", "PPOSAT", "PDAT", "PIAT", "PRELAT") and token.text.lower() in GENITIVE:
            stop = phrase_end(tokens, i, end, attach=attach, depth=depth + 1)
            if stop == i:
                break
            i = stop
        elif _attached(tokens, i, end, attach):
            stop = phrase_end(tokens, i + 1, end, attach=attach, depth=depth + 1)
            if stop == i + 1:
                break
            i = stop
        elif token.text.lower() in ("und", "sowie", "oder", "&", "/", "bzw."):
            stop = phrase_end(tokens, i + 1, end, attach=attach, depth=depth + 1)
            if stop == i + 1 or (
                stop < end and tokens[stop].pos.endswith("FIN") and tokens[i + 1].pos in PRONOUNS
            ):
                break
            i = stop
        elif token.pos == "CARD" and not (
            i + 1 < end and (is_noun(tokens[i + 1]) or tokens[i + 1].pos == "ADJA")
        ):
            i += 1
        elif (
            token.pos == "ADJA"
            and i + 1 < end
            and is_noun(tokens[i + 1])
            and ((tokens[i - 1].pos == "NE" and token.text[:1].isupper()) or token.text.endswith("er"))
        ):
            i += 1  # of a name, or a genitive without article: `Angaben informierter Kreise`
        else:
            break
    return i


def _attached(tokens: Sequence[Token], i: int, end: int, attach: bool) -> bool:
    """Whether the preposition at `i` goes on with the noun before it."""
    word = tokens[i].text.lower()
    if i + 1 >= end or tokens[i + 1].pos in ("CARD", "ADV"):
        return False
    if attach:
        return tokens[i].pos in ("APPR", "APPRART") and word not in NEVER_ATTACHED
    if word == "für":
        return tokens[i - 1].pos != "NE"
    if word == "aus":
        return tokens[i + 1].pos == "NE"
    return word in ALWAYS_ATTACHED


def _noun_follows(tokens: Sequence[Token], i: int, end: int) -> bool:
    """`alle Beteiligten`, `diese Woche`: a pronoun that is tagged so but determines the next word."""
    return (
        tokens[i].pos in ("PDS", "PIS")
        and i + 1 < end
        and (is_noun(tokens[i + 1]) or tokens[i + 1].pos == "ADJA")
    )


def _head(tokens: Sequence[Token], start: int, end: int) -> int:
    """Index behind the head noun, or `start`."""
    i = start
    while i < end and (tokens[i].pos in DETERMINERS or tokens[i].pos in ("PDS", "PIS")) and i < start + 3:
        i += 1
    determined = i > start
    while i < end:
        token = tokens[i]
        if is_noun(token):
            return i + 1
        if token.text in OPENING and _name_end(tokens, i, end) > i:
            return _name_end(tokens, i, end)
        if token.pos in ("ADJA", "CARD", "TRUNC") or (token.pos == "VVPP" and determined):
            i += 1
            if (
                i == end
                or not (
                    is_noun(tokens[i])
                    or tokens[i].pos in ("ADJA", "CARD", "TRUNC", "KON", "VVPP", "APPR", "ADV", "ADJD")
                    or tokens[i].text in OPENING + ",-"
                )
                or (tokens[i].pos == "APPR" and _counts(tokens, i - 1))
            ):
                # `die Ärztin und der 46-Jährige`: the adjective is the head
                heads = token.text[:1].isupper() or token.pos == "CARD" or _counts(tokens, i - 1)
                return i if determined and heads and tokens[i - 1].text != "-" else start
        elif _goes_on(tokens, start, i, end):
            i += 1
        elif determined:
            at = _attribute_end(tokens, i, end)
            if at == i:
                return start
            i = at
        else:
            return start
    return start


def _goes_on(tokens: Sequence[Token], start: int, i: int, end: int) -> bool:
    """Whether an adverb, a conjunction or a hyphen stands between the attributes of one noun."""
    token = tokens[i]
    if i + 1 >= end:
        return False
    following = tokens[i + 1].pos
    if token.text == "-":
        return i > start and tokens[i - 1].end == token.start
    if token.pos == "KON":
        return i > start and following in ("ADJA", "CARD", "TRUNC")
    return token.pos in ("ADV", "ADJD", "PTKA", "PTKNEG") and following in BEFORE_NOUN


def _counts(tokens: Sequence[Token], i: int) -> bool:
    """`30-jährige`, in one token or in three."""
    return "-" in tokens[i].text[1:] or (i > 1 and tokens[i - 1].text == "-" and tokens[i - 2].pos == "CARD")


def _attribute_end(tokens: Sequence[Token], i: int, end: int) -> int:
    """`der [am Freitag in Berlin tödlich verunglückte] Fahrer`: index behind the participle."""
    for at in range(i, min(i + 14, end - 1)):
        if tokens[at].pos.endswith("FIN") or tokens[at].text in ",;:.":
            return i
        if tokens[at].pos == "ADJA" and (is_noun(tokens[at + 1]) or tokens[at + 1].text in OPENING):
            return at + 1
    return i


def _closing(tokens: Sequence[Token], i: int, end: int, closing: str) -> int:
    for at in range(i + 1, min(i + 25, end)):
        if tokens[at].text in closing:
            return at + 1
    return end


def _name_end(tokens: Sequence[Token], i: int, end: int) -> int:
    """Index behind a quoted name of a few words; `i` when no mark closes it soon."""
    for at in range(i + 2, min(i + 10, end)):
        if tokens[at].text in CLOSING:
            return at + 1
    return i


def can_be_subject(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the noun phrase [start, end) can stand in the nominative, as far as its first word tells."""
    first = tokens[start]
    if first.text.lower() in NOT_NOMINATIVE:
        return False
    if first.text.lower() == "der" and _is_feminine(tokens, start, end):
        return False
    return first.pos not in ("PRF",) and first.text.lower() not in REFLEXIVE


def _is_feminine(tokens: Sequence[Token], start: int, end: int) -> bool:
    noun = next((t for t in tokens[start:end] if is_noun(t)), None)
    if noun is None or noun.pos != "NN":
        return False
    return lexicon.organisation(noun.lemma) == "f" or (
        lexicon.role(noun.lemma) == "f" and noun.text.endswith("in")
    )


def is_somebody(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the noun phrase [start, end) is about a person or a body of persons, as its words tell."""
    if end == start + 1 and tokens[start].pos in ("PPER", "PIS"):
        return tokens[start].text.lower() not in ("es", "man", "alles", "nichts")
    head = next((i for i in range(start, end) if is_noun(tokens[i])), None)
    if head is None:
        return tokens[start].pos in ("PDS", "PIS", "PIAT", "ADJA", "CARD")
    known = lexicon.people()
    first = head
    while head < end and is_noun(tokens[head]):
        token = tokens[head]
        owner = token.pos == "NE" and token.text.endswith("s")
        owned = owner and (
            (head + 1 < end and tokens[head + 1].pos == "NN")
            or (head > first and tokens[head - 1].pos == "NN")
        )
        if (
            (token.pos == "NE" and not owned)
            or lexicon.role(token.lemma) is not None
            or lexicon.organisation(token.lemma) is not None
            or token.lemma in known.groups
            or token.text in known.groups
        ):
            return True
        head += 1
    return False


def is_time(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether a noun phrase names a time, which no verb of saying has for its subject."""
    head = next((t for t in tokens[start:end] if is_noun(t)), None)
    return head is not None and bool({head.lemma.lower(), head.text.lower()} & TIMES)


def is_certain_subject(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the form of a noun phrase is the nominative and nothing else: ``er``, ``der Händler``."""
    first = tokens[start].text.lower()
    if end == start + 1:
        return tokens[start].pos == "PPER" and first in ("er", "ich", "wir")
    if first not in ("der", "dieser", "jener", "jeder"):
        return False
    noun = next((t for t in tokens[start:end] if is_noun(t)), None)
    return noun is not None and "m" in (lexicon.role(noun.lemma), lexicon.organisation(noun.lemma))


def skip_adverbs(tokens: Sequence[Token], i: int, end: int) -> int:
    """Index behind adverbs, reflexives and negations."""
    while i < end and (
        tokens[i].pos in ("ADV", "PRF", "PTKNEG", "PROAV", "ADJD", "PTKVZ", "KON")
        or (tokens[i].pos == "PPER" and tokens[i].text.lower() in REFLEXIVE)
    ):
        i += 1
    return i
