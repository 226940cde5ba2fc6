"""Bytes to text: which encoding, or which kind of binary file."""

from __future__ import annotations

import codecs
import re

from wechat_text.errors import ReadError

SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document (docx, odt, epub)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document (doc, xls)"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"RIFF", "an image, audio or video file (RIFF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"OggS", "an audio file"),
    (b"ID3", "an audio file"),
)
"""First bytes of files that people take for text, and what to call them."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

MAXIMUM_CONTROL = 0.02
"""Share of control characters above which decoded bytes are no text."""


def decode(content: bytes, name: str, declared: str | None = None) -> str:
    """The text that `content` encodes, without a byte order mark.

    In this order: byte order mark, the encoding declared, UTF-8, UTF-16 without a mark, cp1252 where it
    reads like German, charset-normalizer's guess (last, because a short text tells it little).

    Args:
        content: not empty.
        name: what to call the source in an error.
        declared: encoding that the content itself declares.

    Raises:
        ReadError: a binary file, or no encoding fits.
    """
    for signature, kind in SIGNATURES:
        if content.startswith(signature):
            raise ReadError(f"{name}: looks like {kind}, not text")
    if content[4:8] == b"ftyp":
        raise ReadError(f"{name}: looks like a video or image file (MP4, HEIC), not text")
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise ReadError(f"{name}: marked as {encoding}, but damaged at byte {error.start}") from None
    for encoding in filter(None, (declared, "utf-8", _utf16(content))):
        text = _strictly(content, encoding)
        if text is not None and _is_text(text):
            return text
    text = _strictly(content, "cp1252")
    if text is not None and _is_text(text) and not _UNLIKELY_IN_GERMAN.search(text):
        return text
    text = _guessed(content)
    if text is not None and _is_text(text):
        return text
    kind = "binary data" if b"\x00" in content[:4096] else "text in an unknown encoding or binary data"
    raise ReadError(f"{name}: cannot be decoded, looks like {kind}")


_UNLIKELY_IN_GERMAN = re.compile(
    "[^\x00-\x7f\xa0äöüÄÖÜßéèêëáàâçñóòôíîúùûøåæÉ„“”‚‘’‹›«»–—…€§°²³µ·•½¼¾×®©™´¡¿]"
    r"|(?<=\w)[„“‚‘‹›«»…•](?=\w)"  # DOS and Macintosh umlauts read as cp1252
)


def _strictly(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _is_text(text: str) -> bool:
    """Whether control characters are rare; a few stray NULs are kept and reported later."""
    control = sum((c < " " and c not in "\t\n\r\f\v\x1b") or "\x7f" <= c <= "\x9f" for c in text)
    return control <= max(3, MAXIMUM_CONTROL * len(text)) and control < len(text)


def _utf16(content: bytes) -> str | None:
    """UTF-16 without a byte order mark shows in Latin text: every second byte is NUL."""
    sample = content[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if len(content) % 2 or max(even, odd) < 0.3 * half or min(even, odd) > 0.05 * half:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _guessed(content: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(content).best()
    return None if best is None else str(best)
