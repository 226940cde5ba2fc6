"""`evaluate`: BLEU, chrF, quote marks kept, empty and looping outputs, through CTranslate2 int8."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import sacrebleu
import sentencepiece

from training.config import Config
from wechat_text.models import conversion
from wechat_text.models.marian import read_length_penalty
from wechat_text.translation.typography import QUOTES

_LOOP = re.compile(r"([^\W\d_])\1{7}|(\D{2,5}?)\2{3}|(\D{6,60}?)\3{2}")
_RUN = re.compile(r"[.…·_=*—-]{2,}")


@dataclass(frozen=True)
class TestSet:
    """Sources with one reference each."""

    name: str
    source: str
    target: str
    sources: list[str]
    references: list[str]


@dataclass(frozen=True)
class Figures:
    """What was measured on one test set; `quotes_kept` is a share of `quoted_lines`."""

    name: str
    lines: int
    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str
    quoted_lines: int
    quotes_kept: float | None
    empty: int
    loops: int
    seconds: float


class Engine:
    """An exported folder, converted to CTranslate2 for as long as the object lives."""

    def __init__(self, folder: Path, quantization: str = "int8", threads: int = 2) -> None:
        self._converted = tempfile.TemporaryDirectory()
        converted = Path(self._converted.name) / "model"
        conversion.build(folder, converted, quantization, None)
        self._translator = ctranslate2.Translator(
            str(converted), device="cpu", inter_threads=threads, intra_threads=1
        )
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))

    def translate(
        self, texts: Sequence[str], target_token: str, beam: int = 4, length_penalty: float = 1.0
    ) -> list[str]:
        """Translations in the order of `texts`."""
        tokens = [[target_token, *self._pieces.encode(text, out_type=str)] for text in texts]
        results = self._translator.translate_batch(
            tokens,
            beam_size=beam,
            length_penalty=length_penalty,
            max_batch_size=2048,
            batch_type="tokens",
            max_decoding_length=256,
            max_input_length=0,
        )
        return [self._pieces.decode(result.hypotheses[0]) for result in results]


def evaluate(config: Config, folder: Path, data: Path, lines: int = 0, beam: int = 4) -> list[Figures]:
    """Measure the exported model in `folder`; print a table, write `evaluation.json` to the work folder."""
    engine = Engine(folder, threads=config.train.threads or 2)
    results = []
    for test in development_sets(config, data, lines):
        started = time.monotonic()
        token = config.vocabulary.target_tokens[test.target]
        outputs = engine.translate(test.sources, token, beam, read_length_penalty(folder))
        figures = measure(test, outputs, time.monotonic() - started)
        results.append(figures)
        kept = "-" if figures.quotes_kept is None else f"{figures.quotes_kept:.1%} of {figures.quoted_lines}"
        print(
            f"{figures.name:26} {figures.lines:5} lines  BLEU {figures.bleu:5.1f}  chrF {figures.chrf:5.1f}  "
            f"marks kept {kept}  empty {figures.empty}  loops {figures.loops}  {figures.seconds:.0f} s",
            flush=True,
        )
    for signature in sorted({s for f in results for s in (f.bleu_signature, f.chrf_signature)}):
        print(signature)
    report = json.dumps([asdict(f) for f in results], indent=1)
    (config.work / "evaluation.json").write_text(report, encoding="utf-8")
    return results


def development_sets(config: Config, data: Path, lines: int) -> list[TestSet]:
    """What `data/mt-dev` and the held-out items of the original corpus have for the model's directions."""
    files = [
        ("newstest2019", "de", "en", data / "mt-dev" / "newstest2019.de-en.tsv", 0, 1),
        ("flores-dev", "de", "en", data / "mt-dev" / "flores-dev.de-en-zh.tsv", 0, 1),
        ("flores-dev", "de", "zh", data / "mt-dev" / "flores-dev.de-en-zh.tsv", 0, 2),
        ("newstest2019", "en", "zh", data / "mt-dev" / "newstest2019.en-zh.tsv", 0, 1),
        ("flores-dev", "en", "de", data / "mt-dev" / "flores-dev.de-en-zh.tsv", 1, 0),
        ("held-out", "de", "en", config.work / "held-out.de-en.tsv", 0, 1),
        ("held-out", "de", "zh", config.work / "held-out.de-zh.tsv", 0, 1),
        ("held-out", "en", "de", config.work / "held-out.en-de.tsv", 0, 1),
    ]
    tests = []
    wanted = {(d.source, d.target) for d in config.directions}
    for name, source, target, path, left, right in files:
        if (source, target) not in wanted:
            continue
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        rows = rows[:lines] if lines else rows
        sides = [row[left] for row in rows], [row[right] for row in rows]
        tests.append(TestSet(f"{name} {source}-{target}", source, target, *sides))
    return tests


def measure(test: TestSet, outputs: Sequence[str], seconds: float) -> Figures:
    """The figures of `outputs` against the references of `test`."""
    bleu: Any = sacrebleu.BLEU(tokenize="zh" if test.target == "zh" else "13a")
    chrf: Any = sacrebleu.CHRF()
    references = [test.references]
    opening, made = QUOTES[test.source][0], QUOTES[test.target][0]
    quoted = [(s, o) for s, o in zip(test.sources, outputs, strict=True) if opening in s and paired(s)]
    kept = sum(s.count(opening) == o.count(made) and paired(o) for s, o in quoted)
    return Figures(
        name=test.name,
        lines=len(outputs),
        bleu=round(bleu.corpus_score(outputs, references).score, 2),
        chrf=round(chrf.corpus_score(outputs, references).score, 2),
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
        quoted_lines=len(quoted),
        quotes_kept=round(kept / len(quoted), 4) if quoted else None,
        empty=sum(not output.strip() for output in outputs),
        loops=sum(loops(output) for output in outputs),
        seconds=round(seconds, 2),
    )


def paired(text: str) -> bool:
    """Whether double quote marks open and close in turn: „…“ where there is a „, else “…”."""
    marks = re.findall(r"[„“”]", text)
    expected = "„“" if "„" in marks else "“”"
    return len(marks) % 2 == 0 and "".join(marks) == expected * (len(marks) // 2)


def loops(text: str) -> bool:
    """Whether a letter comes eight times in a row, 2 to 5 characters four times, or 6 to 60 three times.

    Runs of dots and dashes and digits are no loops.
    """
    return _LOOP.search(_RUN.sub(" ", text)) is not None
