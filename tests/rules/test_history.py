"""History as a graph, against the definition: every answer of a thousand small graphs, worked out the slow way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from release.core.tags import History, HistoryCommit


@st.composite
def graphs(draw):
    """Commits by number, each with parents of lower numbers: newest first, as git lists them."""
    size = draw(st.integers(1, 14))
    parents = [(), *(tuple(draw(st.sets(st.integers(0, number - 1), max_size=3))) for number in range(1, size))]
    marked = draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, unique=True))
    return parents, marked


def commits_of(parents):
    return [
        HistoryCommit(
            id=str(number),
            parents=tuple(map(str, above)),
            when=number,
            subject=f"commit {number}",
            listed=len(above) < 2,
        )
        for number, above in reversed(list(enumerate(parents)))
    ]


def history_of(parents, number):
    found, open_ = set(), [number]
    while open_:
        here = open_.pop()
        if here not in found:
            found.add(here)
            open_ += parents[here]
    return found


@given(graphs())
def test_a_marked_commit_is_in_the_history_of_those_that_reach_it(graph):
    parents, marked = graph
    history = History(commits_of(parents), map(str, marked))
    for commit in range(len(parents)):
        for other in marked:
            assert history.has(str(commit), str(other)) is (other in history_of(parents, commit))


@given(graphs())
def test_what_lies_between_two_is_the_history_of_one_without_that_of_the_other(graph):
    parents, marked = graph
    history = History(commits_of(parents), map(str, marked))
    for commit in marked:
        for before in (None, *marked):
            span = history_of(parents, commit) - (history_of(parents, before) if before is not None else set())
            told = [f"commit {number}" for number in sorted(span, reverse=True) if len(parents[number]) < 2]
            since = history.since(str(commit), None if before is None else str(before))
            assert [each.subject for each in since] == told


def test_a_shallow_history_ends_where_it_was_cut():
    only = HistoryCommit(id="b", parents=("a",), when=1, subject="kept")
    assert History([only], ["b"]).since("b", None) == (only,)
