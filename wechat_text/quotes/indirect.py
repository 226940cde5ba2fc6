"""Indirect speech: `X sagt, dass …`, `laut X`, Konjunktiv carried on from sentence to sentence.

One pass over the sentences: each is cut into clauses, its frames are found, and what it says about the last
speaker is remembered for the sentences that go on in Konjunktiv without a frame of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from wechat_text.document import Document, Quote, Span
from wechat_text.german.tagging import Token
from wechat_text.quotes import carried, clauses, patterns, reported
from wechat_text.quotes.drafts import Draft
from wechat_text.quotes.frames import Found, Range
from wechat_text.quotes.konjunktiv import Mood


def find_indirect(document: Document, tokens: Sequence[Token], direct: Sequence[Quote]) -> tuple[Quote, ...]:
    """All quotations without marks, in order of their start.

    Args:
        document: with its sentences.
        tokens: of the whole document, as `german.tagging.tag` gives them.
        direct: the direct speech found before; what stands inside it is left alone.

    Returns:
        Quotes of kinds `indirect`, `reported`, `free_indirect` and `indirect_free_indirect` with spans, cue,
        frame, addressee, the speaker's mention, a confidence and the evidence. Ids are provisional (`i1` …).
    """
    drafts: list[Draft] = []
    discourse = carried.Discourse()
    previous: tuple[Span, bool] | None = None
    marked = sorted(((q.span.start, q.span.end, q) for q in direct), key=lambda m: m[:2])
    at = 0
    for number, group in groupby(tokens, key=lambda token: token.sentence):
        words = list(group)
        start, end = words[0].span.start, words[-1].span.end
        while at < len(marked) and marked[at][1] <= start:
            at += 1
        here = []
        for i in range(at, len(marked)):
            if marked[i][0] >= end:
                break
            here.append(marked[i])
        whole, parts = _direct_ranges(document.text, words, here)
        sentence = clauses.parse(words, whole, parts)
        founds = patterns.find(sentence)
        if discourse.carries_on(number, sentence, founds):
            founds = []
        drafts.extend(_draft(document.text, words, found) for found in founds)
        if not founds and not here:
            said = reported.refers_back(document.text, sentence, previous)
            drafts.extend([said] if said else reported.find(document.text, sentence))
        discourse.step(document.text, number, sentence, drafts, [q for *_, q in here], bool(whole))
        previous = (Span(start, end), bool(founds or here))
    drafts = discourse.finish(drafts)
    drafts.sort(key=lambda d: (d.spans[0].start, -d.spans[-1].end))
    return tuple(_quote(document.text, n, draft) for n, draft in enumerate(drafts, 1))


def _direct_ranges(
    text: str, words: Sequence[Token], here: Sequence[tuple[int, int, Quote]]
) -> tuple[list[Range], list[Range]]:
    """Token ranges of direct speech: standing by itself, and as a part of a clause."""
    whole: list[Range] = []
    parts: list[Range] = []
    taken = -1
    for a, b, _ in here:
        if a < taken:
            continue
        inside = [i for i, t in enumerate(words) if a <= t.span.start < b]
        if not inside:
            continue
        first, last = inside[0], inside[-1] + 1
        before = words[first - 1].text if first else ""
        after = words[last].text if last < len(words) else ""
        free = before in ("", ":", ",", "–", "“", ".") and (
            after in ("", ",", ".", "–", ";", ":") or before == ":"
        )
        long = any(t.pos.endswith("FIN") for t in words[first:last])
        (whole if free and (long or before == ":" or not before) else parts).append((first, last))
        taken = b
    return whole, parts


def _spans(words: Sequence[Token], ranges: Sequence[Range]) -> tuple[Span, ...]:
    return tuple(Span(words[a].span.start, words[b - 1].span.end) for a, b in sorted(ranges) if a < b)


def _draft(text: str, words: Sequence[Token], found: Found) -> Draft:
    speaker = _spans(words, [found.speaker])[0] if found.speaker else None
    cue = _spans(words, found.cue)
    said = " … ".join(span.of(text) for span in cue)
    return Draft(
        kind="indirect",
        spans=_spans(words, found.content),
        confidence=confidence(found),
        speaker=speaker,
        cue=cue,
        frame=_spans(words, found.frame),
        addressee=_spans(words, [found.addressee] if found.addressee else []),
        evidence=(f"{EVIDENCE[found.pattern]}: “{said}”", *_speaker_evidence(text, speaker)),
    )


def _speaker_evidence(text: str, speaker: Span | None) -> Iterator[str]:
    yield f"said by “{speaker.of(text)}”" if speaker else "nobody is named"


EVIDENCE = {
    "dass": "clause with “dass” after a verb of saying",
    "question": "indirect question after a verb of saying or asking",
    "v2": "clause in reported form after a verb of saying",
    "zu": "infinitive with “zu” after a verb of saying or demanding",
    "inquit": "verb of saying behind what is said",
    "wie": "clause with “wie” naming the source",
    "laut": "source named by “laut” or “gemäß”",
    "zufolge": "source named by “zufolge”",
    "nach": "source named by “nach”",
    "so": "source named by “so”",
    "demnach": "“demnach” points back at a source",
    "wonach": "“wonach” after a source",
    "noun dass": "clause with “dass” after a noun of saying",
    "noun question": "indirect question after a noun of saying",
    "noun v2": "clause in Konjunktiv after a noun of saying",
    "noun zu": "infinitive with “zu” after a noun of saying",
    "referred": "“dies” and a verb of saying refer to the sentence before",
}


RELIABILITY = {
    "dass": 0.82,
    "question": 0.5,
    "v2": 0.45,
    "zu": 0.75,
    "inquit": 0.65,
    "so": 0.8,
    "nach": 0.83,
    "laut": 0.79,
    "zufolge": 0.85,
    "wie": 0.95,
    "noun dass": 0.6,
    "noun question": 0.6,
    "noun v2": 0.8,
    "noun zu": 0.65,
    "demnach": 1.2,
}
"""How often the construction holds for a verb that always reports, where no Konjunktiv confirms it."""

KONJUNKTIV = {"dass": 0.9, "inquit": 0.9, "v2": 0.83}
"""The same with a Konjunktiv in what is said; nouns of saying stay below."""


def confidence(found: Found) -> float:
    """Probability that the words are a quotation with these limits and this speaker.

    From the construction, its lexicon entry and the mood; set on development data.
    """
    if found.mood >= Mood.SECOND and found.pattern not in ("question", "noun question"):
        if found.pattern.startswith("noun"):
            return 0.5
        return round((found.trust + 0.06) * KONJUNKTIV.get(found.pattern, 0.8), 2)
    return round(found.trust * RELIABILITY.get(found.pattern, 1.0), 2)


def _quote(text: str, number: int, draft: Draft) -> Quote:
    return Quote(
        id=f"i{number}",
        spans=draft.spans,
        text=" … ".join(span.of(text) for span in draft.spans),
        kind=draft.kind,
        confidence=draft.confidence,
        speaker_mention=draft.speaker,
        cue=draft.cue,
        frame=draft.frame,
        addressee=draft.addressee,
        evidence=draft.evidence,
    )
