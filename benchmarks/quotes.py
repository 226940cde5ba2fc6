"""Quotations and speakers on annotated articles: quality, speed, scaling, calibration, floors.

    python benchmarks/quotes.py FOLDER… [--scorer score_quotes.py] [--predictions OUT] [--update]

A folder holds JSON files with `originalText` and `annotations`, each with `type` and the roles `quote`
and `speaker` as `{"spans": [[begin, end], …]}`. Figures printed here: F1 of direct speech with exactly the
right characters between the marks, the share of those whose speaker mention overlaps the annotated one,
and both together; they are compared with `benchmarks/floors.toml` (exit code 1 below a floor).
`--scorer` runs a full scorer on the same predictions.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import wechat_text
from wechat_text import Document
from wechat_text.analysis import analyze

FLOORS = Path(__file__).with_name("floors.toml")
EDGES = " \n„“”\"»«‚‘’'›‹.,;:!?"


def main() -> int:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--scorer", type=Path, help="also run this script on FOLDER and the predictions")
    parser.add_argument("--predictions", type=Path, help="folder for the predictions, one JSONL per folder")
    parser.add_argument("--update", action="store_true", help="raise the floors to the figures measured")
    arguments = parser.parse_args()
    floors = tomllib.loads(FLOORS.read_text(encoding="utf-8")).get("quotes", {}) if FLOORS.exists() else {}
    print(f"wechat_text {wechat_text.__version__}")
    analyze(
        "Der Mann sagte gestern: „Es regnet.“ Danach ging er.", source="de"
    )  # load the tagger before timing
    below = False
    for folder in arguments.folders:
        name = "/".join(folder.resolve().parts[-2:])
        articles = [
            json.loads(f.read_text(encoding="utf-8")) | {"stem": f.stem}
            for f in sorted(folder.glob("*.json"))
        ]
        documents, seconds = run(articles)
        words = sum(len(a["originalText"].split()) for a in articles)
        speed = f"{words:,} words, {seconds:.1f} s, {words / seconds:,.0f} words/s"
        print(f"\n{name}: {len(articles)} articles, {speed}")
        figures = score(articles, documents)
        for key, value in figures.items():
            floor = floors.get(name, {}).get(key)
            below |= floor is not None and value < floor - 0.05
            print(f"  {key:26} {value:6.2f}" + (f"   floor {floor:.2f}" if floor is not None else ""))
        reliability(articles, documents)
        if arguments.predictions or arguments.scorer:
            predictions = arguments.predictions or Path(tempfile.mkdtemp())
            target = predictions / f"quotes-{name.replace('/', '-')}.jsonl"
            write(articles, documents, target)
            if arguments.scorer:
                subprocess.run([sys.executable, str(arguments.scorer), str(folder), str(target)], check=True)
        if arguments.update:
            floors[name] = {k: round(max(v, floors.get(name, {}).get(k, 0.0)), 2) for k, v in figures.items()}
    scaling(max((a["originalText"] for a in articles), key=len))
    if arguments.update:
        save(floors)
    return int(below)


def run(articles: list[dict[str, Any]]) -> tuple[list[Document], float]:
    begun = time.process_time()
    documents = [analyze(article["originalText"], source="de") for article in articles]
    return documents, time.process_time() - begun


def score(articles: list[dict[str, Any]], documents: list[Document]) -> dict[str, float]:
    gold = found = right = spoken = both = everything = 0
    predicted_all = all_right = 0
    for article, document in zip(articles, documents, strict=True):
        text = article["originalText"]
        wanted = {core(text, a["quote"]["spans"]): a for a in article["annotations"] if a["type"] == "Direct"}
        ours = {core(text, q.spans): q for q in document.quotes if q.kind == "direct"}
        gold, found = gold + len(wanted), found + len(ours)
        for key in wanted.keys() & ours.keys():
            right += 1
            named = wanted[key]["speaker"]["spans"]
            mention = ours[key].speaker_mention
            both += agree(mention, named)
            spoken += 1
        every = {core(text, a["quote"]["spans"]) for a in article["annotations"]}
        mine = {core(text, q.spans) for q in document.quotes}
        everything, predicted_all, all_right = (
            everything + len(every),
            predicted_all + len(mine),
            all_right + len(every & mine),
        )
    return {
        "direct exact F1": f1(right, found, gold),
        "direct quote+speaker F1": f1(both, found, gold),
        "direct speaker accuracy": 100 * both / max(1, spoken),
        "all kinds exact F1": f1(all_right, predicted_all, everything),
    }


def agree(mention: Any, named: list[list[int]]) -> bool:
    """Whether the mention overlaps an annotated one, or nobody is named on either side."""
    if not named or mention is None:
        return not named and mention is None
    return any(mention.start < end and begin < mention.end for begin, end in named)


def core(text: str, spans: Any) -> tuple[tuple[int, int], ...]:
    """The spans without the marks, stops and blanks at their edges."""
    trimmed = []
    for begin, end in spans:
        while begin < end and text[begin] in EDGES:
            begin += 1
        while end > begin and text[end - 1] in EDGES:
            end -= 1
        trimmed.append((begin, end))
    return tuple(trimmed)


def f1(right: int, found: int, gold: int) -> float:
    return 200 * right / max(1, found + gold)


def reliability(articles: list[dict[str, Any]], documents: list[Document]) -> None:
    """How often quotes of a stated confidence are right, quote and speaker together."""
    judged: dict[str, list[tuple[float, bool]]] = {"direct": [], "other kinds": []}
    for article, document in zip(articles, documents, strict=True):
        text = article["originalText"]
        gold = {core(text, a["quote"]["spans"]): a["speaker"]["spans"] for a in article["annotations"]}
        for quote in document.quotes:
            named = gold.get(core(text, quote.spans))
            good = named is not None and agree(quote.speaker_mention, named)
            judged["direct" if quote.kind == "direct" else "other kinds"].append((quote.confidence, good))
    for kind, entries in judged.items():
        print(f"  confidence of {kind:11}  quotes   stated   right")
        gap = 0.0
        for low in range(10):
            here = [(c, g) for c, g in entries if min(9, int(c * 10)) == low]
            if here:
                stated, right = (sum(values) / len(here) for values in zip(*here, strict=True))
                gap += abs(stated - right) * len(here) / len(entries)
                place = f"{low / 10:.1f} to {low / 10 + 0.1:.1f}"
                print(f"  {place}              {len(here):6}   {stated:6.2f}   {right:5.2f}")
        print(f"  expected calibration error {gap:.3f}")


def scaling(article: str) -> None:
    for times in (1, 10, 100):
        begun = time.process_time()
        analyze("\n\n".join([article] * times), source="de")
        seconds = time.process_time() - begun
        each = 1e6 * seconds / (times * len(article))
        print(f"{times:4} x the longest article: {seconds:8.2f} s, {each:.1f} µs/character")


def write(articles: list[dict[str, Any]], documents: list[Document], target: Path) -> None:
    with target.open("w", encoding="utf-8") as file:
        for article, document in zip(articles, documents, strict=True):
            quotes = []
            for quote in document.quotes:
                speaker = document.speaker_of(quote)
                quotes.append(
                    {
                        "start": quote.span.start,
                        "end": quote.span.end,
                        "spans": [list(s) for s in quote.spans],
                        "kind": quote.kind,
                        "speaker": list(quote.speaker_mention) if quote.speaker_mention else None,
                        "cue": [list(s) for s in quote.cue] or None,
                        "frame": [list(s) for s in quote.frame] or None,
                        "addressee": [list(s) for s in quote.addressee] or None,
                        "speaker_name": speaker.name if speaker else None,
                    }
                )
            file.write(json.dumps({"doc": article["stem"], "quotes": quotes}, ensure_ascii=False) + "\n")


def save(floors: dict[str, dict[str, float]]) -> None:
    """Rewrite the [quotes] part of the floors, the other parts kept as they are."""
    kept = FLOORS.read_text(encoding="utf-8") if FLOORS.exists() else ""
    lines = kept.splitlines()
    out: list[str] = []
    inside = False
    for line in lines:
        if line.startswith("["):
            inside = line.startswith("[quotes")
        if not inside:
            out.append(line)
    for name, figures in sorted(floors.items()):
        out += ["", f'[quotes."{name}"]', *(f'"{key}" = {value:.2f}' for key, value in figures.items())]
    FLOORS.write_text("\n".join(out).strip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
