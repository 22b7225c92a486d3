"""Which files of a commit say something about data, and what is told of those that do not."""

from fault_cases.seen_files import bogus, hide_pointer
from project.truth import audit_of

from release.core.check import Verdict


def test_what_lies_in_dvcs_own_folder_is_no_pointer(project):
    bogus(project, ".dvc/plots/old.bin.dvc")
    project.git("add", "--force", ".dvc/plots")
    project.commit()
    found = audit_of(project)
    assert (found.verdict, found.pointers) == (Verdict.OK, 5)


def test_a_pointer_that_dvc_ignores_is_named_with_the_verdict(project):
    hide_pointer(project)
    assert audit_of(project).excluded == ("old/gone.bin.dvc", "x.tmp.dvc")
    project.release("verify").says("old/gone.bin.dvc", "x.tmp.dvc")
