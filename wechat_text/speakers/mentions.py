"""Mentions: where a text names, describes or points at somebody who could speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from wechat_text.document import Span
from wechat_text.german import lexicon
from wechat_text.german.tagging import Token
from wechat_text.quotes.nominals import can_be_subject, is_noun, phrase_end

MentionKind = Literal["name", "role", "organisation", "group", "pronoun"]

_PRONOUNS = {"er": "m", "sie": "f", "dieser": "m", "diese": "f", "letzterer": "m", "letztere": "f"}
_STARTS = frozenset({"ART", "PPOSAT", "PDAT", "PIAT", "ADJA", "CARD", "NN", "NE", "TRUNC", "PIS"})
_PLURAL = frozenset({"viele", "mehrere", "einige", "alle", "beide", "manche", "zahlreiche", "andere"})
_SINGULAR = frozenset(
    {"der", "dem", "ein", "eine", "einer", "einem", "einen", "eines", "kein", "jeder", "jede", "dieser"}
)
_INDEFINITE = frozenset({"ein", "eine", "einer", "einem", "einen", "eines"})


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody in the text.

    Attributes:
        span: with article, title and apposition in brackets.
        sentence: its number.
        kind: what sort of expression it is.
        name: proper name, or "".
        head: base form of the noun that tells who it is (``Händler``), or "".
        gender: "m", "f", "n" or "" where it does not show.
        plural: more than one.
        subject: its form allows the nominative.
        indefinite: introduced with ``ein``.
    """

    span: Span
    sentence: int
    kind: MentionKind
    name: str
    head: str
    gender: str
    plural: bool
    subject: bool
    indefinite: bool


def find_mentions(text: str, tokens: Sequence[Token]) -> tuple[Mention, ...]:
    """All mentions in order; `tokens` are those of the whole document. Linear in their number."""
    found: list[Mention] = []
    start = 0
    for end in range(1, len(tokens) + 1):
        if end == len(tokens) or tokens[end].sentence != tokens[start].sentence:
            found.extend(_in_sentence(text, tokens[start:end]))
            start = end
    return tuple(found)


def describe(text: str, tokens: Sequence[Token], start: int, end: int) -> Mention:
    """The noun phrase [start, end) as somebody who speaks, whatever its noun says of itself."""
    if tokens[start].text.lower() in _PRONOUNS and end == start + 1:
        return _pronoun(tokens, start)
    known = _phrase(text, tokens, start, end)
    if known is not None:
        return known
    noun = next((t for t in tokens[start:end] if is_noun(t)), tokens[end - 1])
    return Mention(
        span=Span(tokens[start].start, tokens[end - 1].end),
        sentence=tokens[start].sentence,
        kind="organisation" if noun.pos in ("NN", "NE") else "group",
        name="",
        head=noun.lemma,
        gender="",
        plural=False,
        subject=can_be_subject(tokens, start, end),
        indefinite=tokens[start].text.lower() in _INDEFINITE,
    )


def _in_sentence(text: str, tokens: Sequence[Token]) -> Iterator[Mention]:
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.text.lower() in _PRONOUNS and token.pos in ("PPER", "PDS"):
            yield _pronoun(tokens, i)
            i += 1
            continue
        if token.pos in _STARTS:
            end = phrase_end(tokens, i, len(tokens))
            mention = _phrase(text, tokens, i, end) if end > i else None
            if mention is not None:
                yield mention
                i = end
                continue
            # a phrase about things may still hold people in a genitive or behind a preposition
            i = _next_start(tokens, i, end)
            continue
        i += 1


def _next_start(tokens: Sequence[Token], start: int, end: int) -> int:
    i = start + 1
    while i < end and not (is_noun(tokens[i - 1]) and not is_noun(tokens[i])):
        i += 1
    return max(i, start + 1)


def _pronoun(tokens: Sequence[Token], i: int) -> Mention:
    token = tokens[i]
    word = token.text.lower()
    near = [t.text for t in tokens[max(0, i - 2) : i + 3] if t.pos.endswith("FIN")]
    plural = word == "sie" and bool(near) and near[0].endswith("n")
    gender = "" if plural else _PRONOUNS[word]
    return Mention(token.span, token.sentence, "pronoun", "", "", gender, plural, True, False)


def _phrase(text: str, tokens: Sequence[Token], start: int, end: int) -> Mention | None:
    """The noun phrase [start, end) as a mention, or None when it is about a thing."""
    core = start
    while core < end and not is_noun(tokens[core]):
        core += 1
    if core == end:
        return None
    nouns = core
    while nouns < end and (is_noun(tokens[nouns]) or _name_particle(tokens, nouns, end)):
        nouns += 1
    run = tokens[core:nouns]
    name = _name(run)
    roles = [t for t in run if t.text not in name.split()]
    known = (t for t in reversed(roles) if lexicon.role(t.lemma) is not None)
    head = next(known, roles[-1]) if roles else run[0]
    words = {t.text.lower() for t in tokens[start:core]}
    kind, gender = _kind(head, name, bool(roles), bool(words & _SINGULAR))
    if kind is None:
        return None
    bare = core == start and not name and head.text != head.lemma  # `Händlerinnen klagen`
    plural = kind == "group" or bool(words & _PLURAL) or (kind == "role" and bare)
    return Mention(
        span=Span(tokens[start].start, tokens[end - 1].end),
        sentence=tokens[start].sentence,
        kind=kind,
        name=name,
        head=head.lemma if roles else "",
        gender=gender,
        plural=plural,
        subject=can_be_subject(tokens, start, end),
        indefinite=bool(words & _INDEFINITE),
    )


def _name_particle(tokens: Sequence[Token], at: int, end: int) -> bool:
    return (
        tokens[at].text.lower() in lexicon.people().particles
        and at + 1 < end
        and tokens[at + 1].pos == "NE"
        and is_noun(tokens[at - 1])
    )


def _name(run: Sequence[Token]) -> str:
    """The proper name at the end of a run of nouns: ``Moderatorin Qiao Lan`` → ``Qiao Lan``."""
    people = lexicon.people()
    at = len(run)
    while at > 0 and not _common(run[at - 1]):
        at -= 1
    while at < len(run) and run[at].text in people.titles:
        at += 1
    name = run[at:]
    if not name or (len(name) == 1 and at > 0 and name[0].pos != "NE"):
        return ""
    return " ".join(t.text for t in name)


def _common(token: Token) -> bool:
    """A noun that is no part of a name."""
    people = lexicon.people()
    word = token.text
    if word in people.titles:
        return False
    if word in people.given_names or word in people.pinyin_surnames or token.pos == "FM":
        return False
    return (
        token.pos != "NE"
        or lexicon.role(token.lemma) is not None
        or lexicon.organisation(token.lemma) is not None
    )


def _kind(head: Token, name: str, described: bool, singular: bool) -> tuple[MentionKind | None, str]:
    people = lexicon.people()
    lemma = head.lemma
    if described:
        role = lexicon.role(lemma)
        if (lemma in people.groups or head.text in people.groups) and not (singular and role is not None):
            return "group", ""
        if role is not None:
            return ("name" if name else "role"), role
        organisation = lexicon.organisation(lemma)
        if organisation is not None:
            return "organisation", organisation
        if not _looks_personal(name):
            return None, ""
    if not name:
        return None, ""
    gender = next((people.given_names[p] for p in name.split() if p in people.given_names), "")
    if lexicon.organisation(name.split()[-1]) is not None:
        return "organisation", ""
    return "name", gender


def _looks_personal(name: str) -> bool:
    parts = name.split()
    people = lexicon.people()
    return len(parts) > 1 and (parts[0] in people.given_names or parts[0] in people.pinyin_surnames)
