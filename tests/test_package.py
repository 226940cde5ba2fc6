"""The house: what importing costs, what is public, which room may know which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import wechat_text

PACKAGE = Path(wechat_text.__file__).parent
# From the ground up; a room imports from its own line and the lines above it only.
FLOORS = [
    {"errors"},
    {"document"},
    {"reading", "language", "german", "models", "rewriting"},
    {"quotes", "alignment"},
    {"speakers", "translation"},
    {"analysis", "export"},
    {"pipeline"},
    {"cli"},
]
HEAVY = (
    "torch",
    "transformers",
    "ctranslate2",
    "sentencepiece",
    "numpy",
    "trafilatura",
    "HanTa",
    "langdetect",
)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports() -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in ("__init__", "__main__"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wechat_text"):
                names = (
                    [f"{node.module}.{a.name}" for a in node.names]
                    if node.module == "wechat_text"
                    else [node.module]
                )
                found += [("/".join(parts), parts[0], room(name or "")) for name in names]
            elif isinstance(node, ast.Import):
                found += [
                    ("/".join(parts), parts[0], room(a.name))
                    for a in node.names
                    if a.name.startswith("wechat_text.")
                ]
    return found


def test_every_room_has_its_floor() -> None:
    rooms = {p.stem for p in PACKAGE.iterdir() if (p.suffix == ".py" or (p / "__init__.py").exists())}
    assert rooms - {"__init__", "__main__"} == set().union(*FLOORS)


def test_imports_point_downwards() -> None:
    level = {name: n for n, floor in enumerate(FLOORS) for name in floor}
    upwards = [
        f"{module} imports {target}" for module, source, target in imports() if level[target] > level[source]
    ]
    assert not upwards


def test_rooms_on_one_floor_know_nothing_of_one_another() -> None:
    level = {name: n for n, floor in enumerate(FLOORS) for name in floor}
    across = [
        f"{module} imports {target}"
        for module, source, target in imports()
        if source != target and level[target] == level[source]
    ]
    assert not across


def test_public_names_are_sorted_and_exist() -> None:
    assert wechat_text.__all__ == sorted(wechat_text.__all__)
    assert all(hasattr(wechat_text, name) for name in wechat_text.__all__)


@pytest.mark.parametrize("heavy", HEAVY)
def test_importing_loads_nothing_heavy(heavy: str) -> None:
    code = f"import sys, wechat_text; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
