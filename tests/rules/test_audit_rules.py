"""What an out needs against what a store holds, without any store."""

import hashlib
import json
from collections.abc import Mapping

import pytest
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.meta import Meta
from dvc_data.hashfile.tree import Tree
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from release.core.audit_rules import Directory, judge_directory, judge_out, needs, versioned_needs
from release.core.check import Verdict
from release.core.config import AuditConfig
from release.core.matching import matches_any
from release.core.pointer import (
    BadListing,
    CloudEntry,
    Entry,
    Layout,
    ObjectKey,
    Origin,
    Out,
    Stored,
    listing_oid,
    parse_listing,
)
from release.core.problems import is_wanted, not_understood, pointer_problems

OID, DIR = "a" * 32, "b" * 32 + ".dir"
FILE = Out(path="model.pt", pointer="model.pt.dvc", oid=OID, size_bytes=3)
FOLDER = Out(path="images", pointer="images.dvc", oid=DIR, size_bytes=5, nfiles=2)
EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
ENTRIES = (Entry("x.png", "c" * 32), Entry("y.png", "d" * 32))


def kinds(out: Out, stored: Stored | None) -> list[str]:
    (need,) = needs(out, "store", ())
    found = {} if stored is None else {need.key: stored}
    return [problem.kind.value for problem in judge_out(out, [need], found, "storage").problems]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (Stored(size_bytes=3), []),
        (Stored(size_bytes=3, md5=OID), []),
        (Stored(size_bytes=None), ["unknown"]),
        (Stored(size_bytes=None, md5=OID), []),
        (None, ["missing"]),
        (Stored(size_bytes=2), ["wrong-size"]),
        (Stored(size_bytes=0), ["wrong-size"]),
        (Stored(size_bytes=3, md5="f" * 32), ["corrupt"]),
        (Stored(size_bytes=3, archived="GLACIER"), ["archived"]),
        (Stored(size_bytes=3, md5=OID, archived="GLACIER"), ["archived"]),
    ],
)
def test_a_file_is_judged_by_what_the_store_says(stored, expected):
    assert kinds(FILE, stored) == expected


def test_without_a_size_in_the_pointer_only_the_content_is_a_proof():
    bare = replace(FILE, size_bytes=None)
    assert kinds(bare, Stored(size_bytes=99)) == ["unknown"]
    assert kinds(bare, Stored(size_bytes=99, md5=OID)) == []
    assert kinds(bare, Stored(size_bytes=0)) == ["wrong-size"]
    empty = replace(FILE, oid="d41d8cd98f00b204e9800998ecf8427e", size_bytes=None)
    assert kinds(empty, Stored(size_bytes=0)) == []
    assert kinds(empty, Stored(size_bytes=1)) == ["wrong-size"]


def test_the_content_hash_of_a_store_says_nothing_of_objects_of_dvc_2():
    old = replace(FILE, layout=Layout.LEGACY)
    assert kinds(old, Stored(size_bytes=3, md5="f" * 32)) == []
    assert kinds(old, Stored(size_bytes=3, md5="f" * 32, read=True)) == ["corrupt"]
    assert kinds(old, Stored(size_bytes=3, md5=OID, read=True)) == []


def judged(listing: Directory, sizes: Mapping[str, int | None], out: Out = FOLDER) -> list[tuple[str, str]]:
    found = {ObjectKey("store", "md5", oid): Stored(size_bytes=size) for oid, size in sizes.items()}
    wanted = list(needs(out, "store", listing.entries or ()))
    problems = judge_directory(out, listing, wanted, found, "storage").problems
    return [(problem.kind.value, problem.path) for problem in problems]


WHOLE = Directory(entries=ENTRIES, body_bytes=50)
SIZES = {DIR: 50, "c" * 32: 2, "d" * 32: 3}


def test_a_directory_is_its_object_and_each_file():
    assert judged(WHOLE, SIZES) == []
    assert judged(WHOLE, {**SIZES, DIR: 49}) == [("wrong-size", "images")]
    assert judged(WHOLE, {DIR: 50, "c" * 32: 2}) == [("missing", "images/y.png")]
    assert judged(WHOLE, {"c" * 32: 2, "d" * 32: 3}) == [("missing", "images")]
    assert judged(WHOLE, {**SIZES, "d" * 32: 2}) == [("wrong-size", "images")]
    assert judged(WHOLE, {**SIZES, "d" * 32: 0}) == [("wrong-size", "images/y.png")]
    assert judged(WHOLE, SIZES, replace(FOLDER, nfiles=3)) == [("wrong-size", "images")]  # a warning, see below
    assert judged(WHOLE, SIZES, replace(FOLDER, nfiles=None, size_bytes=None)) == [("unknown", "images")]
    assert judged(WHOLE, {**SIZES, "d" * 32: None}) == [("unknown", "images")]  # no size, no sum
    assert judged(Directory(entries=None), SIZES) == [("unknown", "images")]
    assert judged(Directory(entries=None), {}) == [("missing", "images")]
    assert judged(Directory(entries=None, fault="it is not JSON"), SIZES) == [("corrupt", "images")]
    assert judged(replace(WHOLE, fault="cut"), SIZES) == [("corrupt", "images")]


def test_a_size_is_doubted_until_the_bytes_are_known():
    (need,) = needs(FILE, "store", ())

    def said(stored: Stored) -> tuple[list[tuple[str, str]], int]:
        found = judge_out(FILE, [need], {need.key: stored}, "storage")
        return [(problem.kind.value, problem.severity.value) for problem in found.problems], len(found.doubts)

    assert said(Stored(size_bytes=2)) == ([("wrong-size", "unknown")], 1)
    assert said(Stored(size_bytes=2, md5=OID)) == ([("wrong-size", "warning")], 0)
    assert said(Stored(size_bytes=2, md5="f" * 32)) == ([("wrong-size", "failed")], 0)
    assert said(Stored(size_bytes=0)) == ([("wrong-size", "failed")], 0)  # its hash says that it is not empty
    assert said(Stored(size_bytes=2, archived="GLACIER")) == ([("archived", "failed")], 0)
    assert said(Stored(size_bytes=3)) == ([], 0)


def test_an_empty_file_is_right_whatever_size_the_pointer_says():
    empty = replace(FILE, oid=EMPTY, size_bytes=7)
    (need,) = needs(empty, "store", ())
    (problem,) = judge_out(empty, [need], {need.key: Stored(size_bytes=0)}, "storage").problems
    assert (problem.severity, problem.path) == (Verdict.WARNING, "model.pt")
    (problem,) = judge_out(empty, [need], {need.key: Stored(size_bytes=2)}, "storage").problems
    assert problem.severity is Verdict.FAILED


def test_a_sum_is_doubted_until_every_file_is_known():
    def said(out: Out, *md5s: str | None) -> tuple[list[str], list[str]]:
        oids = [entry.oid for entry in ENTRIES]
        found = {
            ObjectKey("store", "md5", oid): Stored(size_bytes=2, md5=md5) for oid, md5 in zip(oids, md5s, strict=True)
        }
        found[ObjectKey("store", "md5", DIR)] = Stored(size_bytes=50)
        wanted = list(needs(out, "store", ENTRIES))
        came = judge_directory(out, WHOLE, wanted, found, "storage")
        return [f"{problem.kind.value} {problem.severity.value}" for problem in came.problems], [
            key.oid for key in came.doubts
        ]

    first, second = (entry.oid for entry in ENTRIES)
    assert said(FOLDER, None, None) == (["wrong-size unknown"], [first, second])
    assert said(FOLDER, first, None) == (["wrong-size unknown"], [second])
    assert said(FOLDER, first, second) == (["wrong-size warning"], [])
    assert said(FOLDER, first, "f" * 32) == (["corrupt failed"], [])
    assert said(replace(FOLDER, size_bytes=4, nfiles=9), None, None) == (["wrong-size warning"], [])
    assert said(replace(FOLDER, size_bytes=4), None, None) == ([], [])


def test_a_pointer_that_slipped_is_named_with_what_it_says():
    slip = replace(FOLDER, nfiles=3)
    found = {ObjectKey("store", "md5", oid): Stored(size_bytes=size) for oid, size in SIZES.items()}
    (problem,) = judge_directory(slip, WHOLE, list(needs(slip, "store", ENTRIES)), found, "storage").problems
    assert (
        problem.message == "images.dvc says 3 files for images, which has 2; the content is right, so DVC restores it"
    )
    assert (problem.severity, problem.help) == (Verdict.WARNING, "correct images.dvc by hand, and commit it")


def test_each_problem_of_an_object_names_its_file_its_object_and_what_helps():
    def said(out: Out, stored: Stored | None) -> tuple[object, ...]:
        (need,) = needs(out, "store", ())
        (one,) = judge_out(out, [need], {need.key: stored} if stored else {}, "storage").problems
        return one.severity.value, one.path, one.pointer, one.oid, one.remote, one.size_bytes, one.message, one.help

    staged = replace(FILE, pointer="dvc.lock", stage="train")
    named = ("model.pt", "model.pt.dvc", OID, "storage", 3)
    away, again = f"delete {OID} from the store of storage, then: dvc push -r storage", "dvc push -r storage"
    assert said(FILE, None) == ("failed", *named, "model.pt is not on `storage`", again)
    words = "model.pt has 2 bytes on `storage`, but its pointer says 3"
    cut = Stored(size_bytes=2, md5="f" * 32)
    assert said(FILE, cut) == ("failed", *named, words, f"{away} model.pt.dvc")
    assert said(staged, cut)[-1] == f"{away} model.pt"
    doubt = f"{words}; it was not read, so it is unknown which of the two is wrong"
    assert said(FILE, Stored(size_bytes=2)) == ("unknown", *named, doubt, "release verify --deep")
    assert said(FILE, Stored(size_bytes=3, md5="f" * 32))[-2:] == (
        f"model.pt is corrupt on `storage`: its content is {'f' * 32}, not {OID}",
        f"{away} model.pt.dvc",
    )
    assert said(FILE, Stored(size_bytes=3, archived="GLACIER"))[-2:] == (
        "model.pt is in the storage class GLACIER of `storage` and cannot be pulled",
        "restore the object in the store, then try again",
    )
    assert said(FOLDER, None)[-2:] == ("the directory object of images is not on `storage`", again)


def test_a_lost_file_of_a_directory_is_named_by_its_own_path_and_object():
    found = {ObjectKey("store", "md5", oid): Stored(size_bytes=size) for oid, size in SIZES.items() if oid != "d" * 32}
    (one,) = judge_directory(FOLDER, WHOLE, list(needs(FOLDER, "store", ENTRIES)), found, "storage").problems
    assert (one.path, one.oid, one.pointer) == ("images/y.png", "d" * 32, "images.dvc")


def test_a_directory_object_that_cannot_be_read_is_unknown_and_named():
    found = {ObjectKey("store", "md5", DIR): Stored(size_bytes=50)}
    listing = Directory(entries=None)
    (one,) = judge_directory(FOLDER, listing, list(needs(FOLDER, "store", ())), found, "storage").problems
    assert (one.severity, one.path, one.oid) == (Verdict.UNKNOWN, "images", DIR)
    assert one.message == "the directory object of images could not be read from `storage`"


def test_an_out_without_a_hash_needs_no_object():
    assert list(needs(replace(FILE, oid=None), "store", ())) == []


def test_a_store_that_tells_no_sizes_proves_nothing_of_an_empty_file_either():
    assert kinds(replace(FILE, oid=EMPTY, size_bytes=0), Stored(size_bytes=None)) == ["unknown"]
    assert kinds(replace(FILE, oid=EMPTY, size_bytes=None), Stored(size_bytes=None)) == ["unknown"]


def test_a_versioned_file_has_no_path_below_its_own():
    entry = CloudEntry(relpath="", remote_name="s", version_id="v1", md5=OID, size_bytes=3)
    found, unpushed = versioned_needs(Out(path="m.pt", pointer="m.pt.dvc", cloud=(entry,)), "store")
    assert [(need.key.oid, need.path) for need in found] == [("m.pt\0v1", "m.pt")]
    assert unpushed == []


CONFIG = AuditConfig()
OWN_COPY = "dvc remove model.pt.dvc && dvc add model.pt, then commit and dvc push"
LEAVE_OUT = 'fix it, or exclude it (the tag records that): [tool.release.audit] exclude = ["model.pt"]'


@pytest.mark.parametrize(
    ("out", "config", "expected"),
    [
        (FILE, CONFIG, []),
        (replace(FILE, cache=False, oid=None), CONFIG, []),
        (replace(FILE, oid=None), CONFIG, ["failed unrecorded: dvc commit -f model.pt.dvc, then commit and dvc push"]),
        (
            replace(FILE, oid=None, pointer="sub/dvc.lock", stage="train"),
            CONFIG,
            ["failed unrecorded: dvc repro sub/dvc.yaml:train, then commit and dvc push"],
        ),
        (replace(FILE, push=False), CONFIG, ["failed not-pushable: remove `push: false` from model.pt.dvc"]),
        (
            replace(FILE, push=False, pointer="dvc.lock", stage="train"),
            CONFIG,
            ["failed not-pushable: remove `push: false` from dvc.yaml"],
        ),
        (replace(FILE, hash_name="blake3"), CONFIG, [f"unknown unknown: {LEAVE_OUT}"]),
        (
            replace(FILE, origin=Origin.IMPORT),
            CONFIG,
            [f'failed external: {OWN_COPY}; or, to allow this: [tool.release.audit] external = "allow"'],
        ),
        (
            replace(FILE, origin=Origin.IMPORT_URL),
            AuditConfig(external="allow"),
            [f"warning external: {OWN_COPY}"],
        ),
        (
            replace(FILE, origin=Origin.IMPORT_URL, oid=None),
            AuditConfig(external="allow"),
            ["warning external: dvc update model.pt.dvc, then commit and dvc push"],
        ),
    ],
)
def test_a_pointer_is_judged_before_any_store_is_asked(out, config, expected):
    found = pointer_problems(out, config)
    assert [f"{one.severity.value} {one.kind.value}: {one.help}" for one in found] == expected
    assert {(one.path, one.pointer) for one in found} <= {(out.path, out.pointer)}


def test_a_cloud_versioned_out_needs_no_md5_of_its_own():
    entry = CloudEntry(relpath="a", remote_name="s", version_id="v1", md5=OID, size_bytes=3)
    out = replace(FILE, oid=None, cloud=(entry,))
    assert pointer_problems(out, CONFIG) == ()
    assert is_wanted(out)


def test_where_imported_bytes_come_from_is_said():
    (one,) = pointer_problems(replace(FILE, origin=Origin.IMPORT), CONFIG)
    (other,) = pointer_problems(replace(FILE, origin=Origin.IMPORT_URL), CONFIG)
    assert "another repository (dvc import)" in one.message
    assert "another URL (dvc import-url)" in other.message


def test_what_is_not_understood_names_the_out_or_else_the_pointer():
    assert not_understood("x.dvc", "why").path == "x.dvc"
    assert not_understood("x.dvc", "why", "x").path == "x"


def test_what_dvc_push_does_not_heal_is_said():
    found = {
        ObjectKey("store", "md5", DIR): Stored(size_bytes=50),
        ObjectKey("store", "md5", "c" * 32): Stored(size_bytes=2),
    }
    (problem,) = judge_directory(FOLDER, WHOLE, list(needs(FOLDER, "store", ENTRIES)), found, "storage").problems
    assert problem.help == f"delete {DIR} from the store of storage, then: dvc push -r storage images.dvc"


def test_a_cloud_versioned_file_without_a_version_id_was_not_pushed():
    def entry(relpath: str, version: str | None) -> CloudEntry:
        return CloudEntry(relpath=relpath, remote_name="s", version_id=version, md5=OID, size_bytes=3)

    out = Out(path="sub/d", pointer="sub/d.dvc", cloud=(entry("a", "v1"), entry("b/c", None)), subrepo="sub")
    found, unpushed = versioned_needs(out, "store")
    assert [need.key.oid for need in found] == ["d/a\0v1"]
    assert unpushed == ["sub/d/b/c"]
    assert versioned_needs(replace(out, cloud=()), "store") == ([], ["sub/d"])


@pytest.mark.parametrize(
    ("size", "md5", "stored", "expected"),
    [
        (3, OID, Stored(size_bytes=3), []),
        (3, OID, Stored(size_bytes=3, md5=OID), []),
        (0, EMPTY, Stored(size_bytes=0), []),
        (None, None, Stored(size_bytes=99, md5="f" * 32), []),
        (3, OID, Stored(size_bytes=2), ["wrong-size"]),
        (3, OID, Stored(size_bytes=3, md5="f" * 32), ["corrupt"]),
        (3, OID, Stored(size_bytes=3, archived="GLACIER"), ["archived"]),
        (3, OID, None, ["missing"]),
    ],
)
def test_a_version_is_judged_by_the_size_and_md5_that_its_pointer_says(size, md5, stored, expected):
    entry = CloudEntry(relpath="", remote_name="s", version_id="v1", md5=md5, size_bytes=size)
    out = Out(path="model.pt", pointer="model.pt.dvc", oid=md5, size_bytes=size, cloud=(entry,))
    wanted, _ = versioned_needs(out, "store")
    found = {} if stored is None else {wanted[0].key: stored}
    assert [problem.kind.value for problem in judge_out(out, wanted, found, "storage").problems] == expected


def test_a_folder_known_by_its_version_ids_alone_is_wanted():
    entry = CloudEntry(relpath="a", remote_name="s", version_id="v1", md5=OID, size_bytes=3)
    assert is_wanted(Out(path="d", pointer="d.dvc", cloud=(entry,)))
    assert not is_wanted(Out(path="d", pointer="d.dvc"))


def body(document: object) -> tuple[bytes, str]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return data, hashlib.md5(data).hexdigest() + ".dir"


@pytest.mark.parametrize("body_there", [True, False])
def test_a_folder_with_an_unsafe_file_fails_whatever_the_store_has(body_there):
    wanted = list(needs(FOLDER, "store", ()))
    found = {wanted[0].key: Stored(size_bytes=9)} if body_there else {}
    listing = Directory(entries=None, body_bytes=9, unsafe="a/.git/config")
    problem = judge_directory(FOLDER, listing, wanted, found, "storage").problems[-1]
    assert (problem.kind.value, problem.path) == ("unsafe-path", "images/a/.git/config")
    assert (problem.severity, problem.pointer) == (Verdict.FAILED, "images.dvc")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "not a list"),
        (b"[" * 100_000, "not a list"),
        (b"\xff", "not a list"),
        ({}, "not a list"),
        ([1], "md5"),
        ([{"relpath": "a"}], "md5"),
        ([{"relpath": "../a", "md5": OID}], "it names '../a'"),
        ([{"relpath": "/a", "md5": OID}], "it names '/a'"),
        ([{"relpath": "a", "md5": OID}, {"relpath": "b/.Git/c", "md5": OID}], "it names 'b/.Git/c'"),
        ([{"relpath": "a", "md5": "../x"}], "md5"),
        ([{"relpath": "a", "md5": OID + "\n"}], "md5"),
        ([{"relpath": "a", "md5": OID + ".dir"}], "md5"),
        ([{"relpath": 1, "md5": OID}], "md5"),
        ([{"relpath": "a", "md5": OID}] * 2, "twice"),
    ],
)
def test_a_directory_object_that_hashes_right_may_still_say_nonsense(document, words):
    with pytest.raises(BadListing) as seen:
        parse_listing(*body(document))
    assert words in str(seen.value)


def test_a_directory_object_that_hashes_wrong_is_not_read():
    with pytest.raises(BadListing, match="its content is"):
        parse_listing(b"[]", DIR)


@given(
    st.dictionaries(
        st.from_regex(r"[a-zA-Z0-9é ]{1,9}(/[a-z]{1,3})?", fullmatch=True), st.sampled_from([OID, "e" * 32])
    ).filter(lambda files: not any(path.partition("/")[0] in files for path in files if "/" in path))
)
def test_a_listing_is_named_as_dvc_names_it(files):
    tree = Tree()
    for relpath, oid in files.items():
        tree.add(tuple(relpath.split("/")), Meta(), HashInfo("md5", oid))
    tree.digest()
    entries = [Entry(relpath, oid) for relpath, oid in files.items()]
    assert listing_oid(entries) == tree.oid
    assert set(parse_listing(tree.as_bytes(), tree.oid)) == set(entries)


ODD_PATHS = st.text(alphabet="a./\0é\udc80 ", max_size=6)
ODD_OIDS = st.sampled_from([OID, "e" * 32, OID.upper(), OID[:-1], OID + "a", "", "g" * 32]) | st.none()
ODD_ENTRIES = st.fixed_dictionaries({"md5": ODD_OIDS, "relpath": ODD_PATHS}, optional={"size": st.integers()})


@given(
    st.lists(ODD_ENTRIES, max_size=4)
    | st.lists(st.fixed_dictionaries({"md5": st.just(OID), "relpath": st.text(alphabet="ab/", min_size=1, max_size=3)}))
)
@example([{"md5": OID, "relpath": "a\0b"}])
@example([{"md5": OID, "relpath": "a"}, {"md5": OID, "relpath": ""}])
@example([{"md5": OID[:-1], "relpath": "a"}, {"md5": OID + "a", "relpath": "b"}])
@example([{"md5": OID, "relpath": "\udc80"}])
def test_any_listing_is_read_as_it_is_or_refused(document):
    try:
        entries = parse_listing(*body(document))
    except BadListing:
        return
    assert [(each.relpath, each.oid) for each in entries] == [(each["relpath"], each["md5"]) for each in document]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("archive/**", "archive/a/b", True),
        ("archive", "archive/a/b", True),
        ("archive", "archives/a", False),
        ("*.csv", "a.csv", True),
        ("*.csv", "data/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "data/x/a.csv", True),
        ("data/?.bin", "data/1.bin", True),
        ("data/?.bin", "data/12.bin", False),
        ("data/[1].bin", "data/1.bin", False),
        ("a+b", "a+b", True),
    ],
)
def test_exclusions_are_path_patterns(pattern, path, matches):
    assert matches_any(path, [pattern]) is matches
