from dataclasses import replace

import pytest

from tests.alignment.texts import find, segment
from wechat_text.alignment.spelling import changed_names, restore_names
from wechat_text.document import Document, Span, Speaker, TermUse, Translation


def article(text: str, *names: str, kind: str = "person") -> Document:
    """Whoever is named speaks."""
    return Document(text, speakers=tuple(Speaker(n, n, kind, (find(text, n),)) for n in names))


def translated(document: Document, target: str, links: str, language: str = "en") -> Translation:
    """By a model, as one segment."""
    whole = segment(document.text, target, document.text, target, links)
    return Translation(language, target, (replace(whole, score=-0.5),))


def restored(text: str, name: str, target: str, links: str, language: str = "en") -> str:
    document = article(text, name)
    return restore_names(document, translated(document, target, links, language)).text


def test_a_misspelt_name_is_put_right() -> None:
    result = restored("Das sagt Anke Kranz.", "Anke Kranz", "Says Anke Krantz.", "Anke=Anke Kranz=Krantz")
    assert result == "Says Anke Kranz."


@pytest.mark.parametrize(
    ("name", "target", "links"),
    [
        ("Wladimir Mohn", "Vladimir Mohn said.", "Wladimir=Vladimir Mohn=Mohn"),
        ("Gorbatschow", "Gorbachev said.", "Gorbatschow=Gorbachev"),
        ("Selenskyj", "Zelensky said.", "Selenskyj=Zelensky"),
        ("Jürgen Kranz", "Jurgen Kranz said.", "Jürgen=Jurgen Kranz=Kranz"),
        ("Anke Weber", "Anke Weaver said.", "Anke=Anke Weber=Weaver"),
        ("Anke Kranz", "The speaker said.", "Anke=The Kranz=speaker"),
        ("Strauss-Kahn", "Strauss Kahn said.", "Strauss-Kahn=Strauss"),
    ],
)
def test_other_forms_and_words_stay_in_english(name: str, target: str, links: str) -> None:
    assert restored(f"Das sagte {name} heute.", name, target, links) == target


@pytest.mark.parametrize(
    ("name", "target", "links", "expected"),
    [
        ("Filep Karma", "Flep Karma说。", "Filep=Flep Karma=Karma", "Filep Karma说。"),
        ("Zhang Xi", "Ye Xi补充道。", "Zhang=Ye Xi=Xi", "Zhang Xi补充道。"),
        ("Zhang Xi", "张Xi补充道。", "Zhang=张 Xi=Xi", "Zhang Xi补充道。"),
        ("Arni Finnsson", "代表Arnsson）说", "Arni=Arnsson Finnsson=Arnsson", "代表Arni Finnsson）说"),
        ("Paul Twomey", "负责人Emey说。", "Twomey=Emey", "负责人Paul Twomey说。"),
        ("Angela Merkel", "2 Vola Merkel", "Angela=Vola Merkel=Merkel", "2 Angela Merkel"),
        ("Tomson Phiri", "NASA汤son Phiri", "Tomson=汤 Tomson=son Phiri=Phiri", "NASA Tomson Phiri"),
    ],
)
def test_whatever_latin_letters_stand_for_a_name_make_room_in_chinese(
    name: str, target: str, links: str, expected: str
) -> None:
    assert restored(f"Das sagt {name} heute.", name, target, links, "zh") == expected


@pytest.mark.parametrize(
    ("name", "target", "links"),
    [
        ("Angela Merkel", "默克尔说。", "Merkel=默"),
        ("Zhang Xi", "张西说。", "Zhang=张 Xi=西"),
        ("New York", "纽York说。", "New=纽 York=York"),
    ],
)
def test_a_name_in_chinese_characters_stays(name: str, target: str, links: str) -> None:
    assert restored(f"Das sagt {name} heute.", name, target, links, "zh") == target


def test_an_owner_keeps_the_ending() -> None:
    result = restored(
        "Der Hund von Anke Kranz.", "Anke Kranz", "Anke Krantz’s dog.", "Anke=Anke Kranz=Krantz’s"
    )
    assert result == "Anke Kranz’s dog."


def test_a_german_genitive_is_no_other_name() -> None:
    target = "Mannheim’s mayor said."
    assert restored("Mannheims Chef sprach.", "Mannheims", target, "Mannheims=Mannheim’s") == target


def test_words_before_the_name_are_no_part_of_it() -> None:
    document = article("Vereinschef Corny Littmann lacht.", "Vereinschef Corny Littmann")
    links = "Vereinschef=主 Corny=Cornny Littmann=Littmann"
    translation = translated(document, "主席Cornny Littmann笑了。", links, "zh")
    assert restore_names(document, translation).text == "主席Corny Littmann笑了。"


def test_a_given_name_and_the_surname_behind_it_need_no_speaker() -> None:
    document = Document("Der Plan von Wolfgang Schäuble gefällt Mark nicht.")
    links = "Wolfgang=Wolgang Schäuble=Schauble Mark=Marc"
    translation = translated(document, "Marc不喜欢Wolgang Schauble的计划。", links, "zh")
    assert restore_names(document, translation).text == "Marc不喜欢Wolfgang Schäuble的计划。"


def test_a_name_that_may_be_a_common_noun_stays_and_is_counted() -> None:
    document = article("Das sagt Kranz.", "Kranz")
    translation = translated(document, "Krantz说。", "Kranz=Krantz", "zh")
    assert restore_names(document, translation) is translation
    assert changed_names(document, translation) == {"Kranz": (1, 1)}


def test_only_persons_are_meant() -> None:
    document = article("Das sagt Filep Karma.", "Filep Karma", kind="organisation")
    translation = translated(document, "Filp Karma说。", "Filep=Filp Karma=Karma", "zh")
    assert restore_names(document, translation) is translation


def test_what_no_model_wrote_stays() -> None:
    document = article("Das sagt Filep Karma.", "Filep Karma")
    written = translated(document, "Filp Karma说。", "Filep=Filp Karma=Karma", "zh")
    given = replace(written, segments=(replace(written.segments[0], score=None),))
    assert restore_names(document, given) is given


def test_a_glossary_term_stays() -> None:
    document = article("Das sagt Filep Karma.", "Filep Karma")
    written = translated(document, "Filp Karma说。", "Filep=Filp Karma=Karma", "zh")
    use = TermUse("Filep", "Filp", find(document.text, "Filep"), Span(0, 4), "model")
    fixed = replace(written, segments=(replace(written.segments[0], terms=(use,)),))
    assert restore_names(document, fixed) is fixed


def test_offsets_of_links_terms_and_segments_follow() -> None:
    text = "Das sagt Filep Karma in der Stadt. Er lacht."
    target = "Flep Karma在城说。他笑。"
    document = article(text, "Filep Karma")
    first = segment(text, target, text[:34], "Flep Karma在城说。", "Filep=Flep Karma=Karma Stadt=城")
    use = TermUse("Stadt", "城", find(text, "Stadt"), find(target, "城"), "model")
    second = segment(text, target, "Er lacht.", "他笑。", "lacht=笑")
    translation = Translation("zh", target, (replace(first, score=-0.5, terms=(use,)), second))
    result = restore_names(document, translation)
    assert result.text == "Filep Karma在城说。他笑。"
    pairs = [(link.source.of(text), link.target.of(result.text)) for s in result.segments for link in s.links]
    assert pairs == [("Filep", "Filep"), ("Karma", "Karma"), ("Stadt", "城"), ("lacht", "笑")]
    assert [s.target.of(result.text) for s in result.segments] == ["Filep Karma在城说。", "他笑。"]
    assert result.segments[0].terms[0].target == find(result.text, "城")


@pytest.mark.parametrize(
    ("target", "changed"),
    [
        ("Ye Xi补充道。", {"Zhang Xi": (1, 1)}),
        ("张Xi补充道。", {"Zhang Xi": (1, 1)}),
        ("Zhang Xi补充道。", {}),
    ],
)
def test_a_name_of_which_a_word_is_missing_is_counted(
    target: str, changed: dict[str, tuple[int, int]]
) -> None:
    document = article("Das sagt Zhang Xi.", "Zhang Xi")
    assert changed_names(document, translated(document, target, "", "zh")) == changed


def test_sentences_are_counted_by_name() -> None:
    text = "Anke Kranz lacht. Kranz geht."
    mentions = (Span(0, 10), Span(18, 23))
    document = Document(text, speakers=(Speaker("s", "Anke Kranz", "person", mentions),))
    target = "Anke Crane laughs. Kranz goes."
    segments = (
        segment(text, target, "Anke Kranz lacht.", "Anke Crane laughs."),
        segment(text, target, "Kranz geht.", "Kranz goes."),
    )
    assert changed_names(document, Translation("en", target, segments)) == {"Anke Kranz": (1, 2)}


def test_the_particles_of_a_name_may_be_translated() -> None:
    document = article("Anke von Kranz lacht.", "Anke von Kranz")
    assert changed_names(document, translated(document, "Anke of Kranz laughs.", "")) == {}
