"""Shards read by a real scheduler and worker processes: the same findings as one process, whatever workers are killed."""

import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
import reading_job
from project.ports import free_port
from reading_job import opened, slice_of
from test_reading_in_turn import make_store, path_of, recorded, shards_of

from release.core.pointer import ObjectKey
from release.core.shards import Shard
from release.dvc.dvc_config import RemoteSettings
from release.engine.dask_reading import read_task, task_of
from release.errors import Refused, Unknown

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore"),  # of Dask and tornado
]


@contextmanager
def process(*words: str, variables: Mapping[str, str]):
    """A program of Dask, started quietly and ended in any case."""
    started = subprocess.Popen(
        [sys.executable, "-m", *words],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def cluster(workers: int, security: Any = None, variables: Mapping[str, str] = MappingProxyType({})):
    """The address of a scheduler, and its worker processes; with TLS if there are certificates."""
    scheme = "tcp" if security is None else "tls"
    address = f"{scheme}://127.0.0.1:{(port := free_port())}"
    with ExitStack() as stack:
        host = ("--host", f"{scheme}://127.0.0.1", "--no-dashboard")
        stack.enter_context(process("distributed.cli.dask_scheduler", *host, "--port", str(port), variables=variables))
        words = (
            "distributed.cli.dask_worker",
            address,
            *host,
            "--nthreads",
            "1",
            "--no-nanny",
            "--death-timeout",
            "60",
        )
        started = [stack.enter_context(process(*words, variables=variables)) for _ in range(workers)]
        if workers:
            from distributed import Client  # noqa: PLC0415 - of the extra `system`, with which these tests run

            with Client(address, timeout=60, set_as_default=False, security=security) as client:
                client.wait_for_workers(workers, timeout=60)
        else:
            time.sleep(3)
        yield address, started


def findings(folder: Path, **more):
    """What a slice finds: the report, and the objects whose bytes are wrong or gone."""
    asked = opened(folder)
    keys = set(asked.found)
    report = reading_job.run(asked, folder, slice_of(folder, **more))
    bad = {key.oid for key, stored in asked.found.items() if stored.md5 not in (None, key.oid)}
    return report, bad, {key.oid for key in keys - set(asked.found)}, asked.trouble


def test_a_cluster_finds_what_one_process_finds_and_survives_two_killed_workers(tmp_path):
    folder, random = tmp_path / "store", Random(3)
    oids = make_store(folder, [20] * 60)
    rotten = random.sample(oids, 3)
    for oid in rotten:
        path_of(folder, oid).write_bytes(b"x" * len(path_of(folder, oid).read_bytes()))
    report, bad, gone, trouble = findings(folder)
    subprocess.run(["rm", "-r", folder / "release-reads"], check=True)
    with cluster(4) as (address, workers):
        script = (  # kills as soon as the first result is recorded
            f"while ! ls {folder}/release-reads/*/* >/dev/null 2>&1; do sleep 0.002; done; "
            f"kill -9 {workers[0].pid} {workers[1].pid}; ls {folder}/release-reads/* | wc -l > {tmp_path}/then"
        )
        killer = subprocess.Popen(["sh", "-c", script])
        found = findings(folder, scheduler=address)
        killer.wait(30)
        assert [worker.wait(10) for worker in workers[:2]] == [-signal.SIGKILL] * 2
    assert int((tmp_path / "then").read_text()) < len(shards_of(folder)) - 3, "killed when all was read"
    assert (found[0].read_bytes, found[0].done, found[0].coverage) == (report.read_bytes, report.done, report.coverage)
    assert found[1:] == (bad, gone, trouble) == (set(rotten), set(), None)
    wrong = {digest for digest, inside in shards_of(folder).items() if inside & set(rotten)}
    assert {name for name in recorded(folder) if "." not in name} == set(shards_of(folder)) - wrong
    assert sorted(name.partition(".")[0] for name in recorded(folder) if "." in name) == sorted(wrong)


def test_ctrl_c_cancels_what_workers_have_not_begun(tmp_path):
    folder = tmp_path / "store"
    make_store(folder, [20] * 400)
    with cluster(1) as (address, _):
        code = (
            "import sys, reading_job as j; from pathlib import Path;"
            "f = Path(sys.argv[1]); j.run(j.opened(f), f, j.slice_of(f, scheduler=sys.argv[2]))"
        )
        job = subprocess.Popen(
            [sys.executable, "-c", code, folder, address], cwd=Path(__file__).parent, stderr=subprocess.PIPE, text=True
        )
        while len(recorded(folder)) < 3:
            assert job.poll() is None
            time.sleep(0.01)
        job.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in job.communicate(timeout=30)[1]

        from distributed import Client  # noqa: PLC0415 - of the extra `system`

        with Client(address, set_as_default=False) as client:
            deadline = time.monotonic() + 20
            while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
                assert time.monotonic() < deadline
                time.sleep(0.1)
    assert 3 <= len(recorded(folder)) < 400


def test_a_scheduler_that_is_not_there_or_has_no_workers_is_said(tmp_path):
    folder = tmp_path / "store"
    make_store(folder, [10])
    with cluster(0) as (address, _), pytest.raises(Unknown, match="has no workers"):
        findings(folder, scheduler=address)


def test_a_worker_of_another_version_reads_nothing(tmp_path):
    remote = RemoteSettings(name="storage", url=str(tmp_path), options={}, folder=tmp_path)
    task = task_of(remote, Shard(store="s", digest="d", keys=(), size_bytes=0))
    fields = {name: getattr(task, name) for name in task.__struct_fields__}
    assert read_task(task) == []
    with pytest.raises(Refused, match=re.escape("a worker has release")):
        read_task(type(task)(**{**fields, "version": "0.0.0"}))


SECRETS = {
    "access_key_id": "AK",
    "secret_access_key": "planted-1",
    "session_token": "planted-2",
    "password": "planted-3",
    "token": "planted-4",
    "connection_string": "AccountKey=planted-5",
    "account_key": "planted-6",
    "sse_customer_key": "planted-7",
    "custom_auth_header": "X-Name-Of-A-Header",  # whose value is the password
    "passphrase": "planted-9",
    "of_a_plugin_to_come": "planted-0",
}


@pytest.mark.parametrize(
    "url", ["s3://bucket/base", "ssh://me:planted-a@host/base", "https://me:planted-b@host/x?sig=planted-c"]
)
def test_no_secret_is_in_a_task(url):
    remote = RemoteSettings(name="storage", url=url, options={**SECRETS, "url": url, "endpointurl": "https://host"})
    task = task_of(remote, Shard(store="s", digest="d", keys=(ObjectKey("s", "md5", "a" * 32),), size_bytes=0))
    assert b"planted" not in pickle.dumps(task)
    assert (task.options["endpointurl"], "host" in task.options["url"]) == ("https://host", not url.startswith("s3"))


def test_the_command_reads_on_a_cluster(released):
    every = "verify --deep --every 30d --dask"
    with cluster(2) as (address, _):
        found = released.release_process(every, address, "--json").succeeds().json["reading"]
        assert found["read_bytes"] == found["total_bytes"] > 0
    for bad in ("tcp://10.0.0.7:8786", "10.0.0.7:8786", "ws://127.0.0.1:1", "tls://", "nonsense"):
        released.release(every, bad).fails_with(2).helps("release verify --deep --every 30d --dask tls://HOST:8786")
    released.release("verify --deep --dask tls://host:8786").fails_with(2).says("--dask goes with --every")


@pytest.fixture
def certificates(tmp_path):
    """A self-made authority and its certificate, and the variables with which Dask's configuration names them."""
    from distributed.security import Security  # noqa: PLC0415 - of the extra `system`

    security = Security.temporary()
    (tmp_path / "certificate.pem").write_text(security.tls_ca_file)
    (tmp_path / "key.pem").write_text(security.tls_client_key)
    tls = {"CA_FILE": "certificate.pem"}
    for who in ("SCHEDULER", "WORKER", "CLIENT"):
        tls |= {f"{who}__CERT": "certificate.pem", f"{who}__KEY": "key.pem"}
    return security, {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(tmp_path / file) for name, file in tls.items()}


def test_a_cluster_with_tls_reads_and_finds_rot(released, certificates):
    """Only who has a certificate is answered."""
    every = "verify --include-foreign --deep --every 30d --dask"
    rotten = max(released.objects_on_store(), key=lambda path: path.stat().st_size)
    security, variables = certificates
    with cluster(1, security, variables) as (address, _):
        released.release_process(every, address).fails_with(6).says("cannot be reached")
        released.world.variables |= variables
        found = released.release_process(every, address, "--json").succeeds().json["reading"]
        assert found["read_bytes"] == found["total_bytes"] > 0
        subprocess.run(["rm", "-r", released.world.store / "release-reads"], check=True)
        rotten.chmod(0o644)
        rotten.write_bytes(bytes(rotten.stat().st_size))
        released.release_process(every, address).fails_with(4).says("its content is")
