"""Quotations: direct speech in marks, and indirect speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wechat_text.document import Document, Quote
from wechat_text.german.tagging import Token
from wechat_text.quotes.direct import find_direct
from wechat_text.quotes.indirect import find_indirect

__all__ = ["find_quotes"]


def find_quotes(document: Document, tokens: Sequence[Token]) -> tuple[Quote, ...]:
    """All quotations, in order of their start, outer before inner; `Quote.within` tells the nesting.

    Args:
        document: with its body and sentences.
        tokens: of all its sentences, as `german.tagging.tag` gives them.
    """
    indirect = find_indirect(document, tokens, find_direct(document, tokens))
    reported = sorted((span, quote.kind) for quote in indirect for span in quote.spans)
    direct = find_direct(document, tokens, reported)
    quotes = sorted((*direct, *indirect), key=lambda q: (q.span.start, -q.span.end))
    found: list[Quote] = []
    around: list[Quote] = []
    for number, quote in enumerate(quotes, 1):
        while around and around[-1].span.end <= quote.span.start:
            around.pop()
        outer = next((q for q in reversed(around) if q.span.contains(quote.span)), None)
        found.append(replace(quote, id=f"q{number}", within=outer.id if outer else None))
        around.append(found[-1])
    return tuple(found)
