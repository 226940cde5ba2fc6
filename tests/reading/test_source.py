from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given

from tests.strategies import german_texts
from wechat_text.errors import EmptyTextError, ReadError
from wechat_text.reading import read

SENTENCE = "Die Händler sagten: „Größer wird’s nicht“ – und schlossen um fünf."
PAGE = f"""<!DOCTYPE html><html><head><meta charset="{{charset}}"><title>Seite</title></head><body>
<nav><a href="/">Start</a> <a href="/p">Politik</a></nav>
<article><h1>Die Händler</h1><p>{SENTENCE} Am Abend waren die Lager leer, und niemand wusste warum.</p>
<blockquote><p>»Wir machen weiter«, stand auf dem Schild an der Tür.</p></blockquote>
<ul><li>Erstens bleibt der Preis.</li><li>Zweitens bleibt der Tee.</li></ul>
<p>Der Chef nannte das <q>eine Frage der Zeit</q>.</p></article>
<section id="comments"><p>Ein Leser meint: Unsinn!</p></section></body></html>"""


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_read_decodes_german_text(encoding: str) -> None:
    assert read(SENTENCE.encode(encoding)) == SENTENCE


@pytest.mark.parametrize("text", ["Größe", "Tür zu!", "„Ja“, sagte er.", "Müller"])
def test_read_decodes_short_cp1252_text(text: str) -> None:
    assert read(text.encode("cp1252")) == text


def test_read_decodes_other_encodings_by_their_statistics() -> None:
    chinese = "商人们抱怨仓库太满，卖不出去的面膜越来越多。记者在会场采访了几位店主。" * 5
    assert read(chinese.encode("gb18030")) == chinese


@given(german_texts())
def test_read_keeps_utf8_text_as_it_is(text: str) -> None:
    marked = "Händler " + text
    if marked.count("\x00") + marked.count("\x07") <= 3:
        assert read(marked.encode()) == marked


def test_read_takes_paths_as_str_and_pathlike(tmp_path: Path) -> None:
    file = tmp_path / "artikel.txt"
    file.write_bytes(SENTENCE.encode() + b"\r\nZweite Zeile.\rDritte.\n")
    assert read(file) == read(str(file)) == SENTENCE + "\r\nZweite Zeile.\rDritte.\n"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_read_takes_the_article_from_a_page_in_its_declared_charset(charset: str) -> None:
    codec = "cp1252" if charset == "iso-8859-1" else charset
    text = read(PAGE.format(charset=charset).encode(codec))
    assert SENTENCE in text
    assert "»Wir machen weiter«" in text
    assert "Zweitens bleibt der Tee." in text
    assert "Unsinn" not in text
    assert "\n\n" in text


def test_read_writes_the_marks_of_a_q_element() -> None:
    assert "„eine Frage der Zeit“" in read(PAGE.format(charset="utf-8").encode())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"\xff\xd8\xff\xe0..", "JPEG"),
        (bytes(range(256)) * 8, "binary"),
    ],
)
def test_read_says_what_a_binary_file_seems_to_be(content: bytes, kind: str) -> None:
    with pytest.raises(ReadError, match=kind):
        read(content)


def test_read_says_where_marked_text_is_damaged() -> None:
    with pytest.raises(ReadError, match="damaged"):
        read(codecs.BOM_UTF8 + b"abc \xff")


def test_read_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"fehlt\.txt: no such file"):
        read(tmp_path / "fehlt.txt")


def test_read_refuses_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="directory"):
        read(tmp_path)


def test_read_reports_an_article_passed_as_a_path_in_one_line() -> None:
    with pytest.raises(ReadError) as error:
        read((SENTENCE + "\n") * 100)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


def test_read_reports_a_path_with_nul() -> None:
    with pytest.raises(ReadError, match="not a path"):
        read("a\x00b")


@pytest.mark.parametrize("content", [b"", b" \n\t ", "\ufeff \n".encode(), " ".encode("utf-16")])
def test_read_refuses_blank_content(content: bytes) -> None:
    with pytest.raises(EmptyTextError):
        read(content)


def test_read_refuses_a_page_without_an_article() -> None:
    with pytest.raises(ReadError, match="no article"):
        read(b'<html><body><nav><a href="/">Start</a> <a href="/p">Politik</a></nav></body></html>')
