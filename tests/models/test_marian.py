from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.marian import tiny_marian
from wechat_text.errors import ModelFormatError
from wechat_text.models import marian


def change(path: Path, edit: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("multi_target", [True, False])
def test_a_sound_folder_passes(tmp_path: Path, shared: bool, multi_target: bool) -> None:
    config = marian.check_folder(tiny_marian(tmp_path / "m", shared=shared, multi_target=multi_target))
    vocabulary = marian.read_vocabulary(tmp_path / "m", config)
    assert (vocabulary.source == vocabulary.target) == shared
    assert vocabulary.source[config.pad_token_id] == "<pad>"


@pytest.mark.parametrize("name", marian.REQUIRED)
def test_a_missing_file_is_named(marian_folder: Path, name: str) -> None:
    (marian_folder / name).unlink()
    with pytest.raises(ModelFormatError, match=name):
        marian.check_folder(marian_folder)


def test_another_architecture_is_named(marian_folder: Path) -> None:
    change(marian_folder / "config.json", lambda config: config.update(model_type="t5"))
    (marian_folder / "source.spm").unlink()
    with pytest.raises(ModelFormatError, match="model_type is 't5', not 'marian'"):
        marian.check_folder(marian_folder)


def test_a_vocabulary_of_the_wrong_size_is_told(marian_folder: Path) -> None:
    change(marian_folder / "vocab.json", lambda ids: ids.popitem())
    with pytest.raises(ModelFormatError, match=r"vocab\.json: .* tokens, but config\.json says"):
        marian.check_folder(marian_folder)


def test_a_vocabulary_of_another_model_is_told(marian_folder: Path) -> None:
    def rename(ids: dict[str, int]) -> None:
        for token in list(ids):
            if token not in ("</s>", "<unk>", "<pad>"):
                ids[f"x{token}"] = ids.pop(token)

    change(marian_folder / "vocab.json", rename)
    with pytest.raises(ModelFormatError, match="most of its pieces are not in the vocabulary"):
        marian.check_folder(marian_folder)


def test_weights_of_another_size_are_told(marian_folder: Path, tmp_path: Path) -> None:
    other = tiny_marian(tmp_path / "other", d_model=16)
    (other / "model.safetensors").replace(marian_folder / "model.safetensors")
    with pytest.raises(ModelFormatError, match=r"model\.shared\.weight is"):
        marian.check_folder(marian_folder)


def test_half_written_weights_are_told(marian_folder: Path) -> None:
    weights = marian_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelFormatError, match="its header says"):
        marian.check_folder(marian_folder)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 64, b"\xff" * 64, b"version https://git-lfs.github.com\n"]
)
def test_weights_that_are_none_are_told(marian_folder: Path, content: bytes) -> None:
    (marian_folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelFormatError, match="safetensors"):
        marian.check_folder(marian_folder)


def test_pieces_that_are_none_are_told(marian_folder: Path) -> None:
    (marian_folder / "target.spm").write_bytes(b"nonsense")
    with pytest.raises(ModelFormatError, match=r"target\.spm: no sentencepiece model"):
        marian.check_folder(marian_folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("d_model", "x"), ("decoder_layers", 3), ("encoder_attention_heads", 5), ("eos_token_id", 4)],
)
def test_an_impossible_configuration_is_told(marian_folder: Path, key: str, value: object) -> None:
    change(marian_folder / "config.json", lambda config: config.update({key: value}))
    with pytest.raises(ModelFormatError):
        marian.check_folder(marian_folder)


@pytest.mark.parametrize(("value", "read"), [(1.5, 1.5), (2, 2.0), (None, 1.0)])
def test_the_length_penalty_is_that_of_generate(marian_folder: Path, value: object, read: float) -> None:
    change(marian_folder / "generation_config.json", lambda config: config.update(length_penalty=value))
    assert marian.read_length_penalty(marian_folder) == read


def test_without_a_generation_configuration_the_length_penalty_is_one(marian_folder: Path) -> None:
    (marian_folder / "generation_config.json").unlink()
    assert marian.read_length_penalty(marian_folder) == 1.0


@pytest.mark.parametrize("value", ["long", True, -1, 1e9])
def test_an_impossible_length_penalty_is_told(marian_folder: Path, value: object) -> None:
    change(marian_folder / "generation_config.json", lambda config: config.update(length_penalty=value))
    with pytest.raises(ModelFormatError, match="length_penalty is"):
        marian.check_folder(marian_folder)
