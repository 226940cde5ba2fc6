"""One Marian model from texts to translated texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wechat_text.alignment.links import link_words
from wechat_text.document import Link, Segment, Span
from wechat_text.models.spec import Calibration
from wechat_text.translation import guards, segmentation, typography
from wechat_text.translation.backends import Attention, Backend, DecodingOptions, Hypothesis
from wechat_text.translation.batching import by_length
from wechat_text.translation.joining import join
from wechat_text.translation.memory import GIVEN, ModelMemory
from wechat_text.translation.text import TranslatedText, mean_score
from wechat_text.translation.tokenization import Tokenizer, Tokens, decode

LIMIT = 120
"""Most pieces in a segment: the models have rarely seen longer sentences while they learnt."""

BATCH_TOKENS = 4096
"""Most source tokens in a batch, padding included."""

_SHORTEST_SPLIT = 12


@dataclass(frozen=True, slots=True)
class _Job:
    """A segment on its way through the model."""

    unit: str
    prepared: typography.Prepared
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One of the model's answers and what is wrong with it."""

    result: TranslatedText
    faults: tuple[str, ...]
    score: float


class MarianTranslator:
    """Texts in one language to texts in another, by one model.

    Attributes:
        source: ISO 639 code.
        target: ISO 639 code.
    """

    def __init__(
        self,
        backend: Backend,
        tokenizer: Tokenizer,
        source: str,
        target: str,
        *,
        beam: int = 4,
        limit: int = LIMIT,
        memory: ModelMemory | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """`limit` is the most pieces in a segment; it is cut down to what the model can take.

        What `memory` holds is not translated again; what is translated is kept there, batch by batch.
        """
        self.source = source
        self.target = target
        self._backend = backend
        self._tokenizer = tokenizer
        self._beam = beam
        self._memory = memory
        self._calibration = calibration
        self._limit = max(1, min(limit, backend.max_positions // 2 - 2 - len(tokenizer.prefix)))

    def translate(self, texts: Sequence[str]) -> list[TranslatedText]:
        """Each text cut into segments, translated and joined again; equal segments are translated once."""
        given = self._memory.given(text.strip() for text in texts) if self._memory else {}
        cut = [_whole(text) if text.strip() in given else self._segment(text) for text in texts]
        units = dict.fromkeys(span.of(text) for text, spans in zip(texts, cut, strict=True) for span in spans)
        found = self.translate_segments(tuple(units))
        return [
            join(text, spans, [found[span.of(text)] for span in spans], self.target)
            for text, spans in zip(texts, cut, strict=True)
        ]

    def translate_segments(self, units: Sequence[str]) -> Mapping[str, TranslatedText]:
        """Translate segments that are short enough as they are; what stays bad in the end is flagged."""
        found = self._recall(units)
        jobs: list[_Job] = []
        for unit in units:
            if unit in found:
                continue
            if typography.has_words(unit):
                prepared = typography.prepare(unit, self.source)
                jobs.append(_Job(unit, prepared, self._tokenizer.encode(prepared.text)))
            else:
                found[unit] = _passed_through(unit, None)
        best: dict[str, _Attempt] = {}
        for attempts in self._attempt(jobs, DecodingOptions(beam=self._beam)):
            best |= attempts
            self._keep({unit: attempt for unit, attempt in attempts.items() if not attempt.faults})
        doubtful = [job for job in jobs if best[job.unit].faults]
        again = doubtful
        for options in _second_attempts(self._beam):
            for attempts in self._attempt(doubtful, options):
                for unit, attempt in attempts.items():
                    best[unit] = min(best[unit], attempt, key=_badness)
            doubtful = [job for job in doubtful if best[job.unit].faults]
        for job in doubtful:
            if any(fault in SEVERE for fault in best[job.unit].faults):
                best[job.unit] = min(best[job.unit], self._in_parts(job, best[job.unit]), key=_badness)
        self._keep({job.unit: best[job.unit] for job in again})
        for job in jobs:
            found[job.unit] = _settled(job.unit, best[job.unit])
        return found

    def adopt(self, source: str, target: str) -> TranslatedText:
        """A translation that was given, with word links, flagged for what it is."""
        aligned = self.align(source, target)
        segments = tuple(replace(s, score=None, flags=(GIVEN, *s.flags)) for s in aligned.segments)
        return TranslatedText(source, target, segments, None, (GIVEN, *aligned.flags))

    def align(self, source: str, target: str) -> TranslatedText:
        """Word links of a text and a translation that is given.

        The texts are taken as one segment each where the model can hold them; else as one that is not linked.
        """
        prepared = typography.prepare(source, self.source)
        rewriting = typography.prepare(target, self.target).rewriting
        tokens = self._tokenizer.encode(prepared.text)
        pieces = self._tokenizer.encode_target(rewriting.after)
        whole = Span(0, len(source)), Span(0, len(target))
        room = self._backend.max_positions - 2
        if len(tokens.pieces) + len(self._tokenizer.prefix) > room or len(pieces.pieces) > room:
            flag = "too long to be linked in one piece"
            return TranslatedText(source, target, (Segment(*whole, flags=(flag,)),), None, (flag,))
        if not tokens.pieces or not pieces.pieces:
            return TranslatedText(source, target, (Segment(*whole),), None)
        [hypothesis] = self._backend.force(
            [self._tokenizer.model_input(tokens.pieces)], [list(pieces.pieces)]
        )
        links = link_words(
            self._attention(hypothesis, tokens),
            [prepared.rewriting.backward(span) for span in tokens.spans],
            [rewriting.backward(span) for span in pieces.spans],
            source,
            target,
        )
        return TranslatedText(source, target, (Segment(*whole, links, hypothesis.score),), hypothesis.score)

    def _recall(self, units: Sequence[str]) -> dict[str, TranslatedText]:
        """What need not be translated: what is kept from earlier, and what was given."""
        if self._memory is None:
            return {}
        given = self._memory.given(units)
        found = self._memory.recall(units, given)
        linked = [self.adopt(unit, target) for unit, target in given.items() if unit not in found]
        self._memory.keep(linked, given=True)
        return found | {result.source: result for result in linked}

    def _keep(self, attempts: Mapping[str, _Attempt]) -> None:
        if self._memory is not None and attempts:
            self._memory.keep(_settled(unit, attempt) for unit, attempt in attempts.items())

    def _segment(self, text: str) -> tuple[Span, ...]:
        return segmentation.segment(text, self.source, self._tokenizer.count, self._limit)

    def _attempt(self, jobs: Sequence[_Job], options: DecodingOptions) -> Iterator[dict[str, _Attempt]]:
        """The best answer to each job with these options, by batches."""
        # two more than its pieces: the target token and the end
        for rows in by_length([len(job.tokens.pieces) + 2 for job in jobs], BATCH_TOKENS):
            batch = [jobs[row] for row in rows]
            longest = max(len(job.tokens.pieces) for job in batch)
            room = replace(options, max_length=min(self._backend.max_positions - 1, 24 + 3 * longest))
            inputs = [self._tokenizer.model_input(job.tokens.pieces) for job in batch]
            best: dict[str, _Attempt] = {}
            for job, hypotheses in zip(batch, self._backend.translate(inputs, room), strict=True):
                attempts = (self._read(job, hypothesis) for hypothesis in hypotheses)
                best[job.unit] = min(attempts, key=_badness)
            yield best

    def _read(self, job: _Job, hypothesis: Hypothesis) -> _Attempt:
        """A hypothesis as text, with links and what is wrong with it."""
        decoded = decode(hypothesis.tokens)
        rewriting = typography.finish(decoded.text, self.target, job.prepared)
        text = rewriting.after
        found = guards.faults(job.unit, text, self.target, finished=hypothesis.finished)
        found += guards.unpaired(job.prepared.text, decoded.text)
        links = link_words(
            self._attention(hypothesis, job.tokens),
            [job.prepared.rewriting.backward(span) for span in job.tokens.spans],
            [rewriting.forward(span) for span in decoded.spans],
            job.unit,
            text,
        )
        links = (*_outer_links(job.prepared, len(text)), *links)
        confidence = self._calibration.confidence(hypothesis.score) if self._calibration else None
        segment = Segment(
            Span(0, len(job.unit)), Span(0, len(text)), links, hypothesis.score, confidence=confidence
        )
        return _Attempt(TranslatedText(job.unit, text, (segment,)), found, hypothesis.score)

    def _attention(self, hypothesis: Hypothesis, tokens: Tokens) -> Attention:
        first = len(self._tokenizer.prefix)
        return hypothesis.attention[:, first : first + len(tokens.pieces)]

    def _in_parts(self, job: _Job, whole: _Attempt) -> _Attempt:
        """The job cut in two and more, each part translated on its own."""
        count = len(job.tokens.pieces)
        if count < _SHORTEST_SPLIT:
            return whole
        spans = tuple(
            segmentation.shorten(
                job.unit, Span(0, len(job.unit)), self._tokenizer.count, max(2, count * 2 // 3)
            )
        )
        parts = self.translate_segments([span.of(job.unit) for span in spans])
        joined = join(job.unit, spans, [parts[span.of(job.unit)] for span in spans], self.target)
        return _Attempt(joined, joined.flags, joined.score if joined.score is not None else whole.score)


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
"""Faults for which the segment is cut smaller when other settings do not help."""


def _second_attempts(beam: int) -> Iterator[DecodingOptions]:
    wide = max(beam, 4)
    yield DecodingOptions(beam=wide, hypotheses=wide)
    yield DecodingOptions(beam=wide, hypotheses=wide, repetition_penalty=1.2, no_repeat_ngram=4)


def _outer_links(prepared: typography.Prepared, length: int) -> Iterator[Link]:
    """Links of the marks that were set around the model's output for those around the segment."""
    for at, span in enumerate(prepared.opening):
        yield Link(span, Span(at, at + 1), 1.0)
    for at, span in enumerate(prepared.closing, length - len(prepared.closing)):
        yield Link(span, Span(at, at + 1), 1.0)


def _badness(attempt: _Attempt) -> tuple[int, int, float]:
    severe = sum(fault in SEVERE for fault in attempt.faults)
    return severe, len(attempt.faults), -attempt.score


def _settled(unit: str, attempt: _Attempt) -> TranslatedText:
    """The attempt with its flags; the source itself where there is no text at all."""
    if not attempt.result.text.strip():
        return _passed_through(unit, "left untranslated: the model wrote nothing")
    segments = attempt.result.segments
    if len(segments) == 1:
        segments = (replace(segments[0], flags=attempt.faults),)
    return TranslatedText(unit, attempt.result.text, segments, mean_score(segments), attempt.faults)


def _passed_through(unit: str, flag: str | None) -> TranslatedText:
    flags = (flag,) if flag else ()
    span = Span(0, len(unit))
    return TranslatedText(unit, unit, (Segment(span, span, flags=flags),), None, flags)


def _whole(text: str) -> tuple[Span, ...]:
    start = len(text) - len(text.lstrip())
    return (Span(start, len(text.rstrip())),)
