"""CTranslate2: quantised and fast; needs neither torch nor transformers."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from math import nan
from pathlib import Path
from typing import Any

from wechat_text.errors import ModelFormatError, TranslationError
from wechat_text.models.conversion import VOCABULARY_MAP
from wechat_text.translation.backends.protocol import Attention, DecodingOptions, Hypothesis
from wechat_text.translation.batching import by_length
from wechat_text.translation.tokenization import EOS

PART_TOKENS = 768
"""About so many source tokens, padding included, are worked on at a time by each thread."""


class CTranslate2Backend:
    """A converted model; its conversion put the aligning attention head first.

    Attributes:
        max_positions: most tokens that a source or a target may have.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_positions: int,
        device: str = "cpu",
        threads: int = 0,
        shifted: bool = False,
    ) -> None:
        """Load the CTranslate2 model in `folder`.

        Args:
            folder: with ``model.bin``.
            max_positions: the Marian model's ``max_position_embeddings``.
            device: "cpu", "cuda" or "auto".
            threads: number of threads; 0 takes all cores that the process may use. Each works on sentences of
                its own: on two cores nearly twice as fast as sharing every matrix product between them.
            shifted: the aligning head looks at a token's source one step later (`Alignment.shifted`).

        Raises:
            ModelFormatError: no CTranslate2 model, or the device cannot run it.
        """
        import ctranslate2

        self.max_positions = max_positions
        self._shifted = shifted
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        self._workers = (threads or _cores()) if device == "cpu" else 1
        try:
            self._translator = ctranslate2.Translator(
                str(folder), device=device, inter_threads=self._workers, intra_threads=1
            )
            settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelFormatError(f"CTranslate2 cannot load {folder}: {error}") from error
        self._adds_end = bool(settings.get("add_source_eos"))
        self._has_shortlist = (folder / VOCABULARY_MAP).is_file()

    def search(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[Hypothesis]]:
        """For each source its best hypotheses, best first, with their attention."""
        results = self._run(
            sources,
            [min(options.room(len(source)), self.max_positions) for source in sources],
            beam_size=options.beam,
            patience=options.patience,
            num_hypotheses=min(options.hypotheses, options.beam),
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram,
            length_penalty=options.length_penalty,
            return_scores=True,
            return_end_token=True,
            return_attention=True,
            use_vmap=self._has_shortlist,
        )
        return [
            [
                self._hypothesis(
                    tokens,
                    score * max(1, len(tokens)) ** (options.length_penalty - 1),
                    rows,
                    len(source) - 1,
                    greedy=options.beam == 1,
                )
                for tokens, score, rows in zip(
                    result.hypotheses, result.scores, result.attention, strict=True
                )
            ]
            for source, result in zip(sources, results, strict=True)
        ]

    def attention(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> list[Attention]:
        """What the model looks at while it writes each given target: a greedy search with it as prefix."""
        rooms = [max(1, len(target) + self._shifted) for target in targets]
        results = self._run(
            sources, rooms, targets, beam_size=1, return_attention=True, return_end_token=True
        )
        return [
            self._matrix(result.attention[0], len(target), len(source) - 1)
            for source, target, result in zip(sources, targets, results, strict=True)
        ]

    def scores(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> list[float]:
        """The score that each given target would have as a finished hypothesis."""
        try:
            found = self._translator.score_batch(self._inputs(sources), [list(t) for t in targets])
        except (RuntimeError, ValueError) as error:
            raise TranslationError(f"CTranslate2 failed: {error}") from error
        return [sum(s.log_probs) / max(1, len(s.log_probs)) for s in found]

    def _hypothesis(
        self, tokens: Sequence[str], score: float, rows: list[list[float]], width: int, *, greedy: bool
    ) -> Hypothesis:
        finished = bool(tokens) and tokens[-1] == EOS
        kept = tuple(tokens[:-1] if finished else tokens)
        attention = self._matrix(rows, len(kept), width)
        if not greedy and not self._shifted:
            # what a beam search over several sources saw before it wrote anything may be another source's
            # (CTranslate2 4.8.5)
            attention[:1] = nan
        return Hypothesis(kept, score, finished, attention)

    def _matrix(self, rows: list[list[float]], height: int, width: int) -> Attention:
        """A row for each target token: an end token that was given has a column, one that was added has none.

        The last row is zero where the search was cut off before the step that it would be seen in.
        """
        import numpy as np

        matrix = np.zeros((height, width), dtype=np.float32)
        for row, seen in zip(matrix, rows[int(self._shifted) :], strict=False):
            row[:] = seen[:width]
        return matrix

    def _inputs(self, sources: Sequence[Sequence[str]]) -> list[list[str]]:
        """The sources without their end token where CTranslate2 adds it by itself."""
        return [list(source[:-1] if self._adds_end else source) for source in sources]

    def _run(
        self,
        sources: Sequence[Sequence[str]],
        rooms: Sequence[int],
        prefixes: Sequence[Sequence[str]] = (),
        **settings: Any,
    ) -> list[Any]:
        """One result for each source, of at most so many tokens; where there are `prefixes`, it is those."""
        inputs = self._inputs(sources)
        lengths = [len(row) for row in inputs]
        # so small that every worker has some
        most = (
            min(PART_TOKENS, max(1, sum(lengths) // (2 * self._workers)))
            if self._workers > 1
            else sum(lengths)
        )
        results: dict[int, Any] = {}
        try:
            running: list[tuple[int, Any]] = []
            for part in by_length(lengths, most, () if prefixes else rooms):
                if prefixes:
                    settings["target_prefix"] = [list(prefixes[i]) for i in part]
                started = self._translator.translate_batch(
                    [inputs[i] for i in part],
                    max_decoding_length=max(rooms[i] for i in part),
                    max_input_length=0,
                    disable_unk=True,
                    asynchronous=True,
                    **settings,
                )
                running += zip(part, started, strict=True)
            for index, result in running:
                results[index] = result.result()
        except (RuntimeError, ValueError) as error:
            raise TranslationError(f"CTranslate2 failed: {error}") from error
        return [results[i] for i in range(len(inputs))]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
