"""Which tags are releases."""

from __future__ import annotations

import pytest

from release.core.check import Verdict
from release.core.tags import TagRef, release_tags
from release.core.version import TagFormat
from release.errors import ExitCode


def tag(name, commit="c1", *, lightweight=False):
    return TagRef(name=name, object_id=commit if lightweight else f"tag-{name}", commit_id=commit)


def names(*tags, pattern="v{version}", ignore=()):
    return [release.name for release in release_tags(tags, TagFormat(pattern), ignore).all]


def test_releases_stand_in_the_order_of_their_versions():
    assert names(*map(tag, ["v1.10.0", "v1.9.0", "v1.10.0-rc.2", "v1.10.0-rc.10"])) == [
        "v1.9.0",
        "v1.10.0-rc.2",
        "v1.10.0-rc.10",
        "v1.10.0",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "2-track-data",
        "10-bigrams-experiment",
        "v1-final",
        "v1.2.3-",
        "v01.2.3",
        "latest",
        "charCNN@v1.3.0",
        "models/charCNN=net@v1.0.0",
        "charCNN#prod#2",
        "v1.2.3!",
        "model-v1.2.3",
        "x/v1.2.3",
        "v2024.01.05",
        "V1.2.3",
        "1.2.3",
    ],
)
def test_tags_of_other_forms_do_not_count(name):
    assert names(tag("v0.1.0"), tag(name)) == ["v0.1.0"]


@pytest.mark.parametrize("name", ["2-track-data", "charCNN@v1.3.0", "v1-final", "2024", "charCNN@1.2.3", "7"])
def test_nor_do_they_where_there_is_no_release(name):
    assert names(tag(name)) == []


def test_short_old_forms_are_completed():
    releases = release_tags([tag("v1.0"), tag("v2", "c2")], TagFormat()).all
    assert [(release.name, str(release.version)) for release in releases] == [("v1.0", "1.0.0"), ("v2", "2.0.0")]


def test_bare_versions_count_only_if_no_tag_has_the_format():
    assert names(tag("1.2"), tag("1.3.1")) == ["1.2", "1.3.1"]
    assert names(tag("1.2"), tag("1.3.1"), tag("v0.1.0")) == ["v0.1.0"]
    assert names(tag("1.2"), tag("v0.1")) == ["v0.1"]


def test_lightweight_tags_count_and_can_be_told():
    (release,) = release_tags([tag("v1.0.0", lightweight=True)], TagFormat()).all
    assert not release.ref.annotated


def test_tags_of_no_commit_do_not_count():
    assert names(TagRef(name="v1.0.0", object_id="blob", commit_id=None), tag("v0.1.0")) == ["v0.1.0"]


def test_ignored_patterns_do_not_count():
    assert names(tag("v1.0.0"), tag("v9.9.9"), tag("v3.0.0-old.1"), ignore=["v9.*", "*-old*"]) == ["v1.0.0"]


@pytest.mark.parametrize("short", ["v1.0", "v1"])
def test_a_short_form_beside_the_full_one_on_another_commit_is_a_failed_check(short):
    releases = release_tags([tag(short, "c1"), tag("v1.0.0", "c2")], TagFormat())
    (check,) = releases.checks
    assert check.verdict is Verdict.FAILED
    assert check.code is ExitCode.REFUSED
    assert f"{short} and v1.0.0" in check.message
    assert f'ignore-tags = ["{short}"]' in (check.help or "")
    assert [release.name for release in releases.all] == ["v1.0.0"]


def test_on_the_same_commit_the_full_form_wins_silently():
    releases = release_tags([tag("v1.0"), tag("v1.0.0"), tag("v1")], TagFormat())
    assert [release.name for release in releases.all] == ["v1.0.0"]
    assert releases.checks == ()


def test_another_format_is_another_series():
    tags = [tag("v1.0.0"), tag("data/1.1.0"), tag("charCNN@v1.3.0")]
    assert names(*tags, pattern="data/{version}") == ["data/1.1.0"]
    assert names(*tags, pattern="charCNN@v{version}") == ["charCNN@v1.3.0"]


def test_a_dozen_messy_tags_leave_the_releases():
    messy = [
        "v0.1",
        "v0.2",
        "v1.0",
        "v1.0.0",
        "v1.1.0",
        "v1.1.0-rc.1",
        "v1-final",
        "2-track-data",
        "10-bigrams-experiment",
        "charCNN@v1.3.0",
        "charCNN#prod#2",
        "baseline",
        "v1.2",
        "1.9.9",
        "exp/2021-03-04",
    ]
    assert names(*map(tag, messy)) == ["v0.1", "v0.2", "v1.0.0", "v1.1.0-rc.1", "v1.1.0", "v1.2"]
