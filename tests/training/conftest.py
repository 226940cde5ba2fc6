"""A toy language pair whose whole grammar is a dictionary, and a tiny model for it."""

from __future__ import annotations

import lzma
import random
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sentencepiece")

from training.config import (
    AlignConfig,
    Config,
    CorpusConfig,
    Direction,
    ModelConfig,
    Stage,
    TrainConfig,
    VocabularyConfig,
)

WORDS = {
    "der": "the",
    "Hund": "dog",
    "Katze": "cat",
    "sieht": "sees",
    "heute": "today",
    "Baum": "tree",
    "nicht": "not",
    "Haus": "house",
    "sagt": "says",
    "Kind": "child",
    "und": "and",
    "Wasser": "water",
    "rot": "red",
    "alt": "old",
}


def toy_line(rng: random.Random) -> tuple[str, str]:
    """A sentence of three to seven words and its translation, word by word."""
    words = rng.sample(sorted(WORDS), rng.randint(3, 7))
    return " ".join(words) + ".", " ".join(WORDS[w] for w in words) + "."


@pytest.fixture(scope="session")
def toy_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    (data / "parallel" / "original").mkdir(parents=True)
    rng = random.Random(5)
    with lzma.open(data / "parallel" / "de-en.tsv.xz", "wt", encoding="utf-8") as file:
        for _ in range(4000):
            file.write("\t".join((*toy_line(rng), "toy")) + "\n")
    items = []
    for _ in range(60):
        items.append("\n".join("\t".join((*toy_line(rng), "一只狗。")) for _ in range(4)))
    (data / "parallel" / "original" / "a.tsv").write_text("\n\n".join(items) + "\n", encoding="utf-8")
    return data


@pytest.fixture(scope="session")
def toy_config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    shares = {"de-en": 1.0}
    return Config(
        name="toy",
        work=tmp_path_factory.mktemp("work"),
        corpus=CorpusConfig(
            directions=(Direction("de", "en", "parallel/de-en.tsv.xz"),),
            original="parallel/original/*.tsv",
            held_out_percent=10,
            dev_lines=20,
            dev_origins=("toy",),
        ),
        vocabulary=VocabularyConfig(size=308, lines_per_language=4000, target_tokens={"en": ">>eng<<"}),
        model=ModelConfig(d_model=64, ffn=128, heads=2, encoder_layers=1, decoder_layers=1, max_positions=64),
        train=TrainConfig(threads=1, batch_tokens=640, pass_tokens=20_000, log_steps=20, muon_scale=0.5),
        align=AlignConfig(),
        stages=(
            Stage("first", 4e-3, shares, steps=150, warmup_steps=20, dropout=0.05),
            Stage("guided", 4e-3, shares, steps=150, cooldown=0.7, dropout=0.0, guided=0.3),
        ),
    )


@pytest.fixture
def fresh(toy_config: Config, toy_prepared: Config, tmp_path: Path) -> Config:
    """The toy's settings with a work folder of its own that holds the packed text."""
    for path in (toy_prepared.packed, toy_prepared.spm, toy_prepared.links):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return replace(toy_config, work=tmp_path)


@pytest.fixture(scope="session")
def toy_prepared(toy_config: Config, toy_data: Path) -> Config:
    """Prepared, and linked piece by piece wherever both sides have as many pieces."""
    from training.alignment import collect
    from training.packed import Packed
    from training.prepare import prepare

    prepare(toy_config, toy_data)
    packed = Packed.load(toy_config.packed)
    pieces = [(len(packed.source(i)) - 2, len(packed.target(i)) - 1) for i in range(len(packed))]
    found = {i: {(k, k) for k in range(s)} for i, (s, t) in enumerate(pieces) if s == t}
    collect(found, len(packed)).save(toy_config.links)
    return toy_config


@pytest.fixture(scope="session")
def toy_trained(toy_prepared: Config) -> Config:
    from training.train import Trainer

    Trainer(toy_prepared, "cpu").run()
    return toy_prepared
