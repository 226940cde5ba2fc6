"""The whole way with random weights: what must hold whatever a model writes."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

import wechat_text
from wechat_text import (
    Link,
    NotGermanError,
    Pipeline,
    Segment,
    Span,
    TranslatedText,
    Translator,
    UnknownNameError,
)
from wechat_text.alignment.links import words

ARTICLE = (
    "Die Händlerin öffnet ihren Laden am Morgen. „Wir verkaufen nur, was wir selbst gebrauchen“, sagte Anna Weber.\n\n"
    "Niemand weiß, wie viele Waren falsch sind. Weber sagte, dass sie spät schlafe.\n<<: Die nächste Seite\n"
)
OTHER = "Abends zählt sie das Geld. „Es reicht für uns“, sagte Herr Wang am Dienstag."
ENGLISH = "The merchant opens her shop in the morning and waits for the first customers of the day."


@pytest.fixture(scope="module")
def pipeline(tiny_models) -> Pipeline:
    return Pipeline.load("tiny", models=tiny_models, beam=1)


@pytest.fixture(scope="module")
def document(pipeline: Pipeline) -> wechat_text.Document:
    return pipeline.process(ARTICLE, to=("en", "zh"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_quote_is_located_or_says_why_not(document: wechat_text.Document, language: str) -> None:
    translation = document.translations[language]
    assert set(translation.quotes) == {q.id for q in document.quotes}
    for found in translation.quotes.values():
        assert found.spans or found.reason
        assert found.text == " … ".join(span.of(translation.text) for span in found.spans)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_segments_cover_the_article_and_nothing_else(document: wechat_text.Document, language: str) -> None:
    rest = list(document.text)
    end = 0
    for segment in document.translations[language].segments:
        assert segment.source.start >= end
        end = segment.source.end
        rest[segment.source.start : segment.source.end] = " " * (end - segment.source.start)
    left = "".join(rest)
    assert "".join(left.split()) == "".join(x.span.of(ARTICLE) for x in document.leftovers).replace(" ", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_target_spans_lie_in_the_translation_in_order(document: wechat_text.Document, language: str) -> None:
    translation = document.translations[language]
    assert all(a.target.end <= b.target.start for a, b in itertools.pairwise(translation.segments))
    assert wechat_text.Document.from_dict(document.to_dict()) == document


def test_provenance_names_models_and_settings(document: wechat_text.Document) -> None:
    assert [m.id for m in document.provenance.models] == ["tiny"]
    assert document.provenance.models[0].digest
    assert document.provenance.settings["profile"] == "tiny"
    assert document.provenance.settings["beam"] == "1"


def test_speakers_have_names_in_every_language(document: wechat_text.Document) -> None:
    (weber,) = document.speakers
    assert weber.names == {"en": "Anna Weber", "zh": "Anna Weber"}


def test_a_description_without_a_usable_translation_is_left_in_german(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    looping = "the same words over and over"
    plain = Translator.translate

    def flagged(self: Translator, texts: Iterable[str]) -> Iterator[TranslatedText]:
        for result in plain(self, texts):
            loops = "Händlerin" in result.source
            yield replace(result, flags=(looping,) if loops else ())

    monkeypatch.setattr(Translator, "translate", flagged)
    article = (
        "„Das reicht für uns alle“, sagte die Händlerin. „Das reicht uns nicht“, sagte ein Bäcker aus Bonn."
    )
    found = pipeline.process(article, to=("en",))
    names = {speaker.name: speaker.names["en"] for speaker in found.speakers}
    assert names["Händlerin"] == "Händlerin"
    assert "en: left in German, no usable translation came: Händlerin" in found.notices


def test_a_garbled_name_is_put_right_before_its_quote_is_located_and_a_lost_one_is_noticed(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {
        "„Ich, Anna Weber, komme“, sagte Anna Weber.": "“I, Anna Webber, come,” said Anna Webber.",
        "Weber ging.": "She went.",
    }

    def translate(_self: Translator, texts: Iterable[str]) -> Iterator[TranslatedText]:
        for text in texts:
            target = written[text]
            pairs = [
                (a, b)
                for a, b in itertools.product(words(text), words(target))
                if a.of(text)[:3] == b.of(target)[:3]
            ]
            links = tuple(Link(a, b, 1.0) for a, b in pairs)
            spans = Span(0, len(text)), Span(0, len(target))
            yield TranslatedText(text, target, (Segment(*spans, links, -0.5),), -0.5)

    monkeypatch.setattr(Translator, "translate", translate)
    found = pipeline.process(" ".join(written), to=("en",))
    assert found.translations["en"].text == "“I, Anna Weber, come,” said Anna Weber. She went."
    assert found.translations["en"].quotes["q1"].text == "“I, Anna Weber, come,”"
    assert "en: names not spelt as in the article: Anna Weber (1 of 2 sentences)" in found.notices


def test_paragraphs_are_kept(document: wechat_text.Document) -> None:
    assert "\n\n" in document.translations["en"].text


def test_stream_keeps_the_order_and_equals_one_by_one(pipeline: Pipeline) -> None:
    streamed = list(pipeline.stream([ARTICLE, OTHER, ARTICLE], to=("en",)))
    assert [d.text for d in streamed] == [ARTICLE, OTHER, ARTICLE]
    assert streamed[1] == pipeline.process(OTHER, to=("en",))


def test_stream_reads_no_further_than_its_window(pipeline: Pipeline) -> None:
    read = []

    def articles() -> Iterator[str]:
        for _ in itertools.count():
            read.append(1)
            yield OTHER

    documents = pipeline.stream(articles(), to=(), window=2)
    next(documents)
    assert len(read) == 2


def test_bad_article_is_kept_with_its_error_and_stops_nothing(pipeline: Pipeline) -> None:
    documents = list(pipeline.stream([OTHER, ENGLISH, "", OTHER], to=("en",), on_error="keep"))
    assert [d.failure and d.failure.type for d in documents] == [
        None,
        "NotGermanError",
        "EmptyTextError",
        None,
    ]
    assert documents[1].text == ENGLISH
    assert documents[3].translations["en"].text


def test_stream_raises_after_the_articles_before_the_bad_one(pipeline: Pipeline) -> None:
    documents = pipeline.stream([OTHER, ENGLISH], to=("en",))
    assert next(documents).text == OTHER
    with pytest.raises(NotGermanError):
        next(documents)


def test_foreign_sentence_is_passed_through(pipeline: Pipeline) -> None:
    german = ARTICLE.partition("<<:")[0] + OTHER
    document = pipeline.process(f"{german} {ENGLISH}", to=("zh",))
    assert document.translations["zh"].text.endswith(ENGLISH)
    assert any("left untranslated" in f for f in document.translations["zh"].segments[-1].flags)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"profile": "opsu"}, "profile 'opsu'"),
        ({"profile": "tiny", "to": ("fr",)}, "fr"),
        ({"profile": "tiny", "to": ("en",), "backend": "onnx"}, "backend 'onnx'"),
    ],
)
def test_unknown_names_are_errors_at_loading(tiny_models, settings: dict[str, object], words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        Pipeline.load(**{"to": ("en",), "models": tiny_models, **settings})


def test_unknown_on_error_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(UnknownNameError, match="on_error"):
        pipeline.stream([OTHER], on_error="ignore")  # type: ignore[arg-type]


def test_missed_terms_are_noticed_and_the_glossary_is_named(tiny_models, tmp_path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text("source,en,zh\nLaden,shop,\n", encoding="utf-8")
    pipeline = Pipeline.load("tiny", models=tiny_models, beam=1, glossary=wechat_text.Glossary.load(file))
    document = pipeline.process(ARTICLE, to=("en", "zh"))
    (use,) = document.translations["en"].terms
    assert use.source.of(ARTICLE) == "Laden"
    assert use.applied or any(
        n.startswith("en: glossary terms missed: Laden → shop") for n in document.notices
    )
    assert not use.applied or use.target.of(document.translations["en"].text).lower() == "shop"
    assert document.translations["zh"].terms == ()
    assert document.provenance.settings["glossary"] == "shop.csv"
    assert wechat_text.Document.from_dict(document.to_dict()) == document


def test_interrupted_stream_keeps_finished_articles_and_a_memory_what_was_translated(
    tiny_models, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(pipeline: Pipeline) -> Iterator[wechat_text.Document]:
        return pipeline.stream([OTHER, ARTICLE], to=("en", "zh"), source="de", window=1)

    def count(pipeline: Pipeline, language: str, most: float) -> list[int]:
        """The sizes of the batches that the model is given; Ctrl-C is pressed at the one after `most`."""
        backend = pipeline.translator(language)._models[0]._backend
        batches: list[int] = []
        search = backend.search

        def counted(sources, options):
            if len(batches) == most:
                raise KeyboardInterrupt
            batches.append(len(sources))
            return search(sources, options)

        monkeypatch.setattr(backend, "search", counted)
        return batches

    uninterrupted = list(stream(Pipeline.load("tiny", models=tiny_models, beam=1)))
    path = tmp_path / "memory.db"
    pipeline = Pipeline.load("tiny", models=tiny_models, beam=1, memory=path)
    documents = stream(pipeline)
    finished = [next(documents)]
    count(pipeline, "zh", 0)
    with pytest.raises(KeyboardInterrupt):
        finished.append(next(documents))
    assert finished == uninterrupted[:1]

    pipeline = Pipeline.load("tiny", models=tiny_models, beam=1, memory=path)
    english, chinese = count(pipeline, "en", math.inf), count(pipeline, "zh", math.inf)
    assert list(stream(pipeline)) == uninterrupted
    assert not english, "both articles were in English before the interruption"
    assert chinese
