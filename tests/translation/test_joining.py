import pytest

from wechat_text.document import Segment, Span
from wechat_text.translation.joining import join
from wechat_text.translation.text import TranslatedText


def joined(source: str, words: dict[str, str], language: str = "en") -> str:
    spans = [Span(source.index(word), source.index(word) + len(word)) for word in words]
    parts = [
        TranslatedText(word, target, (Segment(Span(0, len(word)), Span(0, len(target))),))
        for word, target in words.items()
    ]
    result = join(source, spans, parts, language)
    assert [s.target.of(result.text) for s in result.segments] == list(words.values())
    return result.text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Eins. Zwei.", "One. Two."),
        ("Eins.\n\nZwei.", "One.\n\nTwo."),
        ("Eins.\r\n Zwei.", "One.\nTwo."),
        ("\nEins. Zwei.\n", "\nOne. Two.\n"),
        ("Eins.\n\n>>: Weiter\n\nZwei.", "One.\n\nTwo."),
        ("Teilen | Drucken\n\nEins. Zwei.", "One. Two."),
        ("Eins. (3) Zwei.", "One. Two."),
    ],
)
def test_line_breaks_stay_and_words_left_out_leave_no_empty_lines(source: str, text: str) -> None:
    assert joined(source, {"Eins.": "One.", "Zwei.": "Two."}) == text


def test_chinese_sentences_stand_close() -> None:
    assert joined("Eins. Zwei.", {"Eins.": "一。", "Zwei.": "二。"}, "zh") == "一。二。"
