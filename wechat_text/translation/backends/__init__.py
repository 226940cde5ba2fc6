"""Interchangeable engines that run a Marian model."""

from wechat_text.translation.backends.protocol import Attention, Backend, DecodingOptions, Hypothesis

BACKENDS = ("ctranslate2", "transformers")

__all__ = ["BACKENDS", "Attention", "Backend", "DecodingOptions", "Hypothesis"]
