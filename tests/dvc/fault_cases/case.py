"""A case of the audit's truth, and the tools that cases are made with."""

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from project import Project

from release.core.config import AuditConfig


@dataclass(frozen=True, slots=True)
class Case:
    """`act` changes the world. `kinds` are the problems that the audit must name (none: a healthy case).

    `rev` is what is audited and cloned. `deep` tells that no store says what is wrong: only reading
    the contents does.
    """

    name: str
    template: str
    act: Callable[[Project], None]
    kinds: tuple[str, ...] = ()
    rev: str = "HEAD"
    audit: AuditConfig = field(default_factory=AuditConfig)
    deep: bool = False

    def __str__(self) -> str:
        return self.name


def oid_of(project: Project, pointer: str) -> str:
    """The md5 in a pointer of the work tree."""
    line = next(line for line in project.read(pointer).decode().splitlines() if "md5: " in line)
    return line.rpartition(" ")[2]


def stored(project: Project, content: bytes) -> Path:
    """Where the store keeps these bytes."""
    return project.object_path(hashlib.md5(content).hexdigest())


def put(path: Path, content: bytes, mode: int = 0o444) -> None:
    """Replace a file of the store, keeping the mode that DVC trusts."""
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)


def replace_in(project: Project, path: str, old: str, new: str) -> None:
    """Edit a text file, and insist that there was something to edit."""
    text = project.read(path).decode()
    assert old in text, f"{old!r} is not in {path}: {text}"
    project.write(path, text.replace(old, new))


IMAGE = b"cat 1" * 30
MODEL = bytes(range(256)) * 64
TAGS, LOCK = "data/tags.json.dvc", "dvc.lock"


def nothing(project: Project) -> None:
    """A healthy project as the template has it."""


def wipe(project: Project) -> None:
    shutil.rmtree(project.world.store)


def edited(path: str, old: str, new: str) -> Callable[[Project], None]:
    """One place of a text file written by hand otherwise, committed and pushed."""

    def act(project: Project) -> None:
        replace_in(project, path, old, new)
        project.save()

    return act


def edited_by(path: str, pattern: str, new: str) -> Callable[[Project], None]:
    """As `edited`, where what stands there is only known by its shape."""

    def act(project: Project) -> None:
        text = project.read(path).decode()
        changed, count = re.subn(pattern, new, text, count=1)
        assert count, f"{pattern!r} is not in {path}: {text}"
        project.write(path, changed)
        project.save()

    return act
