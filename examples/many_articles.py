"""Many articles at once: a stream that is batched across articles and outlives a bad one.

python examples/many_articles.py FOLDER OUTPUT_FOLDER

Every *.txt and *.html file of FOLDER becomes a JSON document in OUTPUT_FOLDER.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import wechat_text


def readable(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            yield path, wechat_text.read(path)
        except wechat_text.WechatTextError as error:
            print(f"{path.name}: {error}", file=sys.stderr)


def main(folder: Path, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    articles = list(readable(sorted([*folder.glob("*.txt"), *folder.glob("*.html")])))
    pipeline = wechat_text.Pipeline.load("auto")
    documents = pipeline.stream((text for _, text in articles), to=("en", "zh"), on_error="keep")
    for (path, _), document in zip(articles, documents, strict=True):
        if document.failure is not None:
            print(f"{path.name}: {document.failure.message}", file=sys.stderr)
            continue
        document.to_json(output / f"{path.stem}.json")
        print(f"{path.name}: {len(document.quotes)} quotations, {len(document.speakers)} speakers")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
