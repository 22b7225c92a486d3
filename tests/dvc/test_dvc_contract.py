"""What we rely on in DVC, compared with the DVC that is installed."""

import inspect
import json
import os
import platform
import subprocess
from pathlib import Path

import pytest
from dvc.config import Config as DvcOwnConfig
from dvc.dirs import global_config_dir, system_config_dir
from dvc.ignore import DvcIgnoreFilter
from dvc.repo import Repo
from dvc_data.hashfile.hash import file_md5
from dvc_objects.fs import localfs

from release.core.pointer import Layout
from release.dvc.clean_room import ignored_by_dvc
from release.dvc.contents import hash_file, hash_pieces
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, Configs, DvcSettings, parse_dvc_config
from release.dvc.tracked import remembered, state_database

CONFIGS = [
    "",
    "[core]\n    remote = storage\n",
    "# a comment\n\n[core]\n    remote = Storage\n['remote \"storage\"']\n    url = ../../stores/blob\n",
    "['remote \"Mixed\"']\n    URL = /abs/path\n",
    "['remote \"a\"']\n    url = s3://bucket/path\n    endpointurl = http://127.0.0.1:1/x\n    version_aware = true\n",
    "['remote \"a\"']\n    url = ~/store\n    keyfile = ../key\n",
    '[\'remote "a"\']\n    url = "with, comma"\n',
    "['remote \"a\"']\n    url = 'quoted'  # and a comment\n",
    "['remote \"a b\"']\n    url = with space/x\n",
    '[remote "a"]\n    url = x\n',
    "[cache]\n    dir = ../../cache\n    type = hardlink,symlink\n",
    "[core]\n    remote = a\n    check_update = false\n['remote \"a\"']\n    url = ssh://user@host/x\n    password = p#w\n",
    "['remote \"a\"']\n    url = x = y\n",
    "['remote \"a\"']\n    url = x%20y\n",
    "['remote \"a\"']\n    url = file:///abs\n",
    "[core]\r\n    remote = a\r\n['remote \"a\"']\r\n    url = x\r\n",
]


@pytest.mark.parametrize("text", CONFIGS, ids=range(len(CONFIGS)))
def test_a_config_file_is_read_as_dvc_reads_it(text, tmp_path):
    folder = tmp_path / ".dvc"
    folder.mkdir()
    (folder / "config").write_bytes(text.encode())
    theirs = DvcOwnConfig(str(folder), validate=False)
    ours = Configs(DvcSettings(git_root=tmp_path, environment=os.environ)).at("", text.encode()).full
    for section in ("core", "cache", "remote"):
        assert dict(ours.get(section, {})) == dict(theirs.get(section, {}))


@pytest.mark.parametrize(
    "text",
    ["[core", "remote = x\n", "[core]\nremote\n", "[a]\nx = 1\nx = 2\n", "[a]\n[a]\n", "\N{BYTE ORDER MARK}[core]\n"],
)
def test_a_config_file_that_dvc_refuses_is_refused(text, tmp_path):
    (tmp_path / "config").write_text(text)
    with pytest.raises(BadDvcConfig):
        parse_dvc_config(text.encode())
    with pytest.raises(Exception, match=r"."):
        DvcOwnConfig(str(tmp_path))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(BadDvcConfig, match="not UTF-8"):
        parse_dvc_config(b"[core]\nremote = \xff\n")


LEVELS = ("system", "global", "repo", "local")


OF_LEVEL = {"system": "profile", "global": "region", "repo": "endpointurl", "local": "access_key_id"}


def test_the_levels_shadow_each_other_as_in_dvc(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    folder = tmp_path / "p" / ".dvc"
    files = {
        "system": tmp_path / "system" / "config",
        "global": tmp_path / "global" / "config",
        "repo": folder / "config",
        "local": folder / "config.local",
    }
    for level, file in files.items():
        above = LEVELS[LEVELS.index(level) :]
        file.parent.mkdir(parents=True, exist_ok=True)
        options = "".join(f"    {OF_LEVEL[each]} = {level}\n" for each in above)
        file.write_text(f"['remote \"a\"']\n    url = s3://{level}\n{options}")
    subprocess.run(
        ["git", "init", "--quiet", tmp_path / "p"], check=True
    )  # it says that config.local is not the commit's
    theirs = DvcOwnConfig(str(folder), validate=False)
    ours = Configs(DvcSettings(git_root=tmp_path / "p", environment=os.environ)).at("", files["repo"].read_bytes())
    assert ours.full["remote"] == theirs["remote"]
    remote = ours.remote("a")
    assert remote is not None
    assert remote.url == "s3://repo", "config.local does not decide which store a clone would ask"
    assert remote.options[OF_LEVEL["local"]] == "local", "but it may say how to open it"


@pytest.mark.parametrize("variables", [{}, {"XDG_CONFIG_HOME": "/x/config"}, {"XDG_CONFIG_DIRS": "/y/one:/z/two"}])
def test_the_files_of_user_and_system_lie_where_dvc_looks(variables, monkeypatch):
    for name in ("DVC_SYSTEM_CONFIG_DIR", "DVC_GLOBAL_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = DvcSettings(git_root=Path("/"), environment=os.environ)
    assert settings.own_files() == (Path(system_config_dir(), "config"), Path(global_config_dir(), "config"))


def test_a_broken_file_of_this_machine_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path))
    (tmp_path / "config").write_text("[core")
    with pytest.raises(BadDvcSettings) as seen:
        Configs(DvcSettings(git_root=tmp_path, environment=os.environ)).at("", b"")
    assert str(tmp_path / "config") in seen.value.message


def test_references_between_remotes_that_go_in_a_circle_are_refused(tmp_path):
    text = b"['remote \"a\"']\n    url = remote://b/x\n['remote \"b\"']\n    url = remote://a/y\n"
    config = Configs(DvcSettings(git_root=tmp_path, environment=os.environ)).at("", text)
    with pytest.raises(BadDvcConfig, match="refers to itself"):
        config.remote("a")


def test_dvcs_memory_of_hashes_is_found_and_understood(project, monkeypatch):
    project.empty_cache()
    project.dvc("pull", "--quiet")
    project.dvc("add", "--quiet", "model/model.pt")
    environment = project.world.environment()
    settings = DvcSettings(git_root=project.folder, environment=environment)
    database = state_database(settings, "", None)
    for name in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR"):
        monkeypatch.setenv(name, environment[name])
    with Repo(str(project.folder)) as repo:
        assert database == Path(repo.site_cache_dir, "hashes", "local", "cache.db")
    path = project.folder / "model" / "model.pt"
    assert remembered(database, {str(path): path.stat()}) == {str(path): ("md5", file_md5(str(path)))}
    os.utime(path, (1, 1))
    assert remembered(database, {str(path): path.stat()}) == {}


def test_dvcs_memory_is_read_without_a_trace_and_not_while_it_is_written(project):
    project.dvc("pull", "--quiet", "--force")
    database = state_database(DvcSettings(git_root=project.folder, environment=project.world.environment()), "", None)
    assert database is not None
    path = project.folder / "model" / "model.pt"
    before = sorted(database.parent.iterdir()), database.parent.stat().st_mtime_ns
    assert remembered(database, {str(path): path.stat()})
    assert (sorted(database.parent.iterdir()), database.parent.stat().st_mtime_ns) == before
    database.with_name("cache.db-wal").write_bytes(b"x")
    assert remembered(database, {str(path): path.stat()}) == {}
    database.with_name("cache.db-wal").unlink()
    database.write_bytes(b"no database")
    assert remembered(database, {str(path): path.stat()}) == {}


CONTENTS = [
    b"",
    b"a\r\nb\r\n",
    b"a\nb\n",
    b"\0\r\n",
    bytes(range(256)) * 5000,
    b"x" * (1 << 20) + b"\r\n",
    b"\r\n" * 600_000,
]


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_files_are_hashed_as_dvc_hashes_them(content, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content)
    seen: list[int] = []
    assert hash_file(path, Layout.MD5, seen.append) == file_md5(str(path), name="md5")
    assert hash_file(path, Layout.LEGACY, seen.append) == file_md5(str(path), name="md5-dos2unix")
    assert sum(seen) == 2 * len(content)


IGNORES = {
    "": "# top\n*.tmp\n/old/\n!keep.tmp\nbuild\nlogs/*.txt\n",
    "a/": "*.bin\n!/b/x.bin\n",
    "a/b/": "deep\n",
}
PATHS = [
    "x.tmp", "keep.tmp", "old/x", "a/old/x", "build", "build/x", "a/build/y", "logs/x.txt", "a/logs/x.txt",
    "x.bin", "a/x.bin", "a/b/x.bin", "a/b/c/x.bin", "a/b/deep", "a/b/c/deep/x", "deep", "a/x.tmp", "a/keep.tmp", "a/b/y",
]  # fmt: skip


def test_ignore_files_mean_what_dvc_takes_them_for(tmp_path):
    for folder, text in IGNORES.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / ".dvcignore").write_text(text)
    theirs = DvcIgnoreFilter(localfs, str(tmp_path))
    files = {f"{folder}.dvcignore": text.encode() for folder, text in IGNORES.items()}
    found = ignored_by_dvc(PATHS, "", files, dict(os.environ))
    assert found is not None
    assert set(found) == {path for path in PATHS if theirs.is_ignored_file(str(tmp_path / path))}
    below = {f"sub/{path}": data for path, data in files.items()}
    more = ignored_by_dvc([f"sub/{path}" for path in PATHS], "sub", below | {".dvcignore": b"*\n"}, dict(os.environ))
    assert more == frozenset(f"sub/{path}" for path in found)


def test_what_dvc_does_not_say_is_not_known():
    assert ignored_by_dvc(["x"], "", {".dvcignore": b"# ours\n*.tmp\n"}, {}) == frozenset()
    assert ignored_by_dvc(["x"], "", {".dvcignore": b"caf\xe9\n"}, dict(os.environ)) is None


def test_names_that_we_call_exist_in_dvc():
    from dvc.repo import Repo  # noqa: PLC0415
    from dvc.repo.index import Index  # noqa: PLC0415

    assert {"index", "dvcignore"} <= set(dir(Repo))
    assert "stage_collection_error_handler" in inspect.getsource(Repo)
    assert callable(Index.from_file)
    assert "stages" in inspect.signature(Index).parameters
    assert json.loads(json.dumps(platform.system())) in ("Linux", "Darwin")


@pytest.mark.parametrize("piece_bytes", [1, 700_000, 1 << 20, 3 << 20])
def test_pieces_of_any_size_have_the_hash_of_the_whole(piece_bytes, tmp_path):
    """Servers send pieces as they like, and the old hash looks at a megabyte at a time."""
    content = b"x" * (1 << 20) + b"\0\r\n" if piece_bytes > 1 else b"a\r\nb\r\n"
    path = tmp_path / "file"
    path.write_bytes(content)
    pieces = [content[start : start + piece_bytes] for start in range(0, len(content), piece_bytes)]
    assert hash_pieces(pieces, Layout.LEGACY, lambda _: None) == file_md5(str(path), name="md5-dos2unix")
