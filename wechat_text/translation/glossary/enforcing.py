"""Terms set in a finished translation where the model did not write them.

The text is translated as if there were no glossary. Where none of a term's forms came out, the words
that are linked to it make room for the term; the rest of the sentence stays as the model wrote it. What
cannot be placed surely stays as well and is reported as missed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wechat_text.alignment.links import is_word, rewritten, words
from wechat_text.document import Segment, Span, TermUse
from wechat_text.rewriting import Edit, Rewriting
from wechat_text.translation.glossary import fitting
from wechat_text.translation.glossary.matching import Matcher, Occurrence
from wechat_text.translation.text import TranslatedText

LEAST_WEIGHT = 0.3
"""Least weight of the strongest link behind a replacement."""


def enforce(result: TranslatedText, matcher: Matcher, language: str) -> TranslatedText:
    """The translation with the terms that `matcher` finds in its source, each of them reported.

    Args:
        result: of the model, with links.
        matcher: of terms that have a form in `language`.
        language: ISO 639 code of the target.

    Returns:
        A text whose segments say in `terms` what became of each term. Links of replaced words lead to the
        words of the term; a segment that misses a term is flagged.
    """
    occurrences = matcher.find(result.source)
    if not occurrences:
        return result
    starts = [segment.source.start for segment in result.segments]
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        found[max(0, bisect_right(starts, occurrence.span.start) - 1)].append(occurrence)
    decided = {
        at: _Place(result, result.segments[at], language).decide(inside) for at, inside in found.items()
    }
    rewriting = Rewriting(result.text, [edit for _, edits in decided.values() for edit in edits])
    segments = tuple(
        _rewritten(segment, rewriting, decided[at][0] if at in decided else ())
        for at, segment in enumerate(result.segments)
    )
    flags = dict.fromkeys((*result.flags, *(flag for segment in segments for flag in segment.flags)))
    return replace(result, text=rewriting.after, segments=segments, flags=tuple(flags))


class _Place:
    """A segment's translation, in which terms are found or set. All target spans are in the old text."""

    def __init__(self, result: TranslatedText, segment: Segment, language: str) -> None:
        self._text = result.text
        self._segment = segment
        self._language = language
        start = segment.target.start
        self._words = [word.shift(start) for word in words(segment.target.of(result.text))]
        self._claimed: list[Span] = []
        self._rooms: list[Span] = []

    def decide(self, occurrences: Sequence[Occurrence]) -> tuple[list[TermUse], list[Edit]]:
        """What becomes of each occurrence, and the edits that this takes."""
        found = [self._present(occurrence) for occurrence in occurrences]
        uses: list[TermUse] = []
        edits: list[Edit] = []
        for present, occurrence in zip(found, occurrences, strict=True):
            term = occurrence.term
            first = term.forms(self._language)[0]
            use = TermUse(term.source[0], first, occurrence.span, None)
            if present is not None:
                span, form = present
                uses.append(replace(use, wanted=form, target=span, method="model"))
            elif isinstance(room := self._room(occurrence, first), Span):
                self._rooms.append(room)
                form = fitting.form_for(self._text, self._segment.target, room, term, self._language)
                edits += fitting.replacement(self._text, self._segment.target, room, form, self._language)
                uses.append(replace(use, wanted=form, target=room, method="links"))
            else:
                uses.append(replace(use, reason=room))
        for span, form in (place for place in found if place is not None):
            edits += fitting.capitals(self._text, span, form)
        return uses, list(_compatible(edits))

    def _present(self, occurrence: Occurrence) -> tuple[Span, str] | None:
        """Where the model wrote a form of the term that no other occurrence has claimed yet."""
        own, others = self._weights(occurrence)
        places: list[tuple[float, int, bool, Span, str]] = []
        for form in occurrence.term.forms(self._language):
            for span in fitting.places(self._text, self._segment.target, form, self._language):
                inside = [word for word in self._words if word.overlaps(span)]
                linked, foreign = (sum(of.get(word, 0.0) for word in inside) for of in (own, others))
                if not _overlap(span, self._claimed) and (linked or not own or not foreign):
                    exact = span.of(self._text).casefold() == form.casefold()
                    places.append((linked, span.end - span.start, exact, span, form))
        if not places:
            return None
        *_, span, form = max(places, key=lambda place: place[:3])
        self._claimed.append(span)
        return span, form

    def _room(self, occurrence: Occurrence, form: str) -> Span | str:
        """The words that make room for the term, or why there are none."""
        if occurrence.part:
            return "part of a longer word, which stays as the model wrote it"
        own, others = self._weights(occurrence)
        linked = [at for at, word in enumerate(self._words) if self._belongs(word, own, others)]
        if not linked:
            return "no words of the translation are linked to it"
        runs = [self._without_function_words(run) for run in self._runs(linked, others)]
        best = max(runs, key=lambda run: sum(own.get(self._words[at], 0.0) for at in run))
        if not best:
            return "only function words of the translation are linked to it"
        if max(own.get(self._words[at], 0.0) for at in best) < LEAST_WEIGHT:
            return "its links are weak"
        room = Span(self._words[best[0]].start, self._words[best[-1]].end)
        if _overlap(room, [*self._claimed, *self._rooms]):
            return "the words linked to it are those of another term"
        wider = fitting.widened(self._text, self._segment.target, room, form)
        return room if _overlap(wider, self._rooms) else wider

    def _weights(self, occurrence: Occurrence) -> tuple[dict[Span, float], dict[Span, float]]:
        """For each target word the weight of its links to the occurrence, and to all other words."""
        own: dict[Span, float] = defaultdict(float)
        others: dict[Span, float] = defaultdict(float)
        for link in self._segment.links:
            (own if link.source.overlaps(occurrence.span) else others)[link.target] += link.weight
        return own, others

    def _belongs(self, word: Span, own: dict[Span, float], others: dict[Span, float]) -> bool:
        token = word.of(self._text)
        return is_word(token) and not token.isdigit() and own.get(word, 0.0) > others.get(word, 0.0)

    def _runs(self, linked: Sequence[int], others: dict[Span, float]) -> list[list[int]]:
        """The linked words in runs; one word between two may lack a link or be a function word."""
        runs = [[linked[0]]]
        for at in linked[1:]:
            gap = [self._words[between] for between in range(runs[-1][-1] + 1, at)]
            if len(gap) <= 1 and all(
                is_word(w.of(self._text)) and (w not in others or self._is_function_word(w)) for w in gap
            ):
                runs[-1] += range(runs[-1][-1] + 1, at + 1)
            else:
                runs.append([at])
        return runs

    def _without_function_words(self, run: list[int]) -> list[int]:
        while run and self._is_function_word(self._words[run[0]]):
            run = run[1:]
        while run and self._is_function_word(self._words[run[-1]]):
            run = run[:-1]
        return run

    def _is_function_word(self, word: Span) -> bool:
        return word.of(self._text).lower() in fitting.function_words(self._language)


def _overlap(span: Span, others: Iterable[Span]) -> bool:
    return any(span.overlaps(other) for other in others)


def _compatible(edits: Iterable[Edit]) -> Iterator[Edit]:
    """The edits without those that overlap an earlier one."""
    edited: list[Span] = []
    for edit in edits:
        span = Span(edit.start, edit.end)
        if not _overlap(span, edited):
            edited.append(span)
            yield edit


def _rewritten(segment: Segment, rewriting: Rewriting, uses: Iterable[TermUse]) -> Segment:
    """The segment in the new text, with its terms."""
    moved = rewritten(replace(segment, terms=tuple(uses)), rewriting)
    missed = [f"term missed: {u.term} → {u.wanted} ({u.reason})" for u in moved.terms if u.target is None]
    return replace(moved, flags=tuple(dict.fromkeys((*segment.flags, *missed))))
