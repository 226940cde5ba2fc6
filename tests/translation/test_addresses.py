import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.translation import addresses


def found(text: str) -> list[str]:
    return [match[0] for match in addresses.ADDRESS.finditer(text)]


@pytest.mark.parametrize(
    "address",
    [
        "https://www.example.org/markt/2016?id=3&teil=b#ende",
        "http://example.org/a_(b)/c",
        "www.example.org",
        "markt-halle.example.org/stand",
        "Marktplatz.de",
        "presse.stelle+nord@stadt-halle.de",
        "@wang_ke",
        "#Nebenverdienst",
    ],
)
def test_an_address_ends_before_the_signs_of_its_sentence(address: str) -> None:
    for text in ("Mehr unter {}.", "Mehr („{}“) steht da", "Steht es auf {}?", "{}: ein Fund", "({})"):
        assert found(text.format(address)) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "Das kostet 3.50 Euro.",
        "z.B. heute",
        "Ende.Danach kam er",
        "Schüler#innen",
        "Platz #1",
        "ein @ allein",
    ],
)
def test_other_points_and_signs_are_no_addresses(text: str) -> None:
    assert found(text) == []


def test_equal_addresses_share_a_stand_in_and_others_do_not() -> None:
    assert addresses.mask("a.de, b.de und a.de") == "ABC, XQ und ABC"


def test_a_stand_in_is_no_word_of_the_text() -> None:
    assert addresses.mask("Der ABC-Markt wirbt auf markt.de.") == "Der ABC-Markt wirbt auf XQ."


def test_more_addresses_than_stand_ins_stay_as_they_are() -> None:
    hosts = [f"markt{i}.de" for i in range(len(addresses.STAND_INS) + 2)]
    masked = addresses.mask(" ".join(hosts)).split()
    assert masked == [*addresses.STAND_INS, *hosts[-2:]]


def test_an_address_that_is_not_in_the_translation_is_lost() -> None:
    assert addresses.lost("Auf a.de und b.de.", "On a.de and bde.") == ["b.de"]


@given(st.text(alphabet="ab.@#/:-wht psd", max_size=60))
def test_masking_leaves_everything_else(text: str) -> None:
    names = addresses.stand_ins(text)
    kept, at = [], 0
    for match in names:
        kept.append(text[at : match.start()])
        at = match.end()
    kept.append(text[at:])
    masked = addresses.mask(text)
    for part in kept:
        start = masked.find(part)
        assert start >= 0
        masked = masked[start + len(part) :]
