"""What is said of data in the work tree that differs from its pointers, and with which exit code."""

from release.core.check import Verdict
from release.core.pointer import Origin, Out
from release.core.work_tree import Difference, work_tree_check
from release.errors import ExitCode

ADDED = Out(path="model.pt", pointer="model.pt.dvc")
FOLDER = Out(path="data", pointer="data.dvc")
IMPORTED = Out(path="seen.csv", pointer="seen.csv.dvc", origin=Origin.IMPORT)
MADE = Out(path="out/model.bin", pointer="dvc.lock", stage="train")
SHUT = Difference(FOLDER, unreadable="Permission denied")
CHANGED = Difference(ADDED, changed=("",))


def test_nothing_that_differs_is_told_apart_from_nothing_that_is_there():
    found = work_tree_check([], [ADDED])
    assert (found.verdict, found.message) == (Verdict.OK, "all tracked files match their pointers")
    found = work_tree_check([], [])
    assert (found.verdict, found.message) == (Verdict.OK, "no DVC data checked out here; nothing to compare")


def test_one_change_is_the_message_and_no_detail():
    found = work_tree_check([CHANGED], [ADDED, FOLDER])
    assert (found.verdict, found.code) == (Verdict.FAILED, ExitCode.REFUSED)
    assert (found.message, found.details) == ("model.pt changed since `dvc add`", ())


def test_what_was_imported_or_made_is_committed_and_what_was_added_is_added():
    outs = (MADE, ADDED, IMPORTED)
    found = work_tree_check([Difference(out, changed=("",)) for out in outs], outs)
    assert found.message == "3 of 3 tracked outs changed since they were recorded"
    assert found.details == (
        "out/model.bin changed since its pointer was written",
        "model.pt changed since `dvc add`",
        "seen.csv changed since its pointer was written",
    )
    assert found.help == (
        "dvc add model.pt && dvc commit out/model.bin seen.csv, then commit the pointers; "
        "or, to restore the committed data: dvc checkout model.pt out/model.bin seen.csv"
    )


def test_a_folder_names_three_of_its_files_and_counts_the_others():
    three = Difference(FOLDER, changed=("a",), added=("b",), removed=("c",))
    assert three.text == "data changed since `dvc add`: a changed, b added, c removed"
    five = Difference(FOLDER, changed=("a", "d", "e"), added=("b",), removed=("c",))
    assert five.text == "data changed since `dvc add`: a changed, d changed, e changed, 2 more"
    assert Difference(FOLDER, changed=("",)).text == "data changed since `dvc add`"


def test_only_added_or_removed_files_leave_the_others_to_be_looked_at():
    assert Difference(FOLDER, added=("b",)).listed
    assert Difference(FOLDER, removed=("c",)).listed
    assert not Difference(FOLDER, changed=("a",)).listed


def test_of_many_eight_are_listed_and_the_others_counted():
    outs = [Out(path=f"{number}.bin", pointer=f"{number}.bin.dvc") for number in range(10)]
    differences = [Difference(out, changed=("",)) for out in outs]
    found = work_tree_check(differences, outs)
    assert found.details[7:] == ("7.bin changed since `dvc add`", "... 2 more")
    assert work_tree_check(differences[:8], outs).details[7:] == ("7.bin changed since `dvc add`",)


def test_what_cannot_be_read_is_unknown_and_never_hides_a_change():
    found = work_tree_check([SHUT], [ADDED, FOLDER])
    assert (found.verdict, found.code, found.help) == (Verdict.UNKNOWN, ExitCode.UNKNOWN, "ls -l data")
    assert (found.message, found.details) == ("data cannot be read: Permission denied", ())
    other = Difference(ADDED, unreadable="Input/output error")
    found = work_tree_check([SHUT, other], [ADDED, FOLDER, MADE])
    assert found.message == "2 of 3 tracked outs could not be compared with their pointers"
    assert found.details == (SHUT.text, other.text)
    found = work_tree_check([SHUT, CHANGED], [ADDED, FOLDER])
    assert (found.verdict, found.message) == (
        Verdict.FAILED,
        "1 of 2 tracked outs changed since they were recorded",
    )
    assert found.details == (CHANGED.text, SHUT.text)
    assert "data" not in (found.help or "").partition(";")[0]
