"""German numerals in one word."""

import pytest

from wechat_text.translation.guards import faults
from wechat_text.translation.numerals import figures
from wechat_text.translation.typography import finish, prepare


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("einundzwanzig", "21"),
        ("Sechsundneunzig", "96"),
        ("fünfunddreissig", "35"),
        ("hundertzwanzig", "120"),
        ("hundertundeins", "101"),
        ("dreihundertfünfundsechzig", "365"),
        ("neunzehnhundertneunundachtzig", "1989"),
        ("zweitausendsieben", "2007"),
        ("zwölftausenddreihundertvierzig", "12.340"),
        ("anderthalb", "1,5"),
        ("eineinhalb", "1,5"),
        ("zweieinhalb", "2,5"),
        ("Zwölfeinhalb", "12,5"),
    ],
)
def test_a_numeral_of_several_parts_becomes_figures(word, number):
    text = f"Nach {word} Jahren."
    assert [(span.of(text), new) for span, new in figures(text)] == [(word, number)]
    assert faults(text, f"After {finish(number, 'en', prepare(text, 'de')).after} years.", "en") == ()


@pytest.mark.parametrize(
    "word",
    [
        "zwölf",
        "zwanzig",
        "hundert",
        "zweihundert",
        "tausend",
        "dreitausend",
        "hunderttausend",
        "und",
        "Hund",
        "Freund",
        "Kundschaft",
        "einhalb",
        "deshalb",
        "außerhalb",
        "Jahrhundert",
        "Jahrtausend",
        "Tausende",
        "zweiundvierzigste",
        "Achtundsechziger",
        "tausendundeine",
        "zwanzigundeins",
        "einhundertzwanzigjährig",
        "elfundzwanzig",
        "hunderthundert",
        "halb",
        "68-einundzwanzig",
        "einundzwanzig-jährig",
    ],
)
def test_other_words_stay(word):
    assert list(figures(f"Nach {word} Jahren.")) == []


def test_a_word_without_end_stays():
    assert list(figures("hundert" * 3000 + " und " + "und" * 3000)) == []


def test_the_figures_get_the_signs_of_the_target_language():
    prepared = prepare("Zweieinhalb Jahre, zwölftausenddreihundertvierzig Euro.", "de")
    assert prepared.text == "2,5 Jahre, 12.340 Euro."
    assert finish("2,5 years, 12.340 euros.", "en", prepared).after == "2.5 years, 12,340 euros."
