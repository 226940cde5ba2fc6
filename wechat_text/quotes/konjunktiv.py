"""The Konjunktiv, which German news uses to say: these are somebody else's words.

Told by endings and closed lists (Duden grammar, chapter on mood); taggers leave it out.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from wechat_text.quotes import grammar

if TYPE_CHECKING:
    from wechat_text.german.tagging import Token

FIRST_ONLY = frozenset({"sei", "seien", "seist", "seiet"})

SINGULAR_ONLY = tuple(sorted(grammar.words("konjunktiv_ii_singular_only")))
"""Stems whose preterite and Konjunktiv II differ by the ending -e of the singular alone."""

STRONG_SECOND = tuple(sorted(grammar.words("konjunktiv_ii") - set(SINGULAR_ONLY)))
"""Other stems of the Konjunktiv II of strong verbs; a prefix may stand before them (bekäme, entspräche)."""

MODAL_SECOND = frozenset({"könnt", "müsst", "müßt", "dürft", "möcht"})
"""Also used for the writer's own guesses, so they show less."""


class Mood(IntEnum):
    """How strongly a finite verb marks somebody else's words."""

    INDICATIVE = 0
    GUESS = 1
    SECOND = 2
    FIRST = 3


def mood(token: Token) -> Mood:
    """The mood of a finite verb; anything else is `INDICATIVE`."""
    if not token.pos.endswith("FIN"):
        return Mood.INDICATIVE
    word = token.text.lower()
    if word in FIRST_ONLY:
        return Mood.FIRST
    if word in ("würde", "würden"):
        return Mood.SECOND
    if word.endswith("e") and _is_first(word, token.lemma.lower()):
        return Mood.FIRST
    for ending in ("e", "en"):
        if word.endswith(ending):
            stem = word[: -len(ending)]
            if stem in MODAL_SECOND:
                return Mood.GUESS
            if stem.endswith(STRONG_SECOND) or (ending == "e" and stem.endswith(SINGULAR_ONLY)):
                return Mood.SECOND
    return Mood.INDICATIVE


def _is_first(word: str, lemma: str) -> bool:
    """`er gehe`: the infinitive without its n; in the plural it does not differ from the indicative."""
    if lemma.endswith(("eln", "ern")):
        return word in (lemma[:-1] + "e", lemma[:-3] + lemma[-2] + "e")
    return lemma.endswith("en") and word == lemma[:-1]
