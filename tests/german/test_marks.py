"""Quotation marks in pairs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.document import Span
from wechat_text.german.marks import marked_segments


def marked(text: str) -> list[tuple[str, int, bool]]:
    found = marked_segments(text, [Span(0, len(text))])
    return [(m.span.of(text), m.depth, m.closed) for m in found]


@pytest.mark.parametrize(
    "pair",
    ["„{}“", "„{}”", '„{}"', "“{}”", '"{}"', "»{}«", "«{}»", "« {} »", "‚{}‘", "›{}‹", "‘{}’", "「{}」"],
)
def test_every_style_is_paired(pair: str) -> None:
    segment = pair.format("Wir gehen heim")
    assert marked(f"Er sagte {segment} und ging.") == [(segment, 0, True)]


def test_inner_quotations_lie_deeper() -> None:
    assert marked("„Er rief ‚Halt!‘ und lief“, sagte sie.") == [
        ("„Er rief ‚Halt!‘ und lief“", 0, True),
        ("‚Halt!‘", 1, True),
    ]


def test_marks_of_one_style_nest() -> None:
    assert [d for _, d, _ in marked("„Das „Haus“ ist leer“, sagt er.")] == [0, 1]


def test_an_apostrophe_is_no_mark() -> None:
    assert marked("Das ist Hans' Haus, geht's noch, sagt O'Neill.") == []


def test_inches_are_no_mark() -> None:
    assert marked('Der 27" große Schirm ist neu.') == []


def test_an_unclosed_quotation_ends_with_its_paragraph() -> None:
    assert marked("“Dann machen wir weiter. Und zwar lange.\n\nAutor: Li") == [
        ("“Dann machen wir weiter. Und zwar lange.", 0, False)
    ]


def test_a_quotation_opened_again_in_each_paragraph_is_one() -> None:
    text = "»Erstens friert es.\n\n»Zweitens schneit es.«"
    assert marked(text) == [(text, 0, True)]


def test_an_unclosed_mark_does_not_swallow_the_next_quotation() -> None:
    found = marked('"Das reicht, sagt er.\n\n"Nein", sagt sie.')
    assert ('"Nein"', 0, True) in found


@given(st.text(alphabet="ab .,\n„“”\"»«‚‘’'›‹", max_size=60))
def test_segments_nest_properly(text: str) -> None:
    found = marked_segments(text, [Span(0, len(text))])
    for one in found:
        assert 0 <= one.span.start < one.inner.start <= one.inner.end <= one.span.end <= len(text)
        for other in found:
            if one.closed and other.closed and one.span.overlaps(other.span):
                assert one.span.contains(other.span) or other.span.contains(one.span)
