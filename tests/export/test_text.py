"""Quotations in a terminal: widths, wrapping, nothing that steers the terminal."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from wechat_text import Document, Quote, QuoteTranslation, Span, Speaker, Translation, to_text

CHINESE = "“这不仅仅是我们的团队。今年五月以来，许多卖家抱怨业绩下滑，产品不像以前那样容易卖出去。”" * 2


def document(text: str, chinese: str = "", reason: str | None = None) -> Document:
    found = QuoteTranslation((Span(0, len(chinese)),) if chinese else (), chinese, 0.9, "marks", reason)
    return Document(
        text,
        quotes=(Quote("q1", (Span(0, len(text)),), text, "direct", 0.9, "s1"),),
        speakers=(Speaker("s1", "Wu Ke", "person", (), "ein Händler aus Shanghai", {"en": "Wu Ke"}),),
        translations={"zh": Translation("zh", chinese, (), {"q1": found})},
    )


def test_quotation_stands_under_its_speaker() -> None:
    lines = to_text(document("„Ja.“", "“是的。”")).splitlines()
    assert lines == [
        "1 quotation, 1 speaker (de, zh)",
        "",
        "  1  Wu Ke – ein Händler aus Shanghai [direct]",
        "     de  „Ja.“",
        "     zh  “是的。”",
    ]


def test_name_and_description_are_given_in_every_language_once() -> None:
    speaker = Speaker("s1", "Wu Ke", "person", (), "Händler", {"en": "Wu Ke"}, {"en": "trader", "zh": "商人"})
    text = to_text(replace(document("„Ja.“", "“是的。”"), speakers=(speaker,)))
    assert "  1  Wu Ke – Händler / trader / 商人 [direct]\n" in text


def test_chinese_takes_two_columns_a_character() -> None:
    lines = to_text(document("„Ja.“", CHINESE), width=60).splitlines()
    assert len(lines) > 6
    assert all(wcswidth(line) <= 60 for line in lines)
    assert max(wcswidth(line) for line in lines[4:]) > 54, "lines are filled"


def test_no_line_starts_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    for width in range(30, 60):
        lines = [line.strip() for line in to_text(document("„Ja.“", CHINESE), width=width).splitlines()[5:]]
        assert not [line for line in lines if line[0] in "，。”" or line[-1] == "“"]


def test_quote_that_was_not_located_says_why() -> None:
    assert "(no counterpart found)" in to_text(document("„Ja.“", "", "no counterpart found"))


def test_positions_stand_before_the_words() -> None:
    assert "de  [0:5] „Ja.“" in to_text(document("„Ja.“"), positions=True)


def test_notices_and_failure_are_shown() -> None:
    text = to_text(Document("x", notices=("mind the gap",)))
    assert text.endswith("!  mind the gap\n")


def test_control_characters_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in to_text(document("„\x1b[31mJa\x07.“"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300), st.integers(40, 100))
def test_no_line_is_wider_than_the_terminal(text: str, width: int) -> None:
    for line in to_text(document(text, text), width=width).splitlines():
        assert wcswidth(line) <= width


@pytest.mark.parametrize("count", [0, 2])
def test_summary_counts(count: int) -> None:
    quotes = tuple(Quote(f"q{n}", (Span(0, 1),), "x", "direct", 0.5) for n in range(count))
    assert to_text(Document("x", quotes=quotes)).startswith(f"{count} quotations, 0 speakers (de)")
