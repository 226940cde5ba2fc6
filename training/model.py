"""The Marian model as transformers has it, its loss, and the supervised attention head."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from torch import nn
from transformers import MarianConfig, MarianMTModel

from training.batches import Batch
from training.config import ModelConfig
from training.vocabulary import EOS

_BLOCK = 256
"""Rows that `_BlockwiseLoss` takes at a time."""
_POOL = 1 << 24
"""Numbers in the pool of `PooledDropout`."""


def build(config: ModelConfig, vocabulary_size: int) -> MarianMTModel:
    """A new model with random weights. `<pad>` is the last id; its embedding is zero and stays zero.

    CTranslate2, like the original Marian, starts decoding from a zero embedding; were the row of the start
    token trained, CTranslate2 would swallow the first word of every sentence.
    """
    pad = vocabulary_size - 1
    model = MarianMTModel(
        MarianConfig(
            vocab_size=vocabulary_size,
            d_model=config.d_model,
            encoder_layers=config.encoder_layers,
            decoder_layers=config.decoder_layers,
            encoder_attention_heads=config.heads,
            decoder_attention_heads=config.heads,
            encoder_ffn_dim=config.ffn,
            decoder_ffn_dim=config.ffn,
            activation_function=config.activation,
            max_position_embeddings=config.max_positions,
            scale_embedding=True,
            attention_dropout=0.0,
            activation_dropout=0.0,
            pad_token_id=pad,
            eos_token_id=EOS,
            bos_token_id=None,
            decoder_start_token_id=pad,
            forced_eos_token_id=EOS,
        )
    )
    for name, weight in model.named_parameters():
        if weight.dim() == 2 and "embed" not in name:
            nn.init.xavier_uniform_(weight)
    with torch.no_grad():
        shared = embedding(model)
        nn.init.normal_(shared, std=config.d_model**-0.5)
        shared[pad].zero_()
    return model


def embedding(model: MarianMTModel) -> torch.Tensor:
    """The one embedding (vocabulary, d_model) that encoder, decoder and output layer share."""
    weight: torch.Tensor = model.model.shared.weight
    return weight


def set_dropout(model: nn.Module, rate: float) -> None:
    """Set the dropout of embeddings and residual branches."""
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float) and not hasattr(module, "q_proj"):
            module.dropout = rate  # type: ignore[assignment]


class PooledDropout:
    """Dropout of embeddings and residual branches whose masks are cut at random places out of one pool.

    To draw them anew takes a quarter of the time of a training in bfloat16 on a CPU.

    Args:
        model: the model, whose own dropout is to be 0.
        rate: share of values that become 0.
        random: chooses the places.
    """

    def __init__(self, model: MarianMTModel, rate: float, random: torch.Generator) -> None:
        self._pool = _pool(rate, model.dtype)
        self._random = random
        for stack in (model.model.encoder, model.model.decoder):
            stack.layers[0].register_forward_pre_hook(self._before)
            for name, module in stack.named_modules():
                if name.endswith(("out_proj", "fc2")):
                    module.register_forward_hook(self._after)

    def _before(self, _module: nn.Module, inputs: Any) -> Any:
        return self._dropped(inputs[0]), *inputs[1:]

    def _after(self, _module: nn.Module, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        return self._dropped(output)

    def _dropped(self, values: torch.Tensor) -> torch.Tensor:
        start = int(torch.randint(len(self._pool) - values.numel() + 1, (), generator=self._random))
        return values * self._pool[start : start + values.numel()].view_as(values)


@cache
def _pool(rate: float, dtype: torch.dtype) -> torch.Tensor:
    kept = torch.rand(_POOL, generator=torch.Generator().manual_seed(0)) >= rate
    return kept.to(dtype) / (1 - rate)


class Head:
    """Reads one cross-attention head of the last decoder layer during a forward pass.

    Its queries and keys are caught by hooks on the projections, so that the fast attention, which gives no
    weights, stays in use everywhere.
    """

    def __init__(self, model: MarianMTModel, head: int, layer: int = -1) -> None:
        attention: Any = model.model.decoder.layers[layer].encoder_attn
        size = attention.head_dim
        self._part = slice(head * size, (head + 1) * size)
        self._scale = 1 / math.sqrt(size)
        self._caught: dict[str, torch.Tensor] = {}
        self._hooks = [
            getattr(attention, name).register_forward_hook(self._catcher(name))
            for name in ("q_proj", "k_proj")
        ]

    def _catcher(self, name: str) -> Any:
        def catch(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            self._caught[name] = output[..., self._part]

        return catch

    def log_attention(self, source_mask: torch.Tensor) -> torch.Tensor:
        """Log attention (batch, target, source) of the last forward pass; row t predicts target t."""
        query, key = self._caught.pop("q_proj"), self._caught.pop("k_proj")
        scores = (query @ key.transpose(1, 2)).float() * self._scale
        return scores.masked_fill(source_mask[:, None, :] == 0, -1e9).log_softmax(-1)

    def remove(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()


def cross_entropy(
    hidden: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor,
    smoothing: float,
    sampled: int = 0,
    random: torch.Generator | None = None,
) -> torch.Tensor:
    """Label-smoothed cross-entropy of (positions, d_model) states and their labels; a scalar.

    With `sampled`, the candidates are the labels of the batch and `sampled` evenly drawn others, which stand
    for all that were not drawn (importance sampling, Jean et al. 2015, On Using Very Large Target
    Vocabulary for Neural Machine Translation): a quarter of the output layer's work for 12,000 pieces.
    """
    if not 0 < sampled < len(weight):
        logits = nn.functional.linear(hidden, weight).float()
        return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    present, labels = labels.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    absent = torch.ones(len(weight), dtype=torch.bool, device=weight.device)
    absent[present] = False
    others = absent.nonzero()[:, 0]
    drawn = others[torch.randperm(len(others), device=others.device, generator=random)[:sampled]]
    candidates = nn.functional.embedding(torch.cat([present, drawn]), weight)
    missing = hidden.new_zeros(len(candidates), dtype=torch.float32)
    missing[len(present) :] = math.log(len(others) / max(len(drawn), 1))
    result: torch.Tensor = _BlockwiseLoss.apply(hidden, candidates, labels, missing, smoothing)
    return result


class _BlockwiseLoss(torch.autograd.Function):
    """`cross_entropy` of `hidden @ candidates.T + bias`, with gradients made on the way.

    Rows are taken a block at a time, so that the logits stay in the cache.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        candidates: torch.Tensor,
        labels: torch.Tensor,
        bias: torch.Tensor,
        smoothing: float,
    ) -> torch.Tensor:
        total = bias.new_zeros(())
        by_hidden = torch.empty_like(hidden)
        by_candidates = torch.zeros_like(candidates, dtype=torch.float32)
        for rows, states, label in zip(
            by_hidden.split(_BLOCK), hidden.split(_BLOCK), labels[:, None].split(_BLOCK), strict=True
        ):
            logits = nn.functional.linear(states, candidates).float().add_(bias)
            normaliser = logits.logsumexp(1, keepdim=True)
            right = (1 - smoothing) * logits.gather(1, label) + smoothing * logits.mean(1, keepdim=True)
            total += (normaliser - right).sum()
            slope = logits.sub_(normaliser).exp_().sub_(smoothing / len(candidates))
            slope.scatter_add_(1, label, slope.new_full(label.shape, smoothing - 1))
            slope = slope.to(hidden.dtype)
            torch.mm(slope, candidates, out=rows)
            by_candidates += slope.T @ states
        ctx.save_for_backward(by_hidden, by_candidates)
        return total / len(hidden)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> Any:
        by_hidden, by_candidates = ctx.saved_tensors
        scale = slope / len(by_hidden)
        return by_hidden * scale, (by_candidates * scale).to(by_hidden.dtype), None, None, None


def loss(
    model: MarianMTModel,
    batch: Batch,
    smoothing: float,
    head: Head | None = None,
    sampled: int = 0,
    random: torch.Generator | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Label-smoothed cross-entropy per target token, and the guided-alignment loss (0 without `head`).

    Only positions with a label are projected to the vocabulary; `<pad>`, the last id, is no candidate.
    `sampled`: see `cross_entropy`, which draws by `random`.
    The alignment loss is the cross-entropy between a target's links, evenly weighted, and the attention
    (Chen et al. 2016, Guided Alignment Training for Topic-Aware Neural Machine Translation).
    """
    hidden = model.model(
        input_ids=batch.source,
        attention_mask=_mask(model, batch.source_mask[:, None, None, :].bool()),
        decoder_input_ids=batch.inputs,
        decoder_attention_mask=_mask(model, _causal(batch.inputs)),
        use_cache=False,
    ).last_hidden_state
    # Masks of four dimensions and positions counted beforehand: to look at them here would make the host
    # wait for the GPU.
    predicted = hidden.flatten(0, 1).index_select(0, batch.labelled)
    labels = batch.labels.flatten().index_select(0, batch.labelled)
    translation = cross_entropy(predicted, labels, embedding(model)[:-1], smoothing, sampled, random)
    alignment = translation.new_zeros(())
    if head is not None:
        attention = head.log_attention(batch.source_mask)
        if len(batch.links):
            row, target, source = batch.links.unbind(1)
            weights = batch.link_weights
            cells = (row * attention.shape[1] + target) * attention.shape[2] + source
            linked = attention.flatten().gather(0, cells)
            alignment = -(linked * weights).sum() / weights.sum().clamp_min(1e-6)
    return translation, alignment


def _causal(inputs: torch.Tensor) -> torch.Tensor:
    length = inputs.shape[1]
    return torch.ones(length, length, dtype=torch.bool, device=inputs.device).tril()[None, None]


def _mask(model: MarianMTModel, seen: torch.Tensor) -> torch.Tensor:
    """What the attention of `model` takes for the positions that may be `seen`: plain products add it."""
    if model.config._attn_implementation != "eager":
        return seen
    return torch.zeros(seen.shape, dtype=model.dtype).masked_fill(~seen, torch.finfo(model.dtype).min)
