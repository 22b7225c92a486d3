"""What is beyond a limit is named, not read; what is just at it is."""

from __future__ import annotations

import pytest

from release.adapters.dvc.git_ignored import GitIgnored, Hidden
from release.adapters.dvc.ignored import Ignored
from release.core.limits import MAX_IGNORE_BYTES, MAX_IGNORE_LINES, MAX_PATTERN_LENGTH

HOSTILE = "*a" * 200 + "*b"
POINTER = "a" * 240 + ".pt.dvc"
IGNORE_FILES = [
    (b"x\n" * MAX_IGNORE_LINES, None),
    (b"x\n" * (MAX_IGNORE_LINES + 1), "have more than 5,000 lines"),
    (b"x" * MAX_PATTERN_LENGTH, None),
    (b"x" * (MAX_PATTERN_LENGTH + 1), "a line has more than 1,000 characters"),
    ((b"#" * 999 + b"\n") * (MAX_IGNORE_BYTES // 1000), None),
    (b"#\n" + (b"#" * 999 + b"\n") * (MAX_IGNORE_BYTES // 1000), "more than 1,000,000 bytes"),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", [HOSTILE, "**/a/" * 50 + "*b", "[a-z]*" * 100 + "b", "a?" * 100 + "*" + "a*" * 100 + "b"]
)
def test_no_pattern_of_an_ignore_file_is_slow(pattern):
    text = f"{pattern}\n\\zz\n{pattern}c/\n".encode()
    for path in (POINTER, "a/" * 15 + POINTER):
        assert not Ignored({"": text}).hides(path, "")
        assert GitIgnored({"": text}).hides(path, "") is None
    hiding = f"{'*a' * 100}*.dvc\n".encode()
    assert Ignored({"": hiding}).hides(POINTER, "")
    assert GitIgnored({"": hiding}).hides(POINTER, "") is Hidden.BY_GIT


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("data", "reason"), IGNORE_FILES, ids=range(len(IGNORE_FILES)))
def test_ignore_files_beyond_a_limit_are_unknown_and_hide_nothing(data, reason):
    for kind, name in ((Ignored, ".dvcignore"), (GitIgnored, ".gitignore")):
        found = kind({"below/": data, "zz/": b"x.dvc\n"})
        beyond = {path: why for path, why in found.unknown.items() if path.startswith("below")}
        assert list(beyond) == ([f"below/{name}"] if reason else [])
        assert all(reason in why for why in beyond.values())
        assert not found.hides("below/x.dvc", "")
