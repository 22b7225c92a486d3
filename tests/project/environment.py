"""The environment that a test, and every program that a test starts, lives in: nothing of the caller's but PATH."""

import os
import sys
from pathlib import Path

GIT_CONFIG = """\
[init]
\tdefaultBranch = main
[user]
\tname = Ada Tester
\temail = ada@example.org
[safe]
\tdirectory = *
[protocol "file"]
\tallow = always
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\tdetachedHead = false
"""
DVC_CONFIG = """\
[core]
    check_update = false
    analytics = false
"""
# What a test runner itself needs; never GIT_*, DVC_*, SSH_*, locale or colour settings.
_KEPT = ("PYTHONDONTWRITEBYTECODE", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


def hermetic(home: Path, scratch: Path) -> dict[str, str]:
    """The whole environment of programs whose home is `home` and whose temporary files lie in `scratch`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    programs = Path(sys.executable).parent  # `dvc` and `release` of this very environment, for hooks
    return kept | {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "TMPDIR": str(scratch),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EDITOR": "false",
        "DVC_NO_ANALYTICS": "1",
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",  # asks for a bucket's kind by gRPC, which no emulator speaks
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site-cache"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "dvc-system"),
        "NO_COLOR": "1",
        "COLUMNS": "80",
        "LINES": "24",
        "TERM": "dumb",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
    }


def furnish(home: Path) -> None:
    """Write the settings that `hermetic` points at."""
    (home / "dvc-global").mkdir(parents=True)
    (home / "dvc-global" / "config").write_text(DVC_CONFIG)
    (home / "gitconfig").write_text(GIT_CONFIG)
