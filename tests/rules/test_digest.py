"""`Release-Digest` depends on the objects and on nothing else."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from release.core.audit_rules import digest_of, line_of
from release.core.check import Change
from release.core.pointer import CloudEntry, ObjectKey, Out, pointer_changes


def test_an_object_is_a_line_of_layout_oid_and_size():
    assert line_of(ObjectKey("here", "md5", "ab.dir"), 12) == "md5:ab.dir:12"
    assert line_of(ObjectKey("here", "legacy", "ab"), 0) == "legacy:ab:0"
    assert line_of(ObjectKey("here", "version", "data/x\0v1"), 12) == "version:data/x:v1"


def test_the_digest_is_the_sha256_of_the_sorted_unique_lines():
    assert digest_of(["b", "a", "b"]) == hashlib.sha256(b"a\nb\n").hexdigest()
    assert digest_of([]) == hashlib.sha256(b"").hexdigest()


@given(st.lists(st.text(alphabet="abc:1", max_size=5)))
def test_order_and_repetition_do_not_matter(lines):
    assert digest_of(lines) == digest_of(reversed(lines)) == digest_of(lines + lines)


def out(path: str, oid: str | None, size: int | None = 1, pointer: str = "p.dvc") -> Out:
    return Out(path=path, pointer=pointer, oid=oid, size_bytes=size)


def test_a_pointer_changed_when_its_path_or_oid_did():
    before = [out("same", "1"), out("changed", "2", 20), out("removed", "3", 30)]
    after = [out("same", "1", 99, "other.dvc"), out("changed", "4", 40), out("added", "5", 50)]
    found = {change.path: change for change in pointer_changes(before, after)}
    assert {path: change.change for path, change in found.items()} == {
        "added": Change.ADDED,
        "changed": Change.CHANGED,
        "removed": Change.REMOVED,
    }
    changed = found["changed"]
    assert (changed.before_oid, changed.after_oid) == ("2", "4")
    assert (changed.before_size_bytes, changed.after_size_bytes) == (20, 40)
    assert (found["added"].before_oid, found["removed"].after_oid) == (None, None)


def test_a_new_version_id_of_the_same_bytes_is_no_change():
    def versioned(version: str, md5: str) -> Out:
        entry = CloudEntry(relpath="a", remote_name="s", version_id=version, md5=md5, size_bytes=1)
        return Out(path="d", pointer="d.dvc", cloud=(entry,))

    assert pointer_changes([versioned("1", "x")], [versioned("2", "x")]) == ()
    assert len(pointer_changes([versioned("1", "x")], [versioned("1", "y")])) == 1


_outs = st.lists(st.builds(out, st.sampled_from("abc"), st.sampled_from("123")), unique_by=lambda each: each.path)


@given(_outs, _outs)
def test_swapping_the_sides_swaps_the_words(before, after):
    swapped = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED, Change.CHANGED: Change.CHANGED}
    there, back = pointer_changes(before, after), pointer_changes(after, before)
    assert [(each.path, swapped[each.change]) for each in there] == [(each.path, each.change) for each in back]
    assert pointer_changes(before, before) == ()
