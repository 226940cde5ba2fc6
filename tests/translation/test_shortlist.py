"""Shortlists: which target pieces a source may need, and that decoding keeps to them."""

from pathlib import Path

import numpy as np
import pytest

from tests.marian import ENGLISH, GERMAN, tiny_marian
from wechat_text.cli import main
from wechat_text.models import conversion, marian, registry, store
from wechat_text.translation import shortlist
from wechat_text.translation.backends import DecodingOptions
from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend
from wechat_text.translation.tokenization import Tokenizer


def test_a_source_piece_gets_the_target_pieces_that_looked_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortlist, "COMMON", 0)
    attention = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1]], np.float32)
    read = [(["▁Haus", "▁Baum", "▁und"], ["▁house", "▁tree"], attention)]
    found = shortlist.candidates(read, ["▁house", "▁tree", "▁Baum", "▁a", "<0x41>", "房"])
    assert found["▁Haus"][0] == "▁house"
    assert found["▁Baum"] == ["▁tree", "▁house", "▁Baum"]
    assert found[""] == ["<0x41>", "▁a"], "what spells a name is always allowed, Chinese characters are not"


def test_a_piece_of_both_vocabularies_may_be_copied() -> None:
    found = shortlist.candidates([], ["▁Wang", "▁house"])
    assert found["▁Wang"] == ["▁Wang"]


def test_written_lists_are_read_again_and_merged(tmp_path: Path) -> None:
    english, chinese = {"": ["a"], "▁Haus": ["▁house"]}, {"▁Haus": ["房", "▁house"], "▁Baum": ["树"]}
    shortlist.write(tmp_path / "list", english)
    assert shortlist.read(tmp_path / "list") == english
    merged = shortlist.merge(english, chinese)
    assert merged == {"": ["a"], "▁Haus": ["▁house", "房"], "▁Baum": ["树"]}


def test_the_command_makes_a_list_from_parallel_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_marian(tmp_path / "model")
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{s}\t{t}\n" for s, t in zip(GERMAN, ENGLISH, strict=True)), encoding="utf-8")
    assert main(["models", "shortlist", str(folder), str(pairs)]) == 0
    assert "pieces for every source" in capsys.readouterr().out
    listed = shortlist.read(folder / marian.SHORTLIST)
    written = {piece for text in ENGLISH for piece in Tokenizer.load(folder).encode_target(text).pieces}
    assert written <= set(listed[""])


def test_decoding_keeps_to_the_list_of_the_folder(tmp_path: Path) -> None:
    folder = tiny_marian(tmp_path / "model")
    whole, listed = decoded(folder), ["▁the", "a", "en"]
    assert not whole <= set(listed)
    shortlist.write(folder / marian.SHORTLIST, {"": listed})
    assert decoded(folder) <= {*listed, "</s>", "<unk>"}


def decoded(folder: Path) -> set[str]:
    local = store.ensure_local(registry.spec_from_folder(folder, "de", "en"))
    backend = CTranslate2Backend(conversion.convert(local), max_positions=128)
    tokenizer = Tokenizer.load(folder)
    inputs = [tokenizer.model_input(tokenizer.encode(text).pieces) for text in GERMAN]
    found = backend.search(inputs, DecodingOptions(beam=2, max_length=30))
    return {token for hypotheses in found for token in hypotheses[0].tokens}


def test_a_file_without_tabs_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_marian(tmp_path / "model")
    (tmp_path / "pairs.tsv").write_text("Ein Satz\tA sentence\nnoch einer\n", encoding="utf-8")
    assert main(["models", "shortlist", str(folder), str(tmp_path / "pairs.tsv")]) == 1
    assert "pairs.tsv:2" in capsys.readouterr().err
