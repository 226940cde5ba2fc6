from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.hub import serve
from wechat_text.errors import ModelCorruptError, ModelError, UnknownNameError
from wechat_text.models import store
from wechat_text.models.bundle import import_bundle, write_bundle
from wechat_text.models.fetching import fetch
from wechat_text.models.registry import Registry, load_registry
from wechat_text.models.spec import HubSource, ModelSpec

SPEC = ModelSpec("owner/tiny", HubSource("owner/tiny"), "CC0", ("de",), ("en",))
REGISTRY = Registry({SPEC.id: SPEC}, {})


@pytest.fixture
def bundle(marian_folder: Path, tmp_path: Path, cache: Path) -> Iterator[Path]:
    """A bundle with `SPEC`; the cache is empty again."""
    with serve("owner/tiny", marian_folder) as hub:
        fetch(SPEC, endpoint=hub.endpoint)
    path = write_bundle([SPEC], tmp_path / "models.zip")
    shutil.rmtree(cache)
    return path


def rewrite(bundle: Path, changes: dict[str, bytes]) -> None:
    """Change, or add, entries of the bundle."""
    with zipfile.ZipFile(bundle) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def test_a_model_arrives_as_it_left(bundle: Path) -> None:
    assert import_bundle(bundle, REGISTRY) == [SPEC]
    assert store.verify(SPEC).revision == "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "owner--tiny/../../config.json", "owner--tiny/evil.py", "evil"]
)
def test_a_strange_name_is_refused_and_nothing_is_written(bundle: Path, cache: Path, name: str) -> None:
    rewrite(bundle, {name: b"x"})
    with pytest.raises(ModelCorruptError, match="does not belong into a bundle"):
        import_bundle(bundle, REGISTRY)
    assert not cache.exists()


def test_the_folder_in_the_bundle_does_not_decide_where_files_go(bundle: Path, cache: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        entries = {n.replace("owner--tiny", ".."): archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    import_bundle(bundle, REGISTRY)
    assert {p.name for p in cache.iterdir()} == {"models"}


def test_changed_content_is_refused(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        content = archive.read("owner--tiny/vocab.json")
    rewrite(bundle, {"owner--tiny/vocab.json": content.replace(b"d", b"e", 1)})
    with pytest.raises(ModelCorruptError, match=r"vocab\.json is not what its record says"):
        import_bundle(bundle, REGISTRY)
    assert not store.is_available(SPEC)


def test_more_content_than_recorded_is_refused(bundle: Path) -> None:
    rewrite(bundle, {"owner--tiny/vocab.json": b" " * 10_000_000})
    with pytest.raises(ModelCorruptError, match=r"vocab\.json"):
        import_bundle(bundle, REGISTRY)


@pytest.mark.parametrize("content", [b"", b"PK nonsense", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_bundle_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(ModelCorruptError, match=r"b\.zip"):
        import_bundle(tmp_path / "b.zip", REGISTRY)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelCorruptError, match="cannot be read: No such file"):
        import_bundle(tmp_path / "b.zip", REGISTRY)


def test_half_a_bundle_is_refused(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-2000])
    with pytest.raises(ModelCorruptError):
        import_bundle(bundle, REGISTRY)


def test_a_model_that_models_toml_does_not_know_is_refused(bundle: Path) -> None:
    with pytest.raises(UnknownNameError, match="owner/tiny"):
        import_bundle(bundle, load_registry())


def test_there_is_nothing_to_carry_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing to bundle"):
        write_bundle(load_registry().models_of("starter"), tmp_path / "b.zip")
