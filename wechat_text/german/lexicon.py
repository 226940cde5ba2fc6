"""Word lists, read once from the TOML files in `data/`.

Each file names its source in its head.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Lower-case abbreviations without their final stop, and words that help to judge a stop."""

    never: frozenset[str]
    sometimes: frozenset[str]
    spaced_never: tuple[str, ...]
    spaced_sometimes: tuple[str, ...]
    starters: frozenset[str]
    months: frozenset[str]
    determiners: frozenset[str]
    glued: frozenset[str]


@dataclass(frozen=True, slots=True)
class People:
    """Words that name, describe or rank persons and bodies of persons.

    Attributes:
        given_names: name → "m", "f" or "" where it is used for both.
        pinyin_surnames: Chinese family names in Pinyin, capitalised.
        titles: that stand before a name and belong to it (``Dr.``, ``Professor``, ``von``).
        particles: of surnames (``von``, ``de``, ``van``, ``al``).
        roles: nouns for persons by what they do or are, nominative singular.
        role_endings: compounds that end so are roles.
        female: roles of female gender that do not end in -in.
        organisations: heads of bodies that speak (``Ministerium``), nominative singular.
        organisation_endings: compounds that end so are organisations.
        groups: plural or collective nouns for people (``Leute``, ``Anwohner``).
        pseudonym: words that mark a name in brackets as invented.
    """

    given_names: Mapping[str, str]
    pinyin_surnames: frozenset[str]
    titles: frozenset[str]
    particles: frozenset[str]
    roles: Mapping[str, str]
    role_endings: tuple[str, ...]
    organisations: Mapping[str, str]
    organisation_endings: Mapping[str, str]
    groups: frozenset[str]
    pseudonym: frozenset[str]


@cache
def abbreviations() -> Abbreviations:
    """Abbreviations and what stands around a full stop."""
    data = _read("abbreviations")
    never, sometimes = data["never"], data["sometimes"]
    return Abbreviations(
        never=frozenset(never),
        sometimes=frozenset(sometimes),
        spaced_never=tuple(a for a in never if "." in a),
        spaced_sometimes=tuple(a for a in sometimes if "." in a),
        starters=frozenset(data["starters"]),
        months=frozenset(data["months"]),
        determiners=frozenset(data["determiners"]),
        glued=frozenset(data["glued"]),
    )


@cache
def speech_nouns() -> Mapping[str, float]:
    """Nouns for what is said or written (``Aussage``, ``Worte``) → strength as for verbs."""
    data = _read("speech_nouns")
    return {noun: strength for level, strength in data["strength"].items() for noun in data[level]}


@cache
def title_nouns() -> frozenset[str]:
    """Nouns before marks that hold a title, name or term rather than speech (``Film``, ``Motto``)."""
    return frozenset(_read("speech_nouns")["titled"])


@cache
def people() -> People:
    """Words for persons and bodies of persons."""
    data = _read("people")
    names = {
        n: g for g, group in (("m", "male"), ("f", "female"), ("", "either")) for n in data[group].split()
    }
    roles = dict.fromkeys(data["roles_m"].split(), "m") | dict.fromkeys(data["roles_f"].split(), "f")
    roles |= dict.fromkeys(data["roles_any"].split(), "")
    return People(
        given_names=names,
        pinyin_surnames=frozenset(data["pinyin"].split()),
        titles=frozenset(data["titles"].split()),
        particles=frozenset(data["particles"].split()),
        roles=roles,
        role_endings=tuple(data["role_endings"].split()),
        organisations={n: g for g in "mfn" for n in data[f"organisations_{g}"].split()},
        organisation_endings={n: g for g in "mfn" for n in data[f"organisation_endings_{g}"].split()},
        groups=frozenset(data["groups"].split()),
        pseudonym=frozenset(data["pseudonym"].split()),
    )


@lru_cache(20_000)
def role(lemma: str) -> str | None:
    """Gender of a noun for a person ("" for either), or None."""
    known = people()
    word = lemma.rpartition("-")[2]
    word = word[:1].upper() + word[1:]
    for candidate in (lemma, word):
        if candidate in known.roles:
            return known.roles[candidate]
        if candidate.endswith("in") and candidate[:-2] in known.roles:
            return "f"
        if candidate.endswith(("r", "n")) and candidate[:-1] in known.roles:
            return known.roles[candidate[:-1]]
    ending = next((e for e in known.role_endings if lemma.lower().endswith(e.lower())), None)
    if ending is None:
        return None
    return "f" if lemma.endswith("in") else "m"


@lru_cache(20_000)
def organisation(lemma: str) -> str | None:
    """Gender of a noun for a body that speaks, or None; compounds count with their last part."""
    known = people()
    if lemma in known.organisations:
        return known.organisations[lemma]
    word = lemma.rpartition("-")[2]
    if word[:1].upper() + word[1:] in known.organisations:
        return known.organisations[word[:1].upper() + word[1:]]
    return next((g for e, g in known.organisation_endings.items() if lemma.lower().endswith(e.lower())), None)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"data/{name}.toml").read_text(encoding="utf-8"))
