"""The place that receives a remote's credentials: scheme, host and port, whatever way they are written."""

import pytest

from release.core.remotes import Pair, parse_pair, place_of, trust_command

SAME = {
    "https://host:443": ["https://host/x", "https://HOST:443/other", "https://ada:pw@host/x", "HTTPS://host"],
    "webdavs://host:443": ["webdavs://host/dav", "webdavs://host:443/dav/more"],
    "ssh://host:22": ["ssh://ada@host/x", "ssh://host:22/y"],
    "webhdfs://host:50070": ["webhdfs://host/x", "webhdfs://ada@host:50070/y"],
    "http://[::1]:80": [],
    "s3://": ["s3://bucket/x", "s3://other"],
}


@pytest.mark.parametrize(("place", "urls"), SAME.items())
def test_urls_of_one_place(place, urls):
    assert {place_of({"url": url}) for url in urls} <= {place}


OTHER = ["http://host/x", "https://host:444/x", "https://host.evil/x", "https://evil/host", "https://host@evil/x"]


@pytest.mark.parametrize("url", OTHER)
def test_urls_of_other_places(url):
    assert place_of({"url": url}) != place_of({"url": "https://host/x"})


def test_a_port_may_be_set_beside_the_url():
    assert place_of({"url": "ssh://host/x", "port": "2222"}) == "ssh://host:2222"


@pytest.mark.parametrize("url", ["", "../stores/blob", "/mnt/blob", "remote://other/x", "https://[::1", "azure://c/x"])
def test_these_name_no_place(url):
    assert place_of({"url": url}) is None


def test_endpoints_and_accounts_are_places():
    assert place_of({"url": "s3://b", "endpointurl": "http://minio:9000"}) == "http://minio:9000"
    assert place_of({"url": "azure://c/x", "account_name": "acme"}) == "azure://acme"


def test_a_host_whose_certificate_is_not_verified_is_another_place():
    assert place_of({"url": "https://host", "ssl_verify": "false"}) != place_of({"url": "https://host"})
    assert place_of({"url": "https://host", "ssl_verify": "true"}) == place_of({"url": "https://host"})


def test_a_host_that_is_asked_over_https_is_another_place_than_over_http():
    place = {"url": "webhdfs://host"}
    assert place_of({**place, "use_https": "true"}) != place_of(place) == place_of({**place, "use_https": "false"})


def test_pairs_are_written_as_they_are_read():
    pair = Pair("remote.storage.bearer_token_command", "sh -c 'a=b; echo'")
    assert parse_pair(pair.text) == pair
    assert trust_command([pair]).startswith("release config --trust 'remote.storage.")
    hidden = trust_command([Pair("remote.storage.bearer_token_command", "get --token s3cretvalue")])
    assert hidden == "release config --trust"
    assert [parse_pair(text) for text in ("", "key", "=value", "key=")] == [None] * 4
