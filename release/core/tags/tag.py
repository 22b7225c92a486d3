"""Tags as git knows them, and the ones that are releases."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from msgspec import Struct
from semver import Version

from release.core.versions.version import precedence

NOTHING = "0" * 40  # git's id of no object


class TagRef(Struct, frozen=True, kw_only=True):
    """A tag ref without its `refs/tags/` prefix.

    `object_id` is what the ref holds; `commit_id` what it peels to (None if that is no commit, or
    not known here); they are equal for a lightweight tag. `broken`: its object, or what that leads to,
    is lost or cannot be read; its id is NOTHING if already the ref's file names none.
    """

    name: str
    object_id: str
    commit_id: str | None
    broken: bool = False

    @property
    def annotated(self) -> bool:
        """Whether the ref names a tag object; of a broken one that is not known."""
        return self.object_id != self.commit_id and not self.broken


class ReleaseTag(Struct, frozen=True, kw_only=True, dict=True):
    """A tag whose name carries a version of the series that is looked at."""

    ref: TagRef
    version: Version

    @property
    def name(self) -> str:
        """The tag's name."""
        return self.ref.name

    @cached_property
    def rank(self) -> tuple[object, ...]:
        """What releases are sorted by."""
        return precedence(self.version)


class Signature(Struct, frozen=True, kw_only=True):
    """Who made a commit or tag, and when: `when` is aware, in the zone of the person."""

    name: str
    email: str
    when: datetime
