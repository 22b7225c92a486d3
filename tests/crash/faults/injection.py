"""Faults inside git and inside ourselves, at the n-th system call of a kind, by strace."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from faults.case import Case

# A program uses one of each row, whichever its C library has for the machine: aarch64 has only those that end in `at`.
# With a question mark before it, strace passes over a name that the machine does not have.
CALLS = {
    "rename": "?rename,?renameat,?renameat2,?link,?linkat",
    "renameat": "?renameat,?renameat2,?linkat",  # strace counts each system call on its own
    "unlink": "?unlink,?unlinkat",
    "fsync": "fsync,fdatasync",
    "write": "write,pwrite64",
    "mkdir": "?mkdir,?mkdirat",
    "connect": "connect",
}
# Stands before git on PATH: one verb, once it is armed, runs under strace.
GIT = """\
#!/bin/sh
PATH=$REAL_PATH
verb= skip=
for word; do
  if [ -n "$skip" ]; then skip=; continue; fi
  case $word in -c) skip=1;; -*) ;; *) verb=$word; break;; esac
done
if [ "$verb" != "$FAULT_VERB" ] || [ ! -e "$FAULT_ARMED" ]; then exec git "$@"; fi
rm "$FAULT_ARMED"
strace -f -qq -o "$FAULT_LOG" $FAULT_HOW git "$@"
code=$?
case $FAULT_ALL in 1) if grep -q 'killed by SIGKILL' "$FAULT_LOG"; then kill -KILL $PPID; fi;; esac
exit $code
"""


@dataclass(frozen=True, slots=True)
class Injection:
    """What happens at the `nth` call of a kind: `KILL`, `KILL all` (of `release`, too), or an error's name."""

    call: str
    what: str
    nth: int

    @property
    def words(self) -> list[str]:
        """For strace."""
        calls = CALLS[self.call]
        how = "signal=KILL" if self.what.startswith("KILL") else f"error={self.what}"
        return ["-e", f"trace={calls}", "-e", f"inject={calls}:{how}:when={self.nth}", "-e", "signal=kill"]

    def fired(self, log: Path) -> bool:
        """Whether strace's own log says that it came to that."""
        text = log.read_text(errors="replace") if log.exists() else ""
        return "(INJECTED)" in text or "killed by SIGKILL" in text


def inside_git(case: Case, verb: str, injection: Injection) -> Path:
    """Let a verb of git run under strace once `case.armed` is there. Returns the log."""
    folder = case.world.root / "home" / "bin"
    folder.mkdir()
    (folder / "git").write_text(GIT)
    (folder / "git").chmod(0o755)
    log = case.world.root / "home" / "strace.log"
    path = case.world.environment()["PATH"]
    case.world.variables |= {
        "REAL_PATH": path,
        "PATH": f"{folder}{os.pathsep}{path}",
        "FAULT_VERB": verb,
        "FAULT_ARMED": str(case.armed),
        "FAULT_LOG": str(log),
        "FAULT_HOW": " ".join(injection.words),
        "FAULT_ALL": "1" if injection.what == "KILL all" else "0",
    }
    return log


def over(case: Case) -> None:
    """No fault any more."""
    path = case.world.variables.pop("REAL_PATH", None)
    if path is not None:
        case.world.variables["PATH"] = path
    case.armed.unlink(missing_ok=True)


def inside_us(case: Case, injection: Injection) -> tuple[tuple[str, ...], Path]:
    """The words of a strace that traces our process alone, none that it starts; and its log."""
    log = case.world.root / "home" / "strace.log"
    program = shutil.which("strace")
    assert program is not None, "strace is not installed"
    return (program, "-qq", "-o", str(log), *injection.words), log
