"""A release: request, facts, plan, record, report, and the decision of `recover`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, NewType

from msgspec import Meta, Struct, field
from semver import Version

from release.core.check import Check, exit_code
from release.core.config import Config
from release.core.gates import GateResult
from release.core.lineage import Lineage
from release.core.metrics import Metric, Param, ValueFile
from release.core.pointer import Out, PointerChange
from release.core.problems import RevisionAudit
from release.core.tags import BranchState, ReleaseTag, RemoteRefs, Signature, TagRef, WorkTreeState, WrittenFile
from release.core.text import command_line, for_terminal
from release.core.version import Level
from release.errors import ExitCode, ReleaseError, UsageError

if TYPE_CHECKING:  # with patterns that most commands do not need
    from release.core.auto import CommitStatement
    from release.core.forge import Forge
    from release.core.work_tree import CheckoutRecord

MAX_MESSAGE = 500
Message = NewType("Message", str)  # one line that has been validated
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_HELP = 'give one line of text: -m "charCNN"'


class BadMessage(UsageError):
    """A message that cannot be used in a tag, a changelog and a terminal."""


def validate_message(text: str) -> Message:
    """Return the message without spaces at its ends. Raises BadMessage."""
    message = text.strip(" ")
    if not message.strip():
        raise BadMessage("the message is blank", help=_HELP)
    if "-----BEGIN " in message:
        raise BadMessage("the message holds a `-----BEGIN ` line, which git would take for a signature", help=_HELP)
    if "\n" in message or "\r" in message:
        raise BadMessage("the message has more than one line", help=_HELP)
    if unseen := next(filter(_is_unseen, message), None):
        raise BadMessage(f"the message holds the control character {for_terminal(unseen)}", help=_HELP)
    if message.startswith("-"):
        raise BadMessage(f"the message starts with `-`, like an option: {for_terminal(message[:40])}", help=_HELP)
    if len(message) > MAX_MESSAGE:
        raise BadMessage(
            f"the message has {len(message):,} characters, and {MAX_MESSAGE} is the most",
            help="give a short line with -m, and write the rest under `## [Unreleased]` in the changelog",
        )
    return Message(message)


def optional_message(text: str | None) -> Message | None:
    """Return the validated message; None if none was given. Raises BadMessage."""
    return None if text is None else validate_message(text)


def _is_unseen(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in _UNSEEN


# Requests of release commands: options as given, before anything is read

AUTO = "auto"  # KIND is chosen from the changes


class BumpRequest(Struct, frozen=True, kw_only=True):
    """Options of a `release bump` call; only message and reason have been validated.

    `kind` is major, minor, patch, pre, final, auto or an exact version. None means "not given": `message` becomes the
    default subject, `pre` no prerelease, `at` HEAD, `base` the previous release by rule; `commit`, `push_data`,
    `publish` and `sign` follow the settings of the project and of git. `commit` False makes only the tag, `push` False
    leaves the release local. `push_data` uploads data that only the local cache has; `publish` makes the release page
    after the push. `allow_regression` is the reason why a metric
    may fail its gate (None: it may not). `ask_for_key` False skips signatures that might prompt for a passphrase.
    `back_to` is the tag whose pointers, parameters and metrics are released again (`release rollback`); `with_code`
    includes its code. `prepare`: only write the files (`release prepare`). `called` is the command that help lines name
    (None: by the other fields). `all_models`: each model whose data changed is released. `fallback` is the level to plan
    if `auto` finds nothing to release (None: plan nothing).
    """

    kind: str
    message: Message | None = None
    pre: str | None = None
    at: str | None = None
    base: str | None = None
    commit: bool | None = None
    push: bool = True
    push_data: bool | None = None
    publish: bool | None = None
    allow_empty: bool = False
    allow_regression: Message | None = None
    sign: bool | None = None
    ask_for_key: bool = True
    back_to: str | None = None
    with_code: bool = False
    prepare: bool = False
    all_models: bool = False
    called: str | None = None
    fallback: Level | None = None

    @property
    def before_kind(self) -> tuple[str, ...]:
        """The words of the call up to KIND."""
        if self.back_to is not None:
            return ("release", "rollback", self.back_to)
        every = ("--all-models",) if self.all_models else ()
        return ("release", self.called or ("prepare" if self.prepare else "bump"), *every)

    @property
    def upload_command(self) -> str:
        """The command that uploads data which only the cache has."""
        if self.back_to is not None:
            return command_line("release", "verify", names=(self.back_to,), more=("--push",))
        return "release verify --push" if self.prepare else self.command("--push-data")

    @property
    def options(self) -> tuple[str, ...]:
        """The options to repeat in help lines that name another version or base."""
        at = ("--at", self.at) if self.at is not None else ()
        return (*at, *(("-m", self.message) if self.message is not None else ()), *self._flags())

    def command(self, *more: str) -> str:
        """Return the call as a command line to paste, with `more` words."""
        given = (("-m", self.message), ("--pre", self.pre), ("--at", self.at), ("--base", self.base))
        options = [word for name, value in given if value is not None for word in (name, value)]
        empty = ("--allow-empty",) if self.allow_empty and self.back_to is None else ()
        return command_line(*self.before_kind, self.kind, *options, *empty, *self._flags(*more), *more)

    def _flags(self, *more: str) -> tuple[str, ...]:
        """Return the flags of the call that `more` does not replace; a rollback's reason is its own."""
        flags = (
            ("--code", self.with_code),
            ("--no-commit", self.commit is False),
            ("--no-push", not (self.push or self.prepare)),
            ("--push-data", bool(self.push_data) and "--push-data" not in more),
            ("--publish", bool(self.publish)),
            ("--sign", self.sign is True and "--no-sign" not in more),
            ("--no-sign", self.sign is False and "--no-sign" not in more),
        )
        reason = self.allow_regression if self.back_to is None else None
        why = () if reason is None else ("--allow-regression", reason)
        return (*(name for name, on in flags if on), *why)


# Plan of a release, made before anything changes; preview and execution use the same plan


class StepKind(Enum):
    """Steps of a release that change something, in their order."""

    KEEP = "keep"  # move objects into the store, write the record
    PUBLISH = "publish"
    MOVE_REFS = "move refs"
    UPDATE_FILES = "update files"
    MOVE_DATA = "move data"
    PROPOSE = "propose"  # a step of a pull request


class Step(Struct, frozen=True, kw_only=True):
    """One step with its sentence ("push main and v1.4.0 to origin together").

    `together`: the push updates several refs, all or none of them.
    """

    kind: StepKind
    text: str
    together: bool = False


class FileChange(Struct, frozen=True, kw_only=True):
    """A file of the release commit; `created` if it is new."""

    path: str
    created: bool


class PlannedRelease(Struct, frozen=True, kw_only=True):
    """A release of a plan: its version and its texts.

    `kind` is the requested KIND. `previous` is the release that deltas and gates compare with, `commits` are the
    subjects since then, newest first. `tag_object` is the id of the prepared tag (None if a failed check prevented it).
    `chosen` is the choice of `auto`: a level, a version or `none` (None: the user chose); `reasons` explain it. `model`
    is the model that is released (None: the repository).
    """

    kind: str
    version: Version | None
    tag: str | None
    previous: ReleaseTag | None
    message: str
    commits: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    pointers: tuple[PointerChange, ...] = ()
    gates: tuple[GateResult, ...] = ()
    changelog_entry: str = ""
    chosen: str | None = None
    reasons: tuple[str, ...] = ()
    tag_object: str | None = None
    model: str | None = None

    @property
    def call(self) -> tuple[str, ...]:
        """The words of a call that makes such a release, up to KIND."""
        return ("release", "bump", *(() if self.model is None else ("--model", self.model)))


class BumpPlan(Struct, frozen=True, kw_only=True):
    """Releases that are published together by one push.

    `releases` are never empty. `base` is the commit that is released. `branch` is the short name of the branch that
    gets the release commit (None: only tags are made). `commit` is the id of the prepared commit (None if a failed check
    prevented it). `also_published` names unpushed commits and tags that are pushed along. `nothing` is the reason why
    there is nothing to release (None: there is something). `publish`: its page is made after the push.
    """

    releases: tuple[PlannedRelease, ...]
    base: str
    branch: str | None
    remote: str
    checks: tuple[Check, ...] = ()
    audit: RevisionAudit | None = None
    files: tuple[FileChange, ...] = ()
    steps: tuple[Step, ...] = ()
    also_published: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    push: bool = True
    publish: bool = False
    commit: str | None = None
    nothing: str | None = None

    @property
    def release(self) -> PlannedRelease:
        """The first release; only `bump --all-models` plans several."""
        return self.releases[0]

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the planned tags, as far as they could be decided."""
        return tuple(release.tag for release in self.releases if release.tag is not None)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are released; none for a release of the repository."""
        return tuple(release.model for release in self.releases if release.model is not None)

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the checks; DONE if the release may proceed."""
        return exit_code(self.checks)

    @property
    def refused(self) -> bool:
        """True if any check blocks."""
        return self.exit_code is not ExitCode.DONE


# Write-ahead record: everything needed to finish or discard a release


class RecordState(Enum):
    """Progress of a release when its record was last written."""

    PREPARING = "preparing"
    PUSHING = "pushing"
    UNPUBLISHED = "unpublished"


class RecordKind(Enum):
    """Kind of change that a record publishes."""

    RELEASE = "release"  # a commit, or none, and tags
    UNDO = "undo"  # a commit that reverses a release, or none, and the deletion of its tag
    MARK = "mark"  # a commit about a release, whose tag stays


class RecordedRelease(Struct, frozen=True, kw_only=True):
    """One tag that is made: its short name, version, subject, and the id of the tag object."""

    tag: str
    version: str
    message: str
    tag_object: str


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Releases in progress that are published together, or a published release that is undone or marked (`kind`).

    `releases` are never empty. The last tag is pushed last: if it is on the remote, everything is. `branch` is a short
    name (None: tags only). `base` is the released commit, `tip` the remote branch's tip that the push is leased on (""
    for a new branch), `commit` the new commit's id. `remote_branch` is the branch's name on the remote. `blobs` are the
    files written (path to blob id). `also` are further tags of the same push (name to object id). `worktree` is the
    folder of the work tree; `attached`: HEAD was on the branch. `asked` counts pushes without an answer. `started` is
    UTC, ISO 8601. `push` False: `--no-push`. `undoing`: an unpublished release is being undone. `accepted`: the remote
    confirmed everything; a ref that is missing there now was deleted. `data`: a rollback, which also updates data in the
    work tree.
    """

    state: RecordState
    release_id: str
    releases: Annotated[tuple[RecordedRelease, ...], Meta(min_length=1)]
    remote: str
    branch: str | None
    remote_branch: str | None
    base: str
    tip: str
    commit: str
    worktree: str
    attached: bool
    started: str
    blobs: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    atomic: bool = True
    asked: int = 0
    push: bool = True
    undoing: bool = False
    accepted: bool = False
    data: bool = False
    kind: RecordKind = RecordKind.RELEASE

    @property
    def mark(self) -> str:
        """Content of the `.keep` file."""
        return f"release {self.release_id}"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags' names."""
        return tuple(release.tag for release in self.releases)

    @property
    def tag(self) -> str:
        """The tags' names, separated by commas."""
        return ", ".join(self.tags)

    @property
    def name(self) -> str:
        """A name for what is published: `v1.4.0`, or `the undo of v1.4.0`."""
        return {RecordKind.UNDO: f"the undo of {self.tag}", RecordKind.MARK: f"the commit about {self.tag}"}.get(
            self.kind, self.tag
        )

    @property
    def interrupted(self) -> str:
        """The interruption, as a sentence."""
        return f"a release was interrupted: {self.name}, started {self.started} in {self.worktree}"

    @property
    def version(self) -> str:
        """The version of the first release."""
        return self.releases[0].version

    @property
    def tag_refs(self) -> dict[str, str]:
        """Full names of the tags' refs, each with the id of its tag object."""
        return {f"refs/tags/{release.tag}": release.tag_object for release in self.releases}

    @property
    def kept_refs(self) -> dict[str, str]:
        """Full names of the refs that keep the tag objects of an undo, so that they can be restored."""
        return {f"refs/undone/{release.tag}": release.tag_object for release in self.releases}

    @property
    def last_ref(self) -> str:
        """Full name of the tag's ref that is pushed last."""
        return f"refs/tags/{self.releases[-1].tag}"

    @property
    def last_object(self) -> str:
        """Id of the tag object that is pushed last."""
        return self.releases[-1].tag_object


# Facts that a release needs, read before anything is decided


class RepositoryFacts(Struct, frozen=True, kw_only=True):
    """The repository and its git remote.

    `commit` is the commit to release; `at`: it was named with `--at`. `branch` None: HEAD is detached and no branch
    could be determined, or `--at`. `remote` None: it was not queried, or could not be reached, see `remote_problem`.
    `push_urls` is the number of push URLs. `ancestors` and `descendants` are names of tags (local and remote) that are
    in the commit's history or have it in theirs. `on_remote_branches` are the remote branches that contain the commit
    (`--at` only). `author`, `committer`: `Name <email> seconds zone`, None if git has no identity; `identity_problem`
    is git's message. `likely_default` is the future default branch of an empty remote (None: not known, or not needed).
    `signing` names the settings that require signatures. `pending` is an interrupted release, or, if `at_work` is set,
    one that another process is making.
    """

    config: Config
    commit: str
    at: bool
    state: WorkTreeState
    branch: BranchState | None
    remote_name: str
    remote: RemoteRefs | None
    remote_problem: Check | None
    push_urls: int
    local_tags: tuple[TagRef, ...]
    ancestors: Mapping[str, int]
    descendants: frozenset[str]
    absent: frozenset[str]
    on_remote_branches: tuple[str, ...]
    shallow: bool
    author: str | None
    committer: str | None
    signing: tuple[str, ...]
    forge: Forge | None = None  # where links of the changelog lead; None: the remote's host is not known
    signs_off: bool = False  # git's `format.signOff`: the release commit gets a `Signed-off-by`
    branch_elsewhere: str | None
    pending: Record | CheckoutRecord | None
    unpublished: tuple[Record, ...]
    at_work: str | None = None
    identity_problem: str = ""
    likely_default: str | None = None

    @property
    def signed_off_by(self) -> str | None:
        """The `Name <email>` of a `Signed-off-by`; None: git's settings do not ask for one."""
        return (self.committer or "").rpartition("> ")[0] + ">" if self.signs_off else None


class CommitFacts(Struct, frozen=True, kw_only=True):
    """Content of the released commit, and of the previous release (`before`).

    `missing` are metric and parameter files that the configuration names and the commit lacks, `absent` those of them
    that are not on disk either. `commits` are newest first, with merges. `outs_before` and the `before` values are empty
    if there is no previous release. `files` are those that the release will write. `baselines` are the metric files of
    the tags that gates name (None: the tag's commit is not here; tags that do not exist are left out). `model` are the
    checks of the model that is released.
    """

    metrics: tuple[ValueFile, ...] = ()
    metrics_before: tuple[ValueFile, ...] = ()
    params: tuple[ValueFile, ...] = ()
    params_before: tuple[ValueFile, ...] = ()
    missing: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    outs: tuple[Out, ...] = ()
    outs_before: tuple[Out, ...] = ()
    audit: RevisionAudit | None = None
    tracked_data: Check | None = None
    model: tuple[Check, ...] = ()
    commits: tuple[CommitStatement, ...] = ()
    files: Mapping[str, WrittenFile] = field(default_factory=dict)
    baselines: Mapping[str, tuple[ValueFile, ...] | None] = field(default_factory=dict)
    lineage: Lineage = Lineage()


# Result of `release bump`


class Outcome(Enum):
    """Outcomes of a bump."""

    RELEASED = "released"
    NOTHING = "nothing to release"
    REFUSED = "refused"
    PREVIEW = "preview"


class BumpReport(Struct, frozen=True, kw_only=True):
    """The plan and its outcome; `pushed`: the remote has the release.

    `warnings` are shown at the end: what the user has to settle (a diverged branch, a detached HEAD). `pages` are the
    addresses of the release pages, `without_page` is why one could not be made.
    """

    plan: BumpPlan
    outcome: Outcome
    pushed: bool = False
    warnings: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    without_page: ReleaseError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the process: 9 if the release is made and its page is not."""
        return self.plan.exit_code if self.without_page is None else ExitCode.PARTIAL


# Plan of a change to a published release: it is undone, or marked


class ChangePlan(Struct, frozen=True, kw_only=True):
    """The undo of published releases, or a mark on one; carried out by one push.

    `releases` are those of one commit. `files` are those that the commit writes, `reason` is in its message. `commit`
    None: a failed check prevented it, or none is made. `by_tag` is the marking tag (None: a commit marks it). `remote`
    None: the releases are only in this clone. `remote_branch` is the name of `branch` there.
    """

    kind: RecordKind
    releases: tuple[ReleaseTag, ...]
    remote: str | None
    branch: str | None
    reason: str | None
    files: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()
    commit: str | None = None
    by_tag: str | None = None
    remote_branch: str | None = None
    tagged: Signature | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the checks; DONE if the change may proceed."""
        return exit_code(self.checks)

    @property
    def names(self) -> str:
        """The tags' names, separated by commas."""
        return ", ".join(release.name for release in self.releases)


class ChangeReport(Struct, frozen=True, kw_only=True):
    """The plan of a change, whether it was carried out, and what the user has to settle."""

    plan: ChangePlan
    done: bool
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the process."""
        return self.plan.exit_code


# Report of `status`


class StatusReport(Struct, frozen=True, kw_only=True):
    """State of HEAD: the release that `auto` would make, as a plan that is not executed.

    If `auto` finds nothing to release, the plan is that of a patch with the `chosen` of `auto`. `released` is the
    published release at HEAD (None: there is none).
    """

    plan: BumpPlan
    released: str | None = None

    @property
    def is_final(self) -> bool:
        """True if HEAD is released as a final version; a prerelease there may still become one."""
        version = self.plan.release.version
        return self.released is not None and version is not None and version.prerelease is None

    @property
    def check_code(self) -> ExitCode:
        """Exit code of `status --check`: that of `bump`, DONE if HEAD is released already and nothing is pending."""
        code = self.plan.exit_code
        return ExitCode.DONE if self.released is not None and code is not ExitCode.PENDING else code


# Recovery of an interrupted release, decided by the state of the remote


class Decision(Enum):
    """Possible decisions."""

    FORGET = "forget"  # nothing was published, and nothing can be any more
    FINISH = "finish"  # it is published: update this clone
    PUSH_AGAIN = "push again"  # the remote is unchanged: push the same ids
    TAKEN = "taken"  # the remote has another tag of that name: ours can never apply
    MOVED = "moved"  # the remote branch moved elsewhere: ours can never apply
    DELETED = "deleted"  # it was published and its tag was deleted: do not restore it
    ASK = "ask"  # the remote's state is ambiguous: published and deleted, or never published
    WAIT = "wait"  # the remote cannot be reached
    MAKE_WHOLE = "make whole"  # a `--no-push` release that is only partly made here
    GIVE_UP = "give up"  # still open, and the user wants to discard it


class RemoteState(Struct, frozen=True, kw_only=True):
    """State of a record's refs on the remote.

    `tag` is the object id of the tag that is pushed last (None: absent), `branch` the tip of its branch (None: absent;
    "?": another commit, whose id is not known). `holds_commit`: that branch has our commit in its history (None: not
    known).
    """

    tag: str | None
    branch: str | None
    holds_commit: bool | None


class Finished(Struct, frozen=True, kw_only=True):
    """Local refs and files that were updated, and warnings about those that were left alone.

    `data_trouble` is the reason why data could not be updated (None: it was, or need not be).
    """

    moved: tuple[str, ...]
    files: tuple[str, ...]
    warnings: tuple[str, ...]
    data_trouble: str | None = None


class RecoverOutcome(Enum):
    """Outcomes of a recovery."""

    NOTHING = "nothing"
    FINISHED = "finished"
    FORGOTTEN = "forgotten"
    TAKEN_BACK = "taken back"
    DELETED = "deleted"
    PUSH_AGAIN = "push again"  # dry run only: the result depends on the remote
    ASK = "ask"  # dry run only: the user decides


class RecoverReport(Struct, frozen=True, kw_only=True):
    """Result of a recovery.

    `tag` None: nothing was pending. `unpublished` names releases made with `--no-push`. `preview`: a dry run, nothing
    was done.
    """

    outcome: RecoverOutcome
    message: str
    tag: str | None = None
    finished: Finished | None = None
    unpublished: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.DONE
    preview: bool = False


def decide(record: Record, state: RemoteState | None) -> Decision:
    """Decide how to recover, from the remote's state (None: the remote did not answer)."""
    if record.state is not RecordState.PUSHING:
        return Decision.FORGET
    if state is None:
        return Decision.FINISH if record.accepted else Decision.WAIT
    if record.kind is not RecordKind.RELEASE:
        return _decide_change(record, state)
    if state.tag is not None:
        return Decision.FINISH if state.tag == record.last_object else Decision.TAKEN
    return Decision.DELETED if record.accepted else _by_branch(record, state)


OPEN = (Decision.PUSH_AGAIN, Decision.WAIT, Decision.ASK)  # still open: `--undo` discards these


def half_there(record: Record, state: RemoteState | None) -> bool:
    """Return True if the remote branch has the release commit but not the tag, possible without `atomic`."""
    if state is None or state.tag is not None or record.commit == record.base or record.kind is not RecordKind.RELEASE:
        return False
    return state.branch == record.commit or bool(state.holds_commit)


def describe_open(record: Record, state: RemoteState | None) -> str:
    """Describe what is not known about a release whose tag is absent on the remote."""
    if half_there(record, state):
        there = f"{record.remote} has the commit of {record.tag} on {record.remote_branch}, and no tag {record.tag}"
        return f"{there}: it never arrived, was refused, or was deleted there"
    return f"{record.remote} has no tag {record.tag}: it never arrived, or was deleted there"


def not_answered(record: Record, remotes: Sequence[str]) -> tuple[str, str]:
    """Return the message and the help for a remote that did not answer; `remotes` are the configured ones."""
    if record.remote in remotes:
        words = f"{record.remote} could not be queried about {record.tag}: it may or may not be there"
        return words, "release recover"
    there = f"there is {', '.join(remotes)}" if remotes else "there is none"
    words = (
        f"{record.tag} was pushed to the git remote {record.remote}, which is not configured any more ({there}): "
        "it may or may not have arrived"
    )
    if not remotes:
        back = f"{command_line('git', 'remote', 'add', names=(record.remote,))} URL"
    else:
        renamed = remotes[0] if len(remotes) == 1 else "NAME"
        rename = command_line("git", "remote", "rename", names=(renamed, record.remote))
        back = f"if it is called otherwise now: {rename}"
    return words, f"{back}, then release recover   (or, to discard the release: release recover --undo)"


def describe_undo(record: Record, state: RemoteState | None) -> str:
    """Describe what is uncertain, or stays on the remote, if the release is discarded."""
    if half_there(record, state):
        there = f"{record.remote} has the commit of {record.tag} on {record.remote_branch}, where it stays"
        return f"{there}; only the tag can be discarded"
    return f"A push of {record.name} was never answered and may still arrive"


def describe_forgotten(record: Record, state: RemoteState | None) -> str:
    """Describe the state of a discarded release, with the next command."""
    if not half_there(record, state):
        return f"{record.name} is discarded; it may still appear on {record.remote}"
    stays = f"its commit {record.commit[:7]} stays on {record.remote_branch} of {record.remote}, without a tag"
    pull = command_line("git", "pull", "--ff-only", names=(record.remote, record.remote_branch or ""))
    way = f"to make the tag later: {pull}, then release bump {record.version}"
    return f"{record.tag} is discarded; {stays} ({way})"


def describe_recovery(
    record: Record, state: RemoteState | None, decision: Decision, *, done: bool
) -> tuple[RecoverOutcome, str]:
    """Return the outcome of a decision and its sentence (`done` False: a dry run). WAIT has none: an error."""
    tag, name, remote = record.tag, record.name, record.remote
    forgotten, finished = RecoverOutcome.FORGOTTEN, RecoverOutcome.FINISHED
    again = f"{remote} is as it was before {tag}: the same commit and tag are pushed again"
    asked = f"{describe_open(record, state)}; you would be asked whether to publish it"
    given_up = f"{describe_undo(record, state)}: you would be asked whether to discard it"
    moved = f"{record.remote_branch} on {remote} has moved: {name} was not published, and is discarded"
    deleted = f"{tag} was published, and then deleted on {remote}: it is not brought back"
    sentences = {
        Decision.MAKE_WHOLE: (finished, f"{tag} was half made here, and is made whole; not published yet"),
        Decision.FINISH: (finished, f"{remote} has {tag}, and it is ours"),
        Decision.PUSH_AGAIN: (RecoverOutcome.PUSH_AGAIN, again),
        Decision.ASK: (RecoverOutcome.ASK, asked),
        Decision.GIVE_UP: (forgotten, describe_forgotten(record, state)) if done else (RecoverOutcome.ASK, given_up),
        Decision.TAKEN: (forgotten, f"{remote} has another {tag}: ours is discarded"),
        Decision.MOVED: (forgotten, moved),
        Decision.FORGET: (forgotten, f"{name} had not left this clone, and is discarded"),
        Decision.DELETED: (RecoverOutcome.DELETED, deleted),
    }
    if record.kind is not RecordKind.RELEASE:
        again = f"{remote} does not have all of {name}: it is pushed again"
        sentences |= {
            Decision.FINISH: (finished, f"{remote} has {name}"),
            Decision.PUSH_AGAIN: (RecoverOutcome.PUSH_AGAIN, again),
            Decision.TAKEN: (forgotten, f"{remote} has another {tag}: {name} is discarded"),
            Decision.DELETED: (forgotten, f"{tag} is gone on {remote} already: {name} is discarded"),
        }
    return sentences[decision]


def _decide_change(record: Record, state: RemoteState) -> Decision:
    """Decide about an undo or a mark: it is done if the branch has the commit, and an undone tag is gone."""
    applied = record.remote_branch is None or state.branch == record.commit or bool(state.holds_commit)
    is_undo = record.kind is RecordKind.UNDO
    if is_undo and state.tag not in (None, record.last_object):
        return Decision.TAKEN
    if applied:
        return Decision.PUSH_AGAIN if is_undo and state.tag is not None else Decision.FINISH
    if is_undo and state.tag is None:
        return Decision.DELETED  # by someone else: our commit does not decide about it
    if (state.branch or "") == record.tip:
        return Decision.PUSH_AGAIN
    return Decision.WAIT if state.holds_commit is None and state.branch is not None else Decision.MOVED


def _by_branch(record: Record, state: RemoteState) -> Decision:
    """Decide by the branch while the tag is absent: it shows whether the push was applied, or still can be."""
    applied = state.branch == record.commit or state.holds_commit
    if record.remote_branch is None or (applied and record.commit == record.base):
        return Decision.ASK  # any user may have pushed that commit; it proves nothing
    if applied:
        # Without `atomic` the branch is pushed first: perhaps the tag has not arrived yet.
        return Decision.DELETED if record.atomic else Decision.ASK
    if (state.branch or "") == record.tip:
        return Decision.PUSH_AGAIN
    return Decision.WAIT if state.holds_commit is None and state.branch is not None else Decision.MOVED
