"""Draw where a model looked while it read a translation, and the word links made of it, as SVG.

    python benchmarks/attention_map.py MODEL SOURCE TRANSLATION -o SVG --head L H [--shifted] [--target en]

One row for each word of the source, one column for each of the translation; the darker, the more the model
looked; a ring is a link.
"""

from __future__ import annotations

import argparse
from html import escape
from pathlib import Path

import numpy as np

from wechat_text.alignment import probe
from wechat_text.alignment.links import membership, sure_links, words
from wechat_text.models.registry import spec_from_folder
from wechat_text.models.spec import Alignment

CELL = 22


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("source")
    parser.add_argument("translation")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--target", default="en")
    parser.add_argument("--head", type=int, nargs=2, metavar=("LAYER", "HEAD"), required=True)
    parser.add_argument("--shifted", action="store_true", help="one step after the word is written")
    options = parser.parse_args()
    token = spec_from_folder(options.model, "de", options.target).target_tokens.get(options.target)
    [forced] = probe.force(options.model, [(options.source, options.translation)], token)
    head = Alignment(*options.head, options.shifted)
    links = sure_links(forced.links(head))
    rows, columns = words(options.source), words(options.translation)
    of_row = membership(forced.source_pieces, rows, len(options.source)).T
    of_column = membership(forced.target_pieces, columns, len(options.translation))
    shades = of_row @ forced.rows(head).T @ (of_column / np.maximum(of_column.sum(0), 1e-9))
    linked = {(rows.index(link.source), columns.index(link.target)) for link in links}
    svg = drawn(
        [r.of(options.source) for r in rows], [c.of(options.translation) for c in columns], shades, linked
    )
    options.output.write_text(svg, encoding="utf-8")


def drawn(rows: list[str], columns: list[str], shades: np.ndarray, linked: set[tuple[int, int]]) -> str:
    left, top = 8 * max(map(len, rows)) + 16, 8 * max(map(len, columns)) + 16
    width, height = left + CELL * len(columns) + 8, top + CELL * len(rows) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for i, word in enumerate(rows):
        y = top + CELL * i + 16
        parts.append(f'<text x="{left - 8}" y="{y}" text-anchor="end">{escape(word)}</text>')
    for j, word in enumerate(columns):
        x = left + CELL * j + 15
        parts.append(f'<text transform="translate({x},{top - 8}) rotate(-90)">{escape(word)}</text>')
    for i, j in np.ndindex(*shades.shape):
        x, y = left + CELL * j, top + CELL * i
        shade = min(1.0, float(shades[i, j]))
        parts.append(
            f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="#1f5fa8" fill-opacity="{shade:.2f}" '
            'stroke="#ddd"/>'
        )
        if (i, j) in linked:
            parts.append(
                f'<circle cx="{x + CELL / 2}" cy="{y + CELL / 2}" r="6" fill="none" stroke="#e8590c" '
                'stroke-width="2.5"/>'
            )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
