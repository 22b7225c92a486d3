"""The configuration in force, as values. Reading and checking it: `config_rules`; files: `adapters.config_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from release.core.metric import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFile:
    """A file that repeats the version. `pattern` None: `[project] version` of a pyproject.toml.

    A pattern is text with `{version}` in the place of the version, found exactly once.
    """

    path: str
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditConfig:
    """`[tool.release.audit]`."""

    exclude: tuple[str, ...] = ()
    external: Literal["fail", "allow"] = "fail"
    in_tree_remote: Literal["warn", "fail"] = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a metric may fall: absolute, or a fraction of the previous value (`"2%"` is 0.02)."""

    amount: float
    relative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`[tool.release.gate."overall.f1"]`; None: not set."""

    key: str
    direction: Direction | None = None
    max_regression: Tolerance | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`[tool.release]`; paths are relative to `folder`, which is relative to the git root ("" is the root).

    `source` is the file it came from, None if there is none. `branches`, `version_files`,
    `metrics`, `params`, `headline`: None means "find out", an empty tuple means "none".
    """

    folder: str = ""
    source: str | None = None
    tag_format: str = "v{version}"
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
