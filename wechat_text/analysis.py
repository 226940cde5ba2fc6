"""The German side: what language it is, what belongs to the article, who says what."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace

from wechat_text import language, quotes, reading, speakers
from wechat_text.document import Document, Language, Sentence
from wechat_text.errors import (
    EmptyTextError,
    InputError,
    InvalidTextError,
    NotGermanError,
    UnknownNameError,
)
from wechat_text.german import sentences, tagging

_SURROGATE = re.compile("[\ud800-\udfff]")


def analyze(text: str, *, source: str | None = None) -> Document:
    """Find language, article body, sentences, quotes and speakers; no model weights are needed.

    Args:
        text: the article; `Document.text` is exactly this string.
        source: "de" skips the detection of the language.

    Raises:
        EmptyTextError: nothing but blanks.
        InvalidTextError: the string holds lone surrogates.
        NotGermanError: another language was recognised.
        UnknownNameError: a `source` other than "de".
    """
    notices = _check(text, source)
    body, leftovers = reading.split_leftovers(text)
    if not body:
        notices.append("no article found: the whole text looks like remains of a page")
    article = "\n".join(span.of(text) for span in body) or text
    found = _language(article, source, notices)
    spans = sentences.split_sentences(text, body)
    document = Document(
        text=text,
        language=found,
        body=body,
        leftovers=leftovers,
        sentences=tuple(Sentence(span, language.foreign_language(span.of(text)) or "de") for span in spans),
    )
    foreign = Counter(s.language for s in document.sentences if s.language != "de")
    for code, count in foreign.items():
        notices.append(f"{count} sentence(s) in {code!r} inside the article, left untranslated")
    tokens = tagging.tag(text, spans)
    document = replace(document, quotes=quotes.find_quotes(document, tokens))
    document = speakers.attribute_speakers(document, tokens)
    return replace(document, notices=(*document.notices, *notices))


def _check(text: str, source: str | None) -> list[str]:
    """Refuse what cannot be worked on; the notices for what is merely odd."""
    if not isinstance(text, str):
        raise InputError(
            f"text must be a str, not {type(text).__name__}; use wechat_text.read for files and bytes"
        )
    if source not in (None, "de"):
        raise UnknownNameError("source language", str(source), ["de"])
    if surrogate := _SURROGATE.search(text):
        raise InvalidTextError(
            f"lone surrogate U+{ord(surrogate.group()):04X} at offset {surrogate.start()}: "
            "decode the text with its real encoding"
        )
    characters = set(text)
    odd = {c for c in characters if unicodedata.category(c) in ("Cc", "Cf") and c not in "\t\n\r\f\v\u00ad"}
    if not text.strip() or all(c.isspace() or c in odd for c in characters):
        raise EmptyTextError("the text is empty")
    if odd:
        names = ", ".join(f"U+{ord(c):04X}" for c in sorted(odd))
        count = sum(text.count(c) for c in odd)
        return [f"{count} control or zero-width character(s) in the text ({names}), kept as they are"]
    return []


def _language(article: str, source: str | None, notices: list[str]) -> Language:
    if source is not None:
        return Language(source, 1.0, "given by the caller")
    found = language.detect_language(article)
    if found.code is None:
        notices.append(f"language not recognised ({found.reason}); read as German")
    elif found.code != "de":
        raise NotGermanError(found.code, found.confidence)
    return found
