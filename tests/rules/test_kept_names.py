"""Which out holds a wanted metric file: the same answer as by looking at each pair, without looking at each pair."""

from hypothesis import given
from hypothesis import strategies as st

from release.core.metric_files import _name_in, cached_names
from release.core.pointer import Out

PATHS = st.lists(st.sampled_from(["a", "b", "ab", "a.json", "m.json", "-"]), min_size=1, max_size=4).map("/".join)
OUTS = st.builds(
    lambda path, end, cache: Out(path=path, pointer="x.dvc", oid="a" * 32 + end, cache=cache),
    PATHS,
    st.sampled_from(["", ".dir"]),
    st.booleans(),
)


@given(st.lists(PATHS, max_size=6), st.lists(OUTS, max_size=8))
def test_each_pair_that_belongs_together_is_found_in_the_order_of_the_outs(paths, outs):
    expected = [
        (path, name)
        for path in dict.fromkeys(paths)
        for out in outs
        if out.cache and (name := _name_in(path, out)) is not None
    ]
    assert list(cached_names(paths, outs)) == expected
