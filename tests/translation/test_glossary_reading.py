"""Glossary files: three formats, one list of terms, and complaints that name file and line."""

from pathlib import Path

import pytest

from wechat_text import Glossary, GlossaryError
from wechat_text.translation.glossary import Term

TBX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE martif SYSTEM "TBXBasiccoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="de"><text><body>
 <termEntry id="c1">
  <langSet xml:lang="de-DE"><tig><term>Freundes&#107;reis</term></tig></langSet>
  <langSet xml:lang="en"><tig><term>WeChat Moments</term></tig></langSet>
  <langSet xml:lang="zh-CN"><ntig><termGrp><term>朋友圈</term></termGrp></ntig></langSet>
 </termEntry>
</body></text></martif>
"""
TBX3 = """<tbx type="TBX-Basic" xmlns="urn:iso:std:iso:30042:ed-2"><text><body>
<conceptEntry><langSec xml:lang="de"><termSec><term>Freundeskreis</term></termSec></langSec>
<langSec xml:lang="en"><termSec><term>WeChat Moments</term></termSec></langSec>
<langSec xml:lang="zh"><termSec><term>朋友圈</term></termSec></langSec></conceptEntry></body></text></tbx>"""
MOMENTS = Term(("Freundeskreis",), {"en": ("WeChat Moments",), "zh": ("朋友圈",)})


def written(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", '[[term]]\nde = "Freundeskreis"\nen = "WeChat Moments"\nzh = "朋友圈"\n'),
        ("a.csv", "source,en,zh\nFreundeskreis,WeChat Moments,朋友圈\n"),
        ("excel.csv", "\ufeffsource;en;zh\r\nFreundeskreis;WeChat Moments;朋友圈\r\n"),
        ("a.tbx", TBX),
        ("a3.TBX", TBX3),
    ],
)
def test_every_format_gives_the_same_term(tmp_path: Path, name: str, text: str) -> None:
    assert Glossary.load(written(tmp_path, name, text)).terms == (MOMENTS,)


def test_bar_parts_the_forms_of_a_term(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "source,en\nHändler | Kaufmann,merchant | merchants\n")
    assert Glossary.load(file).terms == (Term(("Händler", "Kaufmann"), {"en": ("merchant", "merchants")}),)


def test_flags_are_read(tmp_path: Path) -> None:
    toml = written(tmp_path, "a.toml", '[[term]]\nde = "WeChat"\nkeep = true\ncase = true\n')
    table = written(tmp_path, "a.csv", "source,en,keep,case,compounds\nWeChat,,yes,TRUE,no\n")
    (expected,) = Glossary.load(toml).terms
    assert expected == Term(("WeChat",), keep=True, case=True)
    assert Glossary.load(table).terms == (expected,)


def test_later_file_wins(tmp_path: Path) -> None:
    first = written(tmp_path, "a.csv", "source,en\nLaden,shop\nMarkt,market\n")
    second = written(tmp_path, "b.csv", "source,en\nLaden,store\n")
    glossary = Glossary.load(first, second)
    assert {t.source[0]: t.forms("en") for t in glossary.terms} == {"Laden": ("store",), "Markt": ("market",)}
    assert glossary.name == "a.csv, b.csv"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", '[[term]]\nde = "Laden"\n', "line 2.*has no translation"),
        ("a.toml", '[[term]]\nen = "shop"\n', "line 1.*de: is missing"),
        ("a.toml", '[[term]]\nde = "Laden"\nen = "shop"\nkepe = true\n', "line 4.*did you mean 'keep'"),
        ("a.toml", '[[term]]\nde = "Laden"\nen = 3\n', "line 3.*must be a string"),
        ("a.toml", "[[term]\n", "line 1"),
        ("a.toml", '[[terms]]\nde = "Laden"\n', "did you mean 'term'"),
        ("a.toml", '[[term]]\nde = "A"\nen = "a"\n[[term]]\nde = "A"\nen = "b"\n', "line 5.*twice"),
        (
            "a.toml",
            '[[term]]\nde = "A"\nen = "a"\nkeep = true\n',
            "line 2.*is to be kept and has translations",
        ),
        ("a.csv", "Laden,shop\n", "line 1.*unknown column 'Laden'"),
        ("a.csv", "en,zh\nshop,商店\n", "line 1.*no column 'source'"),
        ("a.csv", "source,en\nLaden,shop\nMarkt\n", "line 3.*number of columns"),
        ("a.csv", "source,en\nLaden,shop,x\n", "line 2.*number of columns"),
        ("a.csv", "source,en\n,shop\n", "line 2.*without a German form"),
        ("a.csv", 'source,en\n"Laden,shop\n', "line 2"),
        ("a.csv", "source,en,keep\nLaden,,maybe\n", "line 2.*'maybe' is neither true nor false"),
        ("a.csv", "source,en\n", "no terms"),
        ("a.csv", b"source,en\nL\xe4den,shops\n", "not UTF-8"),
        ("a.tbx", "<martif><text>", "line 1"),
        ("a.tbx", "<martif/>", "no terms"),
        ("a.tbx", TBX.replace("de-DE", "en-US"), "line 4.*without a German form"),
        ("a.tbx", TBX.replace(' xml:lang="zh-CN"', ""), "line 7.*xml:lang"),
        ("a.txt", "Laden", "known endings"),
    ],
)
def test_mistake_is_told_with_its_file_and_line(
    tmp_path: Path, name: str, text: str | bytes, words: str
) -> None:
    with pytest.raises(GlossaryError, match=f"(?s){name}.*{words}"):
        Glossary.load(written(tmp_path, name, text))


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/hostname">',
        '<!ENTITY % b SYSTEM "http://example.org/x.dtd"> %b;',
    ],
)
def test_tbx_with_entities_of_its_own_is_refused(tmp_path: Path, declaration: str) -> None:
    attack = TBX.replace('SYSTEM "TBXBasiccoreStructV02.dtd"', f"[{declaration}]").replace("朋友圈", "&b;")
    with pytest.raises(GlossaryError, match="entity"):
        Glossary.load(written(tmp_path, "a.tbx", attack))


def test_missing_file_and_missing_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(GlossaryError, match=r"nowhere\.csv: No such file"):
        Glossary.load(tmp_path / "nowhere.csv")
    with pytest.raises(GlossaryError, match="no glossary file"):
        Glossary.load()


def test_example_glossary_has_every_term_in_both_languages() -> None:
    terms = Glossary.load(Path(__file__).parents[2] / "examples" / "glossaries" / "wechat.toml").terms
    assert len(terms) >= 22
    assert all(term.forms("en") and term.forms("zh") for term in terms)
