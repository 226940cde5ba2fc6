from hypothesis import given
from hypothesis import strategies as st

from wechat_text.translation.batching import by_length


@given(st.lists(st.integers(1, 50)), st.integers(1, 200))
def test_every_row_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int], most: int) -> None:
    batches = list(by_length(lengths, most))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= most


def test_longest_rows_come_first_and_like_ones_together() -> None:
    assert list(by_length([1, 5, 2, 5], 10)) == [[1, 3], [2, 0]]


def test_rows_of_different_kinds_are_not_put_together() -> None:
    assert list(by_length([5, 5, 4, 4], 100, [2, 2, 1, 2])) == [[0, 1], [2], [3]]
