"""`distil`: a teacher translates text of the corpus anew, as further text to learn from.

Sequence-level distillation (Kim and Rush 2016, Sequence-Level Knowledge Distillation): the best hypothesis is
kept or, where there is a human translation, the one of the n-best list nearest to it (their interpolation).
Back-translation (Sennrich et al. 2016, Improving Neural Machine Translation Models with Monolingual Data)
makes a new source instead, and the target stays what people wrote. What the teacher is least sure of may be
left out: its score per token tells good translations from bad ones.
"""

from __future__ import annotations

import lzma
import math
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from training.config import Config, ConfigError, DistilConfig
from training.corpus import TRAIN, Pair, clean_pairs, draw
from wechat_text.errors import UnknownNameError
from wechat_text.models import conversion, marian, registry, store
from wechat_text.translation import guards, typography
from wechat_text.translation.backends import DecodingOptions, Hypothesis
from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend
from wechat_text.translation.consensus import ranked
from wechat_text.translation.marian import LIMIT
from wechat_text.translation.tokenization import Tokenizer, decode

_WINDOW = 256
"""Sources that are translated, and then written, at a time."""


def distil(config: Config, data: Path, model: str, direction: str = "", device: str = "cpu") -> None:
    """Write what the `[[distil]]` tables ask for, or those with a teacher for `direction`.

    A cut-off run goes on where it stopped; a text that is there is left as it is.

    Args:
        config: the settings.
        data: folder with `parallel/`.
        model: the teacher: a Marian folder, or a model of models.toml.
        direction: e.g. `en-zh`; all tables when it is empty.
        device: of CTranslate2: cpu, cuda or auto.

    Raises:
        ConfigError: there is no such table, or its settings changed half-way.
        UnknownNameError: the teacher does not know the direction.
        ModelError: the teacher cannot be loaded.
    """
    texts = [text for text in config.distil if direction in ("", text.teacher)]
    if not texts:
        raise ConfigError(f"no [[distil]] table{f' with the teacher {direction}' if direction else ''}")
    config.work.mkdir(parents=True, exist_ok=True)
    for text in texts:
        path = config.distilled(text)
        if path.exists():
            print(f"{path}: there already; delete it to make it anew", flush=True)
            continue
        teacher = Teacher(model, *text.teacher.split("-"), device=device, threads=config.train.threads)
        partial = path.with_name(f"{path.stem}.{teacher.digest[:12]}.partial")
        _translate(teacher, text, chosen(data, config, text), partial)
        lines, kept = _finish(partial, path, text.keep)
        print(f"{path}: {kept:,} pairs of {lines:,} sources", flush=True)


class Made(NamedTuple):
    """A translation and its mean log-probability per token."""

    text: str
    score: float


class Teacher:
    """A Marian model and what it makes of a text, by the package's own search, marks and guards.

    Attributes:
        digest: identity of the model's files.
    """

    def __init__(
        self, model: str, source: str, target: str, *, device: str = "cpu", threads: int = 0
    ) -> None:
        known = registry.load_registry().models
        spec = known[model] if model in known else registry.spec_from_folder(model, source, target)
        if source not in spec.source_languages or target not in spec.target_languages:
            raise UnknownNameError(f"direction of {model}", f"{source}-{target}")
        local = store.ensure_local(spec)
        self.digest = local.digest
        self._languages = source, target
        self._tokenizer = Tokenizer.load(local.folder, spec.target_tokens.get(target))
        positions = marian.read_config(local.folder).max_position_embeddings
        self._consensus = spec.decoding.consensus
        self._length_penalty = marian.read_length_penalty(local.folder)
        self._longest = min(LIMIT, positions // 2 - 3)
        self._backend = CTranslate2Backend(
            conversion.convert(local), max_positions=positions, device=device, threads=threads
        )

    def translate(self, texts: Sequence[str], beam: int) -> list[list[Made]]:
        """For each text the hypotheses in which the guards find no fault, best first.

        A text that is too long to be translated in one piece, or has no words, has none.
        """
        inputs = [typography.prepare(text, self._languages[0]) for text in texts]
        pieces = [self._tokenizer.encode(prepared.text).pieces for prepared in inputs]
        fit = [i for i, p in enumerate(pieces) if len(p) <= self._longest and typography.has_words(texts[i])]
        found = self._backend.search(
            [self._tokenizer.model_input(pieces[i]) for i in fit],
            DecodingOptions(beam=beam, hypotheses=beam, length_penalty=self._length_penalty),
        )
        results: list[list[Made]] = [[] for _ in texts]
        for i, hypotheses in zip(fit, found, strict=True):
            best_first = ranked(hypotheses) if self._consensus else hypotheses
            read = (Made(self._read(texts[i], inputs[i], h), h.score) for h in best_first)
            results[i] = [made for made in read if made.text]
        return results

    def _read(self, source: str, prepared: typography.Prepared, hypothesis: Hypothesis) -> str:
        """A hypothesis as text; nothing when there is something wrong with it."""
        output = decode(hypothesis.tokens).text
        text = typography.finish(output, self._languages[1], prepared).after
        faults = guards.faults(source, text, self._languages[1], finished=hypothesis.finished)
        return "" if faults or guards.unpaired(prepared.text, output) else text


def chosen(data: Path, config: Config, text: DistilConfig) -> Iterator[Pair]:
    """The training pairs that `text` names, each source once, in the order of the corpus."""
    corpus = replace(
        config.corpus, directions=tuple(d for d in config.corpus.directions if d.name == text.pairs)
    )
    seen: set[int] = set()
    for pair in clean_pairs(data, corpus, Counter()):
        key = hash(pair.source)
        if pair.split != TRAIN or pair.origin not in text.origins or key in seen:
            continue
        seen.add(key)
        if draw(f"distil {pair.source}", 100) < text.percent:
            yield pair


def nearest(hypotheses: Sequence[Made], reference: str) -> Made:
    """The hypothesis with the best sentence chrF; the first one of several."""
    return max(hypotheses, key=lambda made: _chrf().sentence_score(made.text, [reference]).score)


@cache
def _chrf() -> Any:
    import sacrebleu

    return sacrebleu.CHRF()


def _translate(teacher: Teacher, text: DistilConfig, pairs: Iterator[Pair], partial: Path) -> None:
    """Append source, score and a pair for each source that `partial` lacks; a side may be empty."""
    done = _skip(partial, pairs)
    reads_source = text.teacher.split("-")[0] == text.pairs.split("-")[0]
    began = printed = time.monotonic()
    before = done
    with partial.open("a", encoding="utf-8") as file:
        while window := list(islice(pairs, _WINDOW)):
            read = [pair.source if reads_source else pair.target for pair in window]
            for pair, hypotheses in zip(window, teacher.translate(read, text.beam), strict=True):
                if hypotheses and text.teacher == text.pairs:
                    hypotheses = [nearest(hypotheses, pair.target)]
                made, score = hypotheses[0] if hypotheses else Made("", -math.inf)
                sides = dict(zip(text.pairs.split("-"), (pair.source, pair.target), strict=True))
                one, other = (({**sides, text.made: made})[side] for side in text.direction.split("-"))
                file.write(f"{pair.source}\t{score:.4f}\t{one}\t{other}\t{text.origin}\n")
            file.flush()
            done += len(window)
            if time.monotonic() - printed > 60:
                printed = time.monotonic()
                print(f"{done:,} sources, {(done - before) / (printed - began):.1f} a second", flush=True)


def _skip(partial: Path, pairs: Iterator[Pair]) -> int:
    """Go past the pairs whose lines `partial` has, and return their number; a line cut off is taken away."""
    done = end = 0
    if partial.exists():
        with partial.open("r+b") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                pair = next(pairs, None)
                source, *made = line.decode().split("\t")
                if pair is None or pair.source != source or len(made) != 4:
                    raise ConfigError(
                        f"{partial} was made with other settings or text; delete it to begin anew"
                    )
                done += 1
                end += len(line)
            file.truncate(end)
    return done


def _finish(partial: Path, path: Path, keep: int) -> tuple[int, int]:
    """Write the whole pairs of `partial` to `path`, all or nothing. Returns lines and pairs.

    Args:
        partial: lines of `_translate`.
        path: where the pairs go.
        keep: percent of the whole pairs, those with the best scores.
    """
    with partial.open(encoding="utf-8", newline="\n") as lines:
        rows = [line.split("\t")[1:] for line in lines]
    whole = [(float(score), pair) for score, *pair in rows if all(pair)]
    scores = sorted((score for score, _ in whole), reverse=True)[: len(whole) * keep // 100]
    least = scores[-1] if scores else math.inf
    kept = ["\t".join(pair) for score, pair in whole if score >= least]
    packed = path.with_suffix(".new")
    with lzma.open(packed, "wt", encoding="utf-8") as file:
        file.writelines(kept)
    os.replace(packed, path)
    partial.unlink()
    return len(rows), len(kept)
