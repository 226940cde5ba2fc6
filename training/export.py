"""`export`: an HF Marian folder, fp16, that transformers and CTranslate2 both load."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import MarianMTModel

from training.config import Config
from training.vocabulary import Vocabulary


def export(model: MarianMTModel, config: Config, folder: Path) -> None:
    """Write `model` to `folder`, all or nothing. Raises `ValueError` when the `<pad>` row is not zero."""
    vocabulary = Vocabulary(config.spm, config.vocabulary)
    shared = model.get_input_embeddings().weight
    if shared[vocabulary.pad].abs().max() != 0:
        raise ValueError("the <pad> embedding is not zero: CTranslate2 would swallow first words")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.config.dtype = torch.float16
    model.config.save_pretrained(partial)
    model.generation_config.update(
        bad_words_ids=[[vocabulary.pad]], max_length=config.model.max_positions, num_beams=4, forced_eos_token_id=1
    )
    model.generation_config.save_pretrained(partial)
    weights = {
        name: value.to(torch.float16).contiguous()
        for name, value in model.state_dict().items()
        if name == "model.shared.weight" or name == "final_logits_bias" or not _derived(name)
    }
    save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
    for name in ("source.spm", "target.spm"):
        shutil.copyfile(config.spm, partial / name)
    ids = {token: i for i, token in enumerate(vocabulary.tokens)}
    (partial / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False, indent=0), encoding="utf-8")
    tokenizer = {"source_lang": "de", "target_lang": "en", "tokenizer_class": "MarianTokenizer"}
    tokenizer_config = {**tokenizer, "model_max_length": config.model.max_positions, "separate_vocabs": False}
    (partial / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=1))
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(partial, folder)
    shutil.rmtree(old, ignore_errors=True)


def _derived(name: str) -> bool:
    """Whether a tensor is a tied copy or a table that can be computed."""
    return "embed_tokens" in name or "embed_positions" in name or name == "lm_head.weight"
