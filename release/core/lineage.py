"""Lineage: what an out was made from, and stages whose outs were made from other inputs than the committed ones."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, time
from math import isnan
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.documents import Timestamp
from release.core.metrics import ValueFile
from release.core.pointer import LOCK, Origin, Out, Recorded, folders_above, pipeline_of, pointer_changes
from release.core.problems import ProblemKind, repro, severity_of
from release.core.text import first_few, many

if TYPE_CHECKING:
    from release.core.locate import PointerSet, StageRecord


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
    around = {folder for path in tracked for folder in folders_above(path)}
    found: dict[str, set[int]] = {}
    for stage in _stages(pointers):
        here = [dep for dep in stage.deps if _is_here(dep) and dep.path not in around]
        read = [
            (dep.path, dep.nfiles) for dep in here if tracked.keys().isdisjoint((dep.path, *folders_above(dep.path)))
        ]
        left_to_git = [(out.path, out.nfiles) for out in stage.outs if not out.cache and out.oid]
        for path, nfiles in (*read, *left_to_git):
            found.setdefault(path, set()).add(nfiles or 0)
    return {path: frozenset(numbers) for path, numbers in found.items()}


def param_files(pointers: PointerSet) -> frozenset[str]:
    """Return the files that stages take parameters from."""
    return frozenset(file for stage in _stages(pointers) for file in stage.params)


def used_params(files: Iterable[ValueFile], pointers: PointerSet) -> tuple[ValueFile, ...]:
    """Return the parameter files with the values that the stages use."""
    used: dict[str, set[str]] = {}
    for stage in _stages(pointers):
        for file, values in stage.params.items():
            used.setdefault(file, set()).update(values)
    return tuple(
        replace(file, values={key: value for key, value in file.values.items() if _is_used(key, used[file.path])})
        for file in files
        if file.path in used
    )


def _is_used(key: str, names: Collection[str]) -> bool:
    """Return whether a flattened key (`train.lr`, `sizes[0]`) is one of the parameters, or lies in one."""
    return any(key == name or key.startswith((f"{name}.", f"{name}[")) for name in names)


def git_paths(pointers: PointerSet, every: PointerSet) -> tuple[str, ...]:
    """Return the paths whose changes in git are changes of these pointers, or of what their data was made from.

    A dvc.lock counts only if all of its stages are among them: else most changes of it are of other data. `every` are
    all pointers of the commit.
    """
    own = {(stage.lock, stage.name) for stage in pointers.stages}
    others = {stage.lock for stage in _stages(every) if (stage.lock, stage.name) not in own}
    files = {out.pointer for out in pointers.outs} - others
    pipelines = {pipeline_of(file) for file in files if file.endswith(LOCK)}
    inputs = {dep.path for stage in _stages(pointers) for dep in stage.deps if _is_here(dep)}
    kept_in_git = {out.path for out in pointers.outs if not out.cache}
    return tuple(sorted(files | pipelines | inputs | kept_in_git))


def judge_stages(
    pointers: PointerSet, seen: Mapping[str, Seen], params: Mapping[str, Mapping[str, Any] | None]
) -> Lineage:
    """Return which stages ran with another command, other data, code or parameters than the commit has.

    `seen` has the `paths_to_see` that could be compared, `params` the documents of the `param_files`: None is a file
    that could not be read; a file that is not in the mapping is not in the commit.
    """
    tracked = _tracked(pointers)
    stages = tuple(_stages(pointers))
    stale, unknown = [], []
    for stage in stages:
        inputs = [
            (f"the command of stage {stage.name}", stage.other_command),
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


# What a model was made from: all that its release must have

# Problems that leave it known which outs a commit has, and what they were made from
_OF_ONE_OUT = frozenset(
    {
        ProblemKind.EXTERNAL,
        ProblemKind.NEVER_RUN,
        ProblemKind.NOT_IN_GIT,
        ProblemKind.NOT_PUSHABLE,
        ProblemKind.UNRECORDED,
    }
)


def outs_at(outs: Iterable[Out], path: str) -> tuple[Out, ...]:
    """Return the outs at or below a path, and one that the path is inside of."""
    return tuple(out for out in outs if path in (out.path, *folders_above(out.path)) or path.startswith(f"{out.path}/"))


def upstream(pointers: PointerSet, paths: Sequence[str], in_git: Callable[[str], bool | None]) -> PointerSet:
    """Return the pointers of the outs at these paths, and of everything that they were made from, by dvc.lock.

    A path may also be a folder of outs, or lie in one; the first must be one of these. `in_git` says whether git has a
    path (None: with a symbolic link above, at or below it). Returns all pointers if some input is not known.
    """
    known = _Index(pointers)
    if not known.at(paths[0]) or any(problem.kind not in _OF_ONE_OUT for problem in pointers.problems):
        return pointers
    waiting, seen = list(paths), dict.fromkeys(paths)
    kept: dict[tuple[str, str], None] = {}
    stages: dict[tuple[str, str], StageRecord] = {}
    while waiting:
        path = waiting.pop()
        found, there = known.at(path), in_git(path)
        if there is None or (not there and not found and path not in paths and not _near(path, pointers.excluded)):
            return pointers
        for out in found:
            kept[out.pointer, out.path] = None
            record = known.records.get((out.pointer, out.stage or ""))
            if record is None and out.stage is not None:
                return pointers
            if record is None or out.origin is not Origin.OWN:  # an import: its source is not in this commit
                continue
            stages[record.lock, record.name] = record
            inputs = [path for path in (*(dep.path for dep in record.deps), *record.params) if "://" not in path]
            if not record.name:  # of `dvc import-url`: what it got is here
                inputs = [path for path in inputs if not path.startswith("/")]
            if any(dep.startswith(("/", "../")) for dep in inputs):
                return pointers
            new = [dep for dep in (*inputs, out.path) if dep not in seen]
            seen |= dict.fromkeys(new)
            waiting += new
    return replace(
        pointers,
        outs=tuple(out for out in pointers.outs if (out.pointer, out.path) in kept),
        problems=tuple(problem for problem in pointers.problems if _near(problem.path, seen)),
        excluded=tuple(path for path in pointers.excluded if _near(path, seen)),
        stages=tuple(stage for stage in pointers.stages if (stage.lock, stage.name) in stages),
    )


def alone(own: PointerSet, every: PointerSet, path: str, in_git: Callable[[str], bool | None]) -> PointerSet:
    """Return of a model's pointers those that no other data of the commit is made from.

    `own` are those that the model at `path` was made from. Data that is made from the model itself is no other data.
    """
    below = {path, *(out.path for out in own.outs if _near(out.path, (path,)))}
    before = 0
    while len(below) > before:
        before = len(below)
        made = (stage for stage in _stages(every) if any(_near(dep.path, below) for dep in stage.deps))
        below |= {out.path for stage in made for out in stage.outs}
    kept = {(out.pointer, out.path) for out in own.outs}
    others = [out.path for out in every.outs if (out.pointer, out.path) not in kept and out.path not in below]
    if not others:
        return own
    shared = upstream(every, others, in_git)
    taken = {(out.pointer, out.path) for out in shared.outs}
    names = {(stage.lock, stage.name) for stage in shared.stages}
    return replace(
        own,
        outs=tuple(out for out in own.outs if (out.pointer, out.path) not in taken),
        stages=tuple(stage for stage in own.stages if (stage.lock, stage.name) not in names),
    )


class _Index:
    """The outs of a commit by path, and the stages that made them by pointer file and name."""

    def __init__(self, pointers: PointerSet) -> None:
        self.records = {(stage.lock, stage.name): stage for stage in pointers.stages}
        self._outs: dict[str, list[Out]] = {}
        for out in (*pointers.outs, *(out for stage in pointers.stages for out in stage.outs)):  # excluded ones, too
            self._outs.setdefault(out.path, []).append(out)
        self._paths = sorted(self._outs)

    def at(self, path: str) -> list[Out]:
        """Return the outs at a path, below it, and around it."""
        first = bisect_left(self._paths, f"{path}/")
        end = bisect_left(self._paths, f"{path}0")  # the sign after `/`
        names = (path, *folders_above(path), *self._paths[first:end])
        return [out for name in names for out in self._outs.get(name, ())]


def _near(path: str, others: Collection[str]) -> bool:
    """Return whether a path is one of the others, below one, or around one."""
    above = (path, *folders_above(path))
    return any(each in others for each in above) or any(other.startswith(f"{path}/") for other in others)


def _stages(pointers: PointerSet) -> Iterable[StageRecord]:
    """Return the stages of pipelines, without imports of `.dvc` files, whose source is elsewhere."""
    return (stage for stage in pointers.stages if stage.name)


def _tracked(pointers: PointerSet) -> dict[str, Out]:
    return {out.path: out for out in pointers.outs if out.cache}


def _is_here(dep: Recorded) -> bool:
    return dep.oid is not None and "://" not in dep.path and not dep.path.startswith(("/", "../"))


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
