"""Where a German sentence ends."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.document import Span
from wechat_text.german.sentences import split_inside, split_sentences


def split(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text, [Span(0, len(text))])]


@pytest.mark.parametrize(
    "sentence",
    [
        "Das kostet z. B. drei Euro, d. h. sehr wenig.",
        "Am 14. Juli kam Dr. Lorenz an.",
        "Bei der 14. China Internet Conference am 22. Juli war es voll.",
        "Der Umsatz stieg auf 3,5 Mio. Euro.",
        "Frau Prof. Dr. Kern lehrt in St. Gallen.",
        "Friedrich II. herrschte lange.",
        "Rafik Y. wurde entlassen.",
        "Er rief „Halt!“ und lief weg.",
        "„Das reicht. Wir gehen jetzt“, sagte die Bäckerin.",
        "„Wirklich? Niemals!“, rief er.",
        "Sie kommt um 6.50 Uhr mit 1.140 Akten.",
    ],
)
def test_one_sentence_stays_whole(sentence: str) -> None:
    assert split(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Er kam. Sie ging.", 2),
        ("Sie baute das im Jahr 2013. Danach zog sie fort.", 2),
        ("Wir verkaufen Brot, Käse usw. Der Laden ist klein.", 2),
        ("„Das ist alles.“ Der Händler erklärte dies.", 2),
        ("„Wir gehen.“ „Wir bleiben.“", 2),
        ("Ist das wahr? Ja! Leider…", 3),
        ("Überschrift ohne Punkt\n\nDer Text beginnt.", 2),
        ("Der Weg nach Hause\nEr beginnt am Fluss.", 2),
        ("Das Dorf, das schläft Seit der letzte Bus fuhr, ist es still.", 2),
    ],
)
def test_sentences_are_told_apart(text: str, count: int) -> None:
    assert len(split(text)) == count


def test_a_line_broken_in_the_middle_goes_on() -> None:
    assert split("Der Laden öffnet\nerst um zehn.") == ["Der Laden öffnet\nerst um zehn."]


def test_units_with_quotations_can_be_split_further() -> None:
    text = "„Es regnet. Wir warten“, sagte er."
    assert [s.of(text) for s in split_inside(text, Span(0, len(text)))] == [
        "„Es regnet.",
        "Wir warten“, sagte er.",
    ]


def test_only_the_body_is_split() -> None:
    text = "Menü. Der Text. Ende. Fuß."
    assert [s.of(text) for s in split_sentences(text, [Span(6, 21)])] == ["Der Text.", "Ende."]


@given(st.text(alphabet="aÄb. !?…„“»«\"'\n\r\t\x00\u200b1Z,()", max_size=80))
def test_nothing_but_white_space_lies_between_sentences(text: str) -> None:
    spans = split_sentences(text, [Span(0, len(text))])
    at = 0
    for span in spans:
        assert text[at : span.start].strip() == ""
        assert span.start < span.end
        assert span.of(text) == span.of(text).strip()
        at = span.end
    assert text[at:].strip() == ""


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "Wort " * 200_000, "„" * 20_000, "„Wort.“ " * 100_000, ". " * 300_000]
)
def test_huge_texts_take_linear_time(text: str) -> None:
    begun = time.process_time()
    split(text)
    assert time.process_time() - begun < 8
