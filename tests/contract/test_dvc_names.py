"""The names of DVC, of its plugins and of fsspec that the remotes are asked through, from DVC 3.15 to the newest."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest
from dvc.config import ConfigError
from dvc.fs import get_cloud_fs
from dvc_objects.fs import known_implementations
from dvc_objects.fs.base import FileSystem
from fsspec.asyn import sync

from release.core.remotes import SCHEMES
from release.dvc import remote as ours
from release.errors import Unknown

pytestmark = pytest.mark.fast


def test_the_filesystem_of_a_remote_comes_from_a_section_alone():
    assert list(inspect.signature(get_cloud_fs).parameters)[1:] == ["kwargs"]
    kind, config, root = get_cloud_fs({}, url="https://host/base", method="PUT")
    assert root == "https://host/base"
    fs = kind(**config)
    assert fs.fs_args["skip_instance_cache"] is True  # else fsspec hands out a filesystem that remembers listings


def test_words_of_a_section_are_made_values_by_dvc():
    _kind, config, _root = get_cloud_fs({}, url="https://host/base", ssl_verify="false", connect_timeout="7")
    assert config["ssl_verify"] is False
    assert float(config["connect_timeout"]) == 7


def test_a_bad_section_is_refused_by_dvc():
    with pytest.raises(ConfigError):
        get_cloud_fs({}, url="https://host/base", colour="blue")


def test_the_schemes_that_we_open_are_those_of_dvc():
    of_dvc = {str(getattr(name, "value", name)) for name in known_implementations} - {"local", "memory", "dvc", "git"}
    assert set(SCHEMES) == of_dvc - {""}
    for name, scheme in SCHEMES.items():
        assert known_implementations[name]["class"].partition(".")[0] == scheme.plugin


def test_a_filesystem_of_dvc_has_what_uploads_need():
    for name in ("put_file", "makedirs"):
        assert callable(getattr(FileSystem, name))


def test_the_web_filesystem_has_its_loop_session_and_encoding():
    kind, config, _root = get_cloud_fs({}, url="https://host/base")
    fs = kind(**config)
    assert isinstance(kind.SESSION_RETRIES, int)
    assert inspect.iscoroutinefunction(fs.fs.set_session)
    assert callable(fs.fs.encode_url)
    assert fs.fs.loop is not None
    assert "fs" in fs.__dict__  # where `close` looks for it


def test_synchronous_questions_take_a_time_limit():
    assert "timeout" in inspect.signature(sync).parameters


PLUGIN_NAMES = {
    "dvc_ssh": ("sshfs", "SSHFileSystem", ("ls", "info", "mv", "client")),
    "dvc_webdav": ("webdav4.fsspec", "WebdavFileSystem", ("ls", "info", "mv")),
    "dvc_webhdfs": ("fsspec.implementations.webhdfs", "WebHDFS", ("_call", "_apply_proxy", "info")),
    "dvc_gs": ("gcsfs", "GCSFileSystem", ("call",)),
    "dvc_azure": ("adlfs", "AzureBlobFileSystem", ("do_connect",)),
}


@pytest.mark.system
@pytest.mark.parametrize("plugin", PLUGIN_NAMES)
def test_each_plugin_has_the_names_that_its_wire_uses(plugin):
    module, name, members = PLUGIN_NAMES[plugin]
    kind = getattr(import_module(module), name)
    assert all(hasattr(kind, member) for member in members)


@pytest.mark.system
def test_botocore_comes_with_the_plugin_and_lets_its_parts_be_set():
    session = import_module("botocore.session").Session()
    assert session.get_component("data_loader").list_available_services("service-2")
    assert callable(session.get_component("response_parser_factory").set_parser_defaults)
    client = session.create_client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    for name in ("list_objects_v2", "head_object", "get_object", "close"):
        assert callable(getattr(client, name))
    client.close()


@pytest.mark.system
def test_a_client_of_ours_knows_every_setting_of_dvc_for_s3_that_reading_needs():
    remote = import_module("dvc.config_schema").SCHEMA["remote"][str]
    by_scheme = inspect.getclosurevars(remote).nonlocals["schemas"]
    names = {str(key) for key in by_scheme["s3"].schema}
    source = inspect.getsource(import_module("release.dvc.backend_s3"))
    writing = {"sse", "sse_kms_key_id", "acl", "grant_read", "grant_read_acp", "grant_write_acp", "grant_full_control"}
    beside = {
        "url",
        "verify",
        "listobjects",
        "cache_regions",
        "jobs",
        "checksum_jobs",
        "worktree",
        "version_aware",
        "no_traverse",
    }
    unknown = {name for name in names - writing - beside if f'"{name}"' not in source}
    assert unknown == set()


def test_opening_a_store_loads_neither_dvc_nor_a_plugin_for_s3():
    code = (
        "import sys; sys.modules.setdefault('dvc_s3', type(sys)('dvc_s3'));"
        "sys.modules['dvc_s3'].__spec__ = __import__('importlib.machinery', fromlist=['x']).ModuleSpec('dvc_s3', None);"
        "from release.dvc.remote import open_store;"
        "open_store('s', {'url': 's3://b/a'});"
        "print(sorted({'dvc', 's3fs', 'botocore', 'fsspec', 'dvc_objects'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plugin_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path):
    for name, scheme in SCHEMES.items():
        monkeypatch.setitem(sys.modules, scheme.plugin, None)
        with pytest.raises(Unknown) as told:
            ours.open_store("storage", {"url": f"{name}://host/a"})
        assert told.value.help == f"pip install 'dvc[{scheme.extra}]'"  # this package is on no index yet


@pytest.mark.system
def test_ssh_does_not_lend_the_users_keys_to_the_host():
    fs, _root = ours._dvc_filesystem("storage", {"url": "ssh://host/base"}, "ssh", (), on_terminal=False)
    assert fs.fs_args["agent_forwarding"] is False
