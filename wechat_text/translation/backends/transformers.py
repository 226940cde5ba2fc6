"""transformers and torch: the reference, in full precision, on any device that torch knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wechat_text.errors import ModelFormatError, TranslationError
from wechat_text.translation.backends.protocol import DecodingOptions, Hypothesis
from wechat_text.translation.tokenization import UNKNOWN


class TransformersBackend:
    """A `MarianMTModel` from a Hugging Face folder.

    The attention is taken from one pass over the finished text. Its layer and head are the model's
    aligning ones; where none is known, the average over the heads of the last layer.

    Attributes:
        max_positions: most tokens that a source or a target may have.
    """

    def __init__(
        self, folder: Path, *, device: str = "cpu", layer: int | None = None, head: int | None = None
    ) -> None:
        """Load the Marian model in `folder`, from local files only.

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
        self._layer = -1 if layer is None else layer
        self._head = head
        self._eos: int = self._model.config.eos_token_id
        self._pad: int = self._model.config.pad_token_id

    def translate(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[Hypothesis]]:
        """For each source its best hypotheses, best first."""
        count = min(options.hypotheses, options.beam)
        generated = self.search(sources, options)
        rows = [self._without_specials(row) for row in generated]
        finished = [self._eos in row[1:] for row in generated]
        repeated = [source for source in sources for _ in range(count)]
        found = self._read(repeated, [tokens for tokens, _ in rows], [ids for _, ids in rows], finished)
        return [found[i : i + count] for i in range(0, len(found), count)]

    def search(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[int]]:
        """The token ids that `generate` finds."""
        ids, mask = self._sources(sources)
        unknown = self._target_ids.get(UNKNOWN)
        banned = [[i] for i in dict.fromkeys((self._pad, unknown)) if i is not None]
        try:
            with self._torch.inference_mode():
                generated = self._model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    max_length=min(options.max_length, self.max_positions - 1) + 1,
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
        ids_found: list[list[int]] = generated.tolist()
        return ids_found

    def force(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> list[Hypothesis]:
        """Each given target read by the model as if it had produced it."""
        unknown = self._target_ids[UNKNOWN]
        ids = [[self._target_ids.get(token, unknown) for token in target] for target in targets]
        return self._read(sources, [tuple(t) for t in targets], ids, [True] * len(ids))

    def _read(
        self,
        sources: Sequence[Sequence[str]],
        targets: Sequence[tuple[str, ...]],
        target_ids: Sequence[Sequence[int]],
        finished: Sequence[bool],
    ) -> list[Hypothesis]:
        """Scores and attention from one pass over sources and targets."""
        if not sources:
            return []
        torch = self._torch
        ids, mask = self._sources(sources)
        start = self._model.config.decoder_start_token_id
        rows = [
            [*row, self._eos] if done else list(row) for row, done in zip(target_ids, finished, strict=True)
        ]
        width = max(1, *map(len, rows))
        labels = torch.tensor([row + [self._pad] * (width - len(row)) for row in rows], device=self._device)
        inputs = torch.cat([torch.full_like(labels[:, :1], start), labels[:, :-1]], dim=1)
        try:
            with torch.inference_mode():
                output = self._model(
                    input_ids=ids, attention_mask=mask, decoder_input_ids=inputs, output_attentions=True
                )
        except (RuntimeError, IndexError) as error:
            raise TranslationError(f"transformers failed: {error}") from error
        logits = output.logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        layer = output.cross_attentions[self._layer]
        attention = (layer.mean(1) if self._head is None else layer[:, self._head]).cpu().numpy()
        return [
            Hypothesis(
                tuple(tokens),
                float(logits[i, : len(rows[i])].sum()) / max(1, len(rows[i])),
                attention[i, : len(tokens), : len(source) - 1],
                done,
            )
            for i, (source, tokens, done) in enumerate(zip(sources, targets, finished, strict=True))
        ]

    def _sources(self, sources: Sequence[Sequence[str]]) -> tuple[Any, Any]:
        unknown = self._source_ids[UNKNOWN]
        width = max(map(len, sources))
        rows = [[self._source_ids.get(token, unknown) for token in source] for source in sources]
        ids = self._torch.tensor([r + [self._pad] * (width - len(r)) for r in rows], device=self._device)
        mask = self._torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in rows], device=self._device)
        return ids, mask

    def _without_specials(self, row: Sequence[int]) -> tuple[tuple[str, ...], list[int]]:
        ids = list(row[1:])
        if self._eos in ids:
            ids = ids[: ids.index(self._eos)]
        while ids and ids[-1] == self._pad:
            ids.pop()
        return tuple(self._target_tokens.get(i, UNKNOWN) for i in ids), ids
