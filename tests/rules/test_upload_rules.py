"""What a push would upload, and what it leaves alone."""

import pytest

from release.core.audit_rules import Directory, Need
from release.core.check import Verdict
from release.core.pointer import ObjectKey, Stored
from release.core.problems import Problem, ProblemKind, RevisionAudit
from release.core.verification import can_be_pushed, is_content_missing, is_missing_on_remote

OID, OTHER = "a" * 32, "f" * 32
NEED = Need(ObjectKey("it", "md5", OID), "model.pt", 3)
OLD = Need(ObjectKey("it", "legacy", OID), "model.pt", 3)
VERSION = Need(ObjectKey("it", "version", "model.pt\0v1"), "model.pt", 3, OID)


@pytest.mark.parametrize(
    ("need", "stored", "cached_bytes", "lacking"),
    [
        (NEED, None, 3, True),
        (NEED, Stored(size_bytes=3), 3, False),
        (NEED, Stored(size_bytes=2), 3, True),
        (NEED, Stored(size_bytes=2), None, True),
        (NEED, Stored(size_bytes=None), 3, False),
        (NEED, Stored(size_bytes=3, md5=OID), 4, False),  # a broken copy here says nothing against proven bytes there
        (NEED, Stored(size_bytes=3, md5=OTHER), 3, True),
        (NEED, Stored(size_bytes=2, archived="GLACIER"), 3, False),
        (NEED, Stored(size_bytes=3, md5=OTHER, archived="GLACIER"), 3, False),
        (OLD, Stored(size_bytes=3, md5=OTHER), 3, False),
        (OLD, Stored(size_bytes=3, md5=OTHER, read=True), 3, True),
        (VERSION, None, 3, False),
        (VERSION, Stored(size_bytes=2), 3, False),
    ],
)
def test_an_object_is_uploaded_where_the_remote_lacks_it_or_has_another(need, stored, cached_bytes, lacking):
    assert is_missing_on_remote(need, stored, cached_bytes) is lacking


def test_a_directory_object_is_uploaded_where_its_listing_says_that_it_is_broken():
    need = Need(ObjectKey("it", "md5", f"{OID}.dir"), "images")
    assert is_content_missing(need, Directory(entries=(), body_bytes=3, fault="its content is x"), Stored(size_bytes=3))
    assert is_content_missing(need, Directory(entries=(), body_bytes=3), Stored(size_bytes=2))
    assert not is_content_missing(need, Directory(entries=(), body_bytes=3), Stored(size_bytes=3))


def audit(*kinds: ProblemKind, severity: Verdict = Verdict.FAILED) -> RevisionAudit:
    problems = tuple(
        Problem(severity=severity, kind=kind, path="x", pointer="x.dvc", message="", oid=OID) for kind in kinds
    )
    return RevisionAudit(
        rev="HEAD", commit="c", verdict=severity, pointers=1, objects=1, total_bytes=0, excluded=(), problems=problems
    )


def test_an_upload_mends_a_commit_whose_objects_alone_are_wrong():
    assert can_be_pushed(audit(ProblemKind.MISSING, ProblemKind.CORRUPT, ProblemKind.WRONG_SIZE))
    assert not can_be_pushed(audit(ProblemKind.MISSING, ProblemKind.UNRECORDED))
    assert not can_be_pushed(audit(ProblemKind.MISSING, severity=Verdict.WARNING))
    assert not can_be_pushed(audit())
