"""Fetched models in one file, for a machine without network."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from wechat_text.errors import CacheError, ModelCorruptError, ModelError
from wechat_text.models import marian, store
from wechat_text.models.registry import Registry
from wechat_text.models.spec import HubSource, ModelSpec

LARGEST_RECORD = 2**20


def write_bundle(models: Iterable[ModelSpec], path: str | PathLike[str]) -> Path:
    """Write the fetched ones of `models`, verified, with their records into the zip file `path`.

    Raises:
        ModelNotAvailableError: one of them is not on this machine.
        ModelCorruptError: one of them is not what was recorded.
        ModelError: none of them is from the hub, so there is nothing to carry.
        CacheError: `path` cannot be written.
    """
    target = Path(path)
    local = [store.verify(model) for model in models if isinstance(model.source, HubSource)]
    if not local:
        raise ModelError("nothing to bundle: these models lie in the package or in folders of their own")
    partial = target.with_name(target.name + ".partial")
    try:
        # weights hardly shrink, so they are stored as they are
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for model in local:
                for name in (store.RECORD, *store.read_record(model.folder).files):
                    archive.write(model.folder / name, f"{model.folder.name}/{name}")
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CacheError(f"cannot write {target}: {error.strerror}") from error
    return target


def import_bundle(path: str | PathLike[str], registry: Registry) -> list[ModelSpec]:
    """Put the models of a bundle into the cache.

    Every file is compared with the record beside it, and with models.toml where that names a digest, before
    the model gets its place. Nothing is ever written outside the cache, whatever the names in the bundle.

    Returns:
        The models that are now here.

    Raises:
        ModelCorruptError: no bundle, or its content is not what its records say.
        UnknownNameError: it holds a model that models.toml does not know.
        CacheError: the cache cannot be written.
    """
    source = Path(path)
    try:
        with zipfile.ZipFile(source) as archive:
            folders = _folders(archive, source)
            return [
                _import_model(archive, folder, names, registry, source) for folder, names in folders.items()
            ]
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ModelCorruptError(f"{source}: no bundle, or a damaged one ({error})") from error
    except OSError as error:
        raise ModelCorruptError(f"{source}: cannot be read: {error.strerror or error}") from error


def _folders(archive: zipfile.ZipFile, source: Path) -> dict[str, set[str]]:
    folders: dict[str, set[str]] = {}
    for entry in archive.namelist():
        folder, slash, name = entry.partition("/")
        if not slash or not folder or name not in (store.RECORD, *marian.FILES):
            raise ModelCorruptError(f"{source}: {entry!r} does not belong into a bundle of models")
        if name in folders.setdefault(folder, set()):
            raise ModelCorruptError(f"{source}: {entry!r} is in it twice")
        folders[folder].add(name)
    if not folders:
        raise ModelCorruptError(f"{source}: there is no model in it")
    return folders


def _import_model(
    archive: zipfile.ZipFile, folder: str, names: set[str], registry: Registry, source: Path
) -> ModelSpec:
    if store.RECORD not in names or archive.getinfo(f"{folder}/{store.RECORD}").file_size > LARGEST_RECORD:
        raise ModelCorruptError(f"{source}: {folder!r} has no {store.RECORD}")
    try:
        record = store.record_from_json(archive.read(f"{folder}/{store.RECORD}"))
    except ValueError as error:
        raise ModelCorruptError(f"{source}: {folder}/{store.RECORD} is broken") from error
    spec = registry.model(record.id)
    if not isinstance(spec.source, HubSource) or spec.source.repo != record.repo:
        raise ModelCorruptError(f"{source}: {record.id!r} is another model in models.toml")
    if names - {store.RECORD} != set(record.files):
        raise ModelCorruptError(f"{source}: the files of {folder!r} are not those of its record")
    for name, expected in spec.files.items():
        if name not in record.files or record.files[name].sha256 != expected:
            raise ModelCorruptError(
                f"{source}: {name} of {record.id!r} is not the one that models.toml names"
            )
    target = store.model_folder(spec)
    staged = target.with_name(target.name + ".importing")
    with store.lock(target):
        try:
            with store.writing(staged):
                shutil.rmtree(staged, ignore_errors=True)
                staged.mkdir(parents=True)
                for name, expected_file in record.files.items():
                    _extract(archive, f"{folder}/{name}", staged / name, expected_file, source)
                (staged / store.RECORD).write_text(store.record_to_json(record), encoding="utf-8")
            marian.check_folder(staged)
            store.install(staged, target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return spec


def _extract(
    archive: zipfile.ZipFile, entry: str, target: Path, expected: store.FileRecord, source: Path
) -> None:
    digest = hashlib.sha256()
    left = expected.size
    with archive.open(entry) as packed, target.open("wb") as file:
        while block := packed.read(2**20):
            left -= len(block)
            if left < 0:
                break
            digest.update(block)
            file.write(block)
    if left or digest.hexdigest() != expected.sha256:
        raise ModelCorruptError(f"{source}: {entry} is not what its record says")
