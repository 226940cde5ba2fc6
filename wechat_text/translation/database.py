"""A small SQLite file that several processes share and that must never stand in the way of the work.

Whatever befalls the file (damage, a full disk, a folder that cannot be written), reading and writing go on as
far as they can; what no longer works is said once, in a notice.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias, TypeVar

from wechat_text.errors import MemoryFileError

BUSY_SECONDS = 10.0
"""How long to wait for another process's write; ours take milliseconds."""

SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3"})
"""A damaged file is taken for a database of ours if it is called like one; any other is not touched."""

logger = logging.getLogger(__name__)

T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]

_HEADER = b"SQLite format 3\0"
_WAITING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNWRITABLE = {
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "its folder cannot be written",
    sqlite3.SQLITE_PERM: "it cannot be written",
    sqlite3.SQLITE_FULL: "no space left on the disk",
    sqlite3.SQLITE_IOERR: "writing failed",
}


class Database:
    """An open file with its tables, one connection, usable from several threads.

    Attributes:
        path: the file.
        notices: what went wrong so far, in words, each once.
        sound: whether all that the file held could be read so far.
    """

    def __init__(self, path: Path, *, schema: Sequence[str], application: int, version: int) -> None:
        """Open the file, or begin a new one.

        Args:
            path: the file; its folder is made.
            schema: the statements that make tables and indices in an empty file.
            application: SQLite's ``application_id``, by which our files are known.
            version: of the schema, SQLite's ``user_version``.

        Raises:
            MemoryFileError: it is no database, another program's, or of a newer version.
        """
        self.path = path
        self.notices: list[str] = []
        self.sound = True
        self._schema = schema
        self._application = application
        self._version = version
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._writable = True
        self._open()

    @property
    def writable(self) -> bool:
        """Whether writing has worked so far."""
        return self._writable and self._connection is not None

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """The rows found; none where the file cannot be read."""
        return self._run(lambda connection: connection.execute(sql, parameters).fetchall()) or []

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """The result of `work`, done as one transaction; None where nothing could be written."""
        return self._run(work, writing=True) if self._writable else None

    def close(self) -> None:
        """Let go of the file; nothing is read or written any more."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, work: Callable[[sqlite3.Connection], T], *, writing: bool = False) -> T | None:
        with self._lock:
            for again in (True, False):
                if self._connection is None:
                    return None
                try:
                    return _transaction(self._connection, work) if writing else work(self._connection)
                except sqlite3.ProgrammingError:
                    raise
                except sqlite3.DatabaseError as error:
                    code = _code(error)
                    if code in _WAITING:
                        self._tell("is held by another process; some translations were not kept")
                        return None
                    if code in _UNWRITABLE or not again:
                        self._give_up(code, writing)
                        return None
                    # a damaged file shows in many ways: corrupt pages, a table or text that is none
                    self._set_aside()
        return None

    def _give_up(self, code: int, writing: bool) -> None:
        if writing:
            self._writable = False
            self._tell(f"keeps no new translations: {_UNWRITABLE.get(code, 'it is damaged')}")
        else:
            self.close()
            self.sound = False
            self._tell("is not used: it cannot be read")

    def _open(self) -> None:
        self._check_kind()
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._inode = None
        with suppress(OSError):
            self._inode = self.path.stat().st_ino
        for mode in ("rwc", "ro", "ro&immutable=1"):
            if "immutable" in mode and _holds_something(self._beside("-wal")):
                # what is in the log belongs to the file, and cannot be read without writing beside it
                break
            try:
                connection = self._connect(mode)
                self._writable = mode == "rwc" and _can_write(connection, self._version)
            except sqlite3.DatabaseError as error:
                if _code(error) in _UNWRITABLE or _code(error) in _WAITING:
                    continue
                self._set_aside()
                return
            self._connection = connection
            if not self._writable:
                self._tell("keeps no new translations: it cannot be written")
            if self._inode is None:
                with suppress(OSError):
                    self._inode = self.path.stat().st_ino
            return
        self.sound = False
        reason = "it cannot be read" if self.path.exists() else "it cannot be made"
        self._tell(f"is not used: {reason}")

    def _check_kind(self) -> None:
        try:
            with self.path.open("rb") as file:
                start = file.read(len(_HEADER))
        except IsADirectoryError as error:
            raise MemoryFileError(f"{self.path} is a folder, not a translation memory") from error
        except OSError:
            return
        if start and start != _HEADER and self.path.suffix not in SUFFIXES:
            raise MemoryFileError(f"{self.path} is not a translation memory; it was left as it is")

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            if self._is_new(connection):
                # files in WAL mode are read while another process writes; where the file system
                # has no shared memory SQLite stays with its journal, which is slower but as safe
                with suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA journal_mode=WAL").fetchone()
                _transaction(connection, self._create)
            if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                # survives the death of the process; at a power cut the last entries may be missing
                connection.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        # tables first: another process may make them, application and version at once, between two of these
        [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        [application] = connection.execute("PRAGMA application_id").fetchone()
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if application == 0 and not tables:
            return True
        if application != self._application:
            raise MemoryFileError(f"{self.path} is the database of another program; it was left as it is")
        if version != self._version:
            raise MemoryFileError(
                f"{self.path} has version {version}, this version of wechat_text reads {self._version}"
            )
        return False

    def _create(self, connection: sqlite3.Connection) -> None:
        if not self._is_new(connection):
            # another process was faster
            return
        for statement in self._schema:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={self._application}")
        connection.execute(f"PRAGMA user_version={self._version}")

    def _set_aside(self) -> None:
        """Rename the damaged file and begin anew; where another process has done so, take its new one."""
        from filelock import FileLock

        self.close()
        self.sound = False
        try:
            with FileLock(self._beside(".lock"), timeout=BUSY_SECONDS):
                if self._inode == self.path.stat().st_ino:
                    name = self._rename()
                    self._tell(f"was damaged; it was set aside as {name} and a new one begun")
        except FileNotFoundError:
            pass
        except OSError as error:
            self._tell(f"is not used: it is damaged and cannot be set aside ({error.strerror or error})")
            return
        self._open()

    def _rename(self) -> str:
        number = 1
        while self._beside(f".corrupt-{number}").exists():
            number += 1
        aside = self._beside(f".corrupt-{number}")
        self.path.rename(aside)
        for suffix in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                self._beside(suffix).rename(aside.with_name(aside.name + suffix))
        return aside.name

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _tell(self, what: str) -> None:
        notice = f"the translation memory {self.path} {what}"
        if notice not in self.notices:
            self.notices.append(notice)
            logger.warning("%s", notice)


def _transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
    return result


def _can_write(connection: sqlite3.Connection, version: int) -> bool:
    # SQLite lets a transaction begin in a file that cannot be written; only a change shows it
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(f"PRAGMA user_version={version}")
        finally:
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        return _code(error) in _WAITING
    return True


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary error code; -1 for errors of Python's own."""
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code & 0xFF if code >= 0 else code


def _holds_something(path: Path) -> bool:
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False
