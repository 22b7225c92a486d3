"""A replaced tag shows in any clone that has a later release."""

from hypothesis import given
from hypothesis import strategies as st

from release.core.metrics import UnreadCause, ValueFile
from release.core.tag_message import Trailers, metrics_digest
from release.core.tags import TagRef, chain_breaks, metrics_fit


def tag(name, id, commit="c" * 40):
    return TagRef(name=name, object_id=id * 40, commit_id=commit)


def sworn(name=None, id=None, **more):
    previous = None if name is None else (name, id * 40)
    return Trailers(release_id="x", previous=previous, objects=0, total_bytes=0, **more)


def test_a_tag_that_is_what_a_later_one_recorded_is_no_break():
    assert chain_breaks([tag("v1", "a"), tag("v2", "b")], [("v1", sworn()), ("v2", sworn("v1", "a"))]) == ()


def test_a_replaced_tag_is_told_with_both_objects():
    (found,) = chain_breaks([tag("v1", "d"), tag("v2", "b")], [("v2", sworn("v1", "a"))])
    assert (found.tag, found.by, found.recorded, found.here) == ("v1", "v2", "a" * 40, "d" * 40)
    assert "v1 was replaced" in found.message
    assert found.help == "git show refs/tags/v1"


def test_every_later_tag_that_disagrees_is_told():
    said = [("v3", sworn("v1", "e")), ("v2", sworn("v1", "a"))]
    assert [found.by for found in chain_breaks([tag("v1", "d")], said)] == ["v2", "v3"]


def test_a_lightweight_copy_is_told_as_that():
    (found,) = chain_breaks([tag("v1", "c")], [("v2", sworn("v1", "a"))])
    assert found.lightweight
    assert found.help == "release fetch"


def test_a_tag_that_is_not_here_is_no_break():
    assert chain_breaks([tag("v2", "b")], [("v2", sworn("v1", "a"))]) == ()


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8))
def test_a_whole_chain_has_no_break_and_one_changed_link_has_exactly_one(ids):
    names = [f"v{number}" for number in range(len(ids))]
    tags = [tag(name, id) for name, id in zip(names, ids, strict=True)]
    said = [(name, sworn(before, id)) for name, before, id in zip(names[1:], names, ids, strict=False)]
    assert chain_breaks(tags, said) == ()
    changed = [tag(names[0], "9"), *tags[1:]]
    assert len(chain_breaks(changed, said)) == min(len(said), 1)


def test_numbers_fit_what_the_tag_swears_to():
    files = (ValueFile(path="m.json", sha256="0" * 64),)
    assert metrics_fit(sworn(), files)
    assert metrics_fit(sworn(metrics_digest=metrics_digest(files)), files)
    assert not metrics_fit(sworn(metrics_digest=metrics_digest(files)), ())


def test_files_that_dvc_keeps_count_but_not_against_a_tag_from_before_they_did():
    in_git, kept = ValueFile(path="a.json", sha256="0" * 64), ValueFile(path="b.json", sha256="1" * 64, kept=True)
    other = ValueFile(path="b.json", sha256="2" * 64, kept=True)
    both = sworn(metrics_digest=metrics_digest((in_git, kept)))
    assert metrics_fit(both, (in_git, kept))
    assert not metrics_fit(both, (in_git, other))
    assert metrics_fit(sworn(metrics_digest=metrics_digest((in_git,))), (in_git, kept))


def test_what_cannot_be_had_now_proves_nothing_but_what_never_counted_is_no_excuse():
    in_git, kept = ValueFile(path="a.json", sha256="0" * 64), ValueFile(path="b.json", sha256="1" * 64, kept=True)
    both = sworn(metrics_digest=metrics_digest((in_git, kept)))
    lost = ValueFile(path="b.json", kept=True, problem="gone", cause=UnreadCause.UNKNOWN)
    assert metrics_fit(both, (in_git, lost))
    foreign = ValueFile(path="b.json", kept=True, problem="imported", cause=UnreadCause.FOREIGN)
    assert not metrics_fit(both, (ValueFile(path="a.json", sha256="3" * 64), foreign))
