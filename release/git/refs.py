"""Refs and tags, local and remote."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from msgspec import Struct

from release.core.limits import MAX_LOG_BYTES
from release.core.tags import NOTHING, DatedTag, RemoteRefs, TagRef
from release.core.text import command_line, size
from release.errors import Refused, Unknown
from release.git.log import read_log
from release.git.process import Git, GitFailed, Running, TimedOut, TooMuchOutput
from release.git.repository import Repository
from release.git.worktree import DURABLE

FETCH_LIMIT_S = 300.0
_MANY_NAMES = 500  # of refs per command line

# Names contain no newline, so each line is a tag; NUL separates its fields. `%(tag)` is the name in the tag object.
_REF_FIELDS = (
    "%(refname:lstrip=2)",
    "%(objectname)",
    "%(*objectname)",
    "%(objecttype)",
    "%(*objecttype)",
    "%(tag)",
)
_FIELDS = "%00".join((*_REF_FIELDS, "%(creatordate:raw)", "%(contents:subject)"))


class Unreachable(Unknown):
    """A git remote that could not be queried."""

    section = "remote"


def start_listing_tags(git: Git) -> Running:
    """Start to list the local tags; `read_tags` and `local_tags` read the result."""
    return git.start("for-each-ref", f"--format={_FIELDS}", "refs/tags")


def local_tags(git: Git, listing: Running | None = None) -> tuple[TagRef, ...]:
    """Return every local tag; see `read_tags`."""
    return tuple(tag.ref for tag in read_tags(git, listing))


def read_tags(git: Git, listing: Running | None = None) -> tuple[DatedTag, ...]:
    """Return every local tag, sorted by name; one that names no commit or cannot be read has no commit id.

    `listing` was started already. Git lists no tag if it cannot read one. Only then are the others requested by name.
    Git skips a ref file that holds no object id, with a warning only.
    """
    listing = listing or start_listing_tags(git)
    broken: dict[str, str] = {}
    try:
        listed = listing.finish(most_bytes=MAX_LOG_BYTES)
        lines = [line for line in listed.out.split(b"\n") if line]
        if not listed.err:
            return tuple(_parse(git, line) for line in lines)
    except TooMuchOutput as error:
        name = error.out.rpartition(b"\n")[2].partition(b"\0")[0].decode("utf-8", "replace")
        raise Refused(
            f"tag {name} was not read: with those of the tags before it its subject has more than {size(MAX_LOG_BYTES)}",
            help=command_line("git", "cat-file", "-s", f"refs/tags/{name}"),
        ) from None
    except GitFailed:
        broken = _broken_tags(git)
        if not broken:
            raise
        names = git.run("for-each-ref", "--format=%(refname)", "refs/tags").text.split("\n")
        lines = _lines_of(git, [name for name in names if name and name not in broken])
    lost = [TagRef(name=name[10:], object_id=id, commit_id=None, broken=True) for name, id in broken.items()]
    unread = (DatedTag(ref=ref, when=None, subject="") for ref in (*lost, *_nameless_tags(git)))
    return tuple(sorted((*(_parse(git, line) for line in lines), *unread), key=lambda tag: tag.ref.name))


def _lines_of(git: Git, names: Sequence[str]) -> list[bytes]:
    found: dict[bytes, bytes] = {}  # by name, as a name also matches every ref in a folder of that name
    for start in range(0, len(names), _MANY_NAMES):
        part = git.run("for-each-ref", f"--format={_FIELDS}", "--", *names[start : start + _MANY_NAMES]).out
        found |= {line.split(b"\0", 1)[0]: line for line in part.split(b"\n") if line}
    return list(found.values())


def broken_head(git: Git) -> str | None:
    """Return the full name of HEAD's branch if its file holds no object id, else None.

    A power cut can empty the file. Git reports such a branch as unborn.
    """
    head = git.folder / git.run("rev-parse", "--git-path", "HEAD").text
    ref = head.read_text("utf-8", "surrogateescape").strip().removeprefix("ref: ")
    file = git.folder / git.run("rev-parse", "--git-path", ref).text
    return None if _names_an_object(file) else ref


def last_logged(git: Git, ref: str) -> str | None:
    """Return the object id that a ref (full name) last moved to, by its reflog; None if there is none."""
    log = git.folder / git.run("rev-parse", "--git-path", f"logs/{ref}").text
    try:
        return log.read_bytes().splitlines()[-1].split()[1].decode()
    except (OSError, IndexError):
        return None


def _names_an_object(file: Path) -> bool:
    try:
        return re.fullmatch(rb"([0-9a-f]{40}|[0-9a-f]{64}|ref: .+)\n?", file.read_bytes()) is not None
    except OSError:  # packed, or gone
        return True


def _nameless_tags(git: Git) -> tuple[TagRef, ...]:
    """Return the local tags whose file is empty, or holds something else than an object id."""
    place = git.folder / git.run("rev-parse", "--git-path", "refs/tags").text
    files = (file for file in sorted(place.rglob("*")) if file.is_file() and file.suffix != ".lock")
    names = (file.relative_to(place).as_posix() for file in files if not _names_an_object(file))
    return tuple(TagRef(name=name, object_id=NOTHING, commit_id=None, broken=True) for name in names)


def _broken_tags(git: Git) -> dict[str, str]:
    """Return full names and ids of the local tags that lead to no object."""
    lines = git.run("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags").text.split("\n")
    left = [line.split(" ", 1) for line in lines if line]
    broken: dict[str, str] = {}
    while left:
        asked = "".join(f"{object_id}^{{}}\n" for object_id, _ in left).encode()
        answers = git.run("cat-file", "--batch-check=%(objectname)", stdin=asked, ok=range(256)).text.split("\n")
        said = [answer for answer in answers if answer]
        broken |= {name: id for (id, name), answer in zip(left, said, strict=False) if answer.endswith("missing")}
        left = left[len(said) :]
        if left:  # git stops at an object with invalid bytes: check that one alone
            object_id, name = left.pop(0)
            if git.run("rev-parse", "--verify", "--quiet", f"{object_id}^{{}}", ok=range(256)).code:
                broken[name] = object_id
    return broken


def start_asking(git: Git, remote: str) -> Running:
    """Start to list the refs of a remote; `remote_refs` reads the result."""
    return git.start("ls-remote", "--symref", "--", remote)


def remote_refs(asking: Running, remote: str) -> RemoteRefs:
    """Return the result of `start_asking`. Raises Unreachable with the remote's own message."""
    try:
        result = asking.finish(ok=range(256), limit_s=asking.ask_limit_s)
    except TimedOut as error:
        raise Unreachable(
            f"{remote} did not answer within {asking.ask_limit_s:g} s",
            help=command_line("git", "ls-remote", names=(remote,)),
        ) from error
    if result.code:
        raise Unreachable(
            f"{remote} could not be queried: {' '.join(result.error_text.split())}",
            help=command_line("git", "ls-remote", names=(remote,)),
        )
    refs, peeled, default = {}, {}, None
    # Not `splitlines`: a ref name may contain U+2028 and the like, which do not end a line for git.
    for line in result.out.decode("utf-8", "surrogateescape").split("\n"):
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            if name == "HEAD":
                default = value[len("ref: refs/heads/") :]
        elif name.endswith("^{}"):
            peeled[name[:-3]] = value
        elif name.startswith("refs/"):
            refs[name] = value
    return RemoteRefs(refs=refs, peeled=peeled, default_branch=default)


def history_of(git: Git, commit: str) -> dict[str, int]:
    """Return the id of the commit (0) and those of its whole history, numbered so that each comes before its parents.

    Not `for-each-ref --merged`, which walks by date and misses ancestors if clocks were wrong.
    """
    ids = git.run("rev-list", "--topo-order", "--end-of-options", commit).text.split("\n")
    return {id: at for at, id in enumerate(ids)}


def tags_in_history(git: Git, commit: str, tags: Iterable[TagRef]) -> dict[str, int]:
    """Return the names of the tags at the commit or in its history, with the numbers of `history_of`."""
    known = [(tag.name, tag.commit_id) for tag in tags if tag.commit_id is not None]
    history = history_of(git, commit) if known else {}
    return {name: history[id] for name, id in known if id in history}


def tags_containing(git: Git, commit: str, names: Sequence[str]) -> frozenset[str]:
    """Return those of the local tags whose history contains the commit."""
    if not names:
        return frozenset()
    asked = ("for-each-ref", f"--contains={commit}", "--format=%(refname:lstrip=2)", "--")
    if len(names) > _MANY_NAMES:
        whole = git.run(*asked, "refs/tags", ok=range(256))
        if whole.code == 0:  # else git failed on a broken tag
            return frozenset(whole.text.split("\n")) & frozenset(names)
    found: set[str] = set()
    for start in range(0, len(names), _MANY_NAMES):
        patterns = [f"refs/tags/{name}" for name in names[start : start + _MANY_NAMES]]
        found.update(git.run(*asked, *patterns).text.split("\n"))
    return frozenset(found) & frozenset(names)


def is_ancestor(git: Git, ancestor: str, descendant: str) -> bool | None:
    """Return whether `ancestor` is `descendant` or in its history; None if one of them is not here."""
    code = git.run("merge-base", "--is-ancestor", ancestor, descendant, ok=(0, 1, 128)).code
    return {0: True, 1: False, 128: None}[code]


def have_commits(git: Git, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the ids that are commits in this repository."""
    asked = list(dict.fromkeys(ids))
    if not asked:
        return frozenset()
    answer = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin="\n".join(asked).encode() + b"\n")
    return frozenset(line.split()[0] for line in answer.text.split("\n") if line.endswith(" commit"))


def have_all(git: Git, tips: Iterable[str], *, since: str) -> bool:
    """Return whether every object that `tips` reach and `since` does not is here and readable."""
    listing = git.run("rev-list", "--objects", "--no-object-names", *tips, f"^{since}", ok=range(256))
    ids = listing.out.split()
    answer = git.run("cat-file", "--batch-check=%(objectname)", stdin=b"\n".join(ids) + b"\n", ok=range(256))
    return listing.code == 0 and answer.code == 0 and answer.out.split() == ids


def subjects_since(git: Git, commit: str, since: str | None) -> tuple[tuple[str, str], ...]:
    """Return id and subject of the commits after `since` (None: from the first commit), newest first, no merges."""
    span: Sequence[str] = (commit,) if since is None else (commit, f"^{since}")
    rows = read_log(git, ("%s",), "--no-merges", "--end-of-options", *span, "--")
    return tuple((id, subject) for id, subject in rows)


def resolve_commit(git: Git, revision: str) -> str | None:
    """Return the commit id for a revision given by the user; None if there is none."""
    if not _is_one_word(revision):
        return None
    result = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", ok=(0, 1, 128))
    return result.text if result.code == 0 else None


def _is_one_word(revision: str) -> bool:
    """Return whether git can be given a revision: it has no line break, no NUL, and no character without bytes."""
    try:
        return b"\n" not in (word := os.fsencode(revision)) and b"\0" not in word
    except UnicodeEncodeError:
        return False


def fetch_branch(git: Git, remote: str, branch: str) -> None:
    """Fetch the history of a remote branch; only its tracking ref moves. Raises Unreachable."""
    _fetch(git, remote, f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}")


def fetch_objects(git: Git, place: str, *names: str) -> None:
    """Fetch refs of a remote or URL with their objects; no local ref moves. Raises Unreachable."""
    _fetch(git, place, "--refmap=", *names)


def fetch_lost_objects(git: Git, remote: str, *names: str) -> None:
    """Fetch as `fetch_objects` if local refs name lost objects: git does not tell the remote what this clone has.

    Raises Unreachable.
    """
    try:
        _fetch(git, remote, "--refetch", *names)
    except UnknownOption:  # git before 2.36
        _fetch(git.having("fetch.negotiationAlgorithm=noop"), remote, *names)


class UnknownOption(Unreachable):
    """An option that this git does not know."""


def _fetch(git: Git, place: str, *specs: str) -> None:
    words = (
        "fetch",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--no-prune",
        "--quiet",
        *(spec for spec in specs if spec.startswith("--")),
    )
    refspecs = [spec for spec in specs if not spec.startswith("--")]
    result = git.run(*words, "--", place, *refspecs, ok=range(256), limit_s=FETCH_LIMIT_S)
    if result.code:
        kind = UnknownOption if result.code == 129 else Unreachable
        raise kind(
            f"{place} could not be queried: {' '.join(result.error_text.split())}",
            help=command_line("git", "fetch", names=(place,)),
        )


def parse_date(raw: str) -> datetime | None:
    """Parse git's raw date, `1700000000 +0100`, as a datetime in UTC; None if out of range."""
    try:
        return datetime.fromtimestamp(int(raw.partition(" ")[0]), timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def _parse(git: Git, line: bytes) -> DatedTag:
    *fields, subject = line.split(b"\0", len(_REF_FIELDS) + 1)
    name, object_id, peeled, kind, peeled_kind, own_name, when = (
        field.decode("utf-8", "surrogateescape") for field in fields
    )
    commit = object_id if kind == "commit" else peeled if peeled_kind == "commit" else None
    if peeled_kind == "tag":  # a tag of a tag: `%(*...)` peels only once
        commit = resolve_commit(git, object_id)
    ref = TagRef(name=name, object_id=object_id, commit_id=commit, own_name=own_name)
    return DatedTag(ref=ref, when=parse_date(when), subject=subject.decode("utf-8", "replace"))


# Phase 4, update refs: branch and tag move together, in one transaction that checks old values


class RefUpdate(Struct, frozen=True, kw_only=True):
    """Update of a ref, here or by a push: full name, new object id ("": delete it), and the one before ("": none)."""

    ref: str
    new: str
    old: str


def locks_of(repository: Repository, refs: Sequence[str]) -> tuple[Path, ...]:
    """Return the lock files that would block moves of these refs (full names), of a running or a killed git.

    Only looks for the files. Taking the locks as a test would leave them behind after a kill, even from a
    command that changes nothing.
    """
    common = repository.common_dir
    locks = [common / f"{ref}.lock" for ref in refs]
    if any(ref.startswith("refs/heads/") for ref in refs):
        locks.append(repository.git_dir / "HEAD.lock")
    return tuple(lock for lock in locks if os.path.lexists(lock))


def update_refs(git: Git, updates: Sequence[RefUpdate], *, reason: str) -> None:
    """Move all of the refs or none. Raises GitFailed."""
    script = "".join(f"{_line(each)}\0" for each in updates).encode("utf-8", "surrogateescape")
    if updates:
        git.having(*DURABLE).run("update-ref", "-m", reason, "--create-reflog", "--stdin", "-z", stdin=script)


def read_refs(git: Git, names: Iterable[str]) -> dict[str, str]:
    """Return the object ids of those refs (full names) that exist."""
    wanted = list(names)
    listing = git.run("for-each-ref", "--format=%(refname)%00%(objectname)", "--", *wanted).text
    pairs = (line.split("\0") for line in listing.split("\n") if line)
    return {name: id for name, id in pairs if name in wanted}


def _line(update: RefUpdate) -> str:
    if not update.new:
        return f"delete {update.ref}\0{update.old}"
    return f"update {update.ref}\0{update.new}\0{update.old}" if update.old else f"create {update.ref}\0{update.new}"
