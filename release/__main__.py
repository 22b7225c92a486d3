"""Console scripts. `release --version` is answered here, before importing anything else."""

from __future__ import annotations

import gc
import signal
import sys
from io import TextIOWrapper

from release import __version__


def main() -> int:
    """Run the command line of this process and return its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]) and sys.stdout is not None:
        return _version()
    return _run("release.app")


def hook() -> int:
    """Run a git hook, as `release-hook`: a separate program, because only hooks call it."""
    return _run("release.commands.verify.hook")


def _run(module: str) -> int:
    from importlib import import_module  # not needed for `--version`

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if the caller ignores SIGCHLD, a failed git looks successful
    gc.set_threshold(200_000)  # imports and long lists are no garbage; scanning them took 5% of a short command
    for stream in (sys.stdout, sys.stderr):
        # Escape characters that the terminal's encoding lacks instead of failing.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code: int = import_module(module).main()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # all output is written: Python's shutdown must not change the exit code
    gc.freeze()  # skip the garbage scan of everything that ends with the process anyway
    return code


def _version() -> int:
    try:
        sys.stdout.write(f"release {__version__}\n")
        sys.stdout.flush()
    except OSError:
        # Broken pipe or full disk: the boundary in `app.py` reports it.
        from release.app import main as run

        return run(["--version"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
