"""Evaluation of one metric at one gate: minimum, maximum and allowed drop."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from release.core.config.values import Gate, Tolerance
from release.core.gates.keys import Meant, exact, filled
from release.core.gates.numbers import as_float, distinguishable, fraction, noise, read_number
from release.core.gates.result import Compared, GateResult, GateVerdict
from release.core.metrics.direction import direction
from release.core.metrics.metric import Direction, ValueFile, found_at
from release.core.numbers import number
from release.core.shell import toml

if TYPE_CHECKING:
    from fractions import Fraction


class Trial(Struct, frozen=True):
    """One metric at one gate; `older` are the files of the release `origin` that it is compared with."""

    gate: Gate
    meant: Meant
    compared: Compared
    older: Sequence[ValueFile]
    origin: str | None

    def result(self) -> GateResult:
        """Return the worst result of all bounds."""
        gate, name = self.gate, self._name
        side = gate.direction or direction(self.meant.key)
        if gate.max_regression is not None and side is Direction.NEITHER:
            what = f"{name}: nothing tells whether more of it is better"
            return mistake(
                gate, what, f'[tool.release.gate.{toml(gate.key)}]: direction = "up", or "down"', self._blank
            )
        after, problem = read_number(_file(self.compared.after, self.meant.file), self.meant.key)
        if after is None:
            return self._failed(f"{name} {problem}")
        bounds = list(self._fixed(after))
        note = None
        if gate.max_regression is not None:
            older, trouble = self._before()
            if trouble is not None:
                return self._failed(trouble)
            if older is not None:
                regression = self._regression(after, older, side, gate.max_regression)
                if isinstance(regression, str):
                    return self._failed(regression)
                bounds.append(regression)
            elif self.origin is not None:
                note = f"{name} is not in {self.origin}: there is nothing to compare it with"
        return self._worst(after, bounds, note)

    @property
    def _name(self) -> str:
        several = sum(self.meant.key in file.values for file in self.compared.after) > 1
        return f"{self.meant.file}:{self.meant.key}" if several else self.meant.key

    @property
    def _blank(self) -> GateResult:
        here = _file(self.compared.after, self.meant.file)
        there = self._older_file()
        return GateResult(
            gate=self.gate.key,
            file=self.meant.file,
            key=self.meant.key,
            before=there.values.get(self.meant.key) if there else None,
            after=here.values.get(self.meant.key) if here else None,
            limit=None,
            margin=None,
            verdict=GateVerdict.OK,
            message=self._name,
        )

    def _older_file(self) -> ValueFile | None:
        """Return the file in the older release; None if there is none.

        An unread directory stands for its files. For a moved file, it is the only other one that had the key and is
        gone.
        """
        same = found_at(self.older, self.meant.file)
        if same is not None:
            return same
        now = {file.path for file in self.compared.after}
        gone = [file for file in self.older if file.path not in now and self.meant.key in file.values]
        return gone[0] if len(gone) == 1 else None

    def _before(self) -> tuple[Fraction | None, str | None]:
        """Return the earlier value (None: it had none, and need not have), or the reason why it cannot be compared."""
        file = self._older_file()
        if file is None or (file.problem is None and self.meant.key not in file.values):
            wanted = self.gate.baseline is not None
            return None, f"{self._name} is not in its baseline {self.origin}" if wanted else None
        value, problem = read_number(file, self.meant.key)
        return value, None if value is not None else f"{self._name} {problem} in {self.origin}"

    def _fixed(self, after: Fraction) -> Iterator[_Bound]:
        for bound, side, words in (
            (self.gate.minimum, Direction.UP, ("at least", "below its floor")),
            (self.gate.maximum, Direction.DOWN, ("at most", "above its ceiling")),
        ):
            if bound is None:
                continue
            limit = fraction(bound)
            margin = after - limit if side is Direction.UP else limit - after
            here, there = distinguishable(after, limit)
            slack = abs(limit) * noise()
            yield _Bound(
                limit,
                margin,
                slack,
                f"{self._name} {here}, must be {words[0]} {there}",
                f"{self._name} {here} is {words[1]} {there}",
                GateVerdict.OK if margin >= -slack else GateVerdict.FAILED,
            )

    def _regression(self, after: Fraction, before: Fraction, side: Direction, may: Tolerance) -> _Bound | str:
        up = side is Direction.UP
        allowed = fraction(may.amount) * (abs(before) if may.relative else 1)
        limit = before - allowed if up else before + allowed
        margin = after - limit if up else limit - after
        slack = max(abs(limit), abs(before)) * noise()
        here, there = distinguishable(after, limit)
        beyond = f"{self._name} {here} is {'below' if up else 'above'} {there} ({self.origin} had {number(as_float(before))})"
        verdict = GateVerdict.OK if margin >= -slack else GateVerdict.FAILED
        if self.gate.std_key is not None:
            spread = self._spread(self.gate.std_key)
            if isinstance(spread, str):
                return spread
            worse = (before - after if up else after - before) - slack
            if verdict is GateVerdict.FAILED and worse**2 <= fraction(self.gate.std_factor) ** 2 * spread:
                verdict = GateVerdict.WARNING
                one = number(math.sqrt(as_float(spread)))
                beyond += f", within {self.gate.std_factor:g} of its spread {one}"
        holds = f"{self._name} {here}, may {'fall' if up else 'rise'} to {there}"
        return _Bound(limit, margin, slack, holds, beyond, verdict)

    def _spread(self, pattern: str) -> Fraction | str:
        """Return the variance of the difference, the sum of both; only the new one if the older has none."""
        key = filled(pattern, self.meant.captured)
        if key is None:
            return f"{self._name}: its std-key {pattern} has other wildcards than {self.gate.key}"
        now = self._std(key, self.compared.after, _file(self.compared.after, self.meant.file))
        if isinstance(now, str):
            return now
        then = self._std(key, self.older, self._older_file())
        return now**2 + (0 if isinstance(then, str) else then**2)

    def _std(self, key: str, files: Sequence[ValueFile], own: ValueFile | None) -> Fraction | str:
        if own is None or key not in own.values:
            found = exact(key, files, self.compared.folder)
            own = _file(files, found[0].file) if len(found) == 1 else None
            key = found[0].key if len(found) == 1 else key
        value, problem = read_number(own, key)
        if value is None:
            return f"{self._name}: its std-key {key} {problem}"
        return value if value >= 0 else f"{self._name}: its std-key {key} is negative"

    def _worst(self, after: Fraction, bounds: list[_Bound], note: str | None) -> GateResult:
        if not bounds:
            message = note or f"{self._name} {number(as_float(after))}"
            return replace(self._blank, verdict=GateVerdict.WARNING if note else GateVerdict.OK, message=message)
        worst = min(bounds, key=lambda bound: (-_RANK[bound.verdict], bound.margin))
        message, verdict = worst.broken, worst.verdict
        if verdict is GateVerdict.OK:
            message = note or f"{worst.holds} ({number(as_float(max(worst.margin, worst.margin * 0)))} to spare)"
            verdict = GateVerdict.WARNING if note else verdict
        return replace(
            self._blank, verdict=verdict, message=message, limit=as_float(worst.limit), margin=as_float(worst.margin)
        )

    def _failed(self, message: str) -> GateResult:
        return replace(self._blank, verdict=GateVerdict.FAILED, message=message)


def missing(gate: Gate, file: str | None, message: str) -> GateResult:
    """Return the failure of a gate whose metric is missing."""
    return GateResult(
        gate=gate.key,
        file=file,
        key=gate.key,
        before=None,
        after=None,
        limit=None,
        margin=None,
        verdict=GateVerdict.FAILED,
        message=message,
    )


def mistake(gate: Gate, message: str, help: str, blank: GateResult | None = None) -> GateResult:
    """Return the failure of a gate whose configuration is wrong."""
    found = missing(gate, None, message) if blank is None else blank
    return replace(found, verdict=GateVerdict.FAILED, message=message, mistake=True, help=help)


_RANK = {GateVerdict.OK: 0, GateVerdict.WARNING: 1, GateVerdict.ALLOWED: 2, GateVerdict.FAILED: 3}


class _Bound(Struct, frozen=True):
    """A limit, the margin to it, the noise that is ignored, and the messages for both outcomes."""

    limit: Fraction
    margin: Fraction
    slack: Fraction
    holds: str
    broken: str
    verdict: GateVerdict


def _file(files: Sequence[ValueFile], path: str) -> ValueFile | None:
    return next((file for file in files if file.path == path), None)
