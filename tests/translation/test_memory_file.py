"""Whatever befalls the memory's file, translating goes on, nothing of another program is touched, and it is said."""

import logging
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.translation.test_memory import SENTENCE, SETTINGS, result, translator
from wechat_text.errors import MemoryFileError
from wechat_text.translation import tmx
from wechat_text.translation.memory import TranslationMemory, Unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def fill(path: Path, number: int = 200) -> None:
    with TranslationMemory(path) as memory:
        memory.of_model("de", "en", SETTINGS).keep(
            [result(f"Satz {i}.", f"Text {i}.") for i in range(number)]
        )
        memory.add([Unit("de", "en", f"Wort {i}", f"Word {i}") for i in range(number)])


def translates(memory: TranslationMemory) -> bool:
    return next(translator(memory)[0].translate([SENTENCE])).text == "A sentence. Yet another. Yes."


def test_a_damaged_file_is_set_aside_with_a_notice(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in (1, 2):
        path.write_bytes(b"no database at all" * 1000)
        with TranslationMemory(path) as memory:
            assert translates(memory)
            [notice] = memory.notices
            assert f"set aside as memory.db.corrupt-{number}" in notice
            assert notice in caplog.text
            assert translator(memory)[0].notices == memory.notices
        assert path.with_name(f"memory.db.corrupt-{number}").read_bytes().startswith(b"no database")


def test_damage_that_shows_while_translating_is_survived(path: Path) -> None:
    fill(path)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    with TranslationMemory(path) as memory:
        assert translates(memory)
        assert "set aside" in memory.notices[0]
        assert memory.of_model("de", "en", SETTINGS).recall(["Ein Satz."]), "the new file is written to"


def test_flipped_bytes_never_give_a_wrong_translation(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    fill(path)
    whole = path.read_bytes()
    random.seed(5)
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(10):
            content[random.randrange(100, len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(content)
        with TranslationMemory(path) as memory:
            model = memory.of_model("de", "en", SETTINGS)
            for source, found in model.recall(f"Satz {i}." for i in range(200)).items():
                assert found == result(source, source.replace("Satz", "Text"))
            for source, text in memory.given("de", "en", [f"Wort {i}" for i in range(200)]).items():
                assert text == source.replace("Wort", "Word")
            model.keep([result("Neu.")])
        for left in path.parent.iterdir():
            left.unlink()


def test_a_process_that_finds_the_damage_later_takes_the_new_file(path: Path) -> None:
    fill(path)
    with TranslationMemory(path) as first, TranslationMemory(path) as second:
        damaged = path.with_name("memory.db.corrupt-1")
        with path.open("r+b") as file:
            file.write(b"\0" * path.stat().st_size)
        path.with_name("memory.db-wal").write_bytes(b"")
        assert translates(first)
        assert translates(second)
        assert damaged.exists()
        assert not path.with_name("memory.db.corrupt-2").exists()
        assert first.of_model("de", "en", SETTINGS).recall(["Ja."])
        assert second.of_model("de", "en", SETTINGS).recall(["Ja."])


def test_an_export_of_a_damaged_memory_is_an_error_and_no_empty_file(path: Path, tmp_path: Path) -> None:
    fill(path, 2000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with TranslationMemory(path) as memory, pytest.raises(MemoryFileError, match="damaged"):
        tmx.write(memory.units(), tmp_path / "out.tmx")
    assert not (tmp_path / "out.tmx").exists()


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(MemoryFileError, match="another program"):
        TranslationMemory(path)
    assert path.read_bytes() == before


def test_a_memory_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(MemoryFileError, match="version 99"):
        TranslationMemory(path)
    assert path.read_bytes() == before


def test_a_file_that_is_not_even_called_a_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    article = tmp_path / "artikel.txt"
    article.write_text("Ein Satz.")
    with pytest.raises(MemoryFileError, match="not a translation memory"):
        TranslationMemory(article)
    with pytest.raises(MemoryFileError, match="is a folder"):
        TranslationMemory(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["artikel.txt"]
    assert article.read_text() == "Ein Satz."


def test_a_full_disk_stops_the_keeping_and_nothing_else(path: Path) -> None:
    fill(path)
    with TranslationMemory(path) as memory:
        # SQLite's own bound gives the very error of a full disk
        memory._database._connection.execute("PRAGMA max_page_count=1")  # type: ignore[union-attr]
        model = memory.of_model("de", "en", SETTINGS)
        model.keep([result(f"Neu {i}.", "x" * 1000) for i in range(100)])
        assert "no space left on the disk" in memory.notices[0]
        assert model.recall(["Satz 1."])
        assert translates(memory)
        assert len(memory.notices) == 1
        with pytest.raises(MemoryFileError, match="no space left"):
            memory.add([Unit("de", "en", "Ja.", "Yes.")])


def test_a_memory_that_another_process_holds_is_waited_for_and_passed_by(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wechat_text.translation.database.BUSY_SECONDS", 0.05)
    fill(path)
    with TranslationMemory(path) as memory:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        model = memory.of_model("de", "en", SETTINGS)
        model.keep([result("Neu.")])
        assert "held by another process" in memory.notices[0]
        assert model.recall(["Satz 1."]), "readers do not wait"
        other.execute("ROLLBACK")
        other.close()
        model.keep([result("Neu.")])
        assert model.recall(["Neu."])


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where another user may look into."""
    made = Path(tempfile.mkdtemp())
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write there; root, who always may, is somebody else meanwhile."""
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.skipif(os.name != "posix", reason="needs rights of files")
def test_a_folder_that_cannot_be_written_is_read(folder: Path) -> None:
    path = folder / "memory.db"
    fill(path)
    path.chmod(0o444)
    with read_only(folder), TranslationMemory(path) as memory:
        assert len(memory.of_model("de", "en", SETTINGS).recall(["Satz 1.", "Satz 2."])) == 2
        assert translates(memory)
        assert memory.notices == (
            f"the translation memory {path} keeps no new translations: it cannot be written",
        )
    assert [p.name for p in folder.iterdir()] == ["memory.db"]


@pytest.mark.skipif(os.name != "posix", reason="needs rights of files")
def test_what_a_killed_process_left_is_read_where_nothing_can_be_written(folder: Path) -> None:
    path = folder / "memory.db"
    with TranslationMemory(path) as memory:
        memory.of_model("de", "en", SETTINGS).keep([result("Satz 1.")])
        # a process that is killed leaves its log behind
        for file in list(folder.iterdir()):
            shutil.copyfile(file, folder / file.name.replace("memory", "killed"))
    with read_only(folder), TranslationMemory(folder / "killed.db") as memory:
        assert memory.of_model("de", "en", SETTINGS).recall(["Satz 1."])
        assert "cannot be written" in memory.notices[0]


@pytest.mark.skipif(os.name != "posix", reason="needs rights of files")
def test_a_memory_that_cannot_be_made_is_passed_by(folder: Path) -> None:
    path = folder / "memory.db"
    with read_only(folder), TranslationMemory(path) as memory:
        assert translates(memory)
        assert memory.notices == (f"the translation memory {path} is not used: it cannot be made",)


def test_where_there_is_no_wal_the_journal_serves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Without(sqlite3.Connection):
        def execute(self, sql, *parameters):
            if sql == "PRAGMA journal_mode=WAL":
                raise sqlite3.OperationalError("locking protocol")
            return super().execute(sql, *parameters)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Without, **k))
    fill(path)
    with TranslationMemory(path) as memory:
        assert memory.of_model("de", "en", SETTINGS).recall(["Satz 1."])
        assert memory.notices == ()
    assert [p.name for p in path.parent.iterdir()] == ["memory.db"]
