"""The data model: offsets, lossless JSON, refusal of what is no document."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.document import (
    Document,
    Failure,
    Language,
    Leftover,
    Link,
    ModelRecord,
    Provenance,
    Quote,
    QuoteTranslation,
    Segment,
    Sentence,
    Span,
    Speaker,
    TermUse,
    Translation,
    json_schema,
)
from wechat_text.errors import DocumentError

TEXT = "„Wir bauen“, sagte Ada Beispiel 😀."
FULL = Document(
    text=TEXT,
    language=Language("de", 0.99, "function words"),
    body=(Span(0, len(TEXT)),),
    leftovers=(Leftover(Span(0, 0), "navigation"),),
    sentences=(Sentence(Span(0, len(TEXT))),),
    quotes=(
        Quote(
            "q1",
            (Span(0, 11),),
            "„Wir bauen“",
            "direct",
            0.9,
            "s1",
            Span(19, 31),
            (Span(13, 18),),
            evidence=("a",),
        ),
        Quote("q2", (Span(1, 4), Span(5, 10)), "Wir … bauen", "indirect", 0.1, within="q1", continues="q1"),
    ),
    speakers=(Speaker("s1", "Ada Beispiel", "person", (Span(19, 31),), names={"en": "Ada Beispiel"}),),
    translations={
        "en": Translation(
            "en",
            "“We build,” said Ada.",
            (
                Segment(
                    Span(0, 34),
                    Span(0, 21),
                    (Link(Span(1, 4), Span(1, 3), 0.5),),
                    -0.3,
                    ("copied",),
                    (
                        TermUse("bauen", "build", Span(5, 10), Span(4, 9), "links"),
                        TermUse("Ada", "Ada", Span(19, 22), None, reason="no links"),
                    ),
                ),
            ),
            {"q1": QuoteTranslation((Span(0, 11),), "“We build,”", 0.9, "marks")},
        )
    },
    notices=("one notice",),
    provenance=Provenance("0.1.0", (ModelRecord("starter", None, "ab"),), {"beam": "4"}),
    failure=Failure("ReadError", "no"),
)


def spans(size: int) -> st.SearchStrategy[Span]:
    return st.tuples(st.integers(0, size), st.integers(0, size)).map(lambda pair: Span(*sorted(pair)))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    span = spans(len(text))
    quotes = draw(
        st.lists(
            st.builds(
                Quote,
                id=st.uuids().map(str),
                spans=st.lists(span, min_size=1, max_size=3).map(tuple),
                text=st.just(text),
                kind=st.sampled_from(["direct", "indirect", "reported"]),
                confidence=st.floats(0, 1),
                speaker=st.none() | st.text(max_size=3),
                speaker_mention=st.none() | span,
                cue=st.lists(span, max_size=2).map(tuple),
            ),
            max_size=3,
        )
    )
    return Document(text, body=tuple(draw(st.lists(span, max_size=2))), quotes=tuple(quotes))


def test_span_covers_characters_of_the_text() -> None:
    assert Span(19, 31).of(TEXT) == "Ada Beispiel"
    assert Span(1, 3).shift(4) == Span(5, 7)
    assert Span(0, 5).contains(Span(2, 5))
    assert not Span(0, 5).overlaps(Span(5, 6))


def test_document_with_everything_in_it_survives_json() -> None:
    assert Document.from_json(FULL.to_json()) == FULL
    assert Document.from_dict(FULL.to_dict()) == FULL


@given(documents())
def test_any_document_survives_json(document: Document) -> None:
    assert Document.from_json(document.to_json()) == document


def test_document_is_written_to_and_read_from_a_file(tmp_path) -> None:
    FULL.to_json(tmp_path / "article.json")
    assert Document.from_json(tmp_path / "article.json") == FULL


def test_speaker_of_a_quote_is_a_speaker_or_none() -> None:
    assert FULL.speaker_of(FULL.quotes[0]) is FULL.speakers[0]
    assert FULL.speaker_of(FULL.quotes[1]) is None


def test_translation_lists_the_terms_of_all_segments() -> None:
    assert [(use.term, use.applied) for use in FULL.translations["en"].terms] == [
        ("bauen", True),
        ("Ada", False),
    ]


def test_json_follows_the_published_schema() -> None:
    jsonschema.validate(json.loads(FULL.to_json()), json_schema())


def test_schema_refuses_what_is_no_document() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**FULL.to_dict(), "quotes": "none"}, json_schema())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "wechat_text/0"}, "wechat_text/0"),
        ({"quotes": 7}, "quotes"),
        ({"body": [[0, 999]]}, r"\[0, 999\] lies outside"),
        ({"text": "short"}, "outside the text"),
        ({"sentences": [{"span": [3, 1]}]}, r"\[3, 1\]"),
    ],
)
def test_from_dict_names_what_is_wrong(change: dict[str, object], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        Document.from_dict({**FULL.to_dict(), **change})


@pytest.mark.parametrize("content", ["", "[]", "{", "no json"])
def test_from_json_refuses_other_files(tmp_path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DocumentError):
        Document.from_json(tmp_path / "x.json")


def test_from_json_names_a_missing_file(tmp_path) -> None:
    with pytest.raises(DocumentError, match=r"missing\.json"):
        Document.from_json(tmp_path / "missing.json")
