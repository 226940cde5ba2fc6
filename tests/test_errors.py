"""One tree of exceptions."""

import inspect

import pytest

from wechat_text import errors

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, Exception)]


@pytest.mark.parametrize("error", CLASSES)
def test_every_exception_derives_from_one_base(error: type[Exception]) -> None:
    assert issubclass(error, errors.WechatTextError)


@pytest.mark.parametrize("error", CLASSES)
def test_every_exception_stands_in_the_drawn_tree(error: type[Exception]) -> None:
    assert error.__name__ in (errors.__doc__ or "")


def test_not_german_names_language_and_probability() -> None:
    error = errors.NotGermanError("zh", 0.987)
    assert "'zh'" in str(error)
    assert "0.99" in str(error)
    assert error.code == "zh"


def test_unknown_name_lists_the_known_ones() -> None:
    assert str(errors.UnknownNameError("profile", "opsu", ["opus", "auto"])) == (
        "unknown profile 'opsu'; known: auto, opus"
    )
