"""The console script. `release --version` is answered here, before anything else is imported."""

from __future__ import annotations

import sys

from release import __version__


def main() -> int:
    """Run the command line of this process; returns its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"release {__version__}\n")
        return 0
    for stream in (sys.stdout, sys.stderr):
        # A name that this terminal's encoding lacks is shown escaped; it is no reason to stop.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    from release.cli.app import main as run  # noqa: PLC0415 - `--version` needs none of it

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
