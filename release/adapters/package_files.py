"""Files that ship inside the package (schemas and templates), and where the package itself came from."""

from __future__ import annotations


def package_text(path: str) -> str:
    """The text of `release/PATH`."""
    from importlib.resources import files  # 15 ms, and few commands need it

    return files("release").joinpath(*path.split("/")).read_text("utf-8")


def package_source() -> str | None:
    """What follows the package's name for pip to install this very version: `==1.2.0`, ` @ git+URL@COMMIT`.

    None if it was installed from a folder or a file of this machine, where nobody else finds it (PEP 610).
    """
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    from release.core.secrets import without_secrets

    try:
        installed = distribution("dvc-release")
    except PackageNotFoundError:  # run from its source
        return None
    told = installed.read_text("direct_url.json")
    if told is None:
        return f"=={installed.version}"
    origin = json.loads(told)
    version, url = origin.get("vcs_info"), str(origin.get("url", ""))
    if not isinstance(version, dict) or url.startswith("file:") or without_secrets(url) != url:
        return None
    return f" @ {version.get('vcs')}+{url}@{version.get('commit_id')}"
