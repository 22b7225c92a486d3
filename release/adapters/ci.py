"""CI services: the branch of a detached checkout, and files that a service reads after a step."""

from __future__ import annotations

from collections.abc import Mapping


def branch_of_checkout(environment: Mapping[str, str]) -> str | None:
    """Return the short branch name of a CI job whose checkout is detached; None if unknown."""
    ref = environment.get("GITHUB_REF", "")
    if ref.startswith("refs/heads/"):
        return ref[len("refs/heads/") :]
    return environment.get("CI_COMMIT_BRANCH") or None


def append_lines(path: str, text: str) -> None:
    """Append text to a file that a CI service reads after the step. Raises OSError."""
    with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - the service's own path
        file.write(text)
