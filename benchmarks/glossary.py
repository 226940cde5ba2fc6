"""How well a glossary is kept to, and what that does to the rest of the sentence.

    python benchmarks/glossary.py PROFILE FILE.tsv [--target en] [--limit 250]

FILE has a German sentence and its reference in each line, parted by a tab (FLORES, newstest …). In
each sentence one noun whose rendering in the reference is known through the model's own links becomes a
term. Sentences where the model writes the term by itself are only counted; for the others: how often each
method gets the term in, with chrF and BLEU of these sentences.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sacrebleu

from wechat_text import Span, TranslatedText, Translator
from wechat_text.alignment.links import words
from wechat_text.german import tagging
from wechat_text.translation.glossary import Term, enforce, fitting
from wechat_text.translation.glossary.matching import Matcher

SIZES = {"en": range(1, 3), "zh": range(2, 5)}
"""Words or Chinese characters that a term may have."""


class Case(NamedTuple):
    source: str
    reference: str
    noun: str
    wanted: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("profile", help="a profile of models.toml")
    parser.add_argument("file", type=Path)
    parser.add_argument("--target", choices=SIZES, default="en")
    parser.add_argument("--limit", type=int, default=250, metavar="N", help="sentences read (default: 250)")
    options = parser.parse_args()
    target = options.target
    translator = Translator.load(options.profile, target=target)
    with options.file.open(encoding="utf-8", newline="") as lines:
        pairs = [(row[0], row[1]) for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
    cases = [
        case
        for result in translator.align(pairs[: options.limit])
        if (case := next(_cases(result, target), None))
    ]
    plain = list(translator.translate(case.source for case in cases))
    lost = [(c, r) for c, r in zip(cases, plain, strict=True) if not _has(r.text, c.wanted, target)]
    print(
        f"the model writes the term itself in {len(cases) - len(lost)} of {len(cases)} sentences; the others:"
    )
    replaced = (case.source.replace(case.noun, case.wanted) for case, _ in lost)
    outputs = {
        "no glossary": [result.text for _, result in lost],
        "links": [enforce(result, _matcher(case, target), target).text for case, result in lost],
        "source": [result.text for result in translator.translate(replaced)],
    }
    references = [[case.reference for case, _ in lost]]
    metrics = sacrebleu.CHRF(), sacrebleu.BLEU(tokenize="zh" if target == "zh" else "13a")
    for method, texts in outputs.items():
        applied = sum(_has(text, case.wanted, target) for text, (case, _) in zip(texts, lost, strict=True))
        chrf, bleu = (metric.corpus_score(texts, references).score for metric in metrics)
        print(f"{method:12} applied {applied} of {len(lost)}   chrF {chrf:.1f}   BLEU {bleu:.1f}")


def _cases(result: TranslatedText, target: str) -> Iterator[Case]:
    """Nouns of a sentence that few words or Chinese characters of its reference, no names, surely render."""
    source, reference = result.source, result.text
    function_words = fitting.function_words(target)
    for token in tagging.tag(source, [Span(0, len(source))])[1:]:
        own = [link for link in result.links if link.source == token.span]
        if token.pos != "NN" or len(token.text) < 5 or not own:
            continue
        span = Span(min(link.target.start for link in own), max(link.target.end for link in own))
        inside = [word for word in words(reference) if span.contains(word)]
        if (
            len(inside) in SIZES[target]
            and {link.target for link in own} == set(inside)
            and all(link.source == token.span for link in result.links if link.target in inside)
            and all(
                _plain(word.of(reference)) and word.of(reference) not in function_words for word in inside
            )
            and reference.count(span.of(reference)) == source.count(token.text) == 1
        ):
            yield Case(source, reference, token.text, span.of(reference))


def _plain(word: str) -> bool:
    """Whether it is a word, but no name."""
    return word.isalpha() and not word.istitle()


def _matcher(case: Case, target: str) -> Matcher:
    return Matcher([Term((case.noun,), {target: (case.wanted,)})])


def _has(text: str, form: str, target: str) -> bool:
    return any(True for _ in fitting.places(text, Span(0, len(text)), form, target))


if __name__ == "__main__":
    main()
