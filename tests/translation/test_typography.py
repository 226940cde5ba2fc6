import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.document import Span
from wechat_text.translation.marks import double_marks
from wechat_text.translation.typography import finish, prepare

SIGNS = "aB ä.,:;!?„“”»«\"‚‘'\n\t\u00ad\u200b中文，。()（）0…"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ('Er sagte: "Ja", und ging.', "Er sagte: „Ja“, und ging."),
        ("Er sagte: »Ja«, und ging.", "Er sagte: „Ja“, und ging."),
        ("Er sagte: « Ja », und ging.", "Er sagte: „ Ja “, und ging."),
        ("Er sagte: ``Ja'', und ging.", "Er sagte: „Ja“, und ging."),
        ("Ein  Ge\u00addan\u200bke\nmehr.", "Ein Gedanke mehr."),
        ("Wie geht’s?", "Wie geht's?"),
        ("Obst, z. B. Äpfel, d.\u00a0h. Kernobst.", "Obst, zum Beispiel Äpfel, das heißt Kernobst."),
        ("Z.B. heute.", "Zum Beispiel heute."),
        ("D. H. Lawrence und V. A. Roth lesen.", "D. H. Lawrence und V. A. Roth lesen."),
        (
            "Er verlor zig Millionen, sie zig neue Kunden.",
            "Er verlor Dutzende Millionen, sie Dutzende neue Kunden.",
        ),
        ("Zigtausend kamen mit zigtausenden Fahnen.", "Zehntausende kamen mit Zehntausenden Fahnen."),
        (
            "Zig Ziglar läuft zig zag, 80-zig Mann einzig so.",
            "Zig Ziglar läuft zig zag, 80-zig Mann einzig so.",
        ),
    ],
)
def test_the_model_reads_german_marks_and_single_blanks(text, model):
    assert prepare(text, "de").text == model


@pytest.mark.parametrize(
    ("text", "model", "output", "target"),
    [
        ("„Ich gehe.“", "Ich gehe.", "I go.", "“I go.”"),
        ("„Ich gehe.", "Ich gehe.", "I go.", "“I go."),
        ("Er kommt.“", "Er kommt.", "He comes.", "He comes.”"),
        ("Sie sagt: „Ich gehe.", "Sie sagt: „Ich gehe.“", 'She says: "I go."', "She says: “I go."),
        ("Ich komme“, sagt er.", "„Ich komme“, sagt er.", "“I come,” he says.", "I come,” he says."),
    ],
)
def test_marks_whose_partner_is_elsewhere_are_kept_from_the_model_and_kept_in_the_text(
    text, model, output, target
):
    prepared = prepare(text, "de")
    assert prepared.text == model
    assert finish(output, "en", prepared).after == target


def test_marks_taken_off_are_known_by_their_place():
    prepared = prepare("„Ich gehe.“", "de")
    assert (prepared.opening, prepared.closing) == ((Span(0, 1),), (Span(10, 11),))


@pytest.mark.parametrize(
    ("output", "language", "target"),
    [
        ("He said „yes“ .", "en", "He said “yes”."),
        ("»Yes«, he said .", "en", "“Yes”, he said."),
        ("“He called it „mad“ again”, she said.", "en", "“He called it ‘mad’ again”, she said."),
        ('他说 : "是的" , 王.', "zh", "他说：“是的”，王。"),
        ("他 来 了 (真的).", "zh", "他来了（真的）。"),
        ("3.5亿,12:30...", "zh", "3.5亿，12:30……"),
    ],
)
def test_the_target_has_its_own_marks(output, language, target):
    assert finish(output, language, prepare("X.", "de")).after == target


@pytest.mark.parametrize(
    ("text", "output", "language", "target"),
    [
        ("hatte der Verein,", "The club had.", "en", "the club had,"),
        ("hatte Wang,", "Wang had,", "en", "Wang had,"),
        (
            "hat Wang gesagt“, klagte Ke.",
            "“That Wang said,” Ke complained.",
            "en",
            "that Wang said,” Ke complained.",
        ),
        ("der Händler in Halle", "The trader in Halle.", "en", "the trader in Halle"),
        ("Der Händler in Halle", "The trader in Halle.", "en", "The trader in Halle"),
        ("der Händler in Halle,", "哈雷的商人。", "zh", "哈雷的商人，"),
        ("der Händler in Halle", "哈雷的商人。", "zh", "哈雷的商人"),
        ("der Händler in Halle:", "The trader in Halle.", "en", "the trader in Halle."),
        ("die USA", "The U.S.", "en", "the U.S."),
        ("der Händler sagt", "The trader says...", "en", "the trader says..."),
    ],
)
def test_a_part_of_a_sentence_has_no_capital_and_no_stop_of_its_own(text, output, language, target):
    assert finish(output, language, prepare(text, "de")).after == target


@pytest.mark.parametrize(
    ("text", "output", "target"),
    [
        ("Es waren 3,5 Meter.", "It was 3,5 metres.", "It was 3.5 metres."),
        ("Es waren 3,5 Meter.", "It was 3.5 metres.", "It was 3.5 metres."),
        ("Es kostet 1.234,50 Euro.", "It costs 1.234,50 euros.", "It costs 1,234.50 euros."),
        ("Rund 12.000 kamen um 14.30 Uhr.", "Some 12.000 came at 14.30.", "Some 12,000 came at 14.30."),
        ("Nummer 1,2,3 am 3.10.2016.", "Number 1,2,3 on 3.10.2016.", "Number 1,2,3 on 3.10.2016."),
    ],
)
def test_german_decimal_and_thousands_signs_do_not_reach_the_target(text, output, target):
    assert finish(output, "en", prepare(text, "de")).after == target


def test_numbers_of_an_english_source_stay():
    assert finish("1.234 und 3,5", "de", prepare("1.234 and 3,5", "en")).after == "1.234 und 3,5"


@given(
    st.lists(
        st.sampled_from(["„Ja", "Nein“", "„Gut“,", "»So«", "sagt", '"Haus".', "Ach.“", ",,Wie"]), max_size=9
    )
)
def test_the_model_reads_no_mark_without_its_partner(words):
    marks = double_marks(prepare(" ".join(words), "de").text)
    assert all(mark.partner is not None for mark in marks)


@given(st.text(alphabet=SIGNS, max_size=40))
def test_preparing_maps_every_letter_back(text):
    prepared = prepare(text, "de")
    for i, character in enumerate(prepared.text):
        if character.isalnum():
            assert prepared.rewriting.backward(Span(i, i + 1)).of(text) == character


@given(
    st.text(alphabet=SIGNS, max_size=40), st.sampled_from(["en", "zh"]), st.text(alphabet=SIGNS, max_size=9)
)
def test_no_german_or_french_mark_reaches_the_target(output, language, source):
    after = finish(output, language, prepare(source, "de")).after
    assert not set(after) & set("„«»‚‹›")


@given(st.text(alphabet=SIGNS, max_size=40), st.sampled_from(["en", "zh"]))
def test_finishing_keeps_every_letter_in_place(output, language):
    rewriting = finish(output, language, prepare("„x“", "de"))
    for i, character in enumerate(output):
        if character.isalnum():
            assert rewriting.forward(Span(i, i + 1)).of(rewriting.after) == character


def test_an_address_takes_the_place_of_what_the_model_read_for_it():
    source = "Mehr unter www.markt.de/a?b=1,5."
    prepared = prepare(source, "de")
    assert prepared.text == "Mehr unter ABC."
    assert prepared.rewriting.backward(Span(11, 14)).of(source) == "www.markt.de/a?b=1,5"
    made = finish("更多见ABC。", "zh", prepared)
    assert made.after == "更多见www.markt.de/a?b=1,5。"
    assert made.forward(Span(3, 6)).of(made.after) == "www.markt.de/a?b=1,5"
