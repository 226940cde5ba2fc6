"""The German side of the way, and what happens to input that is odd."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wechat_text
from wechat_text import EmptyTextError, InputError, InvalidTextError, NotGermanError, UnknownNameError

ARTICLE = (
    "Die Stadt plant ein neues Schwimmbad am Fluss. „Wir beginnen im Frühjahr mit dem Bau“, sagte Bürgermeisterin "
    "Anna Weber. Das Projekt „Blaue Welle“ kostet rund 14 Millionen Euro. Weber fügte hinzu, dass die Eintrittspreise "
    "stabil bleiben sollen."
)


def test_direct_and_indirect_speech_find_their_speaker() -> None:
    document = wechat_text.analyze(ARTICLE)
    said = {q.text: document.speaker_of(q) for q in document.quotes}
    assert said["„Wir beginnen im Frühjahr mit dem Bau“"].name == "Anna Weber"
    assert said["dass die Eintrittspreise stabil bleiben sollen"].name == "Anna Weber"
    assert len(said) == 2, "the project's name is no quotation"


def test_text_is_kept_and_every_span_lies_in_it() -> None:
    document = wechat_text.analyze(ARTICLE)
    assert document.text == ARTICLE
    assert wechat_text.Document.from_dict(document.to_dict()) == document
    for quote in document.quotes:
        assert " … ".join(span.of(ARTICLE) for span in quote.spans) == quote.text


def test_language_is_recognised_with_a_reason() -> None:
    language = wechat_text.analyze(ARTICLE).language
    assert language.code == "de"
    assert language.reason


def test_given_source_skips_detection() -> None:
    document = wechat_text.analyze("She said nothing at all about the new plans of the city.", source="de")
    assert document.language.reason == "given by the caller"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The city plans a new swimming pool. “We start in spring,” said the mayor of the small town.", "en"),
        ("该市计划在河边修建一座新游泳池。市长表示，工程将于明年春天开工。", "zh"),
    ],
)
def test_other_languages_are_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(NotGermanError, match=code) as caught:
        wechat_text.analyze(text)
    assert caught.value.code == code
    assert 0 < caught.value.confidence <= 1


def test_text_that_cannot_be_judged_is_read_as_german_with_a_notice() -> None:
    document = wechat_text.analyze("Wu Ke 2013")
    assert document.language.code is None
    assert any("read as German" in notice for notice in document.notices)


def test_foreign_sentence_is_marked() -> None:
    foreign = "This is the longest sentence that the minister has ever written in the English language."
    document = wechat_text.analyze(f"{ARTICLE} {foreign}")
    assert [s.language for s in document.sentences if s.span.of(document.text) == foreign] == ["en"]
    assert any("left untranslated" in notice for notice in document.notices)


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\ufeff"])
def test_empty_text_is_an_error(text: str) -> None:
    with pytest.raises(EmptyTextError):
        wechat_text.analyze(text)


def test_lone_surrogate_is_an_error_that_names_its_place() -> None:
    with pytest.raises(InvalidTextError, match="U\\+D800 at offset 4"):
        wechat_text.analyze("Wort\ud800")


def test_bytes_are_an_error_that_names_read() -> None:
    with pytest.raises(InputError, match=r"wechat_text\.read"):
        wechat_text.analyze(b"Wort")  # type: ignore[arg-type]


def test_unknown_source_language_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="'fr'"):
        wechat_text.analyze(ARTICLE, source="fr")


def test_control_characters_are_kept_with_a_notice() -> None:
    text = ARTICLE.replace("Fluss.", "Fluss.\x00\u200b")
    document = wechat_text.analyze(text)
    assert document.text == text
    assert any("U+0000" in notice and "U+200B" in notice for notice in document.notices)


def test_page_remains_alone_give_no_quotes_but_a_notice() -> None:
    text = "<<: Die beste Suppe der Stadt\n>>: „Neue Wege“ im Verkehr\n"
    document = wechat_text.analyze(text, source="de")
    assert document.quotes == ()
    assert len(document.leftovers) == 2
    assert any("no article found" in notice for notice in document.notices)


@pytest.mark.parametrize(
    "text",
    [
        "Er sagte: „Das ist erst der Anfang, und niemand weiß, wie es weitergeht. Danach ging er nach Hause.",
        "“ Das ist ein ganz normaler deutscher Satz mit falschen Zeichen » und « ohne jede Ordnung ‚ darin.",
        "„„„Wir kommen““, sagte die Lehrerin „und bleiben bis zum Abend in der Schule.",
    ],
)
def test_unpaired_marks_lose_nothing(text: str) -> None:
    document = wechat_text.analyze(text, source="de")
    covered = "".join(s.span.of(text) for s in document.sentences)
    assert covered.replace(" ", "") == text.replace(" ", "")


def test_sentence_of_three_thousand_words_is_one_sentence() -> None:
    text = " ".join(["der Mann, der das Haus sah,"] * 500) + " ging."
    document = wechat_text.analyze(text, source="de")
    assert document.sentences[-1].span.end == len(text)


def test_line_ends_of_all_kinds_are_kept() -> None:
    text = "Erster Absatz mit einem Satz.\r\n\r\nZweiter Absatz mit einem Satz.\rDritter Absatz.\n"
    assert wechat_text.analyze(text, source="de").text == text


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_analysed_or_refused_and_nothing_is_lost(text: str) -> None:
    try:
        document = wechat_text.analyze(text, source="de")
    except EmptyTextError:
        return
    kept = [*(s.span for s in document.sentences), *(x.span for x in document.leftovers)]
    rest = list(text)
    for span in kept:
        rest[span.start : span.end] = [" "] * (span.end - span.start)
    assert not "".join(rest).strip()


FOUNDING = Path(__file__).parents[1] / "examples" / "articles" / "wechat-merchants.de.txt"


def test_founding_article_gives_nine_quotations_of_speech_with_their_speakers() -> None:
    document = wechat_text.analyze(wechat_text.read(FOUNDING))
    said = [(q.text.split()[0], document.speaker_of(q)) for q in document.quotes if q.kind == "direct"]
    assert [(word, speaker and speaker.name) for word, speaker in said] == [
        ("„Es", "Wu Ke"),
        ("„Selbst", "Markenforscher für Kleinstunternehmen"),
        ("„Das", "Markenforscher für Kleinstunternehmen"),
        ("„Manche", "Zhang Xi"),
        ("„viele", "Wu Ke"),
        ("„Kleinstunternehmen", "zuständige Verantwortliche des oben genannten Vereins"),
        ("„Es", "Marktanalyst für Kleinstunternehmen"),
        ("„Produkte", "Zhang Xi"),
        ("„Wir", "Wu Ke"),
    ]
