"""Speech in marks, told from titles, names, slogans and scare quotes."""

from __future__ import annotations

import pytest

from wechat_text.document import Document, Quote, Sentence, Span
from wechat_text.german.sentences import split_sentences
from wechat_text.german.tagging import tag
from wechat_text.quotes import find_quotes


def quotes_in(text: str) -> tuple[Quote, ...]:
    body = (Span(0, len(text)),)
    spans = split_sentences(text, body)
    document = Document(text=text, body=body, sentences=tuple(Sentence(span) for span in spans))
    return find_quotes(document, tag(text, spans))


def direct(text: str) -> list[str]:
    return [q.text for q in quotes_in(text) if q.kind == "direct"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("„Wir haben heute geschlossen“, sagte die Wirtin.", "„Wir haben heute geschlossen“"),
        ("Die Wirtin sagte: „Wir haben heute geschlossen.“", "„Wir haben heute geschlossen.“"),
        ("»Das Brot ist alle«, so der Bäcker.", "»Das Brot ist alle«"),
        ("“Kommt herein!”, rief der Wirt.", "“Kommt herein!”"),
        ('"Ich gehe jetzt heim", flüsterte das Kind.', '"Ich gehe jetzt heim"'),
        (
            "Der Wirt trat vor die Tür. „Heute gibt es nichts mehr. Kommt morgen wieder.“",
            "„Heute gibt es nichts mehr. Kommt morgen wieder.“",
        ),
        ("Die Lehrerin nannte den Vorschlag „völlig unüberlegt“.", "„völlig unüberlegt“"),
        ("Der Förster sagte, der Wald sei „in einem traurigen Zustand“.", "„in einem traurigen Zustand“"),
        ("Die Lehrerin sagte, die Kinder seien in einer „schwierigen Lage“.", "„schwierigen Lage“"),
        ("Der Wirt klagte, das Bier werde „ungenießbar“.", "„ungenießbar“"),
        ("Die Försterin bezeichnete den Zaun als „Schandfleck“.", "„Schandfleck“"),
        ("Der Trainer nannte die Niederlage eine „Blamage“.", "„Blamage“"),
        ("Die Pläne wurden von der Försterin als „Unsinn“ bezeichnet.", "„Unsinn“"),
        ("Der Bürgermeister sprach von einem „gelungenen Abend“.", "„gelungenen Abend“"),
        ("Im Protokoll ist von einer „kleinen Panne“ die Rede.", "„kleinen Panne“"),
        ("Die Menge rief Parolen wie „Rettet den Stadtpark“.", "„Rettet den Stadtpark“"),
        (
            "“Dann fangen wir eben noch einmal an. Und zwar morgen.",
            "“Dann fangen wir eben noch einmal an. Und zwar morgen.",
        ),
    ],
)
def test_speech_is_found_with_its_marks(text: str, said: str) -> None:
    assert direct(text) == [said]


@pytest.mark.parametrize(
    "text",
    [
        "Der Roman „Die Stadt im Nebel“ erscheint im Mai.",
        "Das Gasthaus „Zum grünen Baum“ ist verkauft.",
        "Die „Drei-Nein“-Masken verschwanden aus den Läden.",
        "Die zuvor „inspirierenden“ Händler schweigen.",
        "Der Beitrag „Wer kauft so etwas?“ wurde oft gelesen.",
        "Die Branche galt lange als „Goldgrube für jedermann“.",
        "Der Verein nennt sich „Freunde des Waldes“.",
        "Auf dem Schild steht „Pünktlich schlafen“.",
        "„Abendblatt Online“ berichtet über den Fall.",
        "Wie „Abendblatt Online“ berichtet, ist der Fall geklärt.",
        "Eine Frau vom „Bund der Gärtner“ sagte, es werde Zeit.",
        "Die Wirtin nennt zwei Sorten, „Abendrot“ und „Waldgold“.",
        "Das Tal hinter der alten Mühle heißt „Krähenwinkel“.",
        "Der Wettbewerb „Unser Dorf“ findet im Mai statt.",
        "Der Förster warnt vor dem Wanderweg „Hohe Kante“.",
        "Laut „abendblatt.de“ ist der Fall geklärt.",
    ],
)
def test_titles_names_and_scare_quotes_are_no_speech(text: str) -> None:
    assert direct(text) == []


def test_both_parts_of_an_interrupted_quotation_are_found() -> None:
    assert direct("„Ich bin müde“, sagte sie, „und gehe jetzt heim.“") == [
        "„Ich bin müde“",
        "„und gehe jetzt heim.“",
    ]


def test_a_quotation_inside_another_knows_it() -> None:
    found = {
        q.text: q
        for q in quotes_in(
            "„Der Arzt hat gesagt: ‚Sie müssen mehr schlafen.‘ Das hat geholfen“, erzählte Lena."
        )
    }
    inner = found["‚Sie müssen mehr schlafen.‘"]
    assert inner.within == found["„Der Arzt hat gesagt: ‚Sie müssen mehr schlafen.‘ Das hat geholfen“"].id


def test_ids_count_in_order() -> None:
    found = quotes_in("„Es regnet wieder“, sagte Anna. Karl sagte, er bleibe zu Hause.")
    assert [q.id for q in found] == ["q1", "q2"]


def test_evidence_says_why() -> None:
    assert any("verb of saying" in line for line in quotes_in("„Es regnet wieder“, sagte Anna.")[0].evidence)
