"""Quotation marks of any style in a text, paired.

The model may write another style than its target language's, copy the German one, or forget one mark of
a pair; so every style is read, and what finds no partner is told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from wechat_text.document import Span

CLOSERS = {
    "„": '“”"‟',
    "“": '”"',
    "‟": '”"',
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
    "‚": "‘’'",
    "‘": "’'",
    "「": "」",
    "『": "』",
    "〝": "〞〟",
    '"': '"”“',
    "＂": "＂",
    "'": "'’",
}
"""Each opening mark with the marks that may close it, the proper one first."""

SIGNS = frozenset(CLOSERS) | frozenset("”’」』〞〟")
"""Every character that can be a quotation mark."""

STYLES = {"de": ("„“", "‚‘"), "en": ("“”", "‘’"), "zh": ("“”", "‘’")}
"""Outer and inner marks by language."""

_APOSTROPHES = frozenset("'’‘")


@dataclass(frozen=True, slots=True)
class Marks:
    """The quotation marks of a text.

    Attributes:
        pairs: from each opening mark to its closing one, both included, in order of their start.
        openers: offsets of opening marks without a partner.
        closers: offsets of closing marks without a partner.
    """

    pairs: tuple[Span, ...]
    openers: tuple[int, ...] = ()
    closers: tuple[int, ...] = ()


def find_marks(text: str) -> Marks:
    """Pair the quotation marks of `text`; apostrophes are left alone."""
    open_: list[int] = []
    pairs: list[Span] = []
    openers: list[int] = []
    closers: list[int] = []
    for at, sign in enumerate(text):
        if sign not in SIGNS or (sign in _APOSTROPHES and _is_apostrophe(text, at)):
            continue
        partner = _partner(text, open_, at)
        if partner is not None:
            openers += open_[partner + 1 :]
            pairs.append(Span(open_[partner], at + 1))
            del open_[partner:]
        elif sign in CLOSERS and not (sign == "“" and _looks_closing(text, at) and sign in _styles(text, at)):
            open_.append(at)
        elif sign not in _APOSTROPHES:
            closers.append(at)
    # an apostrophe that opened nothing was none: „'s ist gut“
    openers += [at for at in open_ if text[at] not in _APOSTROPHES]
    return Marks(tuple(sorted(pairs)), tuple(sorted(openers)), tuple(closers))


def counterpart(sign: str) -> str:
    """The mark that properly closes `sign`, or opens what `sign` closes."""
    if sign in CLOSERS and sign not in "“»›":
        return CLOSERS[sign][0]
    return {"“": "”", "”": "“", "»": "«", "«": "»", "›": "‹", "’": "‘", "」": "「", "』": "『"}.get(
        sign, sign
    )


def _partner(text: str, open_: list[int], at: int) -> int | None:
    """Index in `open_` of the mark that the one at `at` closes."""
    sign = text[at]
    for index in range(len(open_) - 1, -1, -1):
        opening = text[open_[index]]
        if sign not in CLOSERS[opening]:
            continue
        # a typewriter mark before a word and after a blank opens a nested or a new quotation
        if sign == opening and _looks_opening(text, at):
            return None
        return index
    return None


def _looks_opening(text: str, at: int) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    return (before.isspace() or before in "([（") and not after.isspace()


def _looks_closing(text: str, at: int) -> bool:
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    return not before.isspace() and not after.isalnum()


def _styles(text: str, at: int) -> str:
    """Marks that this text uses to close, judged by a German opening one before `at`."""
    return "“" if "„" in text[:at] else ""


def _is_apostrophe(text: str, at: int) -> bool:
    """Between letters, or after one where no single mark can be closing."""
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    return before.isalnum() and after.isalnum() and before.isascii() == after.isascii() and before.isascii()
