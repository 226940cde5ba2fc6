from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.models.hub import COMMIT, serve
from wechat_text.errors import ModelError, ModelNotAvailableError, UnknownNameError
from wechat_text.models import commands


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A models.toml with a local model, whose folder is `tiny`, and one of the hub."""
    path = tmp_path / "models.toml"
    path.write_text(
        'version = 1\n[models.mine]\nfolder = "tiny"\nlicence = "CC0"\nsource = ["de"]\ntarget = ["en"]\n'
        '[models."owner/tiny"]\nhub = "owner/tiny"\nlicence = "CC0"\nsource = ["de"]\ntarget = ["en"]\n'
    )
    return str(path)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_parser(parser.add_subparsers(required=True))
    options = parser.parse_args(arguments)
    code: int = options.handler(options)
    return code


@pytest.mark.usefixtures("marian_folder")
def test_list_shows_each_model_with_its_state(own: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--models", own) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert "not fetched" in rows["Helsinki-NLP/opus-mt-de-en"]
    assert "local" in rows["mine"]
    assert "MB" in rows["mine"]
    assert rows["auto"].endswith("opus, else starter")


def test_a_fetched_model_is_listed_verified_bundled_and_imported(
    own: str,
    marian_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve("owner/tiny", marian_folder) as hub:
        assert run("fetch", "owner/tiny", "--endpoint", hub.endpoint, "--models", own) == 0
    assert COMMIT in capsys.readouterr().out
    assert run("verify", "--models", own) == 0
    assert "owner/tiny: sound" in capsys.readouterr().out
    bundle = str(tmp_path / "b.zip")
    assert run("bundle", "owner/tiny", "-o", bundle, "--models", own) == 0
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(tmp_path / "elsewhere"))
    assert run("import", bundle, "--models", own) == 0
    assert run("path", "owner/tiny", "--models", own) == 0
    assert capsys.readouterr().out.rstrip().endswith(str(tmp_path / "elsewhere" / "models" / "owner--tiny"))


def test_path_gives_the_converted_folder_too(
    own: str, marian_folder: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("path", "mine", "--models", own) == 0
    assert run("path", "mine", "--converted", "--models", own) == 0
    plain, converted = capsys.readouterr().out.splitlines()
    assert plain == str(marian_folder)
    assert Path(converted).parent == cache / "ctranslate2"


def test_verify_goes_on_after_a_bad_model_and_fails_in_the_end(
    own: str, marian_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (marian_folder / "vocab.json").write_text("{}")
    with pytest.raises(ModelError, match="1 of 1 models cannot be used"):
        run("verify", "mine", "--models", own)
    assert "vocab.json: 0 tokens" in capsys.readouterr().out


def test_the_path_of_a_model_that_is_not_here_is_an_error() -> None:
    with pytest.raises(ModelNotAvailableError, match="models fetch"):
        run("path", "opus")


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="unknown profile or model 'x'"):
        run("fetch", "x")
