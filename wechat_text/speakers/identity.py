"""Identity: which mentions are one person or body, and what to call them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from wechat_text.document import Span, Speaker, SpeakerKind
from wechat_text.german import lexicon
from wechat_text.speakers.mentions import Mention

_ADDRESSING = frozenset({"Herr", "Herrn", "Frau", "Fräulein"})
_ARTICLES = frozenset(
    (
        *("der", "die", "das", "den", "dem", "des", "ein", "eine", "einer", "einem", "einen", "eines"),
        *("dieser", "diese", "dieses", "sein", "seine", "ihr", "ihre"),
    )
)
_REFERRING = frozenset(
    [
        "oben",
        "erwähnte",
        "erwähnter",
        "erwähnten",
        "genannte",
        "genannter",
        "genannten",
        "besagte",
        "besagter",
    ]
)
_PRONOUN_REACH = 3


@dataclass(slots=True)
class Entity:
    """Mentions taken for one and the same."""

    mentions: list[Mention] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The fullest proper name, or ""."""
        return max((m.name for m in self.mentions), key=len, default="")

    @property
    def heads(self) -> set[str]:
        """Base forms of the nouns that describe it, lower case."""
        return {m.head.lower() for m in self.mentions if m.head}

    def add(self, mention: Mention) -> None:
        """Take `mention` as another one of the same."""
        self.mentions.append(mention)

    def agrees(self, mention: Mention) -> bool:
        """Whether gender and number of a pronoun fit."""
        genders = {m.gender for m in self.mentions} - {""}
        if any(m.plural for m in self.mentions) != mention.plural and not self.is_collective:
            return False
        return not mention.gender or not genders or mention.gender in genders

    @property
    def is_collective(self) -> bool:
        """A body that may be spoken of as one or as many."""
        return any(m.kind in ("organisation", "group") for m in self.mentions)


def resolve(text: str, mentions: Sequence[Mention], spoken: Sequence[Span] = ()) -> dict[Span, Entity]:
    """Group mentions; a pronoun that finds nobody stands in no group.

    Args:
        text: of the document.
        mentions: all of them, in order.
        spoken: direct quotations, in order; whoever is named only inside one is no antecedent outside.
    """
    starts = [span.start for span in spoken]
    entities: list[Entity] = []
    by_word: dict[str, list[Entity]] = {}
    found: dict[Span, Entity] = {}
    appositions = _appositions(text, mentions)
    for mention in mentions:
        partner = appositions.get(mention.span)
        entity = found.get(partner) if partner else None
        if entity is None and mention.kind == "pronoun":
            entity = _antecedent(mention, entities)
            if entity is None:
                continue
        elif entity is None:
            entity = _same(mention, by_word)
        if entity is None:
            entity = Entity()
        entity.add(mention)
        at = bisect_right(starts, mention.span.start) - 1
        if at < 0 or not spoken[at].contains(mention.span):
            entities.append(entity)  # the last one spoken of stands last
        for word in _keys(mention):
            known = by_word.setdefault(word, [])
            if entity not in known:
                known.append(entity)
        found[mention.span] = entity
    return found


def speakers(
    text: str, quoted: Mapping[str, Mention], entities: Mapping[Span, Entity]
) -> tuple[dict[str, str], tuple[Speaker, ...]]:
    """Speaker ids by quote id, and the speakers in order of their first mention."""
    order: list[Entity] = []
    for mention in quoted.values():
        entity = entities.get(mention.span)
        if entity is not None and not any(e is entity for e in order):
            order.append(entity)
    order.sort(key=lambda e: e.mentions[0].span.start)
    ids = {id(entity): f"s{n}" for n, entity in enumerate(order, 1)}
    by_quote = {q: ids[id(entities[m.span])] for q, m in quoted.items() if m.span in entities}
    return by_quote, tuple(_speaker(text, ids[id(e)], e) for e in order)


def _same(mention: Mention, by_word: Mapping[str, list[Entity]]) -> Entity | None:
    """The entity named or described before that `mention` names or describes again."""
    if mention.name:
        full = mention.name.lower()
        for word in _keys(mention):
            for entity in reversed(by_word.get(word, ())):
                known = entity.name.lower()
                if known and (known == full or (" " not in full and full in known.split())):
                    return entity
                if known and " " not in known and known in full.split():
                    return entity
        return None
    if mention.indefinite or mention.kind == "group":
        return None
    for word in _keys(mention):
        if by_word.get(word):
            return by_word[word][-1]
    return None


def _keys(mention: Mention) -> list[str]:
    """What a mention is found again by: parts of its name, its noun and that noun's last part."""
    if mention.name:
        parts = [p.lower() for p in mention.name.split()]
        return parts + ([mention.head.lower()] if mention.head else [])
    head = mention.head.lower()
    tail = max((head[i:] for i in range(len(head)) if head[i:] in _role_words()), key=len, default="")
    return [k for k in dict.fromkeys((head, tail)) if k]


@cache
def _role_words() -> frozenset[str]:
    people = lexicon.people()
    return frozenset(w.lower() for w in (*people.roles, *people.organisations))


def _antecedent(pronoun: Mention, entities: Sequence[Entity]) -> Entity | None:
    """The entity spoken of last, not too far away, that agrees with the pronoun."""
    fallback = None
    for entity in reversed(entities[-12:]):
        last = entity.mentions[-1]
        if pronoun.sentence - last.sentence > _PRONOUN_REACH:
            break
        if not entity.agrees(pronoun) or last.span.start > pronoun.span.start:
            continue
        if any(m.kind in ("name", "role") for m in entity.mentions):
            return entity
        fallback = fallback or entity
    return fallback


def _appositions(text: str, mentions: Sequence[Mention]) -> dict[Span, Span]:
    """Later mention → earlier one that it stands in apposition to: ``Wu Ke, ein Händler aus Shanghai,``."""
    found = {}
    for first, second in pairwise(mentions):
        between = text[first.span.end : second.span.start]
        closed = text[second.span.end : second.span.end + 1] in (",", ".", ":", ")", "–", "")
        if between.strip() != "," or not closed or first.sentence != second.sentence:
            continue
        named_first = first.name and second.head and not second.name
        named_second = first.head and not first.name and second.name
        if named_first or named_second:
            found[second.span] = first.span
    return found


def _speaker(text: str, identity: str, entity: Entity) -> Speaker:
    first = entity.mentions[0]
    described = [
        m
        for m in entity.mentions
        if m.head and entity.name and not _REFERRING & set(m.span.of(text).lower().split())
    ]
    description = next(filter(None, (_described(text, m, entity.name) for m in described)), None)
    return Speaker(
        id=identity,
        name=entity.name or _without_article(first.span.of(text)),
        kind=_kind(entity),
        mentions=tuple(m.span for m in entity.mentions),
        description=description,
    )


def _kind(entity: Entity) -> SpeakerKind:
    kinds = [m.kind for m in entity.mentions]
    if "name" in kinds or "role" in kinds:
        return "person"
    if "organisation" in kinds:
        return "organisation"
    return "group" if "group" in kinds else "unknown"


def _described(text: str, mention: Mention, name: str) -> str:
    """A mention's words without the name in them and the titles and forms of address before it."""
    words = mention.span.of(text)
    if name:
        words = words.split(mention.name)[0] if mention.name else words
    parts, people = words.split(), lexicon.people()
    while parts and (parts[-1] in _ADDRESSING or (parts[-1][-1] == "." and parts[-1] in people.titles)):
        parts.pop()
    if all(part.lower() in _ARTICLES for part in parts):
        return ""
    return " ".join(parts).strip(" ,")


def _without_article(words: str) -> str:
    parts = words.split()
    while len(parts) > 1 and (parts[0].lower() in _ARTICLES or parts[0].lower() in _REFERRING):
        parts.pop(0)
    return " ".join(parts)
