"""Texts to translated texts with word links, by Marian models."""

from wechat_text.translation.joining import join
from wechat_text.translation.text import TranslatedText
from wechat_text.translation.translator import Translator

__all__ = ["TranslatedText", "Translator", "join"]
