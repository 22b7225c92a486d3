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
        "nightly-2024.01.01",
        "data-v2",
        "release-1.2.3",
        "Release/1.2",
        "project@1.2.3",
        "v.1.2.3",
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


def test_bare_and_pep_440_versions_count_beside_the_format():
    assert names(tag("1.2"), tag("1.3.1")) == ["1.2", "1.3.1"]
    assert names(tag("1.2"), tag("1.3.1"), tag("v0.1.0")) == ["v0.1.0", "1.2", "1.3.1"]
    assert names(tag("v1.0.0rc1"), tag("v1.0.0"), tag("v0.9.0")) == ["v0.9.0", "v1.0.0rc1", "v1.0.0"]


def test_the_tag_of_the_format_counts_before_others_of_its_version():
    releases = release_tags(
        [tag("1.2.3", "c1"), tag("v1.2.3", "c2"), tag("v1.0.0", "c0"), tag("1.0.0", "c0")], TagFormat()
    )
    assert [release.name for release in releases.all] == ["v1.0.0", "v1.2.3"]
    (check,) = releases.checks
    assert check.verdict is Verdict.WARNING
    assert check.message == "1.2.3 and v1.2.3 are both version 1.2.3, on different commits; v1.2.3 counts"
    assert 'ignore-tags = ["1.2.3"]' in (check.help or "")


def elsewhere(*tags, pattern="v{version}", others=()):
    found = release_tags(map(tag, tags), TagFormat(pattern), others=[TagFormat(other) for other in others])
    return [release.name for release in found.elsewhere]


def test_tags_with_another_prefix_are_named_unless_another_project_or_gto_has_them():
    tags = ("model-v1.0.0", "release-1.1.0", "model@v2.0.0", "model#prod#1", "nightly-2024.01.01", "data-v2")
    assert elsewhere(*tags) == ["model-v1.0.0", "release-1.1.0"]
    assert elsewhere(*tags, others=["model-v{version}"]) == ["release-1.1.0"]
    assert elsewhere("v1.0.0", "model-v2.0.0", pattern="model-v{version}") == ["v1.0.0"]
    assert elsewhere("v.1.0.0", "v1.2.3.4") == ["v.1.0.0"]
    assert elsewhere("v1.0.0", "1.1.0", "model-v2.0.0", pattern="model-v{version}", others=["v{version}"]) == []


def test_a_second_name_of_a_release_is_not_named():
    assert elsewhere("v1.0.0", "release-1.0.0") == []


def test_the_warning_names_the_newest_and_the_format_that_counts_them():
    check = release_tags(
        map(tag, ["release-1.0", "release-1.1", "release-1.2", "release-1.3"]), TagFormat()
    ).elsewhere_check
    assert check is not None
    assert check.verdict is Verdict.WARNING
    assert "release-1.1, release-1.2, release-1.3 and 1 more" in check.message
    assert "tag-format = 'release-{version}'" in (check.help or "")
    assert 'ignore-tags = ["release-*"]' in (check.help or "").replace("'", '"')
    assert release_tags([tag("v1.0.0")], TagFormat()).elsewhere_check is None


@pytest.mark.parametrize("name", ["v1.2.3.4", "2024.01.15", "v2024.01.05", "nightly-2024.01.01", "v1.2.3-", "v01.2.3"])
def test_where_nothing_is_a_release_numbers_that_are_no_version_are_named(name):
    check = release_tags([tag(name), tag("v1-final"), tag("a#prod#1.2"), tag("a@v1.0.0")], TagFormat()).elsewhere_check
    assert check is not None
    assert check.message.endswith(f"no version such as 1.2.3: {name}")
    assert check.help == f'ignore-tags = ["{name}"] hides one'
    assert release_tags([tag(name)], TagFormat(), [name]).elsewhere_check is None
    assert release_tags([tag(name), tag("v1.0.0")], TagFormat()).elsewhere_check is None
    assert release_tags([tag(name), tag("v1.0.0")], TagFormat("charCNN@v{version}")).elsewhere_check is None


def test_tags_of_another_project_are_not_named_as_unread():
    assert release_tags([tag("b-v0.1.0")], TagFormat(), others=[TagFormat("b-v{version}")]).elsewhere_check is None


def test_another_name_of_a_tag_object_is_no_release():
    def named(name):
        return TagRef(name=name, object_id="one", commit_id="c1", own_name="v1.0.0")

    assert names(named("v1.0.0"), named("v1.1.0"), named("v1")) == ["v1.0.0"]
    assert names(named("v1.1.0")) == ["v1.1.0"]  # it was renamed
    remote = TagRef(name="v1.1.0", object_id="one", commit_id="c1")
    assert names(named("v1.0.0"), remote) == ["v1.0.0"]


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


@pytest.mark.parametrize("prefix", ["v", ""])
def test_a_tag_that_follows_the_newest_release_of_its_line_is_no_release(prefix):
    tags = {"1.0.0": "c1", "1.2.0": "c2", "1.2.1": "c3", "1.2": "c3", "1": "c3"}
    releases = release_tags([tag(f"{prefix}{name}", commit) for name, commit in tags.items()], TagFormat())
    assert [release.name for release in releases.all] == [f"{prefix}{name}" for name in ("1.0.0", "1.2.0", "1.2.1")]
    assert releases.checks == ()


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
    assert names(*map(tag, messy)) == ["v0.1", "v0.2", "v1.0.0", "v1.1.0-rc.1", "v1.1.0", "v1.2", "1.9.9"]
