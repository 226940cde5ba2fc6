"""Mentions of one person become one speaker."""

from __future__ import annotations

import pytest

from tests.speakers.test_attribution import analyse, direct


def names(text: str) -> list[str | None]:
    document = analyse(text)
    speakers = [document.speaker_of(q) for q in direct(document)]
    return [s.name if s else None for s in speakers]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(
            "Anna Berger kam spät. „Der Zug hatte Verspätung“, sagte Berger.", "Anna Berger", id="surname"
        ),
        pytest.param(
            "Anna Berger kam spät. „Der Zug hatte Verspätung“, sagte sie.", "Anna Berger", id="pronoun"
        ),
        pytest.param(
            "Pei Jun kam spät. „Der Zug hatte Verspätung“, sagte Pei.", "Pei Jun", id="Chinese surname first"
        ),
        pytest.param(
            "Die Bäckerin Anna Berger kam spät. „Der Zug hatte Verspätung“, sagte die Bäckerin.",
            "Anna Berger",
            id="role named before",
        ),
        pytest.param(
            "Professor Dr. Karl Lorenz kam spät. „Der Zug hatte Verspätung“, sagte der Professor.",
            "Karl Lorenz",
            id="title as role",
        ),
        pytest.param(
            "Nach Angaben der Polizei war er „viel zu schnell“ unterwegs.", "Polizei", id="source noun"
        ),
        pytest.param("„Der Zug hatte Verspätung“, sagte Dr. Karl Lorenz.", "Karl Lorenz", id="title"),
        pytest.param(
            "„Der Zug hatte Verspätung“, sagte ein Schaffner aus Ulm.", "Schaffner aus Ulm", id="no name"
        ),
    ],
)
def test_canonical_name(text: str, name: str) -> None:
    assert names(text) == [name]


def test_a_description_points_back_to_the_same_role() -> None:
    text = (
        "Ein Markenforscher für Kleinstunternehmen sagte, dass der Markt wachse. „Das wird noch fünf Jahre dauern.“ "
        "Der oben erwähnte Markenforscher erklärte dies."
    )
    assert names(text) == ["Markenforscher für Kleinstunternehmen"]


def test_an_apposition_becomes_the_description() -> None:
    document = analyse(
        "Wu Ke (Pseudonym), ein Kleinunternehmer aus Shanghai, klagt. „Die Geschäfte gehen schlecht.“"
    )
    (speaker,) = document.speakers
    assert (speaker.name, speaker.description) == ("Wu Ke", "ein Kleinunternehmer aus Shanghai")


@pytest.mark.parametrize(
    ("words", "description"),
    [
        ("die Oberärztin Dr. Eva Meng", "die Oberärztin"),
        ("Prof. Dr. Eva Meng", None),
        ("Frau Dr. Eva Meng", None),
    ],
)
def test_a_title_before_a_name_does_not_end_its_description(words: str, description: str | None) -> None:
    (speaker,) = analyse(f"„Die Nächte werden kürzer“, sagte {words}.").speakers
    assert (speaker.name, speaker.description) == ("Eva Meng", description)


def test_two_with_different_names_stay_two() -> None:
    assert names("„Es regnet schon wieder“, sagte Anna Berger. „Das stimmt leider“, sagte Karl Lorenz.") == [
        "Anna Berger",
        "Karl Lorenz",
    ]


def test_gender_decides_between_two() -> None:
    text = "Anna Berger traf Karl Lorenz. „Der Zug hatte Verspätung“, sagte sie."
    assert names(text) == ["Anna Berger"]


def test_organisations_are_speakers() -> None:
    document = analyse("„Die Regeln gelten ab Mai“, teilte das Ministerium mit.")
    assert [(s.name, s.kind) for s in document.speakers] == [("Ministerium", "organisation")]


def test_who_is_named_only_inside_a_quotation_is_no_antecedent_outside() -> None:
    text = "Anna Berger erzählte: „Mich hat eine Verkäuferin ausgelacht.“ „Das war gemein“, sagte sie."
    assert names(text) == ["Anna Berger", "Anna Berger"]
