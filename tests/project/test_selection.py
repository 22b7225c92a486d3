"""The marks that choose the fast tests name what is there."""

from project.selection import LOST_ROWS


def test_each_row_that_a_mark_names_is_there():
    assert LOST_ROWS == []
