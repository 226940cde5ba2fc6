"""A teacher's translations as further text."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sacrebleu")
pytest.importorskip("ctranslate2")

from training import distillation
from training.config import Config, ConfigError, Direction, DistilConfig
from training.corpus import HELD_OUT, read_pairs
from training.distillation import Made, Teacher, chosen, distil, nearest

INTERPOLATED = DistilConfig(pairs="de-en", teacher="de-en", origins=("toy",), percent=2)
PIVOTED = DistilConfig(pairs="de-en", teacher="en-zh", origins=("toy",), percent=2)


class Dictionary:
    """Stands in for the model: remembers what it was given, and answers as it is told to."""

    digest = "0123456789abcdef"
    given: list[str]

    def __init__(self, *_: object, **__: object) -> None:
        type(self).given = []

    def translate(self, texts: Sequence[str], beam: int) -> list[list[Made]]:
        self.given.extend(texts)
        return [[Made(made, -len(text)) for made in self.answer(text)[:beam]] for text in texts]

    def answer(self, text: str) -> list[str]:
        return [f"first of {text}", f"second of {text}"]


@pytest.fixture
def settings(toy_config: Config, tmp_path: Path) -> Config:
    """The toy's settings with a direction de-zh, for which there is no text."""
    directions = (*toy_config.corpus.directions, Direction("de", "zh", "parallel/de-zh.tsv.xz"))
    corpus = replace(toy_config.corpus, directions=directions)
    return replace(toy_config, corpus=corpus, work=tmp_path, distil=(INTERPOLATED,))


@pytest.fixture
def dictionary(monkeypatch: pytest.MonkeyPatch) -> type[Dictionary]:
    monkeypatch.setattr(distillation, "Teacher", Dictionary)
    monkeypatch.setattr(distillation, "_WINDOW", 8)
    return Dictionary


def written(path: Path) -> list[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def test_distillation_takes_the_hypothesis_nearest_to_the_reference() -> None:
    hypotheses = [
        Made(text, -1) for text in ("A dog sees a home.", "The dog sees the house.", "A hound looks.")
    ]
    assert nearest(hypotheses, "Today the dog sees the house.") is hypotheses[1]
    assert nearest([first := Made("the same", -1), Made("the same", -2)], "another") is first


def test_distillation_writes_what_is_nearest_to_the_human_translation(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    human = {pair.source: pair.target for pair in chosen(toy_data, settings, INTERPOLATED)}
    monkeypatch.setattr(dictionary, "answer", lambda _, text: ["what the teacher likes", f"{human[text]} so"])
    distil(settings, toy_data, "teacher")
    rows = written(settings.work / "distilled.de-en.tsv.xz")
    assert len(rows) > 20
    assert rows == [[source, f"{target} so", "distilled"] for source, target in human.items()]


def test_distillation_of_the_other_side_keeps_the_german_source(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary, "answer", lambda _, text: [f"{len(text)}只狗。", text])
    distil(replace(settings, distil=(PIVOTED,)), toy_data, "teacher")
    pairs = list(chosen(toy_data, settings, PIVOTED))
    assert dictionary.given == [pair.target for pair in pairs]
    assert written(settings.work / "distilled.de-zh.tsv.xz") == [
        [pair.source, f"{len(pair.target)}只狗。", "distilled"] for pair in pairs
    ]


@pytest.mark.parametrize("gives", ["de-zh", "de-en"])
def test_distillation_the_way_back_keeps_what_people_wrote(
    settings: Config,
    toy_data: Path,
    dictionary: type[Dictionary],
    monkeypatch: pytest.MonkeyPatch,
    gives: str,
) -> None:
    directions = (*settings.corpus.directions, Direction("en", "zh", "parallel/de-en.tsv.xz"))
    back = DistilConfig(pairs="en-zh", teacher="en-de", origins=("original",), gives=gives)
    config = replace(settings, corpus=replace(settings.corpus, directions=directions), distil=(back,))
    monkeypatch.setattr(dictionary, "answer", lambda _, text: [f"de: {text}"] if "dog" in text else [])
    distil(config, toy_data, "teacher")
    pairs = [pair for pair in chosen(toy_data, config, back) if "dog" in pair.source]
    assert len(pairs) > 10
    assert written(settings.work / f"distilled.{gives}.tsv.xz") == [
        [f"de: {pair.source}", pair.source if gives == "de-en" else pair.target, "distilled"]
        for pair in pairs
    ]


def test_distillation_keeps_what_the_teacher_is_surest_of(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary, "answer", lambda _, text: [] if "Hund" in text else ["good"])
    distil(replace(settings, distil=(replace(INTERPOLATED, keep=40),)), toy_data, "teacher")
    # the dictionary is the surer, the shorter a text is
    lengths = sorted(len(source) for source in dictionary.given if "Hund" not in source)
    longest = lengths[len(lengths) * 40 // 100 - 1]
    kept = [source for source, _, _ in written(settings.work / "distilled.de-en.tsv.xz")]
    assert kept == [s for s in dictionary.given if "Hund" not in s and len(s) <= longest]
    assert 0 < len(kept) < len(lengths)


def test_distillation_drops_a_source_whose_translations_are_all_bad(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary, "answer", lambda _, text: [] if "Hund" in text else ["good"])
    distil(settings, toy_data, "teacher")
    sources = [source for source, _, _ in written(settings.work / "distilled.de-en.tsv.xz")]
    assert sources == [source for source in dictionary.given if "Hund" not in source]


def test_distillation_goes_on_where_it_was_cut_off(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    distil(settings, toy_data, "teacher")
    path = settings.work / "distilled.de-en.tsv.xz"
    whole, all_given = written(path), dictionary.given
    path.unlink()

    translate = dictionary.translate

    def cut_off(self: Dictionary, texts: Sequence[str], beam: int) -> list[list[str]]:
        if len(self.given) >= 16:
            raise KeyboardInterrupt
        return translate(self, texts, beam)

    monkeypatch.setattr(dictionary, "translate", cut_off)
    with pytest.raises(KeyboardInterrupt):
        distil(settings, toy_data, "teacher")
    (partial,) = settings.work.glob("*.partial")
    with partial.open("a", encoding="utf-8") as file:
        file.write("Ein halber Satz oh")
    monkeypatch.setattr(dictionary, "translate", translate)
    distil(settings, toy_data, "teacher")
    assert dictionary.given == all_given[16:]
    assert written(path) == whole
    assert [p.name for p in settings.work.iterdir()] == [path.name]


def test_distillation_does_not_mix_two_settings(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_: Dictionary, text: str) -> list[str]:
        if len(dictionary.given) > 8:
            raise KeyboardInterrupt
        return [text]

    monkeypatch.setattr(dictionary, "answer", cut_off)
    with pytest.raises(KeyboardInterrupt):
        distil(settings, toy_data, "teacher")
    changed = replace(settings, distil=(replace(INTERPOLATED, percent=50),))
    with pytest.raises(ConfigError, match="delete it to begin anew"):
        distil(changed, toy_data, "teacher")


def test_distillation_refuses_lines_of_another_kind(
    settings: Config, toy_data: Path, dictionary: type[Dictionary], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary, "answer", lambda _, text: [text] if len(dictionary.given) <= 8 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        distil(settings, toy_data, "teacher")
    (partial,) = settings.work.glob("*.partial")
    lines = partial.read_text(encoding="utf-8").splitlines()
    without_score = ["\t".join(line.split("\t")[:1] + line.split("\t")[2:]) for line in lines]
    partial.write_text("\n".join([*without_score, ""]), encoding="utf-8")
    with pytest.raises(ConfigError, match="delete it to begin anew"):
        distil(settings, toy_data, "teacher")


def test_distillation_leaves_a_finished_text_alone(
    settings: Config, toy_data: Path, dictionary: type[Dictionary]
) -> None:
    distil(settings, toy_data, "teacher")
    dictionary.given.clear()
    distil(settings, toy_data, "teacher")
    assert dictionary.given == []


def test_distillation_chooses_neither_held_out_nor_dev_sources(settings: Config, toy_data: Path) -> None:
    everything = replace(INTERPOLATED, origins=("toy", "original"), percent=100)
    pairs = list(chosen(toy_data, settings, everything))
    sources = [pair.source for pair in pairs]
    corpus = replace(settings.corpus, directions=settings.corpus.directions[:1])
    kept_apart = {pair.source for pair in read_pairs(toy_data, corpus)[0] if pair.split != 0}
    assert {pair.origin for pair in pairs} == {"toy", "original"}
    assert len(sources) == len(set(sources))
    assert kept_apart
    assert not kept_apart & set(sources)
    assert HELD_OUT not in {pair.split for pair in pairs}


def test_distillation_without_a_table_says_so(settings: Config, toy_data: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \[\[distil\]\] table"):
        distil(replace(settings, distil=()), toy_data, "teacher")
    with pytest.raises(ConfigError, match="with the teacher en-zh"):
        distil(settings, toy_data, "teacher", direction="en-zh")


def test_distillation_by_a_trained_model_is_read_by_prepare(
    toy_trained: Config, toy_data: Path, tmp_path: Path
) -> None:
    from training.card import write_card
    from training.export import export_checkpoint
    from training.packed import Packed
    from training.prepare import prepare

    export_checkpoint(toy_trained, tmp_path / "export")
    student = replace(toy_trained, work=tmp_path / "student", distil=(INTERPOLATED,))
    distil(student, toy_data, str(tmp_path / "export"))
    rows = written(student.work / "distilled.de-en.tsv.xz")
    assert len(rows) > 20
    human = {pair.source: pair.target for pair in chosen(toy_data, student, INTERPOLATED)}
    assert sum(target == human[source] for source, target, _ in rows) > 0.8 * len(rows)
    # the toy's translations are the human ones, which prepare drops as duplicates; this one is not
    with lzma.open(student.work / "distilled.de-en.tsv.xz", "at", encoding="utf-8") as file:
        file.write("der Hund sieht das Wasser.\tthe dog sees that water.\tdistilled\n")
    prepare(student, toy_data)
    packed = Packed.load(student.packed)
    assert (packed.origin == packed.origins.index("distilled")).sum() >= 1
    write_card(student, {"total_steps": 1, "total_tokens": 1, "total_seconds": 1}, tmp_path)
    assert "`distilled` (de-en, by a teacher for de-en)" in (tmp_path / "README.md").read_text(
        encoding="utf-8"
    )


def test_distillation_teacher_gives_its_n_best_where_the_guards_find_no_fault(
    toy_trained: Config, tmp_path: Path
) -> None:
    from training.export import export_checkpoint

    export_checkpoint(toy_trained, tmp_path / "export")
    teacher = Teacher(str(tmp_path / "export"), "de", "en", threads=1)
    good, long, wordless = teacher.translate(
        ["der Hund sieht Wasser.", "der Hund sieht Wasser. " * 20, "1984 – 2001"], beam=3
    )
    assert good[0].text == "the dog sees water."
    assert good[0].score < 0
    assert len(good) <= 3
    assert long == wordless == []


def test_distillation_teacher_ranks_as_models_toml_says(
    toy_trained: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.export import export_checkpoint

    export_checkpoint(toy_trained, tmp_path / "export")
    models = tmp_path / "models.toml"
    entry = '[models.toy]\nfolder = "export"\nlicence = "CC0"\nsource = ["de"]\ntarget = ["en"]\n'
    monkeypatch.setenv("WECHAT_TEXT_MODELS", str(models))
    monkeypatch.setattr(distillation, "ranked", lambda hypotheses: hypotheses[::-1])
    found = {}
    for consensus in ("false", "true"):
        decoding = f"[models.toy.decoding]\nconsensus = {consensus}\n"
        models.write_text(f"version = 1\n{entry}{decoding}", encoding="utf-8")
        [found[consensus]] = Teacher("toy", "de", "en", threads=1).translate(
            ["der Hund sieht Wasser."], beam=3
        )
    assert found["true"] == found["false"][::-1]
    assert len(found["true"]) > 1
