"""The translation memory: what was translated once, and what people have translated, is not translated again.

A SQLite file holds the finished results of segments, each under its source text, the model's digest and every
setting that changes the output, so that a hit is what a fresh translation would have been. Beside them stand
translations that were given (imported from TMX); they are taken whatever the model. A checksum guards each
entry: one that was damaged on the disk counts as absent.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import islice
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import msgspec

from wechat_text.document import Segment
from wechat_text.errors import MemoryFileError
from wechat_text.translation.database import Database, Row
from wechat_text.translation.text import TranslatedText

LIMIT = 500_000_000
"""Bytes of entries in a memory unless told otherwise."""

GIVEN = "taken from the translation memory"
"""Flag of a segment whose translation was imported and not made by the model."""

_APPLICATION = int.from_bytes(b"WTtm")
_VERSION = 1
_SCHEMA = (
    "CREATE TABLE setting (id INTEGER PRIMARY KEY, settings TEXT UNIQUE, source TEXT, target TEXT)",
    "CREATE TABLE result (id INTEGER PRIMARY KEY, key BLOB UNIQUE, setting INTEGER REFERENCES setting, "
    "given INTEGER, source TEXT, target TEXT, segments TEXT, flags TEXT, score REAL, used INTEGER, "
    "checksum INTEGER)",
    "CREATE INDEX result_used ON result (used)",
    "CREATE TABLE given (id INTEGER PRIMARY KEY, key BLOB UNIQUE, source_language TEXT, "
    "target_language TEXT, source TEXT, target TEXT, checksum INTEGER)",
)
_BATCH = 500
"""Entries of one query or transaction; short enough for other processes to wait."""

_RESOLUTION = 86_400
"""Seconds by which the time of last use may be wrong, so that reading seldom has to write."""

T = TypeVar("T")


class Unit(NamedTuple):
    """A text and its translation, without links; languages are ISO 639-1 codes. `origin` names the maker."""

    source_language: str
    target_language: str
    source: str
    target: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a memory holds: bytes of its file, numbers of entries by (source language, target language)."""

    size: int
    results: Mapping[tuple[str, str], int]
    given: Mapping[tuple[str, str], int]


class TranslationMemory:
    """An open memory; may be used by several threads, translators and processes at once.

    Attributes:
        path: its file.
        limit: bytes of entries; above it the results that were not used for longest leave. What was
            given never leaves.
    """

    def __init__(self, path: str | PathLike[str], *, limit: int = LIMIT) -> None:
        """Open the memory in the file `path`, or begin a new one.

        A file that cannot be written is only read, one that is damaged is set aside; `notices` says so.

        Raises:
            MemoryFileError: the file is something else, or of a newer version.
        """
        self.path = Path(path)
        self.limit = limit
        self._database = Database(self.path, schema=_SCHEMA, application=_APPLICATION, version=_VERSION)

    @property
    def notices(self) -> tuple[str, ...]:
        """What went wrong with the file so far, in words."""
        return tuple(self._database.notices)

    def of_model(self, source: str, target: str, settings: Mapping[str, str]) -> ModelMemory:
        """The part of it that one model with these settings has made or may use.

        Args:
            source: ISO 639-1 code.
            target: ISO 639-1 code.
            settings: all that changes the output, the model's digest among it.
        """
        return ModelMemory(self._database, source, target, settings, self.limit)

    def given(self, source: str, target: str, texts: Iterable[str]) -> dict[str, str]:
        """Translations that were given for some of `texts`, from language `source` into `target`."""
        return _given(self._database, source, target, texts)

    def add(self, units: Iterable[Unit]) -> int:
        """Take given translations in; one for a text that has one already replaces it.

        Returns:
            The number of units.

        Raises:
            MemoryFileError: the file cannot be written.
        """
        count = 0
        for batch in _batches(units):
            if not self._database.write(partial(_add, batch)):
                raise MemoryFileError("; ".join(self.notices) or f"{self.path} cannot be written")
            count += len(batch)
        return count

    def units(self, *, doubtful: bool = False) -> Iterator[Unit]:
        """All entries: what models made, older ones first, then what was given.

        Args:
            doubtful: also results that carry flags.

        Raises:
            MemoryFileError: the file is damaged or cannot be read.
        """
        accepted = "" if doubtful else "AND result.flags = '[]' "
        yield from self._units(
            "SELECT result.id, checksum, setting.source, setting.target, result.source, result.target, "
            "settings, segments, flags, score FROM result JOIN setting ON setting.id = setting "
            f"WHERE result.id > ? AND NOT given {accepted}ORDER BY result.id LIMIT ?"
        )
        yield from self._units(
            "SELECT id, checksum, source_language, target_language, source, target FROM given "
            "WHERE id > ? ORDER BY id LIMIT ?"
        )
        self._check()

    def contents(self) -> Contents:
        """Size and counts.

        Raises:
            MemoryFileError: the file is damaged or cannot be read.
        """
        results = self._database.query(
            "SELECT setting.source, setting.target, count(*) FROM result "
            "JOIN setting ON setting.id = setting WHERE NOT given GROUP BY 1, 2 ORDER BY 1, 2"
        )
        given = self._database.query(
            "SELECT source_language, target_language, count(*) FROM given GROUP BY 1, 2 ORDER BY 1, 2"
        )
        self._check()
        return Contents(
            self.path.stat().st_size,
            {(source, target): number for source, target, number in results},
            {(source, target): number for source, target, number in given},
        )

    def close(self) -> None:
        """Let go of the file; a translator that still has the memory goes on without it."""
        self._database.close()

    def _check(self) -> None:
        if not self._database.sound:
            raise MemoryFileError("; ".join(self.notices))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _units(self, query: str) -> Iterator[Unit]:
        last = 0
        while rows := self._database.query(query, (last, _BATCH)):
            last = rows[-1][0]
            for _, checksum, source_language, target_language, source, target, *made in rows:
                if checksum == _checksum(source, target, *made[1:]):
                    origin = json.loads(made[0]).get("model", "") if made else ""
                    yield Unit(source_language, target_language, source, target, origin)


class ModelMemory:
    """What one model with certain settings has translated, and what was given in its languages."""

    def __init__(
        self, database: Database, source: str, target: str, settings: Mapping[str, str], limit: int
    ) -> None:
        self._database = database
        self._source = source
        self._target = target
        self._settings = json.dumps(
            {**settings, "source": source, "target": target}, sort_keys=True, ensure_ascii=False
        )
        self._limit = limit

    def given(self, texts: Iterable[str]) -> dict[str, str]:
        """Translations that were given for some of `texts`."""
        return _given(self._database, self._source, self._target, texts)

    def recall(
        self, texts: Iterable[str], given: Mapping[str, str] | None = None
    ) -> dict[str, TranslatedText]:
        """The results kept for some of `texts`.

        Args:
            texts: sources of segments.
            given: translations that were given for some of them; their results are those with links.
        """
        given = given or {}
        now = int(time.time())
        found: dict[str, TranslatedText] = {}
        stale: list[bytes] = []
        for batch in _batches(dict.fromkeys(texts)):
            keys = {self._key(text, given.get(text)): text for text in batch}
            rows = self._database.query(
                "SELECT key, used, checksum, source, target, segments, flags, score FROM result "
                f"WHERE key IN ({_marks(batch)})",
                list(keys),
            )
            for key, used, checksum, *content in rows:
                result = _result(keys[key], checksum, content)
                if result is not None:
                    found[keys[key]] = result
                    if now - used > _RESOLUTION:
                        stale.append(key)
        for keys_in_use in _batches(stale):
            self._database.write(partial(_touch, keys_in_use, now))
        return found

    def keep(self, results: Iterable[TranslatedText], *, given: bool = False) -> None:
        """Keep the results of segments.

        Args:
            results: one for each segment.
            given: their translations were given; the model has only made the links.
        """
        now = int(time.time())
        for batch in _batches(r for r in results if r.score is None or isfinite(r.score)):
            rows = []
            for result in batch:
                key = self._key(result.source, result.text if given else None)
                content = _content(result)
                rows.append((key, given, *content, now, _checksum(*content)))
            self._database.write(partial(self._insert, rows))

    def _insert(self, rows: Sequence[Row], connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO setting (settings, source, target) VALUES (?, ?, ?)",
            (self._settings, self._source, self._target),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO result (setting, key, given, source, target, segments, flags, score, "
            "used, checksum) SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM setting WHERE settings = ?",
            [(*row, self._settings) for row in rows],
        )
        _shrink(connection, self._limit)

    def _key(self, source: str, given: str | None) -> bytes:
        return _key(self._settings, source, *([] if given is None else [given]))


def _given(database: Database, source: str, target: str, texts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for batch in _batches(dict.fromkeys(texts)):
        rows = database.query(
            f"SELECT source, target, checksum FROM given WHERE key IN ({_marks(batch)})",
            [_key(source, target, text) for text in batch],
        )
        for text, translation, checksum in rows:
            if checksum == _checksum(text, translation):
                found[text] = translation
    return found


def _add(units: Iterable[Unit], connection: sqlite3.Connection) -> bool:
    connection.executemany(
        "INSERT OR REPLACE INTO given (key, source_language, target_language, source, target, checksum) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                _key(unit.source_language, unit.target_language, unit.source),
                *unit[:4],
                _checksum(unit.source, unit.target),
            )
            for unit in units
        ],
    )
    return True


def _touch(keys: Iterable[bytes], now: int, connection: sqlite3.Connection) -> None:
    connection.executemany("UPDATE result SET used = ? WHERE key = ?", [(now, key) for key in keys])


def _shrink(connection: sqlite3.Connection, limit: int) -> None:
    """Let results go, those first that were not used for longest, until a twentieth of `limit` is free."""
    if _size(connection) <= limit:
        return
    while _size(connection) > limit * 0.95:
        deleted = connection.execute(
            "DELETE FROM result WHERE id IN (SELECT id FROM result ORDER BY used, id LIMIT ?)", (_BATCH,)
        )
        if not deleted.rowcount:
            return


def _size(connection: sqlite3.Connection) -> int:
    """Bytes of the pages in use; the file keeps the others for later entries."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _content(result: TranslatedText) -> tuple[str, str, str, str, float | None]:
    segments = msgspec.json.encode(result.segments).decode()
    flags = json.dumps(result.flags, ensure_ascii=False)
    # SQLite keeps -0.0 as 0.0, which would look like damage
    score = None if result.score is None else result.score + 0.0
    return result.source, result.text, segments, flags, score


def _result(text: str, checksum: int, content: Sequence[Any]) -> TranslatedText | None:
    """The entry as it was kept; None where it is damaged."""
    source, target, segments, flags, score = content
    if source == text and checksum == _checksum(*content):
        with suppress(ValueError, TypeError):
            return TranslatedText(
                source,
                target,
                msgspec.json.decode(segments, type=tuple[Segment, ...]),
                score,
                tuple(json.loads(flags)),
            )
    return None


def _key(*parts: str) -> bytes:
    return blake2b("\0".join(f"{len(part)}:{part}" for part in parts).encode(), digest_size=16).digest()


def _checksum(*parts: object) -> int:
    return zlib.crc32(repr(parts).encode("utf-8", "backslashreplace"))


def _marks(items: Sequence[object]) -> str:
    return ",".join("?" * len(items))


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
