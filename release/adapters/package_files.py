"""Files that ship inside the package: schemas and templates."""

from __future__ import annotations


def package_text(path: str) -> str:
    """The text of `release/PATH`."""
    from importlib.resources import files  # 15 ms, and few commands need it

    return files("release").joinpath(*path.split("/")).read_text("utf-8")
