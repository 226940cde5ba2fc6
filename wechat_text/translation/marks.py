"""Double quotation marks of any style in a short text: which open, which close, which belong together."""

from __future__ import annotations

from typing import NamedTuple

DOUBLE = frozenset('„“”‟"»«＂「」『』〝〞')
"""Every mark that stands for a double one."""

_ALWAYS_OPEN = frozenset("„「『〝")
_ALWAYS_CLOSE = frozenset("」』〞")
_BEFORE_OPENING = frozenset("([{–—-/:：，（《„»«‚‘›‹'\"")


class Mark(NamedTuple):
    """A double mark: where it is, whether it opens, how deep it lies, where its partner is (None: alone)."""

    at: int
    opens: bool
    depth: int
    partner: int | None


def double_marks(text: str) -> tuple[Mark, ...]:
    """The double quotation marks of `text` in order, each with its partner. Depth 0 is outermost."""
    found: list[Mark] = []
    stack: list[int] = []
    for at, character in enumerate(text):
        if character not in DOUBLE:
            continue
        if _opens(text, at, bool(stack)):
            found.append(Mark(at, True, len(stack), None))
            stack.append(len(found) - 1)
        elif stack:
            opener = stack.pop()
            found[opener] = found[opener]._replace(partner=at)
            found.append(Mark(at, False, len(stack), found[opener].at))
        else:
            found.append(Mark(at, False, 0, None))
    return tuple(found)


def _opens(text: str, at: int, inside: bool) -> bool:
    """An opening mark leans on the word after it, a closing one on what comes before it."""
    mark = text[at]
    if mark in _ALWAYS_OPEN:
        return True
    if mark in _ALWAYS_CLOSE:
        return False
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    if mark == "”" and inside:
        return False
    leans_right = not after.isspace() and after not in ",.;:!?，。；：！？)]）"
    if before.isspace() or before in _BEFORE_OPENING:
        # a mark between two blanks closes what is open: « mot »
        return leans_right or not inside
    # Chinese text sets no blank before an opening mark
    return not inside and leans_right and not before.isascii() and before.isalpha() and after.isalpha()
