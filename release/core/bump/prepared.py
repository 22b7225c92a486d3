"""Releases that `release prepare` wrote into the changelog and that only lack their tag. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct
from semver import Version

from release.core.bump.plan import BumpPlan
from release.core.changelog.file import ChangelogFile, is_open, parse
from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.versions.version import parse_semver
from release.errors import ExitCode, ReleaseError

_DATED = re.compile(r"[ \t(-]\d{4}-\d{2}-\d{2}\b")
# A pull request comes from a branch that may not release, and nothing is pushed.
_LATER = frozenset({CheckName.BRANCH, CheckName.PUSH})


class PrepareReport(Struct, frozen=True, kw_only=True):
    """The plan and the files written; `preview`: dry run, nothing was written."""

    plan: BumpPlan
    written: tuple[str, ...] = ()
    preview: bool = False

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
    if version is None or version <= base or version in taken or not _DATED.search(heading) or is_open(heading):
        return None
    return None if older is not None and any(each.version == newest.version for each in older.versions) else version


def _parsed(changelog: bytes | None) -> ChangelogFile | None:
    try:
        return None if changelog is None else parse(changelog)
    except ReleaseError:
        return None


def later(check: Check) -> Check:
    """Return the check as it applies to a pull request: branch and push are checked after the merge."""
    if check.name not in _LATER or not check.blocks:
        return check
    return Check(name=check.name, verdict=Verdict.SKIPPED, message=f"after the merge: {check.message}")
