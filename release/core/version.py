"""Semantic versions and tag formats (semver.org, PEP 440 as an input)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import Enum, IntEnum
from functools import cached_property

from msgspec import Struct
from semver import Version

from release.core.text import command_line, nearest
from release.errors import UsageError

FIRST_BASE = Version(0, 0, 0)  # the first release counts from it

_NAME_BYTES = 240  # a component of a ref is a file name: 255 bytes at most, and git adds ".lock"
_PRE_NAME = re.compile(r"[0-9A-Za-z-]+")
_NUMBERED = re.compile(r"(?P<prefix>(?:.*[.A-Za-z-])?)(?P<number>0|[1-9][0-9]*)")
_SHORT = re.compile(r"(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")
_NUMBER = "(?:0|[1-9][0-9]*)"
# Spellings of PEP 440 that tags have; a number with a leading zero is that of a date.
_IN_TAGS = re.compile(
    rf"{_NUMBER}(?:\.{_NUMBER}){{0,2}}(?:[-._]?(?:alpha|beta|preview|pre|rc|dev|a|b|c)[-._]?[0-9]*)?(?:\.post(?P<post>[0-9]+))?"
)
_NUMBERED_TAG = re.compile(
    r"(?P<before>.{0,60}?)(?<![0-9])(?<![0-9]\.)(?P<version>[0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?[-.+a-zA-Z0-9]{0,40})"
)
_NUMBERS = re.compile(r"[0-9]\.[0-9]")
_FORBIDDEN_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")

_IN_PEP440 = re.compile(r"(alpha|beta|rc|dev|a|b)(\.?[0-9]+)?")
_FROM_PEP440 = {"a": "alpha", "b": "beta", "rc": "rc", "dev": "dev"}


class BadVersion(UsageError):
    """A KIND, version or tag format that cannot give the next version."""

    section = "version"


class Level(Enum):
    """Levels: values of KIND that count from the previous version."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    PRE = "pre"
    FINAL = "final"


class TagForm(IntEnum):
    """Ways in which a tag's name carries a version, best first; all but the last make it a release."""

    FULL = 0  # the configured format: v1.2.3
    PEP440 = 1  # the format with a version of PEP 440: v1.2.3rc1
    SHORT = 2  # the format with an old short version: v1.2
    BARE = 3  # no prefix: 1.2.3, 1.2, 1.2.3rc1
    FOREIGN = 4  # another prefix: release-1.2.3


class TagFormat(Struct, frozen=True, dict=True):
    """Format of tag names: text with one `{version}`, such as `v{version}`.

    Raises `BadVersion` if the tags would not be legal refs (git-check-ref-format).
    """

    pattern: str = "v{version}"

    def __post_init__(self) -> None:
        if self.pattern.count("{version}") != 1:
            raise BadVersion(
                f"tag format {self.pattern!r}: `{{version}}` must be in it exactly once",
                help='tag-format = "v{version}"',
            )
        sample = self.pattern.replace("{version}", "1.2.3")
        if not is_legal_ref(sample):
            raise BadVersion(
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
        """Return the tag's name. Raises `BadVersion` if git does not allow it (`2.0.0-a.lock`)."""
        name = f"{self.prefix}{version}{self.suffix}"
        if not is_legal_ref(name):
            raise BadVersion(f"git does not allow a tag {_shown(name)}", help="choose another version")
        return name

    def parse(self, name: str) -> Version | None:
        """Return the version of a tag of this format, else None: `parse(format(v)) == v`."""
        middle = self._middle(name)
        return None if middle is None else parse_semver(middle)

    def read(self, name: str) -> tuple[Version, TagForm] | None:
        """Return the version that a tag's name carries, and how; None if it carries none, and for a tag of GTO.

        Without a prefix, a single number is no version. A model has only tags of its own format, as GTO reads them.
        """
        if self.pattern.endswith("@v{version}"):
            version = self.parse(name)
            return None if version is None else (version, TagForm.FULL)
        middle = self._middle(name)
        if middle is not None and (self.pattern != "{version}" or "." in middle):
            version = parse_semver(middle)
            if version is not None:
                return version, TagForm.FULL
            version = _parse_in_tag(middle)
            if version is not None:
                return version, TagForm.SHORT if _SHORT.fullmatch(middle) else TagForm.PEP440
        found = _NUMBERED_TAG.fullmatch(name)
        if found is None or "#" in name or found["before"].endswith("@v"):
            return None
        version = parse_semver(found["version"]) or _parse_in_tag(found["version"])
        return None if version is None else (version, TagForm.FOREIGN if found["before"] else TagForm.BARE)

    def cannot_read(self, name: str) -> bool:
        """Return True if a tag's name has numbers with dots, but no version; a model has only tags of its own format."""
        numbered = _NUMBERS.search(name) is not None and "#" not in name and "@v" not in name
        return numbered and not self.pattern.endswith("@v{version}") and self.read(name) is None

    def _middle(self, name: str) -> str | None:
        prefix, suffix = self.prefix, self.suffix
        if len(name) <= len(prefix) + len(suffix) or not (name.startswith(prefix) and name.endswith(suffix)):
            return None
        return name[len(prefix) : len(name) - len(suffix)]


def parse_kind(text: str, before: Sequence[str] = ("release", "bump")) -> Level | Version:
    """Parse KIND: a level, or an exact version with or without a leading `v`.

    `before` are the words of the call up to it. Raises `BadVersion`.
    """
    levels = {level.value: level for level in Level}
    if text in levels:
        return levels[text]
    version = parse_semver(text.removeprefix("v"))
    if version is None:
        auto = [] if "rollback" in before[:2] else ["auto"]  # what a rollback brings back is known
        short = re.fullmatch(r"v?(\d+)(?:\.(\d+))?", text)
        meant = f"{short[1]}.{short[2] or 0}.0" if short else nearest(text, [*levels, *auto])
        others = f"   (KIND: {', '.join(['major, minor, patch, pre, final', *auto])}, 2.0.0)"
        help = command_line(*before, meant or "minor") + others
        raise BadVersion(f"unknown KIND {_shown(text)}", help=help)
    if version.build:
        raise BadVersion(
            f"{version}: a release version cannot have build metadata",
            help=command_line(*before, str(version.replace(build=None))),
        )
    return version


def check_kind(text: str | None, *before: str) -> None:
    """Check KIND as it was typed, `auto` included. Raises `BadVersion`, before anything is read."""
    if text not in (None, "auto"):
        parse_kind(text or "", before)


def next_version(
    base: Version,
    level: Level,
    *,
    pre: str | None,
    taken: Collection[Version],
    before: Sequence[str] = ("release", "bump"),
) -> Version:
    """Return the version that follows `base`; `pre` is `--pre NAME`; `taken` are the versions of all tags.

    `before` are the words of the call up to KIND, for help lines.

    The result is always greater than `base` (semver.org section 11), else `BadVersion`.
    """
    if pre is not None:
        check_pre_name(pre, before)
    if level is Level.FINAL:
        return _final(base, pre, before)
    if level is Level.PRE:
        return _next_pre(base, pre, taken, before)
    # Of 1.4.2+cu118, semver would make 1.4.2, which is not greater.
    target = base.replace(build=None).next_version(level.value)
    return target if pre is None else _numbered(base, target, f"{pre}.", taken, before)


def pep440(version: Version) -> str:
    """Format a version by PEP 440: 1.5.0-rc.1 is `1.5.0rc1`. Raises `BadVersion` for other prerelease names.

    `packaging` also takes `preview` and a number alone, and they would come back as another version.
    """
    version = version.replace(build=None)
    if version.prerelease is None:
        return str(version)
    if not _IN_PEP440.fullmatch(version.prerelease):
        raise BadVersion(
            f"{version} cannot be written into pyproject.toml: PEP 440 knows alpha, beta, rc and dev",
            help="use --pre rc",
        )
    from packaging.version import Version as PythonVersion  # 10 ms, and most versions are final

    return str(PythonVersion(str(version)))


def parse_static(text: str) -> Version | None:
    """Parse a version in a file: semver, or PEP 440 (`1.2`, `1.5.0rc1`); None for anything else.

    None, too, for what semver has no place for: an epoch, a fourth number, post-releases, local labels, `a1.dev2`.
    """
    version = parse_semver(text)
    if version is not None or not text[:1].isdigit() or not text.isprintable() or len(text) > _NAME_BYTES:
        return version
    from packaging.version import InvalidVersion  # 10 ms, and most versions are of semver
    from packaging.version import Version as PythonVersion

    try:
        found = PythonVersion(text)
    except InvalidVersion:
        return None
    if len(found.release) > 3 or any(
        (found.epoch, found.is_postrelease, found.local, found.pre and found.is_devrelease)
    ):
        return None
    name, number = found.pre or ("dev", found.dev)
    prerelease = f"{_FROM_PEP440[name]}.{number}" if found.is_prerelease else None
    return Version(found.major, found.minor, found.micro, prerelease)


def tag_prefix(name: str) -> str | None:
    """Return the text before the version in a tag's name (`release-1.2.0`: "release-"); None if it has no version."""
    found = _NUMBERED_TAG.fullmatch(name)
    return None if found is None else found["before"]


def _parse_in_tag(text: str) -> Version | None:
    """Parse a version of PEP 440, or a short one; a post-release has semver's precedence of its release.

    `1.2.3.post1` is 1.2.3+post1.
    """
    found = _IN_TAGS.fullmatch(text) if len(text) <= _NAME_BYTES else None
    if found is None:
        return None
    plain, short = text.partition(".post")[0], _SHORT.fullmatch(text.partition(".post")[0])
    version = parse_semver(f"{short[1]}.{short[2] or 0}.0" if short else plain) or parse_static(plain)
    return version if version is None or found["post"] is None else version.replace(build=f"post{found['post']}")


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


def _final(base: Version, pre: str | None, before: Sequence[str]) -> Version:
    if pre is not None:
        words = "`final` ends the prereleases; --pre cannot be used with it"
        raise BadVersion(words, help=command_line(*before, "final"))
    if base.prerelease is None:
        words = f"{base} is not a prerelease, so `final` has nothing to end"
        raise BadVersion(words, help=command_line(*before, "patch"))
    return base.finalize_version()


def _next_pre(base: Version, pre: str | None, taken: Collection[Version], before: Sequence[str]) -> Version:
    if base.prerelease is None:
        first = ("patch",) if "rollback" in before[1:2] else ("minor", "--pre", pre or "rc")
        words = f"{base} is not a prerelease, so `pre` has nothing to follow"
        raise BadVersion(words, help=command_line(*before, *first))
    prefix, _ = _split(base.prerelease)
    if pre is not None and pre not in (prefix, prefix.removesuffix(".")):
        prefix = f"{pre}."
    return _numbered(base, base.finalize_version(), prefix, taken, before)


def _numbered(
    base: Version, target: Version, prefix: str, taken: Collection[Version], before: Sequence[str]
) -> Version:
    """Return the next free prerelease over all tags; semver's `bump_prerelease` counts from one version only."""
    numbers = [
        number or 0
        for version in (*taken, base)
        if version.prerelease and version.finalize_version() == target
        for found, number in [_split(version.prerelease)]
        if found == prefix
    ]
    version = target.replace(prerelease=f"{prefix}{1 + max(numbers, default=0)}")
    if version <= base:
        raise BadVersion(f"{version} is not greater than {base}", help=command_line(*before, "final"))
    return version


def _split(prerelease: str) -> tuple[str, int | None]:
    """Split into prefix and number: `rc.1` is ("rc.", 1), `rc1` is ("rc", 1), `rc` is ("rc.", None)."""
    found = _NUMBERED.fullmatch(prerelease)
    return (found["prefix"], int(found["number"])) if found else (f"{prerelease}.", None)


def check_pre_name(pre: str, before: Sequence[str]) -> None:
    """Raise BadVersion for a name that no prerelease can have."""
    if not _PRE_NAME.fullmatch(pre) or pre.isdigit():
        raise BadVersion(
            f"--pre {_shown(pre)}: a name has letters, digits and hyphens and is not a number",
            help=command_line(*before, "minor", "--pre", "rc"),
        )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
