"""A Marian folder as CTranslate2 reads it: converted once, kept in the cache.

The conversion goes from safetensors to a CTranslate2 specification with numpy alone. It runs in a process of
its own (``python -m wechat_text.models.conversion``), since `ctranslate2.specs` would import torch where that
is installed, and a translation that starts should wait for neither.

CTranslate2 returns the attention of the first N heads of one decoder layer, averaged. The head that aligns
words is therefore moved to the front of its layer: swapping heads (rows of the query, key and value
projections, columns of the output projection) changes nothing in what the layer computes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wechat_text.errors import ModelError, ModelFormatError, UnknownNameError, WechatTextError
from wechat_text.models import marian, store
from wechat_text.models.spec import Alignment
from wechat_text.models.store import LocalModel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Weights = Mapping[str, npt.NDArray[np.float32]]

FORMAT = 2
"""Raised whenever this module converts differently, so that older conversions are not used."""

QUANTIZATIONS = ("int8", "int8_float32", "int8_float16", "float16", "float32")

VOCABULARY_MAP = "vmap.txt"
"""CTranslate2's name for a shortlist."""

MADE = "made.json"
"""Lies in a finished conversion and says what it was made of."""


def convert(local: LocalModel, quantization: str = "int8") -> Path:
    """The CTranslate2 model of `local`, converted at the first call and found in the cache from then on.

    Args:
        local: a verified Marian folder; its spec names the head whose attention CTranslate2 shall return.
            Without one, all heads of the last layer are averaged.
        quantization: of the weights, one of `QUANTIZATIONS`.

    Returns:
        A folder for `ctranslate2.Translator`. Vocabularies have lost their last token, `<pad>`.

    Raises:
        UnknownNameError: no such quantization.
        ModelFormatError: the folder holds no Marian model that can be converted.
        CacheError: the cache cannot be written.
    """
    if quantization not in QUANTIZATIONS:
        raise UnknownNameError("quantization", quantization, QUANTIZATIONS)
    made = {
        "model": local.spec.id,
        "digest": local.digest,
        "quantization": quantization,
        "alignment": _pair(local.spec.alignment),
        "ctranslate2": version("ctranslate2"),
        "format": FORMAT,
    }
    key = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:24]
    folder = store.cache_folder() / "ctranslate2" / key
    # the folder gets its name only when all is in it, so its presence is enough
    if not (folder / MADE).is_file():
        with store.lock(folder):
            if not (folder / MADE).is_file():
                _convert_in_child(local, folder, made)
    return folder


def build(folder: Path, output: Path, quantization: str, alignment: Alignment | None) -> None:
    """Convert the Marian model in `folder` into the new folder `output`, in this process.

    Raises:
        ModelFormatError: no Marian model, or it has no such layer or head.
        OSError: `output` cannot be written.
    """
    config = marian.check_folder(folder)
    if alignment and not (
        alignment.layer < config.decoder_layers and alignment.head < config.decoder_attention_heads
    ):
        raise ModelFormatError(
            f"{folder}: no decoder layer {alignment.layer} with a head {alignment.head}; there are "
            f"{config.decoder_layers} layers of {config.decoder_attention_heads} heads"
        )
    spec = _specification(config, _read_weights(folder / marian.WEIGHTS), alignment)
    vocabulary = marian.read_vocabulary(folder, config)
    spec.register_source_vocabulary(list(vocabulary.source[:-1]))
    spec.register_target_vocabulary(list(vocabulary.target[:-1]))
    spec.config.unk_token = "<unk>"
    spec.config.eos_token = "</s>"
    spec.config.bos_token = "</s>"
    # any token would do: decoding starts from a zero embedding
    spec.config.decoder_start_token = "</s>"
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize(quantization=quantization)
    _reduce_range(spec)
    output.mkdir(parents=True)
    spec.save(str(output))
    if (folder / marian.SHORTLIST).is_file():
        shutil.copyfile(folder / marian.SHORTLIST, output / VOCABULARY_MAP)


def _reduce_range(spec: Any) -> None:
    """Keep 8-bit weights within ±64.

    On processors without VNNI oneDNN adds products of an unsigned activation and a weight in pairs of
    16 bits, which two large pairs overflow: a model may then write nonsense. Half the range cannot.
    """
    import numpy as np

    variables = spec.variables()
    for name, scale in variables.items():
        weight = variables.get(name.removesuffix("_scale"))
        # a string names the variable that this one shares
        if name.endswith("_scale") and not isinstance(weight, str) and weight.dtype == "int8":
            weight.numpy()[...] = np.rint(weight.numpy() / 2)
            scale.numpy()[...] /= 2


def _convert_in_child(local: LocalModel, folder: Path, made: Mapping[str, Any]) -> None:
    partial = folder.with_name(folder.name + ".partial")
    with store.writing(partial):
        if partial.exists():
            # left behind by a process that was killed; we hold the lock, so nobody is writing it
            shutil.rmtree(partial)
        if folder.exists():
            shutil.rmtree(folder)
    command = [sys.executable, "-m", __name__, str(local.folder), str(partial), "--quantization"]
    command.append(made["quantization"])
    if local.spec.alignment:
        command += ["--alignment", *map(str, _pair(local.spec.alignment) or ())]
    path = os.pathsep.join(filter(None, sys.path))
    result = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        raise _child_error(result, local, folder)
    with store.writing(folder):
        (partial / MADE).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        partial.rename(folder)


def _child_error(
    result: subprocess.CompletedProcess[str], local: LocalModel, folder: Path
) -> WechatTextError:
    last = (result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[-1]
    with suppress(ValueError, TypeError, KeyError):
        report = json.loads(last)
        if report["kind"] == "format":
            return ModelFormatError(report["message"])
        return store.cache_error(folder, OSError(report["errno"], report["message"]))
    return ModelError(f"{local.folder}: cannot be converted for CTranslate2: {last}")


def _specification(config: marian.MarianConfig, weights: Weights, alignment: Alignment | None) -> Any:
    from ctranslate2.specs import common_spec, transformer_spec

    activations = {
        "relu": common_spec.Activation.RELU,
        "swish": common_spec.Activation.SWISH,
        "silu": common_spec.Activation.SWISH,
        "gelu": common_spec.Activation.GELU,
        "gelu_new": common_spec.Activation.GELUTanh,
    }
    activation = activations[config.activation_function]
    encoder = transformer_spec.TransformerEncoderSpec(
        config.encoder_layers, config.encoder_attention_heads, pre_norm=False, activation=activation
    )
    decoder = transformer_spec.TransformerDecoderSpec(
        config.decoder_layers,
        config.decoder_attention_heads,
        pre_norm=False,
        activation=activation,
        alignment_layer=alignment.layer if alignment else -1,
        # 0 heads means: the average of all
        alignment_heads=1 if alignment else 0,
    )
    decoder.start_from_zero_embedding = True
    for side, spec in (("encoder", encoder), ("decoder", decoder)):
        for i, layer in enumerate(spec.layer):
            head = alignment.head if alignment and side == "decoder" and alignment.layer == i else 0
            _set_layer(layer, weights, f"model.{side}.layers.{i}", head, config.decoder_attention_heads)
    _set_embeddings(encoder, decoder, config, weights)
    return transformer_spec.TransformerSpec(encoder, decoder)


def _set_layer(spec: Any, weights: Weights, prefix: str, head: int, heads: int) -> None:
    _set_attention(spec.self_attention, weights, f"{prefix}.self_attn", is_self=True)
    _set_norm(spec.self_attention.layer_norm, weights, f"{prefix}.self_attn_layer_norm")
    if hasattr(spec, "attention"):
        cross = f"{prefix}.encoder_attn"
        _set_attention(spec.attention, _head_first(weights, cross, head, heads), cross, is_self=False)
        _set_norm(spec.attention.layer_norm, weights, f"{cross}_layer_norm")
    _set_linear(spec.ffn.linear_0, weights, [f"{prefix}.fc1"])
    _set_linear(spec.ffn.linear_1, weights, [f"{prefix}.fc2"])
    _set_norm(spec.ffn.layer_norm, weights, f"{prefix}.final_layer_norm")


def _set_attention(spec: Any, weights: Weights, prefix: str, *, is_self: bool) -> None:
    query, key, value = (f"{prefix}.{part}_proj" for part in "qkv")
    groups = [[query, key, value]] if is_self else [[query], [key, value]]
    for linear, names in zip(spec.linear, [*groups, [f"{prefix}.out_proj"]], strict=True):
        _set_linear(linear, weights, names)


def _set_linear(spec: Any, weights: Weights, names: list[str]) -> None:
    import numpy as np

    spec.weight = np.concatenate([_tensor(weights, f"{name}.weight") for name in names])
    spec.bias = np.concatenate([_tensor(weights, f"{name}.bias") for name in names])


def _set_norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma = _tensor(weights, f"{name}.weight")
    spec.beta = _tensor(weights, f"{name}.bias")


def _set_embeddings(encoder: Any, decoder: Any, config: marian.MarianConfig, weights: Weights) -> None:
    """Embeddings, output projection and positions; `<pad>`, the last row, is left out.

    transformers adds that token to start the decoder from a zero embedding, which CTranslate2 does by itself;
    without its row it can never be produced.
    """
    shared = weights.get("model.shared.weight")
    source = weights.get("model.encoder.embed_tokens.weight", shared)
    target = weights.get("model.decoder.embed_tokens.weight", shared)
    if config.share_encoder_decoder_embeddings and shared is not None:
        source = target = shared
    assert source is not None  # check_folder has seen to it
    assert target is not None
    output = target if config.tie_word_embeddings else weights.get("lm_head.weight", target)
    encoder.embeddings[0].weight = source[:-1]
    decoder.embeddings.weight = target[:-1]
    decoder.projection.weight = output[:-1]
    bias = weights.get("final_logits_bias")
    if bias is not None and bias.any():
        decoder.projection.bias = bias.reshape(-1)[:-1]
    positions = _positions(config.max_position_embeddings, config.d_model)
    for spec in (encoder, decoder):
        spec.scale_embeddings = config.d_model**0.5 if config.scale_embedding else 1.0
        spec.position_encodings.encodings = positions


def _positions(length: int, width: int) -> npt.NDArray[np.float32]:
    """Marian's sinusoids, (length, width): sines in the first half of each row, cosines in the second.

    CTranslate2's own default has other frequencies and starts at 1.
    """
    import numpy as np

    frequencies = 10000.0 ** (-2 * (np.arange(width) // 2) / width)
    angles = np.arange(length)[:, None] * frequencies
    return np.concatenate([np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])], axis=1).astype(np.float32)


def _head_first(weights: Weights, prefix: str, head: int, heads: int) -> Weights:
    """`weights` with `head` of the attention at `prefix` in front, the others in their order."""
    if head == 0:
        return weights
    import numpy as np

    order = [head, *(h for h in range(heads) if h != head)]
    moved = dict(weights)
    for name in (
        "q_proj.weight",
        "k_proj.weight",
        "v_proj.weight",
        "q_proj.bias",
        "k_proj.bias",
        "v_proj.bias",
    ):
        tensor = _tensor(weights, f"{prefix}.{name}")
        by_head = tensor.reshape(heads, tensor.shape[0] // heads, *tensor.shape[1:])
        moved[f"{prefix}.{name}"] = np.ascontiguousarray(by_head[order]).reshape(tensor.shape)
    tensor = _tensor(weights, f"{prefix}.out_proj.weight")
    by_head = tensor.reshape(tensor.shape[0], heads, tensor.shape[1] // heads)
    moved[f"{prefix}.out_proj.weight"] = np.ascontiguousarray(by_head[:, order]).reshape(tensor.shape)
    return moved


def _tensor(weights: Weights, name: str) -> npt.NDArray[np.float32]:
    if name not in weights:
        raise ModelFormatError(f"{marian.WEIGHTS}: {name} is missing")
    return weights[name]


def _read_weights(path: Path) -> Weights:
    """All tensors in float32. numpy has no bfloat16; it is the upper half of a float32."""
    import numpy as np

    weights: dict[str, npt.NDArray[np.float32]] = {}
    header = marian.read_header(path)
    with path.open("rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            data = file.read(end - begin)
            kind = entry["dtype"]
            if kind == "BF16":
                flat = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
            elif kind in ("F16", "F32", "F64"):
                flat = np.frombuffer(data, f"<f{int(kind[1:]) // 8}").astype(np.float32)
            else:
                raise ModelFormatError(f"{path}: {name} is of type {kind}, not a floating point number")
            if not np.isfinite(flat).all():
                raise ModelFormatError(f"{path}: {name} holds values that are not finite")
            weights[name] = flat.reshape(entry["shape"])
    return weights


def _pair(alignment: Alignment | None) -> list[int] | None:
    return [alignment.layer, alignment.head] if alignment else None


def _main() -> int:
    """What the child process runs; its last line on standard error tells the parent what went wrong."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}")
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--quantization", choices=QUANTIZATIONS, default="int8")
    parser.add_argument("--alignment", type=int, nargs=2, metavar=("LAYER", "HEAD"))
    options = parser.parse_args()
    # numpy is all that is needed; without this the specifications would import torch, which takes seconds
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        alignment = Alignment(*options.alignment) if options.alignment else None
        build(options.folder, options.output, options.quantization, alignment)
    except ModelFormatError as error:
        print(json.dumps({"kind": "format", "message": str(error)}), file=sys.stderr)
        return 1
    except OSError as error:
        print(json.dumps({"kind": "os", "errno": error.errno, "message": error.strerror}), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
