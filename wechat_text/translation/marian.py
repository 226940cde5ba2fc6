"""One Marian model from texts to translated texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wechat_text.alignment.links import left_out, link_words, symmetrise
from wechat_text.document import Link, Segment, Span
from wechat_text.models.spec import Calibration, Decoding
from wechat_text.translation import addresses, guards, segmentation, typography
from wechat_text.translation.backends import Attention, Backend, DecodingOptions, Hypothesis
from wechat_text.translation.batching import by_length
from wechat_text.translation.consensus import ranked
from wechat_text.translation.joining import join
from wechat_text.translation.marks import DOUBLE
from wechat_text.translation.memory import GIVEN, ModelMemory
from wechat_text.translation.text import TranslatedText
from wechat_text.translation.tokenization import Tokenizer, Tokens, decode

LIMIT = 120
"""Most pieces in a segment: the models have rarely seen longer sentences while they learnt."""

BATCH_TOKENS = 4096
"""Most source tokens in a batch, padding included."""

_SHORTEST_SPLIT = 12

_PLAIN = Decoding()


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A segment on its way through the model."""

    unit: str
    prepared: typography.Prepared
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A target that is not linked yet, and what is wrong with it.

    Attributes:
        spans: the characters in `text` that each token of the hypothesis gave.
    """

    hypothesis: Hypothesis
    text: str
    spans: tuple[Span, ...]
    faults: tuple[str, ...] = ()
    confidence: float | None = None


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
        decoding: Decoding = _PLAIN,
        length_penalty: float = 1.0,
        aligned: bool = False,
        limit: int = LIMIT,
        memory: ModelMemory | None = None,
        calibration: Calibration | None = None,
        reverse: MarianTranslator | None = None,
    ) -> None:
        """`limit` is the most pieces in a segment; it is cut down to what the model can take.

        An `aligned` backend shows the attention of a head that aligns words, so that words which it never
        looked at are taken for left out.
        What `memory` holds is not translated again; what is translated is kept there, batch by batch.
        Word links are merged with those that `reverse`, a model from `target` to `source`, sees.
        """
        self.source = source
        self.target = target
        self._backend = backend
        self._tokenizer = tokenizer
        self._consensus = decoding.consensus
        self._aligned = aligned
        self._options = DecodingOptions(
            beam=decoding.beam, hypotheses=decoding.beam, length_penalty=length_penalty
        )
        self._memory = memory
        self._calibration = calibration
        self._reverse = reverse
        self._limit = max(1, min(limit, backend.max_positions // 2 - 2 - len(tokenizer.prefix)))

    @property
    def beam(self) -> int:
        """Beam size of the first search."""
        return self._options.beam

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
                jobs.append(self._job(unit))
            else:
                found[unit] = _passed_through(unit, None)
        doubtful: dict[_Job, _Attempt] = {}
        for attempts in self._attempt(jobs, self._options):
            doubtful |= {job: attempt for job, attempt in attempts.items() if attempt.faults}
            faultless = {job: attempt for job, attempt in attempts.items() if not attempt.faults}
            found |= self._keep(self._settled(faultless))
        for options in _second_attempts(self._options):
            again = [job for job, attempt in doubtful.items() if attempt.faults]
            for attempts in self._attempt(again, options):
                doubtful |= {job: _better(doubtful[job], new) for job, new in attempts.items()}
        return found | self._keep(self._settled(doubtful))

    def _settled(self, attempts: Mapping[_Job, _Attempt]) -> Collection[TranslatedText]:
        """The attempts with word links; those of little use are translated in parts, where that is better."""
        results = self._linked(attempts)
        cut = {job: self._parts(job) for job, result in results.items() if guards.of_little_use(result.flags)}
        units = dict.fromkeys(span.of(job.unit) for job, spans in cut.items() for span in spans)
        parts = self.translate_segments(tuple(units)) if units else {}
        for job, spans in cut.items():
            if spans:
                joined = join(job.unit, spans, [parts[span.of(job.unit)] for span in spans], self.target)
                results[job] = min(results[job], joined, key=lambda result: guards.badness(result.flags))
        return results.values()

    def adopt(self, pairs: Sequence[tuple[str, str]]) -> list[TranslatedText]:
        """Translations that were given, with word links, flagged for what they are."""
        return [
            replace(
                aligned,
                segments=tuple(replace(s, score=None, flags=(GIVEN, *s.flags)) for s in aligned.segments),
                score=None,
                flags=(GIVEN, *aligned.flags),
            )
            for aligned in self.align(pairs)
        ]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[TranslatedText]:
        """Word links of texts whose translations are given, as (source, target).

        The texts are taken as one segment each where the model can hold them; else as one that is not linked.
        """
        given = {self._job(source): self._given(target) for source, target in pairs}
        room = self._backend.max_positions - 2
        long = {
            job
            for job, attempt in given.items()
            if max(len(job.tokens.pieces) + len(self._tokenizer.prefix), len(attempt.hypothesis.tokens))
            > room
        }
        fit = [
            job
            for job, attempt in given.items()
            if job not in long and job.tokens.pieces and attempt.hypothesis.tokens
        ]
        for batch in _batches(fit):
            targets = [given[job].hypothesis.tokens for job in batch]
            for job, score in zip(batch, self._backend.scores(self._inputs(batch), targets), strict=True):
                given[job] = replace(given[job], hypothesis=replace(given[job].hypothesis, score=score))
        linked = self._linked({job: given[job] for job in fit}, given=True)
        return [
            linked.get(job) or _unlinked(job.unit, attempt.text, job in long)
            for job, attempt in given.items()
        ]

    def _given(self, target: str) -> _Attempt:
        rewriting = typography.prepare(target, self.target).rewriting
        tokens = self._tokenizer.encode_target(rewriting.after)
        spans = tuple(rewriting.backward(span) for span in tokens.spans)
        return _Attempt(Hypothesis(tokens.pieces, 0.0, True), target, spans)

    def _recall(self, units: Sequence[str]) -> dict[str, TranslatedText]:
        """What need not be translated: what is kept from earlier, and what was given."""
        if self._memory is None:
            return {}
        given = self._memory.given(units)
        found = self._memory.recall(units, given)
        linked = self.adopt([(unit, target) for unit, target in given.items() if unit not in found])
        self._memory.keep(linked, given=True)
        return found | {result.source: result for result in linked}

    def _keep(self, results: Collection[TranslatedText]) -> dict[str, TranslatedText]:
        """The results by their source, kept in the memory where there is one."""
        if self._memory is not None and results:
            self._memory.keep(results)
        return {result.source: result for result in results}

    def _segment(self, text: str) -> tuple[Span, ...]:
        return segmentation.segment(text, self.source, self._count, self._limit)

    def _count(self, text: str) -> int:
        return self._tokenizer.count(addresses.mask(text))

    def _attempt(self, jobs: Sequence[_Job], options: DecodingOptions) -> Iterator[dict[_Job, _Attempt]]:
        """The best answer to each job with these options, by batches."""
        for batch in _batches(jobs):
            found = self._backend.search(self._inputs(batch), options)
            yield {job: self._best(job, hypotheses) for job, hypotheses in zip(batch, found, strict=True)}

    def _best(self, job: _Job, hypotheses: Sequence[Hypothesis]) -> _Attempt:
        """The first one if nothing is wrong with it, else the first of those with the fewest faults."""
        if self._consensus:
            hypotheses = ranked(hypotheses)
        first = self._read(job, hypotheses[0])
        others = hypotheses[1:] if first.faults else ()
        return _better(first, *(self._read(job, hypothesis) for hypothesis in others))

    def _job(self, unit: str) -> _Job:
        prepared = typography.prepare(unit, self.source)
        return _Job(unit, prepared, self._tokenizer.encode(prepared.text))

    def _read(self, job: _Job, hypothesis: Hypothesis) -> _Attempt:
        """A hypothesis as text and what is wrong with it."""
        decoded = decode(hypothesis.tokens)
        rewriting = typography.finish(decoded.text, self.target, job.prepared)
        text = rewriting.after
        faults = guards.faults(job.unit, text, self.target, finished=hypothesis.finished)
        faults += guards.unpaired(job.prepared.text, decoded.text)
        confidence = self._calibration.confidence(hypothesis.score) if self._calibration else None
        return _Attempt(hypothesis, text, tuple(map(rewriting.forward, decoded.spans)), faults, confidence)

    def _linked(
        self, attempts: Mapping[_Job, _Attempt], *, given: bool = False
    ) -> dict[_Job, TranslatedText]:
        """The attempts as results with word links; the source itself where there is no text at all.

        What an attempt leaves out is told, unless it was `given`: a person may have had reasons.
        """
        empty = [job for job in attempts if not attempts[job].text.strip()]
        found = {job: _passed_through(job.unit, guards.UNTRANSLATED) for job in empty}
        for batch in _batches([job for job in attempts if job not in found]):
            attention = self._attention(batch, attempts)
            seen = {job: self._columns(job, matrix) for job, matrix in zip(batch, attention, strict=True)}
            links = [_links(job, attempts[job], *seen[job]) for job in batch]
            if self._reverse is not None:
                back = self._reverse.align([(attempts[job].text, job.unit) for job in batch])
                # where it could not read the pair, it has nothing to say against a link
                links = [
                    a if b.flags else symmetrise(a, b.all_links) for a, b in zip(links, back, strict=True)
                ]
            for job, of_job in zip(batch, links, strict=True):
                missing = _left_out(job, *seen[job]) if self._aligned and not given else ()
                found[job] = _result(job, attempts[job], of_job, missing)
        return found

    def _attention(self, batch: Sequence[_Job], attempts: Mapping[_Job, _Attempt]) -> list[Attention]:
        """What the search saw, or one more pass over what it found sees."""
        hypotheses = [attempts[job].hypothesis for job in batch]
        seen = [hypothesis.attention for hypothesis in hypotheses if hypothesis.attention is not None]
        if len(seen) == len(batch):
            return seen
        return self._backend.attention(self._inputs(batch), [h.tokens for h in hypotheses])

    def _columns(self, job: _Job, attention: Attention) -> tuple[Attention, list[Span]]:
        """The attention to the pieces of the segment itself, and where they stand in it."""
        first = len(self._tokenizer.prefix)
        spans = [job.prepared.rewriting.backward(span) for span in job.tokens.spans]
        return attention[:, first : first + len(spans)], spans

    def _inputs(self, jobs: Sequence[_Job]) -> list[list[str]]:
        return [self._tokenizer.model_input(job.tokens.pieces) for job in jobs]

    def _parts(self, job: _Job) -> tuple[Span, ...]:
        """Where to cut the job in two and more; nowhere when it is too short."""
        count = len(job.tokens.pieces)
        if count < _SHORTEST_SPLIT:
            return ()
        whole = Span(0, len(job.unit))
        spans = tuple(segmentation.shorten(job.unit, whole, self._count, max(2, count * 2 // 3)))
        return spans if len(spans) > 1 else ()  # what the model reads may count otherwise


def _second_attempts(first: DecodingOptions) -> Iterator[DecodingOptions]:
    beam = max(first.beam, 4)
    wide = replace(first, beam=beam, hypotheses=beam)
    if first != wide:
        yield wide
    yield replace(wide, repetition_penalty=1.2, no_repeat_ngram=4)


def _batches(jobs: Sequence[_Job]) -> Iterator[list[_Job]]:
    # two more than its pieces: the target token and the end
    for rows in by_length([len(job.tokens.pieces) + 2 for job in jobs], BATCH_TOKENS):
        yield [jobs[row] for row in rows]


def _links(job: _Job, attempt: _Attempt, attention: Attention, pieces: Sequence[Span]) -> tuple[Link, ...]:
    inner = link_words(attention, pieces, attempt.spans, job.unit, attempt.text)
    return (*_outer_links(job.prepared, attempt.text), *inner)


def _left_out(job: _Job, attention: Attention, pieces: Sequence[Span]) -> tuple[str, ...]:
    spans = left_out(attention, pieces, job.unit)
    return (f"{guards.LEFT_OUT}: {' … '.join(span.of(job.unit) for span in spans)}",) if spans else ()


def _outer_links(prepared: typography.Prepared, text: str) -> Iterator[Link]:
    """Links of the marks around the segment, which the model does not see, to those around its target."""
    opening = enumerate(prepared.opening)
    closing = enumerate(prepared.closing, len(text) - len(prepared.closing))
    for at, span in (*opening, *closing):
        if 0 <= at < len(text) and text[at] in DOUBLE:
            yield Link(span, Span(at, at + 1), 1.0)


def _result(
    job: _Job, attempt: _Attempt, links: tuple[Link, ...], missing: tuple[str, ...]
) -> TranslatedText:
    score, flags = attempt.hypothesis.score, attempt.faults + missing
    whole = Span(0, len(job.unit)), Span(0, len(attempt.text))
    segment = Segment(*whole, links, score, flags, confidence=attempt.confidence)
    return TranslatedText(job.unit, attempt.text, (segment,), score, flags)


def _unlinked(source: str, target: str, long: bool) -> TranslatedText:
    flags = ("too long to be linked in one piece",) if long else ()
    segment = Segment(Span(0, len(source)), Span(0, len(target)), flags=flags)
    return TranslatedText(source, target, (segment,), None, flags)


def _better(*attempts: _Attempt) -> _Attempt:
    """The one with the fewest faults; of equal ones the first."""
    return min(attempts, key=lambda attempt: guards.badness(attempt.faults))


def _passed_through(unit: str, flag: str | None) -> TranslatedText:
    flags = (flag,) if flag else ()
    span = Span(0, len(unit))
    return TranslatedText(unit, unit, (Segment(span, span, flags=flags),), None, flags)


def _whole(text: str) -> tuple[Span, ...]:
    start = len(text) - len(text.lstrip())
    return (Span(start, len(text.rstrip())),)
