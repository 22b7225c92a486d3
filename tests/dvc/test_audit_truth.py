"""The audit's verdict equals the truth: a fresh clone, `dvc pull` without memory, and the bytes compared."""

import pytest
from fault_cases import BROKEN, HEALTHY
from fault_cases.case import Case
from project import Project
from project.truth import audit_of, compared_here, problems_of, restores, tracked_files

from release.core.check import Verdict
from release.core.config import AuditConfig
from release.core.problems import ProblemKind, RevisionAudit
from release.dvc.contents import Depth


@pytest.mark.fast("two remotes", "F2 an entry of a directory is missing", "F5 one byte short")
@pytest.mark.parametrize("case", [*HEALTHY, *BROKEN], ids=str)
def test_the_verdict_is_what_a_fresh_clone_can_pull(case: Case, templates, tmp_path):
    project: Project = templates.copy(case.template, tmp_path / "world")
    case.act(project)
    expected = tracked_files(project, case.rev)
    before = project.snapshot()

    audit = audit_of(project, case.rev, case.audit)

    assert project.snapshot() == before, "the audit wrote something"
    kinds = {problem.kind.value for problem in problems_of(audit) if problem.kind is not ProblemKind.EXCLUDED}
    assert kinds == set(case.kinds), messages_of(audit)
    restored = restores(project, case.rev, expected)
    print(f"{case.name}: restorable {restored}, audit {audit.verdict.value}")
    if case.deep:
        assert (restored, audit.verdict) == (False, Verdict.OK)
        audit = audit_of(project, case.rev, case.audit, Depth())
        assert {problem.kind.value for problem in problems_of(audit)} == {"corrupt"}
    assert (audit.verdict is Verdict.OK) == restored, messages_of(audit)
    assert (case in HEALTHY) == restored
    assert (audit.digest is not None) == restored
    if restored:
        found = compared_here(project, audit, case.audit)
        print(f"{case.name}: {found.message}")
        assert found.verdict in (Verdict.OK, Verdict.UNKNOWN), found.message
    elif case.audit == AuditConfig():  # which is that of the command, too
        run = project.release("verify", case.rev, *(["--deep"] if case.deep else [])).helps()
        assert run.code in (4, 6)


def messages_of(audit: RevisionAudit) -> list[str]:
    return [problem.message for problem in audit.problems]
