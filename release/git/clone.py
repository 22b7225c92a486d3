"""A new clone of one tag: of the user's settings, only those that say how to reach the remote apply."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from release.core.tags import TagRef
from release.core.text import command_line
from release.errors import Raced, Refused
from release.git.process import Git
from release.git.refs import fetch_objects, remote_refs, start_asking
from release.git.repository import Repository

_REACHING = re.compile(r"(?:http|credential|url|ssh|protocol|safe)\..+|core\.(?:sshcommand|askpass|gitproxy)")
_CHECKOUT_LIMIT_S = 3600.0


def check_published(repository: Repository, remote: str, tag: TagRef) -> None:
    """Check that a remote has the tag of this clone. Raises Refused, Raced, Unreachable."""
    there = {each.name: each for each in remote_refs(start_asking(repository.git, remote), remote).tags}
    if tag.name not in there:
        words = f"{remote} has no tag {tag.name}: no other clone can have it"
        raise Refused(words, help=command_line("git", "push", names=(remote, f"refs/tags/{tag.name}")), section="clone")
    if there[tag.name].object_id != tag.object_id:
        words = f"{tag.name} is {there[tag.name].object_id[:10]} on {remote}, and {tag.object_id[:10]} here"
        raise Raced(words, help="release fetch", section="clone")


def clone_tag(
    repository: Repository, remote: str | None, tag: TagRef, folder: Path, environment: Mapping[str, str]
) -> None:
    """Make a repository in a new folder with this tag, from a remote or (None) from this repository, and check it out.

    The remote is reached as this repository does; the checkout has the `environment`. No hook or filter runs: the new
    repository has none, and none of the user's settings that could name one. Raises Unreachable, Refused.
    """
    private = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
    inside = Git(folder=folder, environment={**environment, **private})
    folder.mkdir()
    inside.run("init", "--quiet", "--template=", "--initial-branch=main")
    place = str(repository.common_dir) if remote is None else repository.settings.every(f"remote.{remote}.url")[0]
    # It runs in the user's folder, where a relative URL starts, but for the new repository.
    outside = repository.git.having(**private, **_settings(repository), GIT_DIR=str(folder / ".git"))
    ref = f"refs/tags/{tag.name}"
    fetch_objects(outside, place, "--depth=1", f"{ref}:{ref}")
    found = inside.run("rev-parse", "--verify", ref).text
    if found != tag.object_id:
        words = f"{tag.name} became {found[:10]} while it was cloned; it is {tag.object_id[:10]} here"
        raise Raced(words, help="release fetch", section="clone")
    inside.run("checkout", "--quiet", "--detach", ref, limit_s=_CHECKOUT_LIMIT_S)


def _settings(repository: Repository) -> dict[str, str]:
    """Return the settings that say how to reach a remote, as variables of git: on a command line others could read them."""
    values = repository.settings.values.items()
    pairs = [(name, value or "true") for name, found in values if _REACHING.fullmatch(name) for value in found]
    variables = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (name, value) in enumerate(pairs):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables
