"""The one place that uses the network: a model's files fetched from the hub when the user asks for it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wechat_text.errors import DownloadError, ModelCorruptError, ModelFormatError
from wechat_text.models import marian, store
from wechat_text.models.spec import HubSource, ModelSpec
from wechat_text.models.store import LocalModel, Progress

PICKLED = "pytorch_model.bin"
"""What old repositories have instead of safetensors."""


def fetch(
    spec: ModelSpec, progress: Progress = lambda line: None, *, endpoint: str | None = None
) -> LocalModel:
    """Bring the files of `spec` to this machine; those already here and sound are not fetched again.

    Only the files that are needed come, at the revision pinned in models.toml or else at the newest commit,
    which is recorded with the digests of all files. Weights that exist only as `pytorch_model.bin` are
    converted once to safetensors, with ``torch.load(weights_only=True)``. An interrupted download goes on
    where it stopped.

    Args:
        spec: a model; one that is not from the hub is only verified.
        progress: called with one line about each thing done.
        endpoint: address of the hub or of a mirror; by default that of `huggingface_hub`.

    Raises:
        DownloadError: no connection, no such repository, revision or file.
        ModelCorruptError: what came is not what the hub or models.toml says it is.
        ModelFormatError: what came is no Marian model.
        CacheError: the cache cannot be written.
    """
    if not isinstance(spec.source, HubSource):
        return store.verify(spec)
    folder = store.model_folder(spec)
    with store.lock(folder):
        if store.is_available(spec):
            try:
                local = store.verify(spec)
            except (ModelCorruptError, ModelFormatError) as error:
                progress(f"{error}; fetching again")
            else:
                progress(f"{spec.id}: already here, verified")
                return local
        _download(spec, spec.source, folder, progress, endpoint)
    return store.ensure_local(spec)


def _download(
    spec: ModelSpec, source: HubSource, folder: Path, progress: Progress, endpoint: str | None
) -> None:
    revision, listed = _listing(source, endpoint)
    wanted = _wanted(source, listed)
    partial = folder.with_name(folder.name + ".partial")
    with store.writing(partial):
        partial.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        size, digest = listed[name]
        progress(f"{spec.id}: {name}" + (f" ({size / 1e6:,.1f} MB)" if size else ""))
        _download_file(source, name, revision, partial, endpoint)
        _compare(partial / name, size, digest)
    notes: tuple[str, ...] = ()
    with store.writing(partial):
        shutil.rmtree(partial / ".cache", ignore_errors=True)
        if PICKLED in wanted:
            progress(f"{spec.id}: {PICKLED} is converted to safetensors")
            digest = store.hash_file(partial / PICKLED).sha256
            _to_safetensors(partial / PICKLED, partial / marian.WEIGHTS)
            (partial / PICKLED).unlink()
            notes = (f"{marian.WEIGHTS} made from {PICKLED} with SHA-256 {digest}",)
        names = [name for name in marian.FILES if (partial / name).is_file()]
        files = {name: store.hash_file(partial / name) for name in names}
    for name, expected in spec.files.items():
        if name not in files or files[name].sha256 != expected:
            shutil.rmtree(partial, ignore_errors=True)
            raise ModelCorruptError(f"{spec.id}: {name} from the hub is not the one that models.toml names")
    marian.check_folder(partial)
    record = store.Record(spec.id, source.repo, revision, files, notes)
    with store.writing(partial):
        (partial / store.RECORD).write_text(store.record_to_json(record), encoding="utf-8")
    store.install(partial, folder)


def _listing(source: HubSource, endpoint: str | None) -> tuple[str, dict[str, tuple[int | None, str | None]]]:
    """The commit, and for each file its size and, for large ones, SHA-256 as the hub states them."""
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=endpoint).model_info(source.repo, revision=source.revision, files_metadata=True)
    except Exception as error:
        raise _download_error(source, "", error) from error
    if not info.sha or not re.fullmatch(r"[0-9a-f]{40}", info.sha):
        raise DownloadError(f"{source.repo}: the hub names no commit")
    siblings: Sequence[Any] = info.siblings or ()
    return info.sha, {s.rfilename: (s.size, s.lfs.sha256 if s.lfs else None) for s in siblings}


def _wanted(source: HubSource, listed: Mapping[str, object]) -> list[str]:
    names = [name for name in marian.FILES if name in listed]
    if marian.WEIGHTS not in names and PICKLED in listed:
        names.append(PICKLED)
    missing = [name for name in marian.REQUIRED if name not in names]
    if PICKLED in names:
        missing.remove(marian.WEIGHTS)
    if missing:
        raise DownloadError(
            f"{source.repo}: the repository has no {', '.join(missing)}; is it a Marian model?"
        )
    return names


def _download_file(source: HubSource, name: str, revision: str, folder: Path, endpoint: str | None) -> None:
    from huggingface_hub import hf_hub_download

    try:
        hf_hub_download(source.repo, name, revision=revision, local_dir=folder, endpoint=endpoint)
    except Exception as error:
        raise _download_error(source, name, error, folder) from error


def _compare(path: Path, size: int | None, digest: str | None) -> None:
    """Whether the file that came is the one that the hub lists; if not, it is removed."""
    found = store.hash_file(path)
    if size not in (None, found.size) or digest not in (None, found.sha256):
        path.unlink()
        raise ModelCorruptError(f"{path.name}: what came is not what the hub lists; fetch the model again")


def _to_safetensors(pickled: Path, weights: Path) -> None:
    import torch
    from safetensors.torch import save_file

    try:
        state = torch.load(pickled, map_location="cpu", weights_only=True)
        tensors = {name: tensor.clone().contiguous() for name, tensor in state.items()}
    except OSError:
        raise
    except Exception as error:
        pickled.unlink()
        raise ModelCorruptError(f"{pickled.name}: no weights that can be read safely") from error
    # copies of one tensor, and tables that can be computed, need not be stored
    if "model.shared.weight" in tensors:
        for copy in (
            "model.encoder.embed_tokens.weight",
            "model.decoder.embed_tokens.weight",
            "lm_head.weight",
        ):
            if copy in tensors and torch.equal(tensors[copy], tensors["model.shared.weight"]):
                del tensors[copy]
    for name in [name for name in tensors if "embed_positions" in name]:
        del tensors[name]
    save_file(tensors, weights, metadata={"format": "pt"})


def _download_error(source: HubSource, name: str, error: Exception, folder: Path | None = None) -> Exception:
    """One clear line for whatever the hub's client raised."""
    from huggingface_hub import errors

    what = f"{source.repo}{'/' if name else ''}{name}"
    if isinstance(error, errors.GatedRepoError):
        return DownloadError(f"{what}: access must be asked for on the hub first")
    if isinstance(error, errors.RepositoryNotFoundError):
        return DownloadError(f"{what}: the hub has no such repository")
    if isinstance(error, errors.RevisionNotFoundError):
        return DownloadError(f"{what}: the hub has no revision {source.revision!r}")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return DownloadError(f"{what}: HF_HUB_OFFLINE is set")
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status is not None:
        return DownloadError(f"{what}: the hub answered {status}")
    if isinstance(error, OSError) and error.errno is not None and folder is not None and error.filename:
        return store.cache_error(folder, error)
    if isinstance(error, OSError) and error.errno in (28, 122) and folder is not None:
        return store.cache_error(folder, error)
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return DownloadError(f"{what}: cannot be fetched, is there a connection? ({reason})")
