"""A grammar of indirect speech: one short German example per construction."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat_text.document import Document, Quote, Sentence, Span
from wechat_text.german.sentences import split_sentences
from wechat_text.german.tagging import tag
from wechat_text.quotes.indirect import find_indirect


def quotes_in(text: str, direct: tuple[Quote, ...] = ()) -> tuple[Quote, ...]:
    body = (Span(0, len(text)),)
    spans = split_sentences(text, body)
    document = Document(text=text, body=body, sentences=tuple(Sentence(span) for span in spans))
    return find_indirect(document, tag(text, spans), direct)


def only(text: str, direct: tuple[Quote, ...] = ()) -> Quote:
    found = quotes_in(text, direct)
    assert len(found) == 1, [(q.kind, q.text) for q in found]
    return found[0]


def speaker(text: str, quote: Quote) -> str | None:
    return quote.speaker_mention.of(text) if quote.speaker_mention else None


def words(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [span.of(text) for span in spans]


@pytest.mark.parametrize(
    ("text", "said", "by"),
    [
        pytest.param(
            "Die Bäckerin sagte, dass der Ofen kalt sei.", "dass der Ofen kalt sei", "Die Bäckerin", id="dass"
        ),
        pytest.param(
            "Der Wirt fragte den Gast, ob das Bier schmecke.", "ob das Bier schmecke", "Der Wirt", id="ob"
        ),
        pytest.param(
            "Der Händler erklärte, er habe keine Ware mehr.",
            "er habe keine Ware mehr",
            "Der Händler",
            id="Konjunktiv I, verb second",
        ),
        pytest.param(
            "Die Lehrerin meint, die Kinder hätten zu wenig Zeit.",
            "die Kinder hätten zu wenig Zeit",
            "Die Lehrerin",
            id="Konjunktiv II for Konjunktiv I",
        ),
        pytest.param(
            "Von der Aue betonte, die Lage sei ernst.",
            "die Lage sei ernst",
            "Von der Aue",
            id="name with particle",
        ),
        pytest.param(
            "Die Anwohner hingegen sagen, der Fahrer trage die Schuld.",
            "der Fahrer trage die Schuld",
            "Die Anwohner",
            id="adverb before the verb",
        ),
        pytest.param(
            "Der Verband fordert, die Steuer zu senken.",
            "die Steuer zu senken",
            "Der Verband",
            id="zu-infinitive",
        ),
        pytest.param(
            "Am Montag teilte die Firma mit, dass sie umzieht.",
            "dass sie umzieht",
            "die Firma",
            id="separable verb, subject behind it",
        ),
        pytest.param(
            "Die Fischerin hatte gestern betont, dass der See sauber ist.",
            "dass der See sauber ist",
            "Die Fischerin",
            id="perfect tense",
        ),
        pytest.param(
            "Der Minister geht davon aus, dass die Ernte reicht.",
            "dass die Ernte reicht",
            "Der Minister",
            id="davon ausgehen",
        ),
        pytest.param(
            "Karl Weber, Sprecher des Vereins, sagte, das Spiel falle aus.",
            "das Spiel falle aus",
            "Karl Weber, Sprecher des Vereins",
            id="apposition belongs to the speaker",
        ),
        pytest.param(
            "Der Müller, der lange schwieg, erklärte, die Mühle sei verkauft.",
            "die Mühle sei verkauft",
            "Der Müller",
            id="relative clause does not",
        ),
        pytest.param(
            "Das Dorf sei leer, sagte der Hirte.", "Das Dorf sei leer", "der Hirte", id="inquit behind"
        ),
        pytest.param(
            "Dass der Tee teurer wird, sagte der Bauer.",
            "Dass der Tee teurer wird",
            "der Bauer",
            id="dass first",
        ),
        pytest.param(
            "Laut Polizei blieb die Straße gesperrt.", "blieb die Straße gesperrt", "Polizei", id="laut"
        ),
        pytest.param(
            "Dem Wetterdienst zufolge wird es kälter.", "wird es kälter", "Dem Wetterdienst", id="zufolge"
        ),
        pytest.param(
            "Nach Angaben der Feuerwehr brannte nur das Dach.",
            "brannte nur das Dach",
            "Angaben der Feuerwehr",
            id="nach Angaben",
        ),
        pytest.param(
            "Seiner Meinung nach ist der Preis zu hoch.",
            "ist der Preis zu hoch",
            "Seiner Meinung",
            id="Meinung nach",
        ),
        pytest.param(
            "Die Kosten stiegen weiter, so der Kämmerer.",
            "Die Kosten stiegen weiter",
            "der Kämmerer",
            id="so X",
        ),
        pytest.param(
            "Wie die Zeitung berichtete, schließt das Werk.",
            "schließt das Werk",
            "die Zeitung",
            id="wie X berichtete",
        ),
        pytest.param(
            "Die Forderung des Verbands, den Lohn zu erhöhen, blieb ohne Antwort.",
            "den Lohn zu erhöhen",
            "des Verbands",
            id="noun of saying",
        ),
        pytest.param(
            "Die Partei fasste den Beschluss, den Park zu retten.",
            "den Park zu retten",
            "Die Partei",
            id="noun as object: the subject speaks",
        ),
        pytest.param(
            "Weber sagte weiter, der Plan sei gut.",
            "der Plan sei gut",
            "Weber",
            id="adverb that looks like a particle",
        ),
        pytest.param(
            "Der Stadt schlug er vor, den Markt zu verlegen.",
            "den Markt zu verlegen",
            "er",
            id="dative in front of the verb",
        ),
        pytest.param(
            "Die Köche kannten den Fall, teilten aber mit, es sei nichts passiert.",
            "es sei nichts passiert",
            "Die Köche",
            id="subject shared across a comma",
        ),
        pytest.param(
            "Am Abend sagte die 30-jährige, dass sie friert.",
            "dass sie friert",
            "die 30-jährige",
            id="adjective as a noun",
        ),
    ],
)
def test_construction_gives_quote_and_speaker(text: str, said: str, by: str) -> None:
    quote = only(text)
    assert (quote.kind, quote.text, speaker(text, quote)) == ("indirect", said, by)


def test_frame_in_the_middle_leaves_two_spans() -> None:
    text = "Der Zug ist nach Angaben der Bahn pünktlich angekommen."
    quote = only(text)
    assert words(text, quote.spans) == ["Der Zug ist", "pünktlich angekommen"]
    assert words(text, quote.frame) == ["nach Angaben der Bahn"]


def test_inquit_in_the_middle_leaves_two_spans() -> None:
    text = "Das Wasser sei klar, sagte die Ärztin, und werde täglich geprüft."
    quote = only(text)
    assert words(text, quote.spans) == ["Das Wasser sei klar", "und werde täglich geprüft"]
    assert speaker(text, quote) == "die Ärztin"


def test_frame_goes_on_behind_the_quotation() -> None:
    text = "Die Händlerin sagte, dass sie müde sei, und schloss den Laden."
    quote = only(text)
    assert quote.text == "dass sie müde sei"
    assert words(text, quote.frame) == ["Die Händlerin sagte,", ", und schloss den Laden"]


def test_separable_verb_is_one_cue_in_two_spans() -> None:
    text = "Der Wirt kündigte gestern an, das Lokal zu schließen."
    assert words(text, only(text).cue) == ["kündigte", "an"]


def test_second_verb_shares_the_subject() -> None:
    text = "Die Richterin kam pünktlich und sagte, dass sie wenig Zeit habe."
    assert speaker(text, only(text)) == "Die Richterin"


def test_dative_is_the_addressee() -> None:
    text = "Der Kunde sagte dem Verkäufer, dass die Uhr stehe."
    quote = only(text)
    assert speaker(text, quote) == "Der Kunde"
    assert words(text, quote.addressee) == ["dem Verkäufer"]


def test_passive_names_nobody_and_speaks_to_its_subject() -> None:
    text = "Die Anwohner wurden aufgefordert, die Fenster zu schließen."
    quote = only(text)
    assert speaker(text, quote) is None
    assert words(text, quote.addressee) == ["Die Anwohner"]


def test_becoming_known_names_nobody() -> None:
    text = "Gestern war bekannt geworden, dass die Brücke gesperrt wird."
    quote = only(text)
    assert quote.text == "dass die Brücke gesperrt wird"
    assert quote.speaker_mention is None


def test_wonach_names_the_noun_before_it() -> None:
    text = "Die Stadt kennt den Bericht, wonach die Brücke wackelt."
    quote = only(text)
    assert (quote.text, speaker(text, quote)) == ("die Brücke wackelt", "den Bericht")


def test_reporting_clause_in_konjunktiv_is_carried_on_itself() -> None:
    text = "Der Arzt sagte, er sei müde. Man gehe davon aus, dass die Klinik bleibt."
    assert [quote.kind for quote in quotes_in(text)] == ["indirect", "indirect_free_indirect"]


def test_es_heisst_names_the_source() -> None:
    text = "In dem Bericht heißt es, die Brücke sei sicher."
    quote = only(text)
    assert (quote.text, speaker(text, quote)) == ("die Brücke sei sicher", "dem Bericht")


def test_dies_takes_up_the_sentence_before() -> None:
    text = "Das Museum bleibt geschlossen. Dies teilte die Stadt mit."
    quote = only(text)
    assert words(text, quote.spans) == ["Das Museum bleibt geschlossen", "Dies"]
    assert speaker(text, quote) == "die Stadt"


def test_konjunktiv_carries_speech_on_over_sentences() -> None:
    text = (
        "Die Forscherin sagte, das Eis werde dünner. Der See sei schon kleiner. Er werde bald verschwinden."
    )
    first, second = quotes_in(text)
    assert second.kind == "indirect_free_indirect"
    assert second.text == "Der See sei schon kleiner. Er werde bald verschwinden."
    assert second.speaker_mention == first.speaker_mention


def test_soll_near_speech_is_free_indirect() -> None:
    text = "Der Zeuge sagte, die Tür sei offen gewesen. Der Dieb soll geflohen sein."
    assert quotes_in(text)[1].kind == "free_indirect"


def test_object_of_a_reporting_verb_is_reported_speech() -> None:
    text = "Der Abgeordnete kritisierte den langen Weg zur Schule."
    quote = only(text)
    assert (quote.kind, quote.text, speaker(text, quote)) == ("reported", text, "Der Abgeordnete")


@pytest.mark.parametrize(
    "text",
    [
        "Der Bäcker stellte das Brot ins Regal und schloss die Tür.",
        "Das Haus, das am Fluss steht, gehört der Gemeinde.",
        "Nach der Pause spielte die Kapelle weiter.",
        "Die Flut forderte zwölf Menschenleben.",
        "Der Trainer bestätigte dies.",
        "Der Gärtner arbeitete so lange, dass er den Zug verpasste.",
        "Sie kam früh, um den Garten zu gießen.",
    ],
)
def test_plain_narration_is_nobodys_speech(text: str) -> None:
    assert quotes_in(text) == ()


def test_direct_speech_is_left_to_direct_speech() -> None:
    text = "„Ich glaube, dass es regnet“, sagte der Bauer."
    marked = text[: text.index("“") + 1]
    direct = Quote(id="d1", spans=(Span(0, len(marked)),), text=marked, kind="direct", confidence=1.0)
    assert quotes_in(text, (direct,)) == ()


def test_quoted_words_stay_part_of_the_clause() -> None:
    text = "Der Trainer sagte, die Mannschaft sei „bereit“."
    start = text.index("„")
    direct = Quote(
        id="d1", spans=(Span(start, len(text) - 1),), text="„bereit“", kind="direct", confidence=1.0
    )
    assert only(text, (direct,)).text == "die Mannschaft sei „bereit“"


def test_konjunktiv_is_surer_than_indicative() -> None:
    sure = only("Der Koch sagte, dass die Suppe fertig sei.")
    less = only("Der Koch sagte, dass die Suppe fertig ist.")
    assert sure.confidence > less.confidence


def test_evidence_names_construction_and_speaker() -> None:
    quote = only("Die Stadt teilte mit, dass der Park offen bleibt.")
    assert "teilte mit" in quote.explain()
    assert "Die Stadt" in quote.explain()


WORDS = """der die das ein dass ob und , , . : ; ( ) „ “ – sagte erklärte teilte mit nach Angaben laut zufolge
    so wie Polizei Sprecher Müller er sie sei habe wurde soll werden zu gehen von des in Dies Demnach"""
VOCABULARY = st.sampled_from(WORDS.split())


@settings(max_examples=150, deadline=None)
@given(st.lists(VOCABULARY, min_size=1, max_size=60))
def test_any_words_give_spans_within_the_text(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for quote in quotes_in(text):
        spans = (*quote.spans, *quote.cue, *quote.frame, *quote.addressee)
        assert quote.spans
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(a.end <= b.start for a, b in zip(quote.spans, quote.spans[1:], strict=False))
        assert 0 <= quote.confidence <= 1


def test_endless_chain_of_genitives_is_survived() -> None:
    assert quotes_in("Der Sohn " + "des Bruders " * 3000 + "sagte, es sei spät.") is not None
