"""A vocabulary shortlist: for each source piece the target pieces that it may need; decoding skips the rest.

``python -m wechat_text models shortlist FOLDER PAIRS.tsv --target en`` reads parallel text with the model
itself and writes ``shortlist.txt`` into its folder; CTranslate2 uses it from the next conversion on. The
candidates of a batch are those of all its sentences together, so a sentence may be translated in other words
beside other neighbours; without the file nothing of this happens.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from wechat_text.errors import InputError, ReadError
from wechat_text.models import conversion, marian, store
from wechat_text.models.registry import spec_from_folder
from wechat_text.translation.backends import Attention
from wechat_text.translation.tokenization import Tokenizer

if TYPE_CHECKING:
    from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend

PER_PIECE = 50
"""Most candidates of one source piece, beside the common ones."""

COMMON = 500
"""The most frequent target pieces, which are candidates for every source."""

_BATCH = 64


def candidates(
    read: Iterable[tuple[Sequence[str], Sequence[str], Attention]], vocabulary: Iterable[str]
) -> dict[str, list[str]]:
    """Source piece to its target pieces; the empty piece has those that are always allowed.

    Args:
        read: source pieces, target pieces, and how much each target piece looked at each source piece,
            (target pieces, source pieces).
        vocabulary: all target pieces. Bytes and single characters other than Chinese ones are always
            allowed, so that any name can be spelt; a source piece that is a target piece may be copied.
    """
    weights: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    frequencies: Counter[str] = Counter()
    for source, target, attention in read:
        frequencies.update(target)
        for piece, row in zip(target, attention, strict=True):
            for at in row.argsort()[-2:]:
                weights[source[at]][piece] += float(row[at])
    pieces = set(vocabulary)
    always = {piece for piece in pieces if _spelling(piece)}
    always.update(piece for piece, _ in frequencies.most_common(COMMON))
    found = {"": sorted(always)}
    for source_piece in sorted(pieces | weights.keys()):
        own = weights[source_piece]
        chosen = sorted((piece for piece in own if piece not in always), key=lambda p: -own[p])[:PER_PIECE]
        if source_piece in pieces - always and source_piece not in chosen:
            chosen.append(source_piece)
        if chosen:
            found[source_piece] = chosen
    return found


def merge(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Both lists of candidates together, for a model with several target languages."""
    return {
        piece: list(dict.fromkeys([*one.get(piece, ()), *other.get(piece, ())])) for piece in {**one, **other}
    }


def write(path: Path, found: Mapping[str, Sequence[str]]) -> None:
    """One line for each source piece: the piece, tab, its candidates with blanks between."""
    lines = (f"{piece}\t{' '.join(chosen)}\n" for piece, chosen in sorted(found.items()))
    path.write_text("".join(lines), encoding="utf-8")


def read(path: Path) -> dict[str, list[str]]:
    """What `write` wrote."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if "\t" in line)
    return {piece: chosen.split(" ") for piece, chosen in rows}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register ``shortlist``; its `handler` takes the options and returns the exit code."""
    parser = subparsers.add_parser("shortlist", help="let a model of your own decode from fewer candidates")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a Marian folder")
    parser.add_argument("pairs", metavar="PAIRS.tsv", type=Path, help="lines of source, tab, translation")
    parser.add_argument("--source", default="de", metavar="LANG")
    parser.add_argument("--target", default="en", metavar="LANG")
    parser.set_defaults(handler=_run)


def _run(options: argparse.Namespace) -> int:
    from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend

    spec = spec_from_folder(options.folder, options.source, options.target)
    local = store.ensure_local(spec)
    config = marian.read_config(local.folder)
    backend = CTranslate2Backend(conversion.convert(local), max_positions=config.max_position_embeddings)
    tokenizer = Tokenizer.load(local.folder, spec.target_tokens.get(options.target))
    vocabulary = marian.read_vocabulary(local.folder, config).target
    found = candidates(_forced(backend, tokenizer, _pairs(options.pairs)), vocabulary)
    path = options.folder / marian.SHORTLIST
    if path.exists():
        found = merge(read(path), found)
    with store.writing(path):
        write(path, found)
    print(f"{path}: {len(found[''])} pieces for every source, {len(found) - 1} source pieces with their own")
    return 0


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                fields = line.rstrip("\n").split("\t")
                if len(fields) < 2:
                    raise InputError(f"{path}:{number}: no tab between source and translation")
                yield fields[0], fields[1]
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {path}: {error}") from error


def _forced(
    backend: CTranslate2Backend, tokenizer: Tokenizer, pairs: Iterable[tuple[str, str]]
) -> Iterator[tuple[Sequence[str], Sequence[str], Attention]]:
    """Source pieces, target pieces and attention of the pairs that are neither empty nor too long."""
    rows = (
        (tokenizer.encode(source).pieces, tokenizer.encode_target(target).pieces) for source, target in pairs
    )
    fit = ((s, t) for s, t in rows if s and t and max(len(s), len(t)) < backend.max_positions - 3)
    while batch := list(islice(fit, _BATCH)):
        inputs = [tokenizer.model_input(source) for source, _ in batch]
        attention = backend.attention(inputs, [target for _, target in batch])
        for row, (_, target), matrix in zip(inputs, batch, attention, strict=True):
            yield row[:-1], target, matrix


def _spelling(piece: str) -> bool:
    bare = piece.lstrip("\u2581")
    return piece.startswith("<") or (len(bare) <= 1 and not "\u3400" <= bare <= "\u9fff")
