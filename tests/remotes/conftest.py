"""One server of each kind a run, and the same data pushed to each."""

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import blob_servers as servers
import pytest
from blobs import PAGE, AzureBlobs, FolderBlobs, GoogleBlobs, HdfsBlobs, Remote, S3Blobs, make_data, push
from project.ports import free_port

HADOOP_JARS = os.environ.get("HADOOP_JARS")  # as .ci/run lays them
CALLERS_PATH = os.environ.get("PATH", os.defpath)  # before the closed environment
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # azurite's, public
)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("data") / "project")


@pytest.fixture(scope="session")
def serving():
    with ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture(scope="session")
def nobody():
    """A port at which nobody listens."""
    return free_port()


@pytest.fixture(scope="session")
def mute(serving):
    return serving(servers.silent())


@pytest.fixture(scope="session")
def weed(serving, tmp_path_factory):
    return serving(servers.seaweedfs(tmp_path_factory.mktemp("weed")))


@pytest.fixture(scope="session")
def owner(weed):
    client = (
        import_module("botocore.session")
        .Session()
        .create_client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{weed}",
            region_name="us-east-1",
            aws_access_key_id="AKOWNER",
            aws_secret_access_key="SKOWNERsecret",
        )
    )
    client.create_bucket(Bucket="plain")
    client.create_bucket(Bucket="versioned")
    client.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    return client


def s3_settings(port: int, url: str, who: str = "OWNER") -> dict[str, object]:
    return {
        "url": url,
        "endpointurl": f"http://127.0.0.1:{port}",
        "region": "us-east-1",
        "access_key_id": f"AK{who}",
        "secret_access_key": f"SK{who}secret",
    }


def s3_remote(owner, weed, serving, nobody, mute, bucket: str) -> Remote:
    settings = s3_settings(weed, f"s3://{bucket}/base")
    return Remote(
        kind="s3",
        settings=settings,
        blobs=S3Blobs(client=owner, bucket=bucket, root="base"),
        empty={**settings, "url": f"s3://{bucket}/unused"},
        refused=s3_settings(weed, f"s3://{bucket}/base", "STRANGER"),
        gone={**settings, "endpointurl": f"http://127.0.0.1:{nobody}"},
        mute={**settings, "endpointurl": f"http://127.0.0.1:{mute}"},
        cut={**settings, "endpointurl": f"http://127.0.0.1:{serving(servers.proxy(weed, later_pages='500'))[0]}"},
        evidence=True,
        secrets=("AKOWNER", "SKOWNERsecret", "AKSTRANGER", "SKSTRANGERsecret"),
    )


@pytest.fixture(scope="session")
def buckets(owner, weed, serving, nobody, mute):
    """A remote in each bucket, nothing pushed yet."""
    return {name: s3_remote(owner, weed, serving, nobody, mute, name) for name in ("plain", "versioned")}


@pytest.fixture(scope="session")
def s3(buckets, data, tmp_path_factory):
    remote = buckets["plain"]
    push(data, remote.settings, tmp_path_factory.mktemp("s3"))
    return remote


@pytest.fixture(scope="session")
def s3_versioned(buckets, data, tmp_path_factory):
    """A bucket that keeps versions, used by DVC as any other: what is deleted is hidden, not gone."""
    remote = buckets["versioned"]
    push(data, remote.settings, tmp_path_factory.mktemp("s3-versioned"))
    return remote


@pytest.fixture(scope="session")
def ssh(serving, nobody, mute, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sftp") / "root"
    folder.mkdir()
    place = f"127.0.0.1:{serving(servers.sftp(folder))}"
    settings = {"url": f"ssh://{place}/base", "user": "dvc", "password": "pw-of-dvc"}
    push(data, settings, tmp_path_factory.mktemp("ssh"))
    shutil.copytree(folder / "base", folder / "cut/base")
    return Remote(
        kind="ssh",
        settings=settings,
        blobs=FolderBlobs(folder=folder / "base"),
        empty={**settings, "url": f"ssh://{place}/unused"},
        refused={**settings, "url": f"ssh://{place}/locked"},
        gone={**settings, "url": f"ssh://127.0.0.1:{nobody}/base"},
        mute={**settings, "url": f"ssh://127.0.0.1:{mute}/base"},
        cut={**settings, "url": f"ssh://{place}/cut/base"},
        evidence=False,
    )


@pytest.fixture(scope="session")
def webdav(serving, nobody, mute, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("webdav") / "root"
    (folder / "base").mkdir(parents=True)
    place = f"127.0.0.1:{serving(servers.webdav(folder))}"
    settings = {"url": f"webdav://{place}/base", "user": "dvc", "password": "pw-of-dvc"}
    push(data, settings, tmp_path_factory.mktemp("webdav-pushed"))
    shutil.copytree(folder / "base", folder / "cut/base")
    return Remote(
        kind="webdav",
        settings=settings,
        blobs=FolderBlobs(folder=folder / "base"),
        empty={**settings, "url": f"webdav://{place}/unused"},
        refused={**settings, "password": "pw-of-dvc-wrong"},
        gone={**settings, "url": f"webdav://127.0.0.1:{nobody}/base"},
        mute={**settings, "url": f"webdav://127.0.0.1:{mute}/base"},
        cut={**settings, "url": f"webdav://{place}/cut/base"},
        evidence=False,
    )


@pytest.fixture(scope="session")
def http(serving, nobody, mute, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    place = f"127.0.0.1:{serving(servers.web_folder(folder))}"
    settings = {"url": f"http://{place}/base", "method": "PUT"}
    push(data, settings, tmp_path_factory.mktemp("http"))
    for copy in ("nohead", "auth"):
        shutil.copytree(folder / "base", folder / copy)
    return Remote(
        kind="http",
        settings=settings,
        blobs=FolderBlobs(folder=folder / "base"),
        empty={**settings, "url": f"http://{place}/unused"},
        refused={**settings, "url": f"http://{place}/closed"},
        gone={**settings, "url": f"http://127.0.0.1:{nobody}/base"},
        mute={**settings, "url": f"http://127.0.0.1:{mute}/base"},
        cut=None,
        evidence=False,
    )


@pytest.fixture(scope="session")
def azurite(serving, tmp_path_factory):
    program = shutil.which("azurite-blob", path=CALLERS_PATH)
    assert program, "wants `azurite-blob` on PATH: npm install azurite, and its node_modules/.bin"
    return serving(servers.azurite(program, tmp_path_factory.mktemp("azurite")))


def azure_connection(port: int, key: str = AZURE_KEY) -> str:
    end = f"http://127.0.0.1:{port}/devstoreaccount1"
    return f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};BlobEndpoint={end};"


@pytest.fixture(scope="session")
def azure(azurite, serving, nobody, mute, data, tmp_path_factory):
    service = import_module("azure.storage.blob").BlobServiceClient.from_connection_string(azure_connection(azurite))
    container = service.create_container("plain")
    settings = {"url": "azure://plain/base", "connection_string": azure_connection(azurite)}
    push(data, settings, tmp_path_factory.mktemp("azure"))
    wrong = AZURE_KEY.replace("Eby8", "Aby8")
    cutting = serving(servers.proxy(azurite, later_pages="500"))[0]
    yield Remote(
        kind="azure",
        settings=settings,
        blobs=AzureBlobs(container=container, root="base"),
        empty={**settings, "url": "azure://plain/unused"},
        refused={**settings, "connection_string": azure_connection(azurite, wrong)},
        gone={**settings, "connection_string": azure_connection(nobody)},
        mute={**settings, "connection_string": azure_connection(mute)},
        cut={**settings, "connection_string": azure_connection(cutting)},
        evidence=True,
        secrets=(AZURE_KEY, wrong),
    )
    service.close()


@pytest.fixture(scope="session")
def google(serving, nobody, mute, data, tmp_path_factory):
    port = serving(servers.google(tmp_path_factory.mktemp("google")))

    def settings(port: int, folder: str = "base") -> dict[str, object]:
        end = f"http://127.0.0.1:{port}"
        return {"url": f"gs://plain/{folder}", "endpointurl": end, "allow_anonymous_login": True}

    paged = serving(servers.google_pages(port))
    push(data, settings(paged), tmp_path_factory.mktemp("google-pushed"))
    return Remote(
        kind="gs",
        settings=settings(paged),
        blobs=GoogleBlobs(port=port, root="base"),
        empty=settings(paged, "unused"),
        refused=settings(serving(servers.google_pages(port, closed=True))),
        gone=settings(nobody),
        mute=settings(mute),
        cut=settings(serving(servers.google_pages(port, later_pages="500"))),
        evidence=True,
        secrets=(),
    )


@pytest.fixture(scope="session")
def hdfs(serving, tmp_path_factory):
    assert HADOOP_JARS, "wants HADOOP_JARS, a folder with the jars of Apache Hadoop: see .ci/run"
    return serving(servers.hdfs(tmp_path_factory.mktemp("hdfs"), Path(HADOOP_JARS)))


@pytest.fixture(scope="session")
def webhdfs(hdfs, serving, nobody, mute, data, tmp_path_factory):
    blobs = HdfsBlobs(port=hdfs, root="/base")
    blobs.ask("PUT", "/base", "MKDIRS", permission="700")
    blobs.ask("PUT", "/base", "SETOWNER", owner="dvc")
    settings = {"url": f"webhdfs://127.0.0.1:{hdfs}/base", "user": "dvc"}
    push(data, settings, tmp_path_factory.mktemp("webhdfs"))
    return Remote(
        kind="webhdfs",
        settings=settings,
        blobs=blobs,
        empty={**settings, "url": f"webhdfs://127.0.0.1:{hdfs}/unused"},
        refused={**settings, "user": "stranger"},
        gone={**settings, "url": f"webhdfs://127.0.0.1:{nobody}/base"},
        mute={**settings, "url": f"webhdfs://127.0.0.1:{mute}/base"},
        cut={**settings, "url": f"webhdfs://127.0.0.1:{serving(servers.half_listings(hdfs))}/base"},
        evidence=False,
    )


KINDS = ["s3", "s3_versioned", "ssh", "webdav", "webhdfs", "http", "azure", "google"]


@pytest.fixture(params=KINDS)
def remote(request) -> Iterator[Remote]:
    """Each kind of remote in turn; the stores that a test opened are closed after it."""
    chosen: Remote = request.getfixturevalue(request.param)
    yield chosen
    while chosen.opened:
        chosen.opened.pop().close()
    gc.collect()  # what libraries left open is told now, where the tests' filter knows it


@pytest.fixture
def page_size() -> int:
    return PAGE


@pytest.fixture
def site_cache(monkeypatch, tmp_path: Path) -> Path:
    """DVC's site cache, where it remembers what it saw on remotes."""
    folder = tmp_path / "site"
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(folder))
    return folder
