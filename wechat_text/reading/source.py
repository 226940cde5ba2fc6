"""A file or bytes, to article text."""

from __future__ import annotations

import os
from pathlib import Path

from wechat_text.errors import EmptyTextError, ReadError
from wechat_text.reading.decoding import decode
from wechat_text.reading.webpage import article_text, declared_charset, is_html

HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})


def read(source: str | os.PathLike[str] | bytes) -> str:
    """The article text of a file or of bytes: plain text as it stands, HTML without its page.

    Plain text keeps its line ends. Of HTML the article remains, a blank line between paragraphs. Offsets
    in a `Document` refer to what is returned here.

    Args:
        source: a path, or the content itself as bytes. A str is always a path, never text.

    Raises:
        ReadError: missing, a directory, not readable, binary, undecodable, or HTML without an article.
        EmptyTextError: nothing but blanks.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        name, content, suffix = "the bytes given", bytes(source), ""
    elif isinstance(source, (str, os.PathLike)):
        name, content, suffix = os.fspath(source), _content(source), Path(source).suffix.lower()
    else:
        raise ReadError(f"expected a path or bytes, not {type(source).__name__}")
    if not content.strip():
        raise EmptyTextError(f"{name}: empty")
    text = decode(content, name, declared_charset(content))
    if not text.strip():
        raise EmptyTextError(f"{name}: nothing but blanks")
    return article_text(text, name) if suffix in HTML_SUFFIXES or is_html(text) else text


def _content(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ReadError(f"{_shown(path)}: no such file") from None
    except IsADirectoryError:
        raise ReadError(f"{_shown(path)}: a directory, not a file") from None
    except PermissionError:
        raise ReadError(f"{_shown(path)}: no permission to read it") from None
    except OSError as error:
        raise ReadError(f"{_shown(path)}: cannot be read ({error.strerror or error})") from None
    except ValueError:
        raise ReadError(f"{_shown(path)}: not a path; pass text to analyze, or its bytes to read") from None


def _shown(path: str | os.PathLike[str]) -> str:
    """The path on one line, shortened: somebody may have passed the article itself."""
    shown = "".join(c if c.isprintable() else " " for c in os.fspath(path))
    return shown if len(shown) <= 120 else shown[:117] + "..."
