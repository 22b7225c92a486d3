"""What an audit leaves out and what it forbids, in the check of a release and in that of a checkout."""

from msgspec.structs import replace

from release.core.audit_rules import with_left_out
from release.core.check import Verdict
from release.core.pointer import Out
from release.core.problems import ProblemKind, RevisionAudit, unsafe_entry, unsafe_path
from release.core.release_checks import audit_check
from release.core.work_tree import restorable
from release.errors import ExitCode

FINE = RevisionAudit(
    rev="v1", commit="c" * 40, verdict=Verdict.OK, pointers=1, objects=1, total_bytes=1, excluded=(), problems=()
)
HOOK = unsafe_path("evil file.dvc", ".git/hooks/x", "why")


def test_lfs_pointers_are_named_three_at_most_with_their_number():
    audit = with_left_out(FINE, ["a", "b", "c", "d"], "warn")
    (problem,) = audit.problems
    assert (audit.verdict, problem.severity, problem.kind) == (Verdict.OK, Verdict.WARNING, ProblemKind.LFS)
    assert "4 files" in problem.message
    assert problem.message.endswith("a, b, c and 1 more")
    assert with_left_out(FINE, ["a"], "fail").verdict is Verdict.FAILED
    assert with_left_out(FINE, [], "fail") == FINE


def test_a_release_without_dvc_warns_of_lfs_pointers_and_fails_where_it_is_told_to():
    plain = replace(FINE, uses_dvc=False)
    assert audit_check(plain).verdict is Verdict.OK
    warned = audit_check(with_left_out(plain, ["a.bin"], "warn"))
    assert warned.verdict is Verdict.WARNING
    assert warned.message == "no DVC in this commit; nothing to check"
    assert "a.bin" in warned.details[0]
    failed = audit_check(with_left_out(plain, ["a.bin"], "fail"))
    assert (failed.verdict, failed.code) == (Verdict.FAILED, ExitCode.DATA)
    assert "a.bin" in failed.message


def test_what_is_excluded_stays_named_where_something_failed():
    audit = with_left_out(replace(FINE, excluded=("old.bin",), problems=(HOOK,)), [], "warn")
    check = audit_check(audit)
    assert (check.verdict, check.code) == (Verdict.FAILED, ExitCode.DATA)
    assert check.message == HOOK.message
    assert any("old.bin" in line for line in check.details)


def test_a_checkout_of_an_unsafe_path_is_refused_with_all_objects_at_hand():
    check = restorable("v1", [HOOK], (), unlisted=())
    assert (check.verdict, check.code) == (Verdict.FAILED, ExitCode.DATA)
    assert ".git/hooks/x" in check.message


def test_a_checkout_cares_for_no_lfs_pointer():
    (problem,) = with_left_out(FINE, ["a.bin"], "fail").problems
    assert restorable("v1", [problem], ["missing"], unlisted=()).verdict is Verdict.OK


def test_a_folder_whose_files_are_not_known_is_not_left_out_in_silence():
    """Its remote is down, and the cache has no list of it: nothing else may be lacking."""
    check = restorable("v1", (), (), unlisted=["images"])
    assert (check.verdict, check.code) == (Verdict.UNKNOWN, ExitCode.UNKNOWN)
    assert "images" in check.message


def test_the_help_is_for_a_shell_and_fits_what_names_the_path():
    assert "git rm 'evil file.dvc'" in (HOOK.help or "")
    assert "git rm" not in (unsafe_path("dvc.yaml", ".git/x", "why").help or "")
    entry = unsafe_entry(Out(path="my images", pointer="my images.dvc"), ".git/x")
    assert entry.path == "my images/.git/x"
    assert "'my images'" in (entry.help or "")
