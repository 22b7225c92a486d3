"""Reports of `verify`: uploads, digest comparison, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit_rules import Directory, Evidence, Need, digest_of_objects
from release.core.check import Check, CheckName, Verdict
from release.core.pointer import Layout, ObjectKey, Out
from release.core.problems import Problem, ProblemKind, RevisionAudit, nothing_known, verdict_of
from release.core.tag_message import SignatureState, TagSignature, Trailers
from release.core.tags import ChainBreak, TagRef, describe_broken, way_out
from release.core.text import command_line, many, quote, size
from release.errors import ExitCode

# Problems that uploading the right bytes under the object's name fixes.
_MENDABLE = frozenset({ProblemKind.MISSING, ProblemKind.WRONG_SIZE, ProblemKind.CORRUPT})


class Upload(Struct, frozen=True, kw_only=True):
    """An object that the local cache has in full and its remote lacks. `replaces`: the remote has wrong bytes."""

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
    """Result of an upload. `faults` are reasons for objects that failed; `foreseen`: dry run, nothing was sent."""

    planned: Uploads
    done: tuple[Upload, ...] = ()
    faults: tuple[str, ...] = ()
    foreseen: bool = False

    def would_mend(self, audit: RevisionAudit) -> bool:
        """Return True if this dry run is expected to fix a revision that fails now."""
        return self.foreseen and self.planned.whole and can_be_pushed(audit)


def is_missing_on_remote(need: Need, stored: Evidence | None, cached_bytes: int | None) -> bool:
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


def is_content_missing(need: Need, listing: Directory | None, stored: Evidence | None) -> bool:
    """Return True if a directory object needs an upload; like `is_lacking`, but using its listing."""
    if listing is None:
        return False
    return listing.fault is not None or is_missing_on_remote(need, stored, listing.body_bytes)


def can_be_pushed(audit: RevisionAudit) -> bool:
    """Return True if uploading could fix everything that is wrong with a commit's data."""
    bad = [problem for problem in audit.problems if problem.severity is not Verdict.WARNING]
    return bool(bad) and all(_is_object(problem) for problem in bad)


def with_uploads(checks: Sequence[Check], uploads: Uploads) -> tuple[Check, ...]:
    """Turn the data failures of a plan that uploads first into warnings."""
    message = f"{uploads.words} will be uploaded from your cache first"
    return tuple(
        Check(name=check.name, verdict=Verdict.WARNING, message=message, details=check.details)
        if check.name == CheckName.DATA_ON_REMOTE and check.blocks
        else check
        for check in checks
    )


class Author(Struct, frozen=True, kw_only=True):
    """Author of a commit; `commit` is its short id."""

    name: str
    email: str
    commit: str


def with_hints(audit: RevisionAudit, push: str | None, authors: Mapping[str, Author]) -> RevisionAudit:
    """Return the audit with help lines that depend on where the bytes are.

    In the local cache: `push`, the command that uploads them. Elsewhere: the author of the pointer (`authors`, by the
    pointer's path) must push them.
    """
    return replace(
        audit, problems=tuple(_with_hint(problem, push, authors.get(problem.pointer)) for problem in audit.problems)
    )


def out_of_reach(audit: RevisionAudit) -> tuple[str, ...]:
    """Return the pointers of objects that an upload would fix but the local cache lacks, each once."""
    problems = (problem for problem in audit.problems if _is_object(problem) and problem.in_cache is False)
    return tuple(dict.fromkeys(problem.pointer for problem in problems))


def _with_hint(problem: Problem, push: str | None, author: Author | None) -> Problem:
    if not _is_object(problem) or problem.in_cache is None:
        return problem
    if problem.elsewhere is not None:
        back = f"; or put it back: {push}" if problem.in_cache and push else ""
        return replace(problem, help=f"{problem.help}{back}")
    if problem.absent_folder is not None:
        return replace(problem, help=_mount(problem, problem.absent_folder, push if problem.in_cache else None))
    if problem.in_cache:
        return replace(problem, help=push)
    if author is None:
        return problem
    target = problem.pointer if problem.pointer.endswith(".dvc") else problem.path
    command = command_line("dvc", "push", "-r", problem.remote or "storage", names=(target,))
    who = quote(f"{author.name} <{author.email}>")
    words = f"not in your cache: ask {who}, who committed {quote(problem.pointer)} ({quote(author.commit)})"
    if problem.kind is not ProblemKind.MISSING:
        command = command_line(
            "release", "verify", author.commit, "--push"
        )  # `dvc push` skips existing objects, even wrong ones
    return replace(problem, help=f"{words}, to run: {command}")


def _mount(problem: Problem, folder: str, push: str | None) -> str:
    """Return the help for a missing remote folder: an unmounted disk and a new remote look the same."""
    new = push or "whoever has the data runs: dvc push"
    return f"the folder {quote(folder)} of {quote(problem.remote or '')} does not exist: is its disk mounted? If it is new: {new}"


def _is_object(problem: Problem) -> bool:
    return problem.kind in _MENDABLE and problem.oid is not None and problem.severity is not Verdict.UNKNOWN


# Comparison of a commit's data with its tag's Release-Digest, from local information only

_MOST_LINES = 200_000  # hashed again, to tell one wrong pointer size from different data


class DataCheck(Check, frozen=True, kw_only=True):
    """The check of a commit's data against its tag; `differs` if the user should see it without asking."""

    differs: bool = False


class Known(Struct, frozen=True, kw_only=True):
    """Local information about the objects that a commit needs.

    `sizes` maps every object that could be named to its size (None: not known); `told` are those whose size comes from
    a pointer only. `unlisted`, `unsized` and `unconfirmed` are paths of outs: directories whose listing is not here,
    outs with files of unknown size, and outs with sizes that nothing confirms. `fault` is the reason if the needed
    objects are not known at all. `digest` is that of the whole commit, None if something is missing; `names` counts
    objects regardless of their remote, because two remotes may share one store.
    """

    sizes: Mapping[ObjectKey, int | None] = field(default_factory=dict)
    told: frozenset[ObjectKey] = frozenset()
    unlisted: tuple[str, ...] = ()
    unsized: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    fault: str | None = None
    digest: str | None = None
    names: int = 0


def known_of_file(out: Out, need: Need, here: int | None) -> Known:
    """Return what is known of a file out; `here` is the size in the cache, None if the cache lacks it."""
    said = need.size_bytes
    known = Known(sizes={need.key: said if here is None else here})
    if here is None:
        if said is None:
            return replace(known, unsized=(out.path,))
        return replace(known, told=frozenset({need.key}), unconfirmed=() if _is_sure(out) else (out.path,))
    return known if here == said and _is_sure(out) else replace(known, unconfirmed=(out.path,))


def known_of_directory(out: Out, wanted: Sequence[Need], body_bytes: int, here: Mapping[ObjectKey, int]) -> Known:
    """Return what is known of a directory out whose listing is here.

    `wanted` are its needs, the directory object first; `here` maps the objects that are in the cache to their sizes.
    """
    sizes: dict[ObjectKey, int | None] = {need.key: here.get(need.key) for need in wanted}
    sizes[wanted[0].key] = body_bytes
    files = [sizes[need.key] for need in wanted[1:]]
    if None in files:
        return Known(sizes=sizes, unsized=(out.path,))
    fits = out.size_bytes is not None and sum(size or 0 for size in files) == out.size_bytes
    return Known(sizes=sizes, unconfirmed=() if fits and _is_sure(out) else (out.path,))


def known_of_versions(wanted: Iterable[Need]) -> Known:
    """Return what is known of files on a cloud-versioned remote; the digest ignores their sizes."""
    return Known(sizes={need.key: need.size_bytes or 0 for need in wanted})


def joined(parts: Iterable[Known]) -> Known:
    """Merge what is known of all outs of a commit, and compute the digest if nothing is missing."""
    sizes: dict[ObjectKey, int | None] = {}
    whole = Known()
    for part in parts:
        twice = [key for key, size in part.sizes.items() if size != sizes.get(key, size)]
        unclear = tuple(key.oid for key in twice if None not in (part.sizes[key], sizes[key]))  # a pointer is wrong
        sizes |= {key: size for key, size in part.sizes.items() if size is not None or key not in sizes}
        whole = Known(
            told=whole.told | part.told,
            unlisted=whole.unlisted + part.unlisted,
            unsized=whole.unsized + part.unsized,
            unconfirmed=whole.unconfirmed + part.unconfirmed + unclear,
        )
    known = replace(whole, sizes=sizes, names=len({(key.layout, key.oid) for key in sizes}))
    return known if _lacks(known) else replace(known, digest=digest_of_objects(sizes))


def compare_digest(tag: str, said: Trailers | None, known: Known) -> DataCheck:
    """Compare a commit's data with its tag's digest: OK, FAILED or UNKNOWN; SKIPPED if the tag has no digest."""
    if said is None or said.digest is None:
        return DataCheck(name=CheckName.DATA_DIGEST, verdict=Verdict.SKIPPED, message=f"{tag} swears to no data")
    names, most = known.names, len(known.sizes)
    if known.fault is None and (said.objects < names or (said.objects > most and not known.unlisted)):
        return _failed(tag, not_as_promised(tag, said, names, None))
    if known.digest == said.digest:
        return DataCheck(name=CheckName.DATA_DIGEST, verdict=Verdict.OK, message=f"the data is what {tag} swears to")
    why = _lacks(known) or _doubts(said, known)
    if why is not None:
        return digest_mismatch(tag, why)
    words = not_as_promised(tag, said, names, known.digest)
    if len(known.told) > 1:
        several = "by sizes that only pointers tell: it is other data, or several of these sizes are wrong"
        return replace(not_known(tag, f"{words}, {several}"), differs=True)
    by = ", by the sizes that pointers tell" if known.told else ""
    return _failed(tag, f"{words}{by}")


def digest_mismatch(tag: str, why: str) -> DataCheck:
    """Return an UNKNOWN check: the data could not be compared locally, for the reason `why`."""
    return not_known(tag, f"the data was not held against {tag} here: {why}")


def not_known(tag: str, message: str) -> DataCheck:
    """Return an UNKNOWN check whose help is `release verify`, which asks the remote."""
    return DataCheck(
        name=CheckName.DATA_DIGEST,
        verdict=Verdict.UNKNOWN,
        message=message,
        help=command_line("release", "verify", names=(tag,)),
    )


def not_as_promised(tag: str, said: Trailers, objects: int, digest: str | None) -> str:
    """Describe a mismatch with both counts and digests; `digest` None: not all objects could be named."""
    has = f"{objects}" if digest is None else f"{objects} with {digest[:12]}"
    return f"{tag} promised {said.objects} objects with digest {(said.digest or '')[:12]}, its commit has {has}"


def not_comparable(tag: str, said: Trailers, excluded: int) -> str:
    """Describe digests that cannot be compared, because other paths are excluded now than at release time."""
    return f"{tag} was made with {said.excluded} paths excluded, now it is {excluded}: its digest cannot be compared"


def _is_sure(out: Out) -> bool:
    """Return True if an object name implies one size.

    DVC 2 hashes text files without regard to line endings, so that the remote's copy may have another size.
    """
    return out.layout is not Layout.LEGACY


def _failed(tag: str, message: str) -> DataCheck:
    return DataCheck(
        name=CheckName.DATA_DIGEST,
        verdict=Verdict.FAILED,
        message=message,
        help=command_line("release", "verify", names=(tag,)),
        differs=True,
    )


def _lacks(known: Known) -> str | None:
    """Return the reason why no digest can be computed, None if it can."""
    if known.fault is not None:
        return known.fault
    if known.unlisted:
        return f"the list of {_paths(known.unlisted)} is not on this machine"
    return f"DVC's cache has not all of {_paths(known.unsized)}" if known.unsized else None


def _doubts(said: Trailers, known: Known) -> str | None:
    """Return the reason why a different digest is no proof of different data, None if it is."""
    if known.unconfirmed:
        return f"the remote may have other sizes of {_paths(known.unconfirmed)}"
    return "a pointer seems to tell a wrong size" if _may_be_one_wrong_size(said, known) else None


def _may_be_one_wrong_size(said: Trailers, known: Known) -> bool:
    """Return True if one hand-edited pointer size explains the mismatch.

    The digest was made from the sizes in the store. The difference of the totals is the error that such a size would
    have.
    """
    off = said.total_bytes - sum(size or 0 for size in known.sizes.values())
    if not off or not known.told:
        return False
    if len(known.told) * len(known.sizes) > _MOST_LINES:
        return True
    changed = ({**known.sizes, key: (known.sizes[key] or 0) + off} for key in known.told)
    return any(digest_of_objects(sizes) == said.digest for sizes in changed)


def _paths(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {many(len(paths) - 1, 'other out')}"


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
    without that option. `by_hand` is how to tag without proof if a store could not be reached.
    """

    revisions: tuple[Verified, ...]
    include_foreign: bool = False
    uploaded: Uploaded | None = None
    by_hand: str | None = None

    @property
    def exit_code(self) -> ExitCode:
        """DATA if anything that counts failed, UNKNOWN if anything is unknown, else DONE; same in a dry run."""
        up = self.uploaded
        counted = [
            one.audit.verdict
            for one in self.revisions
            if (self.include_foreign or not one.foreign) and not (up and up.would_mend(one.audit))
        ]
        if Verdict.FAILED in counted:
            return ExitCode.DATA
        return ExitCode.UNKNOWN if Verdict.UNKNOWN in counted else ExitCode.DONE


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
    problem = Problem(
        severity=Verdict.UNKNOWN,
        kind=ProblemKind.UNKNOWN,
        path=tag.name,
        pointer=tag.name,
        message=describe_broken(tag),
        help=way_out(tag),
    )
    return Verified(audit=nothing_known(tag.name, "", problem))


def with_promise(
    audit: RevisionAudit, tag: str, trailers: Trailers | None, excluded_then: tuple[str, ...] | None = None
) -> RevisionAudit:
    """Compare the audit with the tag's Release-Digest and add a problem if they differ.

    Digests made with different exclusions cannot be compared; that is a warning, not a failure. `excluded_then` are the
    paths that the commit's own configuration excludes, None if not known.
    """
    if trailers is None or trailers.digest is None or audit.digest is None or trailers.digest == audit.digest:
        return audit
    if trailers.excluded != len(audit.excluded):
        words = not_comparable(tag, trailers, len(audit.excluded))
        return _with(audit, [_problem(Verdict.WARNING, tag, words)])
    if excluded_then is not None and len(excluded_then) == trailers.excluded and excluded_then != audit.excluded:
        words = f"{tag} was made with other paths excluded than now: its digest cannot be compared"
        return _with(audit, [_problem(Verdict.WARNING, tag, words)])
    words = not_as_promised(tag, trailers, audit.objects, audit.digest)
    return _with(audit, [_problem(Verdict.FAILED, tag, words)])


def with_watch(
    audit: RevisionAudit, breaks: Iterable[ChainBreak], signature: TagSignature | None, numbers: str | None
) -> RevisionAudit:
    """Add problems from other releases, the signature and the metrics to a tag's audit.

    `breaks` are of this tag; `numbers` describes how its metrics differ from the tag's metric digest, None if they
    match.
    """
    problems = [
        replace(
            _problem(Verdict.UNKNOWN if one.lightweight else Verdict.FAILED, audit.rev, one.message),
            kind=ProblemKind.UNKNOWN if one.lightweight else ProblemKind.MOVED_TAG,
            help=one.help,
        )
        for one in breaks
    ]
    if signature is not None and signature.state is SignatureState.BAD:
        words = f"the signature of {audit.rev} is bad: {signature.reason or 'it does not fit the tag'}"
        bad = _problem(Verdict.FAILED, audit.rev, words)
        problems.append(
            replace(bad, kind=ProblemKind.MOVED_TAG, help=command_line("git", "verify-tag", names=(audit.rev,)))
        )
    if numbers is not None:
        problems.append(_problem(Verdict.FAILED, audit.rev, f"{audit.rev}: {numbers}"))
    return _with(audit, problems) if problems else audit


def _with(audit: RevisionAudit, problems: Iterable[Problem]) -> RevisionAudit:
    found = (*audit.problems, *problems)
    return replace(audit, problems=found, verdict=verdict_of(found))


def _problem(severity: Verdict, tag: str, message: str) -> Problem:
    return Problem(
        severity=severity,
        kind=ProblemKind.DIGEST_MISMATCH,
        path=tag,
        pointer=tag,
        message=message,
        help=command_line("release", "show", names=(tag,)),
    )
