"""Language identification on a file of `code<TAB>sentence` lines, plain langdetect beside ours.

python benchmarks/language.py shared/data/language/dev.tsv [--german FILE] [--errors]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from wechat_text.language import detect_language, foreign_language

LENGTHS = ((0, 25), (26, 50), (51, 100), (101, 10**9))


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("file", type=Path)
    german = "German sentences, a line each: does foreign_language raise false alarms?"
    parser.add_argument("--german", type=Path, help=german)
    parser.add_argument("--errors", action="store_true", help="list the wrong answers of ours")
    arguments = parser.parse_args()
    lines = arguments.file.read_text(encoding="utf-8").splitlines()
    gold = [(code, text) for code, _, text in (line.partition("\t") for line in lines if line)]
    for name, detector in (("wechat_text", _ours), ("langdetect", _langdetect())):
        started = time.perf_counter()
        detector("Aufwärmen, damit das Laden nicht mitgemessen wird.")
        loading = time.perf_counter() - started
        started = time.perf_counter()
        found = [detector(text) for _, text in gold]
        seconds = time.perf_counter() - started
        report(name, gold, found)
        print(f"  first call {loading:.2f} s, then {len(gold) / seconds:,.0f} sentences/s")
        if arguments.errors and name == "wechat_text":
            for (code, text), answer in zip(gold, found, strict=True):
                if code != answer:
                    print(f"  {code} → {answer}: {text}")
    report_foreign(gold)
    if arguments.german:
        sentences = [s for s in arguments.german.read_text(encoding="utf-8").splitlines() if s.strip()]
        report_foreign([("de", sentence) for sentence in sentences])


def report(name: str, gold: Sequence[tuple[str, str]], found: Sequence[str | None]) -> None:
    right = sum(code == answer for (code, _), answer in zip(gold, found, strict=True))
    print(f"{name}: accuracy {right / len(gold):.4f}, abstentions {found.count(None)}")
    for low, high in ((0, 10**9), *LENGTHS):
        pairs = [(c, a) for (c, t), a in zip(gold, found, strict=True) if low <= len(t) <= high]
        true = sum(c == a == "de" for c, a in pairs)
        precision = true / max(1, sum(a == "de" for _, a in pairs))
        recall = true / max(1, sum(c == "de" for c, _ in pairs))
        length = (
            "all lengths" if (low, high) == (0, 10**9) else f"{low}-{high if high < 10**9 else ''} characters"
        )
        count = sum(c == "de" for c, _ in pairs)
        print(f"  German, {length:18} P {precision:.4f} R {recall:.4f} ({count} sentences)")


def report_foreign(gold: Sequence[tuple[str, str]]) -> None:
    started = time.perf_counter()
    found = [foreign_language(text) for _, text in gold]
    seconds = time.perf_counter() - started
    german = [(a, t) for (c, t), a in zip(gold, found, strict=True) if c == "de"]
    alarms = [(a, t) for a, t in german if a]
    print(f"foreign_language: {len(alarms)} false alarms on {len(german):,} German ones", end="")
    others = [(c, a) for (c, _), a in zip(gold, found, strict=True) if c != "de"]
    if others:
        marked = [(c, a) for c, a in others if a]
        named = sum(c == a for c, a in marked) / len(marked)
        print(f"; marks {len(marked) / len(others):.3f} of the others, {named:.3f} rightly named", end="")
    print(f"; {len(gold) / seconds:,.0f} sentences/s")
    for alarm in alarms:
        print("  ", *alarm)


def _ours(text: str) -> str | None:
    return detect_language(text).code


def _langdetect() -> Callable[[str], str | None]:
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0

    def detector(text: str) -> str | None:
        try:
            return str(detect(text)).partition("-")[0]
        except LangDetectException:
            return None

    return detector


if __name__ == "__main__":
    main()
