"""Who says what in a German article: no model weights, no network.

python examples/attribute_quotes.py [ARTICLE]
"""

import sys
from pathlib import Path

import wechat_text

ARTICLE = Path(__file__).parent / "articles" / "wechat-merchants.de.txt"

document = wechat_text.analyze(wechat_text.read(sys.argv[1] if len(sys.argv) > 1 else ARTICLE))
print(wechat_text.to_text(document), end="")
for quote in document.quotes[:1]:
    print(f"\nWhy the first one:\n{quote.explain()}")
