"""`dvc import`, `import-url` and `import-db`: pointers with a dependency elsewhere."""

import hashlib
from typing import Any

from generated.draft import OTHER, ROOT, Build, Draft, out, text
from generated.kinds import Kind


def _from_url(*, pushed: bool = True, there: bool = True, download: bool = True, **dep: Any) -> Build:
    """A file of this machine, imported by its path."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        made = out("a.bin", draft.keep(content) if pushed else "b" * 32, len(content))
        if not download:
            made = {"hash": "md5", "path": "a.bin"}
        if there:
            draft.repository.beside["web.bin"] = content
        dep_fields = {
            "md5": made.get("md5", hashlib.md5(content).hexdigest()),
            "size": len(content),
            "hash": "md5",
            **dep,
            "path": f"{ROOT}/web.bin",
        }
        draft.point("a.bin.dvc", made, frozen=True, deps=[dep_fields])
        draft.promise("a.bin.dvc", "a.bin", content)

    return build


def _from_repository(**repo: Any) -> Build:
    """A file of another repository, which nobody has: a clone cannot get it, and the audit is told to say so."""

    def build(draft: Draft) -> None:
        draft.repository.external = "fail"
        dep = {"path": "x", "repo": {"url": f"{ROOT}/other", "rev_lock": "1" * 40, **repo}}
        draft.point("x.dvc", out("x", "a" * 32, 3), frozen=True, deps=[dep])

    return build


def _from_other(path: str, *, tracked: bool, recorded: bool = True) -> Build:
    """A file or folder of the repository beside this one, which git or DVC has there. An audit is told to allow it."""

    def build(draft: Draft) -> None:
        content, beside = draft.fresh(), draft.repository.beside
        name = path.rpartition("/")[2]
        if tracked:
            draft.store = "other"
            beside["other/.dvc/config"] = (
                f"[core]\n    remote = s\n['remote \"s\"']\n    url = {ROOT}/stores/other\n".encode()
            )
            beside[f"other/{path}.dvc"] = text({"outs": [out(name, draft.keep(content), len(content))]}).encode()
        else:
            beside[f"other/{path}"] = content
        made = out(name, hashlib.md5(content).hexdigest() if recorded else None, len(content) if recorded else None)
        dep = {"path": path, "repo": {"url": f"{ROOT}/other", "rev_lock": OTHER}}
        draft.point(f"{name}.dvc", made, frozen=True, deps=[dep])
        draft.promise(f"{name}.dvc", name, content)

    return build


def _from_web(**dep: Any) -> Build:
    """A file of the web, which was pushed."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        made = out("a.bin", draft.keep(content), len(content))
        draft.point(
            "a.bin.dvc",
            made,
            frozen=True,
            deps=[{"checksum": "abc", "size": 3, **dep, "path": "https://example.org/a.bin"}],
        )
        draft.promise("a.bin.dvc", "a.bin", content)

    return build


def _from_database(draft: Draft) -> None:
    content = draft.fresh()
    made = out("a.csv", draft.keep(content), len(content))
    draft.point(
        "a.csv.dvc", made, frozen=True, deps=[{"db": {"query": "select 1", "file_format": "csv", "connection": "x"}}]
    )
    draft.promise("a.csv.dvc", "a.csv", content)


KINDS = (
    Kind(
        "an import that was pushed",
        {
            "of a path": _from_url(),
            "of a path that is gone": _from_url(there=False),
            "of the web": _from_web(),
            "of the web with an etag": _from_web(etag='"x"'),
            "with a version": _from_web(version_id="7"),
            "with settings": _from_web(fs_config={"url": "https://example.org"}),
            "of a database": _from_database,
        },
    ),
    Kind(
        "an import that is allowed",
        {
            "of git's file": _from_other("data/x.bin", tracked=False),
            "of DVC's file": _from_other("data/x.bin", tracked=True),
            "of DVC's file, without a hash": _from_other("x.bin", tracked=True, recorded=False),
            "of a path, not downloaded": _from_url(download=False),
        },
    ),
    Kind(
        "an import that cannot be pulled",
        {
            "of a path that is gone": _from_url(pushed=False, there=False),
            "of a repository that is gone": _from_repository(),
            "of a repository with a remote": _from_repository(remote="x", rev="main"),
            "of a repository with settings": _from_repository(config={"core": {"remote": "x"}}),
            "repository without a url": _from_repository(url=None),
            "repository with more keys": _from_repository(shiny=1),
        },
        breaks=True,
    ),
)
