"""The files of a model on this machine.

A fetched model is a plain folder in the cache with a `record.json` beside its files: where it came from, the
resolved commit, and size and SHA-256 of every file. A folder gets its final name only when all of that is
complete, so a half-written download is never taken for a model. Nothing but `fetch` uses the network.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wechat_text.document import ModelRecord
from wechat_text.errors import CacheError, ModelCorruptError, ModelNotAvailableError
from wechat_text.models import marian
from wechat_text.models.spec import FolderSource, HubSource, ModelSpec

if TYPE_CHECKING:
    from filelock import BaseFileLock

RECORD = "record.json"
RECORD_FORMAT = 1

HASHED_EVERY_TIME = 32 * 2**20
"""Files up to this size are hashed at every load; larger ones when size or modification time changed."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model whose files lie on this machine and are what they should be.

    Attributes:
        folder: the Marian folder.
        revision: commit of the hub repository that it came from; None for other folders.
        digest: SHA-256 over names and digests of all its files: the identity of the model.
        spec: its entry in models.toml.
    """

    folder: Path
    revision: str | None
    digest: str
    spec: ModelSpec

    @property
    def record(self) -> ModelRecord:
        """What goes into a document's provenance."""
        return ModelRecord(self.spec.id, self.revision, self.digest)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and SHA-256 of a file."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """What was fetched: from where, at which commit, which files. `notes` says what was done to them."""

    id: str
    repo: str
    revision: str
    files: Mapping[str, FileRecord]
    notes: tuple[str, ...] = ()


def cache_folder() -> Path:
    """`WECHAT_TEXT_CACHE`, or `wechat_text` in the platform's folder for caches."""
    if given := os.environ.get("WECHAT_TEXT_CACHE"):
        return Path(given).expanduser().absolute()
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "wechat_text"


def model_folder(spec: ModelSpec) -> Path:
    """Where the files of `spec` lie, or will lie once fetched."""
    if isinstance(spec.source, FolderSource):
        return spec.source.folder
    return cache_folder() / "models" / spec.source.repo.replace("/", "--")


def is_available(spec: ModelSpec) -> bool:
    """Whether the files of `spec` are on this machine, at the pinned revision; they are not verified."""
    folder = model_folder(spec)
    if isinstance(spec.source, FolderSource):
        return (folder / marian.CONFIG).is_file()
    if spec.source.revision is None or not (folder / RECORD).is_file():
        return (folder / RECORD).is_file()
    try:
        return read_record(folder).revision == spec.source.revision
    except ModelCorruptError:
        return False


def ensure_local(spec: ModelSpec) -> LocalModel:
    """The files of `spec`, verified; the network is never touched.

    Raises:
        ModelNotAvailableError: they are not on this machine; the message says how to get them.
        ModelCorruptError: files are missing, or differ from their digests in models.toml or the record.
        ModelFormatError: a local folder holds no Marian model.
    """
    return _checked(spec, thorough=False)


def verify(spec: ModelSpec) -> LocalModel:
    """Like `ensure_local`, but every byte is read again and the folder is checked for what a model needs."""
    local = _checked(spec, thorough=True)
    marian.check_folder(local.folder)
    return local


def digest_of(files: Mapping[str, str]) -> str:
    """The identity of a model: SHA-256 over the sorted names and digests of its files."""
    lines = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_record(folder: Path) -> Record:
    """The record beside fetched files. Raises `ModelCorruptError` when it is missing or broken."""
    try:
        return record_from_json((folder / RECORD).read_bytes())
    except (OSError, ValueError) as error:
        raise ModelCorruptError(f"{folder}: {RECORD} is missing or broken; fetch the model again") from error


def record_from_json(content: bytes) -> Record:
    """The record written as JSON. Raises `ValueError` when it is none."""
    try:
        data = json.loads(content)
        if data["format"] != RECORD_FORMAT:
            raise ValueError(f"record of format {data['format']!r}")
        files = {
            str(name): FileRecord(int(entry["size"]), str(entry["sha256"]))
            for name, entry in data["files"].items()
        }
        texts = [data["id"], data["repo"], data["revision"], *data["notes"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no record of a model") from error
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("no record of a model")
    return Record(data["id"], data["repo"], data["revision"], files, tuple(data["notes"]))


def record_to_json(record: Record) -> str:
    """`record` as JSON."""
    data: dict[str, Any] = {"format": RECORD_FORMAT, "id": record.id, "repo": record.repo}
    data["revision"] = record.revision
    data["files"] = {n: {"size": f.size, "sha256": f.sha256} for n, f in sorted(record.files.items())}
    data["notes"] = list(record.notes)
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def hash_file(path: Path) -> FileRecord:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        return FileRecord(os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())


def install(staged: Path, folder: Path) -> None:
    """Put the finished folder `staged` in the place of `folder`; both lie in the cache."""
    old = folder.with_name(folder.name + ".old")
    with writing(folder):
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        staged.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn failures to write at `path` into a `CacheError` of one clear line."""
    try:
        yield
    except OSError as error:
        raise cache_error(path, error) from error


def cache_error(path: Path, error: OSError) -> CacheError:
    """What to tell when writing at `path` failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "no space left on the disk"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        reason = "it cannot be written"
    else:
        reason = error.strerror or str(error)
    return CacheError(f"cache {path}: {reason}; WECHAT_TEXT_CACHE names another folder")


def lock(path: Path) -> BaseFileLock:
    """A lock between processes for what lies at `path`; its folder is made."""
    from filelock import FileLock

    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(str(path) + ".lock")


def _checked(spec: ModelSpec, *, thorough: bool) -> LocalModel:
    folder = model_folder(spec)
    if not is_available(spec):
        raise _not_available(spec, folder)
    if isinstance(spec.source, HubSource):
        record = read_record(folder)
        expected = {name: file.sha256 for name, file in record.files.items()}
        sizes = {name: file.size for name, file in record.files.items()}
        revision: str | None = record.revision
    else:
        if not spec.source.packaged:
            marian.check_folder(folder)
        names = [name for name in marian.FILES if (folder / name).is_file()]
        expected, sizes, revision = dict.fromkeys(names, ""), {}, None
    expected |= spec.files
    digests = _digests(folder, expected, sizes, _again(spec), thorough=thorough)
    return LocalModel(folder, revision, digest_of(digests), spec)


def _digests(
    folder: Path, expected: Mapping[str, str], sizes: Mapping[str, int], again: str, *, thorough: bool
) -> dict[str, str]:
    """The digests of the files of `folder` after comparing them with those expected ("" for any)."""
    memory = _Memory(folder)
    found = {}
    for name, wanted in expected.items():
        path = folder / name
        if not path.is_file():
            raise ModelCorruptError(f"{folder}: {name} is missing; {again}")
        if sizes.get(name) not in (None, path.stat().st_size):
            raise ModelCorruptError(
                f"{path}: {path.stat().st_size:,} bytes instead of {sizes[name]:,}; {again}"
            )
        found[name] = memory.digest(path, thorough=thorough)
        if wanted not in ("", found[name]):
            raise ModelCorruptError(
                f"{path}: its content is not what was recorded (SHA-256 differs); {again}"
            )
    memory.save()
    return found


class _Memory:
    """Digests of large files, remembered as long as size and modification time stay the same."""

    def __init__(self, folder: Path) -> None:
        name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:24]
        self._path = cache_folder() / "digests" / f"{name}.json"
        self._known: dict[str, Any] = {}
        self._changed = False
        with suppress(OSError, ValueError):
            known = json.loads(self._path.read_bytes())
            self._known = known if isinstance(known, dict) else {}

    def digest(self, path: Path, *, thorough: bool) -> str:
        stat = path.stat()
        if stat.st_size <= HASHED_EVERY_TIME:
            return hash_file(path).sha256
        stamp = [stat.st_size, stat.st_mtime_ns]
        known = self._known.get(path.name)
        if not thorough and isinstance(known, list) and known[:2] == stamp:
            return str(known[2])
        digest = hash_file(path).sha256
        self._known[path.name] = [*stamp, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        if not self._changed:
            return
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        # a cache that cannot be written costs time at the next load, nothing else
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(self._known), encoding="utf-8")
            partial.replace(self._path)


def _not_available(spec: ModelSpec, folder: Path) -> ModelNotAvailableError:
    if isinstance(spec.source, HubSource):
        if (folder / RECORD).is_file():
            return ModelNotAvailableError(
                f"model {spec.id!r} is not here at the revision {spec.source.revision} that models.toml "
                f"pins; {_fetch_hint(spec)}"
            )
        half = folder.with_name(folder.name + ".partial").exists() or folder.exists()
        state = "was only half downloaded" if half else "is not on this machine"
        return ModelNotAvailableError(f"model {spec.id!r} {state}; {_fetch_hint(spec)}")
    if spec.source.packaged:
        return ModelNotAvailableError(
            f"the weights of model {spec.id!r} are not in this installation ({folder}); "
            "'python -m wechat_text models fetch opus' brings others"
        )
    return ModelNotAvailableError(f"model {spec.id!r}: no Marian model at {folder}")


def _again(spec: ModelSpec) -> str:
    if isinstance(spec.source, HubSource):
        return _fetch_hint(spec)
    return "install the package again" if spec.source.packaged else "restore the file"


def _fetch_hint(spec: ModelSpec) -> str:
    return f"'python -m wechat_text models fetch {spec.id}' fetches it"


Progress = Callable[[str], None]
"""Called with one line about what is being done."""
