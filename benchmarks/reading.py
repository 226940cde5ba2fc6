"""Page leftovers on annotated articles, by characters, and false alarms on clean ones.

    python benchmarks/reading.py --annotated style-articles/dev --clean german-news-quotes/dev

Annotated: JSON files with `originalText` and `boilerplate` ([begin, end, kind] each). Clean: without.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from wechat_text.reading import split_leftovers


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--annotated", type=Path)
    parser.add_argument("--clean", type=Path)
    arguments = parser.parse_args()
    if arguments.annotated:
        report_annotated(sorted(arguments.annotated.glob("*.json")))
    if arguments.clean:
        report_clean(sorted(arguments.clean.glob("*.json")))


def report_annotated(files: list[Path]) -> None:
    right = found = wanted = 0
    for file in files:
        article = json.loads(file.read_text(encoding="utf-8"))
        text = article["originalText"]
        gold = _visible(text, [(begin, end) for begin, end, _ in article["boilerplate"]])
        ours = _visible(text, [tuple(leftover.span) for leftover in split_leftovers(text)[1]])
        right, found, wanted = right + len(gold & ours), found + len(ours), wanted + len(gold)
        print(f"  {file.stem}: missed {len(gold - ours)}, body lost {len(ours - gold)} characters")
    precision, recall = right / max(1, found), right / max(1, wanted)
    print(f"annotated: leftovers P {precision:.4f} R {recall:.4f} on {wanted:,} characters")


def report_clean(files: list[Path]) -> None:
    alarms = characters = 0
    started = time.perf_counter()
    for file in files:
        text = json.loads(file.read_text(encoding="utf-8"))["originalText"]
        characters += len(text)
        for part in split_leftovers(text)[1]:
            alarms += 1
            print(f"  {file.stem} ({part.reason}): {part.span.of(text)!r}")
    seconds = time.perf_counter() - started
    print(f"clean: {alarms} false alarms in {len(files)} articles; {characters / seconds:,.0f} characters/s")


def _visible(text: str, spans: list[tuple[int, int]]) -> set[int]:
    return {i for begin, end in spans for i in range(begin, end) if not text[i].isspace()}


if __name__ == "__main__":
    main()
