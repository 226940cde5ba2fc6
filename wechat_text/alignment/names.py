"""Who speaks, readable in the target language.

A person's name stays as the article spells it (Pinyin does not determine characters). A name that is a
description (“Markenforscher für Kleinstunternehmen”) and every further description are translated by
themselves; an organisation is called what the translation calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from wechat_text.alignment.marks import SIGNS
from wechat_text.alignment.projection import align_spans
from wechat_text.document import Document, Span, Speaker, Translation
from wechat_text.german.lexicon import people

_ARTICLE = re.compile(
    r"^(?:d(?:er|ie|as|en|em|es)|ein(?:e[rmns]?)?|sein(?:e[rmns]?)?|ihr(?:e[rmns]?)?|unser(?:e[rmns]?)?"
    r"|dies(?:e[rmns]?)|viele|mehrere|einige|manche)\s+",
    re.IGNORECASE,
)
_ENGLISH_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
_SURE = 0.6
"""Least confidence for taking an organisation's name from the translated text."""


def phrases(document: Document) -> tuple[str, ...]:
    """What `speakers_in` wants translated by itself: each German description of a speaker, once."""
    wanted = [_ARTICLE.sub("", s.name) for s in document.speakers if not _is_proper(document, s)]
    wanted += [_ARTICLE.sub("", s.description) for s in document.speakers if s.description]
    return tuple(dict.fromkeys(text for text in wanted if text.strip()))


def speakers_in(
    document: Document, translation: Translation, translations: Mapping[str, str]
) -> tuple[tuple[Speaker, ...], tuple[str, ...]]:
    """Give every speaker a name and a description in the translation's language.

    Args:
        document: with its speakers.
        translation: of its text.
        translations: of its `phrases`, empty where none is usable.

    Returns:
        The document's speakers with `names` and `descriptions` filled in for this language, and notices
        on descriptions that stay in German.
    """
    language = translation.language
    translated = {text: _tidied(result, language) for text, result in translations.items()}
    speakers = []
    for speaker in document.speakers:
        names, descriptions = dict(speaker.names), dict(speaker.descriptions)
        names[language] = _name(document, translation, speaker, translated)
        if speaker.description:
            text = _ARTICLE.sub("", speaker.description)
            descriptions[language] = _lowered(translated.get(text) or text, speaker.description)
        speakers.append(replace(speaker, names=names, descriptions=descriptions))
    untranslated = ", ".join(text for text in translated if not translated[text])
    notice = f"{language}: left in German, no usable translation came: {untranslated}"
    return tuple(speakers), (notice,) if untranslated else ()


def persons(document: Document) -> Iterator[Speaker]:
    """The persons with a proper name."""
    return (s for s in document.speakers if s.kind == "person" and _is_proper(document, s))


def _is_proper(document: Document, speaker: Speaker) -> bool:
    """Whether the name is a proper one: capitals throughout, and no article before it in the text."""
    tokens = speaker.name.split()
    if not all(t[:1].isupper() or t[:1].isdigit() or t.lower() in people().particles for t in tokens):
        return False
    if speaker.kind in ("organisation", "person") and len(tokens) > 1:
        return True
    return not any(_has_article(document.text, span) for span in speaker.mentions) and speaker.kind != "group"


def _has_article(text: str, mention: Span) -> bool:
    before = text[max(0, mention.start - 12) : mention.start].split(" ")
    return bool(
        _ARTICLE.match(mention.of(text))
        or (len(before) > 1 and _ARTICLE.match(before[-2] + " ") and not before[-1])
    )


def _name(document: Document, translation: Translation, speaker: Speaker, translated: dict[str, str]) -> str:
    text = _ARTICLE.sub("", speaker.name)
    if text in translated:
        return _raised(translated[text]) or speaker.name
    if speaker.kind == "organisation" and speaker.name not in translation.text:
        return _in_text(document, translation, speaker) or speaker.name
    return speaker.name


def _in_text(document: Document, translation: Translation, speaker: Speaker) -> str | None:
    """What the translation calls the speaker where the article uses the full name."""
    for mention in speaker.mentions:
        if speaker.name not in mention.of(document.text):
            continue
        for segment in translation.segments:
            if segment.source.contains(mention):
                found = align_spans(
                    segment.source.of(document.text),
                    segment.target.of(translation.text),
                    [link.shift(-segment.source.start, -segment.target.start) for link in segment.links],
                    [mention.shift(-segment.source.start)],
                    translation.language,
                )
                if found.confidence >= _SURE:
                    return _tidied(found.text, translation.language)
    return None


def _tidied(text: str, language: str) -> str:
    """Without the full stop, quotation marks and article that a model likes to add."""
    text = text.strip().strip("".join(SIGNS)).rstrip(".。,， ").strip()
    return _ENGLISH_ARTICLE.sub("", text) if language == "en" else text


def _raised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lowered(text: str, german: str) -> str:
    """With a small first letter, unless the first word is an abbreviation or a name taken over unchanged."""
    first = text.split(" ", 1)[0]
    if first[1:2].islower() and first.rstrip(",'’s") not in german:
        return text[:1].lower() + text[1:]
    return text
