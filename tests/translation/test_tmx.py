"""What goes into a TMX file comes out of it again, and a file that is none is an error with its line."""

import tracemalloc
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat_text.errors import MemoryFileError
from wechat_text.translation import tmx
from wechat_text.translation.memory import Unit

HEAD = '<?xml version="1.0"?>\n<tmx version="1.4">\n<header srclang="de-DE"/>\n<body>\n'
TAIL = "</body></tmx>"


def read(path: Path, body: str, head: str = HEAD) -> list[Unit]:
    path.write_text(head + body + TAIL, encoding="utf-8")
    return list(tmx.read(path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.tmx"


origins = st.sampled_from(["", "Helsinki-NLP/opus-mt-de-en", "a & b"])
texts = st.text(st.characters(blacklist_categories=["Cs"])).map(str.strip).filter(bool)


@given(st.lists(st.builds(Unit, st.just("de"), st.sampled_from(["en", "zh"]), texts, texts, origins)))
@settings(max_examples=100, deadline=None)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, units: list[Unit]) -> None:
    path = tmp_path_factory.mktemp("tmx") / "memory.tmx"
    assert tmx.write(units, path) == len(units)
    assert list(tmx.read(path)) == units


def test_written_file_is_tmx_that_others_read(path: Path) -> None:
    tmx.write([Unit("de", "en", "Tee & <Kaffee>\x01", "Tea\r\n", "opus")], path)
    root = ElementTree.parse(path).getroot()
    assert root.attrib == {"version": "1.4"}
    header = root.find("header")
    assert header is not None
    assert {"creationtool", "segtype", "adminlang", "srclang", "o-tmf", "datatype"} <= set(header.keys())
    [source, target] = root.iter("seg")
    assert source.text == "Tee & <Kaffee>"
    assert target.text == "Tea\r\n"


def test_texts_are_whole_wherever_the_reader_pauses(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = [Unit("de", "en", "Tee\x01\r\nÖl\uffff", "tea & 油", "a & b")]
    tmx.write(units, path)
    monkeypatch.setattr(tmx, "_CHUNK", 1)
    assert list(tmx.read(path)) == units


def test_failed_export_leaves_the_old_file(path: Path) -> None:
    tmx.write([], path)
    before = path.read_bytes()

    def broken():
        yield Unit("de", "en", "Tee", "tea")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        tmx.write(broken(), path)
    assert [p.read_bytes() for p in path.parent.iterdir()] == [before]


def test_regions_are_cut_and_inline_codes_dropped(path: Path) -> None:
    body = (
        '<tu><note>zu prüfen</note><tuv xml:lang="de-AT"><seg> <bpt i="1">&lt;b></bpt><hi>Tee</hi> &amp;<ept i="1">&lt;/b></ept>\n'
        'Kaffee<ph>{1}<sub>nichts</sub></ph> </seg></tuv><tuv xml:lang="EN_gb"><prop type="x">y</prop><seg>Tea</seg></tuv></tu>'
    )
    assert read(path, body) == [Unit("de", "en", "Tee &\nKaffee", "Tea")]


def test_only_the_source_language_has_translations(path: Path) -> None:
    body = (
        '<tu><tuv xml:lang="en"><seg>Tea</seg></tuv><tuv xml:lang="de"><seg>Tee</seg></tuv>'
        '<tuv xml:lang="zh-CN"><seg>茶</seg></tuv><tuv xml:lang="zh-TW"><seg>茶葉</seg></tuv></tu>'
        '<tu srclang="en"><tuv xml:lang="en"><seg>Salt</seg></tuv><tuv xml:lang="de"><seg>Salz</seg></tuv></tu>'
    )
    assert read(path, body) == [
        Unit("de", "en", "Tee", "Tea"),
        Unit("de", "zh", "Tee", "茶"),
        Unit("de", "zh-Hant", "Tee", "茶葉"),
        Unit("en", "de", "Salt", "Salz"),
    ]


def test_units_without_text_or_translation_are_left_out(path: Path) -> None:
    body = '<tu><tuv xml:lang="de"><seg>Tee</seg></tuv></tu><tu><tuv xml:lang="de"><seg>Tee</seg></tuv><tuv xml:lang="en"><seg> </seg></tuv></tu>'
    assert read(path, body) == []


def test_the_name_of_the_dtd_is_accepted(path: Path) -> None:
    head = HEAD.replace("<tmx", '<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx', 1)
    assert read(path, "", head) == []


def test_utf_16_is_read(path: Path) -> None:
    body = '<tu><tuv xml:lang="de"><seg>Öl</seg></tuv><tuv xml:lang="zh"><seg>油</seg></tuv></tu>'
    path.write_bytes((HEAD.replace("?>", ' encoding="UTF-16"?>') + body + TAIL).encode("utf-16"))
    assert list(tmx.read(path)) == [Unit("de", "zh", "Öl", "油")]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://localhost/x.dtd"> %a;',
    ],
)
def test_entities_are_refused(path: Path, declaration: str) -> None:
    head = HEAD.replace("<tmx", f"<!DOCTYPE tmx [{declaration}]>\n<tmx", 1)
    with pytest.raises(MemoryFileError, match="line 2: declares entities"):
        read(path, '<tu><tuv xml:lang="de"><seg>x</seg></tuv></tu>', head)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1: not well-formed"),
        (b"Ein Text.\n", "line 1: not well-formed"),
        (b"<html>\n<body></body></html>", "line 1: not a TMX file: its root is <html>"),
        ((HEAD + "<tu>").encode(), "line 5: not well-formed"),
        ((HEAD + "<tu><tuv><seg>x</seg></tuv></tu>" + TAIL).encode(), "line 5: a <tuv> without xml:lang"),
        ((HEAD + "\xe9").encode("latin-1"), "line 5: not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?>\n<tmx/>', "line 1: "),
        (b"\x00\x01\x02" * 100, "line 1: not well-formed"),
        (
            (HEAD + '<tu><tuv xml:lang="de"><seg><ph type="x-character">D800</ph></seg></tuv></tu>').encode(),
            "line 5: 'D800' is no code of a character",
        ),
        ((HEAD + "<tu>" + '<tuv xml:lang="de"><seg/></tuv>' * 200).encode(), "more than 100 languages"),
        ((HEAD + "<a>" * 100).encode(), "nested 50 deep"),
    ],
)
def test_a_file_that_is_no_tmx_is_an_error_with_its_line(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(MemoryFileError, match=words):
        list(tmx.read(path))


def test_a_missing_file_is_an_error(path: Path) -> None:
    with pytest.raises(MemoryFileError, match="No such file"):
        list(tmx.read(path))


def test_memory_stays_bounded_and_an_endless_segment_is_refused(path: Path) -> None:
    units = (Unit("de", "en", f"Satz {i} " + "x" * 200, "y" * 200) for i in range(5_000))
    tracemalloc.start()
    tmx.write(units, path)
    assert sum(1 for _ in tmx.read(path)) == 5_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 2_000_000
    assert peak < 1_000_000
    with pytest.raises(MemoryFileError, match="more than 1,000,000 characters"):
        read(path, '<tu><tuv xml:lang="de"><seg>' + "x" * 1_100_000)
