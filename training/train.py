"""`train`: the training loop. Stops and goes on at any step; a cut-off run gives the same weights."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import MarianMTModel

from training.batches import Batch, collate, passes, prefetch, width_of
from training.config import Config, ConfigError, Stage
from training.corpus import DEV, HELD_OUT
from training.export import export, load_average, load_export
from training.graphs import Graphs
from training.model import Head, build, loss, set_dropout
from training.optimizer import make_optimizers
from training.packed import Ints, Links, Packed
from training.splitting import Splitter
from training.validation import dev_chrf, dev_rows
from training.vocabulary import Vocabulary
from training.workers import Workers


@dataclass
class Position:
    """Where the training stands; `total_*` counts over all stages, everything else within the stage."""

    stage: int = 0
    number: int = 0
    """Pass within the stage."""
    batch: int = 0
    steps: int = 0
    seconds: float = 0.0
    total_steps: int = 0
    total_tokens: int = 0
    total_seconds: float = 0.0
    best_chrf: float = 0.0
    waited: int = 0
    """Passes since the best dev chrF."""


class Trainer:
    """Model, optimizers, running average of the weights and position in the data."""

    def __init__(self, config: Config, device: str = "") -> None:
        self.config = config
        train = config.train
        if train.threads:
            torch.set_num_threads(train.threads)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.manual_seed(train.seed)
        self.packed = Packed.load(config.packed)
        for stage in config.stages:
            if stage.patience and not dev_rows(self.packed, stage, train.dev_chrf_lines):
                raise ConfigError(f"stage {stage.name}: patience, but no dev lines in its directions")
        self.model = build(config.model, config.vocabulary.size).to(self.device)  # type: ignore[arg-type]
        self.pad = config.vocabulary.size - 1
        self._run = config.work / "run"
        self._run.mkdir(parents=True, exist_ok=True)
        resumes = self._checkpoint.exists()
        if config.start and not resumes:
            load_export(self.model, config.start)
        self.parallel = self.device.type == "cpu" and train.bfloat16
        self.optimizers = make_optimizers(
            self.model,
            train.optimizer,
            train.weight_decay,
            train.muon_scale,
            torch.bfloat16 if self.parallel else torch.float32,
        )
        self.weights = [w for w in self.model.parameters() if w.requires_grad]
        self.average = [w.detach().clone() for w in self.weights]
        self.position = Position()
        self.stopping = False
        self.recorded = self.device.type == "cuda" and bool(train.widths)
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")
            torch.backends.cuda.enable_cudnn_sdp(False)  # it plans anew for every shape
        if resumes:
            self._resume()

    @property
    def _checkpoint(self) -> Path:
        return self._run / "checkpoint.pt"

    def run(self, max_steps: int = 0) -> None:
        """Train to the end of the last stage, for `max_steps` more steps, or until SIGTERM; then save."""
        until = self.position.total_steps + max_steps if max_steps else None
        saved = snapped = time.monotonic()
        while self.position.stage < len(self.config.stages) and not self.stopping:
            stage = self.config.stages[self.position.stage]
            for _ in self._stage(stage):
                now = time.monotonic()
                if now - saved > self.config.train.checkpoint_minutes * 60:
                    self.save()
                    saved = now
                if now - snapped > self.config.train.snapshot_minutes * 60:
                    self.snapshot(self.config.work / "snapshot")
                    snapped = now
                if self.stopping or self.position.total_steps == until:
                    self.save()
                    return
            self.position = Position(
                stage=self.position.stage + 1,
                total_steps=self.position.total_steps,
                total_tokens=self.position.total_tokens,
                total_seconds=self.position.total_seconds,
            )
        self.save()
        self._evaluate(self.config.stages[-1])
        self.snapshot(self.config.work / "snapshot")

    def _stage(self, stage: Stage) -> Any:
        """Train one stage, yielding after every step."""
        train, position = self.config.train, self.position
        set_dropout(self.model, stage.dropout)
        links = Links.load(self.config.links) if stage.guided and self.config.links.exists() else None
        head = Head(self.model, train.guided_head) if links else None
        self.model.train()
        sums = torch.zeros(3, device=self.device)
        began = last = time.monotonic()
        step: Callable[[Batch], torch.Tensor] = partial(self._gradients, stage=stage, head=head)
        if self.recorded:
            step = Graphs(partial(self._fresh_gradients, stage=stage, head=head), self.device)
        gradients: Callable[[list[Batch]], torch.Tensor] = partial(_in_turn, step)
        workers = None
        if self.parallel:
            gradients = workers = Workers(
                self.model, stage, train, position.total_steps, guided=links is not None
            )
        feed = prefetch(self._feed(stage, links))
        try:
            for batches in feed:
                if not batches:
                    position.number += 1
                    position.batch = 0
                    if stalls(position, stage, self._evaluate(stage)):
                        self._log({"stage": stage.name, "stopped": "dev chrF", "best": position.best_chrf})
                        return
                    self.model.train()
                    last = time.monotonic()
                    continue
                rate = rate_at(stage, position)
                if rate is None:
                    return
                sums += self._step(batches, rate, gradients)
                position.batch += train.accumulate
                position.steps += 1
                position.total_steps += 1
                now = time.monotonic()
                position.seconds += now - last
                position.total_seconds += now - last
                last = now
                if position.total_steps % train.log_steps == 0:
                    translation, alignment, tokens = sums.tolist()
                    self._log(
                        {
                            "stage": stage.name,
                            "step": position.total_steps,
                            "pass": position.number,
                            "rate": rate,
                            "loss": translation / tokens,
                            "alignment": alignment / tokens,
                            "tokens_per_second": tokens / (now - began),
                            "tokens": position.total_tokens,
                            "minutes": position.total_seconds / 60,
                        }
                    )
                    sums.zero_()
                    began = now
                yield
                if time.monotonic() - last > 2:  # saving is no training time, but part of the plan
                    position.seconds += time.monotonic() - last
                    last = time.monotonic()
        finally:
            feed.close()  # type: ignore[attr-defined]
            if head:
                head.remove()
            if workers:
                workers.close()

    def _feed(self, stage: Stage, links: Links | None) -> Iterator[list[Batch]]:
        """The batches of each step from here on; none at the end of a pass."""
        position, accumulate = replace(self.position), self.config.train.accumulate
        start, seed = position.batch, self.config.train.seed
        splitter = Splitter(Vocabulary(self.config.spm, self.config.vocabulary)) if stage.split else None
        drawn = passes(self.packed, stage, position.stage, self.config.train, position.number)
        for number, batches in enumerate(drawn, position.number):
            if len(batches) < accumulate:  # it would wait for a step for ever
                raise ConfigError(
                    f"stage {stage.name}: a pass has too little text for a step; raise pass_tokens"
                )
            for first in range(start, len(batches) - accumulate + 1, accumulate):
                random = np.random.default_rng([seed, position.stage, number, first])
                rows = batches[first : first + accumulate]
                made = [self._collated(r, links, splitter, stage.split, random) for r in rows]
                total = sum(batch.tokens for batch in made)
                made = [replace(batch, share=batch.tokens / total) for batch in made]
                yield [batch.pinned() for batch in made] if self.device.type == "cuda" else made
            start = 0
            yield []

    def _collated(
        self,
        rows: Ints,
        links: Links | None,
        splitter: Splitter | None,
        split: float,
        random: np.random.Generator,
    ) -> Batch:
        """The pairs of `rows` as one batch, with a share of `split` source pieces cut in two."""
        if splitter:
            part = splitter.split(self.packed, rows, split, random)
            return collate(part, np.arange(len(rows)), self.pad)
        width = width_of(self.packed, rows, self.config.train.widths)
        return collate(self.packed, rows, self.pad, links, width)

    def _gradients(self, batch: Batch, stage: Stage, head: Head | None) -> torch.Tensor:
        """Add the gradients of a batch to those of the step. Returns its loss and alignment loss per token.

        They stay on the device: to read them here would make the host wait at every step.
        """
        batch = batch.to(self.device)
        device, train = self.device.type, self.config.train
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda", cache_enabled=False):
            translation, alignment = loss(self.model, batch, train.label_smoothing, head, stage.sampled)
        combined: Any = (translation + stage.guided * alignment) * batch.share
        combined.backward()
        return torch.stack([translation, alignment]).detach()

    def _fresh_gradients(self, batch: Batch, stage: Stage, head: Head | None) -> torch.Tensor:
        """`_gradients` of a step of one batch, always in the same memory, so that it can be recorded."""
        for weight in self.weights:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        torch._foreach_zero_([weight.grad for weight in self.weights])
        return self._gradients(batch, stage, head)

    def _step(
        self, batches: list[Batch], rate: float, gradients: Callable[[list[Batch]], torch.Tensor]
    ) -> torch.Tensor:
        """One optimizer step. Returns token-weighted sums: loss, alignment loss, tokens."""
        train = self.config.train
        total = sum(batch.tokens for batch in batches)
        losses: Any = sum(row * batch.tokens for row, batch in zip(gradients(batches), batches, strict=True))
        sums = torch.cat([losses, losses.new_full((1,), total)])
        torch.nn.utils.clip_grad_norm_(self.weights, train.clip)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            if not self.recorded:
                optimizer.zero_grad(set_to_none=True)
        self.position.total_tokens += total
        if (self.position.total_steps + 1) % train.average_every == 0:
            decay = min(
                train.average_decay, 1 - 1 / (1 + (self.position.total_steps + 1) / train.average_every)
            )
            with torch.no_grad():
                torch._foreach_lerp_(self.average, [w.detach() for w in self.weights], 1 - decay)
        return sums

    def _evaluate(self, stage: Stage) -> dict[str, float]:
        """Log the dev loss and, with `dev_chrf_lines`, the dev chrF, which is returned."""
        entry = {"dev": self.dev_loss()}
        rows = dev_rows(self.packed, stage, self.config.train.dev_chrf_lines)
        if rows:
            entry["chrf"] = dev_chrf(self.averaged(), self.packed, rows, self.config)
        self._log(entry)
        return entry.get("chrf", {})

    @torch.no_grad()
    def dev_loss(self) -> dict[str, float]:
        """Unsmoothed cross-entropy per token of the averaged weights, per direction and kind of text."""
        result = {}
        model = self.averaged()
        for index, name in enumerate(self.packed.directions):
            for split, label in ((DEV, "news"), (HELD_OUT, "original")):
                rows = np.flatnonzero((self.packed.direction == index) & (self.packed.split == split))[:150]
                total, count = 0.0, 0
                order = rows[np.argsort(np.diff(self.packed.target_offsets)[rows])]
                for start in range(0, len(order), 50):
                    batch: Batch = collate(self.packed, order[start : start + 50], self.pad).to(self.device)
                    total += float(loss(model, batch, 0.0)[0]) * batch.tokens
                    count += batch.tokens
                if count:
                    result[f"{name} {label}"] = round(total / count, 4)
        return result

    def averaged(self) -> MarianMTModel:
        """A copy of the model, in evaluation mode, with the running average of the weights."""
        with torch.random.fork_rng():  # looking at the model must not change how its training goes on
            model: Any = build(self.config.model, self.config.vocabulary.size).to(self.device)  # type: ignore[arg-type]
        load_average(model, self.average)
        result: MarianMTModel = model.eval()
        return result

    def snapshot(self, folder: Path) -> None:
        """Export the averaged weights."""
        export(self.averaged().cpu(), self.config, folder)

    def save(self) -> None:
        """Write the checkpoint, all or nothing."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizers": [o.state_dict() for o in self.optimizers],
            "position": asdict(self.position),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
        }
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self._checkpoint)

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        for optimizer, values in zip(self.optimizers, state["optimizers"], strict=True):
            settings = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
            optimizer.load_state_dict(values)
            for group, setting in zip(optimizer.param_groups, settings, strict=True):
                group.update(setting)  # what the TOML says now, not what it said then
        self.position = Position(**state["position"])
        torch.set_rng_state(state["rng"].cpu())
        if state["cuda_rng"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda_rng"].cpu())

    def _log(self, entry: dict[str, Any]) -> None:
        entry = {"at": time.strftime("%H:%M:%S"), **entry}
        line = json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in entry.items()})
        print(line, flush=True)
        with (self._run / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def rate_at(stage: Stage, position: Position) -> float | None:
    """Learning rate of the next step: warm-up, plateau, linear cool-down; None at the end of the stage."""
    done = position.steps / stage.steps if stage.steps else position.seconds / (stage.minutes * 60)
    if done >= 1:
        return None
    warm = min(1.0, (position.steps + 1) / stage.warmup_steps) if stage.warmup_steps else 1.0
    cool = min(1.0, (1 - done) / stage.cooldown) if stage.cooldown else 1.0
    return stage.rate * warm * cool


def _in_turn(step: Callable[[Batch], torch.Tensor], batches: list[Batch]) -> torch.Tensor:
    """Results of the batches (batches, 2), made one after another."""
    return torch.stack([step(batch) for batch in batches])


def stalls(position: Position, stage: Stage, chrf: dict[str, float]) -> bool:
    """Count a pass with this dev chrF; whether `patience` of them in a row have brought no better one.

    What counts is the mean over the directions, weighted by their shares.
    """
    if not chrf:
        return False
    weights = [stage.shares[name] for name in chrf]
    mean = float(np.average(list(chrf.values()), weights=weights))
    if mean > position.best_chrf:
        position.best_chrf, position.waited = mean, 0
    else:
        position.waited += 1
    return 0 < stage.patience <= position.waited


def train(config: Config, device: str = "", max_steps: int = 0) -> None:
    """Start or go on with the training of `config`; SIGTERM and SIGINT save and end it."""
    trainer = Trainer(config, device)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: setattr(trainer, "stopping", True))
    trainer.run(max_steps)
