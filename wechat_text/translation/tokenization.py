"""Text to a Marian model's tokens and back, with the characters that each token stands for.

Sentencepiece does the cutting. The special tokens follow the Marian tokenizer of transformers: a
multi-target model reads ``>>code<<`` first, every source ends in ``</s>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wechat_text.document import Span
from wechat_text.errors import ModelFormatError

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

EOS = "</s>"
UNKNOWN = "<unk>"

BLANK = "\u2581"
"""How pieces write a blank."""

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_TARGET_TOKEN = re.compile(r">>[^<>]+<<")


class Tokens(NamedTuple):
    """The tokens of a text and their characters in it.

    Attributes:
        pieces: sentencepiece pieces, special tokens not among them.
        spans: one for each piece, without its leading blank, in order. Empty for a piece that is only
            a blank. Every byte piece of one character has that character's span.
    """

    pieces: tuple[str, ...]
    spans: tuple[Span, ...]


class Decoded(NamedTuple):
    """A text and the characters that each of its tokens gave; `spans` as in `Tokens`."""

    text: str
    spans: tuple[Span, ...]


class Tokenizer:
    """The tokens of one Marian model.

    Attributes:
        prefix: special tokens before every source, e.g. ``(">>cmn_Hans<<",)``.
    """

    def __init__(
        self, source: SentencePieceProcessor, target: SentencePieceProcessor, prefix: tuple[str, ...]
    ) -> None:
        self.prefix = prefix
        self._source = source
        self._target = target

    @classmethod
    def load(cls, folder: Path, target_token: str | None = None) -> Tokenizer:
        """The tokenizer of the Marian model in `folder`, which holds ``source.spm`` and ``target.spm``.

        Args:
            folder: a Hugging Face Marian folder.
            target_token: what a multi-target model reads first, e.g. ``">>cmn_Hans<<"``.

        Raises:
            ModelFormatError: a file is missing or unreadable.
        """
        source, target = (_load_processor(folder / name) for name in ("source.spm", "target.spm"))
        return cls(source, target, (target_token,) if target_token else ())

    def encode(self, text: str) -> Tokens:
        """The pieces of a source text."""
        return _encode(self._source, text)

    def encode_target(self, text: str) -> Tokens:
        """The pieces of a target text."""
        return _encode(self._target, text)

    def count(self, text: str) -> int:
        """Number of pieces of a source text."""
        return len(self._source.encode(text, out_type=str))

    def model_input(self, pieces: Sequence[str]) -> list[str]:
        """The tokens that the encoder reads: prefix, pieces, end."""
        return [*self.prefix, *pieces, EOS]


def decode(pieces: Iterable[str]) -> Decoded:
    """Join target pieces to a text without a leading blank.

    Special tokens give nothing; bytes that are no UTF-8 become U+FFFD.
    """
    text = ""
    spans: list[Span] = []
    run: list[int] = []

    def finish_bytes() -> None:
        nonlocal text
        for size, character in _characters(bytes(run)):
            spans.extend([Span(len(text), len(text) + 1)] * size)
            text += character
        run.clear()

    for piece in pieces:
        byte = _BYTE.fullmatch(piece)
        if byte:
            run.append(int(byte[1], 16))
            continue
        if run:
            finish_bytes()
        if piece in (EOS, UNKNOWN, "<pad>", "<s>") or _TARGET_TOKEN.fullmatch(piece):
            spans.append(Span(len(text), len(text)))
            continue
        surface = piece.replace(BLANK, " ")
        if not text:
            surface = surface.lstrip(" ")
        blanks = len(surface) - len(surface.lstrip(" "))
        spans.append(Span(len(text) + blanks, len(text) + len(surface)))
        text += surface
    if run:
        finish_bytes()
    return Decoded(text, tuple(spans))


def _characters(data: bytes) -> Iterable[tuple[int, str]]:
    """The characters of UTF-8 bytes, each with its number of bytes; U+FFFD for a byte out of place."""
    at = 0
    while at < len(data):
        for size in (1, 2, 3, 4):
            try:
                yield size, data[at : at + size].decode("utf-8")
            except UnicodeDecodeError:
                continue
            at += size
            break
        else:
            yield 1, "\ufffd"
            at += 1


def _encode(processor: SentencePieceProcessor, text: str) -> Tokens:
    pieces: list[str] = processor.encode(text, out_type=str)
    normalised, origin = processor.normalize(text, with_offsets=True)
    spans: list[Span] = []
    at = 0
    pending = 0
    for piece in pieces:
        if pending:
            pending -= 1
            spans.append(spans[-1])
            continue
        if _BYTE.fullmatch(piece) and not normalised.startswith(piece, at):
            pending = len(normalised[at].encode("utf-8")) - 1
            spans.append(Span(origin[at], origin[at + 1]))
            at += 1
            continue
        end = at + len(piece)
        start = at
        while start < end and normalised[start] == BLANK:
            start += 1
        spans.append(Span(origin[start], origin[end]) if start < end else Span(origin[end], origin[end]))
        at = end
    return Tokens(tuple(pieces), tuple(spans))


def _load_processor(path: Path) -> Any:
    from sentencepiece import SentencePieceProcessor

    processor: Any = SentencePieceProcessor()
    try:
        processor.Load(str(path))
    except (OSError, RuntimeError) as error:
        raise ModelFormatError(f"cannot load the sentencepiece model {path}: {error}") from error
    return processor
