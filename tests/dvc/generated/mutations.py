"""Mutations: one place of one good file, deleted, altered or added to."""

import re
from collections.abc import Callable
from random import Random

from generated.draft import Build, Draft
from generated.kinds import Kind

_NAMES = (".dvc", "dvc.yaml", "dvc.lock", "config", "ignore", "params.yaml", ".gitattributes")
_VALUES = ("", "null", "true", "false", "0", "-1", "1", "1e3", "0x9", "1_0", "9.0", "''", "' '", "~", "[]", "{}", "- 1", "[x]", "{a: b}",
           "x", ".", "..", "../..", "/", "a/b", "'a\\b'", '"\\0"', '"\\u2028"', "é", "*", "&a", "!x", "|", ">", "@", "`", "%", "#", "2001-01-01",
           "12:30", ".inf", ".nan", "yes", "<<", "${x}", "${item}", "storage", "md5", "md5-dos2unix", "a" * 32, "A" * 32, "0" * 32)  # fmt: skip
_KEYS = ("md5", "etag", "checksum", "size", "nfiles", "isexec", "version_id", "path", "cloud", "hash", "files", "desc", "type", "labels", "meta",
         "persist", "cache", "remote", "push", "fs_config", "repo", "db", "wdir", "deps", "outs", "locked", "frozen", "always_changed", "cmd",
         "params", "stages", "schema", "datasets", "vars", "metrics", "plots", "artifacts", "foreach", "do", "matrix", "checkpoint", "template",
         "x", "y", "x_label", "y_label", "title", "header", "url", "rev", "rev_lock", "config", "relpath", "metric", "plot", "tags",
         "core", "verify", "shared", "jobs", "worktree", "version_aware", "read_timeout", "autostage", "no_scm", "shiny", "<<")  # fmt: skip
_LETTERS = "\t \0\r\n:-#'\"[]{},&*!|>%@`~?\\/.x0é\u2028\ufeff\x85\x7f"


def _at_a_place(change: Callable[[bytes, Random], bytes]) -> Build:
    """Change the bytes of one file that DVC reads."""

    def build(draft: Draft) -> None:
        files = draft.repository.files
        paths = sorted(path for path in files if path.endswith(_NAMES) and not path.startswith(".dvc/."))
        path = draft.random.choice(paths)
        draft.repository.change(path, change(files[path], draft.random))

    return build


def _in_lines(change: Callable[[list[bytes], int, Random], None]) -> Build:
    """Change the lines of one file, given one of them by its number."""

    def act(data: bytes, random: Random) -> bytes:
        lines = data.splitlines(keepends=True) or [b"\n"]
        change(lines, random.randrange(len(lines)), random)
        return b"".join(lines)

    return _at_a_place(act)


def _delete(lines: list[bytes], at: int, _: Random) -> None:
    del lines[at]


def _double(lines: list[bytes], at: int, _: Random) -> None:
    lines.insert(at, lines[at])


def _swap(lines: list[bytes], at: int, _: Random) -> None:
    other = (at + 1) % len(lines)
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[bytes], at: int, random: Random) -> None:
    lines[at] = random.choice((b" ", b"  ", b"\t")) + lines[at]


def _outdent(lines: list[bytes], at: int, random: Random) -> None:
    lines[at] = lines[at][random.choice((1, 2)) :] if lines[at][:1] == b" " else lines[at].lstrip(b"- ")


def _value(lines: list[bytes], at: int, random: Random) -> None:
    """Another value after the first colon or equals sign."""
    lines[at] = re.sub(
        rb"([:=]).*", lambda found: found[1] + b" " + random.choice(_VALUES).encode(), lines[at], count=1
    )


def _key(lines: list[bytes], at: int, random: Random) -> None:
    """Another key before the first colon or equals sign."""
    lines[at] = re.sub(rb"[^\s:=-][^:=]*(?=[:=])", lambda _: random.choice(_KEYS).encode(), lines[at], count=1)


def _new(lines: list[bytes], at: int, random: Random) -> None:
    """A key of DVC's schema with some value, at the depth of a line that is there."""
    depth = re.match(rb"[ -]*", lines[at])
    space = b" " * len(depth[0]) if depth else b""
    sign = b" = " if b"=" in b"".join(lines) else b": "
    lines.insert(
        at + random.choice((0, 1)),
        space + random.choice(_KEYS).encode() + sign + random.choice(_VALUES).encode() + b"\n",
    )


def _letter(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(_LETTERS).encode() + data[at + random.choice((0, 1)) :]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _twice(data: bytes, _: Random) -> bytes:
    return data + data


KINDS = (
    Kind(
        "a mutated line",
        {
            name: _in_lines(act)
            for name, act in {
                "deleted": _delete,
                "doubled": _double,
                "swapped": _swap,
                "indented": _indent,
                "outdented": _outdent,
            }.items()
        },
        mutates=True,
    ),
    Kind("a mutated value", {"value": _in_lines(_value)}, mutates=True),
    Kind("a mutated key", {"other": _in_lines(_key), "new": _in_lines(_new)}, mutates=True),
    Kind(
        "mutated bytes",
        {"letter": _at_a_place(_letter), "cut": _at_a_place(_cut), "twice": _at_a_place(_twice)},
        mutates=True,
    ),
)
