"""Terms whose translation the user decides, found in the text and enforced in its translation."""

from wechat_text.translation.glossary.enforcing import enforce
from wechat_text.translation.glossary.terms import Glossary, Term

__all__ = ["Glossary", "Term", "enforce"]
