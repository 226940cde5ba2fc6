"""What is known about a model, and which models lead from one language to another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository on the model hub; `revision` is a commit, or None where none is pinned."""

    repo: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder on this machine; `packaged` when it came with this package."""

    folder: Path
    packaged: bool = False


@dataclass(frozen=True, slots=True)
class Alignment:
    """The decoder's cross-attention head that aligns words; layer and head count from 0.

    Attributes:
        shifted: the head looks at a word's source one step later, once the word is written
            (Chen et al. 2020, Accurate Word Alignment Induction from Neural Machine Translation: SHIFT-ATT).
    """

    layer: int
    head: int
    shifted: bool = False


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a model is searched for the best translation, unless the user says otherwise.

    Attributes:
        beam: beam size.
        consensus: of the hypotheses in the beam, the one that agrees best with the others is taken
            instead of the most probable one.
    """

    beam: int = 4
    consensus: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a model's scores have meant on a development set: a logistic curve through sentence chrF."""

    bias: float
    slope: float

    def confidence(self, score: float) -> float:
        """Expected chrF (0-1) against a human translation of a segment with this score."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.bias + self.slope * score))))


@dataclass(frozen=True, slots=True)
class Quality:
    """One measured figure: what was measured on which test set, and who says so."""

    metric: str
    test_set: str
    value: float
    source: str
    direction: str = ""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model of models.toml.

    Attributes:
        id: its name there; a hub id, a plain name, or a path.
        source: where its files come from.
        licence: of the weights.
        source_languages: ISO 639-1 codes that it reads.
        target_languages: ISO 639-1 codes that it writes.
        target_tokens: for each target language, the token that asks for it in front of the source
            (``{"zh": ">>cmn_Hans<<"}``); a language that needs none is absent.
        files: SHA-256 by file name, where known; what is not known here is recorded at the first fetch.
        decoding: how it is searched.
        alignment: the head that aligns words, where known.
        calibration: for each direction (source, target), what scores mean, where measured.
        quality: measured figures.
        size: bytes of the files together, where known.
        architecture: a note on it.
        non_commercial: whether the licence forbids commercial use.
    """

    id: str
    source: HubSource | FolderSource
    licence: str
    source_languages: tuple[str, ...]
    target_languages: tuple[str, ...]
    target_tokens: Mapping[str, str] = field(default_factory=_empty)
    files: Mapping[str, str] = field(default_factory=_empty)
    decoding: Decoding = Decoding()
    alignment: Alignment | None = None
    calibration: Mapping[tuple[str, str], Calibration] = field(default_factory=lambda: MappingProxyType({}))
    quality: tuple[Quality, ...] = ()
    size: int | None = None
    architecture: str = ""
    non_commercial: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One model with the direction it is used in."""

    model: ModelSpec
    source: str
    target: str

    @property
    def target_token(self) -> str | None:
        """The token to put in front of each source sentence, if the model needs one."""
        return self.model.target_tokens.get(self.target)


@dataclass(frozen=True, slots=True)
class Route:
    """The way from one language to another: one step, or two through a language between.

    `notices` are what a reader of the translation must know about the choice of models.
    """

    profile: str
    steps: tuple[Step, ...]
    notices: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models in the order they are applied."""
        return tuple(step.model for step in self.steps)


@dataclass(frozen=True, slots=True)
class Profile:
    """A named choice of models.

    Attributes:
        name: what the user asks for.
        description: one line on it.
        routes: for each direction (source, target), the routes in order of preference; the first whose
            models are all on this machine is taken.
        prefer: instead of routes of its own, other profiles; the first whose models are all on this
            machine is taken, and the last one otherwise.
        fallback_notice: what to tell the reader when it was not the first of `prefer`.
        non_commercial: whether a licence of its models forbids commercial use.
    """

    name: str
    description: str
    routes: Mapping[tuple[str, str], tuple[tuple[Step, ...], ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    prefer: tuple[str, ...] = ()
    fallback_notice: str = ""
    non_commercial: bool = False
