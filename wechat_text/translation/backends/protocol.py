"""What a backend is given and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Attention: TypeAlias = "npt.NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """How to search for the best translation.

    Attributes:
        beam: beam size; 1 is greedy.
        max_length: most tokens to produce, end token included; None leaves it to `room`.
        hypotheses: number of results per source, at most `beam`.
        repetition_penalty: above 1, tokens already produced become less likely.
        no_repeat_ngram: no sequence of that many tokens occurs twice; 0 allows all.
        patience: how many times `beam` hypotheses must be finished before CTranslate2 ends its search;
            generate goes on while a better one is possible.
        length_penalty: exponent of the length that a beam's log-probability is divided by; the larger, the
            longer the translation that is chosen.
    """

    beam: int = 4
    max_length: int | None = None
    hypotheses: int = 1
    repetition_penalty: float = 1.0
    no_repeat_ngram: int = 0
    patience: float = 1.5
    length_penalty: float = 1.0

    def room(self, source_tokens: int) -> int:
        """Most tokens to produce for a source of so many: between two and four times as many, and some more.

        It follows from the source alone, so that no translation depends on what it is translated beside.
        """
        return self.max_length or 24 + (2 << source_tokens.bit_length())


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A translation found by the search.

    Attributes:
        tokens: target tokens without the end token.
        score: mean log-probability per token, end token included.
        finished: whether the model itself ended the text.
        attention: as `Backend.attention` gives it, the first row nan where the search does not tell it; None
            where it tells none.
    """

    tokens: tuple[str, ...]
    score: float
    finished: bool
    attention: Attention | None = field(default=None, compare=False, repr=False)


class Backend(Protocol):
    """A loaded Marian model. Sources come with their special tokens (`Tokenizer.model_input`)."""

    max_positions: int
    """Most tokens that a source or a target may have."""

    def search(self, sources: Sequence[Sequence[str]], options: DecodingOptions) -> list[list[Hypothesis]]:
        """For each source its best hypotheses, best first."""
        ...

    def attention(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> list[Attention]:
        """What the model looks at while it writes each given target, which comes without its end token.

        Returns:
            float32, shape (target tokens, source tokens without the end token): how much of each source
            token a target token looks at.
        """
        ...

    def scores(self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> list[float]:
        """The score that each given target would have as a finished hypothesis."""
        ...
