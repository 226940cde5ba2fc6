"""A grammar of German quotation: who speaks, in one short example per construction."""

from __future__ import annotations

import pytest

from wechat_text.document import Document, Quote, Sentence, Span
from wechat_text.german.sentences import split_sentences
from wechat_text.german.tagging import tag
from wechat_text.quotes import find_quotes
from wechat_text.speakers import attribute_speakers


def analyse(text: str) -> Document:
    body = (Span(0, len(text)),)
    spans = split_sentences(text, body)
    tokens = tag(text, spans)
    document = Document(text=text, body=body, sentences=tuple(Sentence(span) for span in spans))
    quotes = find_quotes(document, tokens)
    return attribute_speakers(Document(text, body=body, sentences=document.sentences, quotes=quotes), tokens)


def direct(document: Document) -> list[Quote]:
    return [q for q in document.quotes if q.kind == "direct"]


def mentions(text: str) -> list[str | None]:
    document = analyse(text)
    return [q.speaker_mention.of(text) if q.speaker_mention else None for q in direct(document)]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        pytest.param("„Das Brot ist alle“, sagte Anna Berger.", "Anna Berger", id="inquit behind"),
        pytest.param(
            "„Das Brot ist alle“, sagte gestern leise der Bäcker.", "der Bäcker", id="words between"
        ),
        pytest.param("Anna Berger sagte: „Das Brot ist alle.“", "Anna Berger", id="inquit before"),
        pytest.param("Vor Gästen sagte Anna Berger: „Das Brot ist alle.“", "Anna Berger", id="inversion"),
        pytest.param("„Das Brot ist alle“, fügte die Bäckerin hinzu.", "die Bäckerin", id="separable verb"),
        pytest.param("„Das Brot ist alle“, hat der Bäcker gesagt.", "der Bäcker", id="perfect tense"),
        pytest.param("„Das Brot ist alle“, so der Bäcker.", "der Bäcker", id="so"),
        pytest.param("Bäcker Karl Lorenz: „Das Brot ist alle.“", "Bäcker Karl Lorenz", id="colon alone"),
        pytest.param("„Das Brot ist alle“, erklärte sie.", "sie", id="pronoun"),
        pytest.param(
            "„Das Brot ist heute leider schon alle.“ Der oben erwähnte Bäcker erklärte dies.",
            "Der oben erwähnte Bäcker",
            id="next sentence",
        ),
        pytest.param(
            "„Das Brot ist heute leider schon alle.“ Dies sagte ein Bäcker aus Ulm.",
            "ein Bäcker aus Ulm",
            id="dies sagte",
        ),
        pytest.param(
            "Wu Ke spürte das am deutlichsten. „Die Geschäfte gehen schlechter als früher.“",
            "Wu Ke",
            id="sentence before",
        ),
        pytest.param("Die Lehrerin nannte den Plan „völlig unüberlegt“.", "Die Lehrerin", id="fragment"),
        pytest.param(
            "Ein Sender zitierte Anna Berger mit den Worten: „Das Brot ist alle.“",
            "Anna Berger",
            id="zitieren",
        ),
        pytest.param("Die Pläne bezeichnete er als „völlig unreif“.", "er", id="object in front"),
        pytest.param(
            "Der Zeitung sagte Anna Berger: „Das Brot ist alle.“", "Anna Berger", id="dative in front"
        ),
        pytest.param(
            "Als Antwort sagte ein Sprecher: „Das Brot ist alle.“", "ein Sprecher", id="als in front"
        ),
        pytest.param(
            "Nachdem der Wirt gefragt worden war, sagte Anna Berger: „Das Brot ist alle.“",
            "Anna Berger",
            id="clause in front",
        ),
        pytest.param(
            "Der Wirt winkte ab, die Köchin, Anna Berger, sagte: „Das Brot ist alle.“",
            "die Köchin",
            id="clause before",
        ),
        pytest.param(
            "Die Lehrerin nannte den Plan „völlig unreif“ und rief die Eltern auf, ihn abzulehnen.",
            "Die Lehrerin",
            id="verb behind shares the subject",
        ),
        pytest.param(
            "Es hilft, dass die Lehrerin den Plan zuletzt als „völlig unreif“ bezeichnet hat.",
            "die Lehrerin",
            id="verb at the end",
        ),
        pytest.param(
            "Kritik kommt von Anna Berger, die den Plan als „völlig unreif“ bezeichnete.",
            "Anna Berger",
            id="relative clause",
        ),
        pytest.param(
            "Der Plan wurde von der Lehrerin als „völlig unreif“ bezeichnet.", "der Lehrerin", id="passive"
        ),
        pytest.param(
            "Am Abend rief die Bäckerin den Nachbarn zufolge: „Das Brot ist alle.“",
            "die Bäckerin",
            id="verb before source",
        ),
        pytest.param(
            "Das sei üblich, so Berger weiter: „Das Brot ist abends immer alle.“", "Berger", id="so before"
        ),
        pytest.param(
            "Das Brot ist nach Angaben der Firma Berger „von Hand geformt“ worden.",
            "Angaben der Firma Berger",
            id="fragment behind its source",
        ),
        pytest.param(
            "In dem Protokoll ist von einer „kleinen Panne“ die Rede.", "dem Protokoll", id="die Rede"
        ),
        pytest.param(
            "Anna Berger betonte, die Lage sei gut. Das Angebot bleibe. „Niemand muss gehen, niemand.“",
            "Anna Berger",
            id="reported just before",
        ),
    ],
)
def test_the_speaker_of_a_quotation(text: str, speaker: str) -> None:
    assert mentions(text) == [speaker]


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        pytest.param("„Ich gehe“, sagt Lena, „und zwar sofort.“", ["Lena", "Lena"], id="interrupted"),
        pytest.param(
            "„Ich gehe jetzt nach Hause“, sagt Lena. „Es ist schon spät geworden.“",
            ["Lena", "Lena"],
            id="carried on",
        ),
        pytest.param(
            "„Verbote helfen niemandem.“ „Aber sie schaden auch nicht.“ So verlief ein Wortwechsel zwischen dem Wirt "
            "Karl Lorenz und der Lehrerin Anna Berger.",
            ["dem Wirt Karl Lorenz", "der Lehrerin Anna Berger"],
            id="exchange",
        ),
        pytest.param(
            "„Der Arzt hat zu mir gesagt: ‚Sie müssen mehr schlafen.‘ Das hat geholfen“, erzählte Lena.",
            ["Lena", "Der Arzt"],
            id="nested",
        ),
        pytest.param(
            "„Das geht so nicht“, sagte Lena. Sie habe lange gewartet. Das sei „eine lange Zeit“.",
            ["Lena", "Lena"],
            id="carried on in Konjunktiv",
        ),
        pytest.param(
            "„Bei uns regnet es seit Tagen“, schrieb ein Nutzer. „Hier scheint die Sonne“, ein anderer.",
            ["ein Nutzer", "ein anderer"],
            id="verb left out",
        ),
    ],
)
def test_speakers_of_several_quotations(text: str, speakers: list[str]) -> None:
    assert mentions(text) == speakers


def test_a_quotation_that_goes_on_names_the_part_before() -> None:
    first, second = direct(analyse("„Ich gehe jetzt nach Hause“, sagt Lena. „Es ist schon spät geworden.“"))
    assert second.continues == first.id


def test_nobody_is_invented() -> None:
    (quote,) = direct(analyse("„Es ist heute leider schon wieder viel zu spät.“"))
    assert quote.speaker is None
    assert quote.speaker_mention is None


def test_cue_frame_and_addressee() -> None:
    text = "„Das Brot ist alle“, fügte die Bäckerin gegenüber dem Reporter hinzu."
    (quote,) = direct(analyse(text))
    assert [s.of(text) for s in quote.cue] == ["fügte", "hinzu"]
    assert [s.of(text) for s in quote.frame] == [", fügte die Bäckerin gegenüber dem Reporter hinzu"]
    assert [s.of(text) for s in quote.addressee] == ["gegenüber dem Reporter"]


def test_a_quotation_with_an_inquit_is_surer_than_one_without() -> None:
    sure, unsure = direct(
        analyse(
            "„Das Brot ist heute schon alle“, sagte Anna. Karl stand am Fenster. „Dann esse ich eben einen Kuchen.“"
        )
    )
    assert sure.confidence > unsure.confidence


def test_evidence_names_verb_and_speaker() -> None:
    (quote,) = direct(analyse("„Das Brot ist alle“, sagte Anna Berger."))
    assert "“sagte”" in quote.explain()
    assert "“Anna Berger”" in quote.explain()
