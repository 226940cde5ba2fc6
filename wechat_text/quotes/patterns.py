"""Constructions of indirect speech within one sentence: which frame governs which words."""

from __future__ import annotations

from wechat_text.quotes import nouns, phrases, verbs
from wechat_text.quotes.clauses import Sentence
from wechat_text.quotes.frames import Found
from wechat_text.quotes.search import Search


def find(sentence: Sentence) -> list[Found]:
    """The indirect quotations of a sentence, outer ones only, in order."""
    if not sentence.chunks:
        return []
    search = Search(sentence)
    verbs.find(search)
    phrases.find(search)
    nouns.find(search)
    return sorted(search.found, key=lambda found: found.content[0])
