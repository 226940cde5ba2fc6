"""CTranslate2: quantised and fast; needs neither torch nor transformers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wechat_text.errors import ModelFormatError, TranslationError
from wechat_text.translation.backends.protocol import DecodingOptions, Hypothesis
from wechat_text.translation.tokenization import EOS


class CTranslate2Backend:
    """A converted model; its conversion put the aligning attention head first.

    Attributes:
        max_positions: most tokens that a source or a target may have.
    """

    def __init__(self, folder: Path, *, max_positions: int, device: str = "cpu", threads: int = 0) -> None:
        """Load the CTranslate2 model in `folder`.

        Args:
            folder: with ``model.bin``.
            max_positions: the Marian model's ``max_position_embeddings``.
            device: "cpu", "cuda" or "auto".
            threads: number of threads; 0 takes all cores that the process may use.

        Raises:
            ModelFormatError: no CTranslate2 model, or the device cannot run it.
        """
        import ctranslate2

        self.max_positions = max_positions
        threads = threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else threads
        try:
            self._translator = ctranslate2.Translator(str(folder), device=device, intra_threads=threads)
        except (RuntimeError, ValueError) as error:
            raise ModelFormatError(f"CTranslate2 cannot load {folder}: {error}") from error

    def translate(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[Hypothesis]]:
        """For each source its best hypotheses, best first."""
        results = self._run(
            sources,
            beam_size=options.beam,
            num_hypotheses=min(options.hypotheses, options.beam),
            max_decoding_length=min(options.max_length, self.max_positions),
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram,
            length_penalty=options.length_penalty,
        )
        return [
            [_hypothesis(*found) for found in zip(r.hypotheses, r.scores, r.attention, strict=True)]
            for r in results
        ]

    def force(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> list[Hypothesis]:
        """Each given target read by the model as if it had produced it."""
        results = self._run(
            sources,
            target_prefix=[list(target) for target in targets],
            beam_size=1,
            max_decoding_length=max(map(len, targets), default=0) + 1,
        )
        try:
            scores = self._translator.score_batch([list(s) for s in sources], [list(t) for t in targets])
        except (RuntimeError, ValueError) as error:
            raise TranslationError(f"CTranslate2 failed: {error}") from error
        return [
            Hypothesis(
                tuple(target),
                sum(score.log_probs) / max(1, len(score.log_probs)),
                _attention(result.attention[0], len(target), len(source)),
                True,
            )
            for source, target, result, score in zip(sources, targets, results, scores, strict=True)
        ]

    def _run(self, sources: Sequence[Sequence[str]], **settings: Any) -> list[Any]:
        try:
            results: list[Any] = self._translator.translate_batch(
                [list(source) for source in sources],
                max_input_length=0,
                disable_unk=True,
                return_scores=True,
                return_attention=True,
                return_end_token=True,
                **settings,
            )
        except (RuntimeError, ValueError) as error:
            raise TranslationError(f"CTranslate2 failed: {error}") from error
        return results


def _hypothesis(tokens: list[str], score: float, attention: list[list[float]]) -> Hypothesis:
    finished = bool(tokens) and tokens[-1] == EOS
    size = len(tokens) - finished
    width = len(attention[0]) if attention else 0
    return Hypothesis(tuple(tokens[:size]), score, _attention(attention, size, width), finished)


def _attention(rows: list[list[float]], height: int, width: int) -> Any:
    import numpy as np

    return np.array(rows[:height], dtype=np.float32).reshape(-1, width)[:height]
