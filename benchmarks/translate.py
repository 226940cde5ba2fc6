"""How fast and how faithful the translation engine is, and how good its output.

    python benchmarks/translate.py speed MODEL [--target en]
    python benchmarks/translate.py opus MODEL [--target en]
    python benchmarks/translate.py agree MODEL FILE.tsv [--lines N]
    python benchmarks/translate.py bleu MODEL FILE.tsv [--lines N] [--beam N]
    python benchmarks/translate.py consensus MODEL FILE.tsv [--lines N] [--beam N]
    python benchmarks/translate.py omissions MODEL FILE.tsv [--lines N] [--beam N]
    python benchmarks/translate.py calibrate MODEL FILE.tsv [--lines N]
    python benchmarks/translate.py cold MODEL
    python benchmarks/translate.py stream MODEL [--articles N] [--words N]
    python benchmarks/translate.py memory MODEL [--articles 100] [--words N]

MODEL is a profile of models.toml or a Marian folder; a TSV line is source, tab, reference. Ratios compare
ways within one run.
`opus` does what `speed` does with random weights in the size of OPUS-MT, and with MODEL's shortlist if it
has one. `consensus` compares the most probable hypothesis of each line with the one that the beam agrees
on, for several settings, and gives the time that it takes. `omissions` shows the lines that words are left
out of, as they are and in parts. `calibrate` fits what a segment's score says about its chrF, prints the
lines for models.toml and compares stated with found on the half of the lines that the fit did not see.
`cold` times a new process to its first translated sentence. `stream` gives time per article and peak memory
of 10 and of N shortened articles; `memory` gives those of N articles with MODEL and with random weights in
the size of OPUS-MT, which write 30 tokens at most.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import ctranslate2

from wechat_text.models import conversion, marian, registry, store
from wechat_text.translation import TranslatedText, Translator, consensus, guards, segmentation, typography
from wechat_text.translation.backends import DecodingOptions, Hypothesis
from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend
from wechat_text.translation.backends.transformers import TransformersBackend
from wechat_text.translation.tokenization import Tokenizer, decode

if TYPE_CHECKING:
    import sacrebleu

ARTICLE = Path(__file__).parent.parent / "examples" / "articles" / "wechat-merchants.de.txt"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what",
        choices=[
            "speed",
            "opus",
            "agree",
            "bleu",
            "consensus",
            "omissions",
            "calibrate",
            "cold",
            "stream",
            "memory",
        ],
    )
    parser.add_argument("model")
    parser.add_argument("file", type=Path, nargs="?", default=ARTICLE)
    parser.add_argument("--source", default="de")
    parser.add_argument("--target", default="en")
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--articles", type=int, default=1000, help="how many are streamed")
    parser.add_argument("--words", type=int, default=100, help="words of each streamed article")
    parser.add_argument("--beam", type=int, help="default: the model's own")
    arguments = parser.parse_args()
    commands = {
        "speed": speed,
        "opus": opus,
        "agree": agree,
        "bleu": bleu,
        "consensus": agreed,
        "omissions": omissions,
        "calibrate": calibrate,
        "cold": cold,
        "stream": stream,
        "memory": memory,
    }
    commands[arguments.what](arguments)


def speed(arguments: argparse.Namespace) -> None:
    """A whole article through the Translator, raw CTranslate2, and generate sentence by sentence."""
    text = arguments.file.read_text(encoding="utf-8")
    translator = Translator.load(arguments.model, arguments.source, arguments.target, beam=arguments.beam)
    local, tokenizer = _model(arguments)
    _compare(arguments, local, tokenizer, text, 200, lambda _: list(translator.translate([text])))


def opus(arguments: argparse.Namespace) -> None:
    """A model as large as OPUS-MT, random weights, 30 target tokens for every sentence, MODEL's pieces."""
    text = arguments.file.read_text(encoding="utf-8")
    local, tokenizer = _model(arguments)
    with tempfile.TemporaryDirectory() as folder:
        _opus_size(local.folder, Path(folder))
        large = store.ensure_local(registry.spec_from_folder(folder, arguments.source, arguments.target))
        fast = CTranslate2Backend(conversion.convert(large), max_positions=_positions(large))
        options = DecodingOptions(beam=_beam(arguments, large), max_length=30)
        _compare(arguments, large, tokenizer, text, 30, lambda rows: fast.search(rows, options))


def _compare(
    arguments: argparse.Namespace,
    local: store.LocalModel,
    tokenizer: Tokenizer,
    text: str,
    longest: int,
    ours: Callable[[list[list[str]]], object],
) -> None:
    words = len(text.split())
    spans = segmentation.segment(text, arguments.source, tokenizer.count, 110)
    inputs = [tokenizer.model_input(tokenizer.encode(span.of(text)).pieces) for span in spans]
    ready = [row[:-1] for row in sorted(inputs, key=len)]
    batches = [ready[i : i + 32] for i in range(0, len(ready), 32)]
    folder, cores = str(conversion.convert(local)), len(os.sched_getaffinity(0))
    raw = ctranslate2.Translator(folder, intra_threads=cores)
    parallel = ctranslate2.Translator(folder, inter_threads=cores, intra_threads=1)
    beam = _beam(arguments, local)
    settings = {"beam_size": beam, "max_decoding_length": longest}
    slow = TransformersBackend(local.folder)
    options = DecodingOptions(beam=beam, max_length=longest)
    sample = inputs[:: max(1, len(inputs) // 15)]
    share = sum(map(len, sample)) / sum(map(len, inputs))
    times = {
        "ours, int8, with word links": _best(lambda: ours(inputs)),
        "raw CTranslate2, int8": _best(lambda: [raw.translate_batch(batch, **settings) for batch in batches]),
        "a thread for each batch, int8": _best(
            lambda: parallel.translate_batch(ready, max_batch_size=32, **settings)
        ),
        "generate, one by one, fp32": _best(lambda: [slow.generate([row], options) for row in sample], 1)
        / share,
    }
    if (Path(folder) / conversion.VOCABULARY_MAP).exists():
        times["raw, int8, with a shortlist"] = _best(
            lambda: [raw.translate_batch(batch, use_vmap=True, **settings) for batch in batches]
        )
    base = times["ours, int8, with word links"]
    print(f"{words} words, {len(inputs)} segments, beam {beam}; generate on {len(sample)} of them")
    for name, seconds in times.items():
        print(f"{name:29} {seconds:7.2f} s {words / seconds:8.0f} words/s {seconds / base:6.2f} x")


def _opus_size(model: Path, folder: Path) -> None:
    """Write a Marian folder of the size of OPUS-MT de-en: 6+6 layers, width 512, 58,101 pieces."""
    from transformers import MarianConfig, MarianMTModel

    tokens = list(json.loads((model / "vocab.json").read_text(encoding="utf-8")))[:-1]
    tokens += [f"<filler{i}>" for i in range(58_100 - len(tokens))]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate([*tokens, "<pad>"])}))
    for name in ("source.spm", "target.spm", marian.SHORTLIST):
        if (model / name).exists():
            shutil.copyfile(model / name, folder / name)
    pad = len(tokens)
    config = MarianConfig(
        vocab_size=pad + 1,
        d_model=512,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=2048,
        decoder_ffn_dim=2048,
        activation_function="swish",
        max_position_embeddings=512,
        scale_embedding=True,
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=tokens.index("</s>"),
        bos_token_id=None,
        forced_eos_token_id=tokens.index("</s>"),
    )
    MarianMTModel(config).save_pretrained(folder)


def agree(arguments: argparse.Namespace) -> None:
    """How many lines both backends translate alike, in fp32, greedily and with the beam."""
    local, tokenizer = _model(arguments)
    pairs = _pairs(arguments)
    inputs = [tokenizer.model_input(tokenizer.encode(source).pieces[:110]) for source, _ in pairs]
    fast = CTranslate2Backend(conversion.convert(local, "float32"), max_positions=_positions(local))
    slow = TransformersBackend(local.folder)
    for beam in (1, _beam(arguments, local)):
        options = DecodingOptions(beam=beam, max_length=200)
        wanted = [slow.search([row], options)[0][0].tokens for row in inputs]
        for patience in (1.0, 1.5, 2.0) if beam > 1 else (1.0,):
            found = [found[0].tokens for found in fast.search(inputs, replace(options, patience=patience))]
            same = 100 * sum(a == b for a, b in zip(found, wanted, strict=True)) / len(inputs)
            print(f"beam {beam}, patience {patience}, fp32: {same:.1f} % of {len(inputs)} lines identical")


def bleu(arguments: argparse.Namespace) -> None:
    """BLEU and chrF of the Translator's output; how often each guard speaks of it and of the references."""
    import sacrebleu

    pairs = _pairs(arguments)
    translator = Translator.load(arguments.model, arguments.source, arguments.target, beam=arguments.beam)
    start = time.perf_counter()
    results = list(translator.translate([source for source, _ in pairs]))
    seconds = time.perf_counter() - start
    outputs, references = [r.text for r in results], [[reference for _, reference in pairs]]
    metric = _bleu(arguments.target)
    print(metric.corpus_score(outputs, references), metric.get_signature())
    print(sacrebleu.CHRF().corpus_score(outputs, references))
    flagged = sum(bool(r.flags) for r in results)
    print(f"{len(pairs)} lines in {seconds:.1f} s, {flagged} flagged")
    spoken = Counter(fault.split(":")[0] for r in results for fault in r.flags)
    false = Counter(
        fault.split(":")[0]
        for source, reference in pairs
        for fault in guards.faults(source, reference, arguments.target, finished=True)
    )
    print("lines, references")
    for fault in sorted(spoken | false, key=lambda fault: -spoken[fault]):
        print(f"{spoken[fault]:5} {false[fault]:11}  {fault}")


def agreed(arguments: argparse.Namespace) -> None:
    """BLEU and chrF of most probable hypotheses and of those agreed on, and the time of choosing."""
    import sacrebleu

    local, tokenizer = _model(arguments)
    pairs = _pairs(arguments)
    prepared = [typography.prepare(source, arguments.source) for source, _ in pairs]
    inputs = [tokenizer.model_input(tokenizer.encode(text.text).pieces) for text in prepared]
    backend = CTranslate2Backend(conversion.convert(local), max_positions=_positions(local))
    beam = _beam(arguments, local)
    found = backend.search(inputs, DecodingOptions(beam=beam, hypotheses=beam))
    references = [[reference for _, reference in pairs]]
    metric = _bleu(arguments.target)

    def show(name: str, chosen: list[Hypothesis]) -> None:
        outputs = [
            typography.finish(decode(hypothesis.tokens).text, arguments.target, text).after
            for hypothesis, text in zip(chosen, prepared, strict=True)
        ]
        score = metric.corpus_score(outputs, references)
        chrf = sacrebleu.CHRF().corpus_score(outputs, references)
        print(f"{name}  BLEU {score.score:.2f}  BP {score.bp:.3f}  chrF {chrf.score:.2f}")

    show(f"beam {beam}, most probable", [hypotheses[0] for hypotheses in found])
    for sharpness, beta in itertools.product((8.0, 16.0, 32.0), (1.0, 2.0, 3.0)):
        consensus.SHARPNESS, consensus.BETA = sharpness, beta
        start = time.perf_counter()
        chosen = [consensus.ranked(hypotheses)[0] for hypotheses in found]
        milliseconds = 1000 * (time.perf_counter() - start) / len(found)
        show(f"sharpness {sharpness:.0f}, beta {beta:.0f}, {milliseconds:.1f} ms a line", chosen)


def omissions(arguments: argparse.Namespace) -> None:
    """The lines that words are left out of: what they are, and BLEU and chrF of them whole and in parts."""
    import sacrebleu

    pairs = _pairs(arguments)
    translator = Translator.load(arguments.model, arguments.source, arguments.target, beam=arguments.beam)

    def translated() -> tuple[list[TranslatedText], float]:
        start = time.perf_counter()
        return list(translator.translate([source for source, _ in pairs])), time.perf_counter() - start

    in_parts, seconds = translated()
    guards.of_little_use = lambda _: False
    whole, seconds_whole = translated()
    rows = [i for i, text in enumerate(whole) if _left_out(text)]
    for i in rows:
        print(f"{pairs[i][0]}\n  whole: {whole[i].text}\n    {_left_out(whole[i])}")
        print(f"  parts: {in_parts[i].text}\n")
    still = sum(bool(_left_out(text)) for text in in_parts)
    print(f"{len(rows)} of {len(pairs)} lines leave words out, in parts {still}")
    print(f"{seconds_whole:.1f} s, in parts {seconds:.1f} s")
    references = [[pairs[i][1] for i in rows]]
    metric = _bleu(arguments.target)
    for name, found in (("whole", whole), ("parts", in_parts)):
        outputs = [found[i].text for i in rows]
        chrf = sacrebleu.CHRF().corpus_score(outputs, references)
        print(f"those lines, {name}: BLEU {metric.corpus_score(outputs, references).score:.2f}  {chrf}")


def _left_out(text: TranslatedText) -> str:
    return "; ".join(flag for flag in text.flags if flag.startswith(guards.LEFT_OUT))


_COLD = """
import sys
from wechat_text import Translator
translator = Translator.load(*sys.argv[1:])
next(translator.translate(["Der Händler öffnet seinen Laden am Morgen."]))
"""

_STREAM = """
import sys, time
from translate import articles
from wechat_text import Translator
from wechat_text.pipeline import Pipeline
from wechat_text.translation import guards
from wechat_text.translation.backends import DecodingOptions
model, target, path, count, words, room = sys.argv[1:]
if int(room):  # what random weights write would be tried again and again
    DecodingOptions.room = lambda *_: int(room)
    guards.faults = guards.unpaired = lambda *_, **__: ()
pipeline = Pipeline()
pipeline._translators[target] = Translator.load(model, target=target)
next(pipeline.stream(articles(path, 1, int(words)), [target], source="de"))
start = time.perf_counter()
finished = sum(1 for _ in pipeline.stream(articles(path, int(count), int(words)), [target], source="de"))
seconds = (time.perf_counter() - start) / finished
# ru_maxrss would start from the peak of the process that began this one
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(f"{seconds:.4f} {int(peak) / 1024:.0f}")
"""


def cold(arguments: argparse.Namespace) -> None:
    """A new process, from its start to the first translated sentence; the model is converted already."""
    command = [sys.executable, "-c", _COLD, arguments.model, arguments.source, arguments.target]
    subprocess.run(command, check=True)
    bare = _best(lambda: subprocess.run([sys.executable, "-c", ""], check=True))
    seconds = _best(lambda: subprocess.run(command, check=True), times=5)
    print(f"cold start to the first sentence {seconds:.2f} s, of which Python itself {bare:.2f} s")


def stream(arguments: argparse.Namespace) -> None:
    """Time per article and peak memory, which must not grow with the number of articles."""
    for count in (10, arguments.articles):
        print(f"{count} articles of {arguments.words} words: {_streamed(arguments, arguments.model, count)}")


def memory(arguments: argparse.Namespace) -> None:
    """Peak memory of a process that streams articles, with MODEL and with a model as large as OPUS-MT."""
    what = f"{arguments.articles} articles of {arguments.words} words"
    print(f"{what}, MODEL: {_streamed(arguments, arguments.model, arguments.articles)}")
    with tempfile.TemporaryDirectory() as folder:
        _opus_size(_model(arguments)[0].folder, Path(folder))
        large = registry.spec_from_folder(folder, arguments.source, arguments.target)
        conversion.convert(store.ensure_local(large))  # done once, and not what is measured
        print(f"{what}, OPUS size: {_streamed(arguments, folder, arguments.articles, room=30)}")


def _streamed(arguments: argparse.Namespace, model: str, count: int, room: int = 0) -> str:
    """What a new process that streams `count` articles needs; at most `room` tokens for each segment."""
    known = Path(model).resolve() if Path(model).exists() else model
    paths = [known, arguments.target, arguments.file.resolve()]
    command = [sys.executable, "-c", _STREAM, *map(str, [*paths, count, arguments.words, room])]
    folder = Path(__file__).parent  # a package called "benchmarks" may be installed
    run = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    seconds, peak = run.stdout.split()
    return f"{seconds} s each, peak {peak} MB"


def articles(path: str, count: int, words: int) -> Iterator[str]:
    """`count` different articles of `words` words, sentences of the article at `path` in random order."""
    text = Path(path).read_text(encoding="utf-8")
    found = [span.of(text) for span in segmentation.segment(text, "de", len, 10_000)]
    for number in range(count):
        random.Random(number).shuffle(found)
        chosen = itertools.accumulate(found, lambda a, b: f"{a} {b}")
        yield next(text for text in chosen if len(text.split()) >= words)


def calibrate(arguments: argparse.Namespace) -> None:
    """Logistic curve from the score of a line to its chrF, fitted on even lines, shown on odd ones."""
    import numpy as np
    import sacrebleu

    pairs = _pairs(arguments)
    translator = Translator.load(arguments.model, arguments.source, arguments.target, beam=arguments.beam)
    results = list(translator.translate([source for source, _ in pairs]))
    rows = [
        (result.score, sacrebleu.sentence_chrf(result.text, [reference]).score / 100)
        for result, (_, reference) in zip(results, pairs, strict=True)
        if result.score is not None
    ]
    scores, found = np.array(rows).T
    bias, slope = 0.0, 0.0
    design = np.stack([np.ones_like(scores), scores], axis=1)[::2]
    for _ in range(50):  # Newton's method on the cross-entropy with fractional targets
        stated = 1 / (1 + np.exp(-(design @ [bias, slope])))
        gradient = design.T @ (found[::2] - stated)
        curvature = (design * (stated * (1 - stated))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        bias, slope = bias + step[0], slope + step[1]
    print(f'[models.NAME.confidence."{arguments.source}>{arguments.target}"]')
    print(f"bias = {bias:.2f}\nslope = {slope:.2f}")
    stated, found = 1 / (1 + np.exp(-(bias + slope * scores[1::2]))), found[1::2]
    print("stated  found  lines")
    for part in np.array_split(np.argsort(stated), 5):
        print(f"{stated[part].mean():6.2f} {found[part].mean():6.2f} {len(part):6}")
    print(f"correlation {np.corrcoef(stated, found)[0, 1]:.2f}")


def _model(arguments: argparse.Namespace) -> tuple[store.LocalModel, Tokenizer]:
    """The one model of a profile or a folder."""
    [step] = registry.load_registry().resolve(arguments.model, arguments.source, arguments.target).steps
    spec = step.model
    local = store.ensure_local(spec)
    return local, Tokenizer.load(local.folder, spec.target_tokens.get(arguments.target))


def _beam(arguments: argparse.Namespace, local: store.LocalModel) -> int:
    beam: int = arguments.beam or local.spec.decoding.beam
    return beam


def _positions(local: store.LocalModel) -> int:
    return marian.read_config(local.folder).max_position_embeddings


def _pairs(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    with arguments.file.open(encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in itertools.islice(lines, arguments.lines)]
    return [(row[0], row[1]) for row in rows]


def _bleu(target: str) -> sacrebleu.BLEU:
    import sacrebleu

    return sacrebleu.BLEU(tokenize="zh" if target == "zh" else "13a")


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
