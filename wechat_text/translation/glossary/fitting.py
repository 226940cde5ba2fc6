"""A term made to fit its place in a sentence: capital letter, number, article."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from wechat_text.alignment.links import words
from wechat_text.document import Span
from wechat_text.rewriting import Edit
from wechat_text.translation.glossary.terms import Term
from wechat_text.translation.joining import UNSPACED

_SENTENCE_START = re.compile(r"(?:^|[.!?…:]\s|[“‘\"«(])\W*$")
_ARTICLE = re.compile(r"\b(an?)\s+$", re.IGNORECASE)
_VOWEL = re.compile(r"(?i:[ai]|e(?!u)|o(?!n(?:e|ce)\b)|u(?!ni|s[aeiu]|ti|[bk]i))|[FHLMNRSX](?=[A-Z])")
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$")
_HEAD = re.compile(r"(\w+)(?: of .*)?$")
_PLURAL = re.compile(r".*[^usi']s|.*(?:people|men|children|media|data)", re.IGNORECASE)


def places(text: str, within: Span, form: str, language: str) -> Iterator[Span]:
    """Where `form` stands in a part of the text, whatever its capitals; in English with a plural -s too."""
    for match in _pattern(form, language).finditer(text, *within):
        yield Span(*match.span())


def form_for(text: str, within: Span, room: Span, term: Term, language: str) -> str:
    """Which form of `term` takes a room: in English the second where the noun is in the plural.

    That is so where the words in the room are, and where a singular would stand without any determiner.
    """
    first, *others = term.forms(language)
    if language != "en" or not others:
        return first
    old = room.of(text)
    # a German singular that the model copied may end in -s as well
    plural = (_is_plural(old) and old not in term.source) or _is_bare(text, within, room)
    return others[0] if plural else first


def replacement(text: str, within: Span, room: Span, form: str, language: str) -> Iterator[Edit]:
    """The edits that set `form` in the room of a segment, its surroundings adapted to it."""
    before = text[within.start : room.start]
    raised = text[room.start].isupper() and bool(_SENTENCE_START.search(before))
    if language == "en" and (article := _ARTICLE.search(before)):
        start = within.start + article.start()
        if _is_plural(form):
            yield Edit(start, room.start, "")
            raised = article[1][0].isupper()
        else:
            new = "an" if _VOWEL.match(form) else "a"
            new = new.capitalize() if article[1][0].isupper() else new
            if new != article[1]:
                yield Edit(start, start + len(article[1]), new)
    if language in UNSPACED and _would_merge(before[-1:], form[0]):
        yield Edit(room.start, room.start, " ")
    yield Edit(*room, form[0].upper() + form[1:] if raised and form.split()[0].islower() else form)
    if language in UNSPACED and _would_merge(form[-1], text[room.end : within.end][:1]):
        yield Edit(room.end, room.end, " ")


def capitals(text: str, span: Span, form: str) -> Iterator[Edit]:
    """The edits that give a term found at `span` the capitals of `form`; small letters insist on nothing."""
    found = text[span.start : span.start + len(form)]
    if form.islower() or found.isupper() or found[1:] == form[1:]:
        return
    yield Edit(span.start, span.start + len(form), form)


def widened(text: str, within: Span, room: Span, form: str) -> Span:
    """The room with neighbouring words that the form repeats, and without the -'s of an owner."""
    tokens = [word.shift(within.start) for word in words(within.of(text))]
    parts = [span.of(form) for span in words(form)]
    before = [t for t in tokens if t.end <= room.start]
    after = [t for t in tokens if t.start >= room.end]
    start, end = room
    for size in range(len(parts) - 1, 0, -1):
        if [t.of(text) for t in before[-size:]] == parts[:size]:
            start = before[-size].start
        if [t.of(text) for t in after[:size]] == parts[-size:]:
            end = after[size - 1].end
    if end == room.end and (owner := _POSSESSIVE.search(text[start:end])):
        end -= len(owner[0])
    return Span(start, end)


def function_words(language: str) -> frozenset[str]:
    """The words of a language that no noun is translated with."""
    return _listed(language) | (_listed("determiners") if language == "en" else frozenset())


@cache
def _listed(name: str) -> frozenset[str]:
    data = tomllib.loads(files(__package__).joinpath("functions.toml").read_text(encoding="utf-8"))
    return frozenset(data.get(name, "").split())


def _is_bare(text: str, within: Span, room: Span) -> bool:
    """Whether an English noun has no determiner and is not the first part of a longer name."""
    after = text[room.end : within.end].lstrip(" ")
    following = re.match(r"[^\W_]+", after)
    if after[:1] in ("'", "’", "-") or (following and following[0].lower() not in function_words("en")):
        return False
    for word in reversed(words(text[within.start : room.start])):
        token = word.of(text[within.start :]).lower()
        if token in _listed("determiners") or token.endswith(("'s", "’s")) or token.isdigit():
            return False
        if token in function_words("en"):
            break
    return True


@cache
def _pattern(form: str, language: str) -> re.Pattern[str]:
    written = r"[\s-]+".join(map(re.escape, form.split()))
    if language in UNSPACED:
        return re.compile(written, re.IGNORECASE)
    ending = "s?" if language == "en" else ""
    return re.compile(rf"(?<!\w){written}{ending}(?!\w)", re.IGNORECASE)


def _is_plural(phrase: str) -> bool:
    head = _HEAD.search(_POSSESSIVE.sub("", phrase))
    return bool(head and _PLURAL.fullmatch(head[1]))


def _would_merge(left: str, right: str) -> bool:
    """Whether two characters would become one word: Latin letters and digits."""
    return all(c.isalnum() and not "\u2e80" <= c <= "\U0003ffff" for c in (left or " ", right or " "))
