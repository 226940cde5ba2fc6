"""A tiny Marian model for tests: the files of a real HF folder, random weights, made within a second.

The layout follows OPUS-MT: `</s>` 0, `<unk>` 1, target tokens, pieces, `<pad>` last with a zero embedding.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece
from safetensors.numpy import save_file

GERMAN = (
    "Die Händlerin öffnet ihren Laden am Morgen und wartet auf die ersten Kunden.",
    "„Wir verkaufen nur, was wir selbst gebrauchen“, sagte Herr Wang am Dienstag.",
    "Im Jahr 2015 waren es 3,5 Millionen Menschen, heute sind es mehr.",
    "Der Freundeskreis auf dem Telefon ist der wichtigste Markt, fügte sie hinzu.",
    "Niemand weiß, wie viele Waren falsch sind und wer dafür zahlen wird.",
    "Abends zählt sie das Geld, schreibt Nachrichten und schläft erst spät ein.",
)
ENGLISH = (
    "The merchant opens her shop in the morning and waits for the first customers.",
    "“We sell only what we use ourselves,” Mr Wang said on Tuesday.",
    "In 2015 there were 3.5 million people, today there are more.",
    "The circle of friends on the phone is the most important market, she added.",
    "Nobody knows how many goods are fake and who will pay for it.",
    "In the evening she counts the money, writes messages and goes to sleep late.",
)
CHINESE = (
    "这位女商人早上开门营业，等待第一批顾客。",
    "“我们只卖自己用的东西，”王先生星期二说。",
    "2015年有350万人，今天更多。",
    "她补充说，手机上的朋友圈是最重要的市场。",
    "没有人知道有多少商品是假的，谁来付钱。",
    "晚上她数钱、写消息，很晚才睡觉。",
)
TARGET_TOKENS = {"en": ">>eng<<", "zh": ">>cmn_Hans<<"}


def tiny_marian(
    folder: Path,
    *,
    source_pieces: int = 160,
    shared: bool = True,
    multi_target: bool = False,
    seed: int = 0,
    decoder_layers: int = 2,
    heads: int = 4,
    max_positions: int = 128,
    d_model: int = 32,
) -> Path:
    """Write a complete Marian folder, de→en, or de→en and zh with `multi_target`; returns `folder`.

    Args:
        folder: where to; made if it does not exist.
        source_pieces: upper bound for the number of pieces of each sentencepiece model.
        shared: one vocabulary and embedding for both sides, or `vocab.json` and `target_vocab.json`.
        multi_target: the source vocabulary holds `>>eng<<` and `>>cmn_Hans<<`.
        seed: of the random weights.
        decoder_layers: number of decoder layers; the encoder has two.
        heads: attention heads of every layer.
        max_positions: longest source and target in tokens.
        d_model: width; the feed-forward layers are twice as wide.
    """
    folder.mkdir(parents=True, exist_ok=True)
    targets = (*ENGLISH, *CHINESE) if multi_target else ENGLISH
    source = _train_pieces(GERMAN, source_pieces, folder / "source.spm")
    target = _train_pieces(targets, source_pieces, folder / "target.spm")
    codes = list(TARGET_TOKENS.values()) if multi_target else []
    if shared:
        source_tokens = target_tokens = _vocabulary([*codes, *source, *target])
    else:
        source_tokens, target_tokens = _same_size(_vocabulary([*codes, *source]), _vocabulary(target))
    _write_json(folder / "vocab.json", {token: i for i, token in enumerate(source_tokens)})
    if not shared:
        _write_json(folder / "target_vocab.json", {token: i for i, token in enumerate(target_tokens)})
    size, pad = len(source_tokens), len(source_tokens) - 1
    config = {
        "architectures": ["MarianMTModel"],
        "model_type": "marian",
        "activation_function": "swish",
        "d_model": d_model,
        "encoder_layers": 2,
        "decoder_layers": decoder_layers,
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": 2 * d_model,
        "decoder_ffn_dim": 2 * d_model,
        "max_position_embeddings": max_positions,
        "scale_embedding": True,
        "share_encoder_decoder_embeddings": shared,
        "tie_word_embeddings": True,
        "static_position_embeddings": True,
        "vocab_size": size,
        "decoder_vocab_size": size,
        "bos_token_id": None,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "pad_token_id": pad,
        "decoder_start_token_id": pad,
        "is_encoder_decoder": True,
        "dtype": "float32",
    }
    _write_json(folder / "config.json", config)
    generation = {key: config[key] for key in ("eos_token_id", "forced_eos_token_id", "pad_token_id")}
    generation |= {"decoder_start_token_id": pad, "bad_words_ids": [[pad]], "max_length": max_positions}
    _write_json(folder / "generation_config.json", generation)
    tokenizer = {"source_lang": "de", "target_lang": "en", "tokenizer_class": "MarianTokenizer"}
    tokenizer_config = {**tokenizer, "model_max_length": max_positions, "separate_vocabs": not shared}
    _write_json(folder / "tokenizer_config.json", tokenizer_config)
    weights = _weights(np.random.default_rng(seed), size, d_model, 2, decoder_layers, shared)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _train_pieces(sentences: Sequence[str], size: int, path: Path) -> list[str]:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        vocab_size=size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        bos_id=-1,
        pad_id=-1,
        unk_id=0,
        eos_id=1,
        minloglevel=2,
        num_threads=1,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


def _vocabulary(pieces: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(["</s>", "<unk>", *pieces, "<pad>"]))


def _same_size(*vocabularies: list[str]) -> list[list[str]]:
    """One id for `<pad>` on both sides, as the configuration of a Marian model has it."""
    size = max(map(len, vocabularies))
    return [[*v[:-1], *(f"<unused{i}>" for i in range(size - len(v))), v[-1]] for v in vocabularies]


def _weights(
    random: np.random.Generator, size: int, width: int, encoders: int, decoders: int, shared: bool
) -> dict[str, npt.NDArray[np.float32]]:
    weights: dict[str, npt.NDArray[np.float32]] = {}

    def linear(name: str, outputs: int, inputs: int) -> None:
        weights[f"{name}.weight"] = random.normal(0, 1.5 / inputs**0.5, (outputs, inputs))
        weights[f"{name}.bias"] = random.normal(0, 0.1, outputs)

    def norm(name: str) -> None:
        weights[f"{name}.weight"] = random.normal(1, 0.1, width)
        weights[f"{name}.bias"] = random.normal(0, 0.1, width)

    for side, layers in (("encoder", encoders), ("decoder", decoders)):
        attentions = ["self_attn"] if side == "encoder" else ["self_attn", "encoder_attn"]
        for layer in range(layers):
            prefix = f"model.{side}.layers.{layer}"
            for attention in attentions:
                for projection in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    linear(f"{prefix}.{attention}.{projection}", width, width)
                norm(f"{prefix}.{attention}_layer_norm")
            linear(f"{prefix}.fc1", 2 * width, width)
            linear(f"{prefix}.fc2", width, 2 * width)
            norm(f"{prefix}.final_layer_norm")
    names = ("shared",) if shared else ("encoder.embed_tokens", "decoder.embed_tokens")
    for name in names:
        # small beside the positions, so that greedy output does not repeat one token for ever
        embedding = random.normal(0, 0.3 / width**0.5, (size, width))
        embedding[-1] = 0
        weights[f"model.{name}.weight"] = embedding
    weights["final_logits_bias"] = random.normal(0, 0.1, (1, size))
    weights["final_logits_bias"][0, -1] = 0
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
