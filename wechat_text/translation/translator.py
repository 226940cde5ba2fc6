"""The translator: a profile resolved to one model, or to two in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any

from wechat_text.document import ModelRecord
from wechat_text.errors import InvalidTextError, TranslationError, UnknownNameError
from wechat_text.models import conversion, marian, registry, store
from wechat_text.models.spec import Decoding, Route, Step
from wechat_text.translation.backends import BACKENDS, Backend
from wechat_text.translation.glossary import Glossary, enforce
from wechat_text.translation.joining import join
from wechat_text.translation.marian import LIMIT, MarianTranslator
from wechat_text.translation.memory import GIVEN, TranslationMemory
from wechat_text.translation.pivot import compose
from wechat_text.translation.text import TranslatedText, shift
from wechat_text.translation.tokenization import Tokenizer

WINDOW_TEXTS = 512
WINDOW_CHARACTERS = 100_000
"""A stream is read in windows of at most so many texts and about so many characters."""

WINDOW_PAIRS = 64
"""Texts with given translations are read in windows of at most so many."""


class Translator:
    """Any text in one language to the same text in another, with word links.

    Attributes:
        source: ISO 639 code.
        target: ISO 639 code.
        records: the models that take part, in order.
    """

    def __init__(
        self,
        models: Sequence[MarianTranslator],
        *,
        records: Sequence[ModelRecord] = (),
        notices: Sequence[str] = (),
        glossary: Glossary | None = None,
        memory: TranslationMemory | None = None,
    ) -> None:
        """One model, or several of which each reads the language that the one before writes.

        `memory` is where given translations are looked up for the way through several models; each
        model has its own part of it besides.

        Raises:
            GlossaryError: a glossary, and texts that are not German.
        """
        self.source = models[0].source
        self.target = models[-1].target
        self.records = tuple(records)
        self._notices = tuple(notices)
        self._memory = memory
        self._models = tuple(models)
        self._terms = glossary.matcher(self.source, self.target) if glossary else None

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader must know about the choice of models and the state of the memory."""
        return self._notices + (self._memory.notices if self._memory else ())

    @property
    def beams(self) -> tuple[int, ...]:
        """The beam size of each model."""
        return tuple(model.beam for model in self._models)

    @classmethod
    def load(
        cls,
        profile: str = "auto",
        source: str = "de",
        target: str = "en",
        *,
        backend: str = "ctranslate2",
        model: str | PathLike[str] | None = None,
        models: str | PathLike[str] | None = None,
        device: str = "cpu",
        beam: int | None = None,
        quantization: str = "int8",
        threads: int = 0,
        limit: int = LIMIT,
        symmetrise: bool = False,
        glossary: Glossary | None = None,
        memory: TranslationMemory | str | PathLike[str] | None = None,
    ) -> Translator:
        """A translator whose models are verified and loaded; nothing is downloaded.

        Args:
            profile: a profile of models.toml.
            source: ISO 639-1 code of the texts.
            target: ISO 639-1 code of the translations.
            backend: "ctranslate2" or "transformers".
            model: a local Marian folder, taken instead of the profile.
            models: a models.toml merged over the package's own.
            device: "cpu", "cuda" or "auto".
            beam: beam size; 1 is greedy; by default each model's own in models.toml, else 4.
            quantization: of the CTranslate2 weights: "int8", "float32" …
            threads: for CTranslate2; 0 takes all cores.
            limit: most pieces in a segment.
            symmetrise: merge the word links with those that the profile's models for the way back see;
                costs a second pass over every segment.
            glossary: terms that the translations must have.
            memory: a translation memory or its file, which is made if there is none.

        Raises:
            UnknownNameError: no such profile, backend or language, or no model for the way back.
            GlossaryError: a glossary, and a source other than "de".
            ModelError: a model is missing, corrupt or no Marian model.
            CacheError: the converted model cannot be written.
            MemoryFileError: the memory's file is something else.
        """
        if backend not in BACKENDS:
            raise UnknownNameError("backend", backend, BACKENDS)
        if beam is not None and beam < 1:
            raise UnknownNameError("beam size", str(beam), ["1", "2", "4", "…"])
        if model is not None:
            spec = registry.spec_from_folder(model, source, target)
            route = Route(str(model), (Step(spec, source, target),))
        else:
            route = registry.load_registry(models).resolve(profile, source, target)
        if memory is not None and not isinstance(memory, TranslationMemory):
            memory = TranslationMemory(memory)

        def searched(step: Step) -> Decoding:
            return replace(step.model.decoding, beam=beam or step.model.decoding.beam)

        def build(step: Step, local: store.LocalModel, **more: Any) -> MarianTranslator:
            return MarianTranslator(
                _load_backend(local, backend, device=device, quantization=quantization, threads=threads),
                Tokenizer.load(local.folder, step.target_token),
                step.source,
                step.target,
                decoding=searched(step),
                length_penalty=marian.read_length_penalty(local.folder),
                aligned=step.model.alignment is not None,
                limit=limit,
                **more,
            )

        translators: list[MarianTranslator] = []
        records: list[ModelRecord] = []
        for step in route.steps:
            local = store.ensure_local(step.model)
            records.append(local.record)
            settings = _settings(local, step, backend, device, searched(step), quantization)
            reverse = None
            if symmetrise:
                back = _way_back(registry.load_registry(models), route, step)
                local_back = store.ensure_local(back.model)
                reverse = build(back, local_back)
                records.append(local_back.record)
                settings["symmetrised"] = local_back.digest
            part = memory.of_model(step.source, step.target, settings) if memory is not None else None
            calibration = step.model.calibration.get((step.source, step.target))
            translators.append(build(step, local, memory=part, calibration=calibration, reverse=reverse))
        return cls(translators, records=records, notices=route.notices, glossary=glossary, memory=memory)

    def translate(self, texts: Iterable[str]) -> Iterator[TranslatedText]:
        """One result for each text, in order; `texts` is read as results are asked for, in bounded windows.

        A text of any length is cut into segments that the model can take and joined again; what could
        not be translated well is flagged in its segment.

        Raises:
            InvalidTextError: a text holds lone surrogates.
            TranslationError: the backend failed, or a single string was given instead of several.
        """
        if isinstance(texts, str):
            raise TranslationError("translate() takes several texts; put a single one into a list")
        return self._translate(texts)

    def align(self, pairs: Iterable[tuple[str, str]]) -> Iterator[TranslatedText]:
        """Word links of texts whose translations are given, as (source, target); needs a direct model.

        Raises:
            TranslationError: this translator goes through a language between.
            InvalidTextError: a text holds lone surrogates.
        """
        if len(self._models) > 1:
            raise TranslationError("align() needs one model, and this translator has two in a row")
        return self._align(pairs)

    def _align(self, pairs: Iterable[tuple[str, str]]) -> Iterator[TranslatedText]:
        checked = ((_checked(source), _checked(target)) for source, target in pairs)
        while window := list(islice(checked, WINDOW_PAIRS)):
            yield from self._models[0].align(window)

    def _translate(self, texts: Iterable[str]) -> Iterator[TranslatedText]:
        for window in _windows(texts):
            yield from self._translate_all(window)

    def _translate_all(self, texts: Sequence[str]) -> list[TranslatedText]:
        first, *others = self._models
        results = first.translate(texts)
        for model in others:
            units = [s for result in results for s in _parts(result)]
            given = self._given(unit.source for unit in units) if model is others[-1] else {}
            followed = iter(model.translate([unit.text for unit in units if unit.source not in given]))
            adopted = iter(model.adopt([(u.text, given[u.source]) for u in units if u.source in given]))
            composed = iter(
                [
                    _adopted(unit, next(adopted)) if unit.source in given else compose(unit, next(followed))
                    for unit in units
                ]
            )
            results = [
                join(
                    r.source,
                    [s.source for s in r.segments],
                    [next(composed) for _ in r.segments],
                    model.target,
                )
                for r in results
            ]
        if self._terms is not None:
            return [enforce(result, self._terms, self.target) for result in results]
        return results

    def _given(self, texts: Iterable[str]) -> dict[str, str]:
        return self._memory.given(self.source, self.target, texts) if self._memory else {}


def _adopted(unit: TranslatedText, given: TranslatedText) -> TranslatedText:
    """A given translation of the source of `unit`, linked through the language between."""
    composed = compose(unit, given)
    segments = tuple(replace(segment, score=None, flags=(GIVEN,)) for segment in composed.segments)
    return replace(composed, segments=segments, score=None, flags=(GIVEN,))


def _parts(result: TranslatedText) -> Iterator[TranslatedText]:
    """Each segment as a text of its own."""
    for segment in result.segments:
        inner = shift(segment, -segment.source.start, -segment.target.start)
        source, target = segment.source.of(result.source), segment.target.of(result.text)
        yield TranslatedText(source, target, (inner,), segment.score, segment.flags)


def _windows(texts: Iterable[str]) -> Iterator[list[str]]:
    window: list[str] = []
    size = 0
    for text in texts:
        window.append(_checked(text))
        size += len(text)
        if len(window) >= WINDOW_TEXTS or size >= WINDOW_CHARACTERS:
            yield window
            window, size = [], 0
    if window:
        yield window


def _checked(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidTextError(f"the text holds a lone surrogate at character {error.start}") from error
    return text


def _way_back(known: registry.Registry, route: Route, step: Step) -> Step:
    """The one model of the route's profile that reads what `step` writes and writes what it reads."""
    known.profile(route.profile)  # a folder has no way back
    back = known.resolve(route.profile, step.target, step.source)
    if len(back.steps) > 1:
        raise UnknownNameError("way back in one step", f"{step.target} to {step.source}", [])
    return back.steps[0]


def _settings(
    local: store.LocalModel, step: Step, backend: str, device: str, decoding: Decoding, quantization: str
) -> dict[str, str]:
    """All that changes what a model writes: what a memory keeps its results under."""
    shortlist = local.folder / marian.SHORTLIST
    if backend == "ctranslate2":
        engine = f"ctranslate2 {version('ctranslate2')} {quantization}"
    else:
        engine = f"transformers {version('transformers')} torch {version('torch')}"
    return {
        "model": local.spec.id,
        "digest": local.digest,
        "alignment": str(local.spec.alignment),
        "calibration": str(local.spec.calibration.get((step.source, step.target))),
        "target_token": step.target_token or "",
        "shortlist": store.hash_file(shortlist).sha256 if shortlist.is_file() else "",
        "backend": engine,
        "device": device,
        "decoding": str(decoding),
        "wechat_text": version("wechat_text"),
    }


def _load_backend(
    local: store.LocalModel, backend: str, *, device: str, quantization: str, threads: int
) -> Backend:
    if backend == "transformers":
        from wechat_text.translation.backends.transformers import TransformersBackend

        return TransformersBackend(local.folder, device=device, alignment=local.spec.alignment)
    from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend

    folder: Path = conversion.convert(local, quantization)
    positions = marian.read_config(local.folder).max_position_embeddings
    shifted = local.spec.alignment is not None and local.spec.alignment.shifted
    return CTranslate2Backend(
        folder, max_positions=positions, device=device, threads=threads, shifted=shifted
    )
