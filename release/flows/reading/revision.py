"""A revision as the user writes it: a tag, a version, a branch or a commit."""

from __future__ import annotations

from release.core.tags import TagRef, describe_broken, way_out
from release.core.text import nearest, quote
from release.core.version import TagFormat, parse_semver
from release.errors import Refused, UsageError
from release.flows.project import Project
from release.git.refs import local_tags, resolve_commit


class UnknownRevision(UsageError):
    """A word that names no commit here."""


class BrokenTag(Refused):
    """A requested tag that exists here but cannot be read."""


def readable(tag: TagRef | None) -> TagRef | None:
    """Return the tag unchanged. Raises BrokenTag."""
    if tag is not None and tag.broken:
        raise BrokenTag(describe_broken(tag), help=way_out(tag))
    return tag


def find_revision(project: Project, word: str) -> tuple[str, str]:
    """Return the name of a revision and its commit; tags come before branches of the same name.

    Raises UnknownRevision, BrokenTag.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    tag = readable(named_tag(word, tags, project.config.tag_format))
    if tag is not None and tag.commit_id is not None:
        return tag.name, tag.commit_id
    commit = resolve_commit(git, word) if "\n" not in word and "\0" not in word else None
    if commit is None:
        near = nearest(word, sorted(tags))
        hint = f"{quote(near)} is the nearest tag here; " if near else ""
        raise UnknownRevision(f"{word} names no commit here", help=f"{hint}release fetch brings what others released")
    return word, commit


def named_tag(word: str, tags: dict[str, TagRef], tag_format: TagFormat) -> TagRef | None:
    """Return the tag with that name or version; None if there is none."""
    if word in tags:
        return tags[word]
    version = parse_semver(word.removeprefix("v"))
    if version is None:
        return None
    return next((tag for tag in tags.values() if tag_format.parse(tag.name) == version), None)
