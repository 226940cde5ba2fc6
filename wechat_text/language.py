"""What language a text is in.

Naive Bayes over langdetect's n-gram profiles (Shuyo 2010; Apache-2.0) and over a lexicon of function
words, with a prior for the languages this library meets. langdetect's own detector draws n-grams at
random and keeps its seed in a class attribute; here every n-gram counts once, so the same text gets the
same answer in any thread. Where a text gives no ground for a decision, the answer is that and why.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from wechat_text.document import Language

SAMPLE = 4_000
"""A longer text is judged on this many characters, in pieces spread evenly over it."""

PIECES = 8
"""Number of those pieces."""

SMOOTHING = 5e-5
"""Probability of an n-gram that a profile lacks (langdetect: 0.5 / 10,000)."""

NGRAM_WEIGHT = 0.4
"""Weight of an n-gram's log-probability; below 1 because n-grams overlap and tell the same thing."""

WORD_WEIGHT = 4.5
"""Log-odds that a function word gives the languages that have it."""

DEFAULT_WEIGHT = 2
"""Prior weight of a language that the data file does not name."""

MINIMUM = 0.5
"""Posterior probability below which the answer is that the text cannot be judged."""

FOREIGN_PRIOR = 0.002
"""Prior probability that a sentence of a German article is not German."""

FOREIGN_MINIMUM = 0.99
"""Posterior probability that a sentence needs to count as foreign."""

FOREIGN_WORDS = 4
"""Number of different words (in other scripts, of letters) from which on a sentence can count as foreign."""

FOREIGN_SHARE = 0.7
"""Share of another script from which on a sentence can count as foreign."""


def detect_language(text: str) -> Language:
    """The language of `text`, or `Language.code` None and the reason where it cannot be judged.

    Any string is accepted, lone surrogates and control characters included. "zh" stands for Chinese in
    either script. Nothing is random, and no state is shared between calls but the profiles.
    """
    cleaned = _clean(_sample(text))
    if not any(map(str.isalpha, cleaned)):
        return Language(None, 0.0, "nothing but links" if any(map(str.isalpha, text)) else "no letters")
    script, share = _script(cleaned)
    languages = _evidence()["scripts"][script]
    if len(languages) == 1:
        return Language(languages[0], share, f"written in {script} characters")
    words = _words(cleaned)
    if sum(map(len, words)) < 3:
        return Language(None, 0.0, "too few letters")
    if script == "Latin" and _is_name(words, cleaned):
        return Language(None, 0.0, "looks like a bare name")
    ranked = _profiles(script).posterior(words, None)
    (code, probability), (second, runner_up) = ranked[:2]
    if probability < MINIMUM:
        alternatives = f"{code} ({probability:.2f}) and {second} ({runner_up:.2f})"
        return Language(None, probability, f"too little evidence, undecided between {alternatives}")
    return Language(code, probability * share, _grounds(code, words))


def foreign_language(text: str) -> str | None:
    """The language of a sentence of a German article when it is surely another one, else None.

    Short sentences, names and German sentences with foreign words in them count as German.
    """
    words = {word.lower() for word in _words(text)}
    if len(words & _german_only()) >= 2:
        return None
    cleaned = _clean(_sample(text))
    if not any(map(str.isalpha, cleaned)):
        return None
    script, share = _script(cleaned)
    if script == "Latin":
        return _foreign_in_latin(cleaned) if len(words) >= FOREIGN_WORDS else None
    if share < FOREIGN_SHARE or sum(map(str.isalpha, cleaned)) < FOREIGN_WORDS:
        return None
    return detect_language(cleaned).code


def _foreign_in_latin(text: str) -> str | None:
    words = _words(text)
    code, probability = _profiles("Latin").posterior(words, FOREIGN_PRIOR)[0]
    if code == "de" or probability < FOREIGN_MINIMUM:
        return None
    if code in _lexicons() and _known(code, words) <= 2 * _known("de", words):
        return None
    return code


_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\S+@\S+\.\w+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:de|com|org|net|cn|eu|info)\b(?:/\S*)?"
)
_WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963])+")  # Devanagari vowel signs are no word characters to re
_SENTENCE_END = re.compile(r"[.!?…。！？:;,][\"'“”„»«’)\s]*$")
_INVISIBLE = dict.fromkeys([0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x2060, 0x2065)])
# As langdetect prepared the text of its profiles: Romanian comma below, Farsi yeh, Vietnamese vowels.
_PROFILE_LETTERS = {0x219: 0x15F, 0x21B: 0x163, 0x6CC: 0x64A, **dict.fromkeys(range(0x1EA0, 0x1F00), 0x1EC3)}
_DENSITY = {"Han": 3, "Kana": 2, "Hangul": 2}  # Latin letters that a character of the script stands for
_PARTICLES = frozenset(
    """von van vom zu zur der den de del della di da dos du la le al el bin ibn ben ter ten y""".split()  # noqa: SIM905
)


def _sample(text: str) -> str:
    """All of a short text; of a long one, pieces spread evenly over it, without the words they cut."""
    if len(text) <= SAMPLE:
        return text
    size = SAMPLE // PIECES
    starts = (round(i * (len(text) - size) / (PIECES - 1)) for i in range(PIECES))
    return " ".join(_whole_words(text[start : start + size]) for start in starts)


def _whole_words(piece: str) -> str:
    parts = piece.split(maxsplit=1)
    inner = parts[1].rsplit(maxsplit=1)[0] if len(parts) == 2 else piece
    return inner if 2 * len(inner) > len(piece) else piece  # a script without blanks is not thrown away


def _clean(text: str) -> str:
    text = _LINK.sub(" ", unicodedata.normalize("NFC", text.translate(_INVISIBLE)))
    if text.isupper():
        text = text.lower()  # a headline in capitals; the profiles know small letters
    return text.translate(_PROFILE_LETTERS)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _script(text: str) -> tuple[str, float]:
    """The script most of the text is written in, and its share, by weight of the characters."""
    starts, ranges = _ranges()
    counts: Counter[str] = Counter()
    for character, count in Counter(filter(str.isalpha, text)).items():
        last, script = ranges[bisect_right(starts, ord(character)) - 1]
        if ord(character) <= last:
            counts[script] += count * _DENSITY.get(script, 1)
    if counts["Kana"] > 0.1 * counts["Han"]:
        counts["Kana"] += counts.pop("Han", 0)  # Japanese writes both
    if not counts.total():
        return "Latin", 0.0
    script, count = counts.most_common(1)[0]
    return script, count / counts.total()


def _is_name(words: list[str], text: str) -> bool:
    """Up to four capitalised words, none of them a function word, that make no sentence."""
    capitalised = [word for word in words if word[0].isupper()]
    if len(words) > 4 or not capitalised or _SENTENCE_END.search(text):
        return False
    if any(word not in capitalised and word not in _PARTICLES for word in words):
        return False
    return not any(word.lower() in lexicon for word in capitalised for lexicon in _lexicons().values())


def _known(code: str, words: Iterable[str]) -> int:
    lexicon = _lexicons().get(code, frozenset())
    return sum(word.lower() in lexicon for word in words)


def _grounds(code: str, words: list[str]) -> str:
    lexicon = _lexicons().get(code, frozenset())
    found = list(dict.fromkeys(word.lower() for word in words if word.lower() in lexicon))
    if not found:
        return "letter patterns"
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"letter patterns and function words ({', '.join(found[:3])}{more})"


class _Profile(msgspec.Struct):
    """A langdetect profile: n-gram counts, and the totals for one, two and three characters."""

    freq: dict[str, int]
    n_words: list[int]


@dataclass(frozen=True)
class _Profiles:
    """The languages of one script.

    Attributes:
        languages: their codes.
        rows: n-gram → its row in `table`.
        table: weighted log-probabilities, n-grams × languages.
        prior: log prior by language.
        lexicon: function word → indices of the languages that have it.
    """

    languages: tuple[str, ...]
    rows: Mapping[str, int]
    table: Any
    prior: Any
    lexicon: Mapping[str, list[int]]

    def posterior(self, words: Iterable[str], foreign: float | None) -> list[tuple[str, float]]:
        """Languages with their probabilities, best first.

        `foreign` replaces the prior: so much for all languages but German together.
        """
        import numpy as np

        found = [row for gram in _ngrams(words) if (row := self.rows.get(gram)) is not None]
        scores = self.table[found].sum(axis=0)
        if foreign is None:
            scores += self.prior
        else:
            others = math.log(foreign / (len(self.languages) - 1))
            scores += [math.log(1 - foreign) if code == "de" else others for code in self.languages]
        for word in words:
            scores[self.lexicon.get(word.lower(), [])] += WORD_WEIGHT
        probabilities = np.exp(scores - scores.max())
        probabilities /= probabilities.sum()
        order = np.argsort(-probabilities, kind="stable")
        return [(self.languages[i], float(probabilities[i])) for i in order]


def _ngrams(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if len(word) > 1 and word.isupper():
            continue  # abbreviations are of no language
        padded = f" {word} "
        yield from word
        for i in range(len(padded) - 1):
            yield padded[i : i + 2]
            yield padded[i : i + 3]


@cache
def _profiles(script: str) -> _Profiles:
    import numpy as np

    folder = resources.files("langdetect") / "profiles"
    languages = tuple(_evidence()["scripts"][script])
    rows: dict[str, int] = {}
    entries: list[tuple[int, int, float]] = []
    for column, code in enumerate(languages):
        profile = msgspec.json.decode((folder / code).read_bytes(), type=_Profile)
        for gram, count in profile.freq.items():
            row = rows.setdefault(gram, len(rows))
            entries.append((row, column, count / profile.n_words[len(gram) - 1]))
    table = np.zeros((len(rows), len(languages)))
    row_numbers, columns, values = zip(*entries, strict=True)
    table[list(row_numbers), list(columns)] = values
    table = NGRAM_WEIGHT * np.log(table + SMOOTHING)
    prior = [_evidence()["prior"].get(code, DEFAULT_WEIGHT) for code in languages]
    lexicon: dict[str, list[int]] = {}
    for column, code in enumerate(languages):
        for word in _lexicons().get(code, ()):
            lexicon.setdefault(word, []).append(column)
    return _Profiles(languages, rows, table, np.log(prior) - np.log(sum(prior)), lexicon)


@cache
def _evidence() -> dict[str, Any]:
    return tomllib.loads((resources.files("wechat_text") / "language.toml").read_text(encoding="utf-8"))


@cache
def _lexicons() -> Mapping[str, frozenset[str]]:
    return {code: frozenset(words.split()) for code, words in _evidence()["words"].items()}


@cache
def _german_only() -> frozenset[str]:
    """German function words that no other lexicon has."""
    lexicons = dict(_lexicons())
    return lexicons.pop("de").difference(*lexicons.values())


@cache
def _ranges() -> tuple[list[int], list[tuple[int, str]]]:
    """Starts of the scripts' ranges, sorted; with each, its end and its script."""
    scripts = _evidence()["ranges"].items()
    found = sorted((start, end, script) for script, ranges in scripts for start, end in ranges)
    return [start for start, _, _ in found], [(end, script) for _, end, script in found]
