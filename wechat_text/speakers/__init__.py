"""Speakers: who says each quotation, and which mentions are the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wechat_text.document import Document
from wechat_text.german.tagging import Token
from wechat_text.speakers.attribution import attribute
from wechat_text.speakers.identity import resolve, speakers
from wechat_text.speakers.mentions import find_mentions

__all__ = ["attribute_speakers"]


def attribute_speakers(document: Document, tokens: Sequence[Token]) -> Document:
    """The document with its speakers, and with speaker, mention, cue and evidence of every quote.

    Args:
        document: with sentences and quotes.
        tokens: of all its sentences, as `german.tagging.tag` gives them.
    """
    mentions = find_mentions(document.text, tokens)
    quoted, quotes = attribute(document, tokens, mentions)
    known = {mention.span for mention in mentions}
    others = {m.span: m for m in quoted.values() if m.span not in known}
    everybody = sorted((*mentions, *others.values()), key=lambda m: m.span)
    spoken = [q.span for q in quotes if q.kind == "direct" and q.within is None]
    ids, found = speakers(document.text, quoted, resolve(document.text, everybody, spoken))
    return replace(document, quotes=tuple(replace(q, speaker=ids.get(q.id)) for q in quotes), speakers=found)
