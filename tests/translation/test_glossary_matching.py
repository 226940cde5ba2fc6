"""German terms found in whatever form a text has them."""

import pytest

from wechat_text.translation.glossary import Term
from wechat_text.translation.glossary.matching import Matcher


def found(text: str, *terms: Term | str) -> list[str]:
    matcher = Matcher(Term((t,), {"en": ("x",)}) if isinstance(t, str) else t for t in terms)
    return [occurrence.span.of(text) for occurrence in matcher.find(text)]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("Freundeskreis", "Im Freundeskreis, den Freundeskreisen, des Freundeskreises.", 3),
        ("Kleinstunternehmen", "Ein Kleinstunternehmen, der Gewinn des Kleinstunternehmens.", 2),
        ("Markt", "Auf Märkten und am Markt.", 2),
        ("Onlinehändler", "Sie traut den Onlinehändlern.", 1),
        ("öffentliches Konto", "Viele öffentliche Konten, kein öffentliches\nKonto.", 2),
        ("Soziales Netzwerk", "In sozialen Netzwerken.", 1),
        ("Mini-Programm", "Miniprogramme und Mini-Programme.", 2),
        ("QR-Code", "QR-Codes an jeder Wand.", 1),
        ("Freundeskreis", "FREUNDESKREIS IN GEFAHR", 1),
        ("Freundeskreis", "Freundes\u00adkreise wachsen.", 1),
        ("fälschungssicher", "Fälschungssichere Siegel sind nie fälschungssicher.", 2),
        ("微商", "Die 微商 heißen so.", 1),
    ],
)
def test_term_is_found_in_its_forms(term: str, text: str, expected: int) -> None:
    assert len(found(text, term)) == expected


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Essen", "Wir essen spät."),
        ("Markt", "Die Marke im Supermarkt."),
        ("öffentliches Konto", "Das Konto ist öffentlich. Öffentlich, Konto."),
        ("Freundeskreis", "Freunde im Kreis."),
    ],
)
def test_other_words_are_no_term(term: str, text: str) -> None:
    assert found(text, term) == []


def test_longest_term_wins() -> None:
    assert found("Ein öffentliches Konto und ein Konto.", "Konto", "öffentliches Konto") == [
        "öffentliches Konto",
        "Konto",
    ]


def test_synonyms_belong_to_one_term() -> None:
    assert found("Händler und Kaufleute", Term(("Händler", "Kaufleute"), {"en": ("x",)})) == [
        "Händler",
        "Kaufleute",
    ]


def test_name_that_is_kept_may_have_a_genitive_s() -> None:
    assert found("WeChats Erfolg, WeChat’s Nutzer", Term(("WeChat",), keep=True)) == ["WeChats", "WeChat’s"]


def test_case_flag_asks_for_the_same_capitals() -> None:
    assert found("APPLE und Apple", Term(("Apple",), keep=True, case=True)) == ["Apple"]
    assert found("APPLE und Apple", Term(("Apple",), keep=True)) == ["APPLE", "Apple"]


def test_last_part_of_a_compound_is_found_only_on_request() -> None:
    text = "Onlinekleinstunternehmen und Mode-Kleinstunternehmen."
    assert found(text, "Kleinstunternehmen") == []
    matcher = Matcher([Term(("Kleinstunternehmen",), {"en": ("x",)}, compounds=True)])
    assert [(o.span.of(text), o.part) for o in matcher.find(text)] == [
        ("Onlinekleinstunternehmen", True),
        ("Mode-Kleinstunternehmen", True),
    ]
