"""Configuration that fits a repository's tags, its data and its earlier release tool. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from release.core.documents.document import BadDocument, decode, load_toml
from release.core.init.proposals import RepositoryScan
from release.core.init.versions import NamedFile, named_files, proposed
from release.core.tags.releases import DatedTag
from release.core.tags.series import release_tags
from release.core.versions.file import static_version
from release.core.versions.version import TagFormat
from release.errors import UsageError

_DEFAULT = "v{version}"
_NUMBERED = re.compile(
    r"(?P<before>.{0,60}?)(?<![0-9.])[0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?(?P<rest>[-.+a-zA-Z0-9]{0,40})"
)
_GTO = re.compile(r"[^@#]+@v[0-9].*|[^@#]+#[^#]+(?:#[0-9]+)?")
_PLACES = {  # the version's placeholder in tags of other tools
    "bumpversion": ("tag_name", "{new_version}"),
    "commitizen": ("tag_format", "$version"),
    "semantic_release": ("tag_format", "{version}"),
}
_SPOKEN = {
    "bumpversion": "bump-my-version",
    "commitizen": "commitizen",
    "semantic_release": "python-semantic-release",
}


def proposed_config(sight: RepositoryScan, gate: tuple[str, str] | None) -> dict[str, Any]:
    """Return the keys of `[tool.release]` that differ from the defaults, in the order of the reference."""
    config: dict[str, Any] = {}
    pattern = tag_pattern(sight)
    if pattern != _DEFAULT:
        config["tag-format"] = pattern
    if ignored := _ambiguous(sight.tags, pattern):
        config["ignore-tags"] = list(ignored)
    if sight.remotes and "origin" not in sight.remotes:
        config["git-remote"] = sight.remotes[0]
    if versioned := version_files(sight)[0]:
        config["version-files"] = versioned
    if sight.metrics:
        config["metrics"] = list(sight.metrics)
    if gate is not None:
        config["gate"] = {gate[0]: {"max-regression": gate[1]}}
    return config


def tag_pattern(sight: RepositoryScan) -> str:
    """Return the `tag-format` of the existing tags, else of the other tool's setting."""
    befores = Counter(
        match["before"]
        for tag in sight.tags
        if not _GTO.fullmatch(tag.ref.name) and (match := _NUMBERED.fullmatch(tag.ref.name))
    )
    if befores:
        found = "v" if "v" in befores else max(befores, key=lambda before: (befores[before], before))
        pattern = f"{found}{{version}}"
        return pattern if _allowed(pattern) else _DEFAULT
    for table, key, place in other_tools(sight.files):
        told = table.get(key)
        if isinstance(told, str) and told.count(place) == 1:
            pattern = told.replace(place, "{version}").replace("$version", "{version}")
            return pattern if _allowed(pattern) else _DEFAULT
    return _DEFAULT


def files_of_tools(files: Mapping[str, bytes]) -> tuple[NamedFile, ...]:
    """Return the files that another tool's configuration names as version files."""
    ini = files.get(".bumpversion.cfg") or (files.get("setup.cfg", b"") if _has_ini(files) else b"")
    return named_files(_tools(files), ini)


def version_files(sight: RepositoryScan) -> tuple[list[str | dict[str, str]], list[str]]:
    """Return `version-files` as the other tool had them, and the paths that are unclear."""
    releases = old_releases(sight)
    version = releases[0][0] if releases else static_version(sight.files.get("pyproject.toml", b""))
    named = files_of_tools(sight.files)
    return proposed(named, sight.files, version) if version and named else ([], [])


def tools_seen(files: Mapping[str, bytes]) -> list[str]:
    """Return the names of other release tools that are configured here."""
    names = [_SPOKEN[name] for name in _PLACES if name in _tools(files)]
    return [*names, *(["bump-my-version"] if _has_ini(files) and "bump-my-version" not in names else [])]


def other_tools(files: Mapping[str, bytes]) -> list[tuple[Mapping[str, Any], str, str]]:
    """Return their tables, each with its key for the tag's name and its version placeholder."""
    tools = _tools(files)
    return [(tools[name], key, place) for name, (key, place) in _PLACES.items() if name in tools]


def gto_tags(tags: Sequence[DatedTag]) -> int:
    """Count the tags of GTO (`charCNN@v1.3.0`, `charCNN#prod#2`)."""
    return sum(1 for tag in tags if _GTO.fullmatch(tag.ref.name))


def old_releases(sight: RepositoryScan) -> list[tuple[str, DatedTag]]:
    """Return the tags that will count as releases with their versions, newest version first."""
    pattern = tag_pattern(sight)
    by_name = {tag.ref.name: tag for tag in sight.tags}
    found = release_tags((tag.ref for tag in sight.tags), TagFormat(pattern), _ambiguous(sight.tags, pattern)).all
    return [(str(release.version), by_name[release.name]) for release in reversed(found)]


def _ambiguous(tags: Sequence[DatedTag], pattern: str) -> tuple[str, ...]:
    """Return tags whose version another tag has on another commit, except the most complete name of each."""
    format_ = TagFormat(pattern)
    kept = {str(release.version): release for release in release_tags((tag.ref for tag in tags), format_).all}
    names = []
    for tag in tags:
        version = format_.parse(tag.ref.name) or format_.parse_short(tag.ref.name)
        chosen = kept.get(str(version)) if version is not None else None
        if chosen is not None and chosen.name != tag.ref.name and chosen.ref.commit_id != tag.ref.commit_id:
            names.append(tag.ref.name)
    return tuple(sorted(names))


def _tools(files: Mapping[str, bytes]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for path in ("pyproject.toml", ".bumpversion.toml", ".cz.toml"):
        tool = _toml(files.get(path)).get("tool")
        if isinstance(tool, dict):
            found |= {name: table for name, table in tool.items() if name in _PLACES and isinstance(table, dict)}
    return found


def _has_ini(files: Mapping[str, bytes]) -> bool:
    return ".bumpversion.cfg" in files or b"[bumpversion" in files.get("setup.cfg", b"")


def _toml(data: bytes | None) -> dict[str, Any]:
    try:
        document = load_toml(decode(data)) if data is not None else {}
    except BadDocument:
        return {}
    return document if isinstance(document, dict) else {}


def _allowed(pattern: str) -> bool:
    try:
        TagFormat(pattern)
    except UsageError:
        return False
    return not pattern.endswith("@v{version}")
