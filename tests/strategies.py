"""Hypothesis strategies shared by the tests."""

from __future__ import annotations

from hypothesis import strategies as st

MARKS = ("„{}“", "“{}”", "»{}«", "«{}»", "« {} »", '"{}"', "‚{}‘", "›{}‹", "„{}", "{}“")
WORDS = (
    *(
        "der",
        "die",
        "das",
        "Die",
        "Haus",
        "Händler",
        "sagte",
        "nicht",
        "über",
        "Straße",
        "Geschäft",
        "z.",
        "B.",
    ),
    *(
        "14.",
        "Mai",
        "3,5",
        "Mio.",
        "Dr.",
        "Li",
        "Wei",
        "Frau",
        "Zhang",
        "Tee",
        "trinken",
        "weil",
        "dass",
        "hat",
    ),
    *(
        "und",
        "Prozent",
        "Größe",
        "fügte",
        "hinzu",
        "erklärte",
        "sie",
        "er",
        "WeChat",
        "微商",
        "l’État",
        "Omicr...",
    ),
)
ODD = (
    "\x00",
    "\u200b",
    "\ufeff",
    "\xad",
    "\x07",
    "\u2028",
    "\u0301",
    "😀",
    "𝒳",
    "马",
    "\ud800",
    "\t",
    "\xa0",
)
LINE_ENDS = ("\n", "\r\n", "\r", "\n\n", "\r\n\r\n")
PAGE_LINES = (
    "|",
    "<<: Warum die Katze schläft",
    ">>: Zehn Wege zum besseren Tee",
    "Viele Menschen trinken morgens zuerst ein Glas wa...",
    "Autor: Wen Dao, Redaktion Gesundheit",
    "Lesen Sie auch:",
    "Anzeige",
    "Foto: Li Wei/dpa",
    "Alle Rechte vorbehalten.",
)

words = st.sampled_from(WORDS)
phrases = st.lists(words, min_size=1, max_size=10).map(" ".join)


def _quoted(phrase: str, marks: str) -> str:
    return marks.format(phrase)


quotations = st.builds(_quoted, phrases, st.sampled_from(MARKS))
sentences = st.builds(
    lambda parts, end: " ".join(parts) + end,
    st.lists(st.one_of(phrases, quotations), min_size=1, max_size=4),
    st.sampled_from([".", "!", "?", "…", "", ":"]),
)


def german_texts(*, odd: bool = True, page: bool = False, surrogates: bool = False) -> st.SearchStrategy[str]:
    """German-like text with quotations and mixed line ends.

    Args:
        odd: with control, zero-width and other rare characters.
        page: with lines that pages leave around an article.
        surrogates: lone surrogates among the odd characters.
    """
    pieces = [sentences, st.sampled_from(LINE_ENDS), st.just(" ")]
    if odd:
        pieces.append(st.sampled_from([c for c in ODD if surrogates or c != "\ud800"]))
    if page:
        pieces.append(st.sampled_from(PAGE_LINES).map(lambda line: f"\n{line}\n"))
    return st.lists(st.one_of(pieces), max_size=12).map("".join)
