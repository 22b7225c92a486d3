"""Where data may lie: git's, DVC's and Mercurial's folders in every spelling, and paths that lead out, are unsafe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.pointer import first_unsafe, reserved_folder, why_unsafe

SAFE = (
    "model/model.pt",
    "data/.gitignore",
    ".gitattributes",
    ".github/x",
    ".dvcignore",
    "x.dvc/y",
    "x.git/hooks",
    "git/dvc/hg",
    "a b/é/モデル",
    "...",
    "…",
    "a\\b",
    "file ",
    "git~10",
    "a:b",
)
UNSAFE = (
    *("", "/a", "//a", "a//b", "a/", "./a", "a/./b", "..", "../a", "a/../b", "a/..", "a\0b"),
    *("..\\a", "a\\..\\..\\b", "a\\.git\\b", "\ud800", "a/\udc00"),
    *(".git", ".git/hooks/post-checkout", ".GIT/config", "sub/.Git/x", ".dvc/config.local", "a/.DVC", ".hg/hgrc"),
    *("git~1/x", "GIT~1", "dvc~1", "a/hg~1/b", ".git /x", ".git./x", ".git . ./x", ".git::$INDEX_ALLOCATION/x"),
    *(
        ".g\u200cit/x",
        ".git\u200c/x",
        "\ufeff.git",
        ".g\u00adit",
        ".g\udce2\udc80\udc8cit",
        "\uff0e\uff47\uff49\uff54/x",
        ".\uff44vc",
    ),
)


@pytest.mark.parametrize("path", SAFE, ids=ascii)
def test_data_may_lie_at(path):
    assert why_unsafe(path) is None
    assert first_unsafe(["a", path, "b"]) is None


@pytest.mark.parametrize("path", UNSAFE, ids=ascii)
def test_no_data_may_lie_at(path):
    assert why_unsafe(path)
    assert first_unsafe(["a", path, "b"]) == path


@pytest.mark.parametrize(
    ("path", "folder"), [("a/.GIT ./b", ".git"), ("DVC~1/x", ".dvc"), (".hg", ".hg"), ("git", None)]
)
def test_the_folder_is_named_as_it_is_known(path, folder):
    assert reserved_folder(path) == folder


@given(
    st.lists(st.sampled_from([*"aA./\\~1:", " ", ".git", "dvc", "\u200d", "é", "\0", "\udcff"]).map(str), max_size=9)
)
def test_many_paths_are_judged_as_each_by_itself(parts):
    path = "".join(parts)
    assert (first_unsafe([path]) is None) == (why_unsafe(path) is None)
    assert first_unsafe([]) is None
