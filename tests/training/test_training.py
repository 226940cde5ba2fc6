"""A tiny model learns a toy language; the run resumes exactly; the export works in both backends."""

# ruff: noqa: E402 - without torch there is nothing to import
from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("ctranslate2")

from tests.training.conftest import toy_line
from training import train
from training.batches import Batch, collate
from training.config import Config, ConfigError
from training.corpus import HELD_OUT
from training.evaluate import Engine
from training.export import check, export, export_checkpoint, load_average
from training.model import Head, build, loss
from training.packed import Links, Packed
from training.splitting import Splitter
from training.train import Trainer
from training.vocabulary import EOS, Vocabulary
from training.workers import Workers
from wechat_text.errors import ModelFormatError
from wechat_text.models.marian import target_token


def logged(config: Config, key: str) -> list[Any]:
    lines = (config.work / "run" / "log.jsonl").read_text().splitlines()
    return [entry[key] for entry in map(json.loads, lines) if key in entry]


def trained_model(config: Config) -> Any:
    state = torch.load(config.work / "run" / "checkpoint.pt", weights_only=True)
    model = build(config.model, config.vocabulary.size)
    load_average(model, state["average"])
    return model.eval()


def test_training_loss_falls_below_a_third(toy_trained: Config) -> None:
    losses = logged(toy_trained, "loss")
    assert losses[-1] < losses[0] / 3
    assert logged(toy_trained, "dev")[-1]["de-en original"] < 0.3


def test_training_toy_language_is_translated(toy_trained: Config, tmp_path: Path) -> None:
    export_checkpoint(toy_trained, tmp_path / "export")
    rng = random.Random(99)
    pairs = [toy_line(rng) for _ in range(50)]
    outputs = Engine(tmp_path / "export", threads=1).translate([s for s, _ in pairs], ">>eng<<")
    assert sum(output == target for output, (_, target) in zip(outputs, pairs, strict=True)) >= 45


def test_training_pad_row_stays_zero(toy_trained: Config) -> None:
    state = torch.load(toy_trained.work / "run" / "checkpoint.pt", weights_only=True)
    assert state["model"]["model.shared.weight"][-1].abs().max() == 0
    assert trained_model(toy_trained).get_input_embeddings().weight[-1].abs().max() == 0


def test_training_guided_head_points_at_the_linked_piece(toy_trained: Config) -> None:
    packed, links = Packed.load(toy_trained.packed), Links.load(toy_trained.links)
    rows = np.flatnonzero((packed.split == HELD_OUT) & (np.diff(links.offsets) > 0))
    model = trained_model(toy_trained)
    batch = collate(packed, rows, toy_trained.vocabulary.size - 1, links)
    head = Head(model, 0)
    with torch.inference_mode():
        loss(model, batch, 0.0, None)
        looked = head.log_attention(batch.source_mask).argmax(-1)
    row, target, source = batch.links.unbind(1)
    assert (looked[row, target] == source).float().mean() > 0.9


def test_training_fixed_widths_change_neither_loss_nor_gradients(toy_trained: Config) -> None:
    packed, links = Packed.load(toy_trained.packed), Links.load(toy_trained.links)
    rows = np.flatnonzero(np.diff(links.offsets) > 0)[:20]
    model = trained_model(toy_trained)
    head = Head(model, 0)
    found = []
    for width in (0, 40):
        model.zero_grad()
        translation, alignment = loss(
            model, collate(packed, rows, toy_trained.vocabulary.size - 1, links, width), 0.1, head
        )
        (translation + alignment).backward()
        found.append((translation.item(), alignment.item(), model.model.shared.weight.grad))
    assert found[0][:2] == pytest.approx(found[1][:2], rel=1e-4)
    assert torch.allclose(found[0][2], found[1][2], atol=1e-5)


def test_training_with_widths_learns(fresh: Config) -> None:
    config = replace(
        fresh, corpus=replace(fresh.corpus, max_pieces=38), train=replace(fresh.train, widths=(10, 20, 40))
    )
    Trainer(config, "cpu").run()
    losses = logged(config, "loss")
    assert losses[-1] < losses[0] / 2


def test_training_in_bfloat16_on_a_cpu_learns(fresh: Config) -> None:
    config = replace(fresh, train=replace(fresh.train, bfloat16=True, accumulate=2))
    Trainer(config, "cpu").run()
    losses = logged(config, "loss")
    assert losses[-1] < losses[0] / 3
    assert logged(config, "dev")[-1]["de-en original"] < 0.3


def test_training_in_bfloat16_makes_nearly_the_gradients_of_float32(toy_trained: Config) -> None:
    packed, links = Packed.load(toy_trained.packed), Links.load(toy_trained.links)
    rows = np.flatnonzero(np.diff(links.offsets) > 0)[:24]
    stage = replace(toy_trained.stages[1], dropout=0.0)
    batches = [
        replace(collate(packed, part, toy_trained.vocabulary.size - 1, links), share=0.5)
        for part in np.split(rows, 2)
    ]
    model = trained_model(toy_trained)
    workers = Workers(model, stage, toy_trained.train, 0, guided=True)
    halved = workers(batches)
    workers.close()
    found = [weight.grad for weight in model.parameters() if weight.requires_grad]
    model.zero_grad()
    head = Head(model, 0)
    for batch, (translation, alignment) in zip(batches, halved, strict=True):
        exact = loss(model, batch, toy_trained.train.label_smoothing, head)
        (0.5 * (exact[0] + stage.guided * exact[1])).backward()
        assert float(translation) == pytest.approx(exact[0].item(), rel=0.02)
        assert float(alignment) == pytest.approx(exact[1].item(), rel=0.05, abs=0.01)
    expected = [weight.grad for weight in model.parameters() if weight.requires_grad]
    one, other = (torch.cat([gradient.flatten() for gradient in part]) for part in (found, expected))
    assert torch.nn.functional.cosine_similarity(one, other, 0) > 0.99
    assert one.norm() / other.norm() == pytest.approx(1, abs=0.05)


def test_training_a_pass_without_a_step_is_told_and_does_not_hang(fresh: Config) -> None:
    small = replace(fresh, train=replace(fresh.train, pass_tokens=200, widths=(40,)))
    with pytest.raises(ConfigError, match="raise pass_tokens"):
        Trainer(small, "cpu").run()


def test_training_steps_that_are_recorded_train_like_the_others(
    fresh: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Replayed:
        """Stands in for the GPU's recording: the same tensors are used again for every batch of a shape."""

        def __init__(self, step: Any, _device: Any) -> None:
            self.step = step
            self.inputs: dict[Any, Batch] = {}

        def __call__(self, batch: Batch) -> Any:
            inputs = self.inputs.setdefault(batch.source.shape, batch)
            for name, tensor in inputs.tensors.items():
                tensor.copy_(batch.tensors[name])
            return self.step(replace(inputs, tokens=0))

    monkeypatch.setattr(train, "Graphs", Replayed)
    stages = tuple(replace(stage, steps=12, dropout=0.0) for stage in fresh.stages)
    config = replace(
        fresh,
        corpus=replace(fresh.corpus, max_pieces=38),
        train=replace(fresh.train, widths=(10, 20, 40)),
        stages=stages,
    )
    found = []
    for recorded in (False, True):
        trainer = Trainer(config, "cpu")
        trainer.recorded = recorded
        trainer.run()
        found.append(torch.load(config.work / "run" / "checkpoint.pt", weights_only=True)["model"])
        (config.work / "run" / "checkpoint.pt").unlink()
    assert all(torch.equal(weight, found[1][name]) for name, weight in found[0].items())


def test_training_starts_from_an_exported_model(toy_trained: Config, fresh: Config, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    export_checkpoint(toy_trained, folder)
    begun = Trainer(replace(fresh, start=folder), "cpu")
    ends, new = begun.dev_loss(), Trainer(fresh, "cpu").dev_loss()
    assert ends["de-en original"] == pytest.approx(logged(toy_trained, "dev")[-1]["de-en original"], abs=0.01)
    assert new["de-en original"] > 10 * ends["de-en original"]
    deeper = replace(fresh, start=folder, model=replace(fresh.model, encoder_layers=2))
    assert Trainer(deeper, "cpu").dev_loss() == pytest.approx(ends, abs=0.01)
    other = replace(fresh, start=folder, model=replace(fresh.model, decoder_layers=2))
    with pytest.raises(ValueError, match="another kind of model"):
        Trainer(other, "cpu")


def test_export_card_tells_the_trainings_one_after_another(
    toy_trained: Config, fresh: Config, tmp_path: Path
) -> None:
    export_checkpoint(toy_trained, tmp_path / "first")
    further = replace(fresh, start=tmp_path / "first", stages=(replace(fresh.stages[0], steps=4),))
    Trainer(further, "cpu").run()
    export_checkpoint(further, tmp_path / "second")
    card = (tmp_path / "second" / "README.md").read_text(encoding="utf-8").splitlines()
    told = [line.split(" steps")[0] for line in card if line.startswith("- trained")]
    assert told == ["- trained from scratch for 300", "- trained further for 4"]


@pytest.mark.parametrize(
    ("settings", "split"),
    [({}, 0.0), ({}, 0.3), ({"bfloat16": True, "threads": 2, "accumulate": 3}, 0.0)],
    ids=["float32", "split", "bfloat16"],
)
def test_training_resumes_bit_exactly(
    fresh: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], split: float
) -> None:
    def twice(self: Splitter, vocabulary: Vocabulary) -> None:  # the toy vocabulary has no piece to cut
        pieces = np.arange(len(vocabulary.tokens))
        self._splits, self._ends, self._odds = pieces > EOS, pieces + 1, pieces + 1.0
        self._pairs = np.stack([pieces, pieces], axis=1).astype(np.uint16)

    monkeypatch.setattr(Splitter, "__init__", twice)
    whole = replace(
        fresh,
        train=replace(fresh.train, **settings),
        stages=tuple(
            replace(s, steps=15, sampled=100, split=split, guided=0.0 if split else s.guided)
            for s in fresh.stages
        ),
    )
    Trainer(whole, "cpu").run()
    expected = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    (tmp_path / "run" / "checkpoint.pt").unlink()
    for steps in (4, 8, 11, 0):  # the third stop lies in the second stage
        Trainer(whole, "cpu").run(steps)
    found = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert found["position"]["total_steps"] == 30
    assert found["position"]["total_tokens"] == expected["position"]["total_tokens"]
    for name, value in expected["model"].items():
        assert torch.equal(value, found["model"][name]), name
    for one, other in zip(expected["average"], found["average"], strict=True):
        assert torch.equal(one, other)


def test_export_agrees_in_transformers_and_ctranslate2(toy_trained: Config, tmp_path: Path) -> None:
    export_checkpoint(toy_trained, tmp_path / "export")
    report = check(toy_trained, tmp_path / "export")
    agree, total = (int(word) for word in report.split() if word.isdigit())
    assert agree == total > 0


def test_export_mixes_the_weights_of_another_checkpoint(toy_trained: Config, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    state = torch.load(toy_trained.work / "run" / "checkpoint.pt", weights_only=True)
    zeros = {**state, "average": [torch.zeros_like(weight) for weight in state["average"]]}
    torch.save(zeros, tmp_path / "other.pt")
    export_checkpoint(toy_trained, tmp_path / "whole")
    export_checkpoint(toy_trained, tmp_path / "mixed", tmp_path / "other.pt", 0.25)
    whole, mixed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "mixed"))
    for name, weight in whole.items():
        torch.testing.assert_close(mixed[name].float(), 0.75 * weight.float(), atol=1e-3, rtol=1e-2)


def test_export_stores_tied_weights_once_in_half_precision(toy_trained: Config, tmp_path: Path) -> None:
    from safetensors import safe_open

    export_checkpoint(toy_trained, tmp_path / "export")
    with safe_open(tmp_path / "export" / "model.safetensors", "pt") as file:
        names = set(file.keys())
        assert {str(file.get_tensor(name).dtype) for name in names} == {"torch.float16"}
    assert "model.shared.weight" in names
    assert not [name for name in names if "embed_" in name or "lm_head" in name]
    assert "CC BY-NC-SA 4.0" in (tmp_path / "export" / "README.md").read_text(encoding="utf-8")


def test_export_refuses_a_trained_pad_row(toy_trained: Config, tmp_path: Path) -> None:
    model = trained_model(toy_trained)
    with torch.no_grad():
        model.get_input_embeddings().weight[-1] += 0.1
    with pytest.raises(ValueError, match="<pad>"):
        export(model, toy_trained, tmp_path / "export")


def test_export_offers_only_the_languages_that_the_model_is_for(toy_trained: Config, tmp_path: Path) -> None:
    tokens = {"en": ">>eng<<", "zh": ">>cmn_Hans<<"}
    vocabulary = replace(toy_trained.vocabulary, size=309, target_tokens=tokens)
    config = replace(toy_trained, vocabulary=vocabulary)
    export(build(config.model, vocabulary.size), config, tmp_path / "export")
    assert target_token(tmp_path / "export", "en") == ">>eng<<"
    with pytest.raises(ModelFormatError, match=r"'zh': >>eng<<"):
        target_token(tmp_path / "export", "zh")
