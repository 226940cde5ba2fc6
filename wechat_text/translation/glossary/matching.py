"""Where a German text uses the terms of a glossary, in whatever form it has them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wechat_text.alignment.links import words
from wechat_text.document import Span
from wechat_text.german.tagging import lemma
from wechat_text.rewriting import Edit, Rewriting
from wechat_text.translation.glossary.terms import Term

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")
_HYPHENS = dict.fromkeys(map(ord, "-\u2010\u2011"))
_UMLAUTS = str.maketrans("äöü", "aou")
_PREFIX = 3
_LONGEST_ENDING = 3
_SHORTEST_MODIFIER = 3


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A term found in a text.

    Attributes:
        term: which one.
        span: in the text.
        part: whether it is only the last part of the word there.
    """

    term: Term
    span: Span
    part: bool = False


class Matcher:
    """Finds given terms in texts."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._patterns: dict[str, list[_Pattern]] = defaultdict(list)
        self._heads: list[_Pattern] = []
        for term in terms:
            for form in term.source:
                pattern = _Pattern(term, tuple(span.of(form) for span in words(form)))
                self._patterns[_folded(pattern.words[0])[:_PREFIX]].append(pattern)
                if term.compounds and len(pattern.words) == 1:
                    self._heads.append(pattern)

    def find(self, text: str) -> list[Occurrence]:
        """The terms that `text` uses, in order and without overlap; of several at one place the longest."""
        plain = Rewriting(text, [Edit(*match.span(), "") for match in _INVISIBLE.finditer(text)])
        found = sorted(self._candidates(plain.after), key=lambda o: (o.part, o.span.start - o.span.end))
        taken = bytearray(len(plain.after))
        chosen: list[Occurrence] = []
        for occurrence in found:
            start, end = occurrence.span
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                chosen.append(Occurrence(occurrence.term, plain.backward(occurrence.span), occurrence.part))
        return sorted(chosen, key=lambda occurrence: occurrence.span)

    def _candidates(self, text: str) -> Iterator[Occurrence]:
        spans = words(text)
        for at, span in enumerate(spans):
            word = span.of(text)
            folded = _folded(word)
            # endings and umlauts change in inflection, the beginning does not
            for size in range(1, min(_PREFIX, len(folded)) + 1):
                for pattern in self._patterns.get(folded[:size], ()):
                    following = spans[at : at + len(pattern.words)]
                    if _adjoining(text, following) and pattern.fits([s.of(text) for s in following]):
                        yield Occurrence(pattern.term, Span(span.start, following[-1].end))
            for pattern in self._heads:
                if pattern.ends(word):
                    yield Occurrence(pattern.term, span, part=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """A term in one of its forms, word by word."""

    term: Term
    words: tuple[str, ...]

    def fits(self, found: Sequence[str]) -> bool:
        """Whether these words of a text are the term, whatever their endings."""
        if len(found) != len(self.words):
            return False
        if self.term.case and not all(f.startswith(w) for f, w in zip(found, self.words, strict=True)):
            return False
        *before, last = zip(found, self.words, strict=True)
        return self._is_head(*last) and all(_same(f, w, "ADJA") or _same(f, w, "NN") for f, w in before)

    def ends(self, word: str) -> bool:
        """Whether the term is the last part of a longer word."""
        head = _normal(self.words[0])
        if not word[:1].isupper() or _folded(head)[:_PREFIX] not in _folded(word)[_SHORTEST_MODIFIER:]:
            return False
        keys = _normal(word), _base(word, "NN")
        return any(key.endswith(head) and len(key) - len(head) >= _SHORTEST_MODIFIER for key in keys)

    def _is_head(self, found: str, word: str) -> bool:
        """Nouns are known by their capital, so that “essen” is not taken for “Essen”."""
        if not word[:1].isupper():
            return _same(found, word, "ADJA")
        return found[:1].isupper() and (_same(found, word, "NN") or self._is_name(found, word))

    def _is_name(self, found: str, word: str) -> bool:
        """Brands and initials, which no grammar knows, take an -s at most."""
        if not (self.term.keep or any(c.isupper() for c in word[1:])):
            return False
        return _normal(found) in (_normal(word) + ending for ending in ("s", "'s", "’s"))


def _same(found: str, word: str, pos: str) -> bool:
    """Whether two words are forms of one, both read as `pos`."""
    if _normal(found) == _normal(word):
        return True
    one, other = _folded(found), _folded(word)
    stem = min(len(one), len(other)) - _LONGEST_ENDING
    if one[: max(0, stem)] != other[: max(0, stem)] or abs(len(one) - len(other)) > _LONGEST_ENDING:
        return False  # spares the work of finding the lemmas
    return not {_normal(found), _base(found, pos)}.isdisjoint((_normal(word), _base(word, pos)))


def _base(word: str, pos: str) -> str:
    return _normal(lemma(word, pos))


def _normal(word: str) -> str:
    return word.translate(_HYPHENS).casefold()


def _folded(word: str) -> str:
    return _normal(word).translate(_UMLAUTS)


def _adjoining(text: str, spans: Sequence[Span]) -> bool:
    return all(not text[left.end : right.start].strip() for left, right in pairwise(spans))
