"""A glossary: German terms and what they are called in other languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from wechat_text.errors import GlossaryError

if TYPE_CHECKING:
    from wechat_text.translation.glossary.matching import Matcher

SOURCE = "de"
"""The language whose inflection is known, so that of every glossary's source."""


@dataclass(frozen=True, slots=True)
class Term:
    """A noun, name or noun phrase that is always translated in one way.

    Attributes:
        source: the German term in its base form, and other forms or synonyms of it.
        targets: by ISO 639 code the forms that are right there. The first is set where the model wrote
            none of them; in English the second one where the noun is in the plural.
        keep: never translated: the first source form is wanted in every language.
        case: matched with exactly these capitals.
        compounds: also sought as the last part of a longer word, where it is checked but never set.
    """

    source: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep: bool = False
    case: bool = False
    compounds: bool = False

    def forms(self, language: str) -> tuple[str, ...]:
        """The right forms in `language`; empty when the glossary says nothing about it."""
        return self.source[:1] if self.keep else self.targets.get(language, ())


class Glossary:
    """The terms of one file or several.

    Attributes:
        terms: without repetition.
        name: the names of its files.
    """

    def __init__(self, terms: Iterable[Term], name: str = "") -> None:
        """A later term takes the place of an earlier one with the same first source form."""
        self.terms = tuple({term.source[0]: term for term in terms}.values())
        self.name = name

    @classmethod
    def load(cls, *files: str | PathLike[str]) -> Glossary:
        """Read TOML, CSV or TBX, told apart by the name's ending; later files win over earlier ones.

        Raises:
            GlossaryError: a file is missing, of another format, or has a mistake in it.
        """
        from wechat_text.translation.glossary.reading import read_terms

        paths = [Path(file) for file in files]
        if not paths:
            raise GlossaryError("no glossary file given")
        return cls([term for path in paths for term in read_terms(path)], ", ".join(p.name for p in paths))

    def matcher(self, source: str, target: str) -> Matcher:
        """What finds the terms that have a form in `target`.

        Raises:
            GlossaryError: the texts are not German.
        """
        from wechat_text.translation.glossary.matching import Matcher

        if source != SOURCE:
            raise GlossaryError(f"a glossary is for German texts, and these are in {source!r}")
        return Matcher(term for term in self.terms if term.forms(target))

    def __len__(self) -> int:
        return len(self.terms)
