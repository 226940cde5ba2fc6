"""Cleaning of the parallel text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from training.config import Config, CorpusConfig, Direction
from training.corpus import (
    HELD_OUT,
    TRAIN,
    chinese_marks,
    english_marks,
    fault,
    german_marks,
    normalise,
    read_pairs,
)

RULES = CorpusConfig(directions=(), original="")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Nein", sagte er.', "„Nein“, sagte er."),
        ("»Nein«, sagte er.", "„Nein“, sagte er."),
        ("“Nein”, sagte er.", "„Nein“, sagte er."),
        ('Das 5"-Rohr', 'Das 5"-Rohr'),
    ],
)
def test_corpus_german_marks(text: str, expected: str) -> None:
    assert german_marks(text) == expected


def test_corpus_english_marks_leave_apostrophes() -> None:
    text = normalise('"It’s the dogs’ bowl," she didn´t say.', "en")
    assert english_marks(text) == "“It's the dogs' bowl,” she didn't say."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("「你好」,他说.", "“你好”，他说。"),
        ("他 说 : “好!”", "他说：“好！”"),
        ("价格为 8,999 元(约1.2万).", "价格为8,999元（约1.2万）。"),
        ("等一下...", "等一下……"),
        ("iPhone 15 Pro", "iPhone 15 Pro"),
    ],
)
def test_corpus_chinese_marks(text: str, expected: str) -> None:
    assert chinese_marks(text) == expected


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("Der Hund bellt laut.", "The dog barks loudly.", None),
        ("Berlin", "Berlin", "copy"),
        ("Der Hund bellt.", "", "empty"),
        ("Der Hund bellt.", "Собака лает громко.", "wrong script"),
        ("Der Hund bellt.", "狗在大声地叫。", "wrong script"),
        ("Der Hund.", "The dog was barking so loudly that nobody could sleep that night.", "length ratio"),
        ("Er sagte: „Nein.“", "He said no to that.", "quote marks differ"),
        ('Ein 5" Rohr liegt hier.', 'A 5" pipe lies here.', "unpaired marks"),
    ],
)
def test_corpus_faults(source: str, target: str, reason: str | None) -> None:
    assert fault(source, "de", target, "en", "wmt", RULES) == reason


def test_corpus_titles_may_become_chinese_title_marks() -> None:
    assert (
        fault("Er las den „Spiegel“ jeden Tag.", "de", "他每天都读《明镜周刊》。", "zh", "wmt", RULES) is None
    )


def test_corpus_web_documentation_loses_code_lines() -> None:
    source, target = "Die Methode map() ruft eine Funktion auf.", "The method map() calls a function."
    assert fault(source, "de", target, "en", "mdn", RULES) == "code"
    assert fault(source, "de", target, "en", "wmt", RULES) is None


def test_corpus_held_out_items_are_never_trained_on(toy_config: Config, toy_data: Path) -> None:
    pairs, dropped = read_pairs(toy_data, toy_config.corpus)
    held_out = {pair.source for pair in pairs if pair.split == HELD_OUT}
    assert held_out
    assert not held_out & {pair.source for pair in pairs if pair.split == TRAIN}
    assert pairs == read_pairs(toy_data, toy_config.corpus)[0]
    assert dropped["de-en duplicate"] > 0


def test_corpus_joins_neighbouring_lines_of_an_item(toy_config: Config, toy_data: Path) -> None:
    pairs, _ = read_pairs(toy_data, toy_config.corpus)
    joined = [pair for pair in pairs if pair.origin == "original_joined"]
    assert {pair.source.count(".") for pair in joined} == {2, 3}
    assert all(pair.source.count(".") == pair.target.count(".") for pair in joined)


def test_corpus_a_swapped_direction_has_the_same_pairs_the_other_way(
    toy_config: Config, toy_data: Path
) -> None:
    back = Direction("en", "de", "parallel/de-en.tsv.xz", swapped=True)
    corpus = replace(toy_config.corpus, directions=(*toy_config.corpus.directions, back))
    pairs, _ = read_pairs(toy_data, corpus)
    there = {(p.source, p.target, p.split) for p in pairs if p.direction == "de-en"}
    assert {(p.target, p.source, p.split) for p in pairs if p.direction == "en-de"} == there


def test_corpus_skipped_origins_are_not_read(toy_config: Config, toy_data: Path) -> None:
    pairs, _ = read_pairs(toy_data, replace(toy_config.corpus, skip=("toy",)))
    assert {p.origin for p in pairs} == {"original", "original_joined"}


def test_corpus_a_share_of_the_training_pairs_changes_case(toy_config: Config, toy_data: Path) -> None:
    corpus = replace(toy_config.corpus, lower_case_percent=10, upper_case_percent=5)
    pairs, _ = read_pairs(toy_data, corpus)
    train = [p for p in pairs if p.split == TRAIN]
    lower = [p for p in train if p.source.islower()]
    upper = [p for p in train if p.source.isupper()]
    before, _ = read_pairs(toy_data, toy_config.corpus)
    usual = sum(p.source.islower() for p in before if p.split == TRAIN)
    assert 0.07 < (len(lower) - usual) / len(train) < 0.13
    assert 0.03 < len(upper) / len(train) < 0.07
    assert all(p.target.islower() for p in lower if not p.source.isupper())
    assert all(p.target.isupper() for p in upper)
    assert [p for p in pairs if p.split != TRAIN] == [p for p in before if p.split != TRAIN]
