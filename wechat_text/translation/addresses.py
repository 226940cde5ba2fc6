"""Addresses of the net, handles and hashtags: kept letter by letter.

A model garbles an address, and often what stands around it; a short name in capitals it copies. So the
model reads a stand-in, and the address takes its place in the translation.
"""

from __future__ import annotations

import re

_CJK = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef"
_WORD = rf"[^\W{_CJK}]"
_NEXT = rf"[^\s<>„“”\"«»{_CJK}]"
_LAST = rf"[^\s<>„“”\"«».,;:!?)\]'’{_CJK}]"
ADDRESS = re.compile(
    rf"(?<!{_WORD})(?:https?://|www\.){_NEXT}*{_LAST}"
    rf"|(?<!{_WORD})(?<![.+-])(?:{_WORD}|[.+-])+@(?:{_WORD}|-)+(?:\.(?:{_WORD}|-)+)+"
    rf"|(?<!{_WORD})(?<![@./-])(?:[a-zA-Z0-9-]+\.)+(?:com|org|net|de|at|ch|eu|info|gov|edu|io|cn|uk|tv)(?!{_WORD})"
    rf"(?:/(?:{_NEXT}*{_LAST})?)?"
    rf"|(?<!{_WORD})[@#](?:(?!\d){_WORD}+|[\u3400-\u9fff]+)"
)
"""Web and mail addresses, bare host names, @handles and #hashtags, without a sign that ends the sentence.

Chinese may follow, and go before, without a blank.
"""

STAND_INS = ("ABC", "XQ", "XTC", "ABX", "XYZ", "KLM", "PQR")
"""What a model reads instead; names that the starter model copies in at least eight of ten sentences."""


def stand_ins(text: str) -> dict[re.Match[str], str]:
    """The addresses in `text`, each with a stand-in that `text` does not hold; equal ones have the same.

    Addresses for which none is left are not in it.
    """
    free = iter([name for name in STAND_INS if name not in text])
    names: dict[str, str] = {}
    found = {}
    for match in ADDRESS.finditer(text):
        name = names.get(match[0]) or next(free, None)
        if name:
            found[match] = names[match[0]] = name
    return found


def mask(text: str) -> str:
    """`text` as a model reads it."""
    for match, name in reversed(stand_ins(text).items()):
        text = text[: match.start()] + name + text[match.end() :]
    return text


def without(text: str, source: str) -> str:
    """`text`, a text or its translation, without the addresses of `source`."""
    for address in sorted({match[0] for match in ADDRESS.finditer(source)}, key=len, reverse=True):
        text = text.replace(address, "")
    return text


def lost(source: str, target: str) -> list[str]:
    """The addresses of `source` that `target` lacks."""
    return [match[0] for match in ADDRESS.finditer(source) if match[0] not in target]
