"""Which files of a commit say something about data, and what is told of those that do not."""

from fault_cases.case import oid_of
from fault_cases.seen_files import bogus, hide_pointer
from project.truth import audit_of, restores, tracked_files

from release.core.check import Verdict
from release.core.problems import ProblemKind


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


def test_a_folder_whose_content_git_ignores_is_judged_as_the_dvc_here_reads_the_pattern(project):
    """Git does not ignore the pointers; some versions of DVC's libraries say that it ignores the whole folder."""
    project.write(".gitignore", "/data/*\n!/data/*.dvc\n")
    project.save()
    found = audit_of(project)
    assert (found.verdict is Verdict.OK) == restores(project, "HEAD", tracked_files(project, "HEAD"))
    assert found.verdict in (Verdict.OK, Verdict.FAILED)
    project.write(".gitignore", "/data/*\n!/data/*/\n!/data/*.dvc\n")  # what the help says
    project.save()
    assert audit_of(project).verdict is Verdict.OK


def test_two_pointers_that_say_other_things_of_one_path_are_unknown(project):
    """`dvc pull` restores one of them, whichever it comes upon."""
    pointer = project.read("data/tags.json.dvc").decode()
    project.write("data/more.dvc", pointer)
    project.save()
    assert audit_of(project).verdict is Verdict.OK
    oid, other = (oid_of(project, f"data/{name}.json.dvc") for name in ("tags", "projects"))
    project.write("data/more.dvc", pointer.replace(oid, other))
    project.save()
    (problem,) = [each for each in audit_of(project).problems if each.kind is ProblemKind.IN_THE_WAY]
    assert (problem.path, problem.severity) == ("data/tags.json", Verdict.UNKNOWN)
