"""The command line: one article in, attributed quotations out; and the care of models.

Exit codes: 0 done, 1 one of our errors (a line on standard error says which), 2 wrong usage,
130 interrupted.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wechat_text.document import Document
from wechat_text.errors import ReadError, WechatTextError

if TYPE_CHECKING:
    from wechat_text.translation import Glossary

PROG = "python -m wechat_text"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (default: the process's) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == ["models"]:
            code = _models(arguments[1:])
        elif arguments[:1] == ["memory"]:
            code = _memory(arguments[1:])
        else:
            code = _article(arguments)
        sys.stdout.flush()
        return code
    except WechatTextError as error:
        print(f"wechat_text: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("wechat_text: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough
        _close_output()
        return 0
    except OSError as error:  # of standard output, or of a file where nobody foresaw it
        what = f"cannot use {error.filename}"
        if error.filename is None:
            _close_output()
            what = "cannot write standard output"
        print(f"wechat_text: {what}: {_detail(error)}", file=sys.stderr)
        return 1


def _article(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    # imported late: `--help` and usage errors need none of it
    from wechat_text.pipeline import TARGETS, Pipeline

    text = _read(options.article)
    pipeline = Pipeline.load(
        options.profile,
        backend=options.backend,
        models=options.models,
        device=options.device,
        beam=options.beam,
        glossary=_glossary(options.glossary),
        memory=options.memory,
    )
    document = pipeline.process(text, options.to or TARGETS, source=options.source, progress=True)
    _write(_rendered(document, options), options.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROG,
        description="Find the quotations of a German article, say who is quoted, and translate both.",
        epilog=f"'{PROG} models --help' tells how to list, fetch, verify and carry models. "
        f"'{PROG} memory --help' is about translation memories. "
        "An article called 'models' is read as './models'.",
    )
    parser.add_argument(
        "article", metavar="ARTICLE", help="a plain text or HTML file; - reads standard input"
    )
    parser.add_argument("--to", action="append", metavar="LANG", help="target language (default: en and zh)")
    parser.add_argument("--source", metavar="LANG", help="'de' skips the detection of the language")
    parser.add_argument("--profile", default="auto", help="which models: auto, opus, starter or your own")
    parser.add_argument(
        "--models", metavar="FILE", help="a models.toml of your own, merged over the package's"
    )
    parser.add_argument("--backend", default="ctranslate2", help="ctranslate2 (default) or transformers")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or auto")
    parser.add_argument(
        "--beam", type=_beam, help="beam size; 1 is fastest (default: the model's own in models.toml, else 4)"
    )
    parser.add_argument(
        "--glossary",
        action="append",
        metavar="FILE",
        help="terms to be kept to: TOML, CSV or TBX; may be repeated, the last file wins",
    )
    parser.add_argument(
        "--memory", metavar="FILE", help="a translation memory: what it holds is not translated again"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.add_argument("--positions", action="store_true", help="show character offsets in the text output")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to standard output")
    return parser


def _beam(value: str) -> int:
    beam = int(value)
    if not 1 <= beam <= 32:
        raise argparse.ArgumentTypeError("must lie between 1 and 32")
    return beam


def _glossary(files: list[str] | None) -> Glossary | None:
    if not files:
        return None
    from wechat_text.translation import Glossary

    return Glossary.load(*files)


def _read(article: str) -> str:
    from wechat_text.reading import read

    return read(sys.stdin.buffer.read() if article == "-" else article)


def _rendered(document: Document, options: argparse.Namespace) -> str:
    if options.format == "json":
        return document.to_json() + "\n"
    from wechat_text.export import to_text

    width = 80 if options.output else min(shutil.get_terminal_size((80, 24)).columns, 100)
    return to_text(document, width=width, positions=options.positions)


def _write(text: str, output: str | None) -> None:
    if output is None:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReadError(f"cannot write {output}: {_detail(error)}") from error


def _close_output() -> None:
    """Keep the interpreter from writing the rest, and complaining, at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _detail(error: OSError) -> str:
    return "no space left on the disk" if error.errno == errno.ENOSPC else error.strerror or str(error)


def _models(arguments: list[str]) -> int:
    from wechat_text.alignment import probe
    from wechat_text.models import commands
    from wechat_text.translation import shortlist

    parser = argparse.ArgumentParser(
        prog=f"{PROG} models", description="List, fetch, verify and carry models."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser(subparsers)
    probe.add_parser(subparsers)
    shortlist.add_parser(subparsers)
    options = parser.parse_args(arguments)
    code: int = options.handler(options)
    return code


def _memory(arguments: list[str]) -> int:
    from wechat_text.translation import memory_commands

    parser = argparse.ArgumentParser(
        prog=f"{PROG} memory", description="Look into translation memories, carry them from and to TMX."
    )
    memory_commands.add_parser(parser.add_subparsers(required=True, metavar="COMMAND"))
    options = parser.parse_args(arguments)
    code: int = options.handler(options)
    return code
