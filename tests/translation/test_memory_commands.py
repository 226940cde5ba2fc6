"""The memory on the command line: filled by an article, looked into, carried to TMX and back."""

from pathlib import Path

import pytest

from tests.translation.test_memory import SETTINGS, result
from wechat_text.cli import main
from wechat_text.translation import tmx
from wechat_text.translation.memory import GIVEN, TranslationMemory, Unit

ARTICLE = "Die Händlerin öffnet ihren Laden am Morgen. „Es reicht für uns“, sagte Herr Wang am Dienstag."


@pytest.fixture
def memory(tmp_path: Path) -> str:
    path = tmp_path / "memory.db"
    with TranslationMemory(path) as made:
        made.of_model("de", "en", SETTINGS).keep([result("Ein Satz."), result("Ja.", "No.", ("doubtful",))])
        made.add([Unit("de", "zh", "Ja.", "是。")])
    return str(path)


def test_an_article_translated_again_comes_from_the_memory(
    tiny_models: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    article = tmp_path / "artikel.txt"
    article.write_text(ARTICLE, encoding="utf-8")
    path = tmp_path / "memory.db"
    command = [str(article), "--models", str(tiny_models), "--profile", "tiny", "--beam", "1", "--to", "zh"]
    outputs = []
    for memory in ([], ["--memory", str(path)], ["--memory", str(path)]):
        assert main([*command, *memory]) == 0
        outputs.append(capfdbinary.readouterr())
    assert outputs[0] == outputs[1] == outputs[2]
    with TranslationMemory(path) as made:
        assert made.contents().results[("de", "zh")] >= 2
        made.add([Unit("de", "zh", "Die Händlerin öffnet ihren Laden am Morgen.", "商人早上开门。")])
    assert main([*command, "--memory", str(path), "--format", "json"]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert "商人早上开门。" in out
    assert GIVEN in out


def test_info_counts_by_languages(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "info", memory]) == 0
    first, *counts = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{memory}: 0.")
    assert counts == ["de > en: 2 made by models", "de > zh: 1 given"]


def test_export_leaves_doubtful_translations_out_unless_asked(memory: str, tmp_path: Path) -> None:
    out = tmp_path / "out.tmx"
    assert main(["memory", "export", memory, "-o", str(out)]) == 0
    sound = [Unit("de", "en", "Ein Satz.", "A sentence.", "0123"), Unit("de", "zh", "Ja.", "是。")]
    assert list(tmx.read(out)) == sound
    assert main(["memory", "export", memory, "-o", str(out), "--doubtful"]) == 0
    assert len(list(tmx.read(out))) == 3


def test_imported_translations_are_given_ones(
    memory: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, out = str(tmp_path / "other.db"), str(tmp_path / "out.tmx")
    assert main(["memory", "export", memory, "-o", out]) == 0
    assert main(["memory", "import", other, out]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["de > en: 1 taken", "de > zh: 1 taken"]
    with TranslationMemory(other) as made:
        assert made.given("de", "en", ["Ein Satz.", "Ja."]) == {"Ein Satz.": "A sentence."}


def test_nothing_is_taken_from_a_broken_file(memory: str, tmp_path: Path, capsys) -> None:
    broken = tmp_path / "broken.tmx"
    tmx.write([Unit("de", "en", f"Satz {i}.", "A sentence.") for i in range(1000)], broken)
    broken.write_text(broken.read_text().removesuffix("</tmx>\n"))
    assert main(["memory", "import", memory, str(broken)]) == 1
    assert "line 4007: not well-formed" in capsys.readouterr().err
    with TranslationMemory(memory) as made:
        assert made.contents().given == {("de", "zh"): 1}


@pytest.mark.parametrize("command", [["info"], ["export", "-o", "out.tmx"]])
def test_a_memory_that_is_not_there_is_an_error_and_is_not_made(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.db"
    assert main(["memory", *command, str(missing)]) == 1
    assert "no translation memory at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
