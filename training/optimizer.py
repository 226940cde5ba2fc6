"""AdamW, or Muon for the hidden matrices with AdamW for the rest.

`torch.optim.Muon` orthogonalises in bfloat16, one matrix at a time: 26 s a step on a CPU without it.
This one works in the weights' own precision and on all matrices of one shape at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised by a Newton-Schulz iteration (Jordan 2024), as large as AdamW's.

    Each update is scaled by `scale` * sqrt(longer side). 0.2 matches the size of AdamW's updates
    (Liu et al. 2025, Muon is Scalable for LLM Training); short runs bear more.
    """

    def __init__(
        self,
        weights: list[nn.Parameter],
        lr: float,
        weight_decay: float,
        scale: float = 0.2,
        momentum: float = 0.95,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._dtype = dtype
        super().__init__(
            weights, {"lr": lr, "weight_decay": weight_decay, "scale": scale, "momentum": momentum}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.Tensor]] = {}
            for weight in group["params"]:
                by_shape.setdefault(weight.shape, []).append(weight)
            for shape, weights in by_shape.items():
                gradients: list[Any] = [weight.grad for weight in weights]
                momenta = [self._momentum(weight) for weight in weights]
                torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
                updates = torch._foreach_lerp(gradients, momenta, group["momentum"])
                orthogonal = orthogonalise(torch.stack(list(updates)).to(self._dtype))
                scale = group["scale"] * max(shape) ** 0.5 * group["lr"]
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(weights, list(orthogonal), alpha=-scale)

    def _momentum(self, weight: torch.Tensor) -> torch.Tensor:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum: torch.Tensor = state["momentum"]
        return momentum


def orthogonalise(matrices: torch.Tensor, iterations: int = 5) -> torch.Tensor:
    """(count, rows, columns) -> matrices with the same singular vectors and singular values near 1."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = 3.4445 * x + torch.baddbmm(-4.775 * gram, gram, gram, alpha=2.0315) @ x
    result: torch.Tensor = x.mT if tall else x
    return result


def make_optimizers(
    model: nn.Module,
    kind: str,
    weight_decay: float,
    muon_scale: float = 0.2,
    dtype: torch.dtype = torch.float32,
) -> list[torch.optim.Optimizer]:
    """The optimizers that together train all of `model`; their rate is set anew at every step.

    `dtype` is that of Muon's iteration.
    """
    hidden, matrices, vectors = [], [], []
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        if weight.dim() < 2:
            vectors.append(weight)
        elif "embed" in name or "shared" in name or kind == "adamw":
            matrices.append(weight)
        else:
            hidden.append(weight)
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True)
    if not hidden:
        return [adam]
    return [adam, Muon(hidden, lr=0.0, weight_decay=weight_decay, scale=muon_scale, dtype=dtype)]
