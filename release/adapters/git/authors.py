"""Author of the last change of a file: the person to ask when only they have the data that it points to."""

from __future__ import annotations

from release.adapters.git.process import Git
from release.core.audit.uploads import Author


def last_author(git: Git, commit: str, path: str) -> Author | None:
    """Return the author of the last commit up to `commit` that changed a file; None if the history here has none."""
    words = ("-1", "--no-show-signature", "--encoding=UTF-8", "-z", "--format=%an%x00%ae%x00%h", "--end-of-options")
    found = git.run("log", *words, commit, "--", f":(top,literal){path}", ok=range(256))
    fields = found.out.decode("utf-8", "replace").rstrip("\0\n").split("\0")
    if found.code or len(fields) != 3:
        return None
    return Author(name=fields[0], email=fields[1], commit=fields[2])
