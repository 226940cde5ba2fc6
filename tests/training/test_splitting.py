"""Pieces cut in two at random."""

from pathlib import Path

import numpy as np
import pytest

import wechat_text
from training.config import VocabularyConfig
from training.packed import Packed
from training.splitting import Splitter
from training.vocabulary import EOS, Vocabulary

SPM = Path(wechat_text.__file__).parent / "models" / "starter-en" / "source.spm"
TEXTS = [
    "Die Vorstandsvorsitzende sagte: „Wir verkaufen 27 Werke.“",
    "Freundeskreise, Kundinnen, 微信 und 🙂",
    "a",
]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(SPM, VocabularyConfig(target_tokens={"en": ">>eng<<"}))


@pytest.fixture(scope="module")
def packed(vocabulary: Vocabulary) -> Packed:
    rows = [[vocabulary.target_ids["en"], *ids, EOS] for ids in vocabulary.encode(TEXTS)]
    ids, offsets = np.concatenate(rows).astype(np.uint16), np.cumsum([0, *map(len, rows)])
    kinds = np.zeros(len(rows), np.uint8)
    return Packed(ids, offsets, ids.copy(), offsets, kinds, kinds, kinds, ("de-en",), ("toy",))


def read(vocabulary: Vocabulary, ids: np.ndarray) -> str:
    assert vocabulary.tokens[ids[0]] == ">>eng<<"
    assert ids[-1] == EOS
    return vocabulary.processor.decode(ids[1:-1].tolist())


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_splitting_changes_no_text_and_no_target(
    vocabulary: Vocabulary, packed: Packed, share: float
) -> None:
    rows = np.array([2, 0, 1, 0])
    for seed in range(20):
        parts = Splitter(vocabulary).split(packed, rows, share, np.random.default_rng(seed))
        assert [read(vocabulary, parts.source(i)) for i in range(4)] == [TEXTS[row] for row in rows]
        assert [parts.target(i).tolist() for i in range(4)] == [packed.target(r).tolist() for r in rows]


def test_splitting_cuts_more_pieces_the_higher_the_share(vocabulary: Vocabulary, packed: Packed) -> None:
    splitter, rows = Splitter(vocabulary), np.zeros(50, np.int64)
    none, some, all_ = (
        len(splitter.split(packed, rows, share, np.random.default_rng(1)).source_ids)
        for share in (0.0, 0.5, 1.0)
    )
    assert none == 50 * len(packed.source(0))
    assert some - none == pytest.approx((all_ - none) / 2, rel=0.2)


def test_splitting_draws_every_way_to_write_a_piece_as_two(vocabulary: Vocabulary, packed: Packed) -> None:
    ids = vocabulary.ordinary
    piece = "▁werden"
    cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
    ways = {(ids[left], ids[right]) for left, right in cuts if left in ids and right in ids}
    row = np.array([ids[piece]], np.uint16)
    one = Packed(
        row, np.array([0, 1]), row, np.array([0, 1]), *[np.zeros(1, np.uint8)] * 3, ("de-en",), ("toy",)
    )
    parts = Splitter(vocabulary).split(one, np.zeros(2000, np.int64), 1.0, np.random.default_rng(1))
    drawn = {(int(a), int(b)) for a, b in parts.source_ids.reshape(-1, 2)}
    assert drawn == ways
    assert len(ways) == 2
