"""Persons' names put back as the article spells them, where the translation garbled them.

A small model spells a name that it has hardly ever seen piece by piece, and not always right (*Filp* for
*Filep*, *Ye Xi* for *Zhang Xi*). The word links tell what stands for it. Only what is surely a wrong spelling
makes room: a name in another script or in its English form (*Vladimir* for *Wladimir*) stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import dropwhile, pairwise
from typing import NamedTuple

from wechat_text.alignment.links import rewritten, words
from wechat_text.alignment.names import persons
from wechat_text.document import Document, Segment, Span, Translation
from wechat_text.german.lexicon import people
from wechat_text.german.tagging import tag
from wechat_text.rewriting import Edit, Rewriting

_LEAST = 0.3
"""Least weight of the link of a word that makes room."""

_ALIKE = 0.8
"""Ratio of common characters from which two words in Latin letters are spellings of one name."""

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OWNER = re.compile(r"['’]s?$")
_BETWEEN = frozenset({"", " ", "·", "-"})

_ENGLISH = {
    "tsch": "ch", "sch": "sh", "yj": "y", "j": "y", "w": "v", "k": "c", "z": "ts", "th": "t",
    "ä": "a", "ö": "o", "ü": "u", "ß": "ss", "ae": "a", "oe": "o", "ue": "u",
}  # fmt: skip
"""What German letters become where English spells the same names."""


def restore_names(document: Document, translation: Translation) -> Translation:
    """Put names right: those of speakers, and every common given name with the surname behind it.

    Every offset of the result refers to its own text.

    Args:
        document: with its speakers.
        translation: of its text, with links; its quotes are located afterwards. What no model wrote stays.
    """
    mentions = (m for m in (*_of_speakers(document), *_full_names(document.text)) if m.certain)
    edits: list[Edit] = []
    for segment, inside in _by_segment(translation, mentions):
        if segment.score is not None:
            edits += _edits(document.text, translation, segment, inside)
    if not edits:
        return translation
    rewriting = Rewriting(translation.text, edits)
    segments = tuple(rewritten(segment, rewriting) for segment in translation.segments)
    return replace(translation, text=rewriting.after, segments=segments)


def changed_names(document: Document, translation: Translation) -> dict[str, tuple[int, int]]:
    """In how many sentences with the name of a speaker a word of it is missing, and of how many.

    Only names that are missing somewhere; a name is looked for as far as the article writes it there, an
    uncertain one by its last word.
    """
    sentences: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for segment, inside in _by_segment(translation, _of_speakers(document)):
        target = segment.target.of(translation.text).casefold()
        sentences.update({mention.name for mention in inside})
        changed.update(
            {
                mention.name
                for mention in inside
                if any(part.of(document.text).casefold() not in target for part in mention.parts)
            }
        )
    return {name: (count, sentences[name]) for name, count in changed.items()}


class _Mention(NamedTuple):
    """Where the article names somebody, the words there that are of the name, and the full name.

    A name is uncertain where the tagger takes all of it for common nouns (*Fischer*, *Vereinte Nationen*).
    """

    span: Span
    parts: tuple[Span, ...]
    name: str
    certain: bool = True


def _of_speakers(document: Document) -> Iterator[_Mention]:
    for person in persons(document):
        proper = _proper(person.name)
        name = proper or frozenset(person.name.split()[-1:])
        for span in person.mentions:
            tokens = (word.shift(span.start) for word in words(span.of(document.text)))
            if parts := tuple(token for token in tokens if token.of(document.text) in name):
                yield _Mention(span, parts, person.name, bool(proper))


def _by_segment(
    translation: Translation, mentions: Iterable[_Mention]
) -> Iterator[tuple[Segment, list[_Mention]]]:
    """The segments with mentions, each with its own in order; of those at one place the longest first."""
    ordered = sorted(mentions, key=lambda mention: (mention.span.start, -mention.span.end))
    starts = [mention.span.start for mention in ordered]
    for segment in translation.segments:
        low, high = (bisect_left(starts, at) for at in segment.source)
        if inside := [m for m in ordered[low:high] if segment.source.contains(m.span)]:
            yield segment, inside


def _proper(name: str) -> frozenset[str]:
    """The words of a name without particles and without what goes before (*Vereinschef* Corny Littmann)."""
    own = dropwhile(lambda token: token.pos != "NE", tag(name, [Span(0, len(name))]))
    return frozenset(token.text for token in own if token.text.lower() not in people().particles)


def _full_names(text: str) -> Iterator[_Mention]:
    """Each common given name and the word with a capital behind it."""
    for first, second in pairwise(words(text)):
        surname = second.of(text)
        if (
            first.of(text) in people().given_names
            and text[first.end : second.start] == " "
            and surname[0].isupper()
            and surname[1:2].islower()
        ):
            span = Span(first.start, second.end)
            yield _Mention(span, (first, second), span.of(text))


def _edits(
    source: str, translation: Translation, segment: Segment, mentions: Iterable[_Mention]
) -> Iterator[Edit]:
    target = translation.text
    owners = _owners(segment)
    written = {_bare(word.of(segment.target.of(target))) for word in words(segment.target.of(target))}
    taken = [use.target for use in segment.terms if use.target]
    for _, parts, *_ in mentions:
        missing = {part for part in parts if not _stands(part.of(source), written)}
        lost = missing.difference(owners.values())
        spelt = {owner for word, owner in owners.items() if _LATIN.search(word.of(target))}
        spelt |= {part for part in parts if part.of(source) in people().pinyin_surnames}
        found = [word for word, owner in owners.items() if owner in spelt.intersection(parts)]
        for run in _runs(target, found):
            room = Span(run[0].start, run[-1].end)
            seen = {owners[word] for word in run}
            kept = {_bare(part.of(source)) for part in seen - missing}
            if (
                missing.isdisjoint(seen)
                or not kept <= {_bare(word.of(target)) for word in run}
                or not _LATIN.search(room.of(target))
                or any(room.overlaps(other) for other in taken)
            ):
                continue
            if translation.language != "zh" and not _slips(source, target, run, owners):
                continue
            meant = sorted(seen | lost)
            if [owners[word] for word in run] == meant:
                yield from (_edit(target, w, p.of(source)) for w, p in zip(run, meant, strict=True))
            else:
                yield _edit(target, room, " ".join(part.of(source) for part in meant))
            taken.append(room)
            lost = set()


def _owners(segment: Segment) -> Mapping[Span, Span]:
    """For each target word the source word that it is linked to most."""
    strongest: dict[Span, tuple[float, Span]] = {}
    for link in segment.links:
        if link.weight >= _LEAST:
            strongest[link.target] = max(
                strongest.get(link.target, (0.0, link.source)), (link.weight, link.source)
            )
    return {word: source for word, (_, source) in sorted(strongest.items())}


def _runs(text: str, found: Sequence[Span]) -> Iterator[list[Span]]:
    """Words that stand side by side."""
    run: list[Span] = []
    for word in found:
        if run and text[run[-1].end : word.start] not in _BETWEEN:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _slips(source: str, target: str, run: Sequence[Span], owners: Mapping[Span, Span]) -> bool:
    """Whether each word of the run is its name or a wrong spelling of it, and no other form."""
    if len({owners[word] for word in run}) < len(run):
        return False
    pairs = [(_bare(word.of(target)), _bare(owners[word].of(source))) for word in run]
    return all(
        SequenceMatcher(None, a, b, autojunk=False).ratio() >= _ALIKE
        and _apart(a, b) <= _apart(_english(a), _english(b))
        for a, b in pairs
    )


def _apart(a: str, b: str) -> int:
    """Characters of either that the other lacks."""
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return len(a) + len(b) - 2 * sum(block.size for block in blocks)


def _english(name: str) -> str:
    for german, english in _ENGLISH.items():
        name = name.replace(german, english)
    return name


def _bare(word: str) -> str:
    """In small letters and without an owner's -’s."""
    return _OWNER.sub("", word).replace("’", "'").casefold()


def _stands(name: str, written: AbstractSet[str]) -> bool:
    """Whether a word of a name is written: as it is, without the -s of a German genitive, or in parts."""
    bare = _bare(name)
    return bare in written or bare.removesuffix("s") in written or written >= set(bare.split("-"))


def _edit(text: str, room: Span, name: str) -> Edit:
    """The name as it fits its place: with an owner's -’s, and blanks beside Latin letters and digits."""
    owner = _OWNER.search(room.of(text))
    before, after = text[room.start - 1 : room.start], text[room.end : room.end + 1]
    parts = (
        " " if before.isascii() and before.isalnum() else "",
        name,
        owner[0] if owner else "",
        " " if after.isascii() and after.isalnum() else "",
    )
    return Edit(*room, "".join(parts))
