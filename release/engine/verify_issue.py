"""The issue of `verify --issue`: opened, brought up to date, or closed on the forge of the git remote."""

from __future__ import annotations

from release.core.forge import Forge, Token, how_to_give, rights_for
from release.core.issue import TITLE, own_issue, wanted_issue
from release.core.verification import VerifyReport
from release.engine.project import Project
from release.engine.release_pages import forge_of_remote, token_of
from release.errors import UsageError
from release.forge.pages import open_pages
from release.system.environment import job_links


def forge_for_issue(project: Project, again: str) -> tuple[Forge, Token]:
    """Return the forge and the token for its issues. Raises UsageError, Transient."""
    forge = forge_of_remote(project, again, has="issues")
    token = token_of(project, forge)
    if token is None or token.name == "CI_JOB_TOKEN":
        words = f"no token for {forge.host} is set, and no issue was written"
        if token is not None:
            words = "GitLab lets CI_JOB_TOKEN write no issue"
        rights = rights_for(forge.kind, issues=True)
        raise UsageError(
            words, help=f"make a token with {rights}, set {how_to_give(forge)}, then: {again}", section="forge"
        )
    return forge, token


def settle_issue(project: Project, report: VerifyReport, again: str, *, deep: bool) -> str | None:
    """Open the issue if something is wrong, bring it up to date, or close it; return a sentence, None for no change.

    Raises ReleaseError.
    """
    forge, token = forge_for_issue(project, again)
    with open_pages(forge, token, again, rights_for(forge.kind, issues=True)) as pages:
        found = own_issue(pages.find_issues(TITLE))
        wanted = wanted_issue(report, found, deep=deep, more=job_links(None, project.environment))
        if wanted is None:
            return None
        if found is None:
            return f"opened the issue {pages.create_issue(wanted)}"
        pages.change_issue(found, wanted)
        return f"{'updated' if wanted.is_open else 'closed'} the issue {found.url}"
