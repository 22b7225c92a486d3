"""Semantic versions and tag formats (semver.org, PEP 440 as an input)."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum
from functools import cached_property
from typing import Literal

from msgspec import Struct
from semver import Version

from release.core.text import command_line, nearest
from release.errors import UsageError

FIRST_BASE = Version(0, 0, 0)  # the first release counts from it

_NAME_BYTES = 240  # a component of a ref is a file name: 255 bytes at most, and git adds ".lock"
_PRE_NAME = re.compile(r"[0-9A-Za-z-]+")
_NUMBERED = re.compile(r"(?P<prefix>(?:.*[.A-Za-z-])?)(?P<number>0|[1-9][0-9]*)")
_SHORT = re.compile(r"(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")
_FORBIDDEN_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")

_TO_PEP440 = {"a": "a", "alpha": "a", "b": "b", "beta": "b", "rc": "rc", "dev": ".dev"}
_FROM_PEP440 = {"a": "alpha", "b": "beta", "rc": "rc", ".dev": "dev"}
_PEP440 = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(a|b|rc|\.dev)(\d+))?", re.ASCII)


class Level(Enum):
    """Levels: values of KIND that count from the previous version."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    PRE = "pre"
    FINAL = "final"


class TagFormat(Struct, frozen=True, dict=True):
    """Format of tag names: text with one `{version}`, such as `v{version}`.

    Raises `UsageError` if the tags would not be legal refs (git-check-ref-format).
    """

    pattern: str = "v{version}"

    def __post_init__(self) -> None:
        if self.pattern.count("{version}") != 1:
            raise UsageError(
                f"tag format {self.pattern!r}: `{{version}}` must stand in it exactly once",
                help='tag-format = "v{version}"',
            )
        sample = self.pattern.replace("{version}", "1.2.3")
        if not is_legal_ref(sample):
            raise UsageError(
                f"tag format {self.pattern!r}: git does not allow a tag {sample!r}", help='tag-format = "v{version}"'
            )

    @cached_property
    def prefix(self) -> str:
        """Text before the version."""
        return self.pattern.partition("{version}")[0]

    @cached_property
    def suffix(self) -> str:
        """Text after the version."""
        return self.pattern.partition("{version}")[2]

    def format(self, version: Version) -> str:
        """Return the tag's name. Raises `UsageError` if git does not allow it (`2.0.0-a.lock`)."""
        name = f"{self.prefix}{version}{self.suffix}"
        if not is_legal_ref(name):
            raise UsageError(f"git does not allow a tag {_shown(name)}", help="choose another version")
        return name

    def parse(self, name: str) -> Version | None:
        """Return the version of a tag of this format, else None: `parse(format(v)) == v`."""
        middle = self._middle(name)
        return None if middle is None else parse_semver(middle)

    def parse_short(self, name: str) -> Version | None:
        """Return the completed version of an old short form, `v1.0` or `v1`; None for every other name.

        If the format is `{version}` alone, a single number is no version.
        """
        middle = self._middle(name)
        found = _SHORT.fullmatch(middle) if middle is not None else None
        if not found or (found[2] is None and not self.prefix + self.suffix):
            return None
        return parse_semver(f"{found[1]}.{found[2] or 0}.0")

    def _middle(self, name: str) -> str | None:
        prefix, suffix = self.prefix, self.suffix
        if len(name) <= len(prefix) + len(suffix) or not (name.startswith(prefix) and name.endswith(suffix)):
            return None
        return name[len(prefix) : len(name) - len(suffix)]


def parse_kind(text: str) -> Level | Version:
    """Parse KIND: a level, or an exact version with or without a leading `v`.

    Raises `UsageError`, with a suggestion if one is near.
    """
    levels = {level.value: level for level in Level}
    if text in levels:
        return levels[text]
    version = parse_semver(text.removeprefix("v"))
    if version is None:
        raise UsageError(f"unknown KIND {_shown(text)}", help=_with_nearest_kind(text))
    if version.build:
        raise UsageError(
            f"{version}: build metadata does not order versions, so a release has none",
            help=command_line("release", "bump", str(version.replace(build=None))),
        )
    return version


def next_version(base: Version, level: Level, *, pre: str | None, taken: Collection[Version]) -> Version:
    """Return the version that follows `base`; `pre` is `--pre NAME`; `taken` are the versions of all tags.

    The result is always greater than `base` (semver.org section 11), else `UsageError`.
    """
    if pre is not None:
        _check_pre_name(pre)
    if level is Level.FINAL:
        return _final(base, pre)
    if level is Level.PRE:
        return _next_pre(base, pre, taken)
    target = _raised(base, level)
    return target if pre is None else _numbered(base, target, f"{pre}.", taken)


def pep440(version: Version) -> str:
    """Format a version by PEP 440: 1.5.0-rc.1 is `1.5.0rc1`. Raises `UsageError` for other prerelease names."""
    release = f"{version.major}.{version.minor}.{version.patch}"
    if version.prerelease is None:
        return release
    found = re.fullmatch(r"(alpha|beta|rc|dev|a|b)(?:\.?([0-9]+))?", version.prerelease)
    if not found:
        raise UsageError(
            f"{version} cannot be written into pyproject.toml: PEP 440 knows alpha, beta, rc and dev",
            help="use --pre rc",
        )
    return f"{release}{_TO_PEP440[found[1]]}{int(found[2] or 0)}"


def parse_static(text: str) -> Version | None:
    """Parse a version in a file: semver, or PEP 440 (`1.2`, `1.5.0rc1`); None for anything else."""
    version = parse_semver(text)
    if version is not None:
        return version
    found = _PEP440.fullmatch(text) if len(text) <= _NAME_BYTES else None
    if not found:
        return None
    prerelease = f"{_FROM_PEP440[found[4]]}.{int(found[5])}" if found[4] else None
    return Version(int(found[1]), int(found[2] or 0), int(found[3] or 0), prerelease)


def parse_semver(text: str) -> Version | None:
    """Parse a full version of semver.org; None for anything else, however odd or long. Never fails."""
    if len(text) > _NAME_BYTES or not text.isascii() or not text.isprintable():
        return None
    try:
        return Version.parse(text)
    except ValueError:
        return None


def precedence(version: Version) -> tuple[object, ...]:
    """Return the sort key of a version (semver.org section 11), since comparing `Version`s takes 20 us."""
    numbers = (version.major, version.minor, version.patch)
    if version.prerelease is None:
        return (*numbers, 1)
    parts = version.prerelease.split(".")
    return (*numbers, 0, *((0, int(part)) if part.isdigit() else (1, part) for part in parts))


def is_legal_ref(name: str) -> bool:
    """Return True if `refs/tags/NAME` is legal (git-check-ref-format) and fits on a disk."""
    if name.startswith(("-", "/")) or name.endswith(("/", ".")) or not name or _FORBIDDEN_IN_REF.search(name):
        return False
    return all(
        not part.startswith(".") and not part.endswith(".lock") and len(part.encode(errors="replace")) <= _NAME_BYTES
        for part in name.split("/")
    )


def _final(base: Version, pre: str | None) -> Version:
    if pre is not None:
        raise UsageError("`final` ends the prereleases: it goes without --pre", help="release bump final")
    if base.prerelease is None:
        raise UsageError(f"{base} is no prerelease that `final` could end", help="release bump patch")
    return base.finalize_version()


def _next_pre(base: Version, pre: str | None, taken: Collection[Version]) -> Version:
    if base.prerelease is None:
        raise UsageError(
            f"{base} is no prerelease that `pre` could follow",
            help=command_line("release", "bump", "minor", "--pre", pre or "rc"),
        )
    prefix, _ = _split(base.prerelease)
    if pre is not None and pre not in (prefix, prefix.removesuffix(".")):
        prefix = f"{pre}."
    return _numbered(base, base.finalize_version(), prefix, taken)


def _numbered(base: Version, target: Version, prefix: str, taken: Collection[Version]) -> Version:
    numbers = [
        number or 0
        for version in (*taken, base)
        if version.prerelease and version.finalize_version() == target
        for found, number in [_split(version.prerelease)]
        if found == prefix
    ]
    version = target.replace(prerelease=f"{prefix}{1 + max(numbers, default=0)}")
    if version <= base:
        raise UsageError(f"{version} is not greater than {base}", help="release bump final")
    return version


def _split(prerelease: str) -> tuple[str, int | None]:
    """Split into prefix and number: `rc.1` is ("rc.", 1), `rc1` is ("rc", 1), `rc` is ("rc.", None)."""
    found = _NUMBERED.fullmatch(prerelease)
    return (found["prefix"], int(found["number"])) if found else (f"{prerelease}.", None)


def _raised(base: Version, level: Literal[Level.MAJOR, Level.MINOR, Level.PATCH]) -> Version:
    """Return the next final version; a prerelease of that version is only finalized (as npm's semver does)."""
    begun = base.prerelease is not None
    match level:
        case Level.MAJOR:
            keep = begun and not (base.minor or base.patch)
            return Version(base.major if keep else base.major + 1, 0, 0)
        case Level.MINOR:
            keep = begun and not base.patch
            return Version(base.major, base.minor if keep else base.minor + 1, 0)
        case Level.PATCH:
            return Version(base.major, base.minor, base.patch if begun else base.patch + 1)


def _check_pre_name(pre: str) -> None:
    if not _PRE_NAME.fullmatch(pre) or pre.isdigit():
        raise UsageError(
            f"--pre {_shown(pre)}: a name has letters, digits and hyphens, and is no number",
            help="release bump minor --pre rc",
        )


def _with_nearest_kind(text: str) -> str:
    short = _SHORT.fullmatch(text.removeprefix("v")[:40])
    if short:
        return command_line("release", "bump", f"{short[1]}.{short[2] or 0}.0")
    near = nearest(text.lower(), [*(level.value for level in Level), "auto"])
    if near is not None:
        return command_line("release", "bump", near)
    return "release bump minor   (KIND: major, minor, patch, pre, final, auto, or a version such as 2.0.0)"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
