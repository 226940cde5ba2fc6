"""Words, their classes and base forms."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat_text.document import Span
from wechat_text.german.sentences import split_sentences
from wechat_text.german.tagging import Token, tag


def tagged(text: str) -> tuple[Token, ...]:
    return tag(text, split_sentences(text, [Span(0, len(text))]))


def test_words_have_classes_and_base_forms() -> None:
    tokens = {t.text: t for t in tagged("Die Händlerin teilte gestern mit, dass Preise stiegen.")}
    assert (tokens["teilte"].pos, tokens["teilte"].lemma) == ("VVFIN", "teilen")
    assert tokens["mit"].pos == "PTKVZ"
    assert (tokens["Preise"].pos, tokens["Preise"].lemma) == ("NN", "Preis")


def test_quotation_marks_are_punctuation() -> None:
    assert [t.pos for t in tagged("„Nein“, sagte sie.") if t.text in "„“"] == ["$(", "$("]


def test_abbreviations_and_ordinals_keep_their_stop() -> None:
    texts = [t.text for t in tagged("Am 14. Juli sprach Dr. Lorenz lange.")]
    assert "14." in texts
    assert "Dr." in texts
    assert texts[-1] == "."


def test_a_sentence_number_goes_with_each_word() -> None:
    assert [t.sentence for t in tagged("Er kam. Sie ging.")] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "Donaudampfschifffahrtsgesellschaft" * 400 + " sagt nichts."]
)
def test_a_word_without_end_is_one_token(text: str) -> None:
    assert tagged(text)[0].start == 0


def test_threads_get_the_same_answer() -> None:
    answers: list[tuple[Token, ...]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(tagged("Die Ärztin warnte vor Eile.")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet="aÄß .,!„“-'’12\x00\u200b\u00ad()_€\n", max_size=60))
def test_tokens_cover_every_visible_character_once(text: str) -> None:
    covered = sorted(i for t in tagged(text) for i in range(t.start, t.end))
    assert covered == sorted(set(covered))
    assert {i for i, c in enumerate(text) if not c.isspace()} == {i for i in covered if not text[i].isspace()}
