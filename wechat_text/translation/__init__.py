"""Texts to translated texts with word links, by Marian models."""

from wechat_text.translation.glossary import Glossary
from wechat_text.translation.joining import join
from wechat_text.translation.memory import TranslationMemory
from wechat_text.translation.text import TranslatedText
from wechat_text.translation.translator import Translator

__all__ = ["Glossary", "TranslatedText", "TranslationMemory", "Translator", "join"]
