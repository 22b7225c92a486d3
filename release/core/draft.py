"""The text of a release: changelog entry, message, version files, and the content of a prepared commit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timezone

from msgspec import Struct, field
from semver import Version

from release.core.auto import SEVERAL, quiet_types, release_trailer
from release.core.changelog import (
    ChangelogFile,
    Notes,
    entry,
    entry_of,
    is_open,
    message_of,
    parse_changelog,
    says_open,
    stated_values,
    unreleased_text,
    with_entry,
    with_yank,
)
from release.core.check import Check, CheckName, exit_code
from release.core.config import VersionFile
from release.core.gates import compared_metrics
from release.core.metric_deltas import compare_params
from release.core.metrics import Metric, Param
from release.core.next_version import VersionDecision
from release.core.pointer import PointerChange, pointer_changes
from release.core.pull_request import RequestReport
from release.core.release import (
    BadMessage,
    BumpPlan,
    BumpRequest,
    CommitFacts,
    RepositoryFacts,
    validate_message,
)
from release.core.release_checks import LAST_SECOND, written_file_check
from release.core.tag_message import Trailers, compose, metrics_digest
from release.core.text import enumerated, quote, toml
from release.core.version import parse_semver, parse_static
from release.core.version_file import current_version, leader_of, spelled, with_version
from release.errors import ExitCode, ReleaseError, UsageError


class Changes(Struct, frozen=True, kw_only=True):
    """Differences from the previous release: all metrics; only changed parameters and pointers."""

    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    pointers: tuple[PointerChange, ...] = ()


class Draft(Struct, frozen=True, kw_only=True):
    """A release as text.

    `contents` maps the files that the release commit writes to their new bytes; empty: only a tag is made. `created`
    are the files that do not exist yet. `checks` are problems with files that could not be written. `entry` is the
    changelog entry, even if no file is written. `modes` are the files' modes in git.
    """

    release_id: str
    message: str
    entry: str
    tag_message: str
    contents: Mapping[str, bytes]
    created: frozenset[str]
    checks: tuple[Check, ...]
    changes: Changes
    modes: Mapping[str, str] = field(default_factory=dict)


class DraftInput(Struct, frozen=True, kw_only=True):
    """Input of a draft.

    `version_files` maps the files found to their configuration; `regression` is the reason that allows a metric to fail
    its gate (None: none failed). `yanked` are the reasons of yanked releases, by version.
    """

    request: BumpRequest
    repository: RepositoryFacts
    commit: CommitFacts
    decision: VersionDecision
    changelog: str
    version_files: Mapping[str, VersionFile]
    release_id: str
    regression: str | None = None
    yanked: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """True if there will be a release commit."""
        wanted = self.repository.config.commit if self.request.commit is None else self.request.commit
        return wanted and not self.repository.at and self.decision.publish_only is None


def draft_release(given: DraftInput) -> Draft:
    """Write the entry, the files and the messages."""
    decision = given.decision
    assert decision.version is not None
    assert decision.tag is not None
    prepared = _prepared_entry(given)
    message = given.request.message or _prepared_message(given, prepared) or f"Release {decision.version}"
    found = changes(given.repository, given.commit)
    text = prepared or _entry(given, message, found, _unreleased(given))
    stale = () if prepared is None else _stale_entry(given, prepared, _entry(given, message, found, ""))
    contents, checks = _contents(given, text) if given.writes else ({}, tuple(_unwritten_checks(given)))
    return Draft(
        release_id=given.release_id,
        message=message,
        entry=text,
        tag_message=_tag_message(given, message, found.metrics, text),
        contents=contents,
        created=frozenset(path for path, file in given.commit.files.items() if file.kind == "absent"),
        checks=(*stale, *checks, *_other_versions(given)),
        changes=found,
        modes={path: file.mode for path, file in given.commit.files.items()},
    )


def commit_message(repository: RepositoryFacts, request: BumpRequest, decisions: Sequence[VersionDecision]) -> str:
    """Return the message of the commit that makes these releases."""
    tags = [each.tag or "" for each in decisions]
    subject = repository.config.commit_message.subject(
        tag=SEVERAL.join(tags), version=SEVERAL.join(str(each.version) for each in decisions), message=request.message
    )
    return f"{subject}\n\n{release_trailer(tags, signed_off_by=repository.signed_off_by)}"


def changes(repository: RepositoryFacts, commit: CommitFacts) -> Changes:
    """Compare the commit with the previous release. Raises UsageError if the headline is not exactly one metric."""
    return Changes(
        metrics=compared_metrics(repository.config, commit.metrics_before, commit.metrics),
        params=compare_params(commit.params_before, commit.params),
        pointers=pointer_changes(commit.outs_before, commit.outs),
    )


def release_date(repository: RepositoryFacts) -> date:
    """Return the release day (UTC): git's committer date, at most 9999-12-31."""
    seconds = int((repository.committer or "> 0 +0000").rsplit(" ", 2)[1])
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), timezone.utc).date()


def _prepared_entry(given: DraftInput) -> str | None:
    """Return the changelog's existing entry for the version (`release prepare`), None if there is none."""
    file = given.commit.files.get(given.changelog)
    with suppress(ReleaseError):  # reported when the file is written
        if file is not None and file.data is not None:
            return entry_of(file.data, str(given.decision.version), path=given.changelog)
    return None


def _prepared_message(given: DraftInput, entry: str | None) -> str | None:
    """Return the message that `release prepare -m` wrote into the entry, None if it has none."""
    if entry is None or given.decision.publish_only is not None or given.request.back_to is not None:
        return None
    message = message_of(entry)
    with suppress(BadMessage):
        return None if message is None else validate_message(message)
    return None


def _unreleased(given: DraftInput) -> str:
    """Return the hand-written text that moves into the entry; "" unless a final release writes the file."""
    version, file = given.decision.version, given.commit.files.get(given.changelog)
    with suppress(ReleaseError):  # reported when the file is written
        if given.writes and version is not None and version.prerelease is None and file is not None:
            return unreleased_text(file.data, path=given.changelog)
    return ""


def _entry(given: DraftInput, message: str, found: Changes, unreleased: str) -> str:
    return entry(
        Notes(
            version=str(given.decision.version),
            date=release_date(given.repository),
            message=message,
            metrics=found.metrics,
            params=found.params,
            pointers=found.pointers,
            commits=given.commit.commits,
            unreleased=unreleased,
            regression=given.regression,
            excluded=given.commit.audit.excluded if given.commit.audit else (),
            left_out=quiet_types(given.repository.config.auto),
            forge=given.repository.forge,
        )
    )


def _tag_message(given: DraftInput, message: str, metrics: tuple[Metric, ...], text: str) -> str:
    audit, previous = given.commit.audit, given.decision.previous
    trailers = Trailers(
        release_id=given.release_id,
        previous=(previous.name, previous.ref.object_id) if previous else None,
        objects=audit.objects if audit else 0,
        total_bytes=audit.total_bytes if audit else 0,
        excluded=len(audit.excluded) if audit else 0,
        regression=given.regression,
        digest=audit.digest if audit else None,
        metrics_digest=metrics_digest(given.commit.metrics)
        if any(file.sha256 for file in given.commit.metrics)
        else None,
        scope=given.repository.config.only,
    )
    return compose(message, trailers, metrics=metrics, entry=None if given.writes else text)


def _contents(given: DraftInput, text: str) -> tuple[dict[str, bytes], tuple[Check, ...]]:
    contents: dict[str, bytes] = {}
    checks = []
    for path, file in given.commit.files.items():
        name = CheckName.CHANGELOG if path == given.changelog else CheckName.VERSION_FILES
        check = written_file_check(name, file)
        if check is not None:
            checks.append(check)
            continue
        try:
            new = _changelog(given, text) if path == given.changelog else _version_file(given, path)
        except ReleaseError as error:
            checks.append(Check.failed(name, error.message, error.help, error.code))
            continue
        if new is not None and new != file.data:
            contents[path] = new
    return contents, tuple(checks)


def _changelog(given: DraftInput, text: str) -> bytes:
    version = given.decision.version
    assert version is not None
    data = given.commit.files[given.changelog].data
    final, previous = version.prerelease is None, given.decision.previous
    tags = (previous.name if previous else None, given.decision.tag or "")
    data = with_entry(data, text, str(version), consume_unreleased=final, path=given.changelog, tags=tags)
    for yanked, reason in given.yanked.items():  # by a tag, where the branch takes no pushes: the heading lacks it
        data = with_yank(data, yanked, reason, path=given.changelog)
    return data


def _stale_entry(given: DraftInput, there: str, fresh: str) -> tuple[Check, ...]:
    """Refuse an existing entry (prepared, or of a deleted release) that does not describe this release."""
    version, path, rollback = given.decision.version, given.changelog, given.request.back_to is not None
    if given.decision.publish_only is not None or _is_taken(given):  # the entry is this release's own, or another's
        return ()
    if is_open(there.partition("\n")[0]):
        heading = f"[{version}] - {release_date(given.repository)}"
        words = there.partition("\n")[0]
        message = f"the heading of {version} in {path} has no valid date: {words}"
        if says_open(words):
            message = f"{path} says that {version} is not released yet"
        help = f"write {quote(heading)} in its heading (or '[Unreleased]', whose text moves into the entry), and commit"
    elif rollback or stated_values(there) != stated_values(fresh):
        false = "numbers, parameters or data are not those of this commit"
        what = "it does not tell of a rollback" if rollback else f"its {false}"
        message = f"{path} already has an entry for {version}, and {what}"
        other = "minor as KIND" if rollback else "another version"
        help = f"take the entry of {version} out of {quote(path)} and commit, or choose {other}"
    else:
        return ()
    return (Check.failed(CheckName.CHANGELOG, message, help, ExitCode.REFUSED),)


def _is_taken(given: DraftInput) -> bool:
    """Return True if the version itself is refused: that check says what to do, and the files' own would only confuse."""
    names = (CheckName.VERSION, CheckName.TAG)
    return any(check.blocks and check.name in names for check in given.decision.checks)


def _version_file(given: DraftInput, path: str) -> bytes | None:
    """Return the file with the new version, None to leave it alone."""
    file, data, version = given.version_files[path], given.commit.files[path].data, given.decision.version
    assert version is not None
    if data is None:
        raise UsageError(
            f"version file {path} is not in the commit",
            help="correct version-files in [tool.release]",
            section="version-files",
        )
    if not _follows(given, path):
        return None
    day = release_date(given.repository).isoformat()
    return with_version(data, file, new=spelled(version, file), day=day)


def _follows(given: DraftInput, path: str) -> bool:
    """Return True if a release writes the file.

    Files that the configuration does not name are written if they have the base version, and lock files with the file
    next to them. Raises BadVersionFile.
    """
    data = given.commit.files[path].data
    if given.version_files[path] in (given.repository.config.version_files or ()):
        return True
    old = None if data is None else current_version(data, given.version_files[path])
    if old is None:
        return False
    leader = leader_of(path)
    if leader is not None and leader in given.version_files and given.commit.files[leader].data is not None:
        return _follows(given, leader)
    return parse_static(old) in (given.decision.base_version, given.decision.file_version)


def _other_versions(given: DraftInput) -> Iterator[Check]:
    """Warn about files that are not written because they have another version, and about higher versions in files."""
    decision, changed = given.decision, given.commit.files
    if given.repository.at or decision.publish_only is not None or decision.version is None:
        return
    left: dict[str, str] = {}
    for path, file in given.version_files.items():
        data = changed[path].data
        with suppress(ReleaseError):  # reported when the file is written
            old = None if data is None else current_version(data, file)
            said = None if old is None else parse_static(old)
            if old is not None and said != decision.version and not _follows(given, path):
                left[path] = f"{path} says {old}"
            elif said is not None and said > decision.version:
                message = f"{path} says {old}, not {decision.base_version}"
                yield Check.warning(CheckName.VERSION_FILES, message)
    if left:
        kept = "it is left as it is" if len(left) == 1 else "they are left as they are"
        message = f"{enumerated([*left.values()])}, not {decision.base_version}; {kept}"
        yield Check.warning(CheckName.VERSION_FILES, message, _help_to_write(given, left))
    log = _parsed(changed[given.changelog].data)
    found = [version for each in (log.versions if log else ()) if (version := parse_semver(each.version or ""))]
    if max(found, default=decision.version) > decision.version and not _is_taken(given):
        message = f"{given.changelog} has an entry for {max(found)}, a higher version than {decision.version}"
        yield Check.warning(CheckName.CHANGELOG, message, "git fetch --tags")


def _help_to_write(given: DraftInput, left: Collection[str]) -> str:
    """Return the configuration that adds files to those that a release writes."""
    written = []
    for each, file in given.version_files.items():
        with suppress(ReleaseError):
            written += [file.path] if each in left or _follows(given, each) else []
    names = ", ".join(toml(name) for name in written)
    return f"version-files = [{names}] in [tool.release] writes {'it' if len(left) == 1 else 'them'} at each release"


def _unwritten_checks(given: DraftInput) -> Iterator[Check]:
    """Refuse `--no-commit` while a version file in the commit has another version."""
    if given.repository.at or given.decision.publish_only is not None:
        return
    version = given.decision.version
    for path, file in given.version_files.items():
        data = given.commit.files[path].data
        old = current_version(data, file) if data is not None else None
        if old is None or not _follows(given, path):
            continue
        if parse_static(old) != version:
            message = f"{path} has version {old}, and without a release commit it keeps it in {version}"
            help = f"write {version} into {quote(path)}, commit it, then run again"
            yield Check.failed(CheckName.VERSION_FILES, message, help)


# Releases that `release prepare` wrote into the changelog and that only lack their tag.

# The branch of a pull request need not allow releases, and nothing is pushed.
_LATER = frozenset({CheckName.BRANCH, CheckName.PUSH})


class PrepareReport(Struct, frozen=True, kw_only=True):
    """The plan and the files written; `preview`: dry run, nothing was written.

    `request` is the pull request of `--pull-request` (None: without that option, or refused).
    """

    plan: BumpPlan
    written: tuple[str, ...] = ()
    preview: bool = False
    request: RequestReport | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the checks."""
        return exit_code(self.plan.checks)


def prepared_version(
    changelog: bytes | None, previous: bytes | None, base: Version, *, taken: Collection[Version]
) -> Version | None:
    """Return the version of the newest changelog entry, if it is prepared but not released; else None.

    It is prepared if it is dated, greater than `base` and not `taken`. `taken` are the versions that have a tag, and
    those whose entry a release commit wrote (their tags were deleted). An entry that is also in the `previous`
    release's changelog is an old one that was never tagged.
    """
    log, older = _parsed(changelog), _parsed(previous)
    if log is None or not log.versions:
        return None
    newest = log.versions[0]
    version = parse_semver(newest.version or "")
    heading = log.text[newest.start : newest.body]
    if version is None or version <= base or version in taken or is_open(heading):
        return None
    return None if older is not None and any(each.version == newest.version for each in older.versions) else version


def _parsed(changelog: bytes | None) -> ChangelogFile | None:
    try:
        return None if changelog is None else parse_changelog(changelog)
    except ReleaseError:
        return None


def later(check: Check) -> Check:
    """Return the check as it applies to a pull request: branch and push are checked after the merge."""
    if check.name not in _LATER or not check.blocks:
        return check
    return Check.skipped(check.name, f"after the merge: {check.message}")
