"""Settings, schedule, optimizer, symmetrisation and the measuring of marks and loops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training import evaluate
from training.alignment import collect, grow_diag_final_and
from training.card import write_card
from training.config import ConfigError, Stage, load
from training.evaluate import loops, measure, paired
from training.model import cross_entropy

STARTER = Path(__file__).parents[2] / "training" / "configs" / "starter.toml"

DISTIL = '[[distil]]\npairs = "{}"\nteacher = "{}"\norigins = ["original"]\n'


@pytest.mark.parametrize("path", sorted(STARTER.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_config_of_the_starter_model_loads(path: Path) -> None:
    config = load(path)
    assert [d.name for d in config.corpus.directions] == ["de-en", "de-zh", "en-zh", "en-de"]
    assert config.stages[-1].cooldown > 0


def test_a_model_is_for_the_directions_of_its_last_stage(tmp_path: Path) -> None:
    everything = load(STARTER)
    last = replace(everything.stages[-1], shares={"de-zh": 0.6, "en-zh": 0.4, "de-en": 0.0})
    config = replace(everything, work=tmp_path, stages=(*everything.stages[:-1], last))
    assert [d.name for d in config.directions] == ["de-zh", "en-zh"]
    write_card(config, {"total_steps": 1, "total_tokens": 1, "total_seconds": 1}, tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "# starter: a small Marian model for de→zh, en→zh\n" in card
    assert ">>cmn_Hans<<" in card
    assert ">>eng<<" not in card


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 1", "sead = 1", "sead"),
        ("warmup_steps", "minutes = 5\nwarmup_steps", "either steps or minutes"),
        ("warmup_steps", "split = 0.2\nwarmup_steps", "`split` moves links"),
        ("warmup_steps", "sampled = 2000\nwarmup_steps", "`sampled` makes shapes"),
        ("seed = 1", "accumulate = 2", "do not go together"),
        ("seed = 1", "bfloat16 = true", "raise `accumulate`"),
        ("96, 112]", "112, 96]", "must grow"),
        ("96, 112]", "96]", "last of `widths`"),
        ("[train]", DISTIL.format("en-zh", "en-de") + 'gives = "en-zh"\n[train]', "do not give en-zh"),
        ("[train]", DISTIL.format("de-zh", "de-zh") + 'gives = "en-zh"\n[train]', "do not give en-zh"),
        ("warmup_steps", "patience = 2\nwarmup_steps", "patience needs dev_chrf_lines"),
        ("[train]", DISTIL.format("de-en", "en-de") + "[train]", "de-de is no direction"),
        ("[train]", DISTIL.format("de-zh", "en-zh") + "[train]", "reads neither side of de-zh"),
        (
            "[train]",
            DISTIL.format("de-zh", "de-zh") + DISTIL.format("de-en", "en-zh") + "[train]",
            "`origin`",
        ),
        ("[train]", DISTIL.format("de-en", "de-en") + "keep = 0\n[train]", "shares from 1 to 100"),
        ("[train]", DISTIL.format("de-en", "de-en") + "percent = 101\n[train]", "shares from 1 to 100"),
        ("[train]", '[[distil]]\npairs = "de-en"\nteacher = "de-en"\n[train]', "`origins`"),
    ],
)
def test_config_rejects_mistakes(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(STARTER.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load(path)


def test_config_a_teacher_of_the_other_side_makes_another_direction(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    text = STARTER.read_text(encoding="utf-8")
    path.write_text(text.replace("[train]", DISTIL.format("de-en", "en-zh") + "[train]"), encoding="utf-8")
    config = load(path)
    assert [text.direction for text in config.distil] == ["de-zh"]
    assert config.distilled(config.distil[0]) == config.work / "distilled.de-zh.tsv.xz"


def test_config_a_teacher_of_the_way_back_makes_new_sources(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    table = DISTIL.format("en-zh", "en-de") + 'gives = "de-zh"\n'
    path.write_text(
        STARTER.read_text(encoding="utf-8").replace("[train]", table + "[train]"), encoding="utf-8"
    )
    assert [text.direction for text in load(path).distil] == ["de-zh"]


def test_alignment_symmetrisation_grows_from_the_intersection() -> None:
    forward, backward = {(0, 0), (1, 1), (2, 1)}, {(0, 0), (1, 1), (4, 4)}
    assert grow_diag_final_and(forward, backward) == {(0, 0), (1, 1), (2, 1), (4, 4)}


def test_alignment_links_start_behind_the_target_token() -> None:
    links = collect({1: {(0, 2), (3, 1)}}, 3)
    assert links.offsets.tolist() == [0, 0, 2, 2]
    assert (links.source.tolist(), links.target.tolist()) == ([4, 1], [1, 2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Ja”, sagte er.", True),
        ("„Ja“ und „nein“", True),
        ("”Ja“", False),
        ("“Ja, sagte er.", False),
        ("ohne", True),
    ],
)
def test_evaluate_pairing_of_marks(text: str, expected: bool) -> None:
    assert paired(text) is expected


@pytest.mark.parametrize(
    ("source", "target", "outputs"),
    [
        ("de", "en", ["“Yes”, he said.", "No, he said.", "Good."]),
        ("en", "de", ["„Ja“, sagte er.", "Nein, sagte er.", "Gut."]),
        ("de", "zh", ["他说：“是。”", "他说不。", "好。"]),
    ],
)
def test_evaluate_counts_the_lines_that_keep_their_marks(
    source: str, target: str, outputs: list[str]
) -> None:
    quoted = {
        "de": ["„Ja“, sagte er.", "„Nein“, sagte er.", "Gut."],
        "en": ["“Yes”, he said.", "“No”, he said.", "Good."],
    }
    figures = measure(evaluate.TestSet("x", source, target, quoted[source], outputs), outputs, 1.0)
    assert (figures.quoted_lines, figures.quotes_kept) == (2, 0.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the man said that the man said that the man said that the man said that", True),
        ("哈哈哈哈哈哈哈哈哈", True),
        ("In 1000000000 Jahren ... vielleicht", False),
        ("He said that she had said that.", False),
    ],
)
def test_evaluate_finds_loops(text: str, expected: bool) -> None:
    assert loops(text) is expected


def test_optimizer_orthogonalises() -> None:
    torch = pytest.importorskip("torch")
    from training.optimizer import orthogonalise

    torch.manual_seed(0)
    for shape in ((2, 32, 96), (2, 96, 32)):
        matrices = torch.randn(shape)
        values = torch.linalg.svdvals(orthogonalise(matrices))
        assert values.min() > 0.5
        assert values.max() < 1.5


def test_model_sampled_softmax_estimates_the_whole_one() -> None:
    torch.manual_seed(0)
    weight, hidden = torch.randn(2000, 16) * 0.3, torch.randn(50, 16)
    labels = torch.randint(2000, (50,))
    whole = cross_entropy(hidden, labels, weight, 0.0)
    sampled = torch.stack([cross_entropy(hidden, labels, weight, 0.0, 400) for _ in range(20)])
    assert abs(float(sampled.mean() - whole)) < 0.02
    assert float(sampled.std()) < 0.02
    assert torch.equal(
        cross_entropy(hidden, labels, weight, 0.1, 2000), cross_entropy(hidden, labels, weight, 0.1)
    )


def test_train_rate_warms_up_and_cools_down() -> None:
    pytest.importorskip("torch")
    from training.train import Position, rate_at

    stage = Stage("s", 1.0, {}, steps=100, warmup_steps=10, cooldown=0.5)
    rates = [rate_at(stage, Position(steps=n)) for n in (0, 4, 9, 50, 75, 99, 100)]
    assert rates[-1] is None
    assert np.allclose([r for r in rates if r is not None], [0.1, 0.5, 1.0, 1.0, 0.5, 0.02])
