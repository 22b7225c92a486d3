"""Facts for the decision about a version: tags, commit and arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from semver import Version

from release.core.shell import command_line
from release.core.tags.tag import ReleaseTag
from release.core.versions.version import FIRST_BASE, Level, TagFormat


class VersionFacts(Struct, frozen=True, kw_only=True):
    """Input of `decide_version`.

    `commit` is the id of the commit to release. `releases` are the local and remote ones, each name once. Their names
    are in `ancestors` (the commit's own tags included), in `descendants`, in `absent` (their commit is not in this
    repository, which was not fetched since), or in none: unrelated. `local_tags` and `remote_tags` map every tag's name
    to its object id; None: the remote was not asked, and then every local tag counts as published. `static_version` is
    that of pyproject.toml. `base_override` is `--base TAG`. `unpublished` are the tags that `--no-push` made. `floor`
    is the highest version of a deleted release, which `auto` does not reuse. `options` are the call's other options
    (`-m`, `--at`), for help lines.
    """

    kind: Level | Version
    commit: str
    releases: tuple[ReleaseTag, ...]
    ancestors: frozenset[str]
    local_tags: Mapping[str, str]
    remote_tags: Mapping[str, str] | None
    descendants: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    pre: str | None = None
    tag_format: TagFormat = field(default_factory=TagFormat)
    static_version: Version | None = None
    base_override: str | None = None
    on_default_branch: bool = True
    allow_empty: bool = False
    remote: str = "origin"
    unpublished: frozenset[str] = frozenset()
    floor: Version | None = None
    options: tuple[str, ...] = ()

    @property
    def must_follow_all(self) -> bool:
        """True if unrelated releases count, too: on the default branch (a rebase lost them), without `--base`."""
        return self.on_default_branch and self.base_override is None

    @property
    def pool(self) -> list[ReleaseTag]:
        """Releases to compare with: ancestors, and `--base`."""
        return [one for one in self.releases if one.name in self.ancestors or one.name == self.base_override]

    @property
    def taken(self) -> list[Version]:
        """Versions that have a tag, locally or on the remote, and the `floor`."""
        names = {*self.local_tags, *(self.remote_tags or ())} - {release.name for release in self.releases}
        parsed = (self.tag_format.parse(name) for name in names)
        deleted = [self.floor] if self.floor else []
        return [*(release.version for release in self.releases), *(version for version in parsed if version), *deleted]

    def counted_from(self, base: ReleaseTag | None) -> Version:
        """Return the version that the next one counts from."""
        version = base.version if base else self.static_version or FIRST_BASE
        return max(version, self.floor) if self.floor else version

    def is_published(self, release: ReleaseTag) -> bool:
        """Return True if the remote has the tag, or was not asked."""
        return self.remote_tags is None or release.name in self.remote_tags

    def unrelated(self, releases: Iterable[ReleaseTag]) -> list[ReleaseTag]:
        """Return the releases on other lines of history."""
        known = self.ancestors | self.descendants | self.absent
        return [release for release in releases if release.name not in known]

    def command(self, *options: str) -> str:
        """Return the call with the options that affect the version, and further ones."""
        kind = self.kind.value if isinstance(self.kind, Level) else str(self.kind)
        pre = [] if self.pre is None else ["--pre", self.pre]
        return command_line("release", "bump", kind, *pre, *self.options, *options)
