"""Rules of a rollback: which files go back to the older release."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from release.core.check import Change, Check, CheckName
from release.core.metrics import Param
from release.core.pointer import PointerChange, is_pointer
from release.core.pointer_file import BadPointer, as_yaml
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


def with_stages(now: bytes, then: bytes, names: Collection[str]) -> bytes | None:
    """Return a `dvc.lock` whose stages of these names are as in `then`, and all others as they are.

    None if one of the files is not as DVC writes it.
    """
    try:
        documents = [as_yaml(data) for data in (now, then)]
        (head, ours), (_, theirs) = (_blocks(data) for data in (now, then))
        before, after = ({**each["stages"]} for each in documents)
        if list(before) != list(ours) or list(after) != list(theirs):
            return None
        wanted = {name: each for name, each in before.items() if name not in names}
        wanted |= {name: each for name, each in after.items() if name in names}
        kept = [theirs.get(name, b"") if name in names else block for name, block in ours.items()]
        added = [block for name, block in theirs.items() if name in names and name not in ours]
        made = head + b"".join((*kept, *added))
        return made if as_yaml(made) == {**documents[0], "stages": wanted} else None
    except (BadPointer, KeyError, TypeError, ValueError):
        return None


def _blocks(data: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return the text of a dvc.lock before its stages, and that of each stage. Raises ValueError, BadPointer."""
    head, mark, rest = data.partition(b"\nstages:\n")
    starts = [found.start() for found in _STAGE.finditer(rest)]
    if not mark or starts[:1] != [0]:
        raise ValueError
    blocks = [rest[start:end] for start, end in zip(starts, (*starts[1:], len(rest)), strict=True)]
    if not blocks[-1].endswith(b"\n"):
        raise ValueError
    return head + mark, {next(iter(as_yaml(block.partition(b"\n")[0]))): block for block in blocks}


_STAGE = re.compile(rb"^  (?=[^ \n])", re.MULTILINE)


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
