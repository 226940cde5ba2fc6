"""Your own terms: what the translation must call them, and a report of where it does.

python examples/own_glossary.py [ARTICLE] [GLOSSARY]
"""

import sys
from pathlib import Path

import wechat_text

HERE = Path(__file__).parent
DEFAULTS = (HERE / "articles" / "wechat-merchants.de.txt", HERE / "glossaries" / "wechat.toml")
given = sys.argv[1:3]
article, glossary = (*given, *DEFAULTS[len(given) :])

pipeline = wechat_text.Pipeline.load(glossary=wechat_text.Glossary.load(glossary))
document = pipeline.process(wechat_text.read(article))
for language, translation in document.translations.items():
    for use in translation.terms:
        found = use.target.of(translation.text) if use.target else f"missed: {use.reason}"
        print(f"{language}  {use.source.of(document.text)} → {found}")
