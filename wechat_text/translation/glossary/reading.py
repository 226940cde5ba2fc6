"""Glossary files: TOML, CSV and TBX. Every complaint names file and line.

In TOML and CSV, ``|`` parts the forms of one language.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from wechat_text.errors import GlossaryError, RegistryError
from wechat_text.models.checked_toml import Table
from wechat_text.translation.glossary.terms import SOURCE, Term

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FLAGS = ("keep", "case", "compounds")
_TRUE = {"true": True, "yes": True, "1": True, "x": True, "false": False, "no": False, "0": False, "": False}


def read_terms(file: Path) -> list[Term]:
    """The terms of a glossary file, in its order.

    Raises:
        GlossaryError: the file cannot be read or has a mistake in it.
    """
    readers = {".toml": _from_toml, ".csv": _from_csv, ".tbx": _from_tbx}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise GlossaryError(f"{file}: not a glossary; known endings: {', '.join(readers)}")
    terms: dict[str, Term] = {}
    reader(file, terms)
    if not terms:
        raise GlossaryError(f"{file}: no terms in it")
    return list(terms.values())


def _from_toml(file: Path, terms: dict[str, Term]) -> None:
    try:
        top = Table.read(file)
        entries = top.tables("term")
        top.close()
        for entry in entries:
            languages = [name for name in entry.names() if name != SOURCE and _LANGUAGE.fullmatch(name)]
            targets = {name: _forms(entry.text(name)) for name in languages}
            flags = {name: entry.flag(name) for name in _FLAGS}
            source = _forms(entry.text(SOURCE))
            entry.close()
            if complaint := _add(terms, source, targets, **flags):
                entry.fail(SOURCE, complaint)
    except RegistryError as error:
        raise GlossaryError(str(error)) from error


def _from_csv(file: Path, terms: dict[str, Term]) -> None:
    try:
        text = _bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GlossaryError(f"{file}: not UTF-8 at byte {error.start}") from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in rows.fieldnames or ()]
        rows.fieldnames = columns
        for name in columns:
            if name != "source" and name not in _FLAGS and not _LANGUAGE.fullmatch(name):
                _fail(file, 1, f"unknown column {name!r}; known: source, language codes, {', '.join(_FLAGS)}")
        if "source" not in columns:
            _fail(file, 1, "the header has no column 'source'")
        for row in rows:
            _add_row(file, rows.line_num, row, terms)
    except csv.Error as error:
        _fail(file, rows.line_num + 1, str(error))


def _add_row(file: Path, line: int, row: Mapping[str | None, object], terms: dict[str, Term]) -> None:
    if None in row or None in row.values():
        _fail(file, line, "another number of columns than in the header")
    cells = {str(name): str(value).strip() for name, value in row.items()}
    flags = {}
    for name in _FLAGS:
        value = cells.pop(name, "").lower()
        if value not in _TRUE:
            _fail(file, line, f"{name}: {value!r} is neither true nor false")
        flags[name] = _TRUE[value]
    source = _forms(cells.pop("source"))
    targets = {name: _forms(cell) for name, cell in cells.items() if cell}
    if complaint := _add(terms, source, targets, **flags):
        _fail(file, line, complaint)


def _from_tbx(file: Path, terms: dict[str, Term]) -> None:
    """Basic TBX: DXLT has termEntry, langSet, tig; TBX 3 conceptEntry, langSec, termSec."""
    for entry in _found(_parse_xml(file), "termEntry", "conceptEntry"):
        forms: dict[str, tuple[str, ...]] = {}
        for section in _found(entry, "langSet", "langSec"):
            code = section.get("xml:lang", "").lower().replace("_", "-").partition("-")[0]
            if not _LANGUAGE.fullmatch(code):
                _fail(file, int(section.attrib["line"]), "xml:lang is missing or no language code")
            forms[code] = tuple(
                " ".join("".join(term.itertext()).split()) for term in _found(section, "term")
            )
        source = forms.pop(SOURCE, ())
        targets = {code: found for code, found in forms.items() if found}
        if complaint := _add(terms, source, targets):
            _fail(file, int(entry.attrib["line"]), complaint)


def _parse_xml(file: Path) -> Element:
    """The root; each element has its line number as attribute ``line``. Entities may not be declared."""
    parser = expat.ParserCreate()
    builder = TreeBuilder()

    def start(name: str, attributes: dict[str, str]) -> None:
        builder.start(name.rpartition(":")[2], {**attributes, "line": str(parser.CurrentLineNumber)})

    def entity(name: str, *_: object) -> NoReturn:
        _fail(file, parser.CurrentLineNumber, f"declares the entity {name!r}, which is refused")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: builder.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(_bytes(file), True)
    except expat.ExpatError as error:
        _fail(file, error.lineno, expat.ErrorString(error.code))
    return builder.close()


def _found(element: Element, *names: str) -> Iterable[Element]:
    return (inner for inner in element.iter() if inner.tag in names)


def _forms(text: str) -> tuple[str, ...]:
    return tuple(form for part in text.split("|") if (form := " ".join(part.split())))


def _add(
    terms: dict[str, Term], source: tuple[str, ...], targets: Mapping[str, tuple[str, ...]], **flags: bool
) -> str | None:
    """Add a term, or say what is wrong with it."""
    keep = flags.get("keep", False)
    if not source or not all(any(c.isalnum() for c in form) for form in source):
        return "a term without a German form"
    if source[0] in terms:
        return f"{source[0]!r} stands in this file twice"
    if keep and targets:
        return f"{source[0]!r} is to be kept and has translations"
    if not keep and not any(targets.values()):
        return f"{source[0]!r} has no translation and is not to be kept"
    terms[source[0]] = Term(source, targets, **flags)
    return None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise GlossaryError(f"{file}: {error.strerror}") from error


def _fail(file: Path, line: int, message: str) -> NoReturn:
    raise GlossaryError(f"{file}, line {line}: {message}")
