"""What is said of remotes: who is down, what a hand may do, and what must be asked for."""

import shlex

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.problems import (
    Problem,
    ProblemKind,
    RevisionAudit,
    in_tree_remote,
    local_only_remote,
    no_remote,
    remote_unanswered,
    verdict_of,
)
from release.core.remotes import Unshared
from release.errors import Unknown

SILENT = remote_unanswered("", "storage", Unknown("nobody answers", help="try again"), 5, forbidden=False)
REFUSED = remote_unanswered("", "storage", Unknown("403", help="allow s3:ListBucket"), 1, forbidden=True)
IN_TREE = in_tree_remote("", "storage", "stores/blob", "warn")
LOST = replace(SILENT, kind=ProblemKind.MISSING, severity=Verdict.FAILED)


def audit(*problems: Problem) -> RevisionAudit:
    return RevisionAudit(
        rev="v1",
        commit="c" * 40,
        verdict=verdict_of(problems),
        pointers=1,
        objects=1,
        total_bytes=1,
        excluded=(),
        problems=problems,
    )


def test_a_store_that_did_not_answer_is_unknown_and_one_that_refused_is_forbidden():
    assert (SILENT.severity, SILENT.kind, SILENT.help) == (Verdict.UNKNOWN, ProblemKind.UNKNOWN, "try again")
    assert (REFUSED.severity, REFUSED.kind) == (Verdict.UNKNOWN, ProblemKind.FORBIDDEN)
    assert REFUSED.help == "allow s3:ListBucket"
    assert "for 5 outs" in SILENT.message
    assert "for 1 out:" in REFUSED.message


@given(st.lists(st.sampled_from([SILENT, REFUSED, IN_TREE, LOST]), max_size=4))
def test_the_verdict_is_the_worst_of_the_problems_whatever_their_order(problems):
    severities = {problem.severity for problem in problems}
    worst = next((each for each in (Verdict.FAILED, Verdict.UNKNOWN) if each in severities), Verdict.OK)
    assert verdict_of(problems) is verdict_of(reversed(problems)) is worst


def test_a_store_inside_the_work_tree_is_a_warning_unless_the_policy_says_more():
    assert IN_TREE.severity is Verdict.WARNING
    assert in_tree_remote("", "storage", "stores/blob", "fail").severity is Verdict.FAILED
    assert (
        IN_TREE.help == "mkdir -p ../stores/blob && cp -R stores/blob/. ../stores/blob"
        ' && dvc remote modify storage url "$(cd ../stores/blob && pwd)"'
    )


def test_the_command_that_moves_a_store_out_names_the_subrepo_whose_remote_it_is():
    told = in_tree_remote("team a/sub", "storage", "team a/sub/blob", "warn").help
    assert told is not None
    assert "dvc --cd 'team a/sub' remote modify storage url" in told
    assert shlex.split(told)[-1] == "$(cd '../team a/sub/blob' && pwd)"


def test_the_remote_to_add_is_the_default_or_the_one_that_a_pointer_names():
    default, named = no_remote("", None, 1), no_remote("sub", "archive", 2)
    add = "dvc remote add -d storage URL && git commit .dvc/config"
    assert (default.path, default.help) == (
        ".dvc/config",
        f"{add}   (if the remote is there: dvc remote default NAME)",
    )
    assert (named.path, named.help) == (
        "sub/.dvc/config",
        "dvc --cd sub remote add archive URL && git commit sub/.dvc/config",
    )
    assert "1 out has no remote" in default.message
    assert "2 outs have no remote" in named.message
    assert (
        local_only_remote("sub", "storage", "s3://b", Unshared.REMOTE, 1).help
        == "dvc --cd sub remote add -f -d storage s3://b && git commit sub/.dvc/config"
    )
