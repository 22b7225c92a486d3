"""botocore takes a loader of ours for its tables, and reads the same from it."""

import json
from importlib import import_module

import pytest

pytestmark = pytest.mark.system

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


@pytest.fixture
def session():
    return import_module("botocore.session").Session()  # no part of what all tests need


@pytest.fixture
def only_s3():
    return import_module("release.dvc.s3_models").only_s3


@pytest.fixture
def unknown():
    return import_module("botocore.exceptions").UnknownServiceError


@pytest.fixture
def both(session, only_s3):
    """botocore's own loader, and ours."""
    its_own = session.get_component("data_loader")
    return its_own, only_s3(its_own)


@pytest.mark.parametrize("table", ["service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"])
def test_s3_has_the_same_tables(both, table):
    its_own, ours = both
    assert ours.list_available_services(table) == ["s3"]
    assert ours.load_service_model("s3", table) == its_own.load_service_model("s3", table)


def test_a_table_that_s3_has_not_is_told_as_botocore_tells_it(both, unknown):
    for loader in both:
        with pytest.raises(unknown):
            loader.load_service_model("s3", "no-such-table")


def test_tables_of_the_user_s_own_come_first_as_they_do_in_botocore(session, only_s3, tmp_path, monkeypatch):
    """AWS_DATA_PATH, as stores that are almost S3 tell people to use it."""
    shipped = session.get_component("data_loader").load_service_model("s3", "service-2")
    changed = {**shipped, "metadata": {**shipped["metadata"], "serviceFullName": "Almost S3"}}
    folder = tmp_path / "s3" / "2006-03-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(changed))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    anew = type(session)()  # the variable is read when a session is made
    loader = only_s3(anew.get_component("data_loader"))
    assert loader.load_service_model("s3", "service-2")["metadata"]["serviceFullName"] == "Almost S3"


def test_botocore_asks_the_loader_that_is_registered(session, only_s3, unknown):
    session.register_component("data_loader", only_s3(session.get_component("data_loader")))
    session.create_client("s3", **KEYS).close()
    with pytest.raises(unknown):  # it is there, and our loader does not look for it
        session.create_client("ec2", **KEYS)
