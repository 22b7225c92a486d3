"""A program: the real command with `-v`, which runs a shell line at the moment that it has done one of its steps.

    python heard.py STEP LINE WORDS...

`$RELEASE` is its process id. The step is heard where `-v` names it, on stderr: no function of ours is replaced.
"""

import os
import subprocess
import sys


class Ears:
    """Stderr that listens."""

    def __init__(self, stream, step, line):
        self._stream, self._step, self._line = stream, step, line

    def write(self, text):
        count = self._stream.write(text)
        if text == f"done: {self._step}\n":
            self._stream.flush()
            environment = {**os.environ, "RELEASE": str(os.getpid())}
            environment |= {"PATH": environment.get("REAL_PATH", environment["PATH"])}
            subprocess.run(["sh", "-c", self._line], env=environment, check=False, stdin=subprocess.DEVNULL)
        return count

    def __getattr__(self, name):
        return getattr(self._stream, name)


if __name__ == "__main__":
    from release.__main__ import main

    sys.stderr = Ears(sys.stderr, *sys.argv[1:3])
    del sys.argv[1:3]
    sys.exit(main())
