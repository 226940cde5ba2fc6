from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.marian import tiny_marian
from wechat_text.errors import ModelFormatError, RegistryError, UnknownNameError
from wechat_text.models import store
from wechat_text.models.registry import (
    Alignment,
    FolderSource,
    HubSource,
    load_registry,
    record_alignment,
    spec_from_folder,
)
from wechat_text.models.spec import Decoding

OWN_MODEL = """
version = 1
[models.mine]
folder = "mine"
licence = "CC0"
source = ["de"]
target = ["en"]
[profiles.mine]
description = "my own"
[profiles.mine.routes]
"de>en" = [["mine"]]
"de>zh" = [["mine", "Helsinki-NLP/opus-mt-en-zh"]]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "models.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(RegistryError) as caught:
        load_registry(write(folder, text))
    return str(caught.value)


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "is_available", lambda spec: False)


@pytest.fixture
def all_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "is_available", lambda spec: True)


def test_our_own_file_is_sound_and_has_the_three_profiles() -> None:
    assert {"auto", "opus", "starter"} <= set(load_registry().profiles)


def test_opus_goes_from_german_to_chinese_through_english() -> None:
    route = load_registry().resolve("opus", "de", "zh")
    assert [(s.model.id, s.source, s.target, s.target_token) for s in route.steps] == [
        ("Helsinki-NLP/opus-mt-de-en", "de", "en", None),
        ("Helsinki-NLP/opus-mt-en-zh", "en", "zh", ">>cmn_Hans<<"),
    ]


@pytest.mark.parametrize(
    ("source", "target", "model", "token"),
    [
        ("de", "en", "starter-en", ">>eng<<"),
        ("de", "zh", "starter-zh", ">>cmn_Hans<<"),
        ("en", "zh", "starter-zh", ">>cmn_Hans<<"),
        ("en", "de", "starter-en", ">>deu<<"),
    ],
)
def test_starter_goes_there_directly_with_a_model_of_the_target_language(
    source: str, target: str, model: str, token: str
) -> None:
    (step,) = load_registry().resolve("starter", source, target).steps
    assert (step.model.id, step.target_token) == (model, token)


@pytest.mark.usefixtures("no_models")
def test_auto_without_fetched_models_takes_starter_and_says_what_that_means() -> None:
    route = load_registry().resolve("auto", "de", "en")
    (notice,) = route.notices
    assert route.profile == "starter"
    assert "non-commercial" in notice
    assert "python -m wechat_text models fetch opus" in notice


@pytest.mark.usefixtures("all_models")
def test_auto_with_fetched_models_takes_opus_without_notice() -> None:
    route = load_registry().resolve("auto", "de", "zh")
    assert (route.profile, route.notices) == ("opus", ())


def test_auto_needs_all_models_of_opus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "is_available", lambda spec: "en-zh" not in spec.id)
    assert load_registry().resolve("auto", "de", "en").profile == "starter"


@pytest.mark.parametrize(
    ("profile", "source", "target", "message"),
    [
        ("best", "de", "en", "unknown profile 'best'; known: auto, opus, starter"),
        ("opus", "de", "fr", "'fr'; known: en, zh"),
        ("opus", "fr", "en", "'fr'; known: de, en"),
    ],
)
def test_unknown_names_come_with_the_known_ones(profile: str, source: str, target: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        load_registry().resolve(profile, source, target)


def test_a_users_model_and_profile_stand_beside_ours(tmp_path: Path) -> None:
    registry = load_registry(write(tmp_path, OWN_MODEL))
    assert registry.model("mine").source == FolderSource(tmp_path / "mine")
    assert [m.id for m in registry.resolve("mine", "de", "zh").models] == [
        "mine",
        "Helsinki-NLP/opus-mt-en-zh",
    ]
    assert "opus" in registry.profiles


def test_the_environment_variable_names_a_users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECHAT_TEXT_MODELS", str(write(tmp_path, OWN_MODEL)))
    assert "mine" in load_registry().models


def test_an_entry_without_source_completes_ours(tmp_path: Path) -> None:
    text = 'version = 1\n[models."Helsinki-NLP/opus-mt-de-en".alignment]\nlayer = 5\nhead = 3\n'
    model = load_registry(write(tmp_path, text)).model("Helsinki-NLP/opus-mt-de-en")
    assert model.alignment == Alignment(5, 3)
    assert model.source == HubSource("Helsinki-NLP/opus-mt-de-en")


def test_how_a_model_is_searched_can_be_completed_key_by_key(tmp_path: Path) -> None:
    assert load_registry().model("starter-en").decoding == Decoding(beam=8, consensus=True)
    assert load_registry().model("Helsinki-NLP/opus-mt-de-en").decoding == Decoding()
    text = "version = 1\n[models.starter-en.decoding]\nconsensus = false\n"
    assert load_registry(write(tmp_path, text)).model("starter-en").decoding == Decoding(beam=8)
    for wrong in ("beam = 0", "beam = 33", 'beam = "4"', "consensus = 1", "beams = 4"):
        with pytest.raises(RegistryError, match=r"line 3: models\.starter-en\.decoding\."):
            load_registry(write(tmp_path, f"version = 1\n[models.starter-en.decoding]\n{wrong}\n"))


def test_what_scores_mean_is_read_for_each_direction(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    entry = '[models."Helsinki-NLP/opus-mt-de-en".confidence."de>en"]\nbias = 1.5\nslope = 2\n'
    path.write_text("version = 1\n" + entry, encoding="utf-8")
    calibration = load_registry(path).model("Helsinki-NLP/opus-mt-de-en").calibration["de", "en"]
    assert calibration.confidence(-0.75) == pytest.approx(0.5)
    assert calibration.confidence(-0.5) > 0.6
    assert 0 <= calibration.confidence(-1e9) < calibration.confidence(1e9) <= 1
    path.write_text("version = 1\n" + entry.replace("de>en", "de"), encoding="utf-8")
    with pytest.raises(RegistryError, match="direction"):
        load_registry(path)


def test_a_revision_can_be_pinned(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    text = f'version = 1\n[models."Helsinki-NLP/opus-mt-de-en"]\nrevision = "{commit}"\n'
    model = load_registry(write(tmp_path, text)).model("Helsinki-NLP/opus-mt-de-en")
    assert model.source == HubSource("Helsinki-NLP/opus-mt-de-en", commit)


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('licence = "CC0"', 'license = "CC0"', 3, "models.mine.licence: is missing"),
        ('licence = "CC0"', 'licence = "CC0"\nlicense = "x"', 6, "unknown key; did you mean 'licence'?"),
        ('source = ["de"]', 'source = "de"', 6, "models.mine.source: must be a list of strings"),
        ('folder = "mine"', 'folder = "mine"\nhub = "a/b"', 4, "only one of them"),
        ('folder = "mine"', 'hub = "nonsense"', 4, "no hub id"),
        ('folder = "mine"', 'hub = "a/b"\nrevision = "main"', 5, "must be a commit"),
        ('"de>en" = [["mine"]]', '"de>en" = [["mein"]]', 11, "unknown model 'mein'"),
        ('"de>en" = [["mine"]]', '"en>de" = [["mine"]]', 11, "'mine' does not read 'en'"),
        ('"de>en" = [["mine"]]', '"de>fr" = [["mine"]]', 11, "'mine' does not write 'fr'"),
        ('"de>en" = [["mine"]]', '"deen" = [["mine"]]', 11, "must be a direction"),
        ("version = 1", "version = 2", 2, "version: must be 1"),
        ('target = ["en"]', 'target = ["en"]\nsize = -3', 8, "models.mine.size: must be a whole number"),
        ('target = ["en"]', 'target = ["en"]\nfiles."x.bin" = "00"', 8, "no file of a Marian folder"),
        ('target = ["en"]', 'target = ["en"]\nfiles."vocab.json" = "00"', 8, "must be a SHA-256 digest"),
        ('target = ["en"]', 'target = ["en"]\ntarget_tokens.zh = ">>zh<<"', 8, "not among the target"),
        ('target = ["en"]', 'target = ["en"', 8, "Unclosed array"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, key: str
) -> None:
    assert old in OWN_MODEL
    message = complaint(tmp_path, OWN_MODEL.replace(old, new))
    assert str(tmp_path / "models.toml") in message
    assert f"line {line}:" in message
    assert key in message


def test_a_mistake_in_the_second_quality_figure_is_found_there(tmp_path: Path) -> None:
    figure = '[[models.mine.quality]]\nmetric = "BLEU"\ntest_set = "x"\nvalue = 20\nsource = "me"\n'
    text = OWN_MODEL + figure + figure.replace("20", '"viel"')
    message = complaint(tmp_path, text)
    assert f"line {text[: text.index('viel')].count(chr(10)) + 1}:" in message
    assert "models.mine.quality[1].value" in message


def test_a_missing_users_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="No such file"):
        load_registry(tmp_path / "nowhere.toml")


def test_a_folder_serves_as_profile(marian_folder: Path) -> None:
    route = load_registry().resolve(str(marian_folder), "de", "en")
    assert route.models[0].source == FolderSource(marian_folder)


def test_a_multi_target_folder_gets_its_target_token(tmp_path: Path) -> None:
    folder = tiny_marian(tmp_path / "multi", multi_target=True)
    assert spec_from_folder(folder, "de", "zh").target_tokens == {"zh": ">>cmn_Hans<<"}
    with pytest.raises(ModelFormatError, match=">>cmn_Hans<<, >>eng<<"):
        spec_from_folder(folder, "de", "fr")


def test_a_found_head_is_written_into_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    record_alignment(path, "Helsinki-NLP/opus-mt-de-en", Alignment(4, 2))
    assert load_registry(path).model("Helsinki-NLP/opus-mt-de-en").alignment == Alignment(4, 2)


def test_a_found_head_replaces_the_old_one_and_leaves_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, OWN_MODEL + "# mine\n")
    record_alignment(path, "mine", Alignment(1, 2))
    record_alignment(path, "mine", Alignment(0, 3, shifted=True))
    assert load_registry(path).model("mine").alignment == Alignment(0, 3, shifted=True)
    record_alignment(path, "mine", Alignment(0, 3))
    assert load_registry(path).model("mine").alignment == Alignment(0, 3)
    assert path.read_text(encoding="utf-8").startswith(OWN_MODEL + "# mine\n")


def test_a_head_of_an_unknown_model_leaves_the_file_alone(tmp_path: Path) -> None:
    path = write(tmp_path, OWN_MODEL)
    with pytest.raises(RegistryError, match="needs 'hub', 'package' or 'folder'"):
        record_alignment(path, "another", Alignment(0, 3))
    assert path.read_text(encoding="utf-8") == OWN_MODEL
