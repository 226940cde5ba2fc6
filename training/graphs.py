"""CUDA graphs: a step is recorded once for each shape of batch and replayed from then on."""

from __future__ import annotations

from collections.abc import Callable

import torch

from training.batches import Batch


class Graphs:
    """Replays `step` on the GPU.

    A model this small is done with an operation sooner than the host has asked for the next one; a replay
    asks once.

    Args:
        step: from a batch on the GPU to a tensor of results. It must not read any of them, and its shapes may
            depend on the shapes of the batch alone.
        device: the GPU.
    """

    def __init__(self, step: Callable[[Batch], torch.Tensor], device: torch.device) -> None:
        self._step = step
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._recorded: dict[torch.Size, tuple[torch.cuda.CUDAGraph, Batch, torch.Tensor]] = {}

    def __call__(self, batch: Batch) -> torch.Tensor:
        """The results for a batch in pinned memory; the next batch of its shape overwrites them."""
        shape = batch.source.shape
        if shape not in self._recorded:
            self._recorded[shape] = self._record(batch.to(self._device))
        graph, inputs, results = self._recorded[shape]
        for name, tensor in inputs.tensors.items():
            tensor.copy_(batch.tensors[name], non_blocking=True)
        graph.replay()
        return results

    def _record(self, batch: Batch) -> tuple[torch.cuda.CUDAGraph, Batch, torch.Tensor]:
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            for _ in range(2):  # what is made on the first call only must not be recorded
                self._step(batch)
        torch.cuda.current_stream(self._device).wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        # The thread that prepares batches may take pinned memory meanwhile.
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            results = self._step(batch)
        return graph, batch, results
