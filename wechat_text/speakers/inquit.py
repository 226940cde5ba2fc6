"""Inquits: the words around direct speech that tell who speaks (``sagte X``, ``so X``, ``X:``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wechat_text.german import lexicon
from wechat_text.german.tagging import Token
from wechat_text.quotes import reporting
from wechat_text.quotes.nominals import (
    can_be_subject,
    is_certain_subject,
    is_noun,
    is_somebody,
    is_time,
    phrase_end,
    skip_adverbs,
)

_BOUNDARIES = frozenset(",;:–—-(")
_SUBORDINATORS = frozenset(
    ["wie", "dass", "weil", "als", "nachdem", "während", "wenn", "obwohl", "da", "indem", "ob", "damit"]
)
_DATIVE = frozenset(
    [
        "dem",
        "der",
        "den",
        "einem",
        "einer",
        "ihm",
        "ihr",
        "ihnen",
        "mir",
        "uns",
        "seinem",
        "seiner",
        "ihrem",
        "ihrer",
        "diesem",
    ]
)
_NOT_SPEAKERS = frozenset(["es", "das", "dies", "dieses", "was", "man", "sich", "alles", "nichts", "etwas"])
_RELATIVE = frozenset(["der", "die", "das", "welcher", "welche", "welches"])
_SOURCES = frozenset(["in", "im", "aus", "von", "vom", "bei", "beim", "auf", "seitens"])
_STANDING = frozenset(["stehen", "finden", "lesen"])
_QUOTING = frozenset(["zitieren", "wiedergeben"])


class Range(NamedTuple):
    """Tokens [start, end) of a sentence part."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Inquit:
    """What an inquit says; ranges count tokens of the part that was read.

    Attributes:
        speaker: the noun phrase, or None (``heißt es``).
        cue: verb with particle and auxiliary, or the word that stands for it.
        addressee: the person spoken to, or None.
        trust: how sure, in [0, 1].
        reason: in words.
    """

    speaker: Range | None
    cue: tuple[Range, ...]
    addressee: Range | None
    trust: float
    reason: str


def read_inquit(
    part: Sequence[Token], *, follows: bool, colon: bool = False, around: bool = False
) -> Inquit | None:
    """The inquit in `part`, the tokens on one side of a quotation inside its sentence.

    Args:
        part: tokens outside the marks, in order.
        follows: the part stands behind the quotation.
        colon: the part ends with a colon that introduces the quotation.
        around: the part stands on both sides, the quotation inside its clause.
    """
    tried = (_source(part), _so(part, follows), _talk(part), *_verbs(part, follows, colon, around))
    found = [i for i in tried if i]
    if not found and (colon or (follows and _is_ellipsis(part))):
        found = [i for i in [_bare(part)] if i]
    return max(found, key=lambda i: i.trust + (0.15 if i.speaker else 0.0), default=None)


def subject(part: Sequence[Token], finite: int, *, front: bool = False) -> Range | None:
    """The noun phrase that is the subject of the finite verb at `finite`.

    Args:
        part: tokens of the clause and what stands around it.
        finite: index of the verb.
        front: the quotation itself stands before the verb, so the subject follows it.
    """
    behind = _behind(part, finite)
    if behind is not None and (front or (behind.start == finite + 1 and is_certain_subject(part, *behind))):
        return behind
    before = _before(part, finite)
    if before is None or behind is None:
        return before or behind
    inverted = is_certain_subject(part, *behind) and not is_certain_subject(part, *before)
    nearer = is_somebody(part, *behind) and not is_somebody(part, *before)
    return behind if (inverted or nearer) and behind.start <= finite + 3 else before


def main_subject(part: Sequence[Token]) -> Range | None:
    """The subject of the first main clause in a sentence."""
    for i, token in enumerate(part):
        if token.pos.endswith("FIN") and not _subordinate(part, i):
            found = subject(part, i)
            if found is not None:
                return found
    return next(_phrases(part, 0, len(part)), None)


def _verbs(part: Sequence[Token], follows: bool, colon: bool, around: bool) -> Iterator[Inquit]:
    for i, token in enumerate(part):
        if not token.pos.startswith("VV"):
            continue
        verb, particle = _speech_verb(part, i)
        if verb is None:
            continue
        finite = i if token.pos in ("VVFIN", "VVIMP") else _auxiliary(part, i)
        if finite is None:
            continue
        front = follows and finite <= 1
        trust = 0.35 + 0.4 * verb.strength
        trust += 0.2 if front else 0.0
        trust += 0.1 if colon and not follows else 0.0
        trust -= 0.15 if _subordinate(part, finite) and not front else 0.0
        trust -= 0.008 * min(20, i if follows else len(part) - 1 - max(i, particle or 0))
        if verb.strength < 0.5 and not (front or colon or (around and finite > len(part) - 3)):
            continue
        speaker = subject(part, finite, front=front)
        if verb.lemma in _STANDING and speaker is not None and _is_said(part, speaker):
            speaker = _in_source(part, finite) or speaker
        if token.pos == "VVPP" and verb.lemma not in _QUOTING and _is_passive(part, finite):
            speaker = _agent(part, finite)
        if verb.lemma in _QUOTING:
            speaker = _quoted(part, finite, speaker)
        if verb.lemma in ("heißen", "lauten") or (speaker and part[speaker.start].text.lower() == "es"):
            speaker = _in_source(part, finite) or (None if verb.lemma == "heißen" else speaker)
        if speaker is not None and _is_expletive(part, speaker):
            speaker = None
        cue = sorted({finite, i} | ({particle} if particle is not None else set()))
        yield Inquit(
            speaker,
            tuple(Range(c, c + 1) for c in cue),
            _addressee(part, finite, speaker, verb.dative),
            min(trust, 0.97),
            f"verb of saying “{token.text}”",
        )


def _speech_verb(part: Sequence[Token], at: int) -> tuple[reporting.SpeechVerb | None, int | None]:
    lemma = part[at].lemma
    for i in range(at + 1, len(part)):
        if part[i].pos == "PTKVZ" or (
            part[i].pos in ("APPR", "ADV") and i + 1 < len(part) and part[i + 1].text in ",.:"
        ):
            verb = reporting.speech_verb(lemma, part[i].text)
            if verb is not None:
                return verb, i
        if part[i].pos.endswith("FIN"):
            break
    return reporting.speech_verb(lemma), None


def _is_passive(part: Sequence[Token], finite: int) -> bool:
    return part[finite].lemma == "werden" or any(t.text == "worden" for t in part[finite:])


def _is_said(part: Sequence[Token], phrase: Range) -> bool:
    """Whether a noun phrase is about words: ``die Feststellung``."""
    nouns = lexicon.speech_nouns()
    return any(t.lemma in nouns for t in part[phrase.start : phrase.end])


def _auxiliary(part: Sequence[Token], at: int) -> int | None:
    """The finite verb that belongs to the participle or infinitive at `at`."""
    if at + 1 < len(part) and part[at + 1].pos in ("VAFIN", "VMFIN"):
        return at + 1
    before = [i for i in range(at - 1, -1, -1) if part[i].pos in ("VAFIN", "VMFIN")]
    if before:
        return before[0]
    return next((i for i in range(at + 1, min(at + 4, len(part))) if part[i].pos in ("VAFIN", "VMFIN")), None)


def _so(part: Sequence[Token], follows: bool) -> Inquit | None:
    """``„…“, so X``, ``So X.`` and ``…, so X: „…“``."""
    for i, token in enumerate(part[:3] if follows else part):
        if token.text.lower() == "so" and (follows or (i and part[i - 1].text in ",–")):
            start = (
                skip_adverbs(part, i + 1, len(part))
                if part[i + 1 : i + 2] and part[i + 1].pos != "ART"
                else i + 1
            )
            end = phrase_end(part, start, len(part))
            if not follows and skip_adverbs(part, end, len(part)) < len(part) - 1:
                continue
            if end > start and can_be_subject(part, start, end):
                return Inquit(Range(start, end), (Range(i, i + 1),), None, 0.95, "“so …” names the source")
    return None


def _source(part: Sequence[Token]) -> Inquit | None:
    """``laut X``, ``X zufolge``, ``nach Angaben von X``."""
    for i, token in enumerate(part):
        word = token.text.lower()
        if word in ("laut", "gemäß"):
            end = phrase_end(part, i + 1, len(part))
            if end > i + 1:
                return Inquit(
                    Range(i + 1, end), (Range(i, i + 1),), None, 0.8, f"source named by “{token.text}”"
                )
        if word == "zufolge":
            start = next((s for s in range(max(0, i - 8), i) if phrase_end(part, s, i) == i), None)
            if start is not None:
                return Inquit(Range(start, i), (Range(i, i + 1),), None, 0.8, "source named by “zufolge”")
        if word == "nach" and i + 1 < len(part):
            end = phrase_end(part, i + 1, len(part))
            nouns = [t for t in part[i + 1 : end] if t.pos == "NN"]
            if nouns and lexicon.speech_nouns().get(nouns[0].lemma, 0) == 1.0 and end > i + 2:
                return Inquit(
                    Range(i + 1, end), (Range(i, i + 1),), None, 0.85, f"source named by “{token.text}”"
                )
    return None


def _talk(part: Sequence[Token]) -> Inquit | None:
    """``in dem Schreiben ist von „…“ die Rede``."""
    rede = next((i for i, t in enumerate(part) if t.text == "Rede" and i and part[i - 1].text == "die"), None)
    finite = next((i for i, t in enumerate(part) if t.pos == "VAFIN"), None)
    if rede is None or finite is None or part[finite].lemma != "sein":
        return None
    cue = (Range(finite, finite + 1), Range(rede - 1, rede + 1))
    return Inquit(_in_source(part[: rede - 1], finite), cue, None, 0.8, "“die Rede sein”")


def _bare(part: Sequence[Token]) -> Inquit | None:
    """``X: „…“`` without a verb of saying: the subject of the sentence."""
    finite = next((i for i, t in enumerate(part) if t.pos.endswith("FIN")), None)
    found = main_subject(part) if finite is not None else next(_phrases(part, 0, len(part)), None)
    if found is None:
        return None
    return Inquit(found, (), None, 0.65 if finite is None else 0.5, "named beside it without a verb")


def _is_ellipsis(part: Sequence[Token]) -> bool:
    """``„…“, ein anderer``: the verb is that of the sentence before."""
    return 2 <= len(part) <= 7 and part[0].text == "," and not any(t.pos.endswith("FIN") for t in part)


def _before(part: Sequence[Token], finite: int) -> Range | None:
    if finite == 0:
        return None
    previous = part[finite - 1].text.lower()
    start = finite
    while start > 0 and not _is_boundary(part, start - 1) and not _subordinates(part, start - 1):
        start -= 1
        if part[start].text == ")":
            start = next((i for i in range(start, -1, -1) if part[i].text == "("), start)
    if previous in (",", ")", "und", "oder", "sowie", "–", "-"):
        start = 0 if previous in ("und", "oder", "sowie") else _clause_start(part, finite)
        if part[start].pos in ("KOUS", "KOKOM", "APPR") and (previous == "," or start):
            return None  # `Als der Regen kam, sagte X`
    phrases = list(_phrases(part, start, finite))
    if start and part[start - 1].text == "," and part[start].text.lower() in _RELATIVE:
        named = next((p for p in phrases if is_somebody(part, *p)), None)
        return named or _antecedent(part, start - 1)
    if not phrases:
        return None
    first = phrases[0]
    if start and _subordinates(part, start - 1):
        return first
    if previous in (",", "und", "oder", "–", "-", ")"):
        return first
    if part[start].pos in ("APPR", "APPRART", "KOKOM") or part[start].text == "Als":
        return None
    # Vorfeld: whatever stands first; behind a preposition or an adverb the subject follows the verb
    lead = part[start]
    return (
        first
        if first.start <= start + 1 or (lead.pos in ("KON", "ADV", "$(") and first.start <= start + 2)
        else None
    )


def _clause_start(part: Sequence[Token], finite: int) -> int:
    """Behind the main clause before, where there is one: ``X schwieg, Y, die Wirtin, sagte``."""
    for i in range(finite - 1, -1, -1):
        if part[i].pos.endswith("FIN") and not _subordinate(part, i):
            return next((at + 1 for at in range(i, finite - 1) if part[at].text in ",;–"), 0)
    return 0


def _subordinates(part: Sequence[Token], i: int) -> bool:
    """Whether token `i` opens a subordinate clause: ``als`` inside one compares."""
    if part[i].text.lower() not in _SUBORDINATORS:
        return False
    at = i - 1 if i > 1 and part[i - 1].pos == "ADV" else i  # `nur weil`
    return at == 0 or part[at - 1].pos in ("KON", "$,", "$.", "$(")


def _antecedent(part: Sequence[Token], comma: int) -> Range | None:
    """The noun phrase that a relative clause behind the comma goes with."""
    start = next((s for s in range(max(0, comma - 10), comma) if phrase_end(part, s, comma) == comma), None)
    return Range(start, comma) if start is not None and is_somebody(part, start, comma) else None


def _is_boundary(part: Sequence[Token], i: int) -> bool:
    """Whether a clause or a parenthesis ends at token `i`; a hyphen inside a word ends none."""
    return part[i].text in _BOUNDARIES and not (
        part[i].text == "-" and i > 0 and part[i - 1].end == part[i].start
    )


def _behind(part: Sequence[Token], finite: int) -> Range | None:
    start = skip_adverbs(part, finite + 1, len(part))
    for phrase in _phrases(part, start, len(part)):
        if any(t.text in (";", ":") for t in part[finite + 1 : phrase.start]):
            return None
        return phrase
    return None


def _phrases(part: Sequence[Token], start: int, end: int) -> Iterator[Range]:
    """Noun phrases that can be subjects: none behind a preposition."""
    i = start
    while i < end:
        token = part[i]
        if token.pos in ("APPR", "APPRART"):
            i = max(phrase_end(part, i + 1, end), i + 1)
            continue
        if token.text.lower() in _NOT_SPEAKERS and not (i + 1 < end and is_noun(part[i + 1])):
            i += 1
            continue
        if token.pos in ("PRF", "PRELS", "PWS", "PROAV") or (token.pos == "PPER" and token.text == "ihr"):
            i += 1
            continue
        if token.pos == "ART" and i + 1 < end and part[i + 1].pos == "PIS":
            yield Range(i, i + 2)
            i += 2
            continue
        stop = phrase_end(part, i, end)
        if stop == i + 1 and token.text.lower() in ("der", "die", "den", "dem"):
            i += 1
            continue
        if stop > i:
            if can_be_subject(part, i, stop) and not is_time(part, i, stop):
                yield Range(i, stop)
            i = stop
        else:
            i += 1


def _subordinate(part: Sequence[Token], finite: int) -> bool:
    """Whether the verb ends a subordinate clause that begins in this part."""
    i = finite - 1
    while i >= 0 and part[i].text not in ",;:":
        if part[i].pos in ("KOUS", "PRELS", "PWS", "PWAV") or part[i].text.lower() in ("wie", "dass"):
            return True
        i -= 1
    return False


def _quoted(part: Sequence[Token], finite: int, first: Range | None) -> Range | None:
    """Whom ``zitieren`` quotes: its object, or the subject of the passive."""
    if part[finite].pos == "VAFIN" and part[finite].lemma == "werden":
        return first
    rest = [p for p in _objects(part) if first is None or p.start >= first.end or p.end <= first.start]
    return rest[0] if rest else first


def _objects(part: Sequence[Token]) -> Iterator[Range]:
    i = 0
    while i < len(part):
        if part[i].pos in ("APPR", "APPRART"):
            i = max(phrase_end(part, i + 1, len(part)), i + 1)
            continue
        stop = phrase_end(part, i, len(part))
        if stop > i:
            yield Range(i, stop)
        i = max(stop, i + 1)


def _in_source(part: Sequence[Token], finite: int) -> Range | None:
    """``heißt es in der Mitteilung der Firma``: the source behind a preposition."""
    stop = next((i for i in range(finite + 1, len(part)) if part[i].text in ",;"), len(part))
    for i in (*range(finite + 1, stop), *range(finite)):
        if part[i].text.lower() in _SOURCES:
            end = phrase_end(part, i + 1, len(part), attach=True)
            noun = next((t for t in part[i + 1 : end] if is_noun(t)), None)
            if noun is not None and not is_time(part, i + 1, end):
                return Range(i + 1, end)
    return None


def _agent(part: Sequence[Token], finite: int) -> Range | None:
    """By whom, in the passive: ``wurde von X bezeichnet``, ``in den Medien wurde …``."""
    for i, token in enumerate(part):
        if token.text.lower() in ("von", "vom", "durch", "seitens") or (
            i == 0 and token.text in ("In", "Im")
        ):
            end = phrase_end(part, i + 1, len(part))
            if end > i + 1 and (i == 0 or is_somebody(part, i + 1, end)):
                return Range(i + 1, end)
    return None


def _is_expletive(part: Sequence[Token], phrase: Range) -> bool:
    return phrase.end == phrase.start + 1 and part[phrase.start].text.lower() in _NOT_SPEAKERS


def _addressee(part: Sequence[Token], finite: int, speaker: Range | None, dative: bool) -> Range | None:
    for i, token in enumerate(part):
        if token.text.lower() == "gegenüber" and i + 1 < len(part):
            end = phrase_end(part, i + 1, len(part))
            if end > i + 1:
                return Range(i, end)
    if not dative:
        return None
    for phrase in _objects(part):
        if phrase.start > finite and phrase != speaker and part[phrase.start].text.lower() in _DATIVE:
            if speaker is not None and phrase.start < speaker.end and speaker.start < phrase.end:
                continue
            return phrase
    return None
