"""``python -m wechat_text memory``: info, export, import."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from wechat_text.errors import MemoryFileError
from wechat_text.translation import tmx
from wechat_text.translation.memory import TranslationMemory


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands; each sets `handler`, which takes the options and returns the exit code."""
    info = subparsers.add_parser("info", help="show what a memory holds")
    info.set_defaults(handler=_info)
    export = subparsers.add_parser("export", help="write a memory's texts as TMX")
    export.add_argument("-o", "--output", required=True, metavar="TMX", help="the file to write")
    export.add_argument("--doubtful", action="store_true", help="also translations that are flagged")
    export.set_defaults(handler=_export)
    take = subparsers.add_parser("import", help="take translations from TMX, to be used whatever the model")
    take.set_defaults(handler=_import)
    for parser in (info, export, take):
        parser.add_argument("file", metavar="FILE", help="the memory")
    take.add_argument("tmx", metavar="TMX", help="the file to read")


def _info(options: argparse.Namespace) -> int:
    with _existing(options.file) as memory:
        contents = memory.contents()
        print(f"{memory.path}: {contents.size / 1e6:,.1f} MB")
        _show("made by models", contents.results)
        _show("given", contents.given)
    return 0


def _export(options: argparse.Namespace) -> int:
    with _existing(options.file) as memory:
        number = tmx.write(memory.units(doubtful=options.doubtful), options.output)
        print(f"{options.output}: {number:,} translations")
    return 0


def _import(options: argparse.Namespace) -> int:
    # read to its end first: of a broken file nothing is taken
    read = Counter((unit.source_language, unit.target_language) for unit in tmx.read(options.tmx))
    with TranslationMemory(options.file) as memory:
        memory.add(tmx.read(options.tmx))
        _show("taken", read)
    return 0


def _existing(file: str) -> TranslationMemory:
    if not Path(file).exists():
        raise MemoryFileError(f"no translation memory at {file}")
    return TranslationMemory(file)


def _show(what: str, numbers: Mapping[tuple[str, str], int]) -> None:
    for (source, target), number in numbers.items():
        print(f"{source} > {target}: {number:,} {what}")
    if not numbers:
        print(f"none {what}")
