import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat_text.alignment.links import compose_links, left_out, link_words, sure_links, symmetrise, words
from wechat_text.document import Link, Span


def spans(*pairs):
    return [Span(*pair) for pair in pairs]


def as_text(links, source, target):
    return [(link.source.of(source), link.target.of(target)) for link in sure_links(links)]


def test_pieces_are_merged_to_words():
    source, target = "Der Hausbau ruht", "House building rests"
    attention = np.array(
        [
            [0.1, 0.8, 0.1, 0.0],
            [0.0, 0.2, 0.8, 0.0],
            [0.0, 0.1, 0.0, 0.9],
        ]
    )
    links = link_words(
        attention, spans((0, 3), (3, 8), (8, 11), (11, 16)), spans((0, 5), (5, 14), (14, 20)), source, target
    )
    assert as_text(links, source, target) == [
        ("Hausbau", "House"),
        ("Hausbau", "building"),
        ("ruht", "rests"),
    ]


def test_chinese_is_linked_by_character():
    source, target = "Katzen schlafen", "猫睡觉"
    attention = np.array([[0.9, 0.1], [0.1, 0.9]])
    links = link_words(attention, spans((0, 6), (6, 15)), spans((0, 1), (1, 3)), source, target)
    assert as_text(links, source, target) == [("Katzen", "猫"), ("schlafen", "睡"), ("schlafen", "觉")]


def test_signs_and_words_are_never_linked():
    source, target = "Ja .", "Yes ."
    attention = np.array([[0.4, 0.6], [0.6, 0.4]])
    links = link_words(attention, spans((0, 2), (2, 4)), spans((0, 3), (3, 5)), source, target)
    assert as_text(links, source, target) == [("Ja", "Yes"), (".", ".")]


def test_an_unknown_first_row_takes_what_is_left_near_the_start():
    source, target = "Katzen fressen Mäuse", "Cats eat mice"
    attention = np.array([[np.nan] * 3, [0.0, 0.9, 0.1], [0.0, 0.1, 0.9]])
    pieces = spans((0, 6), (6, 14), (14, 20)), spans((0, 4), (4, 8), (8, 13))
    links = link_words(attention, *pieces, source, target)
    assert as_text(links, source, target) == [("Katzen", "Cats"), ("fressen", "eat"), ("Mäuse", "mice")]
    assert link_words(attention[:1], pieces[0], pieces[1][:1], source, "Cats")


def test_bytes_of_one_character_share_its_word():
    source, target = "😀 ja", "yes 😀"
    pieces = spans((0, 0), (0, 0), (0, 0), (0, 1), (1, 4))
    attention = np.array([[0, 0, 0, 0, 1.0]] + [[0.25] * 4 + [0]] * 4)
    links = link_words(attention, pieces, spans((0, 3), (3, 4), (4, 4), (4, 4), (4, 5)), source, target)
    assert as_text(links, source, target) == [("ja", "yes"), ("😀", "😀")]


def test_attention_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        link_words(np.zeros((2, 2)), spans((0, 1)), spans((0, 1)), "a", "b")


def test_empty_texts_have_no_links():
    assert link_words(np.zeros((0, 0)), [], [], "", "") == ()


def test_links_are_composed_through_the_pivot():
    first = [Link(Span(0, 4), Span(0, 3), 0.5), Link(Span(5, 9), Span(4, 7), 1.0)]
    second = [Link(Span(4, 7), Span(0, 1), 0.25), Link(Span(0, 3), Span(1, 2), 0.125)]
    assert compose_links(first, second) == (
        Link(Span(5, 9), Span(0, 1), 0.5),
        Link(Span(0, 4), Span(1, 2), 0.25),
    )


def _of_words(source, seen):
    """One piece for each word and sign, and an attention of two rows that looks at them so much at most."""
    pieces = list(words(source))
    return np.vstack([seen, np.zeros(len(seen))]), pieces


def test_four_words_in_a_row_that_nothing_looked_at_are_left_out():
    source = "Wang Ke kam, ohne krank zu werden, nach Halle."
    attention, pieces = _of_words(source, [0.9, 0.9, 0.9, 0.5, 0.1, 0, 0.1, 0, 0.9, 0.3, 0.9, 0.5])
    assert [span.of(source) for span in left_out(attention, pieces, source)] == ["ohne krank zu werden"]
    attention[1, 6] = 0.3
    assert left_out(attention, pieces, source) == ()


def test_signs_between_words_that_are_left_out_do_not_count():
    source = "Heute, so Ke: ja doch."
    attention, pieces = _of_words(source, [0.0, 0.9, 0.0, 0.0, 0.9, 0.0, 0.0, 0.9])
    assert left_out(attention, pieces, source) == (Span(0, 21),)


def test_a_word_is_read_when_its_pieces_together_are_and_an_unknown_row_saw_nothing():
    source = "Hausbau am See heute"
    pieces = spans((0, 4), (4, 7), (8, 10), (11, 14), (15, 20))
    attention = np.array([[np.nan] * 5, [0.1, 0.1, 0.0, 0.0, 0.0]])
    assert left_out(attention, pieces, source) == ()
    attention[1, 1] = 0.05
    assert left_out(attention, pieces, source) == (Span(0, 20),)


def test_without_words_or_target_nothing_is_left_out():
    assert left_out(np.zeros((0, 4)), spans((0, 1), (2, 3), (4, 5), (6, 7)), "a b c d") == ()
    assert left_out(np.zeros((1, 1)), spans((0, 1)), "…") == ()


def test_symmetrised_links_have_the_mean_of_both_weights():
    a, b, c = Span(0, 1), Span(2, 3), Span(4, 5)
    forward = [Link(a, a, 1.0), Link(a, b, 0.75), Link(c, c, 0.125)]
    backward = [Link(a, a, 0.5), Link(b, a, 0.25)]
    assert symmetrise(forward, backward) == (Link(a, a, 0.75), Link(a, b, 0.5))


def test_sure_links_are_the_strong_ones_and_those_that_are_the_strongest_of_both_words():
    a, b, c = Span(0, 1), Span(2, 3), Span(4, 5)
    strong = [Link(a, a, 0.9), Link(a, b, 0.6), Link(c, c, 0.4)]
    weak = [Link(b, b, 0.4), Link(c, a, 0.2)]
    assert sure_links([*strong, *weak]) == tuple(strong)
    assert sure_links([Link(a, a, 0.2)]) == ()


def test_a_link_weighs_as_much_as_both_its_words_say():
    source, target = "ja nein", "yes no"
    attention = np.array([[0.8, 0.2], [0.4, 0.6]])
    links = link_words(attention, spans((0, 2), (2, 7)), spans((0, 3), (3, 6)), source, target)
    weights = {(link.source.of(source), link.target.of(target)): link.weight for link in links}
    assert weights["ja", "yes"] == pytest.approx((0.8 * 0.8 / 1.2) ** 0.5)
    assert weights["nein", "yes"] == pytest.approx((0.2 * 0.2 / 0.8) ** 0.5)


@given(st.text())
def test_words_cover_everything_but_blanks_without_overlap(text):
    found = words(text)
    covered = [i for span in found for i in range(*span)]
    assert covered == sorted(set(covered))
    assert all(text[i].isspace() for i in set(range(len(text))) - set(covered))


@given(st.data(), st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_links_are_word_spans_with_weights_up_to_one(data, source, target):
    source_words, target_words = words(source), words(target)
    cells = st.floats(0, 1, allow_nan=False)
    rows = st.lists(cells, min_size=len(source_words), max_size=len(source_words))
    attention = data.draw(st.lists(rows, min_size=len(target_words), max_size=len(target_words)))
    array = np.array(attention).reshape(len(target_words), len(source_words))
    for link in link_words(array, source_words, target_words, source, target):
        assert link.source in source_words
        assert link.target in target_words
        assert 0 < link.weight <= 1
