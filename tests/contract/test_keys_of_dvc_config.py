"""Each key that the installed DVC lets a `.dvc/config` set has a decision: what of a stranger's commit is used."""

from inspect import getclosurevars

import pytest
from dvc.config import Config
from dvc.config_schema import SCHEMA

from release.core.remotes import SCHEMES, SETTINGS, Use, is_sent, use_of

# What validates a remote keeps the schemas by scheme; the oldest versions give them no name of their own.
REMOTE_SCHEMAS = {
    scheme: each.schema for scheme, each in getclosurevars(SCHEMA["remote"][str]).nonlocals["schemas"].items()
}
KEYS = sorted({(scheme, str(key)) for scheme, keys in REMOTE_SCHEMAS.items() if scheme != "remote" for key in keys})


@pytest.mark.parametrize(("scheme", "key"), KEYS)
def test_each_key_of_a_remote_has_its_decision(scheme, key):
    assert key in SETTINGS, f"decide what is done with `{key}` of {scheme}:// in release/core/remotes.py"


def test_what_names_a_program_is_never_used_unasked():
    programs = [key for _, key in KEYS if any(word in key for word in ("command", "cmd", "program", "exec", "script"))]
    assert {SETTINGS[key].use for key in {*programs, "bearer_token_command"}} == {Use.TRUSTED}


def test_each_path_to_a_file_must_lie_outside_of_the_work_tree():
    changed = Config._map_dirs({"remote": {"a": {key: key for _, key in KEYS}}}, lambda value: f"resolved {value}")
    files = {key for key, value in changed["remote"]["a"].items() if str(value).startswith("resolved ")} - {"url"}
    assert files
    assert files <= {key for key, setting in SETTINGS.items() if setting.path}
    written = {"gdrive_user_credentials_file"}
    assert {key: SETTINGS[key].use for key in files - written} == dict.fromkeys(files - written, Use.OUTSIDE)
    assert {SETTINGS[key].use for key in written} == {Use.TRUSTED}


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_the_settings_that_we_judge_ourselves_are_known_to_dvc(scheme):
    assert set(SCHEMES[scheme].usual) <= {str(key) for key in REMOTE_SCHEMAS[scheme]}


def test_what_is_not_known_needs_trust():
    assert use_of("a_key_of_tomorrow", "s3", anonymous=False) is Use.TRUSTED


def test_an_endpoint_of_google_gets_no_token_of_the_user():
    assert use_of("endpointurl", "gs", anonymous=False) is Use.TRUSTED
    assert use_of("endpointurl", "gs", anonymous=True) is Use.USED
    assert use_of("endpointurl", "s3", anonymous=False) is Use.USED


@pytest.mark.parametrize("key", ["password", "token", "sas_token", "bearer_token_command"])
def test_these_are_sent_as_they_are(key):
    assert is_sent(key)
