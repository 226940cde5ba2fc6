"""Which of a beam's hypotheses to take: the one that agrees best with all of them.

Minimum Bayes risk decoding (Kumar and Byrne 2004, Minimum Bayes-Risk Decoding for Statistical Machine
Translation) over the n-best list, with chrF as the gain and the hypotheses' expected n-gram counts as the one
reference (Vamvas and Sennrich 2024, Linear-time Minimum Bayes Risk Decoding with Reference Aggregation).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wechat_text.translation.backends import Hypothesis
from wechat_text.translation.tokenization import BLANK

SHARPNESS = 16.0
"""How much more a hypothesis with a better score counts: weights are exp(SHARPNESS * score)."""

BETA = 3.0
"""How much more recall counts than precision."""

_ORDERS = 6


def ranked(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The hypotheses, those with the best expected chrF first; of equal ones the earlier.

    Args:
        hypotheses: of one source, with scores that can be compared.
    """
    if len(hypotheses) < 3:  # two agree with each other alike
        return list(hypotheses)
    texts = ["".join(h.tokens).replace(BLANK, "") for h in hypotheses]  # blanks would not count
    gains = expected_chrf(texts, [h.score for h in hypotheses])
    return [hypotheses[i] for i in sorted(range(len(hypotheses)), key=lambda i: -gains[i])]


def expected_chrf(texts: Sequence[str], scores: Sequence[float]) -> list[float]:
    """The chrF (0-1) of each text against the mean n-gram counts of all of them, weighted by their scores.

    Character n-grams of 1 to 6 without blanks, beta 3 (Popović 2015, chrF: character n-gram F-score for
    automatic MT evaluation); orders that a text or the mean is too short for do not count.
    """
    import numpy as np

    weights = np.exp(SHARPNESS * (np.array(scores) - max(scores)))
    weights /= weights.sum()
    characters = [np.frombuffer("".join(t.split()).encode("utf-32-le"), np.uint32) for t in texts]
    lengths = np.array([len(row) for row in characters])
    alphabet, letters = np.unique(np.concatenate(characters), return_inverse=True)
    owners = np.repeat(np.arange(len(texts)), lengths)
    ends = np.cumsum(lengths)[owners]  # where the text of each character ends
    starts = np.arange(len(letters))
    grams: Any = letters
    precision, recall, orders = np.zeros((3, len(texts)))
    for order in range(1, _ORDERS + 1):
        if order > 1:  # an n-gram is the one a character shorter that starts there, and a character
            fits = starts + order <= ends[starts]
            starts = starts[fits]
            grams = grams[fits] * len(alphabet) + letters[starts + order - 1]
        if not len(starts):
            break
        kinds, grams = np.unique(grams, return_inverse=True)
        counts = np.zeros((len(texts), len(kinds)))
        np.add.at(counts, (owners[starts], grams), 1)
        expected = weights @ counts
        if not expected.any():
            break
        matched = np.minimum(counts, expected).sum(1)
        own = counts.sum(1)
        precision += matched / np.maximum(own, 1)
        recall += matched / expected.sum()
        orders += own > 0
    precision, recall = precision / np.maximum(orders, 1), recall / np.maximum(orders, 1)
    gains = (1 + BETA**2) * precision * recall / np.maximum(BETA**2 * precision + recall, 1e-12)
    return [float(gain) for gain in gains]
