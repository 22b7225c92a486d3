"""The console script. `release --version` is answered here, before anything else is imported."""

from __future__ import annotations

import gc
import signal
import sys
from io import TextIOWrapper

from release import __version__


def main() -> int:
    """Run the command line of this process; returns its exit code."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        return _version()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where the caller ignores it, a git that failed looks successful
    gc.set_threshold(200_000)  # imports and long lists are no garbage: looking for it took 5% of a short command
    for stream in (sys.stdout, sys.stderr):
        # A name that this terminal's encoding lacks is shown escaped; it is no reason to stop.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    from release.cli.app import main as run  # `--version` needs none of it

    code = run(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # all is told: Python's own end must not change the exit code
    gc.freeze()  # nor look through everything that ends with the process anyway
    return code


def _version() -> int:
    try:
        sys.stdout.write(f"release {__version__}\n")
        sys.stdout.flush()
    except OSError:
        # A reader that hung up, a full disk: said by the door, which knows how.
        from release.cli.app import main as run

        return run(["--version"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
