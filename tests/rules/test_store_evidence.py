"""What a store's answers prove, what a listing will cost, and what of a remote's settings may be shown."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release.core.pointer import ObjectKey, Stored
from release.dvc.remote import cost_of_the_rest, identity_of, open_store, secrets_in
from release.dvc.store import (
    Forbidden,
    StoreFailed,
    expected_md5,
    explained,
    fitting,
    md5_of_base64,
    md5_of_etag,
    missing_credentials,
    missing_status,
    s3_archive,
)

MD5 = hashlib.md5(b"content").hexdigest()


@pytest.mark.parametrize(
    ("etag", "more", "evidence"),
    [
        (f'"{MD5}"', {}, MD5),
        (MD5, {"encryption": "AES256"}, MD5),
        (f'"{MD5}-2"', {}, None),
        (f'"{MD5}"', {"encryption": "aws:kms"}, None),
        (f'"{MD5}"', {"encryption": "aws:kms:dsse"}, None),
        (f'"{MD5}"', {"customer_key": True}, None),
        ('"0x8DABCDEF"', {}, None),
        (MD5.upper(), {}, None),
        (None, {}, None),
    ],
)
def test_an_etag_is_evidence_only_where_it_is_the_contents_md5(etag, more, evidence):
    assert md5_of_etag(etag, **more) == evidence


@given(st.binary())
def test_any_md5_survives_its_base64(body):
    digest = hashlib.md5(body)
    assert md5_of_base64(base64.b64encode(digest.digest()).decode()) == digest.hexdigest()


@given(st.text())
def test_no_text_is_taken_for_an_md5_that_it_is_not(text):
    found = md5_of_base64(text)
    assert found is None or len(found) == 32


@pytest.mark.parametrize(
    ("storage_class", "more", "archived"),
    [
        ("STANDARD", {}, None),
        (None, {}, None),
        ("GLACIER_IR", {}, None),
        ("GLACIER", {}, "GLACIER"),
        ("DEEP_ARCHIVE", {}, "DEEP_ARCHIVE"),
        ("GLACIER", {"restore": 'ongoing-request="true"'}, "GLACIER"),
        ("GLACIER", {"restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029"'}, None),
        ("INTELLIGENT_TIERING", {}, None),
        ("INTELLIGENT_TIERING", {"archive": "DEEP_ARCHIVE_ACCESS"}, "DEEP_ARCHIVE_ACCESS"),
    ],
)
def test_archived_is_what_cannot_be_read_now(storage_class, more, archived):
    assert s3_archive(storage_class, **more) == archived


def test_evidence_of_the_old_layout_proves_and_never_disproves():
    key = ObjectKey("it", "legacy", MD5)
    assert expected_md5(key) is None
    assert fitting(key, Stored(size_bytes=7, md5=MD5)).md5 == MD5
    assert fitting(key, Stored(size_bytes=7, md5="0" * 32)).md5 is None


@settings(max_examples=20, deadline=None)
@given(st.integers(1001, 20_000), st.integers())
def test_the_end_of_the_first_page_tells_how_many_there_are(count, salt):
    names = sorted(hashlib.md5(b"%d %d" % (salt, number)).hexdigest() for number in range(count))
    cost = cost_of_the_rest(names[:1000], f"{names[999][:2]}/{names[999][2:]}", more=True, parts=1)
    assert cost is not None
    assert abs(cost * 15 + 1000 - len(names)) < 0.2 * len(names) + 30 * 15


@given(st.lists(st.text(), min_size=1, max_size=50), st.booleans(), st.integers(1, 256))
def test_foreign_names_are_never_an_error(names, more, parts):
    cost = cost_of_the_rest(names, names[-1], more=more, parts=parts)
    assert cost is None or cost >= 0


@pytest.mark.parametrize(
    ("section", "identity"),
    [
        ({"url": "s3://bucket/a/"}, "s3://bucket/a"),
        ({"url": "s3://bucket/a", "endpointurl": "http://x:1"}, "s3://bucket/a endpointurl=http://x:1"),
        ({"url": "ssh://me:secret@host:22/a"}, "ssh://me@host:22/a"),
        ({"url": "https://me:secret@host/a"}, "https://host/a"),
        ({"url": "azure://box/a", "account_name": "acme", "account_key": "k"}, "azure://box/a account_name=acme"),
    ],
)
def test_two_remotes_are_one_store_by_their_url_and_place_without_secrets(section, identity):
    assert identity_of(section) == identity


def test_no_secret_of_the_settings_stands_in_an_error():
    section = {
        "url": "webdav://me:in-the-url@host/a",
        "password": "hunter22",
        "account_key": "a+b/c==",
        "keyfile": "/home/me/.ssh/id",
    }
    secrets = secrets_in(section)
    words = "cannot open /home/me/.ssh/id: hunter22, a+b/c==, in-the-url"
    told = explained(OSError(words), remote="storage", kind="webdav", doing="listing", secrets=secrets)
    assert "/home/me/.ssh/id: ***, ***, ***" in told.message


def test_a_secret_is_hidden_as_it_is_and_as_a_url_has_it():
    section = {"url": "webdavs://ada:p%40ss-w%2Frd@host/x", "password": "a+b/c=="}
    words = "no entry for p@ss-w/rd, p%40ss-w%2Frd, a+b/c==, a%2Bb%2Fc%3D%3D"
    told = explained(OSError(words), remote="storage", kind="webdav", doing="listing", secrets=secrets_in(section))
    assert "no entry for ***, ***, ***, ***" in told.message


class Answer(Exception):
    def __init__(self, status):
        super().__init__(f"status {status}")
        self.status = status


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Answer(401), Forbidden),
        (Answer(403), Forbidden),
        (PermissionError("no"), Forbidden),
        (ConnectionRefusedError("no"), StoreFailed),
        (TimeoutError(), StoreFailed),
        (Answer(500), StoreFailed),
        (ValueError("odd"), StoreFailed),
    ],
)
def test_what_a_plugin_raises_becomes_the_right_unknown(error, kind):
    told = explained(error, remote="storage", kind="s3", doing="listing", secrets=())
    assert type(told) is kind
    assert told.help


@pytest.mark.parametrize(
    "section",
    [
        {"url": "https://h/a", "auth": "basic", "user": "ada"},
        {"url": "http://h/a", "auth": "custom", "custom_auth_header": "X-Key"},
        {"url": "webdav://h/a", "user": "ada"},
        {"url": "webdavs://h/a", "user": "ada", "ask_password": "true"},
        {"url": "webdav://h/a", "custom_auth_header": "X-Key"},
    ],
)
def test_a_section_without_a_password_is_told_with_the_line_that_sets_it(section, tmp_path):
    with pytest.raises(Forbidden) as seen:
        open_store("odd name", section)
    assert "remote `odd name`: no password is set" in seen.value.message
    assert seen.value.help == "dvc remote modify --local 'odd name' password PASSWORD"


@pytest.mark.parametrize(
    ("scheme", "settings"),
    [
        ("webdav", {}),
        ("webdav", {"user": "ada", "password": "x"}),
        ("webdav", {"user": "ada", "token": "x"}),
        ("http", {"user": "ada"}),
        ("https", {"auth": "digest", "user": "ada", "password": "x"}),
        ("ssh", {"user": "ada"}),
    ],
)
def test_a_section_that_may_do_lacks_nothing(scheme, settings):
    assert missing_credentials(scheme, settings, on_terminal=False) is None
    assert missing_credentials("webdav", {"user": "ada", "ask_password": "true"}, on_terminal=True) is None


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("s3", ["access_key_id ID", "secret_access_key KEY"]),
        ("gs", ["credentialpath FILE"]),
        ("azure", ["account_name NAME", "account_key KEY"]),
        ("webdav", ["user USER", "password PASSWORD"]),
        ("hdfs", ["OPTION VALUE"]),
    ],
)
def test_credentials_that_are_not_set_are_told_with_the_lines_that_set_them(kind, lines):
    class NoCredentialsError(Exception):
        pass

    told = explained(NoCredentialsError("none"), remote="storage", kind=kind, doing="listing", secrets=())
    assert type(told) is Forbidden
    assert told.message == "remote `storage`: listing needs credentials: none"
    assert told.help == " && ".join(f"dvc remote modify --local storage {line}" for line in lines)


def test_not_found_that_hides_a_refusal_is_no_absence():
    hidden = FileNotFoundError("http://host/x")
    hidden.__cause__ = Answer(403)
    assert not missing_status(hidden)
    assert missing_status(FileNotFoundError("x"))
    assert missing_status(Answer(404))


def test_the_name_of_an_object_says_what_its_bytes_must_be_only_where_it_is_their_hash():
    assert expected_md5(ObjectKey("it", "md5", MD5)) == MD5
    assert expected_md5(ObjectKey("it", "md5", f"{MD5}.dir")) == MD5
    assert expected_md5(ObjectKey("it", "md5", "no hash")) is None
    assert expected_md5(ObjectKey("it", "legacy", MD5)) is None
    assert expected_md5(ObjectKey("it", "version", f"{MD5}\0v1")) is None


def test_evidence_against_an_object_is_kept_unless_the_object_is_named_by_another_hash():
    other = Stored(size_bytes=1, md5="f" * 32)
    assert fitting(ObjectKey("it", "md5", MD5), other).md5 == "f" * 32
    assert fitting(ObjectKey("it", "version", "path\0v1"), other).md5 == "f" * 32
    assert fitting(ObjectKey("it", "legacy", MD5), other).md5 is None
    assert fitting(ObjectKey("it", "legacy", "f" * 32), other).md5 == "f" * 32


@pytest.mark.parametrize("text", [None, "", "not base64!", base64.b64encode(b"too short").decode()])
def test_what_is_no_md5_in_base64_is_no_evidence(text):
    assert md5_of_base64(text) is None
