from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from tests.marian import tiny_marian
from wechat_text.errors import ModelCorruptError, ModelFormatError, ModelNotAvailableError
from wechat_text.models import store
from wechat_text.models.registry import spec_from_folder
from wechat_text.models.spec import FolderSource, HubSource, ModelSpec

HUB = ModelSpec("owner/tiny", HubSource("owner/tiny"), "CC0", ("de",), ("en",))


@pytest.fixture
def fetched(marian_folder: Path) -> Path:
    """The folder of `HUB` in the cache, as a fetch leaves it."""
    folder = store.model_folder(HUB)
    shutil.copytree(marian_folder, folder)
    files = {path.name: store.hash_file(path) for path in folder.iterdir()}
    record = store.Record(HUB.id, "owner/tiny", "0" * 40, files)
    (folder / store.RECORD).write_text(store.record_to_json(record), encoding="utf-8")
    return folder


def test_a_local_folder_has_a_digest_and_no_revision(marian_folder: Path) -> None:
    local = store.ensure_local(spec_from_folder(marian_folder, "de", "en"))
    assert (local.folder, local.revision) == (marian_folder, None)
    assert local.record.digest == local.digest


def test_the_digest_tells_models_apart(tmp_path: Path) -> None:
    specs = [spec_from_folder(tiny_marian(tmp_path / str(s), seed=s), "de", "en") for s in (1, 2)]
    assert store.ensure_local(specs[0]).digest != store.ensure_local(specs[1]).digest


def test_a_fetched_model_has_its_revision(fetched: Path) -> None:
    assert store.ensure_local(HUB).record.revision == "0" * 40


def test_a_model_that_is_not_here_comes_with_the_command_that_fetches_it() -> None:
    with pytest.raises(ModelNotAvailableError, match="'python -m wechat_text models fetch owner/tiny'"):
        store.ensure_local(HUB)


def test_absent_starter_weights_are_told() -> None:
    source = FolderSource(Path("/nonexistent/starter"), packaged=True)
    with pytest.raises(ModelNotAvailableError, match="not in this installation"):
        store.ensure_local(dataclasses.replace(HUB, source=source))


def test_a_download_without_record_is_not_used(fetched: Path) -> None:
    (fetched / store.RECORD).unlink()
    assert not store.is_available(HUB)
    with pytest.raises(ModelNotAvailableError, match="only half downloaded"):
        store.ensure_local(HUB)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 9}'])
def test_a_broken_record_is_told(fetched: Path, content: str) -> None:
    (fetched / store.RECORD).write_text(content, encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"record\.json is missing or broken"):
        store.ensure_local(HUB)


def test_a_missing_file_is_named(fetched: Path) -> None:
    (fetched / "source.spm").unlink()
    with pytest.raises(
        ModelCorruptError, match=r"source\.spm is missing; 'python -m wechat_text models fetch"
    ):
        store.ensure_local(HUB)


def test_a_shortened_file_is_named(fetched: Path) -> None:
    weights = fetched / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelCorruptError, match=r"model\.safetensors: .* bytes instead of"):
        store.ensure_local(HUB)


def test_a_changed_byte_is_noticed(fetched: Path) -> None:
    flip_last_byte(fetched / "vocab.json")
    with pytest.raises(ModelCorruptError, match=r"vocab\.json: its content is not what was recorded"):
        store.ensure_local(HUB)


def test_a_digest_of_models_toml_is_held_against_a_local_folder(marian_folder: Path) -> None:
    spec = dataclasses.replace(spec_from_folder(marian_folder, "de", "en"), files={"vocab.json": "0" * 64})
    with pytest.raises(ModelCorruptError, match=r"vocab\.json"):
        store.ensure_local(spec)


def test_another_revision_than_the_pinned_one_is_not_used(fetched: Path) -> None:
    with pytest.raises(ModelNotAvailableError, match=f"not here at the revision {'1' * 40} that"):
        store.ensure_local(dataclasses.replace(HUB, source=HubSource("owner/tiny", "1" * 40)))


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    spec = dataclasses.replace(HUB, source=FolderSource(tmp_path))
    with pytest.raises(ModelFormatError, match="'bert'"):
        store.ensure_local(spec)


def test_large_files_are_hashed_once_and_again_when_verified(
    fetched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "HASHED_EVERY_TIME", 0)
    store.ensure_local(HUB)
    weights = fetched / "model.safetensors"
    times = weights.stat()
    flip_last_byte(weights)
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    store.ensure_local(HUB)
    with pytest.raises(ModelCorruptError, match=r"model\.safetensors"):
        store.verify(HUB)


def test_a_read_only_cache_does_not_hinder_loading(
    marian_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(store, "HASHED_EVERY_TIME", 0)
    assert store.ensure_local(spec_from_folder(marian_folder, "de", "en")).digest


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
