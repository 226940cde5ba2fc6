"""The range of a translation that renders a range of its source.

A log-linear model over all contiguous ranges of target words: the links inside and outside, what stands at
both edges (links, breaks, quotation marks, function words) and the length each speak for or against a
range, and the scores become probabilities. Minimum to maximum over the links would be the wrong range as
soon as one link is wrong or the word order differs. The weights (ranges.toml) are fitted by
``benchmarks/alignment.py fit``.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from wechat_text.alignment.links import words
from wechat_text.alignment.marks import SIGNS, find_marks
from wechat_text.document import Link, Span

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

Features = dict[str, float]

_BREAKS = (("end", ".!?。！？…"), ("colon", ":："), ("comma", ",，、;；"))
_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Range:
    """A candidate: target characters from the first to the last word, without signs at the edges.

    Attributes:
        span: in the target.
        probability: that this is the range wanted.
        marks: how many of its two edges a quotation mark confirms, 0 to 2.
    """

    span: Span
    probability: float
    marks: int


def rank_ranges(
    source: str,
    target: str,
    links: Iterable[Link],
    part: Span,
    language: str,
    *,
    marked: bool,
    to_end: bool = False,
    from_start: bool = False,
    count: int = 8,
) -> tuple[Range, ...]:
    """The likeliest target ranges of a part of the source, best first.

    Args:
        source: a sentence or a few.
        target: its translation.
        links: word links between the two, offsets in `source` and `target`.
        part: the span of `source` whose rendering is wanted.
        language: of the target.
        marked: whether quotation marks enclose the part in the source.
        to_end: the part goes on in the next segment, so the range reaches the target's end.
        from_start: the part began in the segment before, so the range starts at the target's start.
        count: how many ranges at most.
    """
    import numpy as np

    problem = Problem.of(source, target, links, part)
    if problem is None:
        return ()
    weights = _weights(language)
    scores = problem.scores(weights)
    confirmed = problem.confirmed_edges() if marked else np.zeros_like(scores, dtype=int)
    both = weights["marks"]["both"]
    if len(find_marks(source).pairs) == len(find_marks(target).pairs):
        # as many pairs as in the source: none was lost, none invented
        both += weights["marks"]["agreeing"]
    scores = scores + np.array([0.0, weights["marks"]["one"], both])[confirmed]
    scores = scores - weights["marks"]["crossed"] * problem.crossings()
    if to_end:
        scores[:, :-1] = -np.inf
    if from_start:
        scores[1:, :] = -np.inf
    scores = scores * weights["marks"]["sharpness"]
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    best = np.argsort(probabilities, axis=None)[::-1][:count]
    ranges = []
    for first, last in zip(*np.unravel_index(best, probabilities.shape), strict=True):
        if probabilities[first, last] > 0:
            span = Span(problem.target_words[first].start, problem.target_words[last].end)
            ranges.append(Range(span, float(probabilities[first, last]), int(confirmed[first, last])))
    return tuple(ranges)


def content_words(text: str) -> tuple[Span, ...]:
    """The words, numbers and symbols of `text`, without punctuation and quotation marks."""
    return tuple(span for span in words(text) if is_content(span.of(text)))


def is_content(token: str) -> bool:
    """Whether a token says something: a letter, a number or a symbol such as % or €."""
    return any(
        c == "%" or unicodedata.category(c) in _CONTENT or unicodedata.category(c)[0] in "LN" for c in token
    )


_CONTENT = ("Sc", "Sm", "So")


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a source whose range in the target is sought, with all that speaks for an answer."""

    source: str
    target: str
    source_words: tuple[Span, ...]
    target_words: tuple[Span, ...]
    wanted: tuple[int, ...]
    matrix: Array
    """Link weights, [target words, source words]."""
    inside: Array
    """For each target word the weight of its links into the wanted part."""
    outside: Array
    """The same for its links to the rest of the source."""

    @classmethod
    def of(cls, source: str, target: str, links: Iterable[Link], part: Span) -> Problem | None:
        """None where the part or the target has no words."""
        import numpy as np

        source_words, target_words = content_words(source), content_words(target)
        wanted = tuple(index for index, word in enumerate(source_words) if word.overlaps(part))
        if not wanted or not target_words:
            return None
        matrix = np.zeros((len(target_words), len(source_words)))
        of_source = {word: index for index, word in enumerate(source_words)}
        of_target = {word: index for index, word in enumerate(target_words)}
        for link in links:
            row, column = of_target.get(link.target), of_source.get(link.source)
            if row is not None and column is not None:
                matrix[row, column] += link.weight
        inside = matrix[:, list(wanted)].sum(axis=1)
        outside = np.maximum(matrix.sum(axis=1) - inside, 0.0)
        return cls(source, target, source_words, target_words, wanted, matrix, inside, outside)

    def scores(self, weights: Mapping[str, Mapping[str, float]]) -> Array:
        """Score of each range, [first word, last word]; minus infinity where last < first."""
        import numpy as np

        starts = np.array([_dot(f, weights["start"]) for f in self.start_features()])
        ends = np.array([_dot(f, weights["end"]) for f in self.end_features()])
        total = starts[:, None] + ends[None, :]
        for name, values in self.range_features().items():
            total = total + weights["range"].get(name, 0.0) * values
        return np.where(np.tri(len(total), k=-1, dtype=bool), -np.inf, total)

    def range_features(self) -> dict[str, Array]:
        """What the words inside and outside a range say, each an array [first word, last word]."""
        import numpy as np

        inside, outside = self.inside, self.outside
        by_source = self.matrix / np.maximum(self.matrix.sum(axis=0, keepdims=True), 1e-9)
        wanted = np.isin(np.arange(len(self.source_words)), self.wanted)
        covered, foreign = by_source[:, wanted].sum(axis=1), by_source[:, ~wanted].sum(axis=1)
        size = len(self.target_words)
        length = np.arange(size)[None, :] - np.arange(size)[:, None] + 1.0
        share = len(self.wanted) / len(self.source_words)
        expected = share * size
        ratio = np.log(np.maximum(length, 0.5) / expected)
        return {
            "links inside": _over_ranges(inside),
            "links of others": _over_ranges(outside),
            "words covered": _over_ranges(covered),
            "words of others": _over_ranges(foreign),
            "unlinked": _over_ranges(((inside + outside) == 0).astype(float)),
            "share covered": _over_ranges(covered) / max(covered.sum(), 1e-9),
            "share of others": _over_ranges(foreign) / max(foreign.sum(), 1e-9),
            "too long": np.maximum(ratio, 0.0),
            "too short": np.maximum(-ratio, 0.0),
            "too long, squared": np.maximum(ratio, 0.0) ** 2,
            "too short, squared": np.maximum(-ratio, 0.0) ** 2,
            "length off": np.abs(length - expected) / np.sqrt(expected),
            "everything": (length == size) * (1.0 if len(self.wanted) < len(self.source_words) else 0.0),
        }

    def start_features(self) -> list[Features]:
        """What speaks for each target word as the first of the range."""
        return [self._edge(index, index - 1, self.wanted[0], self.wanted[0] - 1) for index in self._indices()]

    def end_features(self) -> list[Features]:
        """What speaks for each target word as the last of the range."""
        return [
            self._edge(index, index + 1, self.wanted[-1], self.wanted[-1] + 1) for index in self._indices()
        ]

    def confirmed_edges(self) -> Any:
        """How many edges of each range carry a quotation mark, [first word, last word]: 0, 1 or 2."""
        import numpy as np

        size = len(self.target_words)
        marks = find_marks(self.target)
        confirmed = np.zeros((size, size), dtype=int)
        for pair in marks.pairs:
            inner = [i for i, word in enumerate(self.target_words) if pair.contains(word)]
            if inner:
                confirmed[inner[0], inner[-1]] = 2
        for at in marks.openers:
            first = next((i for i, word in enumerate(self.target_words) if word.start > at), None)
            if first is not None:
                confirmed[first, :] = np.maximum(confirmed[first, :], 1)
        for at in marks.closers:
            last = [i for i, word in enumerate(self.target_words) if word.end <= at]
            if last:
                confirmed[:, last[-1]] = np.maximum(confirmed[:, last[-1]], 1)
        return confirmed

    def crossings(self) -> Array:
        """How many pairs of marks each range cuts through, [first word, last word]."""
        import numpy as np

        size = len(self.target_words)
        first, last = np.arange(size)[:, None], np.arange(size)[None, :]
        crossed = np.zeros((size, size))
        for pair in find_marks(self.target).pairs:
            inner = [i for i, word in enumerate(self.target_words) if pair.contains(word)]
            if inner:
                a, b = inner[0], inner[-1]
                crossed += ((first < a) & (last >= a) & (last < b)) | (
                    (first > a) & (first <= b) & (last > b)
                )
        return crossed

    def _edge(self, index: int, beyond: int, wanted: int, unwanted: int) -> Features:
        """An edge between `index` (inside) and `beyond`; in the source, `wanted` and `unwanted` words."""
        inside, outside = self.inside, self.outside
        token = self.target_words[index].of(self.target).lower()
        features: Features = {
            f"break {self._break(True, unwanted, wanted)} {self._break(False, beyond, index)}": 1.0,
            f"inside {token}": 1.0,
            "linked in": inside[index],
            "linked out": outside[index],
            "unlinked": float(inside[index] + outside[index] == 0),
            "edge word": self.matrix[index, wanted],
        }
        if 0 <= beyond < len(self.target_words):
            features |= {
                "beyond linked in": inside[beyond],
                "beyond linked out": outside[beyond],
                "beyond unlinked": float(inside[beyond] + outside[beyond] == 0),
                f"beyond {self.target_words[beyond].of(self.target).lower()}": 1.0,
            }
            if 0 <= unwanted < len(self.source_words):
                features["edge word beyond"] = self.matrix[beyond, unwanted]
        if beyond < index and beyond >= 0 and self.target[self.target_words[index].start].isupper():
            features["capital"] = 1.0
            opened = self._break(True, unwanted, wanted)
            features[f"capital after {opened}"] = 1.0
        return features

    def _break(self, of_source: bool, one: int, other: int) -> str:
        """What stands between two neighbouring words: edge, end, colon, comma, sign or none."""
        text, tokens = (self.source, self.source_words) if of_source else (self.target, self.target_words)
        left, right = min(one, other), max(one, other)
        if left < 0 or right >= len(tokens):
            return "edge"
        gap = text[tokens[left].end : tokens[right].start]
        for name, signs in _BREAKS:
            if any(sign in gap for sign in signs):
                return name
        return "sign" if any(not c.isspace() and c not in SIGNS for c in gap) else "none"

    def _indices(self) -> range:
        return range(len(self.target_words))


def _over_ranges(values: Array) -> Array:
    """Sum of `values` over each range, [first, last]."""
    import numpy as np

    sums = np.concatenate([[0.0], np.cumsum(values)])
    over: Array = sums[None, 1:] - sums[:-1, None]
    return over


def _dot(features: Features, weights: Mapping[str, float]) -> float:
    return sum(value * weights[name] for name, value in features.items() if name in weights)


@cache
def _weights(language: str) -> Mapping[str, Mapping[str, float]]:
    """The fitted weights for a target language; English ones where it has none."""
    tables = tomllib.loads((files("wechat_text.alignment") / "ranges.toml").read_text(encoding="utf-8"))
    weights: Mapping[str, Mapping[str, float]] = tables.get(language) or tables[_FALLBACK]
    return weights
