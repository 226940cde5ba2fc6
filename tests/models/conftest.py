from __future__ import annotations

from pathlib import Path

import pytest

from tests.marian import tiny_marian


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own, and no models.toml of the user's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(folder))
    monkeypatch.delenv("WECHAT_TEXT_MODELS", raising=False)
    return folder


@pytest.fixture
def marian_folder(tmp_path: Path) -> Path:
    return tiny_marian(tmp_path / "tiny")
