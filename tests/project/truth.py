"""Whether a revision can be restored, and what two programs say of that: `release`'s audit and dvc."""

from collections.abc import Mapping
from pathlib import Path

from project.environment import furnish, hermetic
from project.project import Project
from release.commands.show.work import data_check
from release.core.check import Check, Verdict
from release.core.config import AuditConfig, Config
from release.core.problems import Problem, ProblemKind, RevisionAudit
from release.core.tag_message import Trailers
from release.dvc.contents import Depth
from release.dvc.dvc_config import DvcSettings
from release.dvc.pointers import read_pointers
from release.engine.audit import MOST_BYTES, Auditing
from release.git.objects import Objects
from release.git.process import Git


def audit_of(
    project: Project,
    rev: str = "HEAD",
    config: AuditConfig | None = None,
    depth: Depth | None = None,
    most_bytes: int = MOST_BYTES,
) -> RevisionAudit:
    """The audit of one revision; with a `depth` contents are read, else `most_bytes` of those in doubt."""
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment())
    with Objects(git) as objects:
        commit = project.git("rev-parse", f"{rev}^{{commit}}")
        with Auditing(objects, Config(audit=config or AuditConfig()), settings, most_bytes) as auditing:
            (audit,) = auditing.revisions([(rev, commit)], depth=depth)
    return audit


def problems_of(audit: RevisionAudit) -> tuple[Problem, ...]:
    """The problems, but for the warning that every template has: its remote is a path relative to the clone."""
    return tuple(
        each
        for each in audit.problems
        if (each.kind, each.severity) != (ProblemKind.LOCAL_ONLY_REMOTE, Verdict.WARNING)
    )


def compared_here(project: Project, audit: RevisionAudit, config: AuditConfig | None = None) -> Check:
    """The pointers of a revision against its audit's digest, as `show` compares them with a tag's."""
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment())
    with Objects(git) as objects:
        pointers = read_pointers(objects, audit.commit, Config(audit=config or AuditConfig()))
    said = Trailers(
        release_id="x", previous=None, objects=audit.objects, total_bytes=audit.total_bytes, digest=audit.digest
    )
    return data_check(settings, audit.rev, said, pointers)


def tracked_files(project: Project, rev: str) -> Mapping[str, bytes]:
    """What a clone should have and git does not keep: untracked files of a work tree at that revision."""
    if rev != "HEAD":
        checkout = ("checkout", "--quiet", "--force")
        here = project.git("rev-parse", "--abbrev-ref", "HEAD")
        project.git("checkout", "--quiet", rev)
        project.world.dvc(checkout, folder=project.folder, ok=None)
        files = untracked(project)
        project.git("checkout", "--quiet", here)
        project.world.dvc(checkout, folder=project.folder, ok=None)
        return files
    return untracked(project)


def untracked(project: Project) -> Mapping[str, bytes]:
    names = project.git("ls-files", "-z", "--others").split("\0")
    return {
        name: project.read(name)
        for name in names
        if name and not name.startswith(("stores/", ".dvc/", "sub/.dvc/")) and not name.endswith("dvc.lock")
    }


def restores(project: Project, rev: str, expected: Mapping[str, bytes]) -> bool:
    """Whether a fresh clone of another user, without any memory of DVC's, gets back every byte."""
    clone = project.clone("fresh")
    clone.git("checkout", "--quiet", rev)
    theirs = project.world.root / "another user"
    furnish(theirs)
    own = {name: value for name, value in hermetic(theirs, theirs).items() if name.startswith(("HOME", "XDG", "DVC"))}
    project.world.variables |= own
    roots = [path.parent for path in clone.folder.glob("**/.dvc") if path.is_dir()] or [clone.folder]
    for number, root in enumerate(roots):
        project.world.variables["DVC_SITE_CACHE_DIR"] = str(project.world.root / "home" / f"fresh-{number}")
        done = project.world.dvc(["pull", "--quiet"], folder=root, ok=None)
        if done.returncode:
            return False
    return all(same(clone.folder / name, content) for name, content in expected.items())


def same(file: Path, content: bytes) -> bool:
    return file.is_file() and file.read_bytes() == content


def what_dvc_says(project: Project) -> str:
    done = project.world.dvc(["status", "-c"], folder=project.folder, ok=None)
    words = (done.stdout + done.stderr).decode("utf-8", "replace").split()
    return f"{' '.join(words)[:120]} (rc {done.returncode})"
