"""`release bump auto`: what changed since the previous release, and the version that it asks for."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace
from semver import Version

from release.adapters.dvc.pointers import read_pointers
from release.adapters.git.commits import commits_since
from release.adapters.git.objects import Objects
from release.core.bump.prepared import prepared_version
from release.core.change import Change
from release.core.config.values import Config
from release.core.metrics.deltas import compare_params
from release.core.path_glob import matches_any
from release.core.pointers.changes import pointer_changes
from release.core.pointers.pointer import Out, PointerChange
from release.core.tags.tag import ReleaseTag
from release.core.versions.auto import AutoChoice, AutoFacts, choose
from release.core.versions.decision import VersionDecision, decide_version
from release.core.versions.facts import VersionFacts
from release.core.versions.version import FIRST_BASE, Level
from release.flows.planning.inquiry import Inquiry
from release.flows.reading.contents import changelog_path, read_values


def choose_kind(inquiry: Inquiry, facts: VersionFacts) -> AutoChoice:
    """The level or version of `auto`; a release that the commit carries already is asked for by its own version.

    The level is that of all changes since the release to compare with, for a final version the
    previous final; but where nothing is new since the last prerelease, there is nothing.
    """
    here = [release for release in facts.releases if release.ref.commit_id == facts.commit]
    if here and not facts.allow_empty:
        highest = max(here, key=lambda release: release.version)
        reason = f"{highest.version}: {highest.name} is at this commit already"
        return AutoChoice(kind=highest.version, reasons=(reason,))
    counted = decide_version(replace(facts, kind=Level.PATCH, allow_empty=True))
    prepared = _prepared(inquiry, facts, counted)
    if prepared is not None:
        return prepared
    choice = choose(_changes(inquiry, counted.previous, counted.base_version), inquiry.project.config.auto)
    if choice.kind is not None and counted.base != counted.previous:
        latest = choose(_changes(inquiry, counted.base, counted.base_version), inquiry.project.config.auto)
        choice = choice if latest.kind is not None else latest
    if choice.kind is None and (facts.allow_empty or _may_be_mistaken(inquiry)):
        return replace(choice, kind=Level.PATCH)
    return choice


def nothing_chosen(decision: VersionDecision) -> VersionDecision:
    """The decision that no release is made."""
    since = f" since {decision.base.name}" if decision.base else ""
    nothing = f"no change{since} asks for a release"
    return replace(decision, version=None, tag=None, checks=(), notes=(), nothing=nothing)


def _prepared(inquiry: Inquiry, facts: VersionFacts, counted: VersionDecision) -> AutoChoice | None:
    """A release whose entry came with a merge (`release prepare`), and that lacks only its tag."""
    path = changelog_path(inquiry.objects, inquiry.tree, inquiry.project.config)
    entry = inquiry.objects.entry(inquiry.tree, path)
    if entry is None or entry.is_tree or entry.is_link:
        return None
    since = counted.base.version if counted.base else FIRST_BASE
    version = prepared_version(inquiry.objects.read(entry.id), since, facts.taken)
    if version is None:
        return None
    return AutoChoice(kind=version, reasons=(f"{version}: {path} has its entry already, prepared",))


def _may_be_mistaken(inquiry: Inquiry) -> bool:
    """Whether "nothing" could be wrong: then a patch is planned, whose checks say what is the matter."""
    facts = inquiry.facts
    return facts.shallow or facts.pending is not None or facts.remote_problem is not None


def _changes(inquiry: Inquiry, since: ReleaseTag | None, base: Version) -> AutoFacts:
    objects, config = inquiry.objects, inquiry.project.config
    commit, before = inquiry.facts.commit, since.ref.commit_id if since else None
    outs, old = (_audited(objects, one, config) for one in (commit, before))
    changed = pointer_changes(old, outs)
    found = AutoFacts(
        base=base,
        commits=commits_since(inquiry.project.repository.git, commit, before, config.folder),
        pointers=changed,
    )
    if before is None:
        return found  # every parameter and interface is new
    sides = [read_values(objects, each, config, inquiry.kept).params for each in (before, commit)]
    params = compare_params(*sides)
    return replace(found, params=params, interface=_interface(objects, (before, commit), changed, config))


def _interface(
    objects: Objects, commits: tuple[str, str], changed: tuple[PointerChange, ...], config: Config
) -> tuple[str, ...]:
    if not config.auto.interface:
        return ()
    there = [change.path for change in changed if change.change is not Change.ADDED]
    return tuple(dict.fromkeys((*_changed_files(objects, *commits, config), *_holding_interface(there, config))))


def _audited(objects: Objects, commit: str | None, config: Config) -> list[Out]:
    return [out for out in read_pointers(objects, commit, config).outs if out.cache] if commit else []


def _changed_files(objects: Objects, before: str, after: str, config: Config) -> Iterator[str]:
    """Files in git that an interface pattern names, and that were there and are different now."""
    old, new = ({entry.path: entry.id for entry in objects.walk(objects.tree_of(commit))} for commit in (before, after))
    for path in sorted(old):
        if new.get(path) != old[path] and _is_interface(path, config):
            yield path


def _holding_interface(paths: list[str], config: Config) -> Iterator[str]:
    """Data that an interface pattern names, or that is a folder which such a file lies in: it may have changed."""
    for path in paths:
        inside = _inside(path, config)
        if _is_interface(path, config) or any(pattern.startswith(f"{inside}/") for pattern in config.auto.interface):
            yield path


def _is_interface(path: str, config: Config) -> bool:
    below = f"{config.folder}/" if config.folder else ""
    return path.startswith(below) and matches_any(_inside(path, config), config.auto.interface)


def _inside(path: str, config: Config) -> str:
    return path.removeprefix(f"{config.folder}/") if config.folder else path
