"""Lineage: stages whose outputs were made from other dependencies than the committed ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from math import isnan
from typing import Any, Literal

from msgspec import Struct

from release.core.check import Check, CheckName, Verdict
from release.core.documents import Timestamp
from release.core.locate import PointerSet, StageRecord
from release.core.metrics import ValueFile
from release.core.pointer import Out, Recorded, folders_above, pipeline_of, pointer_changes
from release.core.problems import repro, severity_of
from release.core.text import first_few, many


class Seen(Struct, frozen=True):
    """The content of a path in the commit, as the hashes that DVC may have recorded for it.

    `oids` is None if the commit has nothing there. `nfiles` is the number of files of a folder, `earlier` has
    hashes of the folder in the commits before. Untracked files counted, too, when a stage ran.
    """

    oids: frozenset[str] | None
    nfiles: int = 0
    earlier: frozenset[str] = frozenset()


class StaleStage(Struct, frozen=True, kw_only=True):
    """A stage whose outs were not made from what the commit has; `changed` names the inputs that differ.

    `frozen`: `dvc repro` skips it.
    """

    stage: str
    pipeline: str
    outs: tuple[str, ...]
    changed: tuple[str, ...]
    frozen: bool = False

    @property
    def words(self) -> str:
        """Return the sentence: `model/model.pt was made before params.yaml: lr changed`."""
        made = self.outs[0] if self.outs else f"stage {self.stage}"
        others = f" (and {len(self.outs) - 1} more of stage {self.stage})" if len(self.outs) > 1 else ""
        return f"{made}{others} was made before {first_few(self.changed)} changed"


class Lineage(Struct, frozen=True):
    """The number of stages that were run, those that are stale, and a sentence for each other one that is not known to be fresh."""

    stages: int = 0
    stale: tuple[StaleStage, ...] = ()
    unknown: tuple[str, ...] = ()


def paths_to_see(pointers: PointerSet) -> Mapping[str, frozenset[int]]:
    """Return the paths that stages read or wrote and no pointer names, so that their content is in git.

    Each with the numbers of files that were recorded of it, if it is a folder.
    """
    tracked = _tracked(pointers)
    found: dict[str, set[int]] = {}
    for stage in _stages(pointers):
        read = [(dep.path, dep.nfiles) for dep in stage.deps if _is_here(dep) and not _is_tracked(dep.path, tracked)]
        left_to_git = [(out.path, out.nfiles) for out in stage.outs if not out.cache and out.oid]
        for path, nfiles in (*read, *left_to_git):
            found.setdefault(path, set()).add(nfiles or 0)
    return {path: frozenset(numbers) for path, numbers in found.items()}


def param_files(pointers: PointerSet) -> frozenset[str]:
    """Return the files that stages take parameters from."""
    return frozenset(file for stage in _stages(pointers) for file in stage.params)


def judge_stages(
    pointers: PointerSet, seen: Mapping[str, Seen], params: Mapping[str, Mapping[str, Any] | None]
) -> Lineage:
    """Return which stages ran with other data, code or parameters than the commit has.

    `seen` has the `paths_to_see` that could be compared, `params` the documents of the `param_files`: None is a file
    that could not be read; a file that is not in the mapping is not in the commit.
    """
    tracked = _tracked(pointers)
    stages = tuple(_stages(pointers))
    stale, unknown = [], []
    for stage in stages:
        inputs = [
            *((dep.path, _is_changed(dep, tracked, seen)) for dep in stage.deps),
            *(each for file, values in stage.params.items() for each in _compare_params(file, values, params)),
            *(
                (out.path, _differs(out.oid, out.nfiles, seen.get(out.path)))
                for out in stage.outs
                if not out.cache and out.oid
            ),
        ]
        if changed := tuple(name for name, is_changed in inputs if is_changed):
            stale.append(
                StaleStage(
                    stage=stage.name,
                    pipeline=pipeline_of(stage.lock),
                    outs=tuple(out.path for out in stage.outs if out.cache),
                    changed=changed,
                    frozen=any(out.frozen for out in stage.outs),
                )
            )
        elif left := [name for name, is_changed in inputs if is_changed is None]:
            unknown.append(f"stage {stage.name}: {first_few(left)} could not be compared with the commit")
    return Lineage(len(stages), tuple(stale), tuple(unknown))


def stale_numbers(
    outs: tuple[Sequence[Out], Sequence[Out]], metrics: tuple[Sequence[ValueFile], Sequence[ValueFile]], previous: str
) -> str | None:
    """Return a sentence if a model changed since the previous release but no metric did, else None.

    `outs` and `metrics` are pairs: before, now.
    """
    before, now = ({file.path: file.values for file in files if file.problem is None} for files in metrics)
    if not before or not now or before != now:
        return None
    changed = [change.path for change in pointer_changes(*outs) if change.after_oid and is_model(change.path)]
    if not changed:
        return None
    more = f" and {many(len(changed) - 1, 'other model')}" if len(changed) > 1 else ""
    return f"stale-numbers: {changed[0]}{more} changed since {previous}, but no metric did"


_RERUN = 3  # stages in one help line


def lineage_check(found: Lineage, numbers: str | None, policy: Literal["warn", "fail", "off"]) -> Check | None:
    """Return the check "lineage"; None if it is off, or if nothing was recorded that could be checked."""
    if policy == "off" or not (found.stages or numbers):
        return None
    stale = found.stale
    messages = [*(stage.words for stage in stale), *([numbers] if numbers else [])]
    if not messages:
        known = found.stages - len(found.unknown)
        said = [*([f"{many(known, 'stage')} made from committed files"] if known else []), *found.unknown]
        verdict = Verdict.OK if known else Verdict.SKIPPED
        return Check(name=CheckName.LINEAGE, verdict=verdict, message=said[0], details=tuple(said[1:]))
    messages += found.unknown
    verdict = severity_of(policy)
    if stale:
        run = " && ".join(repro(f"{each.pipeline}:{each.stage}", frozen=each.frozen) for each in stale[:_RERUN])
        help_line = f"{run}, then commit and dvc push"
    else:
        help_line = "measure the model again, and commit its metrics"
    return Check(
        name=CheckName.LINEAGE, verdict=verdict, message=messages[0], details=tuple(messages[1:]), help=help_line
    )


_MODEL_FOLDERS = re.compile(r"(?:\A|[/_.-])(?:models?|weights|checkpoints?|ckpts?)(?:\Z|[/_.-])", re.IGNORECASE)
_MODEL_SUFFIXES = (
    *(".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".gguf", ".h5", ".hdf5", ".keras", ".tflite", ".pb"),
    *(".pkl", ".pickle", ".joblib", ".cbm", ".xgb", ".lgb", ".mlmodel", ".caffemodel", ".bin"),
)


def is_model(path: str) -> bool:
    """Return whether an out's name is a model's: a usual suffix, or a word like `model` or `weights` in its path."""
    return path.lower().endswith(_MODEL_SUFFIXES) or _MODEL_FOLDERS.search(path) is not None


def _stages(pointers: PointerSet) -> Iterable[StageRecord]:
    """Return the stages of pipelines, without imports of `.dvc` files, whose source is elsewhere."""
    return (stage for stage in pointers.stages if stage.name)


def _tracked(pointers: PointerSet) -> dict[str, Out]:
    return {out.path: out for out in pointers.outs if out.cache}


def _is_here(dep: Recorded) -> bool:
    return dep.oid is not None and "://" not in dep.path and not dep.path.startswith(("/", "../"))


def _is_tracked(path: str, tracked: Mapping[str, Out]) -> bool:
    """Return True if a path is an out, or in one, or has one below it."""
    return any(each in tracked for each in (path, *folders_above(path))) or any(
        other.startswith(f"{path}/") for other in tracked
    )


def _is_changed(dep: Recorded, tracked: Mapping[str, Out], seen: Mapping[str, Seen]) -> bool | None:
    """Return whether the commit has another input than the stage had; None if that is unknown."""
    if not _is_here(dep) or dep.oid is None:
        return None
    out = tracked.get(dep.path)
    if out is not None:
        return None if out.oid is None else out.oid != dep.oid
    return _differs(dep.oid, dep.nfiles, seen.get(dep.path))


def _differs(oid: str, nfiles: int | None, seen: Seen | None) -> bool | None:
    """Return whether the commit has other content than the recorded one; None if that is unknown.

    A folder that had more files than are committed is unknown: they may have been untracked, like `__pycache__`. It
    has changed if they were committed once. `seen` is None if git was not asked.
    """
    if seen is None or (seen.oids is not None and oid in seen.oids):
        return None if seen is None else False
    if seen.oids is None or not oid.endswith(".dir") or not any(each.endswith(".dir") for each in seen.oids):
        return True
    if nfiles is None or nfiles > seen.nfiles:
        return True if oid in seen.earlier else None
    return True


def _compare_params(
    file: str, used: Mapping[str, Any], params: Mapping[str, Mapping[str, Any] | None]
) -> Iterable[tuple[str, bool | None]]:
    """Yield what the stage used of a file, and whether it has changed (None: unknown)."""
    document = params.get(file)
    if document is None:
        gone = file not in params and not file.endswith(".py")
        return [(file, gone or None)] if used else []
    return [
        (f"{file}: {key}", not _same(value, _value_at(document, key)) if key.count(".") < _MOST_PARTS else None)
        for key, value in used.items()
    ]


_ABSENT = object()
_MOST_VALUES = 100_000
_MOST_PARTS = 50


def _value_at(document: Any, key: str) -> Any:
    """Return the value of a parameter like `train.lr`, even if a name has a dot in it; `_ABSENT` if there is none."""
    if isinstance(document, Mapping) and key in document:
        return document[key]
    parts = key.split(".")
    for end in range(len(parts) - 1, 0, -1):
        head, rest = ".".join(parts[:end]), ".".join(parts[end:])
        if isinstance(document, Mapping) and head in document:
            return _value_at(document[head], rest)
        if isinstance(document, list) and head.isdecimal() and int(head[:9]) < len(document):
            return _value_at(document[int(head)], rest)
    if isinstance(document, list) and key.isdecimal() and int(key[:9]) < len(document):
        return document[int(key)]
    return _ABSENT


def _same(used: Any, now: Any) -> bool:
    """Return whether values are equal: 1 equals 1.0 but not true. More values than are compared count as equal."""
    pairs = [(used, now)]
    for _ in range(_MOST_VALUES):
        if not pairs:
            return True
        one, other = pairs.pop()
        one, other = _as_text(one), _as_text(other)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if one.keys() != other.keys():
                return False
            pairs += [(value, other[key]) for key, value in one.items()]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif not _equal(one, other):
            return False
    return True


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, float) and isinstance(other, float) and isnan(one) and isnan(other):
        return True
    return bool(one == other)


def _as_text(value: Any) -> Any:
    """Return a date as its text, because YAML and TOML parse it to different types; any other value unchanged."""
    if isinstance(value, Timestamp):
        return value.text
    return str(value) if isinstance(value, date | time) else value
