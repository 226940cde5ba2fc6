import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.translation.backends import Hypothesis
from wechat_text.translation.consensus import expected_chrf, ranked

TEXTS = st.lists(st.text(alphabet="abcd 议会。", max_size=20), min_size=1, max_size=5)
ALONE = -1e4
"""A score so far behind that its text counts for nothing."""


def hypotheses(*texts, scores=None):
    pieces = [tuple("\u2581" + word for word in text.split()) for text in texts]
    return [Hypothesis(p, s, True) for p, s in zip(pieces, scores or [-1.0] * len(pieces), strict=True)]


def first(*texts, scores=None):
    return " ".join(ranked(hypotheses(*texts, scores=scores))[0].tokens).replace("\u2581", "")


def test_what_most_hypotheses_say_comes_first():
    assert first("he bought a car", "she sold the house", "she sold the houses") != "he bought a car"


def test_a_hypothesis_that_is_far_more_probable_stays_first():
    texts = "he bought a car", "she sold the house", "she sold the houses"
    assert first(*texts, scores=[-0.1, -1.0, -1.0]) == "he bought a car"


def test_equal_hypotheses_keep_their_order():
    same = hypotheses("one text", "one text", "one text")
    assert all(a is b for a, b in zip(ranked(same), same, strict=True))


@pytest.mark.parametrize("texts", [[], ["one"], ["one", "another"]])
def test_one_or_two_hypotheses_stay_as_they_are(texts):
    given_ones = hypotheses(*texts)
    assert ranked(given_ones) == given_ones


def test_a_hypothesis_without_text_comes_last():
    assert ranked(hypotheses("", "a text", "a text too"))[-1].tokens == ()


@given(st.text(alphabet="abcd 议会。", max_size=20), st.text(alphabet="abcd 议会。", max_size=20))
def test_against_a_single_text_it_is_the_chrf_of_sacrebleu(text, reference):
    (gain, _) = expected_chrf([text, reference], [ALONE, 0.0])
    wanted = sacrebleu.CHRF(beta=3, eps_smoothing=False).sentence_score(text, [reference]).score / 100
    assert gain == pytest.approx(wanted, abs=1e-6)


@given(TEXTS)
def test_every_gain_lies_between_0_and_1(texts):
    gains = expected_chrf(texts, [-float(i) for i in range(len(texts))])
    assert len(gains) == len(texts)
    assert all(0 <= gain <= 1 + 1e-9 for gain in gains)
