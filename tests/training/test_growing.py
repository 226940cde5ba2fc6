"""A model gets more encoder layers and computes what it did."""

# ruff: noqa: E402 - without torch there is nothing to import
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from training.config import Config
from training.export import export, load_export
from training.growing import encoder_layers, grown
from training.model import build

SOURCE = [[5, 9, 17, 30, 8, 0], [44, 2, 3, 61, 7, 0]]
WRITTEN = [[307, 21, 4, 90], [307, 6, 6, 33]]


def model(config: Config, encoder: int, decoder: int = 1) -> Any:
    """A model with random weights, those of the norms too."""
    torch.manual_seed(encoder)
    sizes = replace(config.model, encoder_layers=encoder, decoder_layers=decoder)
    made = build(sizes, config.vocabulary.size).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "norm" in name or name.endswith(".bias"):
                weight.add_(torch.randn(weight.shape) * 0.3)
    return made


def states(model: Any) -> Any:
    """What the encoder makes of `SOURCE`, and the decoder for `WRITTEN`."""
    with torch.inference_mode():
        output = model.model(torch.tensor(SOURCE), decoder_input_ids=torch.tensor(WRITTEN))
    return torch.cat([output.encoder_last_hidden_state.flatten(), output.last_hidden_state.flatten()])


@pytest.fixture
def exported(toy_prepared: Config, tmp_path: Path) -> Path:
    export(model(toy_prepared, 2), toy_prepared, tmp_path / "export")
    return tmp_path / "export"


@pytest.mark.parametrize("layers", [3, 4, 7])
def test_a_grown_model_computes_what_it_did(toy_prepared: Config, exported: Path, layers: int) -> None:
    start, large = model(toy_prepared, 2), model(toy_prepared, layers)
    load_export(start, exported)
    load_export(large, exported)
    assert torch.allclose(states(start), states(large), atol=1e-4)


def test_new_layers_learn(toy_prepared: Config, exported: Path) -> None:
    large = model(toy_prepared, 4)
    load_export(large, exported)
    large.model(torch.tensor(SOURCE), decoder_input_ids=torch.tensor(WRITTEN)).last_hidden_state.pow(
        3
    ).sum().backward()
    writers = [layer.fc2.weight for layer in large.model.encoder.layers]
    assert [bool(w.any()) for w in writers] == [True, False, True, False]
    assert all(w.grad.abs().sum() > 0 for w in writers)


def test_new_layers_are_spread_evenly(toy_prepared: Config) -> None:
    weights = grown(model(toy_prepared, 4).state_dict(), 6)
    assert encoder_layers(weights) == 6
    writes = [bool(weights[f"model.encoder.layers.{i}.fc2.weight"].any()) for i in range(6)]
    assert writes == [True, True, False, True, True, False]


@pytest.mark.parametrize(("encoder", "decoder"), [(1, 1), (2, 2)])
def test_another_kind_of_model_is_refused(
    toy_prepared: Config, exported: Path, encoder: int, decoder: int
) -> None:
    with pytest.raises(ValueError, match=r"another kind of model: model\..*layers\.1\."):
        load_export(model(toy_prepared, encoder, decoder), exported)
