"""Marks and blanks: what the model is given, and what a reader of the target language expects.

The models learn from text with one kind of blank, one apostrophe and paired marks; what differs from
that is rewritten for the model alone, and abbreviations are written out. Its output gets the marks,
blanks, full-width signs and decimal points of its language, whatever it wrote. Every change is a
`Rewriting`, so offsets follow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wechat_text.document import Span
from wechat_text.rewriting import Edit, Rewriting
from wechat_text.translation.addresses import ADDRESS, stand_ins
from wechat_text.translation.marks import double_marks
from wechat_text.translation.numerals import figures

QUOTES = {"de": ("„", "“"), "en": ("“", "”"), "zh": ("“", "”")}
"""Opening and closing double mark of each language."""

INNER_QUOTES = {"de": ("‚", "‘"), "en": ("‘", "’"), "zh": ("‘", "’")}
"""The marks of a quotation inside a quotation."""

_CJK = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_DOUBLED = re.compile(r"``|''|,,(?=\w)")
_APOSTROPHE = re.compile(r"(?<=\w)[’´`](?=\w)")
# “D. H.” and “V. A.” are somebody's initials
_ABBREVIATION = re.compile(
    r"\b(?:[zZ]\.\s?B|[dD]\.\s?h|[vV]\.\s?a|[iI]\.\s?d\.\s?R)\.(?=\s*[^\W_])"
    r"|(?<![\w-])(?:zig(?=\s+(?!zag)[^\W\d_])|[zZ]igtausend(?:en?)?\b)"
)
_WRITTEN_OUT = {
    "zb": "zum Beispiel",
    "dh": "das heißt",
    "va": "vor allem",
    "idr": "in der Regel",
    "zig": "Dutzende",
    "zigtausend": "Zehntausende",
    "zigtausende": "Zehntausende",
    "zigtausenden": "Zehntausenden",
}
"""Abbreviations, and what small models take for some number."""
_GERMAN_NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d+)(?!\w|[.,]\d)")
_SEPARATORS = str.maketrans(".,", ",.")
_ENGLISH_GAP = re.compile(r" +(?=[,.;:!?%)\]](?:\s|$|[”’]))|(?<=[(\[]) +")
_ENGLISH_START = re.compile(
    r"(?:A|An|The|This|That|These|Those|And|But|Or|In|On|At|By|Of|For|From|To|With|As|If|When|While|Where|Who|Which|Because"
    r"|So|After|Before|It|He|She|They|We|You|There|Is|Are|Was|Were|Has|Have|Had|Not|No|Only|Also|However)\b"
)
"""Words that have no capital inside a sentence."""
_STOP = re.compile(r"(?<!\b\w)(?<!\.)\.$|。$")  # but for those of U.S. and of ...
_CHINESE_GAP = re.compile(rf"(?<=[{_CJK}“”‘’…—]) +| +(?=[{_CJK}“”‘’…—])")
_CHINESE_SIGN = {",": "，", "?": "？", "!": "！", ":": "：", ";": "；", ".": "。"}
_CHINESE_HALF = re.compile(
    r"(?<=[\u3400-\u4dbf\u4e00-\u9fff”’》）%])(?:[,?!:;]|\.(?![\w.]))|(?<=[\w%])[,?!:;](?=[\u3400-\u4dbf\u4e00-\u9fff])"
)
_CHINESE_BRACKETS = re.compile(r"\(([^()]*[\u3400-\u4dbf\u4e00-\u9fff][^()]*)\)")
_CHINESE_DOTS = re.compile(r"\.{3,}|。{3,}|(?<!…)…(?!…)")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A segment as the model reads it.

    Attributes:
        rewriting: from the segment to the model's text.
        opening: marks at the segment's start that the model does not see and that its output gets again.
        closing: the same at the end.
        added_opening: number of marks put before the text because their partner stands in an earlier segment.
        added_closing: the same behind it.
        numbers: those with a German decimal or thousands sign.
        addresses: what stands for which address of the net.
    """

    rewriting: Rewriting
    opening: tuple[Span, ...] = ()
    closing: tuple[Span, ...] = ()
    added_opening: int = 0
    added_closing: int = 0
    numbers: frozenset[str] = frozenset()
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the model reads."""
        return self.rewriting.after


def prepare(segment: str, language: str) -> Prepared:
    """Rewrite a segment as the models have learnt the language.

    Addresses of the net get stand-ins, blanks become one blank each, invisible characters vanish, German
    abbreviations of several words are written out, *zig* becomes *Dutzende* ("dozens"), long numerals become
    figures, double marks become those of the language.
    Marks whose partner lies in another segment would be a riddle to a model that has seen pairs only:
    at the edge of the segment they are taken off (`opening`, `closing`), elsewhere the partner is added.
    A pair around the whole segment is taken off as well.
    """
    addresses = stand_ins(segment)
    standing = {name: match[0] for match, name in addresses.items()}
    masked = [Edit(*match.span(), name) for match, name in addresses.items()]
    plain = Rewriting(segment, [*masked, *_plain(segment, language, masked)])
    text = plain.after
    marks = list(double_marks(text))
    at = {mark.at: mark for mark in marks}
    added_opening = sum(not m.opens and m.partner is None for m in marks)
    added_closing = sum(m.opens and m.partner is None for m in marks)
    start, end = 0, len(text)
    opening: list[Span] = []
    closing: list[Span] = []
    while start < end:
        first, last = at.get(start), at.get(end - 1)
        if first and first.opens and first.partner is None and added_closing:
            opening.append(Span(start, start + 1))
            added_closing -= 1
            start += 1
        elif last and not last.opens and last.partner is None and added_opening:
            closing.append(Span(end - 1, end))
            added_opening -= 1
            end -= 1
        elif first and first.opens and first.partner == end - 1 and start < end - 1:
            opening.append(Span(start, start + 1))
            closing.append(Span(end - 1, end))
            start += 1
            end -= 1
        else:
            break
        start = next((i for i in range(start, end) if text[i] != " "), end)
        end = next((i for i in range(end, start, -1) if text[i - 1] != " "), start)
    if start >= end:  # nothing but marks
        return Prepared(plain, addresses=standing)
    open_mark, close_mark = QUOTES.get(language, QUOTES["en"])
    changed = [Edit(0, start, "")] if start else []
    changed += [Edit(end, len(text), "")] if end < len(text) else []
    changed += [
        Edit(m.at, m.at + 1, open_mark if m.opens else close_mark) for m in marks if start <= m.at < end
    ]
    changed += [Edit(start, start, open_mark)] * added_opening
    changed += [Edit(end, end, close_mark)] * added_closing
    return Prepared(
        _chain(plain, changed),
        tuple(map(plain.backward, opening)),
        tuple(map(plain.backward, reversed(closing))),
        added_opening,
        added_closing,
        frozenset(_GERMAN_NUMBER.findall(text)) if language == "de" else frozenset(),
        standing,
    )


def finish(output: str, language: str, prepared: Prepared) -> Rewriting:
    """Set the model's output as the target language does.

    Marks that `prepared` took off the source are set around it, marks that it added are removed, addresses
    take the places of what stood for them.
    """
    open_mark, close_mark = QUOTES.get(language, QUOTES["en"])
    marks = double_marks(output)
    edits: list[Edit] = []
    removed: set[int] = set()
    for marks_in_order, count in ((marks, prepared.added_opening), (marks[::-1], prepared.added_closing)):
        opens = marks_in_order is marks
        for mark in marks_in_order[:count]:
            outside = output[: mark.at] if opens else output[mark.at + 1 :]
            if mark.opens == opens and not any(c.isalnum() for c in outside):
                removed.add(mark.at)
                edits.append(Edit(mark.at, mark.at + 1, ""))
    surrounded = bool(prepared.opening) and bool(prepared.closing)
    inner = INNER_QUOTES.get(language, INNER_QUOTES["en"])
    for mark in marks:
        if mark.at not in removed:
            nested = (
                mark.depth % 2 == 1 if not surrounded else mark.depth % 2 == 0 and mark.partner is not None
            )
            pair = inner if nested else (open_mark, close_mark)
            edits.append(Edit(mark.at, mark.at + 1, pair[0] if mark.opens else pair[1]))
    edits += _low_marks(output, inner)
    edits += _numbers(output, prepared.numbers)
    rewriting = _chain(Rewriting(output, []), edits)
    for step in (_chinese_brackets, _target_blanks, _chinese_signs):
        rewriting = _chain(rewriting, list(step(rewriting.after, language)))
    rewriting = _chain(rewriting, list(_edges(rewriting.after, language, prepared.text)))
    rewriting = _chain(rewriting, list(_addresses(rewriting.after, prepared.addresses)))
    edges = [Edit(0, 0, open_mark)] * len(prepared.opening)
    edges += [Edit(len(rewriting.after), len(rewriting.after), close_mark)] * len(prepared.closing)
    return _chain(rewriting, edges)


def _plain(text: str, language: str, masked: Iterable[Edit]) -> Iterator[Edit]:
    """One kind of blank, one apostrophe, typed marks as one character, nothing abbreviated or invisible.

    What is `masked` stays as it is.
    """
    taken = {at for start, end, _ in masked for at in range(start, end)}
    stripped = len(text) - len(text.lstrip())
    for start, end, new in _reworded(text) if language == "de" else ():
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            yield Edit(start, end, new)
    for pattern, replacement in ((_INVISIBLE, ""), (_BLANKS, " "), (_DOUBLED, '"'), (_APOSTROPHE, "'")):
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                taken.update(range(*match.span()))
                new = (
                    ""
                    if match.start() < stripped or (pattern is _BLANKS and match.end() == len(text))
                    else replacement
                )
                if match[0] == ",,":
                    new = "„"
                if match[0] != new:
                    yield Edit(match.start(), match.end(), new)


def _reworded(text: str) -> Iterator[Edit]:
    """German abbreviations and numerals that small models do not know."""
    for match in _ABBREVIATION.finditer(text):
        full = _WRITTEN_OUT[re.sub(r"\W", "", match[0]).lower()]
        yield Edit(*match.span(), full[0].upper() + full[1:] if match[0][0].isupper() else full)
    for span, number in figures(text):
        yield Edit(span.start, span.end, number)


def _addresses(text: str, standing: Mapping[str, str]) -> Iterator[Edit]:
    """Each address where the model wrote what stands for it."""
    for name, address in standing.items():
        for match in re.finditer(rf"(?<![A-Za-z]){name}(?![A-Za-z])", text):
            yield Edit(*match.span(), address)


def _numbers(text: str, german: Collection[str]) -> Iterator[Edit]:
    """Numbers that the model copied from a German source; others use point and comma the other way."""
    for match in _GERMAN_NUMBER.finditer(text) if german else ():
        if match[0] in german:
            yield Edit(*match.span(), match[0].translate(_SEPARATORS))


def _low_marks(text: str, inner: tuple[str, str]) -> Iterator[Edit]:
    """German and French inner marks, which English and Chinese do not have."""
    for at, character in enumerate(text):
        if character in "‚›‹‛":
            opens = character == "‚" or (at + 1 < len(text) and text[at + 1].isalnum())
            yield Edit(at, at + 1, inner[0] if opens else inner[1])


def _chinese_brackets(text: str, language: str) -> Iterator[Edit]:
    if language == "zh":
        for match in _CHINESE_BRACKETS.finditer(text):
            yield Edit(match.start(), match.start() + 1, "（")
            yield Edit(match.end() - 1, match.end(), "）")


def _chinese_signs(text: str, language: str) -> Iterator[Edit]:
    if language == "zh":
        for match in _CHINESE_HALF.finditer(text):
            yield Edit(match.start(), match.end(), _CHINESE_SIGN[match[0]])
        for match in _CHINESE_DOTS.finditer(text):
            yield Edit(match.start(), match.end(), "……")


def _target_blanks(text: str, language: str) -> Iterator[Edit]:
    gaps = _CHINESE_GAP if language == "zh" else _ENGLISH_GAP
    taken: set[int] = set()
    edge = len(text) - len(text.lstrip()), len(text.rstrip())
    for match in gaps.finditer(text):
        taken.update(range(*match.span()))
        yield Edit(match.start(), match.end(), "")
    for match in _BLANKS.finditer(text):
        if taken.isdisjoint(range(*match.span())):
            outside = match.end() <= edge[0] or match.start() >= edge[1]
            new = "" if outside else " "
            if match[0] != new:
                yield Edit(match.start(), match.end(), new)


def _edges(text: str, language: str, source: str) -> Iterator[Edit]:
    """No capital and no full stop where the source is a part of a sentence and has none."""
    first = source.lstrip("„“”‚‘ ")[:1]  # a mark there may have been added
    if language == "en" and first.islower() and _ENGLISH_START.match(text):
        yield Edit(0, 1, text[0].lower())
    stop = _STOP.search(text)
    if stop and (source[-1:].isalnum() or source[-1:] == ","):
        comma = "，" if language == "zh" else ","
        yield Edit(*stop.span(), comma if source[-1] == "," else "")


def _chain(first: Rewriting, edits: list[Edit]) -> Rewriting:
    return first.then(edits) if edits else first


def has_words(text: str) -> bool:
    """Whether there is anything to translate: at least one letter outside of addresses of the net."""
    return any(unicodedata.category(c)[0] == "L" for c in ADDRESS.sub("", text))
