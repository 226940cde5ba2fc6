"""The memory gives back what was kept and nothing else, and a translator with it writes what one without does."""

import sqlite3
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.strategies import WORDS
from tests.translation.test_translator import WordByWord, WordProcessor
from wechat_text.document import Link, Segment, Span
from wechat_text.errors import MemoryFileError
from wechat_text.translation import TranslatedText, Translator
from wechat_text.translation.marian import MarianTranslator
from wechat_text.translation.memory import GIVEN, TranslationMemory, Unit
from wechat_text.translation.tokenization import Tokenizer

SETTINGS = {"model": "0123", "beam": "4"}
SENTENCE = "Ein Satz. Noch einer. Ja."


def result(source: str, text: str = "A sentence.", flags: tuple[str, ...] = ()) -> TranslatedText:
    links = (Link(Span(0, 1), Span(0, 1), 1 / 3),)
    segment = Segment(Span(0, len(source)), Span(0, len(text)), links, -0.1, flags)
    return TranslatedText(source, text, (segment,), -0.1, flags)


def translator(memory: TranslationMemory | None, backend=None) -> tuple[Translator, WordByWord]:
    backend = backend or WordByWord()
    model = MarianTranslator(
        backend,
        Tokenizer(WordProcessor(), WordProcessor(), ()),
        "de",
        "en",
        memory=memory.of_model("de", "en", SETTINGS) if memory else None,
    )
    return Translator([model], memory=memory), backend


@pytest.fixture
def memory(tmp_path: Path):
    with TranslationMemory(tmp_path / "memory.db") as opened:
        yield opened
        assert opened.notices == ()


texts = st.text(st.characters(blacklist_categories=["Cs"]))


@given(
    st.dictionaries(
        texts,
        st.tuples(texts, st.floats(0, 1), st.none() | st.floats(allow_nan=False, allow_infinity=False)),
        max_size=5,
    )
)
@example({"Ein Satz.": ("A sentence.", 0.0, -0.0)})
@settings(max_examples=50, deadline=None)
def test_results_come_back_exactly_as_they_were_kept(
    tmp_path_factory: pytest.TempPathFactory, entries
) -> None:
    kept = {}
    for source, (text, weight, score) in entries.items():
        link = Link(Span(0, len(source)), Span(0, len(text)), weight)
        segment = Segment(Span(0, len(source)), Span(0, len(text)), (link,), score, ("doubtful",))
        kept[source] = TranslatedText(source, text, (segment,), score, ("doubtful",))
    with TranslationMemory(tmp_path_factory.mktemp("m") / "memory.db") as memory:
        model = memory.of_model("de", "en", SETTINGS)
        model.keep(kept.values())
        assert model.recall([*kept, "another"]) == kept


def test_another_model_setting_or_language_finds_nothing(memory: TranslationMemory) -> None:
    memory.of_model("de", "en", SETTINGS).keep([result("Ein Satz.")])
    for other in (
        memory.of_model("de", "en", {**SETTINGS, "model": "4567"}),
        memory.of_model("de", "en", {**SETTINGS, "beam": "1"}),
        memory.of_model("de", "zh", SETTINGS),
    ):
        assert other.recall(["Ein Satz."]) == {}


def test_translated_segments_are_not_translated_again(memory: TranslationMemory) -> None:
    first, _ = translator(memory)
    before = list(first.translate([SENTENCE]))
    second, backend = translator(memory)
    assert list(second.translate([SENTENCE])) == before
    assert backend.calls == []


def test_a_memory_is_shared_by_translators_and_survives_its_closing(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "memory.db"
    with TranslationMemory(path) as memory:
        list(translator(memory)[0].translate([SENTENCE]))
    with TranslationMemory(path) as memory:
        again, backend = translator(memory)
        list(again.translate([SENTENCE]))
        assert backend.calls == []


sentences = st.lists(st.sampled_from([*WORDS, ".", "?", "\n", "3", "„", "“"]), max_size=30).map(" ".join)


@given(st.lists(sentences, max_size=4), st.lists(sentences, max_size=3))
@settings(max_examples=40, deadline=None)
def test_cold_warm_and_no_memory_give_the_same(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], others: list[str]
) -> None:
    plain = list(translator(None)[0].translate(texts))
    with TranslationMemory(tmp_path_factory.mktemp("m") / "memory.db") as memory:
        list(translator(memory)[0].translate(others))
        assert list(translator(memory)[0].translate(texts)) == plain, "cold, or warm in part"
        warm, backend = translator(memory)
        assert list(warm.translate(texts)) == plain, "warm"
        assert backend.calls == []


@given(st.lists(sentences, max_size=2))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cold_warm_and_no_memory_give_the_same_with_a_real_model(
    tiny_models: Path, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    def load(memory: TranslationMemory | None) -> Translator:
        return Translator.load("tiny", target="zh", models=tiny_models, beam=1, memory=memory)

    plain = list(load(None).translate(texts))
    with TranslationMemory(tmp_path_factory.mktemp("m") / "memory.db") as memory:
        assert list(load(memory).translate(texts)) == plain
        assert list(load(memory).translate(texts)) == plain
        assert memory.notices == ()


def test_what_was_translated_before_an_interruption_is_kept(memory: TranslationMemory) -> None:
    class Interrupted(WordByWord):
        def search(self, sources, options):
            if self.calls:
                raise KeyboardInterrupt
            return super().search(sources, options)

    texts = [" ".join(["Ja"] * 50 + [f"Satz{i}."]) for i in range(80)]
    first, backend = translator(memory, Interrupted())
    with pytest.raises(KeyboardInterrupt):
        list(first.translate(texts))
    [done] = backend.calls
    second, backend = translator(memory)
    list(second.translate(texts))
    assert sum(map(len, backend.calls)) == len(texts) - len(done)


def test_given_translation_is_taken_linked_and_marked(memory: TranslationMemory) -> None:
    memory.add([Unit("de", "en", "Ein Satz.", "One phrase."), Unit("de", "zh", "Ja.", "是。")])
    for _ in ("linked by the model", "links kept"):
        [found] = translator(memory)[0].translate([SENTENCE])
        assert found.text == "One phrase. Yet another. Yes."
        assert [segment.flags for segment in found.segments] == [(GIVEN,), (), ()]
        assert found.segments[0].links
        assert found.segments[0].score is None


def test_given_translation_of_several_sentences_is_taken_as_a_whole(memory: TranslationMemory) -> None:
    memory.add([Unit("de", "en", SENTENCE, "A sentence, then another, yes.")])
    [found] = translator(memory)[0].translate([f" {SENTENCE}\n"])
    assert found.text == "A sentence, then another, yes.\n"
    [segment] = found.segments
    assert segment.source.of(found.source) == SENTENCE


def test_a_newer_given_translation_replaces_the_older_one(memory: TranslationMemory) -> None:
    for text in ("One phrase.", "Some phrase."):
        memory.add([Unit("de", "en", "Ja.", text)])
        assert next(translator(memory)[0].translate(["Ja."])).text == text


def test_given_translation_is_taken_by_two_models_in_a_row(memory: TranslationMemory) -> None:
    words = {"A": "一", "sentence": "句", "Yes": "是"}
    pieces = Tokenizer(WordProcessor(), WordProcessor(), ())
    models = [
        MarianTranslator(WordByWord(), pieces, "de", "en"),
        MarianTranslator(WordByWord(words=words), pieces, "en", "zh"),
    ]
    memory.add([Unit("de", "zh", "Ein Satz.", "一个句子。")])
    [found] = Translator(models, memory=memory).translate(["Ja. Ein Satz."])
    assert found.text == "是。一个句子。"
    assert [segment.flags for segment in found.segments] == [(), (GIVEN,)]
    assert {link.source.of(found.source) for link in found.segments[1].links} >= {"Satz"}


def test_results_that_were_not_used_for_longest_leave_a_full_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "memory.db"
    now = time.time()
    with TranslationMemory(path, limit=1_000_000) as memory:
        memory.add([Unit("de", "en", "Ja.", "Yes.")])
        model = memory.of_model("de", "en", SETTINGS)
        for day in range(20):
            monkeypatch.setattr(time, "time", lambda day=day: now + day * 100_000)
            model.keep([result(f"{day} {i}", "x" * 400) for i in range(100)])
            assert model.recall(["0 0"]), "still in use"
        assert not model.recall(["1 0"])
        assert model.recall(["19 99"])
        assert memory.given("de", "en", ["Ja."])
        assert memory.notices == ()
    assert path.stat().st_size < 1_200_000


def test_threads_may_share_a_memory(memory: TranslationMemory) -> None:
    def work(number: int) -> None:
        model = memory.of_model("de", "en", SETTINGS)
        for i in range(20):
            model.keep([result(f"{number} {i}")])
            assert model.recall([f"{number} {i}"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.contents().results == {("de", "en"): 80}


WRITER = """
import sys
from wechat_text.translation.memory import TranslationMemory
from tests.translation.test_memory import SETTINGS, result
with TranslationMemory(sys.argv[1]) as memory:
    model = memory.of_model("de", "en", SETTINGS)
    print("ready", flush=True)
    for i in range(int(sys.argv[3])):
        model.keep([result(f"{sys.argv[2]} {i} {j}", "x" * 200) for j in range(50)])
    assert memory.notices == (), memory.notices
"""


def writer(path: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    processes = [writer(path, name, 30) for name in ("one", "two")]
    assert [process.wait(60) for process in processes] == [0, 0]
    with TranslationMemory(path) as memory:
        assert memory.contents().results == {("de", "en"): 2 * 30 * 50}


def test_a_file_that_another_process_makes_meanwhile_is_a_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "memory.db"
    connect = sqlite3.connect

    class Overtaken(sqlite3.Connection):
        asked = 0

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            self.asked += 1
            if self.asked == 2:
                monkeypatch.undo()
                TranslationMemory(path).close()
            return super().execute(*arguments)

    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Overtaken))
    with TranslationMemory(path) as memory:
        assert sqlite3.connect is connect
        assert memory.notices == ()


def test_a_process_killed_while_it_writes_leaves_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    process = writer(path, "killed", 100_000)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.kill()
    process.wait()
    with TranslationMemory(path) as memory:
        number = memory.contents().results[("de", "en")]
        assert number
        assert number % 50 == 0
        model = memory.of_model("de", "en", SETTINGS)
        model.keep([result("afterwards")])
        assert model.recall(["afterwards", "killed 0 0"]).keys() == {"afterwards", "killed 0 0"}
        assert memory.notices == ()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_closed_memory_is_passed_by(tmp_path: Path) -> None:
    memory = TranslationMemory(tmp_path / "memory.db")
    memory.close()
    assert next(translator(memory)[0].translate(["Ein Satz."])).text == "A sentence."
    with pytest.raises(MemoryFileError):
        memory.add([Unit("de", "en", "Ja.", "Yes.")])
