"""Text or HTML in; page leftovers told apart from the article."""

from wechat_text.reading.leftovers import split_leftovers
from wechat_text.reading.source import read

__all__ = ["read", "split_leftovers"]
