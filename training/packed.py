"""The packed corpus: one npz file of token ids, small enough to carry to another machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Packed:
    """Pairs as token ids. Sources start with their target token and end with `</s>`, targets end with `</s>`.

    `source_ids`, `target_ids`: uint16, all pairs one after another; pair i is `[offsets[i], offsets[i + 1])`.
    `direction`, `origin`, `split`: one uint8 per pair, the first two index `directions` and `origins`.
    """

    source_ids: npt.NDArray[np.uint16]
    source_offsets: Ints
    target_ids: npt.NDArray[np.uint16]
    target_offsets: Ints
    direction: npt.NDArray[np.uint8]
    origin: npt.NDArray[np.uint8]
    split: npt.NDArray[np.uint8]
    directions: tuple[str, ...]
    origins: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.direction)

    def source(self, index: int) -> npt.NDArray[np.uint16]:
        """Source ids of a pair."""
        return self.source_ids[self.source_offsets[index] : self.source_offsets[index + 1]]

    def target(self, index: int) -> npt.NDArray[np.uint16]:
        """Target ids of a pair."""
        return self.target_ids[self.target_offsets[index] : self.target_offsets[index + 1]]

    def save(self, path: Path) -> None:
        """Write the file."""
        names = json.dumps({"directions": self.directions, "origins": self.origins})
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(path, names=np.array(names), **arrays)

    @classmethod
    def load(cls, path: Path) -> Packed:
        """Read the file."""
        with np.load(path) as file:
            names = json.loads(str(file["names"]))
            arrays = {name: file[name] for name in _ARRAYS}
        return cls(**arrays, directions=tuple(names["directions"]), origins=tuple(names["origins"]))


@dataclass(frozen=True)
class Links:
    """Word links of some pairs: uint8 positions in the pair's ids, sliced by `offsets`."""

    source: npt.NDArray[np.uint8]
    target: npt.NDArray[np.uint8]
    offsets: Ints

    def save(self, path: Path) -> None:
        """Write the file."""
        np.savez_compressed(path, source=self.source, target=self.target, offsets=self.offsets)

    @classmethod
    def load(cls, path: Path) -> Links:
        """Read the file."""
        with np.load(path) as file:
            return cls(file["source"], file["target"], file["offsets"])


_ARRAYS = ("source_ids", "source_offsets", "target_ids", "target_offsets", "direction", "origin", "split")


def runs(offsets: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Positions of all entries of `rows` one after another, and the place in `rows` of each."""
    lengths = offsets[rows + 1] - offsets[rows]
    before = np.cumsum(lengths) - lengths
    return np.repeat(offsets[rows] - before, lengths) + np.arange(lengths.sum()), np.repeat(
        np.arange(len(rows)), lengths
    )
