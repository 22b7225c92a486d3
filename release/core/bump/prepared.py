"""A release that an earlier `release prepare` wrote into the changelog, and that only lacks its tag. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct
from semver import Version

from release.core.bump.plan import BumpPlan
from release.core.changelog.file import parse
from release.core.check import Check, Verdict, exit_code
from release.core.versions.version import parse_semver
from release.errors import ExitCode, ReleaseError

_DATED = re.compile(r"[ \t(-]\d{4}-\d{2}-\d{2}\b")
# A pull request is made on a branch that may not release, and nothing is pushed.
_LATER = frozenset({"branch", "push"})


class PrepareReport(Struct, frozen=True, kw_only=True):
    """The plan, the files that were written, and whether they were only to be shown."""

    plan: BumpPlan
    written: tuple[str, ...] = ()
    preview: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """The process's exit code."""
        return exit_code(self.plan.checks)


def prepared_version(changelog: bytes | None, base: Version, taken: Collection[Version]) -> Version | None:
    """The version of the newest entry, if it is dated, greater than `base` and has no tag; None if nothing is prepared."""
    if changelog is None:
        return None
    try:
        log = parse(changelog)
    except ReleaseError:
        return None
    if not log.versions:
        return None
    newest = log.versions[0]
    version = parse_semver(newest.version or "")
    heading = log.text[newest.start : newest.body]
    if version is None or version <= base or version in taken or not _DATED.search(heading):
        return None
    return version


def later(check: Check) -> Check:
    """The check as it counts for a pull request: where the release may be made from is asked after the merge."""
    if check.name not in _LATER or not check.blocks:
        return check
    return Check(name=check.name, verdict=Verdict.SKIPPED, message=f"after the merge: {check.message}")
