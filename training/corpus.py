"""Parallel text in, clean pairs out: reading, normalising of marks, filters, held-out items."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from training.config import CorpusConfig

TRAIN, DEV, HELD_OUT = 0, 1, 2

# How many characters a language needs for what takes 100 in English; measured on the `original` corpus.
_USUAL_LENGTH = {"de": 112.0, "en": 100.0, "zh": 32.0}
_ANY_DOUBLE = '"„“”«»‟〝〞＂「」『』'
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_CODE = re.compile(r"[{}<>|\\=;_`@#$]|\(\)|https?:|--\w|\w\.\w+\(")
_SPACE = re.compile(r"[\s\u200b\u200c\u200d\ufeff\u00ad]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\ufeff\u00ad]")
_APOSTROPHE = re.compile(r"(?<=\w)[’´`](?=\w)|(?<=s)’(?=\s)(?<!‘)")
_ZH_SPACE = re.compile(
    r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’…—])\s+|\s+(?=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’…—])"
)
_ZH_MARKS = {",": "，", "?": "？", "!": "！", ":": "：", ";": "；", "(": "（", ")": "）"}
_ZH_HALF = re.compile(
    r"(?<=[\u4e00-\u9fff”’》）])[,?!:;](?!\d)|(?<=[\u4e00-\u9fff”’》）])\.(?=$|[”’\u4e00-\u9fff])"
)
_ZH_BRACKETS = re.compile(r"\(([^()]*[\u4e00-\u9fff][^()]*)\)")


@dataclass(frozen=True)
class Pair:
    """One line of parallel text. `split` is `TRAIN`, `DEV` or `HELD_OUT`."""

    direction: str
    source: str
    target: str
    origin: str
    split: int = TRAIN


def read_pairs(
    data: Path, config: CorpusConfig, further: Iterable[tuple[str, Path]] = ()
) -> tuple[list[Pair], Counter[str]]:
    """The pairs of `clean_pairs`, and how many lines each filter took."""
    dropped: Counter[str] = Counter()
    return list(clean_pairs(data, config, dropped, further)), dropped


def clean_pairs(
    data: Path, config: CorpusConfig, dropped: Counter[str], further: Iterable[tuple[str, Path]] = ()
) -> Iterator[Pair]:
    """All clean pairs under the folder `data`, without duplicates. `dropped` counts what the filters take.

    `further` files, each with its direction, come last.
    Held-out items of the original corpus have split `HELD_OUT`; no training pair has one of their sources.
    """
    held_out_sources: set[str] = set()
    seen: set[int] = set()
    dev_counts: Counter[str] = Counter()
    swapped = {d.name for d in config.directions if d.swapped}
    files = chain(
        ((d.name, data / d.file, d.swapped) for d in config.directions),
        ((name, path, False) for name, path in further),
    )
    for raw in chain(_original(data, config), _files(files)):
        if raw.origin in config.skip:
            continue
        source_language, target_language = raw.direction.split("-")
        source = normalise(raw.source, source_language)
        target = normalise(raw.target, target_language)
        first = target if raw.direction in swapped else source  # one text in both directions has one fate
        if source_language == "de" and draw(source, 100) < config.german_quotes_percent:
            source = german_marks(source)
        target = _TARGET_MARKS[target_language](target)
        reason = fault(source, source_language, target, target_language, raw.origin, config)
        if reason is None and raw.split == TRAIN and source in held_out_sources:
            reason = "held out"
        key = hash((raw.direction, source.lower(), target.lower()))
        if reason is None and raw.split == TRAIN and key in seen:
            reason = "duplicate"
        if reason is not None:
            dropped[f"{raw.direction} {reason}"] += 1
            continue
        seen.add(key)
        split = raw.split
        if split == HELD_OUT:
            held_out_sources.add(source)
        elif (
            raw.origin in config.dev_origins
            and draw(first, 50) == 0
            and dev_counts[raw.direction] < config.dev_lines
        ):
            dev_counts[raw.direction] += 1
            split = DEV
        if split == TRAIN:
            number = draw(f"case {source}", 100)
            source, target = change_case(source, number, config), change_case(target, number, config)
        yield Pair(raw.direction, source, target, raw.origin, split)


def normalise(text: str, language: str) -> str:
    """One kind of space and of apostrophe, nothing invisible; typed quote marks become characters."""
    text = _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip()
    if language == "zh":
        return text
    text = text.replace("``", '"').replace("''", '"').replace(",,", "„")
    return _APOSTROPHE.sub("'", text)


def german_marks(text: str) -> str:
    """„…“ for every kind of paired double marks; a text whose marks do not pair is returned as it is."""
    return _pair_marks(text, "„", "“")


def english_marks(text: str) -> str:
    """“…” for every kind of paired double marks; a text whose marks do not pair is returned as it is."""
    return _pair_marks(text, "“", "”")


def chinese_marks(text: str) -> str:
    """Full-width punctuation and no space beside Chinese characters, “…” as quote marks."""
    text = text.replace("「", "“").replace("」", "”").replace("『", "‘").replace("』", "’")
    text = _pair_marks(text, "“", "”")
    text = re.sub(r"\.{3,}|。{3,}|(?<!…)…(?!…)", "……", text)
    text = _ZH_SPACE.sub("", text)
    text = _ZH_BRACKETS.sub(r"（\1）", text)
    text = _ZH_HALF.sub(lambda m: _ZH_MARKS.get(m.group(), "。"), text)
    return _ZH_SPACE.sub("", text)


def _pair_marks(text: str, opening: str, closing: str) -> str:
    positions = [i for i, c in enumerate(text) if c in '"„“”«»‟＂']
    if not positions or len(positions) % 2:
        return text
    characters = list(text)
    for order, position in enumerate(positions):
        characters[position] = closing if order % 2 else opening
    return "".join(characters)


_TARGET_MARKS = {"de": german_marks, "en": english_marks, "zh": chinese_marks}


def change_case(text: str, number: int, config: CorpusConfig) -> str:
    """Lower or upper case for a `number` (0-99) within its share: what comes in shouting goes out so."""
    if number < config.lower_case_percent:
        return text.lower()
    return text.upper() if number >= 100 - config.upper_case_percent else text


def quote_marks(text: str) -> int:
    """Number of double quote marks of any kind."""
    return sum(text.count(mark) for mark in _ANY_DOUBLE)


def fault(
    source: str, source_language: str, target: str, target_language: str, origin: str, config: CorpusConfig
) -> str | None:
    """Why this pair is not worth learning from, or None."""
    if not source or not target:
        return "empty"
    if source == target and origin != "cldr_names":
        return "copy"
    if len(source) > 700 or len(target) > 700:
        return "too long"
    for text, language in ((source, source_language), (target, target_language)):
        if _OTHER_SCRIPT.search(text):
            return "wrong script"
        han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
        if language == "zh" and han * 2 < latin * 0.7 + 1 and origin != "cldr_names":
            return "wrong script"
        if language != "zh" and (han > 0 or latin < 0.5 * len(text)):
            return "wrong script"
    titles = target.count("《") + target.count("》")  # Chinese for what stands in quote marks in German
    if quote_marks(source) not in (quote_marks(target), quote_marks(target) + titles):
        return "quote marks differ"
    if quote_marks(target) % 2:
        return "unpaired marks"
    a = len(source) / _USUAL_LENGTH[source_language]
    b = len(target) / _USUAL_LENGTH[target_language]
    if max(a, b) > 0.25 and max(a, b) > config.max_ratio * min(a, b):
        return "length ratio"
    if origin in ("mdn", "python_docs") and _CODE.search(source):
        return "code"
    return None


def draw(text: str, below: int) -> int:
    """A number in `range(below)` that depends on the text alone."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % below


def _files(files: Iterable[tuple[str, Path, bool]]) -> Iterator[Pair]:
    for direction, path, swapped in files:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                first, second, origin = line.rstrip("\n").split("\t")
                source, target = (second, first) if swapped else (first, second)
                yield Pair(direction, source, target, origin)


def _original(data: Path, config: CorpusConfig) -> Iterator[Pair]:
    """Single lines (`original`) and runs of two or three lines of an item (`original_joined`)."""
    items: list[tuple[int, list[list[str]]]] = []
    for path in sorted(data.glob(config.original)):
        for item in path.read_text(encoding="utf-8").strip().split("\n\n"):
            split = HELD_OUT if draw(item, 100) < config.held_out_percent else TRAIN
            items.append((split, [line.split("\t") for line in item.split("\n") if line.strip()]))
    items.sort(
        key=lambda entry: -entry[0]
    )  # held-out items first: their sources are then known to all others
    for split, lines in items:
        for direction in config.directions:
            source, target = (
                ("de", "en", "zh").index(direction.source),
                ("de", "en", "zh").index(direction.target),
            )
            for line in lines:
                yield Pair(direction.name, line[source], line[target], "original", split)
            if split != TRAIN:
                continue
            glue = "" if direction.target == "zh" else " "
            for start in range(len(lines) - 1):
                run = lines[start : start + 2 + (start % 3 == 0)]
                yield Pair(
                    direction.name,
                    " ".join(r[source] for r in run),
                    glue.join(r[target] for r in run),
                    "original_joined",
                )
