from __future__ import annotations

import dataclasses
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.hub import COMMIT, Hub, serve
from wechat_text.errors import CacheError, DownloadError, ModelCorruptError, ModelNotAvailableError
from wechat_text.models import store
from wechat_text.models.fetching import fetch
from wechat_text.models.spec import HubSource, ModelSpec

SPEC = ModelSpec("owner/tiny", HubSource("owner/tiny"), "CC0", ("de",), ("en",))


@pytest.fixture
def hub(marian_folder: Path) -> Iterator[Hub]:
    (marian_folder / "tf_model.h5").write_bytes(b"not needed")
    with serve("owner/tiny", marian_folder) as hub:
        yield hub


def pickle_weights(folder: Path) -> None:
    """Leave the weights only as pytorch_model.bin, with tied copies and position tables, as OPUS-MT does."""
    import torch
    from safetensors.torch import load_file

    state = load_file(folder / "model.safetensors")
    state["model.encoder.embed_tokens.weight"] = state["model.shared.weight"]
    state["model.encoder.embed_positions.weight"] = torch.zeros(128, 32)
    torch.save(state, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def test_a_fetched_model_is_here_with_commit_and_digests(hub: Hub, marian_folder: Path) -> None:
    local = fetch(SPEC, endpoint=hub.endpoint)
    assert local.revision == COMMIT
    assert local == store.ensure_local(SPEC)
    content = (local.folder / "model.safetensors").read_bytes()
    assert content == (marian_folder / "model.safetensors").read_bytes()


def test_only_needed_files_are_fetched(hub: Hub) -> None:
    local = fetch(SPEC, endpoint=hub.endpoint)
    assert not any("tf_model" in request for request in hub.requests)
    assert {p.name for p in local.folder.iterdir()} == {*store.read_record(local.folder).files, store.RECORD}


def test_a_sound_model_is_not_fetched_again(hub: Hub) -> None:
    fetch(SPEC, endpoint=hub.endpoint)
    hub.requests.clear()
    fetch(SPEC, endpoint=hub.endpoint)
    assert hub.requests == []


def test_a_damaged_model_is_fetched_again(hub: Hub) -> None:
    (fetch(SPEC, endpoint=hub.endpoint).folder / "source.spm").write_bytes(b"damaged")
    lines: list[str] = []
    local = fetch(SPEC, lines.append, endpoint=hub.endpoint)
    assert store.verify(SPEC) == local
    assert "fetching again" in lines[0]


def test_pickled_weights_become_safetensors_once(hub: Hub, marian_folder: Path) -> None:
    pickle_weights(marian_folder)
    local = fetch(SPEC, endpoint=hub.endpoint)
    assert not (local.folder / "pytorch_model.bin").exists()
    assert "made from pytorch_model.bin" in store.read_record(local.folder).notes[0]
    assert store.verify(SPEC) == local


def test_pickled_code_is_not_run(hub: Hub, marian_folder: Path, tmp_path: Path) -> None:
    import torch

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "trapped",)

    (marian_folder / "model.safetensors").unlink()
    torch.save({"model.shared.weight": Trap()}, marian_folder / "pytorch_model.bin")
    with pytest.raises(ModelCorruptError, match="no weights that can be read safely"):
        fetch(SPEC, endpoint=hub.endpoint)
    assert not (tmp_path / "trapped").exists()
    assert not store.is_available(SPEC)


def test_a_broken_connection_leaves_no_model_and_the_next_fetch_works(hub: Hub) -> None:
    hub.cut = "source.spm"
    with pytest.raises(DownloadError):
        fetch(SPEC, endpoint=hub.endpoint)
    with pytest.raises(ModelNotAvailableError, match="only half downloaded"):
        store.ensure_local(SPEC)
    hub.cut = None
    assert fetch(SPEC, endpoint=hub.endpoint) == store.verify(SPEC)


def test_weights_other_than_those_of_models_toml_are_refused(hub: Hub) -> None:
    spec = dataclasses.replace(SPEC, files={"model.safetensors": "0" * 64})
    with pytest.raises(ModelCorruptError, match=r"model\.safetensors"):
        fetch(spec, endpoint=hub.endpoint)
    assert not store.is_available(spec)


def test_a_repository_without_marian_files_is_told(hub: Hub, marian_folder: Path) -> None:
    (marian_folder / "source.spm").unlink()
    with pytest.raises(DownloadError, match=r"has no source\.spm; is it a Marian model\?"):
        fetch(SPEC, endpoint=hub.endpoint)


def test_an_unknown_repository_is_told(hub: Hub) -> None:
    spec = dataclasses.replace(SPEC, source=HubSource("owner/other"))
    with pytest.raises(DownloadError, match="owner/other: the hub has no such repository"):
        fetch(spec, endpoint=hub.endpoint)


def test_an_unknown_revision_is_told(hub: Hub) -> None:
    spec = dataclasses.replace(SPEC, source=HubSource("owner/tiny", "missing"))
    with pytest.raises(DownloadError, match="has no revision 'missing'"):
        fetch(spec, endpoint=hub.endpoint)


def test_no_connection_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(DownloadError, match="is there a connection") as caught:
        fetch(SPEC, endpoint="http://127.0.0.1:9")
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("wechat_text.models.store.record_to_json", full)
    with pytest.raises(CacheError, match="no space left on the disk"):
        fetch(SPEC, endpoint=hub.endpoint)
    assert not store.is_available(SPEC)


def test_a_cache_that_cannot_be_made_is_told(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CacheError, match="WECHAT_TEXT_CACHE"):
        fetch(SPEC, endpoint=hub.endpoint)


def test_an_older_model_stays_usable_while_a_new_fetch_fails(hub: Hub, marian_folder: Path) -> None:
    fetch(SPEC, endpoint=hub.endpoint)
    shutil.rmtree(marian_folder)
    marian_folder.mkdir()
    with pytest.raises(DownloadError):
        fetch(dataclasses.replace(SPEC, source=HubSource("owner/tiny", "1" * 40)), endpoint=hub.endpoint)
    assert store.ensure_local(SPEC).revision == COMMIT
