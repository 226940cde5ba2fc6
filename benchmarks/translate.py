"""How fast and how faithful the translation engine is, and how good its output.

    python benchmarks/translate.py speed MODEL [--target en] [--articles N]
    python benchmarks/translate.py agree MODEL FILE.tsv [--lines N]
    python benchmarks/translate.py bleu MODEL FILE.tsv [--lines N] [--beam 4]

MODEL is a Marian folder; a TSV line is source, tab, reference. Ratios compare ways within one run.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from pathlib import Path

from wechat_text.models import conversion, marian, registry, store
from wechat_text.translation import Translator, segmentation
from wechat_text.translation.backends import DecodingOptions
from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend
from wechat_text.translation.backends.transformers import TransformersBackend
from wechat_text.translation.tokenization import Tokenizer

ARTICLE = Path(__file__).parent.parent / "examples" / "articles" / "wechat-merchants.de.txt"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "agree", "bleu"])
    parser.add_argument("model", type=Path)
    parser.add_argument("file", type=Path, nargs="?", default=ARTICLE)
    parser.add_argument("--source", default="de")
    parser.add_argument("--target", default="en")
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--articles", type=int, default=1, help="copies of the article, for throughput")
    parser.add_argument("--beam", type=int, default=4)
    arguments = parser.parse_args()
    {"speed": speed, "agree": agree, "bleu": bleu}[arguments.what](arguments)


def speed(arguments: argparse.Namespace) -> None:
    """A whole article through the Translator, raw CTranslate2, and generate sentence by sentence."""
    text = arguments.file.read_text(encoding="utf-8")
    words = len(text.split())
    translator = Translator.load(
        model=arguments.model, source=arguments.source, target=arguments.target, beam=arguments.beam
    )
    local, tokenizer = _model(arguments)
    count = tokenizer.count
    sentences = [span.of(text) for span in segmentation.segment(text, arguments.source, count, 110)]
    inputs = [tokenizer.model_input(tokenizer.encode(sentence).pieces) for sentence in sentences]
    fast = CTranslate2Backend(conversion.convert(local), max_positions=_positions(local))
    options = DecodingOptions(beam=arguments.beam, max_length=200)
    order = sorted(inputs, key=len)
    batches = [order[i : i + 32] for i in range(0, len(order), 32)]
    raw = _best(lambda: [fast.search(batch, options) for batch in batches])
    ours = _best(lambda: list(translator.translate([text])))
    slow = TransformersBackend(local.folder)
    loop = _best(lambda: [slow.search([row], options) for row in inputs], times=1)
    print(f"{words} words, {len(sentences)} segments, beam {arguments.beam}")
    print(f"Translator, int8            {ours:7.2f} s {words / ours:8.0f} words/s   1.0 x")
    print(f"raw CTranslate2, int8       {raw:7.2f} s {words / raw:8.0f} words/s   {raw / ours:.2f} x")
    print(f"generate, one by one, fp32  {loop:7.2f} s {words / loop:8.0f} words/s   {loop / ours:.1f} x")


def agree(arguments: argparse.Namespace) -> None:
    """How many lines both backends translate alike, in fp32."""
    local, tokenizer = _model(arguments)
    pairs = _pairs(arguments)
    inputs = [tokenizer.model_input(tokenizer.encode(source).pieces[:110]) for source, _ in pairs]
    fast = CTranslate2Backend(conversion.convert(local, "float32"), max_positions=_positions(local))
    slow = TransformersBackend(local.folder)
    options = DecodingOptions(beam=1, max_length=200)
    found = [fast.translate([row], options)[0][0].tokens for row in inputs]
    wanted = [slow.translate([row], options)[0][0].tokens for row in inputs]
    same = sum(a == b for a, b in zip(found, wanted, strict=True))
    print(f"greedy, fp32: {same} of {len(inputs)} identical ({100 * same / len(inputs):.1f} %)")


def bleu(arguments: argparse.Namespace) -> None:
    """BLEU and chrF of the Translator's output, and how often a guard spoke."""
    import sacrebleu

    pairs = _pairs(arguments)
    translator = Translator.load(
        model=arguments.model, source=arguments.source, target=arguments.target, beam=arguments.beam
    )
    start = time.perf_counter()
    results = list(translator.translate([source for source, _ in pairs]))
    seconds = time.perf_counter() - start
    outputs, references = [r.text for r in results], [[reference for _, reference in pairs]]
    metric = sacrebleu.BLEU(tokenize="zh" if arguments.target == "zh" else "13a")
    print(metric.corpus_score(outputs, references), metric.get_signature())
    print(sacrebleu.CHRF().corpus_score(outputs, references))
    flagged = sum(bool(r.flags) for r in results)
    print(f"{len(pairs)} lines in {seconds:.1f} s, {flagged} flagged")


def _model(arguments: argparse.Namespace) -> tuple[store.LocalModel, Tokenizer]:
    spec = registry.spec_from_folder(arguments.model, arguments.source, arguments.target)
    local = store.ensure_local(spec)
    return local, Tokenizer.load(local.folder, spec.target_tokens.get(arguments.target))


def _positions(local: store.LocalModel) -> int:
    return marian.read_config(local.folder).max_position_embeddings


def _pairs(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    with arguments.file.open(encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in itertools.islice(lines, arguments.lines)]
    return [(row[0], row[1]) for row in rows]


def _best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some runs."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    main()
