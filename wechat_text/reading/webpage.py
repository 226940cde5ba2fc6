"""The article in an HTML page, by trafilatura."""

from __future__ import annotations

import codecs
import re

from wechat_text.errors import ReadError

SNIFFED = 4_096
"""Number of characters or bytes at the start in which HTML and its charset show."""


def is_html(text: str) -> bool:
    """Whether `text` starts as an HTML page or fragment does."""
    return _START.match(text[:SNIFFED]) is not None


def declared_charset(content: bytes) -> str | None:
    """The encoding that an HTML page declares, as a Python codec; None where it declares none we know."""
    head = content[:SNIFFED]
    if not _START.match(head.decode("latin-1")):
        return None
    found = _CHARSET.search(head)
    if not found:
        return None
    label = found.group(1).decode("ascii").lower()
    try:
        return _READ_AS.get(label) or codecs.lookup(label).name
    except LookupError:
        return None


def article_text(html: str, name: str) -> str:
    """The article's paragraphs, blank lines between them; comments and page furniture left out.

    Raises:
        ReadError: no article was found in the page; `name` says in which.
    """
    import trafilatura

    extracted = trafilatura.extract(
        _QUOTATION.sub(lambda tag: "“" if tag[1] else "„", _XML_DECLARATION.sub("", html)),
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        output_format="txt",
    )
    if not extracted or not _SENTENCE.search(extracted):
        raise ReadError(f"{name}: an HTML page in which no article was found")
    return "\n\n".join(line.strip() for line in extracted.splitlines() if line.strip())


_START = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body|meta|title|main|article|section|div|h[1-6]|p|blockquote)\b",
    re.IGNORECASE | re.DOTALL,
)
_CHARSET = re.compile(rb"""(?:charset|<\?xml[^>]*\bencoding)\s*=\s*["']?\s*([a-z0-9_-]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")  # lxml refuses it in decoded text
_QUOTATION = re.compile(r"<(/?)q\b[^>]*>", re.IGNORECASE)  # browsers write these marks themselves
_SENTENCE = re.compile(r"\w[^.!?…。！？]*[.!?…。！？]")  # a menu has none
# As browsers read these labels (WHATWG Encoding Standard).
_READ_AS = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "utf-16": "utf-8",
}  # fmt: skip
