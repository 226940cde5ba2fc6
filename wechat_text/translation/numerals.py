"""German numerals in one word, as figures: *einundzwanzig* is 21, *zweieinhalb* is 2,5.

Small models copy figures, but read a long numeral piece by piece and lose one of its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wechat_text.document import Span

_SIMPLE = {
    "ein": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15,
    "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19, "zwanzig": 20, "dreißig": 30,
    "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_WORD = re.compile(r"(?<![\w-])[^\W\d_]{0,70}(?:und|hundert|tausend|halb)[^\W\d_]{0,70}(?![\w-])")
"""What may be one: the longest below a million has 76 letters. A word without end is none."""


def figures(text: str) -> Iterator[tuple[Span, str]]:
    """Where `text` has a numeral of several parts, and its figures with German decimal and thousands signs.

    *Zwanzig* and *dreitausend* stay words, as people write them; so do ordinals and parts of longer words.
    """
    for match in _WORD.finditer(text):
        word = match[0].lower()
        if word.endswith("halb"):
            whole = 1 if word == "anderthalb" else _value(word.removesuffix("einhalb"))
            if whole:
                yield Span(*match.span()), f"{whole},5"
        elif (value := _value(word)) and value % 100:
            yield Span(*match.span()), f"{value:,}".replace(",", ".") if value >= 10_000 else str(value)


def _value(word: str) -> int | None:
    """The number that a whole word names, below a million; None for any other word."""
    if word in _SIMPLE:
        return _SIMPLE[word]
    for unit, most, name in ((1000, 1000, "tausend"), (100, 20, "hundert")):
        before, found, after = word.partition(name)
        if found:
            many = _value(before) if before else 1
            rest = _value(after.removeprefix("und")) if after else 0
            if many is None or rest is None or many >= most or rest >= unit:
                return None
            return many * unit + rest
    one, _, ten = word.partition("und")
    ones, tens = _SIMPLE.get(one, 0), _SIMPLE.get(ten, 0)
    return tens + ones if 0 < ones < 10 and tens >= 20 else None
