"""Tags as git has them, and the release tags among them."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from msgspec import Struct
from semver import Version

from release.core.versions.version import precedence

NOTHING = "0" * 40  # git's id of no object


class TagRef(Struct, frozen=True, kw_only=True):
    """A tag ref without its `refs/tags/` prefix.

    `object_id` is the content of the ref; `commit_id` what it peels to (None if that is no commit, or not known here);
    they are equal for a lightweight tag. `broken`: its object, or one that it leads to, is missing or cannot be read;
    `object_id` is NOTHING if the ref's file itself has no id.
    """

    name: str
    object_id: str
    commit_id: str | None
    broken: bool = False

    @property
    def annotated(self) -> bool:
        """True if the ref names a tag object; False for a broken one."""
        return self.object_id != self.commit_id and not self.broken


class ReleaseTag(Struct, frozen=True, kw_only=True, dict=True):
    """A tag whose name carries a version of the current series."""

    ref: TagRef
    version: Version

    @property
    def name(self) -> str:
        """The tag's name."""
        return self.ref.name

    @cached_property
    def rank(self) -> tuple[object, ...]:
        """Sort key of releases."""
        return precedence(self.version)


class Signature(Struct, frozen=True, kw_only=True):
    """Author of a commit or tag, with the date: `when` is aware, in the author's time zone."""

    name: str
    email: str
    when: datetime
