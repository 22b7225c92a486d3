"""Commits between two revisions, and their authors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from release.core.limits import MAX_LOG_BYTES, MAX_MESSAGE_BYTES
from release.core.tags import HistoryCommit
from release.core.text import command_line, size
from release.errors import Refused
from release.git.process import Git, TooMuchOutput

if TYPE_CHECKING:
    from release.core.auto import CommitText
    from release.core.verification import Author


def read_log(git: Git, fields: Sequence[str], *words: str, stdin: bytes = b"") -> list[tuple[str, ...]]:
    """Return the commits of a `git log`, each as its id followed by these fields (`%P`, `%s`...).

    Raises Refused, naming the commit, if its message or all messages together exceed the limit.
    """
    width = len(fields) + 1
    form = f"--format={'%x00'.join(('%H', *fields))}"
    try:
        log = git.run(
            "log", "--no-show-signature", "--encoding=UTF-8", "-z", form, *words, stdin=stdin, most_bytes=MAX_LOG_BYTES
        )
    except TooMuchOutput as error:
        heard = error.out.split(b"\0")
        last = heard[(len(heard) - 1) // width * width].decode("utf-8", "replace")
        raise _too_much(last, f"with those of newer commits its message has more than {size(MAX_LOG_BYTES)}") from None
    said = log.out.decode("utf-8", "replace").split("\0")
    rows = list(zip(*(said[at::width] for at in range(width)), strict=False))
    for row in rows:
        if sum(map(len, row)) > MAX_MESSAGE_BYTES:
            raise _too_much(row[0], f"its message has more than {size(MAX_MESSAGE_BYTES)}")
    return rows


def commit_text(git: Git, commit: str) -> CommitText:
    """Return one commit."""
    (text,) = commits_since(git, commit, f"{commit}^@")
    return text


def commits_since(git: Git, commit: str, since: str | None, paths: Sequence[str] = ()) -> tuple[CommitText, ...]:
    """Return the commits after `since` (None: from the first commit), newest first, including merges.

    With `paths` (none: the whole repository), commits that changed nothing at or below them are left out. Raises
    Refused.
    """
    from release.core.auto import CommitText  # with patterns that most commands do not need

    rows = read_log(
        git,
        ("%P", "%an <%ae> %ad", "%cn <%ce> %cd", "%s", "%b"),
        "--no-follow",
        "--date-order",
        "--date=raw",
        "--end-of-options",
        commit,
        *([] if since is None else [f"^{since}"]),
        "--",
        *(f":(top,literal){path}" for path in paths),
    )
    return tuple(
        CommitText(
            id=id,
            parents=tuple(parents.split()),
            subject=subject,
            body=body.strip("\n"),
            author=author,
            committer=committer,
        )
        for id, parents, author, committer, subject, body in rows
    )


def _too_much(commit: str, reason: str) -> Refused:
    return Refused(
        f"commit {commit} was not read: {reason}, the limit",
        help=command_line("git", "log", "-1", "--format=%an%x20%ad", commit),
    )


def messages_with(git: Git, pattern: str, *tips: str) -> list[tuple[str, str]]:
    """Return the commits before the tips with a line that fits an extended expression, oldest first: (id, message).

    A tip that has no commit yet is left out.
    """
    words = ("--reverse", "--topo-order", "-E", f"--grep={pattern}", "--ignore-missing")
    rows = read_log(git, ("%B",), *words, *tips, "--")
    return [(id, message) for id, message in rows]


# Complete history of many tips, from one `git log`


def read_history(git: Git, tips: Iterable[str], *, paths: Sequence[str]) -> tuple[HistoryCommit, ...]:
    """Return every commit reachable from the tips, children before their parents.

    `listed` is False for commits that change nothing at or below `paths` (from the git root; none: everywhere), and with
    paths for merges.
    """
    asked = "".join(f"{tip}\n" for tip in dict.fromkeys(tips)).encode()
    if not asked:
        return ()
    rows = read_log(git, ("%P", "%ct", "%s", "%b"), "--topo-order", "--stdin", stdin=asked)
    below = _changing(git, asked, paths) if paths else None
    return tuple(
        HistoryCommit(
            id=id,
            parents=tuple(parents.split()),
            when=int(when),
            subject=subject,
            body=body.strip("\n"),
            listed=below is None or id in below,
        )
        for id, parents, when, subject, body in rows
    )


def _changing(git: Git, asked: bytes, paths: Sequence[str]) -> frozenset[str]:
    below = (f":(top,literal){path}" for path in paths)
    words = ("rev-list", "--full-history", "--no-merges", "--stdin", "--", *below)
    return frozenset(git.run(*words, stdin=asked).text.split("\n"))


# Author of the last change of a file: the person to ask when only they have the data that it points to


def last_author(git: Git, commit: str, path: str) -> Author | None:
    """Return the author of the last commit up to `commit` that changed a file; None if the history here has none."""
    words = ("-1", "--no-show-signature", "--encoding=UTF-8", "-z", "--format=%an%x00%ae%x00%h", "--end-of-options")
    found = git.run("log", *words, commit, "--", f":(top,literal){path}", ok=range(256))
    fields = found.out.decode("utf-8", "replace").rstrip("\0\n").split("\0")
    if found.code or len(fields) != 3:
        return None
    from release.core.verification import Author  # only `verify` needs it

    return Author(name=fields[0], email=fields[1], commit=fields[2])


def first_committed(git: Git, path: str) -> bytes | None:
    """Return a file as the history of HEAD first had it; None if it never did."""
    words = ("log", "--diff-filter=A", "--format=%H", "HEAD", "--", path)
    added = git.run("--literal-pathspecs", *words, ok=(0, 128)).text.split()
    return git.run("cat-file", "blob", f"{added[-1]}:{path}").out if added else None
