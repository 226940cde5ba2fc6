"""What can be wrong with a translation, seen from source and target alone.

Each check is cheap and errs on the side of silence: what it reports is tried again with other settings
and, if it stays, told to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from wechat_text.translation.addresses import lost, without
from wechat_text.translation.marks import double_marks
from wechat_text.translation.negation import lost_negation

_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_FOREIGN = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af]+"
)
_NUMBER = re.compile(r"(?:\d{1,3}(?:[.,\u202f\u00a0' ]\d{3})+(?!\d)|\d+)(?:[.,]\d+)?")
_DATE_OR_TIME = re.compile(
    r"\b\d{1,2}\.\s?\d{1,2}\.|\b\d{1,2}(?:[.:]\d{2})?\s+Uhr\b|\b\d{1,2}:\d{2}\b"
    r"|\b\d{1,2}\.\d{2}\s?[ap]\.?m\b|\d{1,2}\s?[点时：]\s?\d{1,2}|\d+\s?(?:世纪|年代)|\b\d*0(?:er|s)\b"
)
_SCALED = re.compile(
    r"\s*(?:[Mm]illi|[Mm]io|[Mm]rd|[Tt]ausend|[Bb]illi|[Hh]undert|[Tt]housand|[Hh]undred|[千万亿])"
)
_COUNTED = re.compile(
    r"zehn|elf\b|zwölf|zwanzig|[zß]ig|dreissig|hundert|tausend|milli|mio\b|mrd\b|billi|dutzend|halb|hälfte|viertel|drittel"
    r"|teen|twelve|twent|thirt|fort|fift|sixt|sevent|eight|ninet|hundred|thousand|trilli|dozen|decade|half|quarter|third",
    re.IGNORECASE,
)
"""Words of a German or English source that its translation may give in figures …"""
_UNCOUNTED = re.compile(
    r"\b(?:zig|mehrere|einige|etliche|viele|several|many) ?"
    r"(?:hundert|tausend|milli|mio|mrd|hundred|thousand)\w*",
    re.IGNORECASE,
)
"""… but for these, which name no number."""
_NUMERALS = re.compile(r"[〇零一二两三四五六七八九十百千万亿]")
_REPEATED_WORDS = re.compile(r"(?<!\w)(\S+(?: \S+){0,7}?)(?:[ ,]+\1){2,}(?!\w)")
_REPEATED_CHARACTERS = re.compile(
    r"([\u3400-\u9fff，、“”·]{1,12}?)\1{3,}|([^\W\d_]{2,6}?)\2{3,}|(\S)\3{9,}|(\D{6,60}?)\4{2,}"
)

SEVERE = frozenset(
    {
        "the model wrote nothing",
        "the model did not come to an end",
        "much longer than the source",
        "much shorter than the source",
        "the same words over and over",
        "source words copied instead of translated",
    }
)
"""Faults that leave a translation of no use."""

UNTRANSLATED = "left untranslated: the model wrote nothing"
"""What a segment says whose source stands for a translation that was never written."""

LEFT_OUT = "words left out"
"""How the fault begins that the attention of a model tells of, not source and target alone."""

MOST_GROWTH = {"en": 3.0, "de": 3.0, "zh": 1.2}
"""How many target characters for one source character are still believable in a text of some length."""


def faults(source: str, target: str, language: str, *, finished: bool = True) -> tuple[str, ...]:
    """What is wrong with `target` as a translation of `source`, in words; empty when nothing is.

    Args:
        source: a segment with something to translate in it.
        target: its translation.
        language: ISO 639 code of the target.
        finished: whether the model itself ended the text.
    """
    if not target.strip():
        return ("the model wrote nothing",)
    found = [f"address lost: {', '.join(addresses[:3])}"] if (addresses := lost(source, target)) else []
    checks = (_runaway, _repetition, _copy, _unreadable, _script, _numbers, _negation)
    plain = without(source, source), without(target, source)
    found += [fault for check in checks for fault in check(*plain, language)]
    if not finished:
        found.insert(0, "the model did not come to an end")
    return tuple(found)


def badness(faults: Collection[str]) -> tuple[int, int]:
    """How many of the faults are severe, and how many there are: the less, the better."""
    return len((SEVERE | {UNTRANSLATED}).intersection(faults)), len(faults)


def of_little_use(faults: Collection[str]) -> bool:
    """Whether a segment had better be translated in smaller parts."""
    severe, _ = badness(faults)
    return severe > 0 or any(fault.startswith(LEFT_OUT) for fault in faults)


def _runaway(source: str, target: str, language: str) -> Iterator[str]:
    if len(target) > 40 + len(source) * MOST_GROWTH.get(language, 3.0):
        yield "much longer than the source"
    shortest = 0.12 if language == "zh" else 0.45
    if len(source) > 60 and len(target) < len(source) * shortest:
        yield "much shorter than the source"


def _repetition(source: str, target: str, language: str) -> Iterator[str]:
    patterns = (_REPEATED_CHARACTERS,) if language == "zh" else (_REPEATED_WORDS, _REPEATED_CHARACTERS)
    for pattern in patterns:
        written = _repeated(pattern, target)
        if written and written > 2 * _repeated(pattern, source):
            yield "the same words over and over"
            return


def _repeated(pattern: re.Pattern[str], text: str) -> int:
    """Length of the first repetition that is more than dots, dashes and blanks; 0 without one."""
    return next((len(m[0]) for m in pattern.finditer(text) if any(map(str.isalnum, m[0]))), 0)


def _copy(source: str, target: str, language: str) -> Iterator[str]:
    plain = [w for w in _WORD.findall(source) if w.islower() and len(w) > 2]
    if len(plain) < 3:
        return
    written = set(_WORD.findall(target))
    if sum(word in written for word in plain) > 0.6 * len(plain):
        yield "source words copied instead of translated"


def _unreadable(source: str, target: str, language: str) -> Iterator[str]:
    if "\ufffd" in target and "\ufffd" not in source:
        yield "a character that cannot be read"


def _script(source: str, target: str, language: str) -> Iterator[str]:
    foreign = [part for part in _FOREIGN.findall(target) if part not in source]
    if foreign or (language != "zh" and _HAN.search(target) and not _HAN.search(source)):
        yield "letters of another script"
    if language == "zh":
        known = {word.lower() for word in _WORD.findall(source)}
        latin = [w for w in re.findall(r"[A-Za-zÀ-ɏ]+", target) if w.islower() and len(w) > 2]
        if any(word not in known for word in latin) or (len(known) > 3 and not _HAN.search(target)):
            yield "Latin letters where Chinese is due"


def _numbers(source: str, target: str, language: str) -> Iterator[str]:
    in_words = language == "zh" and bool(_NUMERALS.search(target))  # large ones are counted in 万 and 亿
    lost = [
        number[0]
        for number, digits, scaled in _absent(source, target)
        if not (in_words and (scaled or len(digits) > 4))
    ]
    counted = _COUNTED.search(_UNCOUNTED.sub("", source))
    added = [] if counted else [number[0] for number, _, _ in _absent(target, source)]
    for name, numbers in (("number lost", lost), ("number that the source does not have", added)):
        if numbers:
            yield f"{name}: {', '.join(numbers[:3])}"


def _negation(source: str, target: str, language: str) -> Iterator[str]:
    if lost := lost_negation(source, target, language):
        yield f"negation lost: {lost}"


def _absent(text: str, other: str) -> Iterator[tuple[re.Match[str], str, bool]]:
    """The numbers of `text` that `other` lacks, with their digits and whether a word such as million follows.

    Small and round ones may be written in words there, and dates and times otherwise.
    """
    written = [(m[0], bool(_SCALED.match(other, m.end()))) for m in _NUMBER.finditer(other)]
    exempt = [m.span() for m in _DATE_OR_TIME.finditer(text)]
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        scaled = bool(_SCALED.match(text, match.end()))
        if int(digits) <= 12 or digits.lstrip("0") in ("100", "1000"):
            continue
        if any(start <= match.start() < end for start, end in exempt):
            continue
        if not any(_same(match[0], number, scaled or large) for number, large in written):
            yield match, digits, scaled


def _same(number: str, other: str, scaled: bool) -> bool:
    """Whether two spellings can stand for one number; a scaled one may differ by a power of ten."""
    if _significant(number) != _significant(other):
        return False
    decimal = re.search(r"[.,]\d{1,2}$", number + " " + other) or re.search(r"[.,]\d{1,2}$", number)
    return scaled or bool(decimal) or len(re.sub(r"\D", "", number)) == len(re.sub(r"\D", "", other))


def _significant(number: str) -> str:
    return re.sub(r"\D", "", number).strip("0")


def unpaired(source: str, target: str) -> tuple[str, ...]:
    """What is wrong with the double quotation marks of a target whose source has paired ones."""
    written = double_marks(target)
    if any(mark.partner is None for mark in written):
        return ("a quotation mark without its partner",)
    titles = target.count("《") + target.count("》") + 2 * target.count("‘")
    if not len(written) <= len(double_marks(source)) <= len(written) + titles:
        return ("quotation marks differ from the source",)
    return ()
