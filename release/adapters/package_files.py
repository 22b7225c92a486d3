"""Files that ship inside the package (schemas and templates), and the source that it was installed from."""

from __future__ import annotations


def package_text(path: str) -> str:
    """Return the text of `release/PATH`."""
    from importlib.resources import files  # 15 ms, and few commands need it

    return files("release").joinpath(*path.split("/")).read_text("utf-8")


def package_source() -> str | None:
    """Return the suffix with which pip installs this very version: `==1.2.0` or ` @ git+URL@COMMIT`.

    None if others could not install that: run from source, installed from a local folder or file (PEP 610),
    or from a URL with a secret.
    """
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    from release.core.secrets import without_secrets

    try:
        installed = distribution("dvc-release")
    except PackageNotFoundError:  # running from source
        return None
    told = installed.read_text("direct_url.json")
    if told is None:
        return f"=={installed.version}"
    origin = json.loads(told)
    version, url = origin.get("vcs_info"), str(origin.get("url", ""))
    if not isinstance(version, dict) or url.startswith("file:") or without_secrets(url) != url:
        return None
    return f" @ {version.get('vcs')}+{url}@{version.get('commit_id')}"
