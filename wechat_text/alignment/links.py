"""Word links from a translation model's attention.

A row of the attention says where in the source the model looked for a piece of the target. Pieces are merged
to words (for Chinese: to characters) and the connections that are strong seen from both sides become links.
Method: attention of one head, either as it writes a word (Chen et al. 2016, Guided Alignment Training) or one
step later (Chen et al. 2020, Accurate Word Alignment Induction), normalised in both directions (as Dou and
Neubig 2021, Word Alignment by Fine-tuning Embeddings, do with contextual embeddings); what counts is the
geometric mean of both shares.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any

from wechat_text.document import Link, Segment, Span
from wechat_text.rewriting import Rewriting

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.floating[Any]]]

_CERTAIN = 0.45
"""Weight from which a link is sure; from the dev sets."""

_LIKELY = 0.3
"""The same for a link that is the strongest of both its words."""

_WEAKEST = 0.1
"""Least weight: links that are not sure, too, tell where a quotation stands."""

_REACH = 2.0
"""Source pieces within which the attention of an unknown first row falls to 1/e; from the dev sets."""

_SEEN = 0.2
"""Attention that a word must have had at least once to have been read; from the dev sets."""

_LEFT_OUT = 4
"""Unread words in a row that are more than the particles and articles of which a translation has no use."""

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\U00020000-\U0003ffff"
_JOIN = "'\u2019\u2010\u2011-"
_WORD = re.compile(rf"[{_CJK}]|\d+(?:[.,:]\d+)*|[^\W_{_CJK}]+(?:[{_JOIN}][^\W_{_CJK}]+)*|\S")


def words(text: str) -> tuple[Span, ...]:
    """The tokens that links connect: words, numbers, single Chinese characters and single signs.

    They cover every character of `text` that is not blank.
    """
    return tuple(Span(*match.span()) for match in _WORD.finditer(text))


def is_word(token: str) -> bool:
    """Whether the token is a word, number or Chinese character, not a sign."""
    return any(character.isalnum() for character in token)


def link_words(
    attention: Matrix,
    source_pieces: Sequence[Span],
    target_pieces: Sequence[Span],
    source: str,
    target: str,
) -> tuple[Link, ...]:
    """Links between the words of a text and of its translation, weak ones among them.

    Args:
        attention: array [target pieces, source pieces]; row t is where the model looked when it wrote
            piece t. Columns of special tokens are left out, so rows need not sum to one. A first row of nan
            is not known: what the others leave of the source stands for it, the more the nearer to its start.
        source_pieces: each piece's characters in `source`; blanks at the edge and empty spans (bytes
            of one character) are fine.
        target_pieces: likewise in `target`.
        source: the text translated.
        target: its translation.

    Returns:
        Links ordered by target, then source.

    Raises:
        ValueError: the array's shape does not fit the pieces.
    """
    import numpy as np

    attention = np.asarray(attention, dtype=np.float64)
    if attention.shape != (len(target_pieces), len(source_pieces)):
        raise ValueError(
            f"attention {attention.shape} does not fit {len(target_pieces)} target "
            f"and {len(source_pieces)} source pieces"
        )
    if np.isnan(attention[:1]).any():
        attention = np.vstack([_left_over(attention[1:]), attention[1:]])
    source_words, target_words = words(source), words(target)
    if not source_words or not target_words or not attention.size:
        return ()
    from_pieces = membership(target_pieces, target_words, len(target))
    weights = from_pieces.T @ attention @ membership(source_pieces, source_words, len(source))
    weights /= np.maximum(from_pieces.sum(axis=0)[:, None], 1e-9)
    same_sort = np.equal.outer(
        [is_word(w.of(target)) for w in target_words], [is_word(w.of(source)) for w in source_words]
    )
    weights = weights * same_sort
    of_target = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    of_source = weights / np.maximum(weights.sum(axis=0, keepdims=True), 1e-9)
    mean = np.sqrt(of_target * of_source)
    return tuple(
        Link(source_words[s], target_words[t], min(1.0, float(mean[t, s])))
        for t, s in zip(*np.nonzero(mean >= _WEAKEST), strict=True)
    )


def left_out(attention: Matrix, source_pieces: Sequence[Span], source: str) -> tuple[Span, ...]:
    """Stretches of a text that its translation seems to lack: words in a row which no piece of it looked at.

    Args:
        attention: array [target pieces, source pieces] of a head that aligns words, as for `link_words`.
        source_pieces: each piece's characters in `source`.
        source: the text translated.
    """
    import numpy as np

    read = [word for word in words(source) if is_word(word.of(source))]
    if not read or not len(attention):
        return ()
    pieces = np.nan_to_num(attention) @ (membership(source_pieces, read, len(source)) > 0)
    found: list[list[Span]] = [[]]
    for word, most in zip(read, pieces.max(axis=0), strict=True):
        if most >= _SEEN:
            found.append([])
        else:
            found[-1].append(word)
    return tuple(Span(run[0].start, run[-1].end) for run in found if len(run) >= _LEFT_OUT)


def _left_over(attention: Matrix) -> Matrix:
    """How much of each source piece no row has looked at, falling off from the start; sums to one at most."""
    import numpy as np

    left = np.clip(1 - attention.sum(axis=0), 0, None) * np.exp(-np.arange(attention.shape[1]) / _REACH)
    row: Matrix = left / max(1.0, float(left.sum()))
    return row


def sure_links(links: Iterable[Link]) -> tuple[Link, ...]:
    """Those whose words translate each other: strong ones, and those that are the strongest of both words."""
    links = tuple(links)
    strongest: defaultdict[tuple[str, Span], float] = defaultdict(float)
    for link in links:
        for end in (("source", link.source), ("target", link.target)):
            strongest[end] = max(strongest[end], link.weight)
    return tuple(
        link
        for link in links
        if link.weight >= _CERTAIN
        or (
            link.weight >= _LIKELY
            and link.weight == strongest["source", link.source] == strongest["target", link.target]
        )
    )


def compose_links(first: Iterable[Link], second: Iterable[Link]) -> tuple[Link, ...]:
    """Links of a translation made through a pivot language.

    Args:
        first: links from the source to the pivot.
        second: links from the pivot to the target.

    Returns:
        Links from source to target wherever two overlap in the pivot; the weight is the geometric mean of the
        two, of the strongest way where there are several.
    """
    onward = sorted(second)
    starts = [link.source.start for link in onward]
    longest = max((link.source.end - link.source.start for link in onward), default=0)
    weights: dict[tuple[Span, Span], float] = {}
    for link in first:
        low = bisect_left(starts, link.target.start - longest)
        high = bisect_right(starts, link.target.end)
        for following in onward[low:high]:
            if link.target.overlaps(following.source):
                ends = link.source, following.target
                weights[ends] = max(weights.get(ends, 0.0), sqrt(link.weight * following.weight))
    return _ordered(Link(s, t, weight) for (s, t), weight in weights.items())


def symmetrise(forward: Iterable[Link], backward: Iterable[Link]) -> tuple[Link, ...]:
    """Links of a model and of its reverse model as one: each with the mean of both weights.

    Args:
        forward: links from source to target.
        backward: links of the reverse model, from target to source.
    """
    weights: defaultdict[tuple[Span, Span], float] = defaultdict(float)
    for link in forward:
        weights[link.source, link.target] += link.weight / 2
    for link in backward:
        weights[link.target, link.source] += link.weight / 2
    return _ordered(Link(*ends, weight) for ends, weight in weights.items() if weight >= _WEAKEST)


def rewritten(segment: Segment, rewriting: Rewriting) -> Segment:
    """The segment after edits of the target text; a word that went leaves its links to what stands there now.

    Args:
        segment: with target offsets in the old text.
        rewriting: of the whole text.
    """
    target = rewriting.forward(segment.target)
    if target.of(rewriting.after) == segment.target.of(rewriting.before):
        offset = target.start - segment.target.start
        links = tuple(link.shift(0, offset) for link in segment.links)
    else:
        links = _relinked(segment.links, rewriting, target)
    terms = tuple(replace(use, target=use.target and rewriting.forward(use.target)) for use in segment.terms)
    return replace(segment, target=target, links=links, terms=terms)


def _relinked(links: Iterable[Link], rewriting: Rewriting, target: Span) -> tuple[Link, ...]:
    tokens = [word.shift(target.start) for word in words(target.of(rewriting.after))]
    weights: dict[tuple[Span, Span], float] = {}
    for link in links:
        span = rewriting.forward(link.target)
        for token in tokens:
            if token.overlaps(span):
                ends = link.source, token
                weights[ends] = max(weights.get(ends, 0.0), link.weight)
    return _ordered(Link(*ends, weight) for ends, weight in weights.items())


def _ordered(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(sorted(links, key=lambda link: (link.target, link.source)))


def membership(pieces: Sequence[Span], tokens: Sequence[Span], size: int) -> Matrix:
    """Array [pieces, tokens]: which share of each piece belongs to each word; `size` is the text's length."""
    import numpy as np

    owner = np.full(size + 1, -1)
    for index, token in enumerate(tokens):
        owner[token.start : token.end] = index
    shares = np.zeros((len(pieces), len(tokens)))
    for row, (start, end) in enumerate(pieces):
        # an empty span is a byte of the character that follows
        owners = [o for o in owner[start : max(end, start + 1)] if o >= 0]
        for index in owners:
            shares[row, index] += 1 / len(owners)
    return shares
