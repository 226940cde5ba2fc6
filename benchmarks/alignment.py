"""Measure word links and quote projection of a model; fit the weights of the range model.

    python benchmarks/alignment.py links MODEL GOLD.jsonl [--reverse] [--target LANG] [--back LANG]
    python benchmarks/alignment.py project MODEL ITEMS.jsonl … --target LANG [--marks absent|present]
    python benchmarks/alignment.py fit --target LANG MODEL ITEMS.jsonl …
    python benchmarks/alignment.py strategy --target LANG MODEL ITEMS.jsonl …
    python benchmarks/alignment.py time ARTICLE [--profile NAME]

MODEL is a Marian folder. `links` prints the alignment error rate of every head, shifted or not, and of the
mean of the last layer, which stands for a model whose head is not known; with --back, of its links merged
with those of the way back. The others take the head given by --head LAYER HEAD [--shifted], else that mean.

GOLD and ITEMS are JSON lines. GOLD: src, tgt (lists of words), sure, possible (index pairs). ITEMS: src, tgt
(texts), src_span, gold_tgt_span (character offsets without marks), id. `exact` ignores blanks and punctuation
at the edges; `iou` is the mean overlap in words or Chinese characters.

--marks present puts the marks back around the gold span before the search. `fit` prints the cross-validated
figures: only those are free of the weights' own training text. `strategy` translates each quote of the items
that has marks in its sentence and apart from it, and compares both with the human translation.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wechat_text.alignment import probe, ranges
from wechat_text.alignment.links import sure_links, symmetrise
from wechat_text.alignment.marks import SIGNS, STYLES
from wechat_text.alignment.projection import align_spans
from wechat_text.document import Link, Span
from wechat_text.models.spec import Alignment
from wechat_text.translation import Translator
from wechat_text.translation.joining import join

MARKS_AROUND = "".join(SIGNS) + " "


@dataclass(frozen=True)
class Item:
    """A quote whose place in the translation is known."""

    id: str
    source: str
    target: str
    span: Span
    gold: Span
    links: tuple[Link, ...]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    handlers = {"links": run_links, "project": run_project, "fit": run_fit, "strategy": run_strategy}
    for name, handler in handlers.items():
        command = commands.add_parser(name)
        command.set_defaults(handler=handler)
        command.add_argument("model", type=Path)
        command.add_argument("files", nargs="+", type=Path)
        command.add_argument("--target", default="en")
        if name == "links":
            command.add_argument("--reverse", action="store_true")
            command.add_argument("--back", metavar="LANG", help="merge with the links of the model into LANG")
            continue
        command.add_argument(
            "--head",
            type=int,
            nargs=2,
            metavar=("LAYER", "HEAD"),
            help="default: the mean of the last layer's",
        )
        command.add_argument("--shifted", action="store_true", help="one step after the word is written")
    command = commands.choices["project"]
    command.add_argument("--marks", choices=["absent", "present"], default="absent")
    command.add_argument("--output", type=Path, help="write predictions as JSON lines: id, span")
    command = commands.choices["fit"]
    command.add_argument("--folds", type=int, default=2)
    command.add_argument("--write", type=Path, help="ranges.toml whose weights for --target are replaced")
    command = commands.add_parser("time")
    command.set_defaults(handler=run_time)
    command.add_argument("article")
    command.add_argument("--profile", default="auto")
    options = parser.parse_args(argv)
    options.handler(options)
    return 0


def run_links(options: argparse.Namespace) -> None:
    for file in options.files:
        gold = probe.read_gold(file, reverse=options.reverse)
        pairs = [(pair.source, pair.target) for pair in gold]
        swapped = [(target, source) for source, target in pairs]
        forced = list(probe.force(options.model, pairs, target_token(options.model, options.target)))
        if options.back:
            back = list(probe.force(options.model, swapped, target_token(options.model, options.back)))
        for head in (None, *forced[0].heads()):
            found = [f.links(head) for f in forced]
            if options.back:
                found = [symmetrise(f, b.links(head)) for f, b in zip(found, back, strict=True)]
            name = "mean of the last layer" if head is None else probe.described(head)
            print(f"{file.name}  {name}  AER {probe.error_rate(gold, map(sure_links, found)):.3f}")


def run_project(options: argparse.Namespace) -> None:
    for file in options.files:
        items = read_items(options, [file], marks=options.marks == "present")
        started = time.perf_counter()
        found = [
            align_spans(item.source, item.target, item.links, [item.span], options.target) for item in items
        ]
        seconds = time.perf_counter() - started
        judged = []
        for item, result in zip(items, found, strict=True):
            span = Span(result.spans[0].start, result.spans[-1].end) if result.spans else Span(0, 0)
            judged.append(Judged(item, span, result.confidence))
        each = f"{1000 * seconds / len(items):.1f} ms each"
        print(f"{file.name}, marks {options.marks}: {summary(judged)}, {each}")
        print(calibration(judged))
        if options.output:
            lines = (json.dumps({"id": j.item.id, "span": list(j.span)}) for j in judged)
            options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_fit(options: argparse.Namespace) -> None:
    """Cross-validate, then fit on everything. Sentences of one origin text stay in one fold."""
    items = read_items(options, options.files, marks=False)
    fold = [zlib.crc32(group(item).encode()) % options.folds for item in items]
    judged = []
    for held_out in range(options.folds):
        weights = fit(item for item, k in zip(items, fold, strict=True) if k != held_out)
        judged += [predict(item, weights) for item, k in zip(items, fold, strict=True) if k == held_out]
    print(f"{options.folds}-fold cross-validation: {summary(judged)}")
    print(calibration(judged))
    if options.write:
        write_weights(options.write, options.target, fit(items))


def run_strategy(options: argparse.Namespace) -> None:
    """ChrF of quotations, and of their sentences, translated where they stand and apart."""
    import sacrebleu

    rows = read_rows(options.files)
    human = [row for row in rows if row.get("origin") == "ref"] or rows
    quoted = {row["src"]: row for row in reversed(human) if row["src"][around(*place(row)).start] in SIGNS}
    parts = {source: parts_of(source, around(*place(row))) for source, row in quoted.items()}
    model = Translator.load(model=options.model, target=options.target)._models[0]
    found = model.translate_segments(
        tuple(dict.fromkeys((*quoted, *(span.of(source) for source, cut in parts.items() for span in cut))))
    )
    for kind in ("after a colon", "before its inquit", "fragment"):
        chosen = [source for source in quoted if kind_of(source, around(*place(quoted[source]))) == kind]
        spans = [around(*place(quoted[source])) for source in chosen]
        whole = [found[source] for source in chosen]
        rejoined = [
            join(source, parts[source], [found[part.of(source)] for part in parts[source]], options.target)
            for source in chosen
        ]
        located = [
            align_spans(source, result.text, result.all_links, [span], options.target).text
            for source, result, span in zip(chosen, whole, spans, strict=True)
        ]
        alone = [found[span.of(source)].text for source, span in zip(chosen, spans, strict=True)]
        sentences = [quoted[source]["tgt"] for source in chosen]
        gold = [Span(*quoted[source]["gold_tgt_span"]).of(quoted[source]["tgt"]) for source in chosen]
        figures = [
            sacrebleu.corpus_chrf([text.strip(MARKS_AROUND) for text in texts], [references]).score
            for texts, references in (
                ([result.text for result in whole], sentences),
                ([result.text for result in rejoined], sentences),
                (located, gold),
                (alone, gold),
            )
        ]
        sentence, quotation = (f"{a:.1f} / {b:.1f}" for a, b in (figures[:2], figures[2:]))
        print(f"{kind}: n {len(chosen)}, chrF in context / apart: sentence {sentence}, quotation {quotation}")


def parts_of(source: str, span: Span) -> list[Span]:
    """The quotation with its marks, and what stands before and behind it."""
    cuts = (Span(0, span.start), span, Span(span.end, len(source)))
    return [stripped for cut in cuts if (stripped := without_blanks(source, cut)).of(source)]


def without_blanks(source: str, span: Span) -> Span:
    text = span.of(source)
    return Span(span.start + len(text) - len(text.lstrip()), span.end - len(text) + len(text.rstrip()))


def kind_of(source: str, span: Span) -> str:
    """Whole sentences by what stands around them; the rest are fragments."""
    before, after = source[: span.start].rstrip(), source[span.end :].strip()
    text = span.of(source).strip(MARKS_AROUND)
    if not text[:1].isupper() or len(text.split()) < 4:
        return "fragment"
    if before.endswith(":") and not after.strip(".!?"):
        return "after a colon"
    return "fragment" if before or not after else "before its inquit"


def run_time(options: argparse.Namespace) -> None:
    """What alignment adds to the time of a run, the models loaded before."""
    import wechat_text
    from wechat_text.alignment import projection
    from wechat_text.translation import marian
    from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend

    text = wechat_text.read(options.article)
    pipeline = wechat_text.Pipeline.load(options.profile)
    pipeline.process(text)
    spent: defaultdict[str, float] = defaultdict(float)
    for owner, name in (
        (CTranslate2Backend, "attention"),
        (marian, "link_words"),
        (projection, "project_quotes"),
    ):
        setattr(owner, name, timed(name, getattr(owner, name), spent))
    started = time.perf_counter()
    document = pipeline.process(text)
    seconds = time.perf_counter() - started
    together = sum(spent.values())
    rest = seconds - together
    print(f"whole run {seconds:.2f} s, {len(document.quotes)} quotes; alignment in % of the run without it")
    for name, part in (*spent.items(), ("together", together)):
        print(f"{name:16} {part:.3f} s {100 * part / rest:5.1f} %")


def timed(name: str, function: Callable[..., Any], spent: defaultdict[str, float]) -> Callable[..., Any]:
    """`function`, which adds the seconds of each call to `spent`."""

    def call(*arguments: Any, **settings: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*arguments, **settings)
        finally:
            spent[name] += time.perf_counter() - started

    return call


# --- items -----------------------------------------------------------------------------------------------


def read_items(options: argparse.Namespace, files: Iterable[Path], *, marks: bool) -> list[Item]:
    rows = read_rows(files)
    if marks:
        # a source without marks would not have given them to its translation
        rows = [
            with_marks(row, options.target) for row in rows if row["src"][around(*place(row)).start] in SIGNS
        ]
    pairs = list(dict.fromkeys((row["src"], row["tgt"]) for row in rows))
    forced = probe.force(options.model, pairs, target_token(options.model, options.target))
    head = Alignment(*options.head, options.shifted) if options.head else None
    links = {(f.source, f.target): f.links(head) for f in forced}
    return [
        Item(
            row["id"],
            row["src"],
            row["tgt"],
            around(row["src"], row["src_span"]),
            Span(*row["gold_tgt_span"]),
            links[row["src"], row["tgt"]],
        )
        for row in rows
    ]


def read_rows(files: Iterable[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def with_marks(row: dict[str, Any], language: str) -> dict[str, Any]:
    """The row with the language's marks set around the gold span."""
    (start, end), (opening, closing) = row["gold_tgt_span"], STYLES[language][0]
    target = row["tgt"]
    target = f"{target[:start]}{opening}{target[start:end]}{closing}{target[end:]}"
    return {**row, "tgt": target, "gold_tgt_span": [start + 1, end + 1]}


def place(row: dict[str, Any]) -> tuple[str, Sequence[int]]:
    return row["src"], row["src_span"]


def around(text: str, span: Sequence[int]) -> Span:
    """The span with the marks at its edges, as a `Quote` has it."""
    start, end = span
    start -= start > 0 and text[start - 1] in SIGNS
    end += end < len(text) and text[end] in SIGNS
    return Span(start, end)


def group(item: Item) -> str:
    """Name of the sentence without its language pair, system and variant."""
    parts = item.id.split(".")
    return ".".join(parts[2:4])


def target_token(folder: Path, language: str) -> str | None:
    from wechat_text.models import marian

    return marian.target_token(folder, language)


# --- scores ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """A prediction beside the truth."""

    item: Item
    span: Span
    confidence: float

    @property
    def exact(self) -> bool:
        return trimmed(self.item.target, self.span) == trimmed(self.item.target, self.item.gold)

    @property
    def overlap(self) -> float:
        found, gold = tokens(self.item.target, self.span), tokens(self.item.target, self.item.gold)
        return len(found & gold) / len(found | gold) if found | gold else 1.0


def trimmed(text: str, span: Span) -> tuple[int, int]:
    inner = tokens(text, span)
    words = ranges.content_words(text)
    return (words[min(inner)].start, words[max(inner)].end) if inner else (span.start, span.start)


def tokens(text: str, span: Span) -> set[int]:
    return {index for index, word in enumerate(ranges.content_words(text)) if word.overlaps(span)}


def summary(judged: Sequence[Judged]) -> str:
    sure = [j for j in judged if j.confidence >= 0.9]
    wrong = sum(not j.exact for j in sure) / len(sure) if sure else 0.0
    return (
        f"n {len(judged)}, exact {np.mean([j.exact for j in judged]):.3f}, "
        f"iou {np.mean([j.overlap for j in judged]):.3f}, "
        f"confidence ≥ 0.9: {len(sure) / len(judged):.3f} of all, wrong {wrong:.3f}"
    )


def calibration(judged: Sequence[Judged]) -> str:
    lines = []
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.01)):
        group = [j for j in judged if low <= j.confidence < high]
        if group:
            mean = np.mean([j.confidence for j in group])
            right = np.mean([j.exact for j in group])
            bounds = f"{low:4.2f}-{min(high, 1):4.2f}"
            lines.append(f"  confidence {bounds}: {len(group):5}  mean {mean:.2f}  right {right:.2f}")
    return "\n".join(lines)


# --- fitting ---------------------------------------------------------------------------------------------

Weights = dict[str, dict[str, float]]
MARKS = {"both": 6.0, "one": 3.0, "agreeing": 4.0, "crossed": 4.0, "sharpness": 1.0}
FREQUENT = 20
"""A word at an edge gets a weight of its own when it stands at the right edge so many times."""


def fit(items: Iterable[Item], penalty: float = 1.0) -> Weights:
    """Maximum likelihood with a quadratic penalty, by L-BFGS."""
    import torch

    problems = [(p, edges) for item in items if (p := problem_of(item)) and (edges := gold_edges(p, item))]
    tables = [(p.start_features(), p.end_features(), p.range_features()) for p, _ in problems]
    names = {
        "start": frequent([(t[0], e[0]) for t, (_, e) in zip(tables, problems, strict=True)]),
        "end": frequent([(t[1], e[1]) for t, (_, e) in zip(tables, problems, strict=True)]),
        "range": list(tables[0][2]),
    }
    data = []
    for (starts, ends, whole), (_, (first, last)) in zip(tables, problems, strict=True):
        upper = np.triu_indices(len(starts))
        index = int(np.flatnonzero((upper[0] == first) & (upper[1] == last))[0])
        dense = [matrix(starts, names["start"]), matrix(ends, names["end"])]
        dense.append(np.stack([whole[name][upper] for name in names["range"]], axis=1))
        data.append(
            (*(torch.tensor(m, dtype=torch.float32) for m in dense), *map(torch.tensor, upper), index)
        )
    weights = {key: torch.zeros(len(value), requires_grad=True) for key, value in names.items()}
    optimizer = torch.optim.LBFGS(list(weights.values()), max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = penalty * (weights["start"].square().sum() + weights["end"].square().sum())
        loss = loss + 0.1 * penalty * weights["range"].square().sum()
        for starts, ends, whole, first, last, gold in data:
            scores = (
                (starts @ weights["start"])[first] + (ends @ weights["end"])[last] + whole @ weights["range"]
            )
            loss = loss + scores.logsumexp(0) - scores[gold]
        loss.backward()
        return loss

    optimizer.step(closure)
    fitted = {
        key: {n: round(float(w), 3) for n, w in zip(names[key], weights[key].detach(), strict=True)}
        for key in names
    }
    return {"marks": dict(MARKS), **fitted}


def predict(item: Item, weights: Weights) -> Judged:
    problem = problem_of(item)
    if problem is None:
        return Judged(item, Span(0, 0), 0.0)
    scores = problem.scores(weights)
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    first, last = np.unravel_index(probabilities.argmax(), probabilities.shape)
    span = Span(problem.target_words[first].start, problem.target_words[last].end)
    return Judged(item, span, float(probabilities[first, last]))


def problem_of(item: Item) -> ranges.Problem | None:
    return ranges.Problem.of(item.source, item.target, item.links, item.span)


def gold_edges(problem: ranges.Problem, item: Item) -> tuple[int, int] | None:
    inside = sorted(tokens(item.target, item.gold))
    return (inside[0], inside[-1]) if inside else None


def frequent(examples: Iterable[tuple[list[ranges.Features], int]]) -> list[str]:
    """All features but words that seldom stand at the right edge."""
    everywhere, right = Counter[str](), Counter[str]()
    for features, gold in examples:
        right.update(features[gold].keys())
        for position in features:
            everywhere.update(position.keys())
    return [
        name
        for name in everywhere
        if not is_lexical(name) or right[name] >= FREQUENT or everywhere[name] >= 12 * FREQUENT
    ]


def is_lexical(name: str) -> bool:
    return name.startswith(("inside ", "beyond ")) and name not in (
        "beyond linked in",
        "beyond linked out",
        "beyond unlinked",
    )


def matrix(features: Sequence[ranges.Features], names: Sequence[str]) -> Any:
    column = {name: index for index, name in enumerate(names)}
    array = np.zeros((len(features), len(names)))
    for row, values in enumerate(features):
        for name, value in values.items():
            if name in column:
                array[row, column[name]] = value
    return array


def write_weights(path: Path, language: str, weights: Weights) -> None:
    """Replace the tables of `language`; the rest of the file stays as it is."""
    kept = []
    current = True
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = not line.startswith(f"[{language}.")
        if current:
            kept.append(line)
    for table, values in weights.items():
        kept += ["", f"[{language}.{table}]"]
        kept += list(rows_of(values))
    path.write_text("\n".join(kept).strip() + "\n", encoding="utf-8")


def rows_of(values: dict[str, float]) -> Iterator[str]:
    for name, value in sorted(values.items()):
        if abs(value) >= 0.03:
            yield f"{json.dumps(name, ensure_ascii=False)} = {value}"


if __name__ == "__main__":
    sys.exit(main())
