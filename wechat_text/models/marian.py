"""What a Marian folder must hold: configuration, vocabulary, sentencepiece models, weights; sizes that agree.

Nothing here loads weights: of `model.safetensors` only the header is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wechat_text.errors import ModelFormatError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
SOURCE_PIECES = "source.spm"
TARGET_PIECES = "target.spm"
VOCABULARY = "vocab.json"
TARGET_VOCABULARY = "target_vocab.json"
SHORTLIST = "shortlist.txt"
GENERATION = "generation_config.json"

REQUIRED = (CONFIG, WEIGHTS, SOURCE_PIECES, TARGET_PIECES, VOCABULARY)
FILES = (*REQUIRED, TARGET_VOCABULARY, SHORTLIST, GENERATION, "tokenizer_config.json")
"""All files of a Marian folder that are ever used."""

ACTIVATIONS = ("relu", "swish", "silu", "gelu", "gelu_new")

LANGUAGE_TOKENS: Mapping[str, tuple[str, ...]] = {
    "de": ("deu", "de", "ger"),
    "en": ("eng", "en"),
    "zh": ("cmn_Hans", "zho_Hans", "zh_CN", "zh_cn", "cmn", "zho", "zh"),
}
"""Names of our languages in target tokens (``>>cmn_Hans<<``), best first; from the model cards of OPUS-MT."""


@dataclass(frozen=True, slots=True)
class MarianConfig:
    """The part of config.json that matters for using the model; the names are transformers' own."""

    d_model: int
    encoder_layers: int
    decoder_layers: int
    encoder_attention_heads: int
    decoder_attention_heads: int
    encoder_ffn_dim: int
    decoder_ffn_dim: int
    activation_function: str
    max_position_embeddings: int
    scale_embedding: bool
    share_encoder_decoder_embeddings: bool
    tie_word_embeddings: bool
    vocab_size: int
    decoder_vocab_size: int
    eos_token_id: int
    pad_token_id: int
    decoder_start_token_id: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens by id; one and the same tuple for both sides when the vocabulary is shared."""

    source: tuple[str, ...]
    target: tuple[str, ...]


def check_folder(folder: Path) -> MarianConfig:
    """Check that `folder` holds a Marian model that can be loaded, without loading it.

    Raises:
        ModelFormatError: a file is missing or broken, it is another architecture, or sizes do not agree.
    """
    if not folder.is_dir():
        raise ModelFormatError(f"{folder}: no such folder")
    missing = [name for name in REQUIRED if not (folder / name).is_file()]
    if missing and not (CONFIG in missing or _is_marian(folder)):
        missing = []
    if missing:
        hint = ""
        if WEIGHTS in missing and (folder / "pytorch_model.bin").is_file():
            hint = "; there is a pytorch_model.bin: convert it to safetensors first"
        raise ModelFormatError(f"{folder}: no Marian model, {', '.join(missing)} missing{hint}")
    config = read_config(folder)
    vocabulary = read_vocabulary(folder, config)
    read_length_penalty(folder)
    _check_pieces(folder, vocabulary)
    _check_tensors(folder, config)
    return config


def read_config(folder: Path) -> MarianConfig:
    """config.json. Raises `ModelFormatError` for another architecture and for impossible values."""
    path = folder / CONFIG
    data = _read_json(path)
    kind = data.get("model_type")
    if kind != "marian":
        raise ModelFormatError(f"{path}: model_type is {kind!r}, not 'marian'")
    try:
        config = _config(data)
    except KeyError as error:
        raise ModelFormatError(f"{path}: {error.args[0]!r} is missing") from error
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"{path}: {error}") from error
    if config.activation_function not in ACTIVATIONS:
        raise ModelFormatError(f"{path}: activation_function {config.activation_function!r} is not supported")
    for heads in (config.encoder_attention_heads, config.decoder_attention_heads):
        if config.d_model % heads:
            raise ModelFormatError(f"{path}: d_model {config.d_model} cannot be divided into {heads} heads")
    if data.get("normalize_before") or data.get("normalize_embedding"):
        raise ModelFormatError(f"{path}: normalize_before and normalize_embedding are not supported")
    return config


def read_length_penalty(folder: Path) -> float:
    """The `length_penalty` of generation_config.json, as `generate` applies it; 1 where none stands there."""
    path = folder / GENERATION
    value = _read_json(path).get("length_penalty") if path.is_file() else None
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
        raise ModelFormatError(f"{path}: length_penalty is {value!r}, not a number from 0 to 10")
    return float(value)


def read_vocabulary(folder: Path, config: MarianConfig | None = None) -> Vocabulary:
    """vocab.json and, where there are two vocabularies, target_vocab.json.

    Raises:
        ModelFormatError: ids with gaps, a special token missing, or another size than config.json says.
    """
    config = config or read_config(folder)
    source = _tokens(folder / VOCABULARY, config.vocab_size, config)
    if config.share_encoder_decoder_embeddings:
        return Vocabulary(source, source)
    if not (folder / TARGET_VOCABULARY).is_file():
        raise ModelFormatError(f"{folder}: {TARGET_VOCABULARY} is missing, and the embeddings are not shared")
    return Vocabulary(source, _tokens(folder / TARGET_VOCABULARY, config.decoder_vocab_size, config))


def read_header(path: Path) -> dict[str, Any]:
    """Names, types and shapes of the tensors in a safetensors file.

    Raises:
        ModelFormatError: no safetensors, or shorter or longer than its header says.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            raise ModelFormatError(f"{path}: no safetensors file, or only the beginning of one")
        try:
            header = json.loads(file.read(length))
            tensors = {name: value for name, value in header.items() if name != "__metadata__"}
            end = max((value["data_offsets"][1] for value in tensors.values()), default=0)
        except (ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
            raise ModelFormatError(f"{path}: no safetensors file: its header is broken") from error
    if 8 + length + end != size:
        raise ModelFormatError(f"{path}: {size:,} bytes, but its header says {8 + length + end:,}")
    return tensors


def target_token(folder: Path, language: str) -> str | None:
    """The token that asks the model in `folder` for `language`; None when its vocabulary has no such tokens.

    Raises:
        ModelFormatError: there are such tokens, but none for `language`.
    """
    source = read_vocabulary(folder).source
    tokens = {t for t in source if t.startswith(">>") and t.endswith("<<") and len(t) > 4}
    if not tokens:
        return None
    for name in LANGUAGE_TOKENS.get(language, (language,)):
        if f">>{name}<<" in tokens:
            return f">>{name}<<"
    raise ModelFormatError(
        f"{folder}: a multi-target model, but none of its target tokens is known to mean {language!r}: "
        + ", ".join(sorted(tokens)[:8])
    )


def _is_marian(folder: Path) -> bool:
    return _read_json(folder / CONFIG).get("model_type") == "marian"


def _config(data: Mapping[str, Any]) -> MarianConfig:
    def number(key: str, default: int | None = None) -> int:
        value = data[key] if default is None else data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{key} is {value!r}, not a whole number")
        return value

    def size(key: str, default: int | None = None) -> int:
        value = number(key, default)
        if not 1 <= value <= 1_000_000:
            raise ValueError(f"{key} is {value}")
        return value

    vocabulary = size("vocab_size")
    pad = number("pad_token_id")
    target = data.get("decoder_vocab_size") or vocabulary
    return MarianConfig(
        d_model=size("d_model"),
        encoder_layers=size("encoder_layers"),
        decoder_layers=size("decoder_layers"),
        encoder_attention_heads=size("encoder_attention_heads"),
        decoder_attention_heads=size("decoder_attention_heads"),
        encoder_ffn_dim=size("encoder_ffn_dim"),
        decoder_ffn_dim=size("decoder_ffn_dim"),
        activation_function=str(data.get("activation_function", "gelu")),
        max_position_embeddings=size("max_position_embeddings", 512),
        scale_embedding=bool(data.get("scale_embedding", False)),
        share_encoder_decoder_embeddings=bool(data.get("share_encoder_decoder_embeddings", True)),
        tie_word_embeddings=bool(data.get("tie_word_embeddings", True)),
        vocab_size=vocabulary,
        decoder_vocab_size=size("decoder_vocab_size") if target != vocabulary else vocabulary,
        eos_token_id=number("eos_token_id", 0),
        pad_token_id=pad,
        decoder_start_token_id=number("decoder_start_token_id", pad),
    )


def _tokens(path: Path, size: int, config: MarianConfig) -> tuple[str, ...]:
    ids = _read_json(path)
    if not all(isinstance(i, int) for i in ids.values()):
        raise ModelFormatError(f"{path}: must map tokens to ids")
    if len(ids) != size:
        raise ModelFormatError(f"{path}: {len(ids):,} tokens, but {CONFIG} says {size:,}")
    if set(ids.values()) != set(range(size)):
        raise ModelFormatError(f"{path}: the ids are not 0 to {size - 1:,} without gap")
    tokens = [""] * size
    for token, i in ids.items():
        tokens[i] = token
    for name, token, i in (("eos", "</s>", config.eos_token_id), ("pad", "<pad>", config.pad_token_id)):
        if i >= size or tokens[i] != token:
            raise ModelFormatError(f"{path}: {name}_token_id is {i}, which is not {token}")
    if "<unk>" not in ids:
        raise ModelFormatError(f"{path}: <unk> is missing")
    return tuple(tokens)


def _check_pieces(folder: Path, vocabulary: Vocabulary) -> None:
    import sentencepiece

    sides = ((SOURCE_PIECES, vocabulary.source), (TARGET_PIECES, vocabulary.target))
    for name, tokens in sides:
        path = folder / name
        try:
            pieces = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
        except RuntimeError as error:
            raise ModelFormatError(f"{path}: no sentencepiece model") from error
        sample = range(0, pieces.get_piece_size(), max(1, pieces.get_piece_size() // 200))
        known = set(tokens)
        unknown = [
            p for i in sample if (p := pieces.id_to_piece(i)) not in known and not pieces.is_control(i)
        ]
        if 2 * len(unknown) > len(sample):
            raise ModelFormatError(
                f"{path}: most of its pieces are not in the vocabulary, e.g. {unknown[0]!r}"
            )


def _check_tensors(folder: Path, config: MarianConfig) -> None:
    path = folder / WEIGHTS
    tensors = read_header(path)

    def check(name: str, *shape: int) -> None:
        found = tensors[name]["shape"]
        if math.prod(found) != math.prod(shape) or found[-1] != shape[-1]:
            raise ModelFormatError(
                f"{path}: {name} is {found}, but {CONFIG} and vocabulary need {list(shape)}"
            )

    shared = config.share_encoder_decoder_embeddings
    wanted = {"model.encoder.embed_tokens.weight": config.vocab_size}
    wanted["model.decoder.embed_tokens.weight"] = config.decoder_vocab_size
    for name, size in wanted.items():
        name = "model.shared.weight" if shared and name not in tensors else name
        if name not in tensors:
            raise ModelFormatError(f"{path}: {name} is missing")
        check(name, size, config.d_model)
    layers = (("encoder", config.encoder_layers), ("decoder", config.decoder_layers))
    for side, count in layers:
        for layer in range(count):
            prefix = f"model.{side}.layers.{layer}"
            if f"{prefix}.fc1.weight" not in tensors:
                raise ModelFormatError(f"{path}: {prefix} is missing; {CONFIG} says {count} {side} layers")
            width = config.encoder_ffn_dim if side == "encoder" else config.decoder_ffn_dim
            check(f"{prefix}.fc1.weight", width, config.d_model)
        if f"model.{side}.layers.{count}.fc1.weight" in tensors:
            raise ModelFormatError(f"{path}: more {side} layers than the {count} of {CONFIG}")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFormatError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ModelFormatError(f"{path}: no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelFormatError(f"{path}: must be a JSON object")
    return value
