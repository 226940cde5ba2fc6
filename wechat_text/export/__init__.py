"""Documents for people to read. JSON is `Document.to_json`."""

from wechat_text.export.text import to_text

__all__ = ["to_text"]
