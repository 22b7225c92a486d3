"""What commits say, whole: subjects, bodies and parents."""

from __future__ import annotations

from release.adapters.git.process import Git
from release.core.versions.commit_text import CommitText


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
        "--format=%H%x00%P%x00%s%x00%b",
        "--end-of-options",
        commit,
        *([] if since is None else [f"^{since}"]),
        "--",
        *([f":(top,literal){folder}"] if folder else []),
    )
    fields = log.out.decode("utf-8", "replace").split("\0")
    return tuple(
        CommitText(id=id, parents=tuple(parents.split()), subject=subject, body=body.strip("\n"))
        for id, parents, subject, body in zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False)
    )
