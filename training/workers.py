"""Gradients on a CPU in bfloat16: each core works on a batch of its own with a copy of the model.

Threads that share one operation wait for each other at its end; a model this small has thousands a second.
"""

from __future__ import annotations

import copy
import queue
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from transformers import MarianMTModel

from training.batches import Batch
from training.config import Stage, TrainConfig
from training.model import Head, PooledDropout, loss, set_dropout


class Workers:
    """Makes the gradients of a step, the same ones whichever thread takes which batch.

    Args:
        model: the model in float32, whose gradients are set.
        stage: dropout and weights of the losses.
        train: number of threads, label smoothing, guided head.
        step: number of the first step; it seeds the dropout.
        guided: whether the batches have links for the guided head.
    """

    def __init__(
        self, model: MarianMTModel, stage: Stage, train: TrainConfig, step: int, *, guided: bool
    ) -> None:
        self._model, self._step = model, step
        self._weights = [w for w in model.parameters() if w.requires_grad]
        count = train.threads or torch.get_num_threads()
        self._workers = [_Worker(model, stage, train, guided) for _ in range(count)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))

    def __call__(self, batches: Sequence[Batch]) -> torch.Tensor:
        """Set the gradients to those of the step. Returns loss and alignment loss per token (batches, 2)."""
        for worker in self._workers:
            worker.copy(self._model)
        totals = [torch.zeros_like(weight) for weight in self._weights]
        results = []
        seeds = range(self._step * len(batches), (self._step + 1) * len(batches))
        for result, gradients in self._pool.map(self._one, batches, seeds):
            torch._foreach_add_(totals, gradients)
            results.append(result)
        for weight, total in zip(self._weights, totals, strict=True):
            weight.grad = total
        self._step += 1
        return torch.stack(results)

    def _one(self, batch: Batch, seed: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
        worker = self._idle.get()
        try:
            return worker.gradients(batch, seed)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)


class _Worker:
    """A copy of the model in bfloat16 with dropout and random numbers of its own."""

    def __init__(self, model: MarianMTModel, stage: Stage, train: TrainConfig, guided: bool) -> None:
        self._model: Any = copy.deepcopy(model).to(torch.bfloat16).train()  # type: ignore[arg-type]
        self._model.set_attn_implementation("eager")  # the other takes half as long again on a CPU
        self._weights = [w for w in self._model.parameters() if w.requires_grad]
        self._random = torch.Generator()
        set_dropout(self._model, 0.0)
        PooledDropout(self._model, stage.dropout, self._random)
        self._head = Head(self._model, train.guided_head) if guided else None
        self._stage, self._smoothing = stage, train.label_smoothing

    @torch.no_grad()
    def copy(self, model: MarianMTModel) -> None:
        """Take over the weights."""
        torch._foreach_copy_(list(self._model.parameters()), list(model.parameters()))

    def gradients(self, batch: Batch, seed: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Loss and alignment loss per token (2,), and the gradients of the weights."""
        self._random.manual_seed(seed)
        translation, alignment = loss(
            self._model, batch, self._smoothing, self._head, self._stage.sampled, self._random
        )
        combined = (translation + self._stage.guided * alignment) * batch.share
        gradients = list(torch.autograd.grad(combined, self._weights))
        return torch.stack([translation, alignment]).detach().float(), gradients
