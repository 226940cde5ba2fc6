"""transformers and torch: the reference, in full precision, on any device that torch knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wechat_text.errors import ModelFormatError, TranslationError
from wechat_text.models.spec import Alignment
from wechat_text.translation.backends.protocol import Attention, DecodingOptions, Hypothesis
from wechat_text.translation.batching import by_length
from wechat_text.translation.tokenization import UNKNOWN


class TransformersBackend:
    """A `MarianMTModel` from a Hugging Face folder.

    The attention is taken from one pass over the finished text.

    Attributes:
        max_positions: most tokens that a source or a target may have.
    """

    def __init__(self, folder: Path, *, device: str = "cpu", alignment: Alignment | None = None) -> None:
        """Load the Marian model in `folder`, from local files only.

        Args:
            folder: a Hugging Face Marian folder.
            device: "cpu", "cuda" or "auto".
            alignment: the head that aligns words; by default all heads of the last layer together.

        Raises:
            ModelFormatError: the folder holds no Marian model that transformers can load.
        """
        import torch
        from transformers import MarianMTModel

        self._torch: Any = torch
        self._device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        try:
            model: Any = MarianMTModel.from_pretrained(
                str(folder), local_files_only=True, dtype=torch.float32, attn_implementation="eager"
            )
            self._model = model.to(self._device).eval()
            self._source_ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
            target = folder / "target_vocab.json"
            separate = target.exists() and not self._model.config.share_encoder_decoder_embeddings
            self._target_ids = (
                json.loads(target.read_text(encoding="utf-8")) if separate else self._source_ids
            )
        except (OSError, RuntimeError, ValueError, KeyError, AssertionError) as error:
            raise ModelFormatError(f"transformers cannot load {folder}: {error}") from error
        self._target_tokens = {i: token for token, i in self._target_ids.items()}
        self.max_positions: int = self._model.config.max_position_embeddings
        self._alignment = alignment
        self._eos: int = self._model.config.eos_token_id
        self._pad: int = self._model.config.pad_token_id

    def search(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[Hypothesis]]:
        """For each source its best hypotheses, best first."""
        count = min(options.hypotheses, options.beam)
        generated = self.generate(sources, options)
        finished = [self._eos in row[1:] for row in generated]
        rows = [self._without_specials(row) for row in generated]
        repeated = [source for source in sources for _ in range(count)]
        found = [
            Hypothesis(self._tokens(ids), score, done)
            for ids, score, done in zip(rows, self._scores(repeated, rows, finished), finished, strict=True)
        ]
        return [found[i : i + count] for i in range(0, len(found), count)]

    def generate(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[int]]:
        """The token ids that transformers itself finds, special tokens included."""
        rooms = [min(options.room(len(source)), self.max_positions - 1) for source in sources]
        count = min(options.hypotheses, options.beam)
        lengths = [len(source) for source in sources]
        found: dict[int, list[list[int]]] = {}
        for part in by_length(lengths, len(lengths) * max(lengths, default=0), rooms):
            rows = self._generate([sources[i] for i in part], options, rooms[part[0]])
            found |= {index: rows[n * count : (n + 1) * count] for n, index in enumerate(part)}
        return [row for index in range(len(sources)) for row in found[index]]

    def _generate(
        self, sources: Sequence[Sequence[str]], options: DecodingOptions, room: int
    ) -> list[list[int]]:
        ids, mask = self._sources(sources)
        unknown = self._target_ids.get(UNKNOWN)
        banned = [[i] for i in dict.fromkeys((self._pad, unknown)) if i is not None]
        try:
            with self._torch.inference_mode():
                generated = self._model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    max_length=room + 1,
                    num_beams=options.beam,
                    num_return_sequences=min(options.hypotheses, options.beam),
                    do_sample=False,
                    early_stopping=False,
                    length_penalty=options.length_penalty,
                    repetition_penalty=options.repetition_penalty,
                    no_repeat_ngram_size=options.no_repeat_ngram,
                    bad_words_ids=banned,
                    forced_eos_token_id=None,
                )
        except RuntimeError as error:
            raise TranslationError(f"transformers failed: {error}") from error
        found: list[list[int]] = generated.tolist()
        return found

    def attention(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> list[Attention]:
        """What the model looks at while it writes each given target."""
        if not sources:
            return []
        output, _ = self._read(sources, [[*self._ids(target), self._eos] for target in targets], True)
        if self._alignment is None:
            attention, first = output.cross_attentions[-1].mean(1), 0
        else:
            attention = output.cross_attentions[self._alignment.layer][:, self._alignment.head]
            first = int(self._alignment.shifted)
        attention = attention.cpu().numpy()
        return [
            attention[i, first : first + len(target), : len(source) - 1]
            for i, (source, target) in enumerate(zip(sources, targets, strict=True))
        ]

    def scores(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> list[float]:
        """The score that each given target would have as a finished hypothesis."""
        return self._scores(sources, [self._ids(target) for target in targets], [True] * len(targets))

    def _scores(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[int]], finished: Sequence[bool]
    ) -> list[float]:
        if not sources:
            return []
        rows = [[*row, self._eos] if done else list(row) for row, done in zip(targets, finished, strict=True)]
        output, labels = self._read(sources, rows, False)
        found = output.logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        return [float(found[i, : len(row)].sum()) / max(1, len(row)) for i, row in enumerate(rows)]

    def _read(
        self, sources: Sequence[Sequence[str]], rows: Sequence[Sequence[int]], attentions: bool
    ) -> tuple[Any, Any]:
        """The output of one pass over sources and targets, and the targets padded."""
        torch = self._torch
        ids, mask = self._sources(sources)
        width = max(1, *map(len, rows))
        labels = torch.tensor(
            [[*row, *[self._pad] * (width - len(row))] for row in rows], device=self._device
        )
        start = torch.full_like(labels[:, :1], self._model.config.decoder_start_token_id)
        inputs = torch.cat([start, labels[:, :-1]], dim=1)
        try:
            with torch.inference_mode():
                output = self._model(
                    input_ids=ids, attention_mask=mask, decoder_input_ids=inputs, output_attentions=attentions
                )
        except (RuntimeError, IndexError) as error:
            raise TranslationError(f"transformers failed: {error}") from error
        return output, labels

    def _sources(self, sources: Sequence[Sequence[str]]) -> tuple[Any, Any]:
        unknown = self._source_ids[UNKNOWN]
        width = max(map(len, sources))
        rows = [[self._source_ids.get(token, unknown) for token in source] for source in sources]
        ids = self._torch.tensor([r + [self._pad] * (width - len(r)) for r in rows], device=self._device)
        mask = self._torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in rows], device=self._device)
        return ids, mask

    def _ids(self, tokens: Sequence[str]) -> list[int]:
        unknown = self._target_ids[UNKNOWN]
        return [self._target_ids.get(token, unknown) for token in tokens]

    def _tokens(self, ids: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._target_tokens.get(i, UNKNOWN) for i in ids)

    def _without_specials(self, row: Sequence[int]) -> list[int]:
        ids = list(row[1:])
        if self._eos in ids:
            ids = ids[: ids.index(self._eos)]
        while ids and ids[-1] == self._pad:
            ids.pop()
        return ids
