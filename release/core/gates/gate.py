"""Metric gates: allowed drops and fixed bounds. The formulas: docs/reference/gates.md.

Numbers are compared as written, in exact fractions: 0.8412 may fall by 0.01 to 0.8312, and 0.8312 is not below that.
Rounding noise of up to a billionth of the limit is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.config.values import Gate
from release.core.gates.keys import Meant, exact, is_glob, matching
from release.core.gates.result import Compared, GateResult, GateVerdict
from release.core.gates.trial import Trial, missing, mistake
from release.core.metrics.metric import Direction, Lack, ValueFile
from release.core.shell import toml
from release.errors import ExitCode


def judge_gates(gates: Mapping[str, Gate], compared: Compared) -> tuple[GateResult, ...]:
    """Evaluate every gate, in the configuration's order; globs skip metrics that a gate names in full."""
    named = {
        (meant.file, meant.key)
        for key in gates
        for files in (compared.after, compared.before)
        for meant in exact(key, files, compared.folder)
    }
    return tuple(result for gate in gates.values() for result in _judge_gate(gate, compared, named))


def directions(gates: Mapping[str, Gate], files: Sequence[ValueFile], folder: str = "") -> dict[str, Direction]:
    """Return the directions that gates set, by `file:key`; a full name overrides a glob."""
    found: dict[str, Direction] = {}
    for globs in (True, False):
        for gate in gates.values():
            meant = exact(gate.key, files, folder)
            if gate.direction is not None and globs is not bool(meant):
                every = matching(gate.key, files, folder) if globs and is_glob(gate.key) else meant
                found.update({f"{one.file}:{one.key}": gate.direction for one in every})
    return found


def allow(results: Sequence[GateResult]) -> tuple[GateResult, ...]:
    """Turn failures into ALLOWED, given a reason; configuration mistakes stay failures."""
    failed = GateVerdict.FAILED
    return tuple(
        replace(one, verdict=GateVerdict.ALLOWED) if one.verdict is failed and not one.mistake else one
        for one in results
    )


def unmeasured_gates(results: Sequence[GateResult], compared: Compared) -> tuple[GateResult, ...]:
    """Return failures that are due only to metrics that were not downloaded (`--offline`)."""
    every = (compared.after, compared.before, *(files or () for files in compared.baselines.values()))
    if not any(file.lack is Lack.SKIPPED for files in every for file in files):
        return ()
    return tuple(one for one in results if one.verdict is GateVerdict.FAILED and one.margin is None and not one.mistake)


def with_unmeasured(check: Check | None, skipped: Sequence[GateResult]) -> Check | None:
    """Return the check of the evaluated gates; SKIPPED if any gate was skipped and none blocks."""
    if not skipped or (check is not None and check.blocks):
        return check
    names = ", ".join(dict.fromkeys(one.gate for one in skipped))
    return Check(name=CheckName.GATES, verdict=Verdict.SKIPPED, message=f"not judged, for no remote was asked: {names}")


def gates_check(results: Sequence[GateResult], *, reason: str | None, command: str) -> Check | None:
    """Return all gates as one check; None if there are none. `command` is the call to repeat with a reason."""
    if not results:
        return None
    for verdict in (GateVerdict.FAILED, GateVerdict.ALLOWED, GateVerdict.WARNING):
        found = [one for one in results if one.verdict is verdict]
        if found:
            return _check(found, len(results), verdict, reason, command)
    message = results[0].message if len(results) == 1 else f"{len(results)} of {len(results)} passed"
    return Check(name=CheckName.GATES, verdict=Verdict.OK, message=message, details=_rows(results))


def _check(found: list[GateResult], every: int, verdict: GateVerdict, reason: str | None, command: str) -> Check:
    count = f"{len(found)} of {every}"
    message = found[0].message if every == 1 else f"{count} {_WORDS[verdict]}"
    if verdict is GateVerdict.ALLOWED:
        message = f"{count} {_WORDS[verdict]}: {reason}"
        return Check(
            name=CheckName.GATES, verdict=Verdict.WARNING, message=message, details=tuple(one.message for one in found)
        )
    details = _rows(found) if every > 1 else ()
    if verdict is GateVerdict.WARNING:
        return Check(name=CheckName.GATES, verdict=Verdict.WARNING, message=message, details=details)
    wrong = next((one for one in found if one.mistake), None)
    if wrong is not None:
        return Check.failed(CheckName.GATES, message, wrong.help, ExitCode.USAGE, details=details)
    help = f'improve the model, or: {command} --allow-regression "REASON"'
    return Check.failed(CheckName.GATES, message, help, ExitCode.GATE, details=details)


_WORDS = {GateVerdict.FAILED: "failed", GateVerdict.ALLOWED: "failed, allowed", GateVerdict.WARNING: "are doubtful"}


def _rows(results: Sequence[GateResult]) -> tuple[str, ...]:
    """Return a row for each gate, nearest to its limit first; none if a single gate passed."""
    if len(results) == 1 and results[0].verdict is GateVerdict.OK:
        return ()
    return tuple(one.message for one in sorted(results, key=_spare))


def _spare(result: GateResult) -> float:
    """Return the margin relative to the limit; gates without a limit sort last if OK, else first."""
    if result.margin is None or result.limit is None:
        return float("inf") if result.verdict is GateVerdict.OK else float("-inf")
    return result.margin / (abs(result.limit) or 1.0)


def _judge_gate(gate: Gate, compared: Compared, named: set[tuple[str, str]]) -> Iterator[GateResult]:
    older = _older(gate, compared)
    if isinstance(older, GateResult):
        yield older
        return
    files, origin = older
    meant = exact(gate.key, compared.after, compared.folder)
    if len(meant) > 1:
        names = ", ".join(f"{one.file}:{one.key}" for one in meant)
        yield mistake(
            gate,
            f"{gate.key} is in {len(meant)} files: {names}",
            f"[tool.release.gate.{toml(f'{meant[0].file}:{meant[0].key}')}]",
        )
        return
    if not meant:
        meant = exact(gate.key, files, compared.folder)[:1]
    if not meant and is_glob(gate.key):
        every = dict.fromkeys((*matching(gate.key, compared.after, compared.folder), *_gone(gate, compared, files)))
        if not every:
            yield missing(gate, None, f"{gate.key} fits no metric")
            return
        meant = tuple(one for one in every if (one.file, one.key) not in named)
    if not meant and not is_glob(gate.key):
        unread = next((file for file in compared.after if file.problem is not None), None)
        why = "" if unread is None else f" that can be read ({unread.path}: {unread.problem})"
        yield missing(gate, None, f"{gate.key} is in no metric file{why}")
    for one in meant:
        yield Trial(gate, one, compared, files, origin).result()


def _older(gate: Gate, compared: Compared) -> tuple[Sequence[ValueFile], str | None] | GateResult:
    """Return the files to compare with and their release's name; or the result if there are none."""
    if gate.baseline is None:
        return compared.before, compared.previous
    if gate.baseline not in compared.baselines:
        return mistake(
            gate, f"{gate.key}: its baseline {gate.baseline} is no tag here", "git fetch --tags, or correct baseline"
        )
    files = compared.baselines[gate.baseline]
    if files is None:
        return mistake(gate, f"{gate.key}: the commit of its baseline {gate.baseline} is not here", "git fetch --tags")
    return files, gate.baseline


def _gone(gate: Gate, compared: Compared, files: Sequence[ValueFile]) -> Iterator[Meant]:
    """Yield metrics that the glob matched then and that are gone; moving their file does not count."""
    now = {file.path: file for file in compared.after}
    for one in matching(gate.key, files, compared.folder):
        here = now.get(one.file)
        moved = here is None and any(one.key in file.values for file in compared.after)
        if not moved and (here is None or one.key not in here.values):
            yield one
