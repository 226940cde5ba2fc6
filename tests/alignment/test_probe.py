import argparse
import json

import numpy as np
import pytest

from tests.marian import tiny_marian
from wechat_text.alignment.probe import (
    ForcedPair,
    add_parser,
    described,
    error_rate,
    force,
    gold_links,
    probe,
    read_gold,
)
from wechat_text.document import Link, Span
from wechat_text.errors import ReadError
from wechat_text.models.registry import load_registry
from wechat_text.models.spec import Alignment

PAIR = {
    "id": "1",
    "src": ["Das", "Haus", "brennt", "."],
    "tgt": ["The", "house", "is", "burning", "."],
    "sure": [[0, 0], [1, 1], [2, 3], [3, 4]],
    "possible": [[2, 2]],
}


@pytest.fixture
def gold_file(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(PAIR) + "\n", encoding="utf-8")
    return path


def test_gold_words_become_running_text_with_their_places(gold_file):
    pair = read_gold(gold_file)[0]
    assert (pair.source, pair.target) == ("Das Haus brennt.", "The house is burning.")
    assert [w.of(pair.target) for w in pair.target_words] == PAIR["tgt"]


def test_chinese_gold_words_are_joined_without_blanks(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({**PAIR, "tgt": ["房子", "着火", "了", "3D", "。"]}), encoding="utf-8")
    assert read_gold(path)[0].target == "房子着火了3D。"


def test_reversed_gold_has_its_sides_and_links_exchanged(gold_file):
    pair = read_gold(gold_file, reverse=True)[0]
    assert pair.source == "The house is burning."
    assert (3, 2) in pair.sure


def test_error_rate_counts_sure_and_possible_links(gold_file):
    gold = read_gold(gold_file)
    haus, house, burns, is_ = Span(4, 8), Span(4, 9), Span(9, 15), Span(10, 12)
    # 1 sure and 1 possible link found: 1 - (1 + 2) / (2 + 4)
    assert error_rate(gold, [[Link(haus, house, 1.0), Link(burns, is_, 1.0)]]) == pytest.approx(0.5)
    assert error_rate(gold, [[]]) == 1.0


def test_links_are_counted_between_the_words_of_the_gold_file(gold_file):
    pair = read_gold(gold_file)[0]
    assert gold_links(pair, [Link(Span(4, 15), Span(4, 9), 1.0)]) == {(1, 1), (2, 1)}


@pytest.mark.parametrize("line", ["{", "[]", '{"src": ["a"], "tgt": ["b"], "sure": [[0, 7]]}'])
def test_a_broken_gold_line_is_named(tmp_path, line):
    path = tmp_path / "gold.jsonl"
    path.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"gold\.jsonl:2"):
        read_gold(path)


def test_forced_reading_gives_a_distribution_for_every_target_piece(tmp_path):
    folder = tiny_marian(tmp_path / "tiny")
    pairs = [("Das Haus brennt.", "The house is burning."), ("Ja.", "Yes.")]
    for (source, target), forced in zip(pairs, force(folder, pairs), strict=True):
        assert forced.attention.shape[2:] == (len(forced.target_pieces) + 1, len(forced.source_pieces))
        assert ((forced.attention >= 0) & (forced.attention <= 1)).all()
        assert (forced.attention.sum(-1) <= 1.0001).all()
        assert forced.source_pieces[-1].end == len(source)
        assert forced.target_pieces[-1].end == len(target)


def test_a_shifted_head_is_read_one_step_after_the_piece_was_written():
    attention = np.arange(6, dtype=np.float32).reshape(1, 1, 3, 2)
    forced = ForcedPair("abcd", "xyz", attention, (Span(0, 2), Span(2, 4)), (Span(0, 1), Span(1, 3)))
    assert forced.rows(Alignment(0, 0)).tolist() == [[0, 1], [2, 3]]
    assert forced.rows(Alignment(0, 0, shifted=True)).tolist() == [[2, 3], [4, 5]]


def test_without_a_known_head_those_of_the_last_layer_count_together_as_they_write():
    attention = np.stack([np.zeros((2, 3, 2)), np.stack([np.zeros((3, 2)), np.ones((3, 2))])])
    forced = ForcedPair("abcd", "xyz", attention, (Span(0, 2), Span(2, 4)), (Span(0, 1), Span(1, 3)))
    assert forced.rows(None).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_every_head_is_measured_as_it_writes_and_shifted(tmp_path, gold_file):
    rates = probe(tiny_marian(tmp_path / "tiny"), read_gold(gold_file))
    config = json.loads((tmp_path / "tiny" / "config.json").read_text())
    assert len(rates) == 2 * config["decoder_layers"] * config["decoder_attention_heads"]
    assert all(0 <= rate <= 1 for rate in rates.values())


def test_the_best_head_is_written_into_the_users_registry(tmp_path, gold_file, capsys, monkeypatch):
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(tmp_path / "cache"))
    folder = tiny_marian(tmp_path / "tiny")
    registry = tmp_path / "models.toml"
    registry.write_text(
        f'version = 1\n\n[models.mine]\nfolder = {json.dumps(str(folder))}\nlicence = "own"\n'
        'source = ["de"]\ntarget = ["en"]\n',
        encoding="utf-8",
    )
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    options = parser.parse_args(["probe", "mine", "--gold", str(gold_file), "--models", str(registry)])
    assert options.handler(options) == 0
    head = load_registry(registry).model("mine").alignment
    assert capsys.readouterr().out.startswith(f"{described(head)}  AER ")
