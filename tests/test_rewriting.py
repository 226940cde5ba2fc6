import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.document import Span
from wechat_text.rewriting import Edit, Rewriting


@st.composite
def edits(draw):
    text = draw(st.text(max_size=30))
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return text, [Edit(a, b, draw(st.text(max_size=4))) for a, b in pairs]


def test_a_shortened_part_maps_as_a_whole():
    rewriting = Rewriting("Er sagte ``ja''.", [Edit(9, 11, "„"), Edit(13, 15, "“")])
    assert rewriting.after == "Er sagte „ja“."
    assert rewriting.backward(Span(9, 13)) == Span(9, 15)
    assert rewriting.forward(Span(11, 13)).of(rewriting.after) == "ja"


def test_a_deleted_part_becomes_empty():
    rewriting = Rewriting("a\u200bb", [Edit(1, 2, "")])
    assert rewriting.forward(Span(1, 2)) == Span(1, 1)
    assert rewriting.forward(Span(0, 3)) == Span(0, 2)


def test_overlapping_edits_are_refused():
    with pytest.raises(ValueError, match="overlap"):
        Rewriting("abc", [Edit(0, 2, "x"), Edit(1, 3, "y")])


@given(edits())
def test_what_is_not_edited_is_found_again_on_the_other_side(case):
    text, changes = case
    rewriting = Rewriting(text, changes)
    touched = {i for edit in changes for i in range(edit.start, edit.end)}
    for i, character in enumerate(text):
        if i not in touched:
            there = rewriting.forward(Span(i, i + 1))
            assert there.of(rewriting.after) == character
            assert rewriting.backward(there) == Span(i, i + 1)


@given(edits(), st.text(max_size=3))
def test_edits_one_after_another_map_through(case, prefix):
    text, changes = case
    first = Rewriting(text, changes)
    both = first.then([Edit(0, 0, prefix)])
    assert both.after == prefix + first.after
    for i in range(len(first.after)):
        assert both.backward(Span(i, i + 1).shift(len(prefix))) == first.backward(Span(i, i + 1))
