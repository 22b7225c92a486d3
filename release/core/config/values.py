"""Values of the configuration. `config.file` parses them, `adapters.config_file` finds the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from release.core.metrics.metric import Direction
from release.core.versions.version import TagFormat


class VersionFile(Struct, frozen=True, kw_only=True):
    """A file that repeats the version. `pattern` None: `[project] version` of a pyproject.toml.

    A pattern is text with `{version}` in the place of the version; it must match exactly once.
    """

    path: str
    pattern: str | None = None


class AuditConfig(Struct, frozen=True, kw_only=True):
    """`[tool.release.audit]`."""

    exclude: tuple[str, ...] = ()
    external: Literal["fail", "allow"] = "fail"
    in_tree_remote: Literal["warn", "fail"] = "warn"
    lfs: Literal["warn", "fail"] = "warn"


class Tolerance(Struct, frozen=True, kw_only=True):
    """Allowed drop of a metric: absolute, or a fraction of the previous value (`"2%"` is 0.02)."""

    amount: float
    relative: bool


class Gate(Struct, frozen=True, kw_only=True):
    """`[tool.release.gate."overall.f1"]`; None: not set.

    `key` may be a glob. `baseline` is a tag to compare with instead of the previous release; `std_key` names a standard
    deviation in the metric file; a drop within `std_factor` of them only warns.
    """

    key: str
    direction: Direction | None = None
    max_regression: Tolerance | None = None
    minimum: float | None = None
    maximum: float | None = None
    baseline: str | None = None
    std_key: str | None = None
    std_factor: float = 1.0


AutoWord = Literal["major", "minor", "patch", "none"]


class AutoConfig(Struct, frozen=True, kw_only=True):
    """`[tool.release.auto]`: the level for each kind of change; `types` overrides the default table.

    `interface` are patterns relative to the configuration; `other` is for commits that are not Conventional;
    `breaking_below_1` for a breaking change below 1.0.0.
    """

    interface: tuple[str, ...] = ()
    removed: AutoWord = "major"
    data: AutoWord = "minor"
    params: AutoWord = "minor"
    other: AutoWord = "patch"
    types: Mapping[str, AutoWord] = field(default_factory=dict)
    breaking_below_1: AutoWord = "minor"


class Config(Struct, frozen=True, kw_only=True):
    """`[tool.release]`; paths are relative to `folder`, which is relative to the git root ("" is the root).

    `source` is the file, None if there is none. `branches`, `version_files`, `metrics`, `params`, `headline`: None
    means "detect", an empty tuple "none".
    """

    folder: str = ""
    source: str | None = None
    tag_format: TagFormat = TagFormat()
    ignore_tags: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None
    git_remote: str = "origin"
    changelog: str = "CHANGELOG.md"
    version_files: tuple[VersionFile, ...] | None = None
    metrics: tuple[str, ...] | None = None
    params: tuple[str, ...] | None = None
    headline: tuple[str, ...] | None = None
    commit: bool = True
    push_data: bool = False
    atomic_push: bool = True
    dirty_ok: tuple[str, ...] = ()
    lineage: Literal["warn", "fail", "off"] = "warn"
    audit: AuditConfig = field(default_factory=AuditConfig)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    auto: AutoConfig = field(default_factory=AutoConfig)
