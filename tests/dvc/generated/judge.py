"""The judge of a generated repository: what a fresh clone gets by the real `dvc pull`, beside what `release` says."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from project import Project, Templates
from project.environment import furnish, hermetic
from project.snapshot import Snapshot, differences, take
from project.truth import audit_of

from generated.draft import Promise, Repository
from generated.pulls import Puller
from release.core.check import Verdict
from release.core.config import AuditConfig
from release.core.problems import ProblemKind, RevisionAudit
from release.dvc.contents import Depth

BY_RULE = {ProblemKind.UNSAFE_PATH}  # refused whatever DVC does there: see "Unsafe paths" in docs/reference/verify.md
_OWN = (".git", ".dvc/cache", ".dvc/tmp", ".dvc/my-cache")
_SHARED = "shared-cache"  # outside of every clone, by the settings of a repository


class Agreement(Enum):
    """How the two compare."""

    AGREE = "agree"
    FALSE_OK = "false ok"
    FALSE_ALARM = "false alarm"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a clone got: the exit codes of `dvc pull`, what is not as pointers say, and what else was written."""

    codes: tuple[int, ...]
    lacking: tuple[str, ...]
    strange: tuple[str, ...]
    said: str

    @property
    def restored(self) -> bool:
        """Whether every byte is there, and nothing else."""
        return not any(self.codes) and not self.lacking and not self.strange


@dataclass(frozen=True, slots=True)
class Judged:
    """A repository's truth and the audit of it, without and with contents read."""

    truth: Truth
    audit: RevisionAudit
    deep: RevisionAudit

    @property
    def agreement(self) -> Agreement:
        """A verdict is right if it is `ok` exactly where a clone gets every byte; contents are only known when read."""
        if self.truth.restored:
            right = all(_is_fine(audit) for audit in (self.audit, self.deep))
            return Agreement.AGREE if right else Agreement.FALSE_ALARM
        return Agreement.FALSE_OK if self.deep.verdict is Verdict.OK else Agreement.AGREE

    def __str__(self) -> str:
        problems = [f"{each.kind.value} {each.path}: {each.message}" for each in self.deep.problems]
        return "\n".join(
            (
                f"release: {self.audit.verdict.value}, deep {self.deep.verdict.value}",
                *problems,
                f"dvc pull: {self.truth.codes}; lacking {self.truth.lacking}; strange {self.truth.strange}",
                self.truth.said[-1000:],
            )
        )


def _is_fine(audit: RevisionAudit) -> bool:
    """Return whether an audit has no problem, or only such as are one by rule."""
    bad = [problem for problem in audit.problems if problem.severity is not Verdict.WARNING]
    return all(problem.kind in BY_RULE for problem in bad)


def judge(repository: Repository, templates: Templates, place: Path, puller: Puller) -> Judged:
    """Write a repository below `place`, audit it, clone it and pull."""
    project = world_at(templates, place)
    repository.write_to(project)
    return judge_commit(project, "HEAD", repository, place, puller)


def world_at(templates: Templates, place: Path) -> Project:
    """Return a project without DVC, so deep below `place` that what is written beyond it is still seen."""
    return templates.copy("without dvc", place / "a" / "b" / "c" / "world")


def judge_commit(project: Project, rev: str, repository: Repository, place: Path, puller: Puller) -> Judged:
    """Audit a commit, which has what the repository says, clone it and pull."""
    config = AuditConfig(external="allow" if repository.external == "allow" else "fail")
    audit = audit_of(project, rev, config)
    deep = audit_of(project, rev, config, Depth())
    clone = project.clone("fresh")
    clone.git("checkout", "--quiet", project.git("rev-parse", f"{rev}^{{commit}}"))
    return Judged(truth_of(clone.folder, repository.promises, place, puller), audit, deep)


def truth_of(clone: Path, promises: Collection[Promise], place: Path, puller: Puller) -> Truth:
    """Pull as another user in each DVC repository of a clone, and compare everything below `place`."""
    before = take(place, lambda path: _is_no_matter(place, clone, path))
    pointers = {clone / promise.pointer for promise in promises}
    codes, said, lacking, named = [], [], [], set()
    hidden: set[Path] = set()
    for number, root in enumerate(_roots(clone)):
        home = place / f"home-{number}"
        furnish(home)
        scratch = home / "tmp"
        scratch.mkdir()
        own = [str(pointer) for pointer in pointers if _nearest(pointer, clone) == root]
        common = {
            "folder": str(root),
            "environment": hermetic(home, scratch),
            "log": str(home / "log"),
            "pointers": own,
        }
        done = puller.ask(what="pull", **common)
        codes.append(done.get("code", 255))
        said.append(done["said"] + done.get("error", ""))
        if not any(codes):
            found = puller.ask(what="named", **common)
            assert "files" in found, found
            lacking += [path for path, right in found["files"] if not right]
            named |= {path for path, _ in found["files"]}
            hidden |= set(map(Path, found["hidden"]))
    kept = [promise for promise in promises if clone / promise.pointer not in hidden]
    lacking += [promise.path for promise in kept if not _is_kept(clone, promise)]
    named |= {str(clone / promise.path) for promise in kept}
    after = take(place, lambda path: _is_no_matter(place, clone, path))
    known = {os.path.relpath(path, place) for path in named}
    return Truth(tuple(codes), tuple(sorted(set(lacking))), tuple(_strange(before, after, known)), "".join(said))


def _is_kept(clone: Path, promise: Promise) -> bool:
    file = clone / promise.path
    return file.is_file() and file.read_bytes() == promise.content


def _roots(clone: Path) -> list[Path]:
    """Return every DVC repository of a clone that has pointers; what has none has nothing to pull."""
    pointers = [path for path in clone.rglob("*") if path.suffix == ".dvc" or path.name == "dvc.yaml"]
    return sorted({_nearest(path, clone) for path in pointers if path.name != ".dvc" or path.is_file()})


def _nearest(pointer: Path, clone: Path) -> Path:
    return next((folder for folder in pointer.parents if (folder / ".dvc").is_dir()), clone)


def _is_no_matter(place: Path, clone: Path, path: str) -> bool:
    """Return whether a change of this path says nothing: DVC's own files, and the home of who pulls."""
    if path.startswith("home-") or path.rpartition("/")[2] == _SHARED or path.endswith("/other/.dvc/tmp"):
        return True
    file = place / path
    inside = file.is_relative_to(clone)
    return inside and any(f"/{path}".endswith(f"/{own}") for own in _OWN)


def _strange(before: Snapshot, after: Snapshot, named: Collection[str]) -> list[str]:
    """Return what changed and is nothing that a pointer names, nor a folder on the way to it."""
    way = {str(folder) for path in named for folder in Path(path).parents}
    folders = {path for path in way if path not in after or after[path].kind == "folder"}
    # DVC protects objects that it meets, and gives each repository a `.gitignore` of its own.
    known = {
        path for path in after if "/stores/" in path and path in before and after[path].content == before[path].content
    }
    own = {path for path in after if path.endswith("/.dvc/.gitignore")}
    rows = (row for row in differences(before, after))
    return [row for row in rows if row.partition(": ")[2] not in {*named, *folders, *known, *own}]
