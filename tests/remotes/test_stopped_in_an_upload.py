"""Ctrl-C in the middle of one large object: the upload ends there, and nothing half is to be seen."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from blobs import FolderBlobs
from slow_link import slow_link

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

SIZE = 48 << 20
IN_PARTS = 128 << 20  # s3fs sends what is below 100 MB at once
PATIENCE_S = 60
PORTS = {
    "s3": "endpointurl",
    "ssh": "url",
    "webdav": "url",
    "http": "url",
    "azure": "connection_string",
    "google": "endpointurl",
}


def make_checkout(released, settings: dict[str, object], number: int, size: int = SIZE) -> tuple[str, Path]:
    """A model that only the cache has, of a remote with these settings. Returns its object's path on the remote."""
    body = hashlib.sha256(str(number).encode()).digest() * (size // 32)
    lines = "".join(f"    {name} = {value}\n" for name, value in settings.items())
    released.write(".dvc/config", f"[core]\n    remote = storage\n['remote \"storage\"']\n{lines}")
    released.write("model/model.pt", body)
    released.dvc("add", "--quiet", "model/model.pt")
    released.save("Large")
    for path in ("data", "model"):  # one object is enough
        for pointer in (released.folder / path).glob("*.dvc"):
            if pointer.name != "model.pt.dvc":
                pointer.unlink()
    released.save("Only the model")
    oid = hashlib.md5(body).hexdigest()
    return f"files/md5/{oid[:2]}/{oid[2:]}", released.folder / ".dvc/cache/files/md5" / oid[:2] / oid[2:]


def start(released, *words: str, under: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*under, sys.executable, "-m", "release", *words],
        cwd=released.folder,
        env=released.world.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until(happened, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "it did not come to that"
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=lambda end: end.name)
@pytest.mark.parametrize("words", [("bump", "minor", "--push-data", "--yes"), ("verify", "--push")], ids=lambda w: w[0])
@pytest.mark.parametrize("kind", PORTS)
def test_an_upload_over_a_slow_link_ends_at_once(request, released, kind, words, end):
    remote = request.getfixturevalue(kind)
    setting = PORTS[kind]
    with slow_link(_port_of(remote.settings[setting]), 0.05) as link:  # 320 kB a second: more than two minutes
        slow = {**remote.settings, setting: _through(remote.settings[setting], link.port)}
        path, _ = make_checkout(released, slow, hash((kind, words, end)))
        before, refs = remote.blobs.all(), (released.refs, released.origin)
        process = start(released, *words)
        wait_until(lambda: link.sent > 1 << 20, process)
        os.kill(process.pid, end)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, said.decode()
    assert "cancelled in the middle of an upload; nothing was uploaded" in said.decode()
    assert "Traceback" not in said.decode()
    assert link.sent < SIZE / 2  # some megabytes may wait in sockets, which WebDAV lets go first
    assert set(remote.blobs.all()) == set(before), "something half is to be seen"
    assert (released.refs, released.origin) == refs
    released.write(
        ".dvc/config",
        (released.folder / ".dvc/config").read_text().replace(str(link.port), str(_port_of(remote.settings[setting]))),
    )
    released.save("Direct")
    released.release("verify --push").succeeds().says("Uploaded 1 object")
    assert path in remote.blobs.all()


def test_parts_that_s3_got_before_ctrl_c_do_not_stay_there_unseen(s3, owner, released):
    def begun() -> list[str]:
        return [each["Key"] for each in owner.list_multipart_uploads(Bucket="plain").get("Uploads", ())]

    assert not begun()
    with slow_link(_port_of(s3.settings["endpointurl"]), 0.002) as link:
        slow = {**s3.settings, "endpointurl": _through(s3.settings["endpointurl"], link.port)}
        path, _ = make_checkout(released, slow, 11, IN_PARTS)
        process = start(released, "verify", "--push")
        wait_until(lambda: begun() == [f"base/{path}"] and link.sent > 60 << 20, process)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, said.decode()
    assert begun() == []
    assert path not in s3.blobs.all()


@pytest.mark.parametrize("words", ["verify --push", "bump minor -m x"])
def test_ctrl_c_on_a_terminal_in_the_middle_of_an_upload(s3, released, words):
    with slow_link(_port_of(s3.settings["endpointurl"]), 0.05) as link:
        slow = {**s3.settings, "endpointurl": _through(s3.settings["endpointurl"], link.port)}
        make_checkout(released, slow, hash(words) + 1)
        before, objects = released.snapshot(), s3.blobs.all()
        child = pexpect.spawn(
            sys.executable,
            ["-m", "release", *words.split()],
            env=released.world.environment() | {"TERM": "xterm"},
            cwd=str(released.folder),
            timeout=PATIENCE_S,
            encoding="utf-8",
        )
        if words.startswith("bump"):
            child.expect_exact("Upload 1 object")
            child.send("\r")
        end = time.monotonic() + PATIENCE_S
        while link.sent < 1 << 20:
            assert time.monotonic() < end, "no upload began"
            time.sleep(0.02)
        child.send("\x03")
        child.expect_exact("cancelled in the middle of an upload; nothing was uploaded")
        child.expect(pexpect.EOF)
        child.close()
    assert child.exitstatus == 130
    assert released.snapshot() == before
    assert s3.blobs.all() == objects


def test_a_copy_into_a_folder_ends_within_the_object(released):
    path, _ = make_checkout(released, {"url": "../../stores/blob"}, 7)
    store = FolderBlobs(folder=released.world.store)
    before = store.all()
    strace = shutil.which("strace")
    assert strace, "strace is not installed"
    slowly = (strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:delay_enter=100000")
    process = start(released, "verify", "--push", under=slowly)
    wait_until(lambda: list(released.world.store.rglob("*.tmp")), process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert b"cancelled in the middle of an upload; nothing was uploaded" in said
    assert process.returncode == 130
    assert store.all() == before, "something half is to be seen"
    released.release("verify --push").succeeds().says("Uploaded 1 object")
    assert path in store.all()


def _port_of(place: object) -> int:
    return int(str(place).rpartition(":")[2].partition("/")[0])


def _through(place: object, port: int) -> str:
    return str(place).replace(f":{_port_of(place)}", f":{port}")
