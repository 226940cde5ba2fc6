import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat_text.translation.segmentation import segment

SIGNS = 'abcÄß .,;:!?„“"–\n\r\t中文。，😀\u0308\u200d0'


def count(text):
    """Four characters a token, as a stand-in for a tokenizer."""
    return (len(text) + 3) // 4


def cut(text, language="de", limit=20):
    return [span.of(text) for span in segment(text, language, count, limit)]


def test_sentences_are_translated_alone():
    assert cut("Ein Satz. Noch einer!") == ["Ein Satz.", "Noch einer!"]


def test_sentences_of_a_quotation_are_translated_alone():
    assert cut("„Ich gehe. Er kommt.“") == ["„Ich gehe.", "Er kommt.“"]


@pytest.mark.parametrize(
    "text",
    [
        "Er sagte am Abend: | „Wir kommen nicht mehr zurück.“",
        'Er sagte am Abend: | "Wir kommen „nie“ mehr zurück".',
        "Er sagte am Abend: | „Wir kommen nicht mehr zurück. | Nie.“",
    ],
)
def test_what_a_colon_introduces_is_translated_apart(text):
    assert cut(text.replace("| ", ""), limit=40) == text.split(" | ")


@pytest.mark.parametrize(
    "text",
    [
        "Sie las: „Das Schloss“.",
        "Er nannte es: „eine ganz und gar schlechte Sache“.",
        "Er sagte: „Wir kommen nicht mehr zurück“, und ging.",
    ],
)
def test_a_title_a_fragment_and_a_quotation_inside_a_sentence_stay_in_it(text):
    assert cut(text, limit=40) == [text]


def test_a_long_sentence_is_cut_at_a_clause():
    text = "Weil die Händler nicht kommen konnten, blieb der ganze große Markt an jenem Morgen leer."
    assert cut(text) == [
        "Weil die Händler nicht kommen konnten,",
        "blieb der ganze große Markt an jenem Morgen leer.",
    ]


def test_the_stop_of_an_ordinal_or_an_abbreviation_is_no_place_to_cut():
    text = "Die Händler kamen nach Angaben der Stadt am 20. März um acht Uhr zu Dr. Lee in den Hof zurück."
    assert cut(text) == [
        "Die Händler kamen nach Angaben der Stadt am",
        "20. März um acht Uhr zu Dr. Lee in den Hof zurück.",
    ]


def test_english_abbreviations_end_no_sentence():
    assert cut("Mr. Wang came. He left.", "en") == ["Mr. Wang came.", "He left."]


def test_chinese_sentences_need_no_blank():
    assert cut("他来了。她说：“好。”他走了。", "zh") == ["他来了。", "她说：“好。”", "他走了。"]


def test_a_word_longer_than_the_limit_is_cut_as_a_last_resort():
    parts = cut("x" * 5000)
    assert "".join(parts) == "x" * 5000
    assert max(map(count, parts)) <= 20


def test_ten_thousand_words_without_a_stop_are_cut():
    text = "Wort und " * 5000
    parts = cut(text)
    assert " ".join(parts) == text.strip()
    assert max(map(count, parts)) <= 20


@pytest.mark.parametrize("language", ["de", "en", "zh"])
@given(text=st.text(alphabet=SIGNS, max_size=200), limit=st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_every_character_is_in_one_segment_or_white_space_between(language, text, limit):
    spans = segment(text, language, count, limit)
    at = 0
    for span in spans:
        assert not text[at : span.start].strip()
        assert span.start >= at
        assert span.of(text) == span.of(text).strip() != ""
        assert count(span.of(text)) <= limit
        at = span.end
    assert not text[at:].strip()


def test_an_address_is_not_cut():
    address = "https://markt.de/suche?wort=eins,zwei"
    parts = cut(f"Die Händler verkaufen ihre Ware nun auf {address} und auf allen anderen Märkten", limit=20)
    assert len(parts) > 1
    assert any(address in part for part in parts)
