"""`dvc import` and `dvc import-url`: data whose source is elsewhere."""

import shutil
from pathlib import Path

from project import Project

from fault_cases.case import Case
from release.core.config import AuditConfig


def source_repository(project: Project) -> Path:
    """Another repository with a tracked file, beside the project."""
    source = project.world.root / "source"
    source.mkdir()
    other = Project(project.world, source)
    other.git("init", "--quiet")
    other.dvc("init", "--quiet")
    other.dvc("remote", "add", "-d", "storage", "../stores/source")
    other.write("words.txt", "a b c\n")
    other.dvc("add", "--quiet", "words.txt")
    other.dvc("push", "--quiet")
    other.commit("Words")
    return source


def import_from_repository(project: Project) -> None:
    source = source_repository(project)
    project.dvc("import", "--quiet", source, "words.txt", "-o", "words.txt")
    project.save()


def import_and_lose_source(project: Project) -> None:
    import_from_repository(project)
    shutil.rmtree(project.world.root / "source")


def import_url(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", project.world.root / "web.txt", "web.txt")
    project.dvc("push", "--quiet")
    project.save()


def import_url_unpushed(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", project.world.root / "web.txt", "web.txt")
    project.save()
    (project.world.root / "web.txt").unlink()


def import_url_to_remote(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", "--to-remote", project.world.root / "web.txt", "web.txt")
    project.save()
    project.dvc("pull", "--quiet")


def import_url_no_download(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", "--no-download", project.world.root / "web.txt", "web.txt")
    project.save()
    (project.folder / "web.txt").write_text("from the web\n")
    (project.world.root / "web.txt").unlink()


HEALTHY = (
    Case("import-url", "plain", import_url),
    Case("import-url --to-remote", "plain", import_url_to_remote),
    Case("dvc import, allowed", "plain", import_from_repository, ("external",), audit=AuditConfig(external="allow")),
)
BROKEN = (
    Case("F18b dvc import whose source is gone", "plain", import_and_lose_source, ("external",)),
    Case("F18 import-url --no-download whose source is gone", "plain", import_url_no_download, ("external",)),
    Case("import-url, not pushed, whose source is gone", "plain", import_url_unpushed, ("missing",)),
)
