"""A German article in, attributed quotations in German, English and Chinese out.

    >>> doc = wechat_text.translate(text, to=("en", "zh"))
    >>> for quote in doc.quotes:
    ...     print(doc.speaker_of(quote), quote.text, doc.translations["en"].quotes[quote.id].text)

The data model and the exceptions are loaded at once, the stages when they are first used.
"""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING

from wechat_text.document import (
    Document,
    Language,
    Leftover,
    Link,
    Quote,
    QuoteTranslation,
    Segment,
    Sentence,
    Span,
    Speaker,
    TermUse,
    Translation,
)
from wechat_text.errors import (
    CacheError,
    DocumentError,
    DownloadError,
    EmptyTextError,
    GlossaryError,
    InputError,
    InvalidTextError,
    MemoryFileError,
    ModelCorruptError,
    ModelError,
    ModelFormatError,
    ModelNotAvailableError,
    NotGermanError,
    ReadError,
    RegistryError,
    TranslationError,
    UnknownNameError,
    WechatTextError,
)

if TYPE_CHECKING:
    from wechat_text.analysis import analyze
    from wechat_text.export import to_text
    from wechat_text.language import detect_language
    from wechat_text.pipeline import Pipeline, translate
    from wechat_text.reading import read
    from wechat_text.translation import Glossary, TranslatedText, TranslationMemory, Translator

__version__ = _version("wechat_text")

_STAGES = {
    "Glossary": "translation",
    "Pipeline": "pipeline",
    "TranslatedText": "translation",
    "TranslationMemory": "translation",
    "Translator": "translation",
    "analyze": "analysis",
    "detect_language": "language",
    "read": "reading",
    "to_text": "export",
    "translate": "pipeline",
}

__all__ = [
    "CacheError",
    "Document",
    "DocumentError",
    "DownloadError",
    "EmptyTextError",
    "Glossary",
    "GlossaryError",
    "InputError",
    "InvalidTextError",
    "Language",
    "Leftover",
    "Link",
    "MemoryFileError",
    "ModelCorruptError",
    "ModelError",
    "ModelFormatError",
    "ModelNotAvailableError",
    "NotGermanError",
    "Pipeline",
    "Quote",
    "QuoteTranslation",
    "ReadError",
    "RegistryError",
    "Segment",
    "Sentence",
    "Span",
    "Speaker",
    "TermUse",
    "TranslatedText",
    "Translation",
    "TranslationError",
    "TranslationMemory",
    "Translator",
    "UnknownNameError",
    "WechatTextError",
    "__version__",
    "analyze",
    "detect_language",
    "read",
    "to_text",
    "translate",
]


def __getattr__(name: str) -> object:
    if name not in _STAGES:
        raise AttributeError(f"module 'wechat_text' has no attribute {name!r}")
    return getattr(_import_module(f"wechat_text.{_STAGES[name]}"), name)
