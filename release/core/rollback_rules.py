"""Rules of a rollback: which files go back to the older release."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from release.core.check import Change, Check, CheckName
from release.core.metrics import Param
from release.core.pointer import PointerChange, is_pointer
from release.core.text import first_few

_SHOWN = 8


class FilesBack(Struct, frozen=True, kw_only=True):
    """Files to restore: `written` maps a path to its old mode and blob, `removed` did not exist then."""

    written: Mapping[str, tuple[str, str]]
    removed: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths."""
        return (*self.written, *self.removed)


Files = Mapping[str, tuple[str, str]]  # path to mode and blob id


def files_back(now: Files, then: Files, *, values: Collection[str], folder: str) -> FilesBack:
    """Select pointers and the parameter and metric files `values` (of both sides) below the project's folder."""
    prefix = f"{folder}/" if folder else ""
    ours = {path for path in (*now, *then) if path.startswith(prefix) and (is_pointer(path) or path in values)}
    return _differing(now, then, ours)


def everything_back(now: Files, then: Files, *, keep: Collection[str], folder: str) -> FilesBack:
    """Select all files below the project's folder except `keep` and DVC's settings."""
    prefix = f"{folder}/" if folder else ""
    ours = {path for path in (*now, *then) if path.startswith(prefix) and path not in keep}
    ours = {path for path in ours if not f"/{path}".endswith("/.dvc/config")}  # data is looked up in today's remotes
    return _differing(now, then, ours)


def changed_stages(now: Mapping[str, Any], then: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stages of a dvc.yaml (as YAML values) whose definition changed: their code would not fit."""
    old, new = ((each.get("stages") or {}) for each in (then, now))
    if not isinstance(old, dict) or not isinstance(new, dict):
        return ("stages",) if old != new else ()
    return tuple(sorted(str(name) for name in old.keys() | new.keys() if old.get(name) != new.get(name)))


def stage_check(changed: Sequence[str], again: str) -> Check:
    """Refuse changed stages; the help is `again`, the command that restores the code, too."""
    if not changed:
        return Check.ok(CheckName.STAGES, "every stage is defined as before")
    message = f"defined differently since then: {first_few(changed, _SHOWN)}; today's code does not fit its lock file"
    return Check.failed(CheckName.STAGES, message, again)


def describe_restored(
    tag: str, back: FilesBack, params: Sequence[Param], pointers: Sequence[PointerChange]
) -> tuple[str, ...]:
    """Return the notes of the plan: restored files, and removed ones that serving code may need.

    `params` and `pointers` are the changes from today to then.
    """
    notes = [f"goes back to {tag}: {first_few(back.paths, _SHOWN)}"]
    lost = [f"{each.key} ({each.file})" for each in params if each.change is Change.REMOVED]
    lost += [each.path for each in pointers if each.change is Change.REMOVED]
    if lost:
        notes.append(f"serving code may need what is removed: {first_few(lost, _SHOWN)}")
    return tuple(notes)


def _differing(now: Files, then: Files, ours: Collection[str]) -> FilesBack:
    return FilesBack(
        written={path: then[path] for path in sorted(ours) if path in then and then[path] != now.get(path)},
        removed=tuple(sorted(path for path in ours if path not in then)),
    )
