"""Tests keep out of the user's cache and off the network, and share a profile of tiny models."""

import os
from pathlib import Path

import pytest

from tests.marian import tiny_marian

TINY = """
version = 1

[models.tiny]
folder = "tiny"
licence = "CC0-1.0"
source = ["de", "en"]
target = ["en", "zh"]

[models.tiny.target_tokens]
en = ">>eng<<"
zh = ">>cmn_Hans<<"

[profiles.tiny]
description = "random weights, made by the tests"

[profiles.tiny.routes]
"de>en" = [["tiny"]]
"de>zh" = [["tiny"]]
"""


os.environ["HF_HUB_OFFLINE"] = "1"  # read once, when the client is imported


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("WECHAT_TEXT_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("WECHAT_TEXT_MODELS", raising=False)


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models.toml whose profile "tiny" translates de→en and de→zh with one random model."""
    folder = tmp_path_factory.mktemp("models")
    tiny_marian(folder / "tiny", multi_target=True, seed=3)
    (folder / "models.toml").write_text(TINY, encoding="utf-8")
    return folder / "models.toml"
