"""The lexicon of reporting words in `reporting.toml`, made ready for look-up."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Reporting:
    """What one reporting verb or phrase governs.

    Attributes:
        words: it counts only together with one word of each set in its clause.
        trust: by kind of complement (`dass`, `question`, `v2`, `zu`, `inquit`, `object`), how surely
            it reports speech or thought, in [0, 1].
    """

    words: tuple[frozenset[str], ...]
    trust: dict[str, float]


class SpeechVerb(NamedTuple):
    """A verb that can introduce direct speech.

    Attributes:
        lemma: infinitive, particle joined.
        strength: how surely it does: 1 (``sagen``), about .7 (``meinen``), about .3 (``lachen``).
        dative: whether the person spoken to stands in the dative.
    """

    lemma: str
    strength: float
    dative: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Reporting verbs by infinitive (particle joined), and the reporting nouns."""

    speech: dict[str, SpeechVerb]
    verbs: dict[str, tuple[Reporting, ...]]
    particles: frozenset[str]
    reflexive: frozenset[str]
    nouns: frozenset[str]
    sources: frozenset[str]
    opinions: frozenset[str]

    def is_noun(self, lemma: str) -> bool:
        """Whether a noun governs a clause with what was said; compounds count with their last part."""
        return _last_part(lemma, self.nouns)

    def is_source(self, lemma: str) -> bool:
        """Whether a noun names where something is known from."""
        return _last_part(lemma, self.sources)

    def is_opinion(self, lemma: str) -> bool:
        """Whether a source noun behind `nach` can only mean "as … says"."""
        return _last_part(lemma, self.opinions)


@cache
def load() -> Lexicon:
    """The lexicon shipped with the package."""
    data = tomllib.loads(files(__package__).joinpath("reporting.toml").read_text(encoding="utf-8"))
    plain: dict[str, dict[str, float]] = {}
    strengths: dict[str, float] = {}
    particles = set()
    for group in data["verbs"]:
        for word in group["words"]:
            particle, bar, _ = word.partition("|")
            if bar:
                particles.add(particle)
            verb = word.replace("|", "")
            for kind in group["takes"]:
                trusts = plain.setdefault(verb, {})
                trusts[kind] = max(trusts.get(kind, 0.0), group["trust"])
            if "direct" in group:
                strengths[verb] = max(strengths.get(verb, 0.0), group["direct"])
    verbs = {verb: [Reporting((), trusts)] for verb, trusts in plain.items()}
    dative = frozenset(data["dative"]["words"])
    for phrase in data["phrases"]:
        particle, bar, _ = phrase["verb"].partition("|")
        if bar:
            particles.add(particle)
        needed = tuple(frozenset(words) for words in phrase["words"])
        entry = Reporting(needed, dict.fromkeys(phrase["takes"], phrase["trust"]))
        verbs.setdefault(phrase["verb"].replace("|", ""), []).insert(0, entry)
    return Lexicon(
        speech={verb: SpeechVerb(verb, strength, verb in dative) for verb, strength in strengths.items()},
        verbs={verb: tuple(entries) for verb, entries in verbs.items()},
        particles=frozenset(particles),
        reflexive=_lower(data["reflexive"]["words"]),
        nouns=_lower(data["nouns"]["words"]),
        sources=_lower(data["sources"]["words"]) | _lower(data["opinions"]["words"]),
        opinions=_lower(data["opinions"]["words"]),
    )


def speech_verb(lemma: str, particle: str = "") -> SpeechVerb | None:
    """The verb of direct speech with this infinitive, or with this stem and separated particle."""
    return load().speech.get(particle.lower() + lemma.lower())


def _lower(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.lower().replace("ß", "ss") for word in words)


@cache
def _lengths(words: frozenset[str]) -> tuple[int, ...]:
    return tuple(sorted({len(word) for word in words}))


def _last_part(lemma: str, words: frozenset[str]) -> bool:
    lower = lemma.lower().replace("ß", "ss")  # the tagger's lemmas keep the old spelling `Beschluß`
    if lower in words:
        return True
    size = len(lower)
    return any(5 <= n <= size - 3 and lower[size - n :] in words for n in _lengths(words))
