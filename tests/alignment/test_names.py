from tests.alignment.texts import find, segment
from wechat_text.alignment.names import phrases, speakers_in
from wechat_text.document import Document, Segment, Span, Speaker, Translation

DICTIONARY = {
    "Händlerin": "A trader.",
    "Forscherin für Kleinbetriebe": "The researcher for small businesses",
    "Leiterin des Hafens": "Head of the port",
    "NABU-Sprecherin": "NABU spokeswoman",
    "Anwohner": "residents",
    "Unübersetzbar": "",
}


def speakers(text, target, *found, language="en"):
    whole = Segment(Span(0, len(text)), Span(0, len(target)))
    return named(Document(text, speakers=found), Translation(language, target, (whole,)))


def named(article, translation):
    return speakers_in(article, translation, {text: DICTIONARY[text] for text in phrases(article)})


def person(text, name, mention=None, **settings):
    return Speaker("s1", name, settings.pop("kind", "person"), (find(text, mention or name),), **settings)


def test_a_persons_name_stays_as_the_article_spells_it():
    text = "Anke Meyer zu Tessin lacht."
    found, notices = speakers(text, "Anke Meyer zu Tessin laughs.", person(text, "Anke Meyer zu Tessin"))
    assert found[0].names == {"en": "Anke Meyer zu Tessin"}
    assert notices == ()


def test_a_name_that_is_a_description_is_translated_by_itself():
    text = "Das sagt eine Forscherin für Kleinbetriebe."
    found, _ = speakers(text, "So says one.", person(text, "Forscherin für Kleinbetriebe"))
    assert found[0].names["en"] == "Researcher for small businesses"


def test_a_noun_with_an_article_is_a_description():
    text = "Die Händlerin schweigt."
    found, _ = speakers(text, "She is silent.", person(text, "Händlerin", "Die Händlerin"))
    assert found[0].names["en"] == "Trader"


def test_each_phrase_is_asked_for_once_and_no_proper_name():
    text = "Anke Kranz, die Händlerin, und eine andere Händlerin lachen."
    first = person(text, "Anke Kranz", description="die Händlerin")
    assert phrases(Document(text, speakers=(first, person(text, "eine andere Händlerin")))) == (
        "andere Händlerin",
        "Händlerin",
    )


def test_a_group_is_translated():
    text = "Anwohner klagen."
    found, _ = speakers(text, "Locals complain.", person(text, "Anwohner", kind="group"))
    assert found[0].names["en"] == "Residents"


def test_descriptions_start_small_unless_with_an_abbreviation():
    text = "Ute Lenz, die Leiterin des Hafens, nickt."
    found, _ = speakers(
        text, "Ute Lenz nods.", person(text, "Ute Lenz", description="die Leiterin des Hafens")
    )
    assert found[0].descriptions == {"en": "head of the port"}
    found, _ = speakers(text, "Ute Lenz nods.", person(text, "Ute Lenz", description="NABU-Sprecherin"))
    assert found[0].descriptions == {"en": "NABU spokeswoman"}


def test_an_organisation_is_called_what_the_translation_calls_it():
    text, target = "Die Europäische Zentralbank warnt.", "The European Central Bank warns."
    bank = Speaker(
        "s1", "Europäische Zentralbank", "organisation", (find(text, "Die Europäische Zentralbank"),)
    )
    links = segment(
        text, target, text, target, "Europäische=European Zentralbank=Central Zentralbank=Bank warnt=warns"
    )
    found, _ = named(Document(text, speakers=(bank,)), Translation("en", target, (links,)))
    assert found[0].names["en"] == "European Central Bank"


def test_what_has_no_translation_stays_german_and_is_noticed():
    text = "Die Unübersetzbar schweigt."
    found, notices = speakers(text, "…", person(text, "Unübersetzbar", "Die Unübersetzbar"), language="zh")
    assert found[0].names["zh"] == "Unübersetzbar"
    assert notices == ("zh: left in German, no usable translation came: Unübersetzbar",)


def test_names_in_other_languages_are_kept():
    text = "Anke Kranz lacht."
    known = person(text, "Anke Kranz", names={"zh": "安可"})
    found, _ = speakers(text, "Anke Kranz laughs.", known)
    assert found[0].names == {"zh": "安可", "en": "Anke Kranz"}
