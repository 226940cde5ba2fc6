import pytest

from wechat_text.translation.guards import faults, unpaired

SENTENCE = "Die Händler haben nach eigenen Angaben im Jahr 2015 rund 3.500 Euro eingenommen."


@pytest.mark.parametrize(
    ("source", "target", "language"),
    [
        (SENTENCE, "By their own account the traders took around 3,500 euros in 2015.", "en"),
        (SENTENCE, "商人们自称在2015年收入约3500欧元。", "zh"),
        ("Es kamen 3,5 Millionen Menschen.", "来了350万人。", "zh"),
        ("Es kamen 3,5 Millionen Menschen.", "3.5 million people came.", "en"),
        ("Um 14.30 Uhr kam die Polizei am 3. Mai.", "At 2:30 pm the police came on 3 May.", "en"),
        (
            "Drei Autos, drei Fahrer, drei Ziele und drei Wege.",
            "Three cars, three drivers, three goals.",
            "en",
        ),
        ("Sie las Brecht, Kafka und Mann.", "She read Brecht, Kafka and Mann.", "en"),
        ("Nein, nein, nein, nein!", "No, no, no, no!", "zh"),
        ("„Neiiiiiiiiiiin“, schrieb sie.", "“Noooooooooooo”, she wrote.", "en"),
        ("Am 15. Juli 1950 waren es 160 Mann.", "On July 15 1950 there were 160 men.", "en"),
        ("Seit Mai fragten Dutzende von Händlern.", "Since May 24 traders asked.", "en"),
        ("Sie lebte in den 1960er Jahren dort.", "她在20世纪60年代住在那里。", "zh"),
        ("Um 7.55 Uhr kam er.", "他在7点55分来了。", "zh"),
        ("Er hat zwei Millionen verdient.", "他赚了200万。", "zh"),
        ("Sie haben mehrere Millionen verdient.", "他们赚了数百万。", "zh"),
        ("Nicht nur die Händler kamen.", "The traders came, too.", "en"),
        ("Er kam nicht vor dem Abend an.", "他到晚上才到，不是吗？", "zh"),
    ],
)
def test_a_sound_translation_has_no_fault(source, target, language):
    assert faults(source, target, language) == () or "Latin" in faults(source, target, language)[0]


@pytest.mark.parametrize(
    ("target", "language", "fault"),
    [
        ("", "en", "wrote nothing"),
        ("The traders " + "took the money and " * 30 + " 2015 3,500", "en", "over and over"),
        ("商人收入2015年3500欧元" + "很多钱" * 8, "zh", "over and over"),
        ("约翰·约翰·约翰·约翰·约翰逊2015年收入3500", "zh", "over and over"),
        ("彼得·琼斯（彼得·琼斯（彼得·琼斯（2015年收入3500", "zh", "over and over"),
        (". " * 12 + "商人收入2015年3500欧元" + "很多钱" * 8, "zh", "over and over"),
        ("The trader Abu Dalalalal took 3,500 euros in 2015 by his own account.", "en", "over and over"),
        ("商人\ufffd2015年收入3500欧元，这是他们自己的账户。", "zh", "cannot be read"),
        ("Yes 2015 3,500.", "en", "much shorter"),
        ("They took 3,500 in 2015.", "en", "much shorter"),
        ("2015年3500", "zh", "much shorter"),
        ("By their own account they took around 350 euros in 2015 altogether.", "en", "number lost: 3.500"),
        (SENTENCE, "en", "copied"),
        ("Торговцы 2015 3,500 took money by their own account there.", "en", "another script"),
        ("Die traders took 2015 in 3500 euros.", "zh", "Latin letters"),
        ("x" * 600 + " 2015 3,500", "en", "much longer"),
    ],
)
def test_a_fault_is_named(target, language, fault):
    assert any(fault in found for found in faults(SENTENCE, target, language))


def test_a_repetition_may_come_from_the_source_but_not_grow_without_end():
    (fault,) = faults("„Neiiiiiiiiiiin“, schrieb sie.", f"“N{'o' * 40}”, she wrote.", "en")
    assert "over and over" in fault


@pytest.mark.parametrize(
    ("source", "target", "language", "number"),
    [
        ("Seit Mai dieses Jahres beschweren sich viele Verkäufer.", "自55月以来，许多卖家抱怨。", "zh", "55"),
        ("Der Händler wurde im Jahr 2016 verklagt.", "The trader was sued in 2016 and 2014.", "en", "2014"),
        ("Manche haben zig Millionen verdient.", "有些赚了600万。", "zh", "600"),
        ("Viele Tausend Händler kamen.", "24,000 traders came.", "en", "24,000"),
    ],
)
def test_a_number_that_the_model_made_up_is_a_fault(source, target, language, number):
    assert faults(source, target, language) == (f"number that the source does not have: {number}",)


def test_a_lost_negation_is_a_fault():
    source = "Die Airline hat zunächst nicht geantwortet."
    assert faults(source, "The airline answered immediately.", "en") == ("negation lost: nicht",)


def test_a_text_that_the_model_did_not_end_is_a_fault():
    assert "come to an end" in faults("Ja.", "Yes and", "en", finished=False)[0]


def test_lost_and_lone_marks_are_faults():
    assert unpaired("Er sagt „ja“.", "He says “yes”.") == ()
    assert unpaired("Er sagt „ja“.", "He says yes.") == ("quotation marks differ from the source",)
    assert unpaired("Er sagt „ja“.", "He says “yes.") == ("a quotation mark without its partner",)


def test_chinese_title_marks_stand_for_quotation_marks():
    assert unpaired("Er liest „Das Schloss“.", "他读《城堡》。") == ()


def test_an_address_that_changed_is_told():
    assert faults("Mehr auf markt.de und halle.de.", "More on markt.de and hall.de.", "en") == (
        "address lost: halle.de",
    )


def test_the_words_of_an_address_are_not_copied_from_the_source():
    assert (
        faults("Mehr unter https://www.markt.de/so/lesen", "More at https://www.markt.de/so/lesen", "en")
        == ()
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (
            "Mehr dazu steht unter https://www.markt.de/2016/17?so=lesen.",
            "更多见https://www.markt.de/2016/17?so=lesen了解。",
        ),
        (
            "Mehr dazu steht unter https://www.markt.de/2016/17?so=lesen.",
            "更多：https://www.markt.de/2016/17?so=lesen了解。",
        ),
        ("Sie fragt @wang_ke heute nach Masken.", "她今天问@wang_ke面膜。"),
    ],
)
def test_an_address_between_chinese_characters_is_no_fault(source, target):
    assert faults(source, target, "zh") == ()
