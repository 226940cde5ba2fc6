"""Every exception that wechat_text raises on purpose.

WechatTextError
├── InputError                 the text or file given cannot be worked on
│   ├── EmptyTextError         nothing but blanks
│   ├── InvalidTextError       lone surrogates: not Unicode text
│   ├── ReadError              missing, a directory, binary, undecodable, HTML without an article
│   └── NotGermanError         another language was recognised
├── DocumentError              JSON that is no Document, or of another version
├── GlossaryError              a glossary file with a mistake in it
├── UnknownNameError           a profile, model, language, backend or format that does not exist
├── ModelError                 a model cannot be used
│   ├── RegistryError          a models.toml with a mistake in it
│   ├── ModelNotAvailableError not on this machine, and nothing is downloaded unasked
│   ├── ModelCorruptError      files whose digests differ from the recorded ones
│   ├── ModelFormatError       a folder that holds no Marian model
│   └── DownloadError          an explicit fetch failed
├── CacheError                 the cache folder cannot be written (full, read-only)
├── MemoryFileError            a translation memory or TMX file that cannot be used
└── TranslationError           a backend failed while translating
"""

from __future__ import annotations


class WechatTextError(Exception):
    """Base of all exceptions of this library; its text is one line for the user."""


class InputError(WechatTextError):
    """The text or file given cannot be worked on."""


class EmptyTextError(InputError):
    """The text holds nothing but blanks."""


class InvalidTextError(InputError):
    """The string holds lone surrogates, so it is not Unicode text."""


class ReadError(InputError):
    """A file or byte string that cannot be read as an article."""


class NotGermanError(InputError):
    """The article is written in another language than German.

    Attributes:
        code: ISO 639 code of the language found.
        confidence: its probability in [0, 1].
    """

    def __init__(self, code: str, confidence: float) -> None:
        super().__init__(
            f"the text looks like {code!r} (probability {confidence:.2f}), not German; "
            'pass source="de" if it is German all the same'
        )
        self.code = code
        self.confidence = confidence


class DocumentError(WechatTextError):
    """JSON that does not describe a Document of this version."""


class GlossaryError(WechatTextError):
    """A glossary that cannot be read or used; the message names file and line."""


class UnknownNameError(WechatTextError):
    """A name of a profile, model, language, backend or format that does not exist.

    Args:
        what: the sort of thing, e.g. ``"profile"``.
        name: what was asked for.
        known: the names there are.
    """

    def __init__(self, what: str, name: str, known: object = ()) -> None:
        names = ", ".join(sorted(map(str, known))) if isinstance(known, (list, tuple, set, dict)) else ""
        super().__init__(f"unknown {what} {name!r}" + (f"; known: {names}" if names else ""))


class ModelError(WechatTextError):
    """A model cannot be used."""


class RegistryError(ModelError):
    """A models.toml with a mistake in it; the message names file, line and key."""


class ModelNotAvailableError(ModelError):
    """The model is not on this machine; the message says which command brings it."""


class ModelCorruptError(ModelError):
    """Files are missing, half-written or differ from their recorded digests."""


class ModelFormatError(ModelError):
    """The folder does not hold a Marian model that can be loaded."""


class DownloadError(ModelError):
    """An explicit fetch failed."""


class CacheError(WechatTextError):
    """The cache folder cannot be written."""


class MemoryFileError(WechatTextError):
    """A translation memory or TMX file that cannot be used."""


class TranslationError(WechatTextError):
    """A backend failed while translating."""
