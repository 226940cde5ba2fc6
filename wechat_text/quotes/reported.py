"""Reported speech: `Der Minister kritisierte den Plan.` What was said is condensed into an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wechat_text.document import Span
from wechat_text.quotes import frames
from wechat_text.quotes.clauses import Sentence
from wechat_text.quotes.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wechat_text.quotes.frames import Found


def find(text: str, sentence: Sentence, founds: list[Found], direct: bool) -> Iterator[Draft]:
    """The sentence as reported speech, where its main verb reports and nothing in it is quoted more closely."""
    if founds or direct:
        return
    for clause in sentence.clauses:
        if clause.kind != "main":
            continue
        for predicate in frames.predicates(sentence, clause):
            if "object" not in predicate.trust:
                continue
            speaker = frames.subject(sentence, clause, predicate.finite)
            if predicate.passive or not frames.is_person_like(sentence.tokens, speaker):
                continue
            assert speaker is not None
            tokens = sentence.tokens
            mention = Span(tokens[speaker[0]].span.start, tokens[speaker[1] - 1].span.end)
            said = " … ".join(tokens[i].text for i in predicate.cue)
            yield Draft(
                kind="reported",
                spans=(Span(tokens[0].span.start, tokens[-1].span.end),),
                confidence=predicate.trust["object"],
                speaker=mention,
                evidence=(f"verb of saying with an object: “{said}”", f"said by “{mention.of(text)}”"),
            )
            return
