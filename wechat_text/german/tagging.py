"""Words with their class: HanTa's German model behind a bounded cache.

HanTa (Hanover Tagger, C. Wartena 2019: "A Probabilistic Morphology Model for German Lemmatization")
analyses each word form once; the cache keeps the analyses of the forms met last. Lemmas are worked
out only when somebody asks for them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from wechat_text.document import Span
from wechat_text.german.lexicon import abbreviations
from wechat_text.german.marks import ALL_MARKS

_WORD_FORMS = 50_000
_LONGEST_ANALYSED = 24
_IGNORED = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*"
    r"|(?:[^\W\d_]|[\u00ad])[\w\u00ad\u200b-\u200d\u2060]*(?:[-‐‑][^\W_][\w\u00ad\u200b-\u200d\u2060]*)*(?:['’][^\W\d_]+)?"
    r"|\.{2,}|[^\S\n]?[^\w\s]|_+",
)
_SPLIT_DOT = re.compile(r"\.")
_lock = threading.Lock()


class Token(NamedTuple):
    """A word or a punctuation mark.

    Attributes:
        span: in the document's text.
        text: as it stands there.
        pos: STTS tag (NN, NE, VVFIN, VVPP, PPER, ``$,`` …); quotation marks are ``$(``.
        sentence: number of its sentence.
    """

    span: Span
    text: str
    pos: str
    sentence: int

    @property
    def start(self) -> int:
        """First character."""
        return self.span.start

    @property
    def end(self) -> int:
        """Character behind the last."""
        return self.span.end

    @property
    def lemma(self) -> str:
        """Base form: infinitive with its prefix, nominative singular."""
        return lemma(self.text, self.pos)


def tag(text: str, sentences: Sequence[Span]) -> tuple[Token, ...]:
    """Tokens of all sentences in order.

    Zero-width characters belong to the word they stand in. Every other character that is not
    white space belongs to exactly one token. Linear in the length of the text; thread-safe.
    """
    tagger = _tagger()
    tokens: list[Token] = []
    for number, sentence in enumerate(sentences):
        spans = _token_spans(text, sentence)
        forms = [_form(text[a:b]) for a, b in spans]
        for (a, b), pos in zip(spans, _sentence_tags(tagger, forms), strict=True):
            tokens.append(Token(Span(a, b), text[a:b], pos, number))
    return tuple(tokens)


@lru_cache(_WORD_FORMS)
def lemma(word: str, pos: str) -> str:
    """Base form of `word` read as `pos`; the word itself where there is none to find."""
    form = _form(word)
    if pos[:1] not in "VNA" or pos in ("ART", "APPR", "ADV") or not form[0].isalpha():
        return form
    if len(form) > 2 * _LONGEST_ANALYSED:
        return form
    found: str = _tagger()._analyze(form, _tagger().tag2int[_hanta_name(pos)], 1)[0]
    return found


def _token_spans(text: str, sentence: Span) -> list[tuple[int, int]]:
    known = abbreviations()
    spans: list[tuple[int, int]] = []
    skip = -1
    for match in _TOKEN.finditer(text, sentence.start, sentence.end):
        start, end = match.span()
        if start < skip:
            continue
        if text[start].isspace():
            start += 1
        if end < sentence.end - 1 and text[end] == "." and text[end + 1] != ".":
            word = text[start:end].lower()
            ordinal = word.isdigit() and text[end + 1 : end + 2].isspace()
            if (
                ordinal
                or word in known.never
                or word in known.sometimes
                or (len(word) == 1 and word.isalpha())
            ):
                end += 1
                skip = end
        spans.append((start, end))
    return spans


def _form(word: str) -> str:
    if word in ALL_MARKS:
        return '"'
    return word.translate(_IGNORED) or word


def _sentence_tags(tagger: Any, forms: list[str]) -> list[str]:
    if not forms:
        return []
    numbers = tagger.tag_sent_viterbi(forms)
    return [_stts(tagger.int2tag[n], form) for n, form in zip(numbers, forms, strict=True)]


@cache
def _stts_name(name: str) -> str:
    return {"NNA": "NN", "NNI": "NN"}.get(
        name, name.replace("(", "", 1).replace(")", "") if len(name) > 2 else name
    )


def _stts(name: str, form: str) -> str:
    if form == '"' or (len(form) == 1 and not form.isalnum() and name in ("XY", "FM", "CARD", "NE", "NN")):
        return "$("
    if form[0].isdigit() and form.endswith("."):
        return "ADJA"
    if name in ("FM", "XY") and form[0].isupper() and len(form) > 1:
        return "NE"
    return _stts_name(name)


def _hanta_name(pos: str) -> str:
    return (
        f"{pos[:-3]}({pos[-3:]})"
        if pos[0] == "V" and pos[-3:] in ("FIN", "INF", "IMP", "IZU")
        else (
            f"{pos[:2]}({pos[2:]})" if pos[0] == "V" else f"ADJ({pos[3:]})" if pos.startswith("ADJ") else pos
        )
    )


def _tagger() -> Any:
    with _lock:
        return _load()


@cache
def _load() -> Any:
    from HanTa.HanoverTagger import HanoverTagger

    tagger = HanoverTagger("morphmodel_ger.pgz")
    analyse = lru_cache(_WORD_FORMS)(tagger.analyze_forward)
    # The end of a long compound decides its class, and the analysis is quadratic in the length.
    tagger.analyze_forward = lambda word: analyse(word[-_LONGEST_ANALYSED:])
    return tagger
