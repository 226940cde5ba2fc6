"""The command line: what is printed where, and the exit codes."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from wechat_text.cli import main

ARTICLE = "Die Händlerin öffnet ihren Laden am Morgen. „Es reicht für uns“, sagte Herr Wang am Dienstag."


@pytest.fixture
def article(tmp_path: Path) -> str:
    path = tmp_path / "artikel.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return str(path)


@pytest.fixture
def tiny(tiny_models: Path) -> list[str]:
    return ["--models", str(tiny_models), "--profile", "tiny", "--beam", "1"]


def test_text_shows_speaker_german_and_both_languages(article: str, tiny: list[str], capfdbinary) -> None:
    assert main([article, *tiny]) == 0
    out, err = capfdbinary.readouterr()
    lines = out.decode().splitlines()
    assert lines[0] == "1 quotation, 1 speaker (de, en, zh)"
    assert "Wang" in lines[2]
    assert [line.split()[0] for line in lines if line.startswith("     ") and line[5] != " "] == [
        "de",
        "en",
        "zh",
    ]
    assert err == b"", "no progress where standard error is no terminal"


def test_json_is_a_document(article: str, tiny: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert main([article, *tiny, "--to", "en", "--format", "json", "-o", str(out)]) == 0
    data = json.loads(out.read_text(encoding="utf-8"))
    assert data["text"] == ARTICLE
    assert list(data["translations"]) == ["en"]


def test_positions_are_shown_on_request(article: str, tiny: list[str], capfdbinary) -> None:
    assert main([article, *tiny, "--to", "en", "--positions"]) == 0
    start = ARTICLE.index("„")
    assert f"[{start}:{ARTICLE.index('“') + 1}]".encode() in capfdbinary.readouterr().out


def test_html_is_read_from_standard_input(
    tiny: list[str], capfdbinary, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"<html><head><title>x</title></head><body><article><p>{ARTICLE * 3}</p></article></body></html>"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.encode())))
    assert main(["-", *tiny, "--to", "en"]) == 0
    assert b"3 quotations" in capfdbinary.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.txt"], "missing.txt"),
        (["."], "directory"),
        (["ARTICLE", "--profile", "opsu"], "unknown profile 'opsu'"),
        (["ARTICLE", "--source", "fr"], "unknown source language 'fr'"),
        (["ARTICLE", "--models", "missing.toml"], "missing.toml"),
        (["ARTICLE", "-o", "/no/such/folder/x"], "cannot write /no/such/folder/x"),
    ],
)
def test_our_errors_are_one_line_and_exit_with_1(
    arguments: list[str], words: str, article: str, tiny: list[str], capfdbinary
) -> None:
    chosen = [article if a == "ARTICLE" else a for a in arguments]
    rest = [] if {"--profile", "--models"} & set(arguments) else tiny
    assert main([*chosen, *rest, "--to", "en"]) == 1
    err = capfdbinary.readouterr().err.decode()
    assert words in err
    assert err.count("\n") == 1
    assert err.startswith("wechat_text: ")


@pytest.mark.parametrize(
    "arguments", [[], ["a", "b"], ["a", "--format", "xml"], ["a", "--beam", "0"], ["models"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_models_are_listed(capsys) -> None:
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "starter" in out
    assert "Helsinki-NLP/opus-mt-de-en" in out


def test_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wechat_text", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m wechat_text")


def test_glossary_is_read_and_its_terms_are_reported(article: str, tiny: list[str], tmp_path: Path) -> None:
    glossary, out = tmp_path / "terms.csv", tmp_path / "out.json"
    glossary.write_text("source,en\nLaden,shop\n", encoding="utf-8")
    options = ["--to", "en", "--glossary", str(glossary), "--format", "json", "-o", str(out)]
    assert main([article, *tiny, *options]) == 0
    (segment, *_) = json.loads(out.read_text(encoding="utf-8"))["translations"]["en"]["segments"]
    assert [use["term"] for use in segment["terms"]] == ["Laden"]


def test_faulty_glossary_is_one_line_of_error(article: str, tiny: list[str], tmp_path: Path, capsys) -> None:
    glossary = tmp_path / "terms.csv"
    glossary.write_text("source,en\nLaden\n", encoding="utf-8")
    assert main([article, *tiny, "--glossary", str(glossary)]) == 1
    assert "terms.csv, line 2" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_one_line(article: str, tiny: list[str], capsys) -> None:
    assert main([article, *tiny, "--to", "en", "-o", "/dev/full"]) == 1
    assert capsys.readouterr().err == "wechat_text: cannot write /dev/full: no space left on the disk\n"
    for arguments in ([article, *tiny, "--to", "en"], ["models", "list"]):
        with open("/dev/full", "w") as full:
            command = [sys.executable, "-m", "wechat_text", *arguments]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert done.stderr == "wechat_text: cannot write standard output: no space left on the disk\n"


def test_an_error_of_a_file_that_nobody_foresaw_names_the_file(monkeypatch, capsys) -> None:
    def unreadable(*_: object) -> int:
        raise PermissionError(13, "Permission denied", "/etc/weights")

    monkeypatch.setattr("wechat_text.cli._article", unreadable)
    assert main(["article.txt"]) == 1
    assert capsys.readouterr().err == "wechat_text: cannot use /etc/weights: Permission denied\n"
