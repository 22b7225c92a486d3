"""A tag's data by what this machine knows: what proves that it differs, and what proves nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from release.core.audit_rules import digest_of_objects, needs_on
from release.core.check import Verdict
from release.core.pointer import CloudEntry, Entry, Layout, ObjectKey, Out
from release.core.tag_message import Trailers
from release.core.verification import (
    Known,
    compare_digest,
    joined,
    known_of_directory,
    known_of_file,
    known_of_versions,
)

HASHES = [f"{number:032x}" for number in range(9)]


def sworn(sizes, **more):
    given: dict[str, Any] = {"objects": len(sizes), "total_bytes": sum(size or 0 for size in sizes.values())}
    return Trailers(release_id="x", previous=None, digest=digest_of_objects(sizes), **(given | more))


def file(size, here, oid=HASHES[0], layout=Layout.MD5):
    out = Out(path=f"data/{oid[-1]}", pointer="p.dvc", oid=oid, size_bytes=size, layout=layout)
    (need,) = needs_on(out, "store", version_aware=False, entries=())
    return known_of_file(out, need, here)


def folder(sizes, total, *, lost=0):
    out = Out(path="data", pointer="data.dvc", oid=f"{HASHES[8]}.dir", size_bytes=total)
    entries = [Entry(f"{number}", HASHES[number]) for number in range(len(sizes))]
    wanted = needs_on(out, "store", version_aware=False, entries=entries)
    here = {need.key: size for need, size in zip(wanted[1 + lost :], sizes[lost:], strict=True)}
    return known_of_directory(out, wanted, 100, here)


def verdict(said, *parts):
    return compare_digest("v1", said, joined(parts)).verdict


TRUE = sworn(file(10, 10).sizes)
OTHER = sworn(file(10, 10, HASHES[1]).sizes)


def test_a_size_from_pointer_or_cache_is_enough_to_fit():
    for said, here in ((10, 10), (10, None), (None, 10), (99, 10)):
        assert verdict(TRUE, file(said, here)) is Verdict.OK
    assert verdict(TRUE, file(None, None)) is Verdict.UNKNOWN


def test_only_a_size_that_nothing_contradicts_accuses():
    assert verdict(OTHER, file(10, 10)) is Verdict.FAILED
    assert verdict(OTHER, file(10, None)) is Verdict.FAILED
    assert verdict(OTHER, file(None, 10)) is Verdict.UNKNOWN
    assert verdict(OTHER, file(99, 10)) is Verdict.UNKNOWN


def test_old_text_may_have_other_line_ends_here_than_on_the_remote():
    """Objects of DVC 2 are named without regard to them: another size under the same name is no other data."""
    crlf, plain = file(12, 12, layout=Layout.LEGACY), file(10, 12, layout=Layout.LEGACY)
    said = sworn(file(10, 10, layout=Layout.LEGACY).sizes)
    assert verdict(said, plain) is Verdict.UNKNOWN
    assert verdict(said, crlf) is Verdict.UNKNOWN
    assert verdict(said, file(12, None, layout=Layout.LEGACY)) is Verdict.UNKNOWN
    assert verdict(said, crlf, file(1, 1, HASHES[1])) is Verdict.FAILED  # one object more


def test_the_files_of_a_directory_are_confirmed_by_the_sum_in_its_pointer():
    said = sworn(folder([1, 2, 3], 6).sizes)
    assert verdict(said, folder([1, 2, 3], 6)) is Verdict.OK
    assert verdict(said, folder([1, 2, 3], None)) is Verdict.OK
    assert verdict(said, folder([1, 2, 4], 7)) is Verdict.FAILED
    assert verdict(said, folder([1, 2, 4], 6)) is Verdict.UNKNOWN
    assert verdict(said, folder([1, 2, 4], None)) is Verdict.UNKNOWN
    assert verdict(said, folder([1, 2, 3], 6, lost=1)) is Verdict.UNKNOWN


def test_counts_accuse_without_any_size():
    listed, more = folder([1, 2], 3, lost=2), folder([1, 2, 3], 6, lost=3)
    said = sworn(folder([1, 2], 3).sizes)
    assert verdict(said, listed) is Verdict.UNKNOWN
    assert verdict(said, more) is Verdict.FAILED
    assert verdict(sworn(folder([1, 2, 3], 6).sizes), listed) is Verdict.FAILED


def test_a_directory_without_its_list_may_hold_any_number():
    unlisted = joined([Known(sizes={ObjectKey("store", "md5", "a.dir"): None}, unlisted=("data",))])
    assert compare_digest("v1", sworn(folder([1, 2], 3).sizes), unlisted).verdict is Verdict.UNKNOWN
    assert "the list of data is not" in compare_digest("v1", sworn(folder([1, 2], 3).sizes), unlisted).message
    assert compare_digest("v1", sworn({}), unlisted).verdict is Verdict.FAILED  # one object at least


def test_one_object_on_two_remotes_may_have_counted_once_or_twice():
    here, there = (Known(sizes={ObjectKey(store, "md5", HASHES[0]): 10}) for store in ("a", "b"))
    for count in (1, 2):
        assert verdict(sworn(here.sizes, objects=count), here, there) is Verdict.OK
    assert verdict(sworn(here.sizes, objects=3), here, there) is Verdict.FAILED


def test_versions_count_by_path_and_id_and_not_by_size():
    def versions(id, size):
        entry = CloudEntry(relpath="a", remote_name="s", version_id=id, etag=None, md5=None, size_bytes=size)
        out = Out(path="d", pointer="d.dvc", cloud=(entry,))
        return known_of_versions(needs_on(out, "store", version_aware=True, entries=()))

    said = sworn(versions("1", 5).sizes)
    assert verdict(said, versions("1", None)) is Verdict.OK
    assert verdict(said, versions("2", 5)) is Verdict.FAILED


def test_one_size_that_was_edited_by_hand_is_no_other_data():
    said = sworn({**file(10, 10).sizes, **file(20, 20, HASHES[1]).sizes})
    assert verdict(said, file(10, None), file(21, None, HASHES[1])) is Verdict.UNKNOWN
    assert verdict(said, file(10, 10), file(21, None, HASHES[2])) is Verdict.FAILED
    assert verdict(said, file(10, None), file(20, 20, HASHES[2])) is Verdict.FAILED


def test_several_sizes_that_only_pointers_tell_may_all_have_been_edited():
    said = sworn({**file(10, 10).sizes, **file(20, 20, HASHES[1]).sizes, **file(5, 5, HASHES[2]).sizes})
    found = compare_digest("v1", said, joined([file(11, None), file(22, None, HASHES[1]), file(5, None, HASHES[2])]))
    assert (found.verdict, found.differs) == (Verdict.UNKNOWN, True)
    assert found.message.startswith("v1 promised 3 objects with digest")
    assert verdict(said, file(11, 10), file(22, 20, HASHES[1]), file(5, None, HASHES[2])) is Verdict.OK
    assert not compare_digest("v1", OTHER, Known(fault="no remote")).differs


def test_two_pointers_that_disagree_about_one_object_prove_nothing():
    assert verdict(OTHER, file(10, None), file(11, None)) is Verdict.UNKNOWN


def test_a_tag_without_digest_swears_to_nothing_and_a_fault_is_no_accusation():
    none = Trailers(release_id="x", previous=None, objects=0, total_bytes=0)
    assert (
        compare_digest("v1", None, Known()).verdict is compare_digest("v1", none, file(1, 1)).verdict is Verdict.SKIPPED
    )
    assert compare_digest("v1", OTHER, Known(fault="no remote")).verdict is Verdict.UNKNOWN
    assert compare_digest("-v1;x", OTHER, Known(fault="no remote")).help == "release verify -- '-v1;x'"


_sizes = st.lists(st.integers(0, 99), max_size=5)


@given(_sizes, st.integers(0, 5), st.none() | st.integers(0, 500))
def test_what_is_lost_or_unsaid_never_accuses_the_truth(sizes, lost, total):
    said = sworn(folder(sizes, sum(sizes)).sizes)
    assert verdict(said, folder(sizes, total, lost=min(lost, len(sizes)))) in (Verdict.OK, Verdict.UNKNOWN)
