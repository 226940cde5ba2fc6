"""The whole way: analyse German articles, translate them, find every quote again."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import islice
from os import PathLike
from typing import Literal

from wechat_text.alignment import names, projection
from wechat_text.alignment.links import sure_links
from wechat_text.alignment.spelling import changed_names, restore_names
from wechat_text.analysis import analyze
from wechat_text.document import (
    Document,
    Failure,
    Provenance,
    Segment,
    Sentence,
    Span,
    Translation,
)
from wechat_text.errors import UnknownNameError, WechatTextError
from wechat_text.translation import Glossary, TranslatedText, TranslationMemory, Translator, join
from wechat_text.translation.guards import SEVERE

TARGETS = ("en", "zh")
"""Languages that an article is translated into unless told otherwise."""

logger = logging.getLogger(__name__)


class Pipeline:
    """The stages in order, for one article or a stream of them.

    A pipeline loads each model once, on first use, and may be kept for as long as it is useful.
    """

    def __init__(
        self,
        *,
        profile: str = "auto",
        backend: str = "ctranslate2",
        models: str | PathLike[str] | None = None,
        device: str = "cpu",
        beam: int | None = None,
        symmetrise: bool = False,
        glossary: Glossary | None = None,
        memory: TranslationMemory | str | PathLike[str] | None = None,
    ) -> None:
        self.profile = profile
        self.backend = backend
        self.models = models
        self.device = device
        self.beam = beam
        self.symmetrise = symmetrise
        self.glossary = glossary
        self.memory = TranslationMemory(memory) if isinstance(memory, (str, PathLike)) else memory
        self._translators: dict[str, Translator] = {}

    @classmethod
    def load(
        cls,
        profile: str = "auto",
        *,
        to: Sequence[str] = (),
        backend: str = "ctranslate2",
        models: str | PathLike[str] | None = None,
        device: str = "cpu",
        beam: int | None = None,
        symmetrise: bool = False,
        glossary: Glossary | None = None,
        memory: TranslationMemory | str | PathLike[str] | None = None,
    ) -> Pipeline:
        """A pipeline whose models are resolved and checked.

        Args:
            profile: a profile of models.toml: "auto", "opus", "starter" or one of the user's own.
            to: target languages whose models are loaded right away instead of at first use.
            backend: "ctranslate2" or "transformers".
            models: a models.toml merged over the package's own.
            device: "cpu", "cuda" or "auto".
            beam: beam size; 1 is greedy; by default each model's own in models.toml, else 4.
            symmetrise: merge the word links with those of the profile's models for the way back.
            glossary: terms that the translations must have; those missed are noticed in the document.
            memory: a translation memory or its file, which is made if there is none; what it holds is not
                translated again.

        Raises:
            UnknownNameError: no such profile, backend or language.
            ModelError: a model is missing, corrupt or no Marian model.
            MemoryFileError: the memory's file is something else.
        """
        pipeline = cls(
            profile=profile,
            backend=backend,
            models=models,
            device=device,
            beam=beam,
            symmetrise=symmetrise,
            glossary=glossary,
            memory=memory,
        )
        for language in to:
            pipeline.translator(language)
        return pipeline

    def translator(self, target: str) -> Translator:
        """The translator from German into `target`, loaded at the first call."""
        if target not in self._translators:
            self._translators[target] = Translator.load(
                profile=self.profile,
                source="de",
                target=target,
                backend=self.backend,
                models=self.models,
                device=self.device,
                beam=self.beam,
                symmetrise=self.symmetrise,
                glossary=self.glossary,
                memory=self.memory,
            )
        return self._translators[target]

    def process(
        self, text: str, to: Sequence[str] = TARGETS, *, source: str | None = None, progress: bool = False
    ) -> Document:
        """One article, analysed and translated.

        Args:
            text: the article; offsets in the result refer to exactly this string.
            to: target languages.
            source: "de" skips the detection of the language.
            progress: show a bar on standard error when that is a terminal.

        Raises:
            WechatTextError: the text cannot be worked on, or a model cannot be used.
        """
        return next(self.stream([text], to, source=source, progress=progress))

    def stream(
        self,
        texts: Iterable[str],
        to: Sequence[str] = TARGETS,
        *,
        source: str | None = None,
        on_error: Literal["raise", "keep"] = "raise",
        window: int = 16,
        progress: bool = False,
    ) -> Iterator[Document]:
        """Many articles, batched across articles, order kept, read as they are needed.

        Args:
            texts: the articles; an endless iterator is fine.
            to: target languages.
            source: "de" skips the detection of the language.
            on_error: "keep" yields a document with `Document.failure` for an article that failed and
                goes on with the next one; "raise" stops there, after the articles before it.
            window: number of articles in memory at a time.
            progress: show a bar on standard error when that is a terminal.

        Raises:
            WechatTextError: with ``on_error="raise"``; and for unknown names and models in any case.
        """
        if on_error not in ("raise", "keep"):
            raise UnknownNameError("on_error", on_error, ["raise", "keep"])
        if isinstance(to, str):
            to = (to,)
        translators = {language: self.translator(language) for language in dict.fromkeys(to)}
        return self._stream(iter(texts), translators, source, on_error, window, progress)

    def _stream(
        self,
        texts: Iterator[str],
        translators: Mapping[str, Translator],
        source: str | None,
        on_error: str,
        window: int,
        progress: bool,
    ) -> Iterator[Document]:
        while articles := list(islice(texts, window)):
            analysed = [_analysed(text, source) for text in articles]
            for text, result in zip(articles, self._translate(analysed, translators, progress), strict=True):
                if isinstance(result, Document):
                    yield result
                elif on_error == "raise":
                    raise result
                else:
                    logger.warning("article kept without result: %s", result)
                    yield Document(text, failure=Failure(type(result).__name__, str(result)))

    def _translate(
        self,
        analysed: Sequence[Document | WechatTextError],
        translators: Mapping[str, Translator],
        progress: bool,
    ) -> Iterator[Document | WechatTextError]:
        """All articles of a window in one batch; one by one where that fails."""
        documents = [document for document in analysed if isinstance(document, Document)]
        try:
            finished = iter(self._translate_all(documents, translators, progress))
        except WechatTextError as error:
            if len(documents) == 1:
                yield from (error if isinstance(d, Document) else d for d in analysed)
                return
            for document in analysed:
                yield from self._translate([document], translators, progress)
            return
        for document in analysed:
            yield next(finished) if isinstance(document, Document) else document

    def _translate_all(
        self, documents: Sequence[Document], translators: Mapping[str, Translator], progress: bool
    ) -> list[Document]:
        for target, translator in translators.items():
            units = [unit for d in documents for unit in _translatable(d)]
            bar = _progress(translator.translate(units), len(units), target, progress)
            documents = [_add_translation(d, target, bar) for d in documents]
        return [self._signed(d, translators) for d in documents]

    def _signed(self, document: Document, translators: Mapping[str, Translator]) -> Document:
        records = dict.fromkeys(record for t in translators.values() for record in t.records)
        notices = dict.fromkeys(notice for t in translators.values() for notice in t.notices)
        settings = {
            "profile": self.profile,
            "backend": self.backend,
            "device": self.device,
            "beam": ", ".join(dict.fromkeys(str(b) for t in translators.values() for b in t.beams)),
        }
        if self.symmetrise:
            settings["symmetrise"] = "yes"
        if self.glossary is not None:
            settings["glossary"] = self.glossary.name
        return replace(
            document,
            notices=(*document.notices, *(n for n in notices if n not in document.notices)),
            provenance=Provenance(version("wechat_text"), tuple(records), settings),
        )


def translate(
    text: str, to: Sequence[str] = TARGETS, *, profile: str = "auto", source: str | None = None
) -> Document:
    """One article, the whole way: `Pipeline.load(profile).process(text, to)`."""
    return Pipeline.load(profile).process(text, to, source=source)


def _analysed(text: str, source: str | None) -> Document | WechatTextError:
    try:
        return analyze(text, source=source)
    except WechatTextError as error:
        return error


def _translatable(document: Document) -> list[str]:
    """The German sentences, then what is translated by itself."""
    sentences = [s.span.of(document.text) for s in document.sentences if s.language == "de"]
    return [*sentences, *names.phrases(document)]


def _progress(
    results: Iterator[TranslatedText], total: int, target: str, wanted: bool
) -> Iterator[TranslatedText]:
    if not wanted:
        return results
    from tqdm import tqdm

    # disable=None: silent unless standard error is a terminal
    bar: Iterator[TranslatedText] = iter(
        tqdm(results, desc=f"de → {target}", total=total, disable=None, leave=False)
    )
    return bar


def _add_translation(document: Document, target: str, results: Iterator[TranslatedText]) -> Document:
    """`results` are the translations of what is `_translatable`."""
    translation = restore_names(document, _assemble(document, target, results))
    translations = {phrase: _sound(next(results)) for phrase in names.phrases(document)}
    translation = projection.restore_marks(document, projection.project_quotes(document, translation))
    speakers, notices = names.speakers_in(document, translation, translations)
    # all that needed the weak links is found
    segments = tuple(replace(s, links=sure_links(s.links)) for s in translation.segments)
    translation = replace(translation, segments=segments)
    return replace(
        document,
        speakers=speakers,
        translations={**document.translations, target: translation},
        notices=(
            *document.notices,
            *_changed_names(document, translation),
            *notices,
            *_missed_terms(translation),
        ),
    )


def _sound(result: TranslatedText) -> str:
    """The translation, or nothing where it is no use as a name."""
    return "" if SEVERE.intersection(result.flags) else result.text


def _changed_names(document: Document, translation: Translation) -> Iterator[str]:
    """A notice on persons whose names the translation does not spell as the article does."""
    if changed := changed_names(document, translation):
        listed = ", ".join(f"{name} ({lost} of {of} sentences)" for name, (lost, of) in changed.items())
        yield f"{translation.language}: names not spelt as in the article: {listed}"


def _missed_terms(translation: Translation) -> Iterator[str]:
    """A notice on glossary terms that are not in the translation."""
    missed = Counter(f"{use.term} → {use.wanted}" for use in translation.terms if not use.applied)
    if missed:
        listed = ", ".join(f"{term} ({count}×)" for term, count in missed.items())
        yield f"{translation.language}: glossary terms missed: {listed}"


def _assemble(document: Document, target: str, results: Iterator[TranslatedText]) -> Translation:
    """The sentences' translations as one text, with segments in the document's offsets."""
    spans = [sentence.span for sentence in document.sentences]
    parts = [next(results) if s.language == "de" else _untouched(document, s) for s in document.sentences]
    joined = join(document.text, spans, parts, target)
    return Translation(target, joined.text.rstrip("\n"), joined.segments)


def _untouched(document: Document, sentence: Sentence) -> TranslatedText:
    text = sentence.span.of(document.text)
    whole = Span(0, len(text))
    flags = (f"{sentence.language}: left untranslated",)
    return TranslatedText(text, text, (Segment(whole, whole, flags=flags),), None, flags)
