"""One TOML file holds every setting of a model; this module reads it into frozen dataclasses.

Unknown keys are an error, so a misspelt setting cannot be ignored silently.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")


class ConfigError(ValueError):
    """The TOML file has an unknown, missing or contradictory setting."""


@dataclass(frozen=True)
class Direction:
    """One translation direction and where its text lies (paths relative to the data folder)."""

    source: str
    target: str
    file: str
    swapped: bool = False
    """The file has the target first."""

    @property
    def name(self) -> str:
        """E.g. `de-en`."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True)
class CorpusConfig:
    """What is read, and what is thrown away before anything is learnt from it."""

    directions: tuple[Direction, ...]
    original: str
    """Glob, relative to the data folder, of the de-en-zh files with empty lines between items."""
    held_out_percent: int = 3
    """Share of the items of `original` that never reach the training."""
    dev_lines: int = 200
    """Lines per direction set aside from `dev_origins`."""
    dev_origins: tuple[str, ...] = ()
    max_pieces: int = 110
    max_ratio: float = 2.5
    """Largest ratio of lengths, each length in units of what its language usually needs."""
    german_quotes_percent: int = 60
    """Share of German source lines whose marks become „…“; the rest keep the marks they came with."""
    skip: tuple[str, ...] = ()
    """Origins that are left out."""
    lower_case_percent: int = 0
    """Share of training pairs of which both sides become lower case."""
    upper_case_percent: int = 0


@dataclass(frozen=True)
class VocabularyConfig:
    """The joint sentencepiece model."""

    size: int = 12000
    """Whole vocabulary: pieces, target tokens and `<pad>`."""
    character_coverage: float = 0.9995
    lines_per_language: int = 120_000
    target_tokens: dict[str, str] = field(default_factory=dict)
    """Target language code to the first source token that asks for it."""


@dataclass(frozen=True)
class AlignConfig:
    """Which pairs get word links for guided alignment."""

    origins: tuple[str, ...] = ("original", "original_joined")
    pairs: int = 100_000
    """At most so many pairs per direction."""
    length: float = 1.0
    """eflomal's relative number of iterations."""


@dataclass(frozen=True)
class DistilConfig:
    """Text that a teacher translates for the model to learn from."""

    pairs: str
    """Direction whose pairs are read, e.g. `de-en`."""
    teacher: str
    """Direction of the teacher: for pairs `de-en`, `de-en` and `de-zh` read German, `en-zh` English."""
    origins: tuple[str, ...]
    percent: int = 100
    """Share of the sources that is taken, chosen by a hash of their text."""
    keep: int = 100
    """Share of the translations that is kept, in percent: those the teacher is surest of."""
    beam: int = 4
    """Size of the beam and of the n-best list."""
    origin: str = "distilled"
    """Origin of what is written, for the `weights` of the stages."""
    gives: str = ""
    """Direction of what is written: a side of the pairs and the teacher's target; by default from the source
    of the pairs. The other way round is back-translation: a new source for what people wrote."""

    @property
    def made(self) -> str:
        """Language that the teacher writes."""
        return self.teacher.split("-")[-1]

    @property
    def direction(self) -> str:
        """Direction of what is written."""
        return self.gives or f"{self.pairs.split('-')[0]}-{self.made}"


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the Marian model."""

    d_model: int = 256
    ffn: int = 1024
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 2
    activation: str = "relu"
    max_positions: int = 512


@dataclass(frozen=True)
class DecodingConfig:
    """How the exported model is to be decoded."""

    beam: int = 4
    length_penalty: float = 1.0


@dataclass(frozen=True)
class Stage:
    """A stretch of training with its own rate, mix of data and length (`steps` or `minutes`)."""

    name: str
    rate: float
    shares: dict[str, float]
    """Direction to its share of the target tokens."""
    weights: dict[str, float] = field(default_factory=dict)
    """Origin to how often its lines are seen relative to a line of weight 1; 0 leaves it out."""
    default_weight: float = 1.0
    steps: int = 0
    minutes: float = 0.0
    warmup_steps: int = 0
    cooldown: float = 0.0
    """Last part of the stage (0-1) over which the rate falls linearly to zero."""
    dropout: float = 0.1
    split: float = 0.0
    """Share of the source pieces that are cut in two where the vocabulary has both parts."""
    guided: float = 0.0
    """Weight of the guided-alignment loss."""
    sampled: int = 0
    """Pieces drawn for the softmax beside those of the batch; 0 takes the whole vocabulary."""
    patience: int = 0
    """Passes in a row without a better dev chrF after which the stage ends; 0 never ends it early."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything about the training loop but the stages."""

    seed: int = 1
    threads: int = 0
    optimizer: str = "muon"
    """`muon` (with AdamW for embeddings, norms and biases) or `adamw`."""
    muon_scale: float = 0.2
    """Size of Muon's updates relative to the rate; 0.2 is the size of AdamW's."""
    batch_tokens: int = 3000
    """Padded target tokens per batch."""
    widths: tuple[int, ...] = ()
    """Padded lengths of the batches. With them there are few shapes, and a GPU replays what it has recorded
    for each; without them a batch is padded to the next multiple of eight."""
    bfloat16: bool = False
    """On a CPU: gradients and Muon's iteration in bfloat16, several times as fast where there is AMX; for
    batches of a few thousand tokens. A GPU always computes in bfloat16."""
    accumulate: int = 1
    """Batches per optimizer step."""
    pass_tokens: int = 1_000_000
    """Target tokens drawn, shuffled and sorted into batches at a time."""
    label_smoothing: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    average_every: int = 8
    average_decay: float = 0.98
    checkpoint_minutes: float = 4.0
    snapshot_minutes: float = 20.0
    log_steps: int = 50
    guided_head: int = 0
    dev_chrf_lines: int = 0
    """Dev lines per direction that are translated after each pass to measure chrF; 0 leaves it out."""


@dataclass(frozen=True)
class Config:
    """All settings of one model."""

    name: str
    work: Path
    corpus: CorpusConfig
    vocabulary: VocabularyConfig
    model: ModelConfig
    train: TrainConfig
    align: AlignConfig
    stages: tuple[Stage, ...]
    distil: tuple[DistilConfig, ...] = ()
    decoding: DecodingConfig = DecodingConfig()
    start: Path | None = None
    """Exported model whose vocabulary and weights the training starts from."""

    @property
    def directions(self) -> tuple[Direction, ...]:
        """What the model is for: the directions that the last stage trains."""
        return tuple(d for d in self.corpus.directions if self.stages[-1].shares.get(d.name))

    @property
    def target_tokens(self) -> dict[str, str]:
        """Language to the token that asks for it, of the languages that the model writes."""
        written = {d.target for d in self.directions}
        return {language: t for language, t in self.vocabulary.target_tokens.items() if language in written}

    @property
    def packed(self) -> Path:
        """The one file with all training text as token ids."""
        return self.work / "packed.npz"

    @property
    def links(self) -> Path:
        """Word links of a part of the packed pairs, for guided alignment."""
        return self.work / "links.npz"

    @property
    def spm(self) -> Path:
        """The sentencepiece model."""
        return self.work / "joint.spm"

    def distilled(self, text: DistilConfig) -> Path:
        """Where `distil` writes `text`."""
        return self.work / f"{text.origin}.{text.direction}.tsv.xz"


def load(path: Path) -> Config:
    """Read the settings at `path`; `work` is taken relative to the current folder. Raises `ConfigError`."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    corpus = dict(raw.pop("corpus"))
    corpus["directions"] = tuple(_build(Direction, d) for d in corpus["directions"])
    for key in ("dev_origins", "skip"):
        corpus[key] = tuple(corpus.get(key, ()))
    align = dict(raw.pop("align", {}))
    if "origins" in align:
        align["origins"] = tuple(align["origins"])
    train = dict(raw.pop("train", {}))
    train["widths"] = tuple(train.get("widths", ()))
    stages = tuple(_build(Stage, s) for s in raw.pop("stage"))
    distil = [dict(d, origins=tuple(d.get("origins", ()))) for d in raw.pop("distil", ())]
    config = Config(
        name=raw.pop("name"),
        work=Path(raw.pop("work")),
        corpus=_build(CorpusConfig, corpus),
        vocabulary=_build(VocabularyConfig, raw.pop("vocabulary")),
        model=_build(ModelConfig, raw.pop("model", {})),
        train=_build(TrainConfig, train),
        align=_build(AlignConfig, align),
        decoding=_build(DecodingConfig, raw.pop("decoding", {})),
        stages=stages,
        distil=tuple(_build(DistilConfig, d) for d in distil),
        start=Path(raw.pop("start")) if "start" in raw else None,
    )
    if raw:
        raise ConfigError(f"unknown settings: {', '.join(sorted(raw))}")
    _check(config)
    return config


def _check(config: Config) -> None:
    for stage in config.stages:
        if bool(stage.steps) == bool(stage.minutes):
            raise ConfigError(f"stage {stage.name}: give either steps or minutes")
        if stage.patience and not config.train.dev_chrf_lines:
            raise ConfigError(f"stage {stage.name}: patience needs dev_chrf_lines in [train]")
        if stage.split and (stage.guided or config.train.widths):
            raise ConfigError(f"stage {stage.name}: `split` moves links, and lengths that `widths` hold")
        if stage.sampled and config.train.widths:
            raise ConfigError(f"stage {stage.name}: `sampled` makes shapes that `widths` cannot have")
    if list(config.train.widths) != sorted(config.train.widths):
        raise ConfigError("`widths` must grow")
    if config.train.widths and config.train.widths[-1] < config.corpus.max_pieces + 2:
        raise ConfigError("the last of `widths` must hold max_pieces and two more")
    if config.train.widths and config.train.accumulate > 1:
        raise ConfigError("`widths` and `accumulate` do not go together: raise batch_tokens")
    if config.train.bfloat16 and config.train.batch_tokens > 20_000:
        raise ConfigError("`bfloat16` is for small batches: raise `accumulate` instead of batch_tokens")
    directions = {d.name for d in config.corpus.directions}
    for text in config.distil:
        if not text.origins:
            raise ConfigError("distil: `origins` names no text")
        if not (0 < text.percent <= 100 and 0 < text.keep <= 100):
            raise ConfigError("distil: `percent` and `keep` are shares from 1 to 100")
        if not {text.pairs, text.direction} <= directions:
            raise ConfigError(f"distil: {text.pairs} or {text.direction} is no direction of [corpus]")
        if text.teacher.split("-")[0] not in text.pairs.split("-"):
            raise ConfigError(f"distil: a teacher {text.teacher} reads neither side of {text.pairs}")
        kept = set(text.direction.split("-")) - {text.made}
        if text.made not in text.direction.split("-") or not kept < set(text.pairs.split("-")):
            raise ConfigError(
                f"distil: {text.pairs} and a teacher {text.teacher} do not give {text.direction}"
            )
    if len({config.distilled(text) for text in config.distil}) < len(config.distil):
        raise ConfigError("distil: texts of one direction need an `origin` each")


def _build(kind: type[_T], values: dict[str, Any]) -> _T:
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    unknown = set(values) - known
    if unknown:
        raise ConfigError(f"{kind.__name__}: unknown settings {', '.join(sorted(unknown))}")
    return kind(**values)
