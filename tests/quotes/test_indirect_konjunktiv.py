"""Mood of finite verbs, told from their endings."""

from __future__ import annotations

import pytest

from wechat_text.document import Span
from wechat_text.german.tagging import Token
from wechat_text.quotes.konjunktiv import Mood, mood


@pytest.mark.parametrize(
    ("word", "pos", "expected"),
    [
        ("sei", "VAFIN", Mood.FIRST),
        ("habe", "VAFIN", Mood.FIRST),
        ("gehe", "VVFIN", Mood.FIRST),
        ("müsse", "VMFIN", Mood.FIRST),
        ("wäre", "VAFIN", Mood.SECOND),
        ("hätten", "VAFIN", Mood.SECOND),
        ("bekäme", "VVFIN", Mood.SECOND),
        ("ginge", "VVFIN", Mood.SECOND),
        ("würden", "VAFIN", Mood.SECOND),
        ("könnte", "VMFIN", Mood.GUESS),
        ("gingen", "VVFIN", Mood.INDICATIVE),
        ("sagte", "VVFIN", Mood.INDICATIVE),
        ("gesagt", "VVPP", Mood.INDICATIVE),
    ],
)
def test_mood_of_a_form(word: str, pos: str, expected: Mood) -> None:
    assert mood(Token(Span(0, len(word)), word, pos, 0)) is expected
