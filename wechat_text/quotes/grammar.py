"""The closed word classes in `grammar.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


def words(name: str) -> frozenset[str]:
    """The words of one class.

    Raises:
        KeyError: there is no class of that name.
    """
    return frozenset(_classes()[name].split())


@cache
def _classes() -> dict[str, str]:
    return tomllib.loads(files(__package__).joinpath("grammar.toml").read_text(encoding="utf-8"))
