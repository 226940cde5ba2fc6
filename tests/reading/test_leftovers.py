from __future__ import annotations

import pytest
from hypothesis import given

from tests.strategies import german_texts
from wechat_text.reading import split_leftovers

ARTICLE = (
    "Am Morgen öffnet Frau Zhou ihren Laden am Fluss, und schon stehen die ersten Kunden vor der Tür. "
    "„Ohne den Tee käme niemand“, sagt sie und lacht. Am Abend bleibt sie allein zurück."
)


def _split(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    body, leftovers = split_leftovers(text)
    return [span.of(text) for span in body], [(x.span.of(text), x.reason) for x in leftovers]


@given(german_texts(page=True, surrogates=True))
def test_split_leftovers_loses_nothing(text: str) -> None:
    body, leftovers = split_leftovers(text)
    spans = sorted([*body, *(leftover.span for leftover in leftovers)])
    position = 0
    for span in spans:
        assert span.start >= position
        assert span.start < span.end
        assert not text[position : span.start].strip()
        position = span.end
    assert not text[position:].strip()


def test_split_leftovers_takes_a_clean_article_whole() -> None:
    assert _split(f"{ARTICLE}\n\nDie Folgen\n\n{ARTICLE}") == ([f"{ARTICLE}\n\nDie Folgen\n\n{ARTICLE}"], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("|", "separator"),
        ("<<: Warum Katzen schlafen", "previous article"),
        (">>: Zehn Wege zum Tee", "next article"),
        ("« Zurück zur Übersicht", "previous article"),
        ("Autor: Wen Dao, Redaktion Gesundheit", "author"),
        ("Produziert von: Studio am Fluss", "author"),
        ("Hinweis: Dieser Artikel ersetzt keine Beratung.", "note"),
        ("Artikel teilen", "sharing"),
        ("Alle Rechte vorbehalten.", "copyright"),
        ("Tags: Tee, Handel, Fluss", "tags"),
        ("Foto: Li Wei/dpa", "image"),
        ("Jetzt den Newsletter abonnieren", "newsletter"),
        ("Wir verwenden Cookies, um die Seite zu verbessern.", "cookie"),
        ("Veröffentlicht am 3. Mai 2023, 14:05 Uhr", "date"),
    ],
)
def test_split_leftovers_gives_a_reason_for_a_line_of_the_page(line: str, reason: str) -> None:
    body, leftovers = _split(f"{ARTICLE}\n{line}\n")
    assert body == [ARTICLE]
    assert [text for text, _ in leftovers] == [line]
    assert reason in leftovers[0][1]


def test_split_leftovers_cuts_a_separator_off_the_last_sentence() -> None:
    assert _split(f"{ARTICLE} |\n<<: Warum Katzen schlafen")[0] == [ARTICLE]


def test_split_leftovers_cuts_links_glued_to_the_last_line() -> None:
    body, leftovers = _split(f"{ARTICLE} | <<: Warum Katzen schlafen >>: Zehn Wege zum Tee")
    assert body == [ARTICLE]
    assert "previous" in leftovers[-2][1]
    assert "next" in leftovers[-1][1]


@pytest.mark.parametrize("note", ["Autor: Wen Dao, Redaktion", "Dieser Beitrag erschien zuerst anderswo."])
def test_split_leftovers_cuts_a_note_glued_to_the_last_sentence(note: str) -> None:
    body, leftovers = _split(f"{ARTICLE} {note}\n|")
    assert body == [ARTICLE]
    assert leftovers[0][0] == note


@pytest.mark.parametrize(
    "line",
    [
        "Redaktion und Laden sind im Mai an den Fluss gezogen, sagt sie.",
        "Nachdruck verlieh sie ihrer Bitte mit einem Brief.",
        "(c) Der Tee bleibt, wo er ist.",
        "Andere Artikel des täglichen Bedarfs",
        "Mehr zu trinken hilft nicht",
    ],
)
def test_split_leftovers_keeps_lines_that_only_start_like_the_pages_own(line: str) -> None:
    text = f"{ARTICLE}\n\n{line}\n\n{ARTICLE}\n\n{line}"
    assert _split(text) == ([text], [])


def test_split_leftovers_knows_teasers_that_break_off() -> None:
    teasers = [
        "Viele Menschen trinken morgens zuerst ein Glas wa...",
        "Die neue Brücke über den Fluss ist so la…",
    ]
    body, leftovers = _split("\n".join([ARTICLE, *teasers]))
    assert body == [ARTICLE]
    assert leftovers == [(teaser, "teaser of another article") for teaser in teasers]


def test_split_leftovers_keeps_an_article_that_ends_in_dots() -> None:
    text = f"{ARTICLE}\nUnd dann war da noch der alte Kater ..."
    assert _split(text) == ([text], [])


@pytest.mark.parametrize(
    "biography",
    [
        "Lin Moran schreibt seit 2014 über Märkte und erhielt 2020 den Preis „Goldene Feder“.",
        "Lin Moran, freier Journalist, Träger des Reportagepreises „Welle“.",
        "Als Gewinner des Autorenpreises 2015 und des Blogpreises 2018 hat er viele Auszeichnungen gewonnen.",
        "Der Autor ist Redakteur bei einer Zeitung.",
        "Die Autorin lebt und arbeitet in Chengdu. Sie hat zwei Bücher veröffentlicht.",
    ],
)
def test_split_leftovers_cuts_a_biography_inside_the_last_paragraph(biography: str) -> None:
    body, leftovers = _split(f"{ARTICLE} {biography} |\n<<: Warum Katzen schlafen")
    assert body == [ARTICLE]
    assert leftovers[0] == (biography, "author biography")


def test_split_leftovers_keeps_a_journalist_who_speaks_at_the_end() -> None:
    text = f"{ARTICLE} „Das war es“, sagte Lin Moran, Redakteur einer Zeitung und Träger des Welle-Preises."
    assert _split(f"{text}\n|")[0] == [text]


def test_split_leftovers_keeps_the_prizes_of_somebody_the_article_is_about() -> None:
    text = (
        f"Lin Moran ist zurück. {ARTICLE} Lin Moran erhielt 2015 den Autorenpreis und 2018 eine Auszeichnung."
    )
    assert _split(text) == ([text], [])


def test_split_leftovers_takes_a_link_box_out_of_the_middle() -> None:
    body, leftovers = _split(f"{ARTICLE}\n\nLesen Sie auch:\nDer Fluss steigt\n\n{ARTICLE}")
    assert body == [ARTICLE, ARTICLE]
    assert [text for text, _ in leftovers] == ["Lesen Sie auch:", "Der Fluss steigt"]


def test_split_leftovers_keeps_paragraphs_in_guillemets() -> None:
    text = f"»Wir öffnen um sieben.«\n« Das ist früh », sagte sie.\n{ARTICLE}"
    assert _split(text) == ([text], [])


def test_split_leftovers_keeps_the_article_when_it_goes_on_after_a_link() -> None:
    body, _ = _split(f"{ARTICLE}\n<<: Warum Katzen schlafen\n{ARTICLE}")
    assert body == [ARTICLE, ARTICLE]


def test_split_leftovers_leaves_no_body_of_a_mere_page() -> None:
    assert _split("|\n<<: Warum Katzen schlafen\n>>: Zehn Wege zum Tee\nAlle Rechte vorbehalten.")[0] == []


def test_split_leftovers_takes_long_odd_lines_in_stride() -> None:
    text = "a > " * 50_000 + "\n" + "teilen, " * 20_000 + "\n" + "- " * 300
    body, leftovers = split_leftovers(text)
    assert body or leftovers
