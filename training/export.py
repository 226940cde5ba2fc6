"""`export`: an HF Marian folder, fp16, for transformers and CTranslate2, and the check that they agree."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import MarianMTModel

from training.card import write_card
from training.config import Config
from training.growing import encoder_layers, grown
from training.model import build, embedding
from training.vocabulary import EOS, Vocabulary


def export_checkpoint(config: Config, folder: Path, other: Path | None = None, share: float = 0.0) -> None:
    """Export the averaged weights of the last checkpoint, with a model card, to `folder`.

    Those of the checkpoint `other` are mixed in with a weight of `share`: two ends of one training, cooled
    down apart, are better together (Wortsman et al. 2022, Model soups).
    """
    state = torch.load(config.work / "run" / "checkpoint.pt", map_location="cpu", weights_only=True)
    average = state["average"]
    if other is not None:
        second = torch.load(other, map_location="cpu", weights_only=True)["average"]
        average = [torch.lerp(a, b, share) for a, b in zip(average, second, strict=True)]
    model = build(config.model, config.vocabulary.size)
    load_average(model, average)
    export(model, config, folder)
    write_card(config, state["position"], folder, share if other else 0.0)


def load_average(model: MarianMTModel, average: list[torch.Tensor]) -> None:
    """Give `model` the running average of the weights, which is kept in the order of its parameters."""
    with torch.no_grad():
        for weight, value in zip([w for w in model.parameters() if w.requires_grad], average, strict=True):
            weight.copy_(value)


def load_export(model: MarianMTModel, folder: Path) -> None:
    """Give `model` the weights of an exported model of the same sizes, or of one with fewer encoder layers.

    Raises:
        ValueError: it is another kind of model, or has more layers.
    """
    state = load_file(folder / "model.safetensors")
    if encoder_layers(state) < model.config.encoder_layers:
        state = grown(state, model.config.encoder_layers)
    expected = {name for name in model.state_dict() if not _derived(name)}
    if other := expected ^ state.keys():
        raise ValueError(f"{folder} is another kind of model: {', '.join(sorted(other))} in one alone")
    model.load_state_dict(state, strict=False)


def export(model: MarianMTModel, config: Config, folder: Path) -> None:
    """Write `model` to `folder`, all or nothing. Raises `ValueError` when the `<pad>` row is not zero."""
    vocabulary = Vocabulary(config.spm, config.vocabulary)
    if embedding(model)[vocabulary.pad].abs().max() != 0:
        raise ValueError("the <pad> embedding is not zero: CTranslate2 would swallow first words")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.config.dtype = torch.float16
    model.config.save_pretrained(partial)
    generation: Any = model.generation_config
    generation.update(
        bad_words_ids=[[vocabulary.pad]],
        max_length=config.model.max_positions,
        num_beams=config.decoding.beam,
        length_penalty=config.decoding.length_penalty,
        forced_eos_token_id=EOS,
    )
    generation.save_pretrained(partial)
    state = model.state_dict()
    weights = {name: state[name].to(torch.float16).contiguous() for name in state if not _derived(name)}
    save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
    (partial / "model.safetensors").chmod(0o644)
    for name in ("source.spm", "target.spm"):
        shutil.copyfile(config.spm, partial / name)
    _write_json(partial / "vocab.json", _ids(vocabulary, config))
    languages = {
        "source_lang": config.directions[0].source,
        "target_lang": config.directions[0].target,
    }
    limits = {"model_max_length": config.model.max_positions, "separate_vocabs": False}
    _write_json(
        partial / "tokenizer_config.json", {**languages, "tokenizer_class": "MarianTokenizer", **limits}
    )
    _replace(partial, folder)


def check(config: Config, folder: Path) -> str:
    """Translate the first held-out lines greedily in transformers and in CTranslate2, both in fp32.

    Returns a sentence with the share of lines on which they agree; ties in rounding can part a few.
    """
    from transformers import MarianTokenizer

    from training.evaluate import Engine

    direction = config.directions[0]
    token = config.vocabulary.target_tokens[direction.target]
    lines = (config.work / f"held-out.{direction.name}.tsv").read_text(encoding="utf-8").splitlines()[:32]
    sources = [line.split("\t")[0] for line in lines]
    tokenizer: Any = MarianTokenizer.from_pretrained(folder)
    model: Any = MarianMTModel.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    batch = tokenizer([f"{token} {source}" for source in sources], return_tensors="pt", padding=True)
    with torch.inference_mode():
        ids = model.generate(**batch, num_beams=1, do_sample=False, max_length=257)
    expected = tokenizer.batch_decode(ids, skip_special_tokens=True)
    found = Engine(folder, quantization="float32").translate(sources, token, beam=1)
    agree = sum(a.strip() == b.strip() for a, b in zip(expected, found, strict=True))
    return f"transformers and CTranslate2 agree on {agree} of {len(sources)} greedy {direction.name} lines"


def _ids(vocabulary: Vocabulary, config: Config) -> dict[str, int]:
    """Token to id. What asks for a language that the model is not for is renamed, so that nobody asks."""
    others = set(config.vocabulary.target_tokens.values()) - set(config.target_tokens.values())
    return {f"<unused{i}>" if token in others else token: i for i, token in enumerate(vocabulary.tokens)}


def _derived(name: str) -> bool:
    """Whether a tensor is a tied copy or a table that can be computed."""
    return "embed_tokens" in name or "embed_positions" in name or name == "lm_head.weight"


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _replace(new: Path, folder: Path) -> None:
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)
