"""Hooks of the origin and of the clone."""

from pathlib import Path

from faults.case import Case


def install(folder: Path, name: str, script: str) -> Path:
    """Make a hook in a repository's hooks folder."""
    hook = folder / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)
    return hook


def while_the_server_thinks(case: Case, line: str) -> Path:
    """The origin's `pre-receive` runs a shell line, once; `$P` is the process that releases. Gone when it has run."""
    armed = case.armed
    install(case.world.origin, "pre-receive", f"[ -e {armed} ] || exit 0\nP=$(cat {armed}); rm {armed}\n{line}")
    return armed
