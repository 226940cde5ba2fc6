"""The chrF of dev lines, and the end of a stage that no longer raises it."""

# ruff: noqa: E402 - without torch there is nothing to import
from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sacrebleu")

from tests.training.test_training import logged, trained_model
from training import train
from training.batches import passes
from training.config import Config, ConfigError, Stage
from training.corpus import DEV
from training.packed import Packed
from training.train import Position, Trainer, stalls
from training.validation import dev_chrf, dev_rows

SHARES = {"de-en": 1.0}


@pytest.fixture
def watched(fresh: Config) -> Config:
    """Passes of a few steps, after each of which ten dev lines are translated."""
    return replace(fresh, train=replace(fresh.train, pass_tokens=2_000, log_steps=5, dev_chrf_lines=10))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The chrF that is measured after each pass."""
    scores: list[float] = []
    monkeypatch.setattr(train, "dev_chrf", lambda *_: {"de-en": scores.pop(0)})
    return scores


def position(config: Config) -> dict[str, Any]:
    state = torch.load(config.work / "run" / "checkpoint.pt", weights_only=True)
    result: dict[str, Any] = state["position"]
    return result


def test_early_stop_counts_passes_without_a_better_chrf() -> None:
    at, stage = Position(), Stage("s", 1e-3, {"de-en": 3.0, "de-zh": 1.0}, steps=1, patience=2)
    scores = [(30.0, 10.0), (30.0, 9.0), (31.0, 9.0), (31.0, 9.0), (30.0, 10.0)]
    found = [stalls(at, stage, {"de-en": one, "de-zh": other}) for one, other in scores]
    assert found == [False, False, False, False, True]
    assert at.best_chrf == 25.5


def test_early_stop_never_ends_a_stage_without_patience() -> None:
    at, stage = Position(), Stage("s", 1e-3, SHARES, steps=1)
    assert not any(stalls(at, stage, {"de-en": 5.0}) for _ in range(50))


def test_early_stop_ends_a_stage_that_learns_nothing(watched: Config) -> None:
    stages = (
        Stage("idle", 0.0, SHARES, steps=10_000, patience=2),
        Stage("next", 1e-3, SHARES, steps=3),
    )
    config = replace(watched, stages=stages)
    Trainer(config, "cpu").run()
    assert [stage for stage in logged(config, "stage") if stage == "idle"]
    assert logged(config, "stopped") == ["dev chrF"]
    assert len(logged(config, "chrf")) <= 4
    assert position(config)["total_steps"] < 40
    assert position(config)["stage"] == 2


def test_early_stop_lets_a_stage_that_learns_go_on(watched: Config) -> None:
    config = replace(
        watched,
        train=replace(watched.train, pass_tokens=20_000),
        stages=(Stage("learns", 4e-3, SHARES, steps=150, warmup_steps=20, patience=2),),
    )
    Trainer(config, "cpu").run()
    scores = [entry["de-en"] for entry in logged(config, "chrf")]
    assert position(config)["total_steps"] == 150
    assert logged(config, "stopped") == []
    assert scores[-1] > scores[0] + 10


def test_early_stop_keeps_its_count_over_a_resume(watched: Config, scripted: list[float]) -> None:
    config = replace(watched, stages=(Stage("s", 1e-3, SHARES, steps=10_000, patience=3),))
    steps = len(next(passes(Packed.load(config.packed), config.stages[0], 0, config.train, 0)))
    scripted += [20.0, 19.0, 18.0, 17.0, 17.0]
    Trainer(config, "cpu").run(2 * steps + 1)
    assert (position(config)["best_chrf"], position(config)["waited"]) == (20.0, 1)
    Trainer(config, "cpu").run()
    assert logged(config, "stopped") == ["dev chrF"]
    assert [entry["de-en"] for entry in logged(config, "chrf")] == [20.0, 19.0, 18.0, 17.0, 17.0]


def test_early_stop_starts_each_stage_anew(watched: Config, scripted: list[float]) -> None:
    stage = Stage("s", 1e-3, SHARES, steps=10_000, patience=1)
    config = replace(watched, stages=(stage, stage))
    scripted += [20.0, 19.0, 10.0, 9.0, 9.0]
    Trainer(config, "cpu").run()
    assert scripted == []
    assert position(config)["stage"] == 2


def test_early_stop_resumes_checkpoints_from_before_it_was_there(watched: Config) -> None:
    config = replace(watched, stages=(Stage("s", 1e-3, SHARES, steps=20),))
    Trainer(config, "cpu").run(2)
    path = config.work / "run" / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    del state["position"]["best_chrf"], state["position"]["waited"]
    torch.save(state, path)
    resumed = Trainer(config, "cpu")
    assert asdict(resumed.position) == asdict(Position(**state["position"]))
    resumed.run(1)
    assert position(config)["total_steps"] == 3


def test_early_stop_measuring_changes_nothing_in_the_training(watched: Config) -> None:
    found = []
    for lines in (0, 10):
        stages = (Stage("s", 4e-3, SHARES, steps=12, dropout=0.1),)
        config = replace(watched, train=replace(watched.train, dev_chrf_lines=lines), stages=stages)
        Trainer(config, "cpu").run()
        path = config.work / "run" / "checkpoint.pt"
        found.append(torch.load(path, weights_only=True)["model"])
        path.unlink()
    assert len(logged(config, "chrf")) > 1
    assert all(torch.equal(weight, found[1][name]) for name, weight in found[0].items())


def test_early_stop_needs_dev_lines(watched: Config) -> None:
    stage = Stage("s", 1e-3, {"de-zh": 1.0}, steps=5, patience=1)
    with pytest.raises(ConfigError, match="no dev lines"):
        Trainer(replace(watched, stages=(stage,)), "cpu")


def test_validation_measures_the_translations_of_dev_lines(toy_trained: Config, tmp_path: Path) -> None:
    packed = Packed.load(toy_trained.packed)
    rows = dev_rows(packed, toy_trained.stages[0], 15)
    assert list(map(len, rows.values())) == [15]
    assert (packed.split[rows["de-en"]] == DEV).all()
    assert dev_chrf(trained_model(toy_trained), packed, rows, toy_trained)["de-en"] > 90
