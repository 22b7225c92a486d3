"""What is beyond a limit is named, not read; what is just at it is."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from release.core.audit_rules import Directory, judge_directory, needs_on
from release.core.changelog import parse_changelog, stated_values
from release.core.check import Verdict
from release.core.config import Config, VersionFile
from release.core.limits import (
    MAX_LISTING_BYTES,
    MAX_LISTING_ENTRIES,
    MAX_LOG_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_OBJECT_BYTES,
    MAX_TREE_DEPTH,
    MAX_VERSION_FILE_BYTES,
    MAX_WRITTEN_BYTES,
    MAX_WRITTEN_LINES,
)
from release.core.plain import may_match
from release.core.pointer import BadListing, Layout, ObjectKey, Out, Stored, TooManyEntries, parse_listing
from release.core.version_file import BadVersionFile, current_version
from release.dvc.cache_files import CacheFolder
from release.dvc.contents import hash_file
from release.dvc.dvc_config import BadDvcSettings, Configs, DvcSettings
from release.dvc.pointers import read_pointers
from release.dvc.scan import Scan
from release.dvc.store import FolderStore, StoredTooLarge, joined, object_path
from release.dvc.stores import LocalCache, read_listing
from release.engine.values import values_of, written_file
from release.errors import DataMissing, Refused
from release.git.log import commits_since
from release.git.objects import ObjectMissing, Objects
from release.git.process import Git, GitFailed, TooMuchOutput
from release.git.refs import read_tags, subjects_since

HOSTILE = "*a" * 200 + "*b"
POINTER = "a" * 240 + ".pt.dvc"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", [HOSTILE, "**/a/" * 50 + "*b", "[a-z]*" * 100 + "b", "a?" * 100 + "*" + "a*" * 100 + "b"]
)
def test_no_pattern_of_an_ignore_file_is_slow(pattern):
    text = f"{pattern}\n\\zz\n{pattern}c/\n".encode()
    for path in (POINTER, "a/" * 15 + POINTER):
        assert not may_match(text.replace(b"\\zz", b"zz"), path.split("/"))
    hiding = f"{'*a' * 100}*.dvc\n".encode()
    assert may_match(hiding, [POINTER])


KEY = ObjectKey("store", "md5", "0123456789abcdef" * 2)
LISTING = ObjectKey("store", "md5", f"{KEY.oid}.dir")


def socket_at(path):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        socket_at,
        Path.mkdir,
        lambda path: path.symlink_to(os.devnull),
        lambda path: path.symlink_to("/dev/zero"),
    ],
    ids=["pipe", "socket", "folder", "device", "endless device"],
)
def test_what_is_no_regular_file_is_no_object_and_is_never_opened(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path has an end
    store, cache = FolderStore("storage", tmp_path), LocalCache([tmp_path])
    for key in (KEY, LISTING):
        path = Path(object_path(key.layout, key.oid))
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)
        assert store.find([key]) == {}
        with pytest.raises(DataMissing):
            store.read(key)
        with pytest.raises(OSError, match=r"it is a (pipe, a socket or a device|folder)"):
            hash_file(path, Layout.MD5, lambda _: None)
        assert (cache.path_of(key), cache.directory_body(key)) == (None, None)
        assert not CacheFolder(tmp_path).holds(key.layout, key.oid)
    assert read_listing(store, LISTING, cache).entries is None
    local = Path(".dvc", "config.local")
    local.parent.mkdir()
    make(local)
    with pytest.raises(BadDvcSettings, match="cannot be read: it is a") as seen:
        Configs(DvcSettings(git_root=tmp_path, environment=os.environ)).at("", b"")
    assert seen.value.help == f"ls -l {tmp_path}/.dvc/config.local"


def test_a_directory_object_beyond_the_limit_is_not_read(tmp_path):
    store, path = FolderStore("storage", tmp_path), tmp_path / object_path(LISTING.layout, LISTING.oid)
    path.parent.mkdir(parents=True)
    path.touch()
    os.truncate(path, MAX_LISTING_BYTES + 1)  # without a block on the disk
    listing = read_listing(store, LISTING, LocalCache([tmp_path]))
    assert (listing.entries, listing.unread) == (None, "it has more than 1.0 GB")
    with pytest.raises(StoredTooLarge):
        joined(iter([b"123", b"456"]), 5)
    assert joined(iter([b"123", b"45"]), 5) == b"12345"


def test_a_directory_object_of_too_many_files_is_not_parsed(tmp_path):
    data = b"}" * (MAX_LISTING_ENTRIES + 1)
    with pytest.raises(TooManyEntries, match="more than 10,000,000 files"):
        parse_listing(data, "")
    with pytest.raises(BadListing, match="its content is"):
        parse_listing(data[1:], "")


def test_what_a_limit_leaves_unread_is_unknown():
    out = Out(path="images", pointer="images.dvc", oid=LISTING.oid)
    (need,) = needs_on(out, "store", version_aware=False, entries=())
    judged = judge_directory(
        out,
        Directory(entries=None, unread="it has more than 1.0 GB"),
        [need],
        {need.key: Stored(size_bytes=9)},
        "storage",
    )
    (problem,) = judged.problems
    assert (problem.severity, problem.path, problem.oid) == (Verdict.UNKNOWN, "images", LISTING.oid)
    assert problem.message == "the directory object of images on `storage` was not read: it has more than 1.0 GB"
    assert problem.help == "track images as several directories"


@pytest.fixture
def git(tmp_path):
    """An empty bare repository."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path], check=True)
    return Git.from_environment(tmp_path, os.environ, on_terminal=False)


def tree_with(git, name, blob):
    return git.run("mktree", stdin=f"100644 blob {blob}\t{name}\n".encode()).text


def test_an_object_beyond_the_limit_is_named_and_not_read(git, tmp_path):
    huge = tmp_path / "huge"
    huge.touch()
    os.truncate(huge, MAX_OBJECT_BYTES + 1)
    big = git.run("hash-object", "-w", str(huge)).text
    small = [git.run("hash-object", "-w", "--stdin", stdin=str(n).encode()).text for n in range(3)]
    head = f"tree {tree_with(git, 'x', big)}\nauthor A <a> 0 +0000\ncommitter A <a> 0 +0000\n\n".encode()
    words = b"x" * (MAX_MESSAGE_BYTES - len(head))
    commit, longer = (
        git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=head + text).text
        for text in (words, words + b"x")
    )
    with Objects(git) as objects:
        found = objects.get_many([small[0], big, small[1], big, longer, small[2], commit])
        assert [None if one is None else one.content and one.content[:1] for one in found] == [
            b"0", None, b"1", None, None, b"2", b"t",
        ]  # fmt: skip
        with pytest.raises(ObjectMissing, match=f"blob {big} was not read: it has 100 MB; the limit"):
            objects.read(big)
        with pytest.raises(ObjectMissing, match=f"commit {longer} was not read: it has 10.0 MB") as seen:
            objects.tree_of(longer)
        assert seen.value.help == f"git log -1 --format=%an%x20%ad {longer}"
        for _ in objects.each([big, *small]):
            break  # who stops listening does not hear the rest with the next question
        assert objects.read(small[2]) == b"2"
        assert values_of("p.json", objects.get(big)).problem == "it has 100 MB; the limit is 100 MB"


def test_a_commit_whose_pointer_files_are_beyond_the_limit_is_unknown(git, tmp_path):
    huge = tmp_path / "huge"
    huge.touch()
    os.truncate(huge, MAX_OBJECT_BYTES + 1)
    names = (".dvcignore", ".gitignore", "dvc.yaml", "x.dvc")
    blob = git.run("hash-object", "-w", str(huge)).text
    pointer = git.run(
        "hash-object", "-w", "--stdin", stdin=b"outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  path: a\n"
    ).text
    empty = git.run("mktree").text
    lines = [
        f"040000 tree {empty}\t.dvc",
        f"100644 blob {pointer}\ta.dvc",
        *(f"100644 blob {blob}\t{name}" for name in names),
    ]
    tree = git.run("mktree", stdin="\n".join(lines).encode() + b"\n").text
    commit = git.having(
        **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a")
    )
    with Objects(git) as objects:
        found = read_pointers(objects, commit.run("commit-tree", tree, "-m", "x").text, Config())
    problems = sorted((one for one in found.problems if one.severity is Verdict.UNKNOWN), key=lambda one: one.path)
    assert [(one.path, one.help) for one in problems] == [
        (name, f"make {name} smaller, and commit it") for name in names
    ]
    assert {one.message for one in problems} == {f"{name}: it has 100 MB; the limit is 100 MB" for name in names}
    assert [out.path for out in found.outs] == ["a"]


def commit_saying(git, words, *parents):
    head = [f"tree {git.run('mktree').text}", *(f"parent {id}" for id in parents), "author A <a> 0 +0000"]
    data = "\n".join((*head, "committer A <a> 0 +0000", "", words)).encode()
    return git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=data).text


def test_a_commit_with_a_message_beyond_the_limit_is_named(git):
    first = commit_saying(git, "fix: a\n\n" + "x" * (MAX_MESSAGE_BYTES - 100))
    long = commit_saying(git, "fix: b\n\n" + "x" * MAX_MESSAGE_BYTES, first)
    assert [commit.subject for commit in commits_since(git, first, None)] == ["fix: a"]
    assert subjects_since(git, long, None) == ((long, "fix: b"), (first, "fix: a"))
    with pytest.raises(Refused, match=f"commit {long} was not read: its message has more than 10.0 MB") as seen:
        commits_since(git, long, None)
    assert seen.value.help == f"git log -1 --format=%an%x20%ad {long}"


def test_messages_are_read_up_to_a_limit_for_all(git):
    words = "x" * MAX_LOG_BYTES
    huge = commit_saying(git, words)
    tip = commit_saying(git, "fix: b", huge)
    with pytest.raises(Refused, match=f"commit {huge} was not read: with those of newer commits its message has more"):
        commits_since(git, tip, None)
    tag = f"object {tip}\ntype commit\ntag v2\ntagger A <a> 0 +0000\n\n{words}\n".encode()
    git.run("tag", "v1", tip)
    git.run("update-ref", "refs/tags/v2", git.run("hash-object", "-t", "tag", "-w", "--stdin", stdin=tag).text)
    git.run("tag", "v3", tip)
    with pytest.raises(
        Refused, match=r"tag v2 was not read: with those of the tags before it its subject has more"
    ) as seen:
        read_tags(git)
    assert seen.value.help == "git cat-file -s refs/tags/v2"


def test_git_is_stopped_where_it_says_more_than_is_read(git):
    assert git.run("hash-object", "--stdin", stdin=b"x" * 1_000_000, most_bytes=41).out[40:] == b"\n"
    with pytest.raises(TooMuchOutput) as seen:
        git.run("hash-object", "--stdin", stdin=b"x" * 1_000_000, most_bytes=40)
    assert len(seen.value.out) == 40
    with pytest.raises(GitFailed, match="no-such-command"):
        git.run("no-such-command", most_bytes=10)


def nested(git, blob, folders, levels):
    """A tree of so many levels, each with that many folders, which are all the same one."""
    tree = git.run("mktree", stdin=f"100644 blob {blob}\ta.dvc\n100644 blob {blob}\tperformance.json\n".encode()).text
    for _ in range(levels - 1):
        tree = git.run("mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(folders)).encode()).text
    return tree


@pytest.mark.timeout(120)
def test_folders_in_each_other_and_trees_that_explode_are_refused(git):
    blob = git.run("hash-object", "-w", "--stdin", stdin=b"{}").text
    deepest = nested(git, blob, 1, MAX_TREE_DEPTH)
    for tree, reason in (
        (nested(git, blob, 1, MAX_TREE_DEPTH + 1), "more than 100 levels of folders"),
        (nested(git, blob, 50, 9), "it has more than"),
    ):
        with Objects(git) as objects:
            readers: tuple[Callable[[str], Iterable[Any]], ...] = (
                lambda tree: list(objects.walk(tree)),
                lambda tree: Scan().below(objects, tree),
            )
            for read in readers:
                assert next(iter(read(deepest))).path == "d0/" * (MAX_TREE_DEPTH - 1) + "a.dvc"
                with pytest.raises(ObjectMissing, match=f"tree {tree} was not read: {reason}") as seen:
                    read(tree)
                assert seen.value.help == f"git ls-tree {tree}"


@pytest.mark.timeout(20)
def test_no_line_of_a_changelog_is_slow():
    lines = [
        f"## a{' ' * 50_000}b",
        f"## {'1' * 50_000}.{'1' * 50_000}_",
        f"## 1.0.0 {'#' * 50_000} b",
        f"{'`' * 50_000}x`",
    ]
    found = parse_changelog("\n".join([*lines, "## [2.0.0] ##", "- x"]).encode())
    assert [section.version for section in found.versions] == ["1.0.0", "2.0.0"]
    entry = f"### Parameters\n\n- {'a: b ' * 50_000}\n- x: 1 -> 2\n- y: 3 (added)\n- ... 9 more\n"
    assert stated_values(entry) == ["- x: 1 -> 2", "- y: 3 (added)", "- ... 9 more"]


def test_a_version_file_beyond_the_limit_is_a_mistake_of_the_configuration():
    file = VersionFile(path="a.py", pattern='"{version}"')
    most = b'"1.0.0"' + b"\n" * (MAX_VERSION_FILE_BYTES - 7)
    assert current_version(most, file) == "1.0.0"
    with pytest.raises(BadVersionFile, match=r"a.py has 10.0 MB; the limit is 10.0 MB"):
        current_version(most + b"\n", file)


def test_a_changelog_beyond_the_limit_is_named(git):
    blobs = [
        git.run("hash-object", "-w", "--stdin", stdin=data).text
        for data in (b"\n" * MAX_WRITTEN_LINES, b"\n" * (MAX_WRITTEN_LINES + 1), b" " * (MAX_WRITTEN_BYTES + 1))
    ]
    good, *bad = (tree_with(git, "CHANGELOG.md", blob) for blob in blobs)
    with Objects(git) as objects:
        assert written_file(objects, good, "CHANGELOG.md").kind == "file"
        for tree in bad:
            with pytest.raises(Refused, match=r"CHANGELOG.md has more than 75.0 MB or 2,000,000 lines") as seen:
                written_file(objects, tree, "CHANGELOG.md")
            assert seen.value.help == "shorten CHANGELOG.md, and commit it"
