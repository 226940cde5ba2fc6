"""A negation that nothing in the translation stands for."""

import pytest

from wechat_text.translation.negation import lost_negation


@pytest.mark.parametrize(
    ("source", "target", "language", "lost"),
    [
        ("Er hat nicht geantwortet.", "He answered.", "en", "nicht"),
        ("Nie wieder Flugzeug!", "Take a plane again!", "en", "Nie"),
        ("Er hat nicht geantwortet.", "In the United States, he answered immediately.", "en", "nicht"),
        ("They do not sell it.", "Sie verkaufen es unter uns und ungefähr so.", "de", "not"),
        ("Keinem Händler half das.", "That helped the traders.", "en", "Keinem"),
        ("Sie bieten Camping ohne Verpflegung an.", "他们提供露营。", "zh", "ohne"),
        ("Never let them see you crying.", "谁都让他们看到你哭了。", "zh", "Never"),
        ("It can\u2019t be denied.", "这很重要。", "zh", "n\u2019t"),
        ("They do not sell it.", "Sie verkaufen es.", "de", "not"),
        ("Er kommt nicht in Zukunft.", "他未来会常来非洲，特别是晚上。", "zh", "nicht"),
    ],
)
def test_a_negation_that_is_gone_is_found(source, target, language, lost):
    assert lost_negation(source, target, language) == lost


@pytest.mark.parametrize(
    ("source", "target", "language"),
    [
        ("Er hat nicht geantwortet.", "He did not answer.", "en"),
        ("Er hat nicht geantwortet.", "He didn\u2019t answer.", "en"),
        ("Er hat nicht geantwortet.", "他没有回答。", "zh"),
        ("Das ist nicht leicht.", "That is difficult.", "en"),
        ("Er kam ohne Geld.", "He came penniless.", "en"),
        ("They do not sell it.", "Sie verkaufen es nicht.", "de"),
        ("It is useless without care.", "Achtlos nützt es wenig.", "de"),
    ],
)
def test_a_negation_may_be_given_in_other_words(source, target, language):
    assert lost_negation(source, target, language) is None


@pytest.mark.parametrize(
    "source",
    [
        "Er hat geantwortet.",
        "Nicht nur er kam.",
        "Nicht zuletzt kam er.",
        "Er kam, nicht wahr?",
        "Not only he came.",
        "3.900 Menschen in Not nutzten den Dienst.",
        "Die Kneipe heißt Nichtsnutz.",
    ],
)
def test_what_denies_nothing_has_nothing_to_lose(source):
    assert lost_negation(source, "He came.", "en") is None


def test_in_another_language_nothing_is_missed():
    assert lost_negation("Er kam nicht.", "Il est venu.", "fr") is None
