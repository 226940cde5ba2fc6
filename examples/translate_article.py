"""The main job: a German article in, attributed quotations in German, English and Chinese out.

python examples/translate_article.py [ARTICLE]
"""

import sys
from pathlib import Path

import wechat_text

ARTICLE = Path(__file__).parent / "articles" / "wechat-merchants.de.txt"

text = wechat_text.read(sys.argv[1] if len(sys.argv) > 1 else ARTICLE)
document = wechat_text.Pipeline.load("auto").process(text, to=("en", "zh"), progress=True)
print(wechat_text.to_text(document), end="")
