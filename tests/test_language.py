from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given

from tests.strategies import german_texts
from wechat_text.language import SAMPLE, detect_language, foreign_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Die Händler klagten über volle Lager und leere Kassen.", "de"),
        ("Danke!", "de"),
        ("Wo ist der Schlüssel?", "de"),
        ("The traders complained about full warehouses.", "en"),
        ("De handelaren klaagden over volle magazijnen.", "nl"),
        ("Les commerçants se plaignaient de leurs stocks.", "fr"),
        ("商人们抱怨仓库太满。", "zh"),
        ("これは日本語の文です。", "ja"),
        ("이것은 한국어 문장입니다.", "ko"),
        ("Торговцы жаловались на полные склады.", "ru"),
        ("Οι έμποροι παραπονέθηκαν.", "el"),
    ],
)
def test_detect_language_names_the_language(text: str, code: str) -> None:
    found = detect_language(text)
    assert found.code == code
    assert 0.5 <= found.confidence <= 1
    assert found.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letters"),
        ("123 456,78", "no letters"),
        ("😀 …", "no letters"),
        ("Li Wei", "name"),
        ("Angela Merkel", "name"),
        ("Vincent van Gogh", "name"),
        ("https://beispiel.de/artikel?id=7", "links"),
        ("ok", "few letters"),
    ],
)
def test_detect_language_abstains_with_a_reason_where_nothing_can_be_judged(text: str, reason: str) -> None:
    found = detect_language(text)
    assert found.code is None
    assert reason in found.reason


def test_detect_language_says_between_which_languages_it_is_undecided() -> None:
    found = detect_language("Typo rama.")
    assert found.code is None
    assert "undecided between" in found.reason


def test_detect_language_names_the_function_words_it_went_by() -> None:
    assert "(nicht, gekommen)" in detect_language("Otto nicht gekommen.").reason


def test_detect_language_reads_a_headline_in_capitals() -> None:
    assert detect_language("HÄNDLER KLAGEN ÜBER VOLLE LAGER").code == "de"


def test_detect_language_judges_a_long_text_by_all_its_parts() -> None:
    english = "This is the first paragraph of the page. "
    german = "Danach geht es auf Deutsch weiter, und zwar bis zum Schluss. "
    assert detect_language(english * 5 + german * (20 * SAMPLE // len(german))).code == "de"


def test_detect_language_reads_a_megabyte_of_chinese_without_blanks() -> None:
    assert detect_language("商人们抱怨仓库太满" * 110_000).code == "zh"


def test_detect_language_gives_the_same_answer_every_time_and_in_every_thread() -> None:
    texts = ["Er kam nicht.", "He did not come.", "Il n'est pas venu.", "Hij kwam niet.", "Bank"] * 20
    alone = [detect_language(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect_language, texts)) == alone


def test_detect_language_leaves_langdetects_global_seed_alone() -> None:
    from langdetect import DetectorFactory

    before = DetectorFactory.seed
    detect_language("Das ist ein Satz.")
    assert DetectorFactory.seed == before


@given(german_texts(surrogates=True))
def test_detect_language_accepts_any_string(text: str) -> None:
    found = detect_language(text)
    assert 0 <= found.confidence <= 1
    foreign_language(text)


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("We will not comment on rumours of this kind.", "en"),
        ("我们不会评论这种谣言。", "zh"),
        ("Nous ne commentons pas les rumeurs de ce genre.", "fr"),
    ],
)
def test_foreign_language_marks_a_foreign_sentence(sentence: str, code: str) -> None:
    assert foreign_language(sentence) == code


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Die Firma will im Mai nach Shanghai gehen.",
        "Yes, we can!",
        "Das Start-up heißt Social Commerce Global Trading.",
        "Er rief: „我们不会评论“, und ging.",
        "Li Wei, Zhang Xi und Wu Ke.",
        "1. Tag: (27.12.) 2. Tag: (28.12.) 3. Tag: (29.12.)",
    ],
)
def test_foreign_language_leaves_german_and_short_sentences_alone(sentence: str) -> None:
    assert foreign_language(sentence) is None
