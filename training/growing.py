"""More encoder layers for a trained model, which at first change nothing."""

from __future__ import annotations

import re

import torch

_LAYER = re.compile(r"model\.encoder\.layers\.(\d+)\.(.+)")

Weights = dict[str, torch.Tensor]


def encoder_layers(weights: Weights) -> int:
    """Number of encoder layers that `weights` has."""
    return len({found[1] for found in map(_LAYER.fullmatch, weights) if found})


def grown(weights: Weights, layers: int) -> Weights:
    """`weights` with `layers` encoder layers, the new ones spread evenly among the old.

    A new layer is a copy of the one before whose two branches write nothing yet, so that the model computes
    what it did (network morphism, Wei et al. 2016). Norms come after the residual branches here: two plain
    ones in a row do no more than one, so the scale and shift of the norm before go behind the new layer.
    """
    result: Weights = {}
    old: list[Weights] = [{} for _ in range(encoder_layers(weights))]
    for name, weight in weights.items():
        if found := _LAYER.fullmatch(name):
            old[int(found[1])][found[2]] = weight.float()
        else:
            result[name] = weight
    new: list[Weights] = []
    extra = layers - len(old)
    for index, layer in enumerate(old):
        new.append(layer)
        for _ in range((index + 1) * extra // len(old) - index * extra // len(old)):
            new.extend(_two(new.pop()))
    for index, layer in enumerate(new):
        result |= {f"model.encoder.layers.{index}.{name}": weight for name, weight in layer.items()}
    return result


def _two(layer: Weights) -> tuple[Weights, Weights]:
    """Two layers that together compute what `layer` does."""
    before, after = dict(layer), dict(layer)
    for norm, readers in (
        ("self_attn_layer_norm", ("fc1",)),
        ("final_layer_norm", ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
    ):
        scale, shift = layer[f"{norm}.weight"], layer[f"{norm}.bias"]
        for reader in readers:  # they are to read what they would have read behind the norm
            weight = layer[f"{reader}.weight"]
            after[f"{reader}.weight"] = weight * scale
            after[f"{reader}.bias"] = layer[f"{reader}.bias"] + weight @ shift
    for plain, norm in ((before, "final_layer_norm"), (after, "self_attn_layer_norm")):
        plain[f"{norm}.weight"] = torch.ones_like(layer[f"{norm}.weight"])
        plain[f"{norm}.bias"] = torch.zeros_like(layer[f"{norm}.bias"])
    for writer in ("self_attn.out_proj", "fc2"):
        for kind in ("weight", "bias"):
            after[f"{writer}.{kind}"] = torch.zeros_like(layer[f"{writer}.{kind}"])
    return before, after
