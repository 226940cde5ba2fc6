"""Where a German text uses the terms of a glossary, in whatever form it has them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from wechat_text.alignment.links import words
from wechat_text.document import Span
from wechat_text.german.tagging import lemma
from wechat_text.translation.glossary.terms import Term
from wechat_text.translation.rewriting import Edit, Rewriting

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")
_HYPHENS = dict.fromkeys(map(ord, "-\u2010\u2011"))
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
                for key in pattern.first_keys:
                    self._patterns[key].append(pattern)
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
            for pattern in {p: None for key in _keys(word) for p in self._patterns.get(key, ())}:
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

    @property
    def first_keys(self) -> Iterable[str]:
        """What the first word may be called in a text."""
        head = self.words[0] if len(self.words) == 1 else ""
        return _keys(self.words[0]) | (self._names(head) if head else frozenset())

    def fits(self, found: Sequence[str]) -> bool:
        """Whether these words of a text are the term, whatever their endings."""
        if len(found) != len(self.words):
            return False
        if self.term.case and not all(f.startswith(w) for f, w in zip(found, self.words, strict=True)):
            return False
        *before, last = zip(found, self.words, strict=True)
        return self._is_head(*last) and all(_keys(f) & _keys(w) for f, w in before)

    def ends(self, word: str) -> bool:
        """Whether the term is the last part of a longer word."""
        (head,) = map(_normal, self.words)
        return word[:1].isupper() and any(
            key.endswith(head) and len(key) - len(head) >= _SHORTEST_MODIFIER for key in _noun_keys(word)
        )

    def _is_head(self, found: str, word: str) -> bool:
        """Nouns are known by their capital, so that “essen” is not taken for “Essen”."""
        if not word[:1].isupper():
            return bool(_keys(found) & _keys(word))
        if not found[:1].isupper():
            return False
        return bool(_noun_keys(found) & _noun_keys(word)) or _normal(found) in self._names(word)

    def _names(self, word: str) -> frozenset[str]:
        """A brand or initials, which no grammar knows, take an -s at most."""
        if not (self.term.keep or any(c.isupper() for c in word[1:])):
            return frozenset()
        return frozenset(_normal(word) + ending for ending in ("s", "'s", "’s"))


@lru_cache(20_000)
def _keys(word: str) -> frozenset[str]:
    """What a word may be called in its base form, noun or adjective."""
    return _noun_keys(word) | {_normal(lemma(word, "ADJA"))}


@lru_cache(20_000)
def _noun_keys(word: str) -> frozenset[str]:
    return frozenset((_normal(word), _normal(lemma(word, "NN"))))


def _normal(word: str) -> str:
    return word.translate(_HYPHENS).casefold()


def _adjoining(text: str, spans: Sequence[Span]) -> bool:
    return all(not text[left.end : right.start].strip() for left, right in pairwise(spans))
