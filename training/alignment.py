"""`align`: word links between the pieces of packed pairs, for the guided attention head.

The links come from eflomal (Östling and Tiedemann 2016), an external tool under the GPL: a training aid that
nothing here imports or ships. Both directions are symmetrised by grow-diag-final-and (Koehn et al. 2005).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from training.config import AlignConfig, Config
from training.corpus import TRAIN
from training.packed import Ints, Links, Packed

Pairs = set[tuple[int, int]]


def align(config: Config) -> None:
    """Link the pairs that `[align]` chooses and write `links.npz`.

    Raises:
        FileNotFoundError: eflomal is not installed.
    """
    packed = Packed.load(config.packed)
    found: dict[int, Pairs] = {}
    for index, name in enumerate(packed.directions):
        rows = choose(packed, index, config.align, config.train.seed)
        if not len(rows):
            continue
        with tempfile.TemporaryDirectory() as folder:
            forward, backward = run_eflomal(packed, rows, Path(folder), config.align.length)
        for row, one, other in zip(rows, forward, backward, strict=True):
            found[int(row)] = grow_diag_final_and(one, other)
        print(f"{name}: {len(rows):,} pairs linked", flush=True)
    collect(found, len(packed)).save(config.links)


def choose(packed: Packed, direction: int, config: AlignConfig, seed: int) -> Ints:
    """Training pairs of the chosen origins, at most `pairs` of them, in the order of the packed file."""
    wanted = [i for i, origin in enumerate(packed.origins) if origin in config.origins]
    rows = np.flatnonzero(
        (packed.direction == direction) & (packed.split == TRAIN) & np.isin(packed.origin, wanted)
    )
    return np.sort(np.random.default_rng(seed).permutation(rows)[: config.pairs])


def run_eflomal(packed: Packed, rows: Ints, folder: Path, length: float) -> tuple[list[Pairs], list[Pairs]]:
    """Links of each pair, both ways, as (source piece, target piece), target token and `</s>` left out."""
    program = shutil.which("eflomal-align") or shutil.which(
        "eflomal-align", path=str(Path(sys.executable).parent)
    )
    if program is None:
        raise FileNotFoundError(
            "eflomal-align is not installed: pip install eflomal (GPL-3.0, a training tool only)"
        )
    sides = {"source": (packed.source, 1), "target": (packed.target, 0)}
    for side, (ids, first) in sides.items():
        lines = (" ".join(map(str, ids(int(row))[first:-1])) for row in rows)
        (folder / side).write_text("\n".join(lines) + "\n")
    options = ["-s", "source", "-t", "target", "-f", "forward", "-r", "backward", "--length", str(length)]
    subprocess.run([program, *options, "--overwrite"], cwd=folder, check=True)
    forward, backward = (
        [_parse(line) for line in (folder / name).read_text().splitlines()]
        for name in ("forward", "backward")
    )
    return forward, backward


def _parse(line: str) -> Pairs:
    return {(int(s), int(t)) for s, t in (link.split("-") for link in line.split())}


def grow_diag_final_and(forward: Pairs, backward: Pairs) -> Pairs:
    """Links of both directions, grown along neighbours in the union, then of pieces that still have none."""
    links, union = forward & backward, forward | backward
    sources, targets = {s for s, _ in links}, {t for _, t in links}
    grown = True
    while grown:
        grown = False
        for s, t in sorted(links):
            for ds, dt in ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)):
                near = (s + ds, t + dt)
                if near in union and near not in links and (near[0] not in sources or near[1] not in targets):
                    links.add(near)
                    sources.add(near[0])
                    targets.add(near[1])
                    grown = True
    for direction in (forward, backward):
        for s, t in sorted(direction):
            if s not in sources and t not in targets:
                links.add((s, t))
                sources.add(s)
                targets.add(t)
    return links


def collect(found: dict[int, Pairs], count: int) -> Links:
    """Links of `count` packed pairs; source positions move by one, for the target token at the start."""
    lengths: defaultdict[int, int] = defaultdict(int, {row: len(pairs) for row, pairs in found.items()})
    ordered = [
        link for row in sorted(found) for link in sorted(found[row], key=lambda pair: (pair[1], pair[0]))
    ]
    flat = np.array(ordered, dtype=np.uint8).reshape(-1, 2)
    offsets = np.cumsum([0, *(lengths[row] for row in range(count))], dtype=np.int64)
    return Links(source=flat[:, 0] + np.uint8(1), target=flat[:, 1], offsets=offsets)
