"""An author's biography at the end of an article, often glued to its last paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wechat_text.document import Span

EVIDENCE = ("role", "award", "career", "years")
"""Kinds of evidence in the lexicon; each counts once per sentence."""

THRESHOLD = 3
"""Points from which on a sentence starts a biography, when leftovers follow it."""

THRESHOLD_AT_END = 4
"""The same, when the text ends with it: an article about a writer may end so, too."""

SENTENCES = 4
"""Number of sentences at the end that are looked at."""


def find_biography(
    text: str, paragraph: Span, followed: bool, lexicon: Mapping[str, re.Pattern[str]]
) -> int | None:
    """Where the biography in the article's last `paragraph` starts, or None.

    A point for each kind of evidence, one for leftovers that follow, one for a person who was not named
    before; a sentence in which somebody is quoted or named earlier belongs to the article.

    Args:
        text: the whole text.
        paragraph: its last line of body.
        followed: whether page leftovers come after it.
        lexicon: patterns by kind of evidence, and "speech" against it.
    """
    sentences = _sentences(text, paragraph)[-SENTENCES:]
    found = None
    for start, end in reversed(sentences):
        sentence = text[start:end]
        if _QUOTED_SENTENCE.search(sentence) or lexicon["speech"].search(sentence):
            break
        kinds = [kind for kind in EVIDENCE if lexicon[kind].search(sentence)]
        subject = _subject(sentence)
        if subject and re.search(rf"\b{re.escape(subject)}\b", text[:start]):
            break
        points = len(kinds) + bool(subject) + followed
        enough = points >= (THRESHOLD if followed else THRESHOLD_AT_END)
        if enough and {"role", "award", "career"} & set(kinds):
            found = start
        elif not kinds and not _PRONOUN.match(sentence):
            break
    return found


def _sentences(text: str, paragraph: Span) -> Sequence[tuple[int, int]]:
    starts = [paragraph.start, *(m.end() for m in _BOUNDARY.finditer(text, paragraph.start, paragraph.end))]
    return list(zip(starts, [*starts[1:], paragraph.end], strict=True))


def _subject(sentence: str) -> str | None:
    """The name, or the mention of the author, that a sentence starts with."""
    name = _NAME.match(sentence) or _AUTHOR.match(sentence)
    return name.group(1) if name else None


_BOUNDARY = re.compile(r"(?:(?<=[^\W\d_]{2}[.!?…])|(?<=[.!?…)\d][“”\"»«›‹’‘'])|(?<=\)\.))\s+(?=[A-ZÄÖÜ])")
_QUOTED_SENTENCE = re.compile(r"[.!?…,][“”\"»«›‹’‘']|[“”\"»«›‹’‘'],\s+\w+te\b")
_NAME = re.compile(
    r"((?!(?:D(?:er|ie|as|en|em|es)|Als|Er|Sie|Es|Wir|Im|In|Bei|Seit|Mit|Nach|Vor|Auf|An|Am|Für|Von|Alle"
    r"|Viele|Einige|Beide|Manche|Jede[rs]?|Kein\w*|Ein\w*|Sein\w*|Ihr\w*|Unser\w*|Dies\w*|Auch|Und|Aber|Doch|Zum|Zur|Über)\b)"
    r"[A-ZÄÖÜ][\w’-]+(?:\s+(?:von\s+|van\s+|de\s+)?[A-ZÄÖÜ][\w’-]+){1,3})\b"
)
_AUTHOR = re.compile(r"(?:Der|Die) ((?:Gast)?(?:Autor|Verfasser)(?:in)?)\b")
_PRONOUN = re.compile(r"(?:Er|Sie|Zuvor|Außerdem|Zudem|Seine|Ihre|Sein|Ihr|Heute|Daneben)\b")
