"""Tags of a repository: releases, broken tags, their order, the hash chain, and stages of GTO."""

from __future__ import annotations

import fnmatch
import heapq
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace
from semver import Version

from release.core.check import Check, CheckName, Verdict
from release.core.metrics import Direction, Metric, UnreadCause, ValueFile
from release.core.tag_message import TagSignature, Trailers, metrics_digest
from release.core.text import Scalar, command_line, last_few, quote, toml
from release.core.version import TagForm, TagFormat, parse_semver, precedence, tag_prefix

NOTHING = "0" * 40  # git's id of no object


class TagRef(Struct, frozen=True, kw_only=True):
    """A tag ref without its `refs/tags/` prefix.

    `object_id` is the content of the ref; `commit_id` what it peels to (None if that is no commit, or not known here);
    they are equal for a lightweight tag. `broken`: its object, or one that it leads to, is missing or cannot be read;
    `object_id` is NOTHING if the ref's file itself has no id. `own_name` is the name in the tag object ("": not known,
    or there is none); a ref with another name can be made by `git tag NEW OLD`.
    """

    name: str
    object_id: str
    commit_id: str | None
    broken: bool = False
    own_name: str = ""

    @property
    def annotated(self) -> bool:
        """True if the ref names a tag object; False for a broken one."""
        return self.object_id != self.commit_id and not self.broken


class Withdrawal(Struct, frozen=True, kw_only=True):
    """A release that must not be used: yanked (its tag stays), or undone (its tag was deleted).

    `object_id` is that of its tag; another tag of the same name is another release. `commit` records this and `reason`.
    """

    tag: str
    object_id: str
    undone: bool
    reason: str
    commit: str

    @property
    def mark(self) -> str:
        """The word that screens show: yanked or undone."""
        return "undone" if self.undone else "yanked"


class ReleaseTag(Struct, frozen=True, kw_only=True, dict=True):
    """A tag whose name carries a version of the current series (`form` FOREIGN: of another one).

    `withdrawn` None: it may be used.
    """

    ref: TagRef
    version: Version
    form: TagForm = TagForm.FULL
    withdrawn: Withdrawal | None = None

    @property
    def name(self) -> str:
        """The tag's name."""
        return self.ref.name

    @cached_property
    def rank(self) -> tuple[object, ...]:
        """Sort key of releases."""
        return precedence(self.version)


class Signature(Struct, frozen=True, kw_only=True):
    """Author of a commit, or tagger of a tag; `when` is in UTC."""

    name: str
    email: str
    when: datetime


# Local tags that cannot be read because an object is missing or damaged: their messages and help


def broken_among(tags: Iterable[TagRef]) -> tuple[TagRef, ...]:
    """Return the tags that cannot be read, by name."""
    return tuple(sorted((tag for tag in tags if tag.broken), key=lambda tag: tag.name))


def describe_broken(tag: TagRef) -> str:
    """Describe the damage in a sentence."""
    why = "its file has no object id" if tag.object_id == NOTHING else "its object is missing or damaged"
    return f"refs/tags/{tag.name} cannot be read: {why}"


def way_out(tag: TagRef) -> str:
    """Return commands that inspect and delete a broken tag; git cannot delete a ref whose file it cannot read."""
    if tag.object_id == NOTHING:
        return f"git fsck; to delete the tag here: {drop_file(f'refs/tags/{tag.name}')}"
    return f"git fsck; to delete the tag here: {command_line('git', 'update-ref', '-d', f'refs/tags/{tag.name}', tag.object_id)}"


def drop_file(ref: str) -> str:
    """Return the command that removes the file of a ref."""
    return f'rm "$(git rev-parse --git-path {quote(ref)})"'


def broken_check(tag: TagRef, verdict: Verdict) -> Check:
    """Return a release check for the tag."""
    return Check(name=CheckName.TAGS, verdict=verdict, message=describe_broken(tag), help=way_out(tag))


# Values of the list of releases


class DatedTag(Struct, frozen=True, kw_only=True):
    """A tag with date and subject.

    `when` is the tagger's date in UTC, or the committer's for a lightweight tag (None: out of `datetime`'s range); `subject`
    the first line of its message, or of the commit's.
    """

    ref: TagRef
    when: datetime | None
    subject: str


class ReleaseLine(Struct, frozen=True, kw_only=True):
    """One release in a list; `metrics` maps `file:key` to the values of its commit.

    `unread` maps a metric file that could not be read to the reason. `signature` None: it was not checked. `warnings`
    describe differences between the tag and what other tags recorded. `here` False: only the remote has it, and only
    its name and commit are known. `on_remote` None: the remote was not asked, or did not answer. `verified`: it was
    made by `release`, which verified its data. `stages` are those that it is in now. `trend`: every metric compared with
    the release before it, None unless requested.
    """

    tag: ReleaseTag
    when: datetime | None
    message: str
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    signature: TagSignature | None = None
    warnings: tuple[str, ...] = ()
    here: bool = True
    on_remote: bool | None = None
    verified: bool = True
    stages: tuple[str, ...] = ()
    trend: Mapping[str, Metric] | None = None


class ListReport(Struct, frozen=True, kw_only=True):
    """Releases, newest version first; `columns` are the metrics (`file:key`) to show, `asked`: the caller named them.

    `earlier` maps a tag's name to the line of the release before it, for comparison; that release may not be in the
    list itself. `directions` are those that gates set, by `file:key`, if trends were requested. `remote` names the git remote; `trouble` is its error (None: it answered, or was not asked). `broken`
    are local tags that cannot be read. `elsewhere` names the tags with another prefix if there is no release.
    """

    releases: tuple[ReleaseLine, ...]
    columns: tuple[str, ...] = ()
    earlier: Mapping[str, ReleaseLine] = field(default_factory=dict)
    directions: Mapping[str, Direction] = field(default_factory=dict)
    asked: bool = False
    remote: str = "origin"
    trouble: str | None = None
    broken: tuple[TagRef, ...] = ()
    elsewhere: Check | None = None


# Releases that were yanked or undone: trailers of later commits, or a second tag

YANKED = "yanked/"  # prefix of tags that mark a release without a commit
WITHDRAWING = r"^Release-(Yanked|Restored|Undone): "  # lines of such commits, for git's --grep
_WITHDRAWING = re.compile(
    r"^Release-(?P<what>Yanked|Restored|Undone): (?P<tag>\S+) (?P<id>[0-9a-f]{40}(?:[0-9a-f]{24})?)$", re.MULTILINE
)


def is_about_withdrawal(message: str) -> bool:
    """Return whether a commit yanks, restores or undoes a release."""
    return _WITHDRAWING.search(message) is not None


def withdrawing_trailer(what: str, tag: str, object_id: str) -> str:
    """Return the trailer of a commit (or marking tag) that yanks, restores or undoes a release."""
    return f"Release-{what}: {tag} {object_id}"


def withdrawing_message(
    subject: str, reason: str | None, *, revert: Sequence[str], trailers: Sequence[str], short: bool
) -> str:
    """Return the message of a commit or marking tag that yanks, restores or undoes releases.

    `revert` are the commits that it reverses. `short`: the subject is Conventional, so linters limit it; a reason that
    they would refuse there is a paragraph of the body.
    """
    whole = f"{subject}: {reason}" if reason else subject
    below = bool(reason) and short and (len(whole) > _LONGEST_SUBJECT or whole.endswith("."))
    parts = [subject if below else whole]
    parts += ["\n".join(textwrap.wrap(reason or "", _LONGEST_SUBJECT, break_long_words=False))] if below else []
    parts += [f"This reverts commit {commit}." for commit in revert]
    return "\n\n".join((*parts, "\n".join(trailers))) + "\n"


_LONGEST_SUBJECT = 72
_REASON = re.compile(r"(?:[a-z]+(?:\([^()]*\))?!?: )?(?:undo|yank|restore) [^:]*: (?P<reason>.*)", re.IGNORECASE)


def _withdrawing_reason(message: str) -> str:
    subject, _, body = message.partition("\n")
    if found := _REASON.fullmatch(subject):
        return found["reason"]
    first = body.strip("\n").partition("\n\n")[0]
    if not first.startswith("This reverts commit ") and _TRAILER.match(first) is None:
        return " ".join(first.split("\n"))
    return ""


_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: ")


def read_withdrawals(messages: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Withdrawal]:
    """Return the releases that are withdrawn, by tag and object id; `messages` are (commit, message), oldest first."""
    found: dict[tuple[str, str], Withdrawal] = {}
    for commit, message in messages:
        for trailer in _WITHDRAWING.finditer(message):
            key = trailer["tag"], trailer["id"]
            reason = _withdrawing_reason(message)
            if trailer["what"] == "Restored":
                found.pop(key, None)
            else:
                undone = trailer["what"] == "Undone"
                found[key] = Withdrawal(tag=key[0], object_id=key[1], undone=undone, reason=reason, commit=commit)
    return found


# Selection of the tags that are releases of one series


class Releases(Struct, frozen=True, kw_only=True):
    """The releases, lowest version first; `checks` report ambiguous tags and tags that cannot be read.

    `broken` are the unreadable tags whose names are versions of the series. `elsewhere` are tags with another prefix:
    they are no releases, but their versions are not used again, nor are those of `undone` releases. `unread`, if there
    is neither, are tags with numbers that are no version (`v1.2.3.4`, `2024.01.15`).
    """

    all: tuple[ReleaseTag, ...] = ()
    undone: tuple[Withdrawal, ...] = ()
    broken: tuple[TagRef, ...] = ()
    checks: tuple[Check, ...] = ()
    elsewhere: tuple[ReleaseTag, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def elsewhere_check(self) -> Check | None:
        """A warning that names the tags with another prefix, or those that are no versions; None if there are none."""
        if self.unread:
            words = (
                f"not counted as releases, because their numbers are no version such as 1.2.3: {last_few(self.unread)}"
            )
            return Check.warning(CheckName.TAGS, words, f"ignore-tags = [{toml(self.unread[-1])}] hides one")
        if not self.elsewhere:
            return None
        names, last = last_few([tag.name for tag in self.elsewhere]), self.elsewhere[-1].name
        prefix = tag_prefix(last)
        return Check.warning(
            CheckName.TAGS,
            f"not counted as releases, but their versions are not used again: {names} (another prefix)",
            f"tag-format = {toml(f'{prefix}{{version}}')} counts them, ignore-tags = [{toml(f'{prefix}*')}] hides them",
        )


def with_withdrawals(releases: Releases, withdrawn: Mapping[tuple[str, str], Withdrawal]) -> Releases:
    """Return the releases with their withdrawals; an undone one whose tag is still here stays in the list."""
    if not withdrawn:
        return releases
    # A lightweight tag may be a CI job's copy of an annotated one, whose object it does not have.
    by_name = {tag: said for (tag, _), said in withdrawn.items()}
    found = tuple(
        replace(
            each,
            withdrawn=withdrawn.get((each.name, each.ref.object_id)) if each.ref.annotated else by_name.get(each.name),
        )
        for each in releases.all
    )
    return replace(releases, all=found, undone=tuple(each for each in withdrawn.values() if each.undone))


def release_tags(
    tags: Iterable[TagRef], tag_format: TagFormat, ignore: Collection[str] = (), others: Collection[TagFormat] = ()
) -> Releases:
    """Return the tags that carry a version of the series, in any form but `TagForm.FOREIGN`.

    `ignore` are fnmatch patterns (`ignore-tags`). `others` are the formats of other series, whose tags are left out.
    Only tags of commits count; lightweight tags do, and further names of a tag object do not.
    """
    ignored = [re.compile(fnmatch.translate(glob)).match for glob in ignore]  # no backtracking: linear in time
    wanted = [ref for ref in tags if not (ref.name.startswith(YANKED) or any(match(ref.name) for match in ignored))]
    renamed = aliases(wanted)
    refs = _without_rolling([ref for ref in wanted if ref.commit_id is not None and ref.name not in renamed])
    # The longest name is the full form: `v1.0` before `v1`.
    found = sorted(_read(refs, tag_format, others), key=lambda release: (release.form, -len(release.name)))
    counted: dict[tuple[object, ...], ReleaseTag] = {}
    elsewhere, checks = [], []
    for release in found:
        version, foreign = release.version.to_tuple(), release.form is TagForm.FOREIGN
        first = counted.get(version) if foreign else counted.setdefault(version, release)
        if first is not None and first.ref.commit_id == release.ref.commit_id:
            continue
        if first is None or foreign:
            elsewhere.append(release)
        else:
            checks.append(_ambiguous(first, release))
    lost = broken_among(wanted)
    named = [one.ref for one in _read(lost, tag_format, others) if one.form is not TagForm.FOREIGN]
    broken = (broken_check(ref, Verdict.FAILED if ref in named else Verdict.WARNING) for ref in lost)
    unread = () if counted or elsewhere else (ref.name for ref in refs if tag_format.cannot_read(ref.name))
    return Releases(
        all=_sorted(counted.values()),
        broken=tuple(named),
        checks=(*broken, *checks),
        elsewhere=_sorted(elsewhere),
        unread=tuple(sorted(unread)),
    )


def _without_rolling(refs: Collection[TagRef]) -> list[TagRef]:
    """Leave out tags such as `v1` and `v1.2` that follow the newest release of their line, as GitHub's actions have."""
    there = {(ref.commit_id, ref.name[: dot.start()]) for ref in refs for dot in _DOT.finditer(ref.name)}
    return [ref for ref in refs if (ref.commit_id, ref.name) not in there or not _ROLLING.fullmatch(ref.name)]


_DOT = re.compile(r"\.(?=\d)")
_ROLLING = re.compile(r"(?:.*[^\d.])?\d+(?:\.\d+)?", re.DOTALL)


def aliases(tags: Collection[TagRef]) -> Mapping[str, str]:
    """Map each further name of a tag object to the object's own name, if that tag is here, too."""
    own = {tag.object_id: tag.own_name for tag in tags if tag.own_name}
    known = {(tag.object_id, tag.name) for tag in tags}
    return {
        tag.name: own[tag.object_id]
        for tag in tags
        if own.get(tag.object_id, tag.name) != tag.name and (tag.object_id, own[tag.object_id]) in known
    }


def tag_of_version(word: str, names: Collection[str], tag_format: TagFormat) -> str | None:
    """Return the release tag with this name, else with this version; None if there is none."""
    if word in names:
        return word
    version = parse_semver(word.removeprefix("v"))
    if version is None:
        return None
    found = [
        (read[1], -len(name), name)
        for name in names
        if (read := tag_format.read(name))
        and read[1] is not TagForm.FOREIGN
        and read[0].to_tuple() == version.to_tuple()
    ]
    return min(found)[-1] if found else None


def merged_tags(ours: Iterable[TagRef], theirs: Iterable[TagRef]) -> tuple[TagRef, ...]:
    """Merge local and remote tags; the local one wins, unless it is a lightweight copy of an annotated one.

    CI checkouts make such copies (actions/checkout issue 290).
    """
    found = {tag.name: tag for tag in theirs}
    for tag in ours:
        there = found.get(tag.name)
        copied = there is not None and there.annotated and not tag.annotated and there.commit_id == tag.commit_id
        if not copied:
            found[tag.name] = tag
    return tuple(found.values())


def _read(tags: Iterable[TagRef], tag_format: TagFormat, others: Collection[TagFormat]) -> Iterator[ReleaseTag]:
    """Yield the tags with a version, except those that belong to another format."""
    for ref in tags:
        version, form = tag_format.read(ref.name) or (None, None)
        if version is None or form is None:
            continue
        known = (other.read(ref.name) for other in others) if form >= TagForm.BARE else ()
        if not any(read is not None and read[1] < TagForm.BARE for read in known):
            yield ReleaseTag(ref=ref, version=version, form=form)


def _sorted(releases: Iterable[ReleaseTag]) -> tuple[ReleaseTag, ...]:
    return tuple(sorted(releases, key=lambda release: (release.rank, release.name)))


def _ambiguous(counted: ReleaseTag, other: ReleaseTag) -> Check:
    """Return the check of two tags with one version; only a warning if the one that counts has the exact format."""
    known = counted.form is TagForm.FULL and other.form is not TagForm.SHORT
    return Check(
        name=CheckName.TAGS,
        verdict=Verdict.WARNING if known else Verdict.FAILED,
        message=f"{other.name} and {counted.name} are both version {counted.version}, on different commits"
        + f"; {counted.name} counts" * known,
        help=f"list the wrong one in the configuration: ignore-tags = [{toml(other.name)}]",
    )


# The chain of release tags: each records the tag object before it, so that a replaced tag is detected


class ChainBreak(Struct, frozen=True, kw_only=True):
    """A tag whose object differs from the one that a later release recorded in its `Release-Previous`.

    `recorded` and `here` are object ids, `by` the later release's tag. `lightweight`: the local ref names a commit and
    no tag object, as some CI checkouts make; `release fetch` repairs that.
    """

    tag: str
    recorded: str
    here: str
    by: str
    lightweight: bool = False

    @property
    def message(self) -> str:
        """A sentence that names both tags and both objects."""
        if self.lightweight:
            return f"{self.tag} is a lightweight tag here, but {self.by} recorded tag object {self.recorded[:10]}"
        recorded, here = self.recorded[:10], self.here[:10]
        return f"{self.tag} was replaced: {self.by} recorded tag object {recorded}, but here it is {here}"

    @property
    def help(self) -> str:
        """The command that shows more, or repairs it."""
        return "release fetch" if self.lightweight else command_line("git", "show", f"refs/tags/{self.tag}")


def chain_breaks(tags: Iterable[TagRef], trailers: Iterable[tuple[str, Trailers]]) -> tuple[ChainBreak, ...]:
    """Return every tag that differs from what a later release recorded, sorted by the later tag's name.

    `tags` are those of this clone (or of a remote); `trailers` pairs a release's tag with its trailers. A missing tag
    is no break: it may never have been fetched.
    """
    here = {tag.name: tag for tag in tags}
    found = []
    for by, said in sorted(trailers, key=lambda pair: pair[0]):
        if said.previous is None or said.previous[0] not in here:
            continue
        name, recorded = said.previous
        tag = here[name]
        if tag.object_id != recorded:
            one = ChainBreak(tag=name, recorded=recorded, here=tag.object_id, by=by, lightweight=not tag.annotated)
            found.append(one)
    return tuple(found)


def metrics_fit(said: Trailers, files: Iterable[ValueFile]) -> bool:
    """Return True if the metric files match the tag's metric digest, or if it has none.

    Old tags do not count files that DVC tracks. A file that cannot be read now proves nothing; the audit reports it.
    """
    known = tuple(files)
    if said.metrics_digest is None or said.metrics_digest == metrics_digest(known):
        return True
    if any(file.cause not in (None, UnreadCause.FOREIGN) for file in known):
        return True
    return said.metrics_digest == metrics_digest([file for file in known if not file.kept])


# State of a repository and its remote


class ChangedFile(Struct, frozen=True, kw_only=True):
    """A tracked file that differs from HEAD: `staged` in the index, else only in the work tree."""

    path: str
    staged: bool


class WorkTreeState(Struct, frozen=True, kw_only=True):
    """HEAD and the differences from it.

    `commit` None: there is no commit yet. `branch` is the short name (None: detached). `operation` is the merge,
    rebase... in progress (None: none).
    """

    commit: str | None
    branch: str | None
    changed: tuple[ChangedFile, ...]
    operation: str | None
    index_locked: bool

    @property
    def end_of_operation(self) -> str:
        """The command that ends the operation in progress."""
        return (
            "git bisect reset" if self.operation == "bisect" else command_line("git", self.operation or "", "--abort")
        )

    @property
    def operation_message(self) -> str:
        """The operation in progress, as a sentence."""
        return f"{'an' if self.operation == 'am' else 'a'} {self.operation} is in progress"


class RemoteRefs(Struct, frozen=True, kw_only=True, dict=True):
    """Refs of a remote: full ref name to object id; `peeled` for tag objects."""

    refs: Mapping[str, str] = field(default_factory=dict)
    peeled: Mapping[str, str] = field(default_factory=dict)
    default_branch: str | None = None

    def branch(self, name: str) -> str | None:
        """Return the tip of a branch by its short name; None if the remote has none."""
        return self.refs.get(f"refs/heads/{name}")

    @cached_property
    def tags(self) -> tuple[TagRef, ...]:
        """The remote's tags with the commits that they peel to."""
        start = "refs/tags/"
        return tuple(
            TagRef(name=ref[len(start) :], object_id=id, commit_id=self.peeled.get(ref, id))
            for ref, id in self.refs.items()
            if ref.startswith(start)
        )


class BranchState(Struct, frozen=True, kw_only=True):
    """The branch to release on, compared with the remote's.

    `name` is the local name, `remote_name` the remote's (another one only with `push.default = upstream`); `tip` is the
    remote's commit ("": the branch does not exist there yet). `tip_is_ours`: `tip` is in our history (None: it is not in
    this repository).
    `head_is_theirs`: our commit is in the remote branch's history. `unpushed` are the ids of our commits that the
    remote branch lacks, `behind` is the number of its commits that we lack (None: not known). `detached`: HEAD names no
    branch; `name` comes from the CI service or from the remote.
    """

    name: str
    remote_name: str
    tip: str
    tip_is_ours: bool | None
    head_is_theirs: bool
    unpushed: frozenset[str]
    detached: bool
    behind: int | None = None

    def pull(self, remote: str, *options: str) -> str:
        """Return the pull command, which works without an upstream and on a detached HEAD."""
        how = "--ff-only" if self.head_is_theirs else "--rebase"
        return command_line("git", "pull", how, *options, names=(remote, self.remote_name))


def one_push_url(remote: str) -> str:
    """Return the command that replaces a remote's push URLs by one."""
    return f"{command_line('git', 'config', '--replace-all', f'remote.{remote}.pushurl')} URL"


class WrittenFile(Struct, frozen=True, kw_only=True):
    """A file that the release writes, as it is in the released commit.

    `kind` is "file", "absent", or another object's kind ("folder", "symbolic link"...). `data` None: there is no file.
    `mode` is git's. `in_the_way`: the path exists on disk but not in git. `filtered` and `hidden`: an attribute or an
    index flag forbids writing it.
    """

    path: str
    kind: str
    mode: str = "100644"
    data: bytes | None = None
    in_the_way: bool = False
    filtered: bool = False
    hidden: bool = False


# A repository's history as a graph: ancestor releases of a commit, and commits between two.


class HistoryCommit(Struct, frozen=True, kw_only=True):
    """A commit; `when` is its committer's date in Unix seconds, `listed` False if changelogs omit it."""

    id: str
    parents: tuple[str, ...]
    when: int
    subject: str
    body: str = ""
    listed: bool = True


class History:
    """A graph of commits, given children first; `marked` are the commits that can be queried.

    Sets of marked commits are bits of an integer, which is compact for a thousand releases of ten thousand commits.
    """

    def __init__(self, commits: Sequence[HistoryCommit], marked: Iterable[str]) -> None:
        self._commits = {commit.id: commit for commit in commits}
        self._bits = {id: 1 << at for at, id in enumerate(dict.fromkeys(marked))}
        self._reached_by = self._spread_down(commits)
        self._reaches = self._spread_up(commits)

    def has(self, commit: str, ancestor: str) -> bool:
        """Return True if the marked commit `ancestor` is `commit` itself or in its history."""
        return bool(self._reaches.get(commit, 0) & self._bits[ancestor])

    def since(self, commit: str, before: str | None) -> tuple[HistoryCommit, ...]:
        """Return the commits after the marked commit `before` (None: all) to list, newest first."""
        seen_by = self._bits[before] if before is not None else 0
        queue: list[tuple[int, int, str]] = []
        known: set[str] = set()
        commits: list[HistoryCommit] = []
        ids = [commit]
        while True:
            for id in ids:
                found = self._commits.get(id)
                if found is not None and id not in known and not self._reached_by[id] & seen_by:
                    known.add(id)
                    heapq.heappush(queue, (-found.when, len(known), id))
            if not queue:
                return tuple(commits)
            found = self._commits[heapq.heappop(queue)[2]]
            if found.listed:
                commits.append(found)
            ids = list(found.parents)

    def _spread_down(self, commits: Sequence[HistoryCommit]) -> Mapping[str, int]:
        """Map each commit to the marked ones that have it in their history."""
        found = {commit.id: self._bits.get(commit.id, 0) for commit in commits}
        for commit in commits:
            for parent in commit.parents:
                if parent in found:
                    found[parent] |= found[commit.id]
        return found

    def _spread_up(self, commits: Sequence[HistoryCommit]) -> Mapping[str, int]:
        """Map each commit to the marked ones in its history."""
        found: dict[str, int] = {}
        for commit in reversed(commits):
            mask = self._bits.get(commit.id, 0)
            for parent in commit.parents:
                mask |= found.get(parent, 0)
            found[commit.id] = mask
        return found
