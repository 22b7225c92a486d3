"""What commits say, whole: subjects, bodies and parents."""

from __future__ import annotations

from release.adapters.git.process import Git
from release.core.versions.commit_text import CommitText


def commit_text(git: Git, commit: str) -> CommitText:
    """One commit."""
    (text,) = commits_since(git, commit, f"{commit}^@")
    return text


def commits_since(git: Git, commit: str, since: str | None, folder: str = "") -> tuple[CommitText, ...]:
    """The commits after `since` (None: from the beginning), newest first, merges too.

    `folder` ("": the whole repository) leaves out commits that changed nothing below it.
    """
    log = git.run(
        "log",
        "--no-show-signature",
        "--no-follow",
        "--encoding=UTF-8",
        "--topo-order",
        "-z",
        "--format=%H%x00%P%x00%an <%ae> %ad%x00%cn <%ce> %cd%x00%s%x00%b",
        "--date=raw",
        "--end-of-options",
        commit,
        *([] if since is None else [f"^{since}"]),
        "--",
        *([f":(top,literal){folder}"] if folder else []),
    )
    fields = log.out.decode("utf-8", "replace").split("\0")
    return tuple(
        CommitText(
            id=id,
            parents=tuple(parents.split()),
            subject=subject,
            body=body.strip("\n"),
            author=author,
            committer=committer,
        )
        for id, parents, author, committer, subject, body in zip(*(fields[n::6] for n in range(6)), strict=False)
    )
