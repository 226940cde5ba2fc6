"""TOML read strictly: every complaint names file, line and key, unknown keys included."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from wechat_text.errors import RegistryError

Keys = tuple[str | int, ...]
"""The way to a key from the top of a file; numbers count the entries of a list of tables."""


class Table:
    """A table of a TOML file whose keys are taken one by one; `close` complains about those left over."""

    def __init__(
        self, data: Mapping[str, Any], file: Path, lines: Mapping[Keys, int], path: Keys = ()
    ) -> None:
        self._data = data
        self._file = file
        self._lines = lines
        self._path = path
        self._taken: list[str] = []

    @classmethod
    def read(cls, file: Path) -> Table:
        """The top table of `file`. Raises `RegistryError` when it cannot be read or is no TOML."""
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise RegistryError(f"{file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RegistryError(f"{file}: not UTF-8 at byte {error.start}") from error
        try:
            return cls(tomllib.loads(text), file, _lines(text))
        except tomllib.TOMLDecodeError as error:
            raise RegistryError(f"{file}: {_located(error, text)}") from error

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string; required unless there is a default."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fail(key, "must be a string that is not empty")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """A boolean."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.fail(key, "must be true or false")
        return value

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 on; required unless there is a default."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fail(key, "must be a whole number from 0 on")
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        value = self._take(key, None)
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < float("inf"):
            self.fail(key, "must be a number")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A non-empty list of non-empty strings."""
        value = self._take(key, None)
        return self.checked_texts(key, value)

    def checked_texts(self, key: str, value: object) -> tuple[str, ...]:
        """`value` of `key` as a non-empty list of non-empty strings."""
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            self.fail(key, "must be a list of strings that is not empty")
        return tuple(value)

    def values(self, key: str) -> list[Any]:
        """A non-empty list of anything."""
        value = self._take(key, None)
        if not isinstance(value, list) or not value:
            self.fail(key, "must be a list that is not empty")
        return value

    def table(self, key: str) -> Table:
        """A table; empty when it is not there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            self.fail(key, "must be a table")
        return Table(value, self._file, self._lines, (*self._path, key))

    def tables(self, key: str) -> list[Table]:
        """A list of tables; empty when it is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            self.fail(key, "must be a list of tables ([[...]])")
        return [Table(v, self._file, self._lines, (*self._path, key, i)) for i, v in enumerate(value)]

    def names(self) -> list[str]:
        """All keys, in the order of the file."""
        return list(self._data)

    def know(self, *keys: str) -> None:
        """Take keys that were not needed this time, so that `close` accepts and suggests them."""
        self._taken.extend(keys)

    @property
    def folder(self) -> Path:
        """The folder of the file, against which its relative paths are meant."""
        return self._file.parent

    def close(self) -> None:
        """Raise `RegistryError` for a key that nobody asked for."""
        for key in self._data:
            if key not in self._taken:
                close = difflib.get_close_matches(key, self._taken, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(self._taken))}"
                self.fail(key, f"unknown key; {hint}")

    def fail(self, key: str, message: str) -> NoReturn:
        """Raise `RegistryError` about `key` of this table."""
        path = (*self._path, key)
        while path and path not in self._lines:
            path = path[:-1]
        line = self._lines.get(path, 1)
        raise RegistryError(f"{self._file}, line {line}: {_dotted((*self._path, key))}: {message}")

    def _take(self, key: str, default: Any) -> Any:
        self._taken.append(key)
        if key in self._data:
            return self._data[key]
        if default is None:
            self.fail(key, "is missing")
        return default


def _located(error: tomllib.TOMLDecodeError, text: str) -> str:
    found = re.search(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
    if not found:
        return str(error)
    line = found[2] or str(text.count("\n") + 1)
    shown = text.splitlines()[int(line) - 1].strip() if int(line) <= len(text.splitlines()) else ""
    return f"line {line}: {found[1]}" + (f" in {shown!r}" if shown else "")


def _lines(text: str) -> dict[Keys, int]:
    """Line number (from 1) of every table header and key, by its path; of a repeated key the first."""
    lines: dict[Keys, int] = {}
    table: Keys = ()
    counts: dict[Keys, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)(.*?)\]\]?\s*(?:#.*)?$", line)
        if header and (keys := _keys(header[2])):
            table = keys
            if header[1] == "[[":
                counts[keys] = counts.get(keys, -1) + 1
                table = (*keys, counts[keys])
            lines.setdefault(keys, number)
            lines.setdefault(table, number)
        elif assignment := re.match(rf"\s*((?:{_KEY})(?:\s*\.\s*(?:{_KEY}))*)\s*=", line):
            keys = _keys(assignment[1])
            for end in range(1, len(keys) + 1):
                lines.setdefault((*table, *keys[:end]), number)
    return lines


_KEY = r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'"""


def _keys(dotted: str) -> tuple[str, ...]:
    if not re.fullmatch(rf"\s*(?:{_KEY})\s*(?:\.\s*(?:{_KEY})\s*)*", dotted):
        return ()
    return tuple(_unquoted(dotted))


def _unquoted(dotted: str) -> Iterator[str]:
    for key in re.findall(_KEY, dotted):
        yield tomllib.loads(f"k = {key}")["k"] if key[0] in "\"'" else key


def _dotted(path: Keys) -> str:
    parts: list[str] = []
    for key in path:
        if isinstance(key, int):
            parts[-1] += f"[{key}]"
        else:
            parts.append(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"')
    return ".".join(parts)
