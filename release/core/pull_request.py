"""Pull request with a prepared release: its branch, commit and text, and the steps to it (GitLab: merge request)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from hashlib import sha256

from msgspec import Struct

from release.core.forge import ForgeKind
from release.core.release_page import TitledText, shortened
from release.core.text import command_line, for_terminal, quote
from release.errors import Refused

_LONGEST_TITLE = 250  # GitLab takes 255 characters, GitHub 256
_LONGEST_BODY = {
    ForgeKind.GITHUB: 60_000,  # GitHub takes 65,536 characters
    ForgeKind.GITLAB: 1_000_000,  # and GitLab 1,048,576
    ForgeKind.FORGEJO: 60_000,
    ForgeKind.BITBUCKET: 0,
}
_PLAIN_NAME = re.compile(r"[\w.-]*\w", re.ASCII)
_TRAILER = re.compile(r"^Release-Prepared: (?P<tag>\S+) [0-9a-f]{64}$", re.MULTILINE)
_SIGNED_OFF = re.compile(r"(?:Signed-off-by: [^\n]+\n)?")
_CONVENTIONAL_START = re.compile(r"[a-z]+(?:\([^()]*\))?: ")


class RequestState(Enum):
    """States of a pull request."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class PullRequest(TitledText, frozen=True, kw_only=True):
    """A pull request, as it is on the forge, or as it should be (`number` 0, `url` and `commit` "").

    `head` and `base` are short names of branches of one repository; `commit` is the head's last commit.
    """

    head: str
    base: str
    state: RequestState = RequestState.OPEN
    number: int = 0
    url: str = ""
    commit: str = ""

    def named(self, kind: ForgeKind) -> str:
        """Return the name of an existing one: `pull request #12`, on GitLab `merge request !12`."""
        return f"{noun_of(kind)} {'!' if kind is ForgeKind.GITLAB else '#'}{self.number}"


def noun_of(kind: ForgeKind) -> str:
    """Return what the forge calls a pull request."""
    return "merge request" if kind is ForgeKind.GITLAB else "pull request"


def request_branch(base: str, folder: str, model: str | None) -> str:
    """Return the branch that a pull request to `base` comes from; `folder` is the project's ("": the git root).

    No pattern of release branches (`release/*`) fits it, and no two projects or models of a repository share it.
    """
    whose = folder if model is None else f"{folder}@{model}"
    if not whose:
        return f"release-pr/{base}"
    plain = re.sub(r"[^0-9A-Za-z]+", "-", whose).removeprefix("-")
    name = whose if _PLAIN_NAME.fullmatch(whose) else f"{plain}-{_digest(whose)[:8]}"
    return f"release-pr-{name}/{base}"


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


# Title, text and commit


def request_title(tag: str, message: str | None, pattern: str) -> str:
    """Return the title, which forges take for the subject of a squash; `message` None: the release has the default one.

    It begins as release commits do if those are Conventional (`pattern`: `chore(release): {tag}`), for commitlint.
    """
    start = _CONVENTIONAL_START.match(pattern)
    title = f"{start[0]}prepare {tag}" if start else f"Prepare {tag}"
    title = for_terminal(f"{title}: {message}" if message else title)
    return title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}..."


def request_body(text: str, kind: ForgeKind, changelog: str) -> str:
    """Return a text of at most the length that the forge takes."""
    return shortened(text, _LONGEST_BODY[kind], changelog)


def prepared_message(subject: str, tag: str, *, of: tuple[str, str], signed_off_by: str | None) -> str:
    """Return the message of our commit; `of` are its tree and its parent, which the trailer proves to be ours."""
    trailers = f"Release-Prepared: {tag} {_digest(*of, subject)}\n"
    trailers += "" if signed_off_by is None else f"Signed-off-by: {signed_off_by}\n"
    return f"{subject}\n\n{trailers}"


def is_own_commit(data: bytes) -> bool:
    """Return True if a commit object is as `prepare` made it: a changed or rebased one has another digest, or more words."""
    head, _, message = data.decode("utf-8", "surrogateescape").partition("\n\n")
    of = (*_fields(head, "tree"), *_fields(head, "parent"))  # a merge has more than two
    found = _TRAILER.search(message)
    if found is None or len(of) != 2:
        return False
    made = prepared_message(message.partition("\n")[0], found["tag"], of=(of[0], of[1]), signed_off_by=None)
    return message.startswith(made) and _SIGNED_OFF.fullmatch(message, len(made)) is not None


def content_of(data: bytes) -> tuple[str, ...]:
    """Return tree, parents and message of a commit object: two with equal ones differ in makers and dates alone."""
    head, _, message = data.decode("utf-8", "surrogateescape").partition("\n\n")
    return (*_fields(head, "tree"), *_fields(head, "parent"), message)


def _fields(head: str, name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in head.split("\n") if line.startswith(f"{name} ")]


# What is done, in order: each step finds what an earlier run left


class RequestStepKind(Enum):
    """The steps of a pull request."""

    PUSH = "push"
    OPEN = "open"
    UPDATE = "update"
    CLOSE = "close"
    DROP_BRANCH = "delete branch"


class RequestStep(Struct, frozen=True):
    """One step; `on` is the pull request that it changes (None: another step)."""

    kind: RequestStepKind
    text: str
    on: PullRequest | None = None


class RequestTip(Struct, frozen=True, kw_only=True):
    """The last commit of the pull request's branch on the remote (`id` "": there is none).

    `ours`: `prepare` made it, unchanged. `wanted`: it is the one that would be made now.
    """

    id: str = ""
    ours: bool = False
    wanted: bool = False


class Wanted(Struct, frozen=True, kw_only=True):
    """The pull request that there should be on `kind` of forge.

    `commit` is ours, in the scratch store ("": there is nothing to release, so no pull request); `tip` that of the base
    branch. `prepared`: only the tag is left to make. `remote` is the git remote, `help` the command to type again.
    """

    request: PullRequest
    commit: str
    tip: str
    prepared: bool
    kind: ForgeKind
    remote: str
    help: str

    @property
    def open(self) -> bool:
        """True if there should be one."""
        return bool(self.commit)


def steps_to_request(wanted: Wanted, found: Sequence[PullRequest], tip: RequestTip) -> tuple[RequestStep, ...]:
    """Return the steps to the wanted pull request, or to none; empty if it is so. `found` are all of the branch.

    Raises Refused if someone else pushed to the branch. A branch that was merged as it is may be replaced.
    """
    branch, base = wanted.request.head, wanted.request.base
    current = open_request(found)
    merged = any(each.state is RequestState.MERGED and each.commit == tip.id for each in found)
    is_free = not tip.id or tip.ours or merged
    if not is_free and (wanted.open or current is not None):
        raise _kept(wanted, current)
    steps = []
    if not wanted.open:
        if current is not None:
            steps.append(RequestStep(RequestStepKind.CLOSE, f"close {current.named(wanted.kind)}", current))
        if tip.ours:
            steps.append(RequestStep(RequestStepKind.DROP_BRANCH, f"delete {branch}"))
        return tuple(steps)
    if not tip.wanted:
        steps.append(RequestStep(RequestStepKind.PUSH, f"push one commit to {branch}"))
    if current is None:
        steps.append(RequestStep(RequestStepKind.OPEN, f"open a {noun_of(wanted.kind)} from {branch} to {base}"))
    elif not wanted.request.same_text(current):
        text = f"update the text of {current.named(wanted.kind)}"
        steps.append(RequestStep(RequestStepKind.UPDATE, text, current))
    return tuple(steps)


def open_request(found: Iterable[PullRequest]) -> PullRequest | None:
    """Return the open pull request, the oldest if there are several; None if there is none."""
    return min((each for each in found if each.state is RequestState.OPEN), key=lambda each: each.number, default=None)


def _kept(wanted: Wanted, current: PullRequest | None) -> Refused:
    branch, remote = wanted.request.head, wanted.remote
    which = f"{branch} has commits that release did not make"
    if current is not None:
        which += f"; {current.named(wanted.kind)} stays as it is"
    keep = command_line("git", "fetch", names=(remote, f"{branch}:kept/{branch}"))
    drop = command_line("git", "push", names=(remote, f":{branch}"))
    return Refused(
        which,
        help=f"merge it as it is; or {keep} && {drop} && {wanted.help}   (keeps them as {quote('kept/' + branch)})",
        section="forge",
    )


# Report of `release prepare --pull-request`


class RequestOutcome(Enum):
    """Outcomes, as documents name them."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLOSED = "closed"
    NONE = "none"  # there is nothing to release, and no pull request is open
    PREVIEW = "dry run"


class RequestReport(Struct, frozen=True, kw_only=True):
    """A pull request that was brought up to date; `url` "" and `number` 0: there is none.

    `prepared`: the released commit has its entry already, so that `release bump auto` makes the tag.
    """

    outcome: RequestOutcome
    kind: ForgeKind
    request: PullRequest
    steps: tuple[RequestStep, ...] = ()
    prepared: bool = False
