"""Report of `release verify`: a verdict for each revision, and one exit code."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit.audit import Problem, ProblemKind, RevisionAudit, nothing_known
from release.core.audit.held import not_as_promised, not_comparable
from release.core.audit.uploads import Uploaded
from release.core.check import Verdict
from release.core.pointers.pointer import ObjectKey
from release.core.pointers.rules import verdict_of
from release.core.shell import command_line
from release.core.tags.broken import describe_broken, way_out
from release.core.tags.chain import ChainBreak
from release.core.tags.message import Trailers
from release.core.tags.signature import SignatureState, TagSignature
from release.core.tags.tag import TagRef
from release.errors import ExitCode


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
