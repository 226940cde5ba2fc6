"""TMX 1.4b, the exchange format of translation memories (LISA 2005), read and written as a stream.

Inline codes (`ph`, `bpt`, `ept`, `it`, `ut`) stand for markup of another program and are dropped, the text of
`hi` is kept. Characters that XML does not know are written as `ph` elements of type ``x-character`` and read
back. A document may name the TMX DTD, but nothing is fetched, and one that declares entities is refused: they
can make a small file endless.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from wechat_text.errors import MemoryFileError
from wechat_text.translation.memory import Unit

LONGEST = 1_000_000
"""Most characters of a translation unit; a longer one is no segment but a mistake."""

MOST_LANGUAGES = 100
"""Most variants of a translation unit; the European Union's memories have 24."""

_CHUNK = 65_536
_DEEPEST = 50
_CODES = frozenset({"ph", "bpt", "ept", "it", "ut"})
_CHARACTER = "x-character"
_UNKNOWN_TO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TRADITIONAL = re.compile(r"zh[-_](?:.*[-_])?(?:hant|tw|hk|mo)\b", re.IGNORECASE)


def write(units: Iterable[Unit], path: str | PathLike[str]) -> int:
    """Write `units` to the file `path`, which has its old content until the new is complete.

    Returns:
        The number of units.

    Raises:
        MemoryFileError: the file cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    count = 0
    try:
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                file.write(_HEADER.format(version=quoteattr(version("wechat_text"))))
                for unit in units:
                    file.write(_unit(unit))
                    count += 1
                file.write(" </body>\n</tmx>\n")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise MemoryFileError(f"cannot write {path}: {error.strerror or error}") from error
    return count


def read(path: str | PathLike[str]) -> Iterator[Unit]:
    """The translations in a TMX file, from each unit's source language into its other languages.

    Languages are cut to ISO 639-1 ("de-AT" is "de"); traditional Chinese is "zh-Hant". Blanks around a text
    and units without text are left out; `Unit.origin` is the property "x-model".

    Raises:
        MemoryFileError: unreadable, no TMX or broken; the message names the line.
    """
    parser = _Parser(Path(path))
    try:
        with Path(path).open("rb") as file:
            yield from parser.units(file)
    except OSError as error:
        raise MemoryFileError(f"cannot read {path}: {error.strerror or error}") from error


class _Parser:
    """Where in the document the reader is, and the unit that it is in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.EntityDeclHandler = self._refuse_entities
        self._expat.ExternalEntityRefHandler = self._refuse_entities
        self._depth = 0
        self._default = "*all*"
        self._finished: list[Unit] = []
        self._variants: list[tuple[str, str]] = []
        self._source = self._language = self._origin = ""
        self._words: list[str] = []
        self._length = 0
        self._inside = ""
        self._codes: list[list[str]] = []

    def units(self, file: BinaryIO) -> Iterator[Unit]:
        while chunk := file.read(_CHUNK):
            self._parse(chunk)
            yield from self._finished
            self._finished.clear()
        self._parse(b"")

    def _parse(self, chunk: bytes) -> None:
        try:
            self._expat.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise self._error(f"not well-formed XML ({expat.ErrorString(error.code)})") from error
        except (ValueError, LookupError) as error:
            raise self._error(f"cannot be decoded ({error})") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "tmx":
            raise self._error(f"not a TMX file: its root is <{name}>")
        if self._depth > _DEEPEST:
            raise self._error(f"elements nested {_DEEPEST} deep")
        if name == "header":
            self._default = attributes.get("srclang", "*all*")
        elif name == "tu":
            self._variants = []
            self._length = 0
            self._origin = ""
            self._source = attributes.get("srclang", self._default)
        elif name == "tuv":
            # `lang` is what versions before 1.4 call it
            language = attributes.get("xml:lang") or attributes.get("lang")
            if not language:
                raise self._error("a <tuv> without xml:lang")
            self._language = language
            if len(self._variants) == MOST_LANGUAGES:
                raise self._error(f"a unit in more than {MOST_LANGUAGES} languages")
        elif name == "seg" or (name == "prop" and attributes.get("type") == "x-model"):
            self._inside = name
            self._words = []
            self._codes = []
        elif self._inside == "seg" and name in _CODES:
            self._codes.append([attributes.get("type", "") if name == "ph" else ""])

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "seg" and self._inside == "seg":
            self._variants.append((self._language, "".join(self._words).strip()))
        elif name == "prop" and self._inside == "prop":
            self._origin = "".join(self._words)
        elif name == "tu":
            self._finished += self._pairs()
        if name == self._inside:
            self._inside = ""
        elif self._inside == "seg" and name in _CODES:
            kind, *texts = self._codes.pop()
            if kind == _CHARACTER:
                self._words.append(self._character("".join(texts)))

    def _text(self, text: str) -> None:
        if not self._inside:
            return
        self._length += len(text)
        if self._length > LONGEST:
            raise self._error(f"a unit of more than {LONGEST:,} characters")
        (self._codes[-1] if self._codes else self._words).append(text)

    def _character(self, code: str) -> str:
        if not re.fullmatch("[0-9A-F]{4}", code) or "D800" <= code <= "DFFF":
            raise self._error(f"{code[:20]!r} is no code of a character")
        return chr(int(code, 16))

    def _pairs(self) -> Iterator[Unit]:
        """The unit's source with each of its translations; each with each where no source is named."""
        variants = [(_code(language), text) for language, text in self._variants if text]
        every = self._source == "*all*"
        for source_language, source in variants:
            if every or source_language == _code(self._source):
                for language, text in variants:
                    if language != source_language:
                        yield Unit(source_language, language, source, text, self._origin)

    def _refuse_entities(self, *_: object) -> int:
        raise self._error("declares entities, which is refused")

    def _error(self, what: str) -> MemoryFileError:
        return MemoryFileError(f"{self._path}, line {self._expat.CurrentLineNumber}: {what}")


_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
 <header creationtool="wechat_text" creationtoolversion={version} datatype="plaintext" segtype="sentence"
  adminlang="en" srclang="*all*" o-tmf="wechat_text"/>
 <body>
"""


def _unit(unit: Unit) -> str:
    origin = f'<prop type="x-model">{_plain(unit.origin)}</prop>' if unit.origin else ""
    variants = "".join(
        f"\n   <tuv xml:lang={quoteattr(language)}><seg>{_escaped(text)}</seg></tuv>"
        for language, text in ((unit.source_language, unit.source), (unit.target_language, unit.target))
    )
    return f"  <tu srclang={quoteattr(unit.source_language)}>{origin}{variants}\n  </tu>\n"


def _escaped(text: str) -> str:
    # a reader of XML turns a bare carriage return into a line feed
    escaped = escape(text, {"\r": "&#13;"})
    return _UNKNOWN_TO_XML.sub(lambda m: f'<ph type="{_CHARACTER}">{ord(m.group()):04X}</ph>', escaped)


def _plain(name: str) -> str:
    """A property, which has no inline codes."""
    return escape(_UNKNOWN_TO_XML.sub("\ufffd", name))


def _code(language: str) -> str:
    if _TRADITIONAL.match(language):
        return "zh-Hant"
    return re.split("[-_]", language, maxsplit=1)[0].lower()
