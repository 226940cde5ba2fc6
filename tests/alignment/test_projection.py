import pytest

from tests.alignment.texts import document, find, quote, segment
from wechat_text.alignment.projection import project_quotes
from wechat_text.document import Document, Segment, Span, Translation

WINTER = "„Der Winter wird lang“, sagte die Bäuerin."
WINTER_LINKS = "Winter=winter wird=will lang=long sagte=said Bäuerin=farmer"


def project(text, target, quotes, segments, language="en"):
    article, translation = document(text, target, quotes, segments, language)
    return project_quotes(article, translation).quotes


def test_quote_is_found_by_the_marks_of_the_translation():
    target = "“The winter will be long”, said the farmer."
    links = segment(WINTER, target, WINTER, target, WINTER_LINKS)
    found = project(WINTER, target, [quote(WINTER, "„Der Winter wird lang“")], [links])["q1"]
    assert found.text == "“The winter will be long”"
    assert found.method == "marks"
    assert found.confidence > 0.9
    assert found.reason is None


@pytest.mark.parametrize(
    "marked", ["„The winter will be long“", "«The winter will be long»", '"The winter will be long,"']
)
def test_marks_of_any_style_are_read(marked):
    target = f"{marked} said the farmer."
    links = segment(WINTER, target, WINTER, target, WINTER_LINKS)
    assert project(WINTER, target, [quote(WINTER, "„Der Winter wird lang“")], [links])["q1"].text == marked


def test_quote_without_marks_is_found_by_links():
    target = "The winter will be long, said the farmer."
    links = segment(WINTER, target, WINTER, target, WINTER_LINKS)
    found = project(WINTER, target, [quote(WINTER, "„Der Winter wird lang“")], [links])["q1"]
    assert found.text == "The winter will be long"
    assert found.method == "links"


def test_a_single_surviving_mark_is_part_of_the_quote():
    target = "“The winter will be long, said the farmer."
    links = segment(WINTER, target, WINTER, target, WINTER_LINKS)
    found = project(WINTER, target, [quote(WINTER, "„Der Winter wird lang“")], [links])["q1"]
    assert found.text == "“The winter will be long"
    assert found.method == "marks+links"


BLOCKED_LINKS = "Sie=她 sagte=说 Freunde=朋 Freunde=友 blockieren=屏 blockieren=蔽 mich=我"


def test_reported_speech_is_not_parted_from_a_mark_of_its_literal_words():
    source = "Sie sagte, dass „Freunde mich blockieren“ wollten."
    target = "她说，“朋友屏蔽我”。"
    links = segment(source, target, source, target, BLOCKED_LINKS)
    reported = quote(source, "dass „Freunde mich blockieren“ wollten", kind="indirect")
    found = project(source, target, [reported], [links], "zh")["q1"]
    assert found.text == "“朋友屏蔽我”"


def test_literal_words_over_two_sentences_keep_both_marks_in_reported_speech():
    source = "Sie sagte, dass „Freunde mich blockieren. Das nervt.“"
    target = "她说，“朋友屏蔽我。这很烦人。”"
    first = segment(
        source,
        target,
        "Sie sagte, dass „Freunde mich blockieren.",
        "她说，“朋友屏蔽我。",
        BLOCKED_LINKS,
    )
    second = segment(source, target, "Das nervt.“", "这很烦人。”", "Das=这 nervt=烦")
    reported = quote(source, "dass „Freunde mich blockieren. Das nervt.“", kind="indirect")
    found = project(source, target, [reported], [first, second], "zh")["q1"]
    assert found.text == "“朋友屏蔽我。这很烦人。”"


def test_quote_at_another_place_of_the_chinese_sentence():
    target = "农妇说，冬天会很长。"
    links = segment(
        WINTER, target, WINTER, target, "Bäuerin=农 Bäuerin=妇 sagte=说 Winter=冬 Winter=天 wird=会 lang=长"
    )
    found = project(WINTER, target, [quote(WINTER, "„Der Winter wird lang“")], [links], "zh")["q1"]
    assert found.text.rstrip("。") == "冬天会很长"


def test_a_sentence_that_is_all_quote_needs_no_links():
    text = "„Wir warten.“"
    target = "“We are waiting.”"
    found = project(text, target, [quote(text, text)], [segment(text, target, text, target)])["q1"]
    assert found.text == target
    assert found.method == "segment"


def test_quote_over_several_sentences_is_one_span():
    text = "Sie rief: „Kommt her! Es schneit. Bringt Holz!“"
    target = "She shouted: “Come here! It is snowing. Bring wood!”"
    segments = [
        segment(
            text,
            target,
            "Sie rief: „Kommt her!",
            "She shouted: “Come here!",
            "Sie=She rief=shouted Kommt=Come her=here",
        ),
        segment(text, target, "Es schneit.", "It is snowing."),
        segment(text, target, "Bringt Holz!“", "Bring wood!”"),
    ]
    found = project(text, target, [quote(text, "„Kommt her! Es schneit. Bringt Holz!“")], segments)["q1"]
    assert found.text == "“Come here! It is snowing. Bring wood!”"
    assert len(found.spans) == 1


def test_reported_speech_in_two_segments_of_a_sentence_is_one_span():
    source = "Sie sagte, dass Freunde kommen, dass Nachbarn gehen."
    target = "She said that friends come, that neighbours go."
    first = "Sie=She sagte=said dass=that Freunde=friends kommen=come"
    segments = [
        segment(source, target, "Sie sagte, dass Freunde kommen,", "She said that friends come,", first),
        segment(
            source,
            target,
            "dass Nachbarn gehen.",
            "that neighbours go.",
            "dass=that Nachbarn=neighbours gehen=go",
        ),
    ]
    reported = quote(source, "dass Freunde kommen, dass Nachbarn gehen", kind="indirect")
    found = project(source, target, [reported], segments)["q1"]
    assert found.text.rstrip(".") == "that friends come, that neighbours go"
    assert len(found.spans) == 1


def test_two_quotes_of_a_sentence_keep_apart():
    text = "„Ja“, sagte Ole, „morgen kommt Regen.“"
    target = "“Yes,” said Ole, “tomorrow rain is coming.”"
    links = segment(
        text, target, text, target, "Ja=Yes sagte=said Ole=Ole morgen=tomorrow kommt=coming Regen=rain"
    )
    quotes = [quote(text, "„Ja“"), quote(text, "„morgen kommt Regen.“", id="q2")]
    found = project(text, target, quotes, [links])
    assert found["q1"].text == "“Yes,”"
    assert found["q2"].text == "“tomorrow rain is coming.”"


def test_quotes_that_change_places_are_told_apart_by_links():
    text = "Nach „Regen“ kam „Schnee“."
    target = "“Snow” came after “rain”."
    links = segment(text, target, text, target, "Nach=after Regen=rain kam=came Schnee=Snow")
    quotes = [quote(text, "„Regen“"), quote(text, "„Schnee“", id="q2")]
    found = project(text, target, quotes, [links])
    assert (found["q1"].text, found["q2"].text) == ("“rain”", "“Snow”")


def test_nested_quote_lies_inside_its_frame():
    text = "„Er rief ‚Halt‘ und lief weg“, sagte Ina."
    target = "“He shouted ‘stop’ and ran away,” said Ina."
    links = segment(
        text,
        target,
        text,
        target,
        "Er=He rief=shouted Halt=stop und=and lief=ran weg=away sagte=said Ina=Ina",
    )
    quotes = [quote(text, "„Er rief ‚Halt‘ und lief weg“"), quote(text, "‚Halt‘", id="q2", within="q1")]
    found = project(text, target, quotes, [links])
    assert found["q1"].text == "“He shouted ‘stop’ and ran away,”"
    assert found["q2"].text == "‘stop’"


def test_interrupted_indirect_speech_has_two_spans():
    text = "Der Hafen, so die Ministerin, werde bald wieder öffnen."
    target = "The port, the minister says, will soon open again."
    links = segment(
        text,
        target,
        text,
        target,
        "Hafen=port so=says Ministerin=minister werde=will bald=soon wieder=again öffnen=open",
    )
    indirect = quote(text, "Der Hafen", "werde bald wieder öffnen", kind="indirect")
    found = project(text, target, [indirect], [links])["q1"]
    assert [s.of(target) for s in found.spans] == ["The port", "will soon open again"]


def test_quote_outside_the_translation_says_so():
    found = project_quotes(
        Document(WINTER, quotes=(quote(WINTER, "„Der Winter wird lang“"),)), Translation("en", "", ())
    ).quotes["q1"]
    assert found.spans == ()
    assert found.reason == "it lies outside the translated text"


def test_quote_whose_sentence_has_no_translation_says_so():
    empty = Segment(Span(0, len(WINTER)), Span(0, 0), flags=("the model gave nothing",))
    found = project(WINTER, "", [quote(WINTER, "„Der Winter wird lang“")], [empty])["q1"]
    assert found.spans == ()
    assert "the model gave nothing" in found.reason


def test_untranslated_sentence_keeps_the_place_of_its_quote():
    text = "He said: “We wait.”"
    copied = Segment(Span(0, len(text)), Span(0, len(text)), flags=("en: left untranslated",))
    found = project(text, text, [quote(text, "“We wait.”")], [copied])["q1"]
    assert (found.text, found.method) == ("“We wait.”", "copied")


def test_a_guess_without_any_link_is_doubtful():
    text = "In der Stadt herrscht „eine gewisse Unruhe“, wie viele dort seit Langem meinen."
    target = "People have felt for ages that something is not quite right in this town of theirs."
    found = project(
        text, target, [quote(text, "„eine gewisse Unruhe“")], [segment(text, target, text, target)]
    )["q1"]
    assert found.confidence < 0.5
    assert "uncertain" in found.reason


def test_flags_of_the_segment_are_handed_on():
    links = segment(
        WINTER, WINTER.upper(), WINTER, WINTER.upper(), "Winter=WINTER wird=WIRD lang=LANG sagte=SAGTE"
    )
    flagged = Segment(links.source, links.target, links.links, flags=("repeats itself",))
    found = project(WINTER, WINTER.upper(), [quote(WINTER, "„Der Winter wird lang“")], [flagged])["q1"]
    assert found.reason == "repeats itself"


def test_second_of_two_equal_sentences_is_placed_in_its_own():
    text = "„Nein.“ Sie ging. „Nein.“"
    target = "“No.” She left. “No.”"
    segments = [
        Segment(Span(0, 7), Span(0, 5)),
        Segment(Span(8, 17), Span(6, 15)),
        Segment(Span(18, 25), Span(16, 21)),
    ]
    last = quote(text, "„Nein.“")
    moved = type(last)("q1", (find(text, "„Nein.“", 10),), last.text, "direct", 1.0)
    assert project(text, target, [moved], segments)["q1"].spans == (Span(16, 21),)
