"""Metric gates: limits that block a release."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.config import Config, Gate, Tolerance
from release.core.direction import direction
from release.core.matching import LinearPattern, Wildcard, matches_any
from release.core.metric_deltas import candidates, compare_metrics, is_number
from release.core.metrics import Direction, Metric, UnreadCause, ValueFile, found_at, last_name
from release.core.text import Scalar, number, similar, toml
from release.errors import ExitCode

if TYPE_CHECKING:
    from fractions import Fraction


class GateVerdict(Enum):
    """Verdicts of a gate, as printed; `ALLOWED`: it failed, but `--allow-regression` gave a reason."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    ALLOWED = "allowed"


class GateResult(Struct, frozen=True, kw_only=True):
    """One metric at one gate.

    `gate` is the gate's name in the configuration, `file` None if no file has the metric. `limit` is the nearest bound
    (None: there was nothing to compare with), `margin` the distance to it, negative if it is broken. `mistake`: the
    gate's configuration is wrong, which no reason excuses; `help` says how to fix it.
    """

    gate: str
    file: str | None = None
    key: str
    before: Scalar = None
    after: Scalar = None
    limit: float | None = None
    margin: float | None = None
    verdict: GateVerdict
    message: str
    mistake: bool = False
    help: str | None = None


class Compared(Struct, frozen=True, kw_only=True):
    """Metric files of the commit and of the previous release.

    `previous` is that release's tag (None: this is the first). `baselines` are the files of the tags that gates name;
    None: the tag's commit is not here; tags that do not exist are left out. `folder` is that of the configuration.
    """

    after: Sequence[ValueFile]
    before: Sequence[ValueFile] = ()
    previous: str | None = None
    baselines: Mapping[str, Sequence[ValueFile] | None] = field(default_factory=dict)
    folder: str = ""


# Numbers of gates: exact fractions of what a file says, and back


def read_number(file: ValueFile | None, key: str) -> tuple[Fraction | None, str]:
    """Return a value as a fraction, or None and the problem."""
    if file is None:
        return None, "is missing"
    if file.problem is not None:
        return None, f"cannot be read: {file.path}: {file.problem}"
    if key not in file.values:
        return None, f"is missing in {file.path}"
    value = file.values[key]
    if not is_number(value):
        return None, f"is not a number: {repr(value[:40]) if isinstance(value, str) else number(value)}"
    assert isinstance(value, int | float)
    if isinstance(value, float) and not math.isfinite(value):
        return None, f"is {number(value)}"
    return fraction(value), ""


def fraction(value: float) -> Fraction:
    """Return the number as written: 0.1 is a tenth, not the binary fraction nearest to it."""
    from fractions import Fraction  # 4 ms, and only gates need it

    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def rounding(*values: Fraction) -> Fraction:
    """Return the rounding noise of these values that is ignored: a billionth of the largest."""
    return max(map(abs, values)) * fraction(1e-9)


def as_float(value: Fraction) -> float:
    """Return a float for display and JSON, limited to the largest finite one."""
    try:
        return float(value)
    except OverflowError:
        return 1.7976931348623157e308 if value > 0 else -1.7976931348623157e308


def distinguishable(after: Fraction, limit: Fraction) -> tuple[str, str]:
    """Format value and limit with enough digits to tell them apart."""
    pair = number(as_float(after)), number(as_float(limit))
    return pair if pair[0] != pair[1] or after == limit else (repr(as_float(after)), repr(as_float(limit)))


# Matching of gates to metrics: by a key, `file:key`, or a glob of either

# Signs with a meaning in keys are escaped inside a name; for matching, each escape becomes one character that no text
# contains.
_ESCAPES = {"\\\\": "\ufdd0", "\\.": "\ufdd1", "\\[": "\ufdd2", "\\]": "\ufdd3"}
_ESCAPE = re.compile(r"\\[\\.\[\]]")
_WRITTEN = str.maketrans({sign: escape for escape, sign in _ESCAPES.items()})
_GLOB_PART = re.compile(r"\\[*?]|\*\*|.", re.DOTALL)
_WILDCARDS = {"**": Wildcard(), "*": Wildcard(without=".[]"), "?": Wildcard(without=".[]", one=True)}


class Meant(Struct, frozen=True):
    """A metric that a gate matches; `glob` is the pattern of its key ("": the key is named in full)."""

    file: str
    key: str
    glob: str = ""


def exact_keys(pattern: str, files: Sequence[ValueFile], folder: str) -> tuple[Meant, ...]:
    """Return the metrics that a gate names in full; more than one if several files have the key.

    The file of `file:key` is relative to `folder` (that of the configuration) or to the git root.
    """
    found = candidates(pattern, files) or (candidates(f"{folder}/{pattern}", files) if folder else ())
    return tuple(_split(identity, files) for identity in found)


def is_glob(pattern: str) -> bool:
    """Return True if the pattern has a wildcard: `*`, `?` or `**`; a backslash before it escapes it."""
    return bool(re.search(r"(?<!\\)(?:\\\\)*[*?]", pattern))


def matching(pattern: str, files: Iterable[ValueFile], folder: str = "") -> Iterator[Meant]:
    """Yield the metrics that a glob matches. `*` stays within one name of a key or path, `**` crosses them."""
    splits = [(pattern[: found.start()], pattern[found.end() :]) for found in re.finditer(":", pattern)]
    for file in files:
        inside = file.path.removeprefix(f"{folder}/") if folder else file.path
        rights = (right for left, right in splits if matches_any(file.path, [left]) or matches_any(inside, [left]))
        globs = [pattern, *rights]
        for key in file.values:
            glob = next((glob for glob in globs if _compiled(glob).match(_packed(key))), None)
            if glob is not None:
                yield Meant(file.path, key, glob)


def filled_pattern(pattern: str, meant: Meant) -> str | None:
    """Return a key with the text of the metric's wildcards in place of its own; None if their numbers differ.

    A pattern without wildcards is returned as it is.
    """
    parts = re.split(r"(?<!\\)(?:\*\*|\*|\?)", pattern)
    if len(parts) == 1:
        return pattern
    texts = [text.translate(_WRITTEN) for text in _compiled(meant.glob).groups(_packed(meant.key))]
    if len(parts) != len(texts) + 1:
        return None
    return "".join(text for pair in zip(parts, (*texts, ""), strict=True) for text in pair)


def _split(identity: str, files: Sequence[ValueFile]) -> Meant:
    for file in files:
        key = identity[len(file.path) + 1 :]
        if identity.startswith(f"{file.path}:") and key in file.values:
            return Meant(file.path, key)
    raise AssertionError("an identity comes from one of the files")


def _packed(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text) if "\\" in text else text


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> LinearPattern:
    return LinearPattern([_WILDCARDS.get(part, part[-1]) for part in _GLOB_PART.findall(_packed(pattern))])


# Evaluation of one metric at one gate: minimum, maximum and allowed drop. The formulas: docs/reference/gates.md

_RANK = {GateVerdict.OK: 0, GateVerdict.WARNING: 1, GateVerdict.ALLOWED: 2, GateVerdict.FAILED: 3}


class _Bound(Struct, frozen=True):
    """A limit, the margin to it, and the messages for both outcomes."""

    limit: Fraction
    margin: Fraction
    holds: str
    broken: str
    verdict: GateVerdict


class _Trial:
    """One metric at one gate; `older` are the files of the release `origin` that it is compared with."""

    def __init__(
        self, gate: Gate, meant: Meant, compared: Compared, older: Sequence[ValueFile], origin: str | None
    ) -> None:
        self.gate, self.meant, self.compared, self.older, self.origin = gate, meant, compared, older, origin
        several = sum(meant.key in file.values for file in compared.after) > 1
        self.name = f"{meant.file}:{meant.key}" if several else meant.key
        self.here = _file(compared.after, meant.file)
        self.there = found_at(older, meant.file)
        if self.there is None:  # a moved file is the only other one that had the key and is gone
            now = {file.path for file in compared.after}
            gone = [file for file in older if file.path not in now and meant.key in file.values]
            self.there = gone[0] if len(gone) == 1 else None

    def result(self) -> GateResult:
        """Return the worst result of all bounds."""
        gate, found = self.gate, self._result("")
        side = gate.direction or direction(self.meant.key, found.before, found.after)
        if gate.max_regression is not None and side is Direction.NEITHER:
            help = _table(gate.key, ': direction = "up" or "down"')
            return replace(
                found, message=f"{self.name}: it is unknown whether higher is better", mistake=True, help=help
            )
        after, problem = read_number(self.here, self.meant.key)
        if after is None:
            return self._result(f"{self.name} {problem}")
        bounds = list(self._fixed(after))
        note = None
        if gate.max_regression is not None:
            regression = self._regression(after, side, gate.max_regression)
            if isinstance(regression, str):
                return self._result(regression)
            if regression is not None:
                bounds.append(regression)
            elif self.origin is not None:
                note = f"{self.name} is not in {self.origin}; nothing to compare with"
        return self._worst(after, bounds, note)

    def _result(self, message: str, verdict: GateVerdict = GateVerdict.FAILED) -> GateResult:
        return GateResult(
            gate=self.gate.key,
            file=self.meant.file,
            key=self.meant.key,
            before=self.there.values.get(self.meant.key) if self.there else None,
            after=self.here.values.get(self.meant.key) if self.here else None,
            verdict=verdict,
            message=message,
        )

    def _fixed(self, after: Fraction) -> Iterator[_Bound]:
        for bound, sign, words in (
            (self.gate.minimum, 1, ("at least", "below the minimum")),
            (self.gate.maximum, -1, ("at most", "above the maximum")),
        ):
            if bound is not None:
                limit = fraction(bound)
                margin = (after - limit) * sign
                here, there = distinguishable(after, limit)
                yield _Bound(
                    limit,
                    margin,
                    f"{self.name} {here}, must be {words[0]} {there}",
                    f"{self.name} {here} is {words[1]} {there}",
                    GateVerdict.OK if margin >= -rounding(limit) else GateVerdict.FAILED,
                )

    def _regression(self, after: Fraction, side: Direction, may: Tolerance) -> _Bound | str | None:
        """Return the bound of the older value; None if it had none and need not have, a text if it cannot be compared."""
        if self.there is None or (self.there.problem is None and self.meant.key not in self.there.values):
            return f"{self.name} is not in its baseline {self.origin}" if self.gate.baseline is not None else None
        before, problem = read_number(self.there, self.meant.key)
        if before is None:
            return f"{self.name} {problem} in {self.origin}"
        sign = 1 if side is Direction.UP else -1
        allowed = fraction(may.amount) * (abs(before) if may.relative else 1)
        limit = before - allowed * sign
        margin = (after - limit) * sign
        slack = rounding(limit, before)
        here, there = distinguishable(after, limit)
        beyond = self._beyond(after, before, allowed, may, "fell" if sign > 0 else "rose")
        verdict = GateVerdict.OK if margin >= -slack else GateVerdict.FAILED
        if self.gate.std_key is not None:
            spread = self._spread(self.gate.std_key)
            if isinstance(spread, str):
                return spread
            worse = (before - after) * sign - slack
            if verdict is GateVerdict.FAILED and worse**2 <= fraction(self.gate.std_factor) ** 2 * spread:
                verdict = GateVerdict.WARNING
                beyond += f", but within {self.gate.std_factor:g} x std {number(math.sqrt(as_float(spread)))}"
        holds = f"{self.name} {here}, may {'fall' if sign > 0 else 'rise'} to {there}"
        return _Bound(limit, margin, holds, beyond, verdict)

    def _beyond(self, after: Fraction, before: Fraction, allowed: Fraction, may: Tolerance, verb: str) -> str:
        """Return `overall.f1 fell 14.7% (0.8150 -> 0.6950); the gate allows 2%`; a zero has no percentage."""
        since = f" since {self.origin}" if self.gate.baseline else ""
        if may.relative and before:
            share = 100 * abs(after - before) / abs(before)
            moved, limit = f"{as_float(share):{'.3g' if share < 100 else ',.0f'}}%", f"{may.amount * 100:g}%"
            moved = f"{as_float(share)!r}%" if moved == limit else moved
        else:
            moved, limit = distinguishable(abs(after - before), allowed)
        was, now = distinguishable(before, after)
        return f"{self.name} {verb} {moved}{since} ({was} -> {now}); the gate allows {limit}"

    def _spread(self, pattern: str) -> Fraction | str:
        """Return the variance of the difference, the sum of both; only the new one if the older has none."""
        key = filled_pattern(pattern, self.meant)
        if key is None:
            return f"{self.name}: its std-key {pattern} does not have the same wildcards as {self.gate.key}"
        now = self._std(key, self.compared.after, self.here)
        if isinstance(now, str):
            return now
        then = self._std(key, self.older, self.there)
        return now**2 + (0 if isinstance(then, str) else then**2)

    def _std(self, key: str, files: Sequence[ValueFile], own: ValueFile | None) -> Fraction | str:
        if own is None or key not in own.values:
            found = exact_keys(key, files, self.compared.folder)
            own = _file(files, found[0].file) if len(found) == 1 else None
            key = found[0].key if len(found) == 1 else key
        value, problem = read_number(own, key)
        if value is None:
            return f"{self.name}: its std-key {key} {problem}"
        return value if value >= 0 else f"{self.name}: its std-key {key} is negative"

    def _worst(self, after: Fraction, bounds: list[_Bound], note: str | None) -> GateResult:
        fine = GateVerdict.WARNING if note else GateVerdict.OK
        if not bounds:
            return self._result(note or f"{self.name} {number(as_float(after))}", fine)
        worst = min(bounds, key=lambda bound: (-_RANK[bound.verdict], bound.margin))
        found = self._result(worst.broken, worst.verdict)
        if worst.verdict is GateVerdict.OK:
            to_spare = number(as_float(max(worst.margin, worst.margin * 0)))
            found = self._result(note or f"{worst.holds}, {to_spare} to spare", fine)
        return replace(found, limit=as_float(worst.limit), margin=as_float(worst.margin))


def _table(key: str, setting: str = "") -> str:
    """Return the help line that names what to write in the configuration, whose file the command shows."""
    return f"release config   (write [tool.release.gate.{toml(key)}]{setting})"


def _failed(gate: Gate, message: str, help: str | None = None) -> GateResult:
    """Return the failure of a gate without a metric; with `help` its configuration is wrong."""
    return GateResult(
        gate=gate.key, key=gate.key, verdict=GateVerdict.FAILED, message=message, mistake=help is not None, help=help
    )


def _file(files: Sequence[ValueFile], path: str) -> ValueFile | None:
    return next((file for file in files if file.path == path), None)


def judge_gates(gates: Mapping[str, Gate], compared: Compared) -> tuple[GateResult, ...]:
    """Evaluate every gate, in the configuration's order; a glob skips metrics that another gate names in full."""
    named = {
        (meant.file, meant.key)
        for key in gates
        for files in (compared.after, compared.before)
        for meant in exact_keys(key, files, compared.folder)
    }
    return tuple(result for gate in gates.values() for result in _judge_gate(gate, compared, named))


class Limit(Struct, frozen=True, kw_only=True):
    """A bound of a gate for the release after `Compared.after`; `metric` is `file:key`, `name` the kind of bound."""

    metric: str
    name: str
    limit: float


def next_limits(gates: Mapping[str, Gate], compared: Compared) -> Iterator[Limit]:
    """Yield each bound that the next release's metrics must keep; those that cannot be computed are left out."""
    apart = {
        "minimum": [replace(gate, max_regression=None, maximum=None) for gate in gates.values()],
        "maximum": [replace(gate, max_regression=None, minimum=None) for gate in gates.values()],
        "gate": [replace(gate, minimum=None, maximum=None) for gate in gates.values()],
    }
    for name, each in apart.items():
        for result in judge_gates({gate.key: gate for gate in each}, compared):
            if result.file is not None and result.limit is not None:
                yield Limit(metric=f"{result.file}:{result.key}", name=name, limit=result.limit)


def directions(gates: Mapping[str, Gate], files: Sequence[ValueFile], folder: str = "") -> dict[str, Direction]:
    """Return the directions that gates set, by `file:key`; a full name overrides a glob."""
    found: dict[str, Direction] = {}
    for globs in (True, False):
        for gate in gates.values():
            meant = exact_keys(gate.key, files, folder)
            if gate.direction is not None and globs is not bool(meant):
                every = matching(gate.key, files, folder) if globs and is_glob(gate.key) else meant
                found.update({f"{one.file}:{one.key}": gate.direction for one in every})
    return found


def compared_metrics(config: Config, before: Sequence[ValueFile], after: Sequence[ValueFile]) -> tuple[Metric, ...]:
    """Compare the metrics of two commits with the directions of the gates and the configured headline."""
    sides = directions(config.gates, (*after, *before), config.folder)
    return compare_metrics(before, after, directions=sides, headline=config.headline)


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
    if not any(file.cause is UnreadCause.SKIPPED for files in every for file in files):
        return ()
    return tuple(one for one in results if one.verdict is GateVerdict.FAILED and one.margin is None and not one.mistake)


def with_unmeasured(check: Check | None, skipped: Sequence[GateResult]) -> Check | None:
    """Return the check of the evaluated gates; SKIPPED if any gate was skipped and none blocks."""
    if not skipped or (check is not None and check.blocks):
        return check
    names = ", ".join(dict.fromkeys(one.gate for one in skipped))
    return Check.skipped(CheckName.GATES, f"not checked, because no remote was asked: {names}")


def gates_check(results: Sequence[GateResult], *, reason: str | None, command: str) -> Check | None:
    """Return all gates as one check; None if there are none. `command` is repeated in the help, with a reason."""
    if not results:
        return None
    verdict = max((one.verdict for one in results), key=_RANK.__getitem__)
    found = sorted((one for one in results if one.verdict is verdict), key=_spare)
    several = len(results) > 1
    message = f"{len(found)} of {len(results)} {_WORDS[verdict]}"
    details = tuple(one.message for one in found)
    if verdict is GateVerdict.ALLOWED:
        message = f"{message}: {reason}"
    elif not several:
        message, details = found[0].message, ()
    if verdict is GateVerdict.FAILED:
        wrong = next((one for one in results if one.verdict is verdict and one.mistake), None)
        if wrong is not None:
            return Check.failed(CheckName.GATES, message, wrong.help, ExitCode.USAGE, details=details)
        help = f'improve the model, or: {command} --allow-regression "REASON"'
        return Check.failed(CheckName.GATES, message, help, ExitCode.GATE, details=details)
    kind = Verdict.OK if verdict is GateVerdict.OK else Verdict.WARNING
    return Check(name=CheckName.GATES, verdict=kind, message=message, details=details)


_WORDS = {
    GateVerdict.OK: "passed",
    GateVerdict.WARNING: "are uncertain",
    GateVerdict.ALLOWED: "failed, allowed",
    GateVerdict.FAILED: "failed",
}


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
    meant = exact_keys(gate.key, compared.after, compared.folder)
    if len(meant) > 1:
        names = ", ".join(f"{one.file}:{one.key}" for one in meant)
        yield _failed(gate, f"{gate.key} is in {len(meant)} files: {names}", _table(f"{meant[0].file}:{meant[0].key}"))
        return
    if not meant:
        meant = exact_keys(gate.key, files, compared.folder)[:1]
    if not meant and is_glob(gate.key):
        every = dict.fromkeys((*matching(gate.key, compared.after, compared.folder), *_gone(gate, compared, files)))
        if not every:
            yield _failed(gate, f"{gate.key} matches no metric")
            return
        meant = tuple(one for one in every if (one.file, one.key) not in named)
    if not meant and not is_glob(gate.key):
        yield _unknown(gate, compared)
    for one in meant:
        yield _Trial(gate, one, compared, files, origin).result()


_MOST_NEAR = 3


def _unknown(gate: Gate, compared: Compared) -> GateResult:
    """Return the failure of a gate whose metric neither side has: a mistake if the key is much like another one."""
    unread = next((file for file in compared.after if file.problem is not None), None)
    if unread is not None:
        return _failed(gate, f"{gate.key} is in no metric file that can be read ({unread.path}: {unread.problem})")
    known = dict.fromkeys(key for file in (*compared.after, *compared.before) for key in file.values)
    key = gate.key.rpartition(":")[2]
    near = [each for each in known if last_name(each) == key] or similar(key, known, cutoff=0.75)
    if not near:
        return _failed(gate, f"{gate.key} is in no metric file")
    words = f"{gate.key} is in no metric file; did you mean {' or '.join(near[:_MOST_NEAR])}?"
    return _failed(gate, words, _table(near[0]))


def _older(gate: Gate, compared: Compared) -> tuple[Sequence[ValueFile], str | None] | GateResult:
    """Return the files to compare with and their release's name; or the result if there are none."""
    if gate.baseline is None:
        return compared.before, compared.previous
    if gate.baseline not in compared.baselines:
        return _failed(
            gate, f"{gate.key}: its baseline {gate.baseline} is not a tag here", "git fetch --tags, or correct baseline"
        )
    files = compared.baselines[gate.baseline]
    if files is None:
        return _failed(
            gate, f"{gate.key}: the commit of its baseline {gate.baseline} is missing here", "git fetch --tags"
        )
    return files, gate.baseline


def _gone(gate: Gate, compared: Compared, files: Sequence[ValueFile]) -> Iterator[Meant]:
    """Yield metrics that the glob matched then and that are gone; moving their file does not count."""
    now = {file.path: file for file in compared.after}
    for one in matching(gate.key, files, compared.folder):
        here = now.get(one.file)
        moved = here is None and any(one.key in file.values for file in compared.after)
        if not moved and (here is None or one.key not in here.values):
            yield one
