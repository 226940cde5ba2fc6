"""How many sentences spell a person's name otherwise than the article, before and after names are restored.

    python benchmarks/names.py PROFILE FOLDER… [--target zh] [--show]

A folder holds JSON files with `originalText`. Only persons count to whom a quotation is attributed. A name
that is written in Chinese characters or in its English form counts as spelt otherwise, too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from wechat_text import Document, Translation, Translator
from wechat_text.alignment.spelling import changed_names, restore_names
from wechat_text.analysis import analyze
from wechat_text.translation import join


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("profile", help="a profile of models.toml")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--target", default="en", help="ISO 639-1 code (default: en)")
    parser.add_argument("--show", action="store_true", help="print the sentences that change")
    options = parser.parse_args()
    translator = Translator.load(options.profile, target=options.target)
    files = [file for folder in options.folders for file in sorted(folder.glob("*.json"))]
    before = after = 0
    for file in files:
        document = analyze(json.loads(file.read_text(encoding="utf-8"))["originalText"], source="de")
        written = translated(document, translator)
        restored = restore_names(document, written)
        before += lost(document, written)
        after += lost(document, restored)
        for old, new in changes(written, restored) if options.show else ():
            print(f"- {old}\n+ {new}")
    print(f"{len(files)} articles, {translator.source}→{translator.target}")
    print(f"sentences with a person's name spelt otherwise: {before}, names restored: {after}")


def translated(document: Document, translator: Translator) -> Translation:
    spans = [sentence.span for sentence in document.sentences]
    parts = list(translator.translate(span.of(document.text) for span in spans))
    joined = join(document.text, spans, parts, translator.target)
    return Translation(translator.target, joined.text, joined.segments)


def lost(document: Document, translation: Translation) -> int:
    return sum(count for count, _ in changed_names(document, translation).values())


def changes(written: Translation, restored: Translation) -> Iterator[tuple[str, str]]:
    for old, new in zip(written.segments, restored.segments, strict=True):
        pair = old.target.of(written.text), new.target.of(restored.text)
        if pair[0] != pair[1]:
            yield pair


if __name__ == "__main__":
    main()
