"""Which attention head of a model aligns words: measured on a gold file, head by head.

OPUS-MT and the starter models were trained with guided alignment, but nothing in their files says which
head was guided. ``python -m wechat_text models probe MODEL --gold FILE`` finds it and writes it into the
user's models.toml.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product, starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wechat_text.alignment.links import link_words, sure_links
from wechat_text.document import Link, Span
from wechat_text.errors import InputError, ModelFormatError, ReadError
from wechat_text.models.registry import load_registry, record_alignment, spec_from_folder
from wechat_text.models.spec import Alignment, ModelSpec
from wechat_text.models.store import ensure_local

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NO_BLANK_BEFORE = frozenset(".,;:!?)]}%'")
_BATCH = 16


@dataclass(frozen=True, slots=True)
class GoldPair:
    """A sentence pair whose words were linked by hand; links are pairs of word indices."""

    source: str
    target: str
    source_words: tuple[Span, ...]
    target_words: tuple[Span, ...]
    sure: frozenset[tuple[int, int]]
    possible: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ForcedPair:
    """What a model attends to while it reads a given translation.

    Attributes:
        source: the text read.
        target: the translation given.
        attention: [layers, heads, target pieces + 1, source pieces], special tokens left out. Row t is what
            was looked at to write piece t, the last row what was looked at once all were written.
        source_pieces: characters of each piece in the source; may begin with its blank.
        target_pieces: likewise in the target.
    """

    source: str
    target: str
    attention: npt.NDArray[np.float32]
    source_pieces: tuple[Span, ...]
    target_pieces: tuple[Span, ...]

    def heads(self) -> Iterator[Alignment]:
        """Every head of the model, as it writes and shifted."""
        layers, heads = self.attention.shape[:2]
        return starmap(Alignment, product(range(layers), range(heads), (False, True)))

    def rows(self, alignment: Alignment | None) -> npt.NDArray[np.float32]:
        """What one head looked at for each target piece; for None, the mean of the last layer's heads."""
        if alignment is None:
            mean: npt.NDArray[np.float32] = self.attention[-1, :, :-1].mean(axis=0)
            return mean
        first = int(alignment.shifted)
        return self.attention[alignment.layer, alignment.head, first : first + len(self.target_pieces)]

    def links(self, alignment: Alignment | None) -> tuple[Link, ...]:
        """The word links that follow from `rows`, weak ones among them."""
        return link_words(
            self.rows(alignment), self.source_pieces, self.target_pieces, self.source, self.target
        )


def probe(folder: Path, gold: Sequence[GoldPair], target_token: str | None = None) -> dict[Alignment, float]:
    """Alignment error rate of every cross-attention head of the Marian model in `folder`, shifted or not.

    Args:
        folder: a Hugging Face Marian folder.
        gold: pairs in the model's direction.
        target_token: what a multi-target model reads first, e.g. ``">>cmn_Hans<<"``.

    Raises:
        ModelFormatError: transformers cannot load the folder.
    """
    forced = list(force(folder, [(pair.source, pair.target) for pair in gold], target_token))
    if not forced:
        raise InputError("the gold file holds no sentence pair")
    return {
        alignment: error_rate(gold, [sure_links(f.links(alignment)) for f in forced])
        for alignment in forced[0].heads()
    }


def read_gold(path: Path, *, reverse: bool = False) -> list[GoldPair]:
    """The sentence pairs of a gold file.

    Args:
        path: JSON lines with ``src`` and ``tgt`` (lists of words), ``sure`` and ``possible`` (lists of
            index pairs, from 0).
        reverse: exchange the two sides.

    Raises:
        ReadError: unreadable, or a line of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {path}: {error}") from error
    pairs = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            sides = (row["src"], row["tgt"])
            sure, possible = ({(int(i), int(j)) for i, j in row.get(k, ())} for k in ("sure", "possible"))
            (source, source_words), (target, target_words) = map(_text, sides)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReadError(f"{path}:{number}: no gold alignment ({error!r})") from error
        if not all(0 <= i < len(source_words) and 0 <= j < len(target_words) for i, j in sure | possible):
            raise ReadError(f"{path}:{number}: a link points outside its sentence")
        pair = GoldPair(
            source, target, source_words, target_words, frozenset(sure), frozenset(possible | sure)
        )
        pairs.append(_reversed(pair) if reverse else pair)
    return pairs


def error_rate(gold: Sequence[GoldPair], found: Iterable[Iterable[Link]]) -> float:
    """Alignment error rate over all pairs (Och and Ney 2003): 1 - (|A∩S| + |A∩P|) / (|A| + |S|)."""
    hits = total = 0
    for pair, links in zip(gold, found, strict=True):
        predicted = gold_links(pair, links)
        hits += len(predicted & pair.sure) + len(predicted & pair.possible)
        total += len(predicted) + len(pair.sure)
    return 1 - hits / total if total else 1.0


def gold_links(pair: GoldPair, links: Iterable[Link]) -> frozenset[tuple[int, int]]:
    """`links` between the words that the gold file counts."""
    return frozenset(
        (i, j)
        for link in links
        for i in _overlapping(pair.source_words, link.source)
        for j in _overlapping(pair.target_words, link.target)
    )


def force(
    folder: Path, pairs: Sequence[tuple[str, str]], target_token: str | None = None
) -> Iterator[ForcedPair]:
    """Read given translations with the model in `folder`, and watch where it looks.

    Args:
        folder: a Hugging Face Marian folder.
        pairs: source and target texts; each must fit the model's length.
        target_token: what a multi-target model reads first.

    Raises:
        ModelFormatError: transformers cannot load the folder.
    """
    model = _Model(folder, target_token)
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
    done: dict[int, ForcedPair] = {}
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        done.update(zip(batch, model.read([pairs[i] for i in batch]), strict=True))
    yield from (done[i] for i in range(len(pairs)))


def described(alignment: Alignment) -> str:
    """A head as the tables name it."""
    return f"layer {alignment.layer}  head {alignment.head}{'  shifted' if alignment.shifted else ''}"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register ``probe``; its `handler` takes the options and returns the exit code."""
    parser = subparsers.add_parser("probe", help="find the attention head that aligns words")
    parser.add_argument("model", metavar="MODEL", help="a model of models.toml, or a Marian folder")
    parser.add_argument("--gold", required=True, metavar="FILE", help="hand-made word links, JSON lines")
    parser.add_argument("--reverse", action="store_true", help="the gold file's target is the model's source")
    parser.add_argument("--target", metavar="LANG", help="target language of a multi-target model")
    parser.add_argument("--models", metavar="FILE", help="your models.toml; the head is written into it")
    parser.set_defaults(handler=_run)


def _run(options: argparse.Namespace) -> int:
    spec = _spec(options)
    target = options.target or spec.target_languages[0]
    rates = probe(
        ensure_local(spec).folder,
        read_gold(Path(options.gold), reverse=options.reverse),
        spec.target_tokens.get(target),
    )
    for head, rate in sorted(rates.items(), key=lambda item: item[1]):
        print(f"{described(head)}  AER {rate:.3f}")
    best = min(rates, key=lambda head: rates[head])
    if options.models:
        record_alignment(options.models, options.model, best)
        print(f"{options.models}: {described(best)} recorded for {options.model}")
    else:
        print("not recorded: name your models.toml with --models FILE")
    return 0


def _spec(options: argparse.Namespace) -> ModelSpec:
    registry = load_registry(options.models if options.models and Path(options.models).exists() else None)
    if options.model not in registry.models and Path(options.model).is_dir():
        return spec_from_folder(options.model, "de", options.target or "en")
    return registry.model(options.model)


class _Model:
    """A Marian model that reads given translations."""

    def __init__(self, folder: Path, target_token: str | None) -> None:
        import sentencepiece
        import torch
        from transformers import MarianMTModel

        self._torch: Any = torch
        try:
            model: Any = MarianMTModel.from_pretrained(
                str(folder), local_files_only=True, dtype=torch.float32, attn_implementation="eager"
            )
            self._model: Any = model.eval()
            self._source = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
            self._target = sentencepiece.SentencePieceProcessor(model_file=str(folder / "target.spm"))
            self._source_ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
            separate = folder / "target_vocab.json"
            self._target_ids = (
                json.loads(separate.read_text(encoding="utf-8")) if separate.exists() else self._source_ids
            )
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise ModelFormatError(f"transformers cannot load {folder}: {error}") from error
        self._prefix = [self._source_ids[target_token]] if target_token else []

    def read(self, pairs: Sequence[tuple[str, str]]) -> Iterator[ForcedPair]:
        torch, config = self._torch, self._model.config
        sources = [_pieces(self._source, self._source_ids, source) for source, _ in pairs]
        targets = [_pieces(self._target, self._target_ids, target) for _, target in pairs]
        inputs = [[*self._prefix, *ids, config.eos_token_id] for ids, _ in sources]
        # the row that predicts a piece is the one before it: the start token stands first
        outputs = [[config.decoder_start_token_id, *ids] for ids, _ in targets]
        mask = [[1] * len(ids) for ids in inputs]
        with torch.inference_mode():
            attentions = self._model(
                input_ids=torch.tensor(_padded(inputs, config.pad_token_id)),
                attention_mask=torch.tensor(_padded(mask, 0)),
                decoder_input_ids=torch.tensor(_padded(outputs, config.pad_token_id)),
                output_attentions=True,
            ).cross_attentions
        stacked = torch.stack(attentions, dim=1).numpy()
        skipped = len(self._prefix)
        for row, (texts, (_, source), (_, target)) in enumerate(zip(pairs, sources, targets, strict=True)):
            part = stacked[row, :, :, : len(target) + 1, skipped : skipped + len(source)]
            yield ForcedPair(*texts, part, source, target)


def _pieces(processor: Any, ids: dict[str, int], text: str) -> tuple[list[int], tuple[Span, ...]]:
    encoded = processor.encode(text, return_type="offset_mapping")
    unknown = ids["<unk>"]
    return [ids.get(p, unknown) for p in encoded["pieces"]], tuple(Span(*s) for s in encoded["offsets"])


def _padded(rows: Sequence[Sequence[int]], value: int) -> list[list[int]]:
    width = max(map(len, rows))
    return [[*row, *[value] * (width - len(row))] for row in rows]


def _text(tokens: Sequence[str]) -> tuple[str, tuple[Span, ...]]:
    """The words as running text (Chinese without blanks) and the place of each."""
    text = ""
    spans = []
    for token in tokens:
        if (
            text
            and token[0] not in _NO_BLANK_BEFORE
            and text[-1] not in "([{"
            and _spaced(text[-1], token[0])
        ):
            text += " "
        spans.append(Span(len(text), len(text) + len(token)))
        text += token
    return text, tuple(spans)


def _spaced(left: str, right: str) -> bool:
    return not (ord(left) >= 0x2E80 or ord(right) >= 0x2E80)


def _overlapping(words: Sequence[Span], span: Span) -> Iterator[int]:
    return (index for index, word in enumerate(words) if word.overlaps(span))


def _reversed(pair: GoldPair) -> GoldPair:
    def turned(links: frozenset[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        return frozenset((j, i) for i, j in links)

    return GoldPair(
        pair.target,
        pair.source,
        pair.target_words,
        pair.source_words,
        turned(pair.sure),
        turned(pair.possible),
    )
