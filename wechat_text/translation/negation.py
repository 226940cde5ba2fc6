"""A negation that a translation has lost, which turns what was said into its opposite.

A source that says no, and a target in which nothing can be read as one: no word of negation, and none of
those with which a free translation often gives one ("ohne Pause" as "nonstop", "nicht leicht" as
"difficult").
"""

from __future__ import annotations

import re

_NEGATION = re.compile(
    r"\b(?:[Nn]icht(?! nur\b| zuletzt\b| wahr\b)|[Kk]ein(?:e[mnrs]?)?|[Nn]ie(?:mals|mand(?:e[mn])?)?"
    r"|[Nn]ichts|[Ww]eder|[Oo]hne|[Nn]irgend(?:s|wo|wohin|woher)|not(?! only\b| just\b| least\b)|[Nn]ever"
    r"|[Nn]obody|[Nn]othing|[Nn]owhere|[Cc]annot|[Ww]ithout|[Nn]either)\b|n['\u2019]t\b"
)
"""Of a German or English source. Not any "no", which has many uses, and not German "Not"."""

_TRACES = {
    "en": re.compile(
        r"\b(?:no[tr]?|never|none|nobody|nothing|neither|without|cannot|nowhere|un(?!der|til|i[tqvo])\w{3,}"
        r"|non\w{3,}|dis[a-bd-oq-su-z]\w+|im(?:poss|mob|perf)\w+|in(?:ab|cap|corr|suff|val|vis)\w+|il(?:leg|log)\w+"
        r"|irr\w+|\w+less|hardly|barely|rarely|rather|instead|fail\w*|lack\w*|refus\w*|den(?:y|ied|ies)|absen\w*"
        r"|avoid\w*|far|prevent\w*|only|except|miss\w*|stop\w*|away|reject\w*|little|few|free|yet|other|but"
        r"|end(?:s|ed|ing)?|beyond|any\w*|more than|sure|difficult)\b|n['\u2019]t\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(?:nicht|kein\w*|nie|niemals|niemand\w*|nichts|weder|ohne|nirgend\w*|un(?!d\b|ter|s\b|ser|gef)\w{3,}"
        r"|kaum|fehl\w*|statt)\b|los\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"[没沒無无免失缺拒禁莫勿毫否绝难除]|不(?![过断久])|未(?!来)|非(?![常洲])|(?<![特区分级个])别"
    ),
}


def lost_negation(source: str, target: str, language: str) -> str | None:
    """The word of negation in `source` that nothing in `target` stands for; None where there is no such word.

    Args:
        source: German or English.
        target: its translation.
        language: ISO 639-1 code of the target; a negation in another than German, English and Chinese is
            not missed.
    """
    traces = _TRACES.get(language)
    if traces is None or traces.search(target):
        return None
    negation = _NEGATION.search(source)
    return negation[0] if negation else None
