"""Help for lacking data: the command that uploads it, or the author who may have it."""

from __future__ import annotations

from release.core.problems import RevisionAudit
from release.core.verification import out_of_reach, with_hints
from release.git.log import last_author
from release.git.process import Git

_MOST = 10  # pointers whose author is looked up; each lookup walks through history


def with_upload_hints(audit: RevisionAudit, git: Git, push: str | None) -> RevisionAudit:
    """Return the audit with help lines.

    `push` is the command where the local cache has the bytes (None: it was run already); otherwise the help
    names the person who committed the pointer.
    """
    authors = {path: last_author(git, audit.commit, path) for path in out_of_reach(audit)[:_MOST]}
    return with_hints(audit, push, {path: author for path, author in authors.items() if author is not None})
