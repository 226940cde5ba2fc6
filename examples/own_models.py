"""Your own models: a models.toml with a local Marian folder and one from the hub, merged over the package's.

python examples/own_models.py ARTICLE FOLDER

FOLDER holds a Marian model German → English in Hugging Face format (config.json, model.safetensors,
source.spm, target.spm, vocab.json). The hub model is used for Chinese once it has been fetched:

    python -m wechat_text models fetch mine-zh      (with WECHAT_TEXT_MODELS naming the file written here)
"""

import sys
import tempfile
from pathlib import Path

import wechat_text

MODELS = """
version = 1

[models.mine-en]
folder = {folder}
licence = "yours"
source = ["de"]
target = ["en"]

[models.mine-zh]
hub = "Helsinki-NLP/opus-mt-en-zh"
licence = "see the model card"
source = ["en"]
target = ["zh"]

[models.mine-zh.target_tokens]
zh = ">>cmn_Hans<<"

[profiles.mine]
description = "a local folder, then a model of the hub"

[profiles.mine.routes]
"de>en" = [["mine-en"]]
"de>zh" = [["mine-en", "mine-zh"]]
"""


def main(article: str, folder: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary) / "models.toml"
        # a TOML literal string takes any path without escapes
        models.write_text(MODELS.format(folder=f"'{Path(folder).resolve()}'"), encoding="utf-8")
        text = wechat_text.read(article)
        pipeline = wechat_text.Pipeline.load("mine", models=models)
        print(wechat_text.to_text(pipeline.process(text, to=("en",))), end="")
        try:
            pipeline.process(text, to=("zh",))
        except wechat_text.ModelNotAvailableError as error:
            print(f"\nChinese: {error}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
