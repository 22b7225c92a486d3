"""Reports of `verify`: uploads, problems of tags, and the exit code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit_rules import Directory, Need
from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.pointer import Layout, ObjectKey, Stored
from release.core.problems import Problem, ProblemKind, RevisionAudit, nothing_known, problem_at, with_problems
from release.core.shards import ReadingReport
from release.core.tag_message import SignatureState, TagSignature, Trailers
from release.core.tags import ChainBreak, TagRef, describe_broken, way_out
from release.core.text import command_line, many, quote, size
from release.errors import ExitCode

# Problems that uploading the right bytes under the object's name fixes.
_MENDABLE = frozenset({ProblemKind.MISSING, ProblemKind.WRONG_SIZE, ProblemKind.CORRUPT})


_MOST_NAMES = 20  # in one command; without a name `dvc push` uploads all


class Upload(Struct, frozen=True, kw_only=True):
    """An object to upload: complete in the local cache, missing on its remote or (`replaces`) damaged there."""

    key: ObjectKey
    path: str
    remote: str
    size_bytes: int
    replaces: bool = False


class Uploads(Struct, frozen=True, kw_only=True):
    """Objects that can be uploaded, and paths that cannot.

    `lost` are paths whose bytes are neither on the remote nor in the local cache; `damaged` those whose cached content
    does not match its name. `held` are directories whose directory object is not uploaded because some of their files
    are lost: if it were there, a later `dvc push` by someone who has those files would skip them.
    """

    ready: tuple[Upload, ...] = ()
    lost: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True if nothing would be missing after the upload."""
        return bool(self.ready) and not (self.lost or self.damaged or self.held)

    @property
    def size_bytes(self) -> int:
        """Total size of the upload."""
        return sum(upload.size_bytes for upload in self.ready)

    @property
    def words(self) -> str:
        """Number and size, such as `3 objects (1.2 GB)`."""
        return f"{many(len(self.ready), 'object')} ({size(self.size_bytes)})"


class Uploaded(Struct, frozen=True, kw_only=True):
    """Result of an upload. `faults` are reasons for objects that failed; `preview`: a dry run, nothing was sent."""

    planned: Uploads
    done: tuple[Upload, ...] = ()
    faults: tuple[str, ...] = ()
    preview: bool = False

    def would_mend(self, audit: RevisionAudit) -> bool:
        """Return True if this dry run is expected to fix a revision that fails now."""
        return self.preview and self.planned.whole and can_be_pushed(audit)


def is_missing_on_remote(need: Need, stored: Stored | None, cached_bytes: int | None) -> bool:
    """Return True if the store's object needs an upload, as far as can be decided without reading it.

    `cached_bytes` is the size of the local cache's copy, None if there is none. An archived object is not replaced: it
    exists and can be restored. On a cloud-versioned remote an upload would make a new version, which no commit names;
    that takes `dvc push` and a commit.
    """
    if need.key.layout == Layout.VERSION.value:
        return False
    if stored is None:
        return True
    if stored.archived is not None:
        return False
    if stored.md5 is not None and (need.key.layout == Layout.MD5.value or stored.read):
        return stored.md5 != need.content
    known = (stored.size_bytes, need.size_bytes if cached_bytes is None else cached_bytes)
    return None not in known and known[0] != known[1]


def is_content_missing(need: Need, listing: Directory | None, stored: Stored | None) -> bool:
    """Return True if a directory object needs an upload; like `is_missing_on_remote`, but using its listing."""
    return listing is not None and (listing.fault is not None or is_missing_on_remote(need, stored, listing.body_bytes))


def can_be_pushed(audit: RevisionAudit) -> bool:
    """Return True if uploading could fix everything that is wrong with a commit's data."""
    bad = [problem for problem in audit.problems if problem.severity is not Verdict.WARNING]
    return bool(bad) and all(_is_object(problem) for problem in bad)


def with_uploads(checks: Sequence[Check], uploads: Uploads) -> tuple[Check, ...]:
    """Turn the data failures of a plan that uploads first into warnings."""
    message = f"{uploads.words} will be uploaded from your cache first"
    return tuple(
        Check.warning(check.name, message, details=check.details)
        if check.name == CheckName.DATA_ON_REMOTE and check.blocks
        else check
        for check in checks
    )


class Author(Struct, frozen=True, kw_only=True):
    """Author of a commit; `commit` is its short id."""

    name: str
    email: str
    commit: str


def with_hints(
    audit: RevisionAudit, push: str | None, authors: Mapping[str, Author], *, here: Collection[str] = ()
) -> RevisionAudit:
    """Return the audit with help lines that depend on where the bytes are.

    In the local cache: `push`, the command that uploads them. In the work tree (paths in `here`): DVC takes them into
    the cache again. Elsewhere: the author of the pointer (`authors`, by the pointer's path) must push them.
    """
    asked: dict[tuple[str, str, str | None, bool] | None, list[Problem]] = {}  # what one must push to one remote
    for problem in audit.problems:
        asked.setdefault(_asked(problem, authors, here), []).append(problem)
    problems = []
    for problem in audit.problems:
        key = _asked(problem, authors, here)
        together = [problem] if key is None else asked[key]
        if key is not None and key[-1] and problem.absent_folder is None and _targets(together):
            problems.append(replace(problem, help=_recache(together)))
        else:
            problems.append(_with_hint(problem, together, push, authors))
    return replace(audit, problems=tuple(problems))


def _asked(
    problem: Problem, authors: Mapping[str, Author], here: Collection[str]
) -> tuple[str, str, str | None, bool] | None:
    author = authors.get(problem.pointer)
    if author is None or problem.kind is not ProblemKind.MISSING or problem.in_cache is not False:
        return None
    return author.name, author.email, problem.remote, problem.path in here


def out_of_reach(audit: RevisionAudit) -> tuple[str, ...]:
    """Return the pointers of objects that an upload would fix but the local cache lacks, each once."""
    problems = (problem for problem in audit.problems if _is_object(problem) and problem.in_cache is False)
    return tuple(dict.fromkeys(problem.pointer for problem in problems))


def _with_hint(
    problem: Problem, together: Sequence[Problem], push: str | None, authors: Mapping[str, Author]
) -> Problem:
    """Return the problem with its help; `together` are those that the same call of `dvc push` settles."""
    author = authors.get(problem.pointer)
    if not _is_object(problem) or problem.in_cache is None:
        return problem
    if problem.absent_folder is not None:
        return replace(problem, help=_mount(problem, problem.absent_folder, push if problem.in_cache else None))
    if problem.in_cache:
        return replace(problem, help=push)
    if author is None:
        return problem
    command = command_line("dvc", "push", "-r", problem.remote or "storage", names=_targets(together))
    pointers = dict.fromkeys(each.pointer for each in together)
    committed = " and ".join(f"{quote(each)} ({quote(authors[each].commit)})" for each in pointers)
    words = f"not in your cache: ask {quote(f'{author.name} <{author.email}>')}, who committed {committed}"
    if problem.kind is not ProblemKind.MISSING:
        # `dvc push` skips existing objects, even wrong ones.
        deep = ("--deep",) if problem.kind is ProblemKind.CORRUPT else ()
        command = command_line("release", "verify", author.commit, "--push", *deep)
    return replace(problem, help=f"{words}, to run: {command}")


def _targets(together: Sequence[Problem]) -> Collection[str]:
    targets = dict.fromkeys(each.pointer if each.pointer.endswith(".dvc") else each.path for each in together)
    return targets if len(targets) <= _MOST_NAMES else ()


def _recache(together: Sequence[Problem]) -> str:
    targets = _targets(together)
    push = command_line("dvc", "push", "-r", together[0].remote or "storage", names=targets)
    return f"{command_line('dvc', 'commit', names=targets)} && {push}   (in your work tree, not in your cache)"


def _mount(problem: Problem, folder: str, push: str | None) -> str:
    """Return the help for a missing remote folder: an unmounted disk and a new remote look the same."""
    new = push or "whoever has the data runs: dvc push"
    return f"the folder {quote(folder)} of {quote(problem.remote or '')} does not exist: is its disk mounted? If it is new: {new}"


def _is_object(problem: Problem) -> bool:
    return problem.kind in _MENDABLE and problem.oid is not None and problem.severity is Verdict.FAILED


# Report of `release verify`: a verdict for each revision, and one exit code


class Verified(Struct, frozen=True, kw_only=True):
    """One revision.

    `foreign`: a tag made by another tool; it is audited but does not count. `signature` None: not a tag.
    """

    audit: RevisionAudit
    foreign: bool = False
    signature: TagSignature | None = None


class VerifyReport(Struct, frozen=True, kw_only=True):
    """All revisions, in the order requested.

    `include_foreign`: foreign tags count for the exit code. `uploaded` is the result of `--push` (or its dry run), None
    without that option; `reading` that of `--every`.
    """

    revisions: tuple[Verified, ...]
    include_foreign: bool = False
    uploaded: Uploaded | None = None
    reading: ReadingReport | None = None

    @property
    def exit_code(self) -> ExitCode:
        """DATA if anything that counts failed, UNKNOWN if anything is unknown, else DONE; same in a dry run."""
        counted = [one.audit.verdict for one in self.revisions if self.counts(one)]
        if Verdict.FAILED in counted:
            return ExitCode.DATA
        return ExitCode.UNKNOWN if Verdict.UNKNOWN in counted else ExitCode.DONE

    def counts(self, one: Verified) -> bool:
        """Return whether a revision counts for the exit code."""
        up = self.uploaded
        return (self.include_foreign or not one.foreign) and not (up and up.would_mend(one.audit))


class NeededObjects(Struct, frozen=True, kw_only=True):
    """Objects that commits need, by store. `faults` describe what could not be read: then the list is incomplete."""

    keys: frozenset[ObjectKey]
    faults: tuple[str, ...] = ()

    @property
    def oids(self) -> tuple[str, ...]:
        """Object names, unique and sorted; `path version` for a file on a cloud-versioned remote."""
        return tuple(sorted({key.oid.replace("\0", " ") for key in self.keys}))

    @property
    def exit_code(self) -> ExitCode:
        """UNKNOWN if the list is incomplete, else DONE."""
        return ExitCode.UNKNOWN if self.faults else ExitCode.DONE


def of_broken_tag(tag: TagRef) -> Verified:
    """Return the row of a tag that cannot be read: its data is unknown, and it has no commit ("")."""
    problem = _problem(tag.name, describe_broken(tag), Verdict.UNKNOWN, ProblemKind.UNKNOWN, way_out(tag))
    return Verified(audit=nothing_known(tag.name, "", problem))


def with_other_digest(audit: RevisionAudit, trailers: Trailers, excluded_then: tuple[str, ...] | None) -> RevisionAudit:
    """Add to a tag's audit the problem that its digest is not the one in the tag.

    Digests made with different exclusions cannot be compared; that is a warning, not a failure. `excluded_then` are the
    paths that the commit's own configuration excludes, None if not known.
    """
    tag, now, no = audit.rev, len(audit.excluded), "its digest cannot be compared"
    if trailers.excluded != now:
        words = f"{tag} was made with {trailers.excluded} paths excluded, now it is {now}: {no}"
        return with_problems(audit, [_problem(tag, words, Verdict.WARNING)])
    if excluded_then is not None and len(excluded_then) == now and excluded_then != audit.excluded:
        words = f"{tag} was made with other paths excluded than now: {no}"
        return with_problems(audit, [_problem(tag, words, Verdict.WARNING)])
    then, here = (trailers.digest or "")[:12], (audit.digest or "")[:12]
    words = f"promised {trailers.objects} objects with digest {then}, its commit has {audit.objects} with {here}"
    return with_problems(audit, [_problem(tag, f"{tag} {words}")])


def with_watch(
    audit: RevisionAudit, breaks: Iterable[ChainBreak], signature: TagSignature | None, numbers: str | None
) -> RevisionAudit:
    """Add problems from other releases, the signature and the metrics to a tag's audit.

    `breaks` are of this tag; `numbers` describes how its metrics differ from the tag's metric digest, None if they
    match.
    """
    tag, moved = audit.rev, ProblemKind.MOVED_TAG
    problems = [
        _problem(tag, one.message, Verdict.UNKNOWN, ProblemKind.UNKNOWN, one.help)
        if one.lightweight
        else _problem(tag, one.message, kind=moved, help=one.help)
        for one in breaks
    ]
    if signature is not None and signature.state is SignatureState.BAD:
        words = f"the signature of {tag} is bad: {signature.reason or 'it does not fit the tag'}"
        problems.append(_problem(tag, words, kind=moved, help=command_line("git", "verify-tag", names=(tag,))))
    if numbers is not None:
        problems.append(_problem(tag, f"{tag}: {numbers}"))
    return with_problems(audit, problems) if problems else audit


def _problem(
    tag: str,
    message: str,
    severity: Verdict = Verdict.FAILED,
    kind: ProblemKind = ProblemKind.DIGEST_MISMATCH,
    help: str | None = None,
) -> Problem:
    return problem_at(tag, kind, message, help or command_line("release", "show", names=(tag,)), severity)


# Report of `release drill`: a release restored in a clean room


class DrillReport(Struct, frozen=True, kw_only=True):
    """One drill. `source` is the git remote that was cloned, None for this repository.

    `files` and `total_bytes` were restored and compared. `seconds` are the times of the parts: `clone`, `restore`,
    `compare`, `command`. `ran` is the command of the caller, `ran_code` its exit code, None if it did not run; `kept` the
    folder with the restored tree, None if it was removed.
    """

    tag: str
    tag_object: str
    commit: str
    source: str | None
    checks: tuple[Check, ...]
    objects: int = 0
    files: int = 0
    total_bytes: int = 0
    seconds: Mapping[str, float] = {}
    ran: tuple[str, ...] = ()
    ran_code: int | None = None
    kept: str | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The code of the failed checks, DONE if all passed."""
        return exit_code(self.checks)


def check_of_problem(name: CheckName, problem: Problem) -> Check:
    """Return a problem of an audit as a check."""
    if problem.severity is Verdict.FAILED:
        return Check.failed(name, problem.sentence, problem.help, ExitCode.DATA)
    if problem.severity is Verdict.UNKNOWN:
        return Check.unknown(name, problem.sentence, problem.help)
    return Check.warning(name, problem.sentence, problem.help)
