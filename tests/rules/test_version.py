"""Versions: the contract's rows as tables, the rest as laws."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.version import Version as PackagingVersion
from semver import Version

from release.core.version import (
    Level,
    TagForm,
    TagFormat,
    is_legal_ref,
    next_version,
    parse_kind,
    parse_static,
    pep440,
    precedence,
)
from release.errors import UsageError

V = Version.parse
RAISING = (Level.MAJOR, Level.MINOR, Level.PATCH)

numbers = st.integers(0, 10**6)
identifiers = st.from_regex(r"(0|[1-9][0-9]{0,5}|[0-9]{0,3}[A-Za-z-][0-9A-Za-z-]{0,6})", fullmatch=True)
prereleases = st.none() | st.lists(identifiers, min_size=1, max_size=3).map(".".join)
versions = st.builds(Version, numbers, numbers, numbers, prereleases)
near = st.builds(Version, st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), prereleases)
pre_names = st.from_regex(r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True).filter(lambda name: len(name) < 20)


def following(base: str, level: Level, pre: str | None = None, taken: tuple[str, ...] = ()) -> str:
    return str(next_version(V(base), level, pre=pre, taken=[V(one) for one in taken]))


@pytest.mark.parametrize(
    ("base", "level", "pre", "expected"),
    [
        ("1.4.2", Level.PATCH, None, "1.4.3"),
        ("1.4.2", Level.MINOR, None, "1.5.0"),
        ("1.4.2", Level.MAJOR, None, "2.0.0"),
        ("1.4.2", Level.MINOR, "rc", "1.5.0-rc.1"),
        ("1.4.2", Level.PATCH, "beta", "1.4.3-beta.1"),
        ("1.4.2", Level.MAJOR, "rc", "2.0.0-rc.1"),
        ("1.5.0-rc.2", Level.PRE, None, "1.5.0-rc.3"),
        ("1.5.0-rc.2", Level.PRE, "rc", "1.5.0-rc.3"),
        ("1.5.0-rc.2", Level.FINAL, None, "1.5.0"),
        ("1.5.0-rc.2", Level.PATCH, None, "1.5.0"),
        ("1.5.0-rc.2", Level.MINOR, None, "1.5.0"),
        ("1.5.0-rc.2", Level.MAJOR, None, "2.0.0"),
        ("1.5.0-rc.2", Level.MINOR, "rc", "1.5.0-rc.3"),
        ("1.5.0-rc.2", Level.MAJOR, "rc", "2.0.0-rc.1"),
        ("1.5.0-beta.4", Level.PRE, "rc", "1.5.0-rc.1"),
        ("1.5.1-rc.1", Level.MINOR, None, "1.6.0"),
        ("2.0.0-rc.1", Level.MAJOR, None, "2.0.0"),
        ("2.0.0-rc.1", Level.MINOR, None, "2.0.0"),
        ("2.1.0-rc.1", Level.MAJOR, None, "3.0.0"),
        ("1.5.0-rc", Level.PRE, None, "1.5.0-rc.1"),
        ("1.5.0-rc1", Level.PRE, None, "1.5.0-rc2"),
        ("1.5.0-rc1", Level.PRE, "rc", "1.5.0-rc2"),
        ("1.5.0-alpha.1.9", Level.PRE, None, "1.5.0-alpha.1.10"),
        ("0.0.0", Level.MINOR, None, "0.1.0"),
        ("1.4.2+cu118", Level.PATCH, None, "1.4.3"),
    ],
)
def test_the_next_version_is_the_contracts(base, level, pre, expected):
    assert following(base, level, pre) == expected


def test_the_rc_number_is_the_next_free_one_over_all_tags():
    taken = ("1.5.0-rc.1", "1.5.0-rc.7", "1.5.0-beta.9", "1.6.0-rc.8", "1.5.0-rc")
    assert following("1.4.2", Level.MINOR, "rc", taken) == "1.5.0-rc.8"
    assert following("1.5.0-rc.2", Level.PRE, None, taken) == "1.5.0-rc.8"


@pytest.mark.parametrize(
    ("base", "level", "pre", "says"),
    [
        ("1.4.2", Level.PRE, None, "1.4.2 is not a prerelease, so `pre` has nothing to follow"),
        ("1.4.2", Level.PRE, "rc", "1.4.2 is not a prerelease"),
        ("1.4.2", Level.FINAL, None, "1.4.2 is not a prerelease, so `final` has nothing to end"),
        ("1.5.0-rc.2", Level.FINAL, "rc", "--pre cannot be used"),
        ("1.5.0-rc.2", Level.PRE, "beta", "1.5.0-beta.1 is not greater than 1.5.0-rc.2"),
        ("1.5.0-rc.2", Level.MINOR, "alpha", "1.5.0-alpha.1 is not greater than 1.5.0-rc.2"),
        ("1.5.0-rc9", Level.PRE, None, "1.5.0-rc10 is not greater than 1.5.0-rc9"),
        ("1.4.2", Level.MINOR, "7", "--pre '7'"),
        ("1.4.2", Level.MINOR, "", "--pre ''"),
        ("1.4.2", Level.MINOR, "r c", "--pre 'r c'"),
        ("1.4.2", Level.MINOR, "rc\n", "--pre 'rc\\n'"),
        ("1.4.2", Level.MINOR, "rc.1", "--pre 'rc.1'"),
        ("1.4.2", Level.MINOR, "é", "--pre 'é'"),
    ],
)
def test_what_cannot_follow_is_wrong_usage(base, level, pre, says):
    with pytest.raises(UsageError) as caught:
        following(base, level, pre)
    assert says in caught.value.message
    assert (caught.value.help or "").startswith("release bump ")


@given(versions, st.sampled_from(RAISING), st.none() | pre_names, st.lists(versions, max_size=5))
def test_a_raised_version_is_greater_than_its_base_and_free(base, level, pre, taken):
    try:
        version = next_version(base, level, pre=pre, taken=taken)
    except UsageError:
        assume(False)
    assert version > base
    if pre is not None:
        assert version not in taken


@given(versions, st.lists(versions, max_size=5))
def test_a_further_prerelease_is_greater_than_its_base_and_below_the_final(base, taken):
    assume(base.prerelease is not None)
    try:
        version = next_version(base, Level.PRE, pre=None, taken=taken)
    except UsageError:
        assume(False)
    final = next_version(base, Level.FINAL, pre=None, taken=taken)
    assert base < version < final
    assert version not in taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("minor", Level.MINOR),
        ("final", Level.FINAL),
        ("2.0.0", V("2.0.0")),
        ("v2.0.0", V("2.0.0")),
        ("2.0.0-rc.1", V("2.0.0-rc.1")),
    ],
)
def test_a_kind_is_a_level_or_an_exact_version(text, expected):
    assert parse_kind(text) == expected


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("minro", "release bump minor"),
        ("Minor", "release bump minor"),
        ("autp", "release bump auto   (KIND: major"),
        ("none", "release bump minor   (KIND: major"),
        ("2.0", "release bump 2.0.0"),
        ("v2", "release bump 2.0.0"),
        ("2.0.0+cu118", "release bump 2.0.0"),
        ("01.2.3", "release bump "),
        ("1.2.3\n", "release bump "),
        ("", "release bump "),
        ("\uff11.2.3", "release bump "),
        ("vv1.2.3", "release bump "),
        ("9" * 100_000, "release bump "),
        ("9" * 5000 + ".0.0", "release bump "),
        ("\x1b[31m", "release bump "),
    ],
)
def test_an_unknown_kind_is_refused_with_a_suggestion(text, help):
    with pytest.raises(UsageError) as caught:
        parse_kind(text)
    assert (caught.value.help or "").startswith(help)
    assert len(caught.value.message) < 200
    assert "\x1b" not in caught.value.message


def test_a_rollback_is_not_told_of_auto():
    with pytest.raises(UsageError) as caught:
        parse_kind("auto", ("release", "rollback", "v1.0.0"))
    assert "auto" not in (caught.value.help or "")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.5.0", "1.5.0"),
        ("1.5.0-rc.1", "1.5.0rc1"),
        ("1.5.0-alpha.2", "1.5.0a2"),
        ("1.5.0-a.2", "1.5.0a2"),
        ("1.5.0-beta.3", "1.5.0b3"),
        ("1.5.0-b.3", "1.5.0b3"),
        ("1.5.0-dev.4", "1.5.0.dev4"),
        ("1.5.0-rc", "1.5.0rc0"),
        ("1.5.0-rc2", "1.5.0rc2"),
    ],
)
def test_python_files_get_the_spelling_of_pep_440(version, expected):
    assert pep440(V(version)) == expected == str(PackagingVersion(expected))
    static = parse_static(expected)
    assert static is not None
    assert pep440(static) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026.01", "2026.1.0"), ("1.2a1", "1.2.0-alpha.1"), ("1.2.0.dev3", "1.2.0-dev.3"), ("1.2.3c4", "1.2.3-rc.4")],
)
def test_a_version_of_pep_440_is_read(text, expected):
    assert str(parse_static(text)) == expected


@pytest.mark.parametrize("version", ["1.5.0-preview.1", "1.5.0-nightly", "1.5.0-rc.1.2", "1.5.0-1", "1.5.0-RC.1"])
def test_a_prerelease_that_pep_440_lacks_is_wrong_usage(version):
    with pytest.raises(UsageError, match=r"PEP 440") as caught:
        pep440(V(version))
    assert version in caught.value.message


releasable = st.builds(
    lambda major, minor, patch, name, number: Version(major, minor, patch, name and f"{name}.{number}"),
    *[st.integers(0, 3)] * 3,
    st.sampled_from([None, "alpha", "beta", "rc"]),
    st.integers(0, 20),
)


@given(releasable, releasable)
def test_the_order_of_pep_440_agrees(one, other):
    assert (one < other) == (PackagingVersion(pep440(one)) < PackagingVersion(pep440(other)))


@given(releasable)
def test_a_static_version_is_read_back(version):
    assert parse_static(pep440(version)) == version
    assert parse_static(str(version)) == version


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.post1",
        "1!2.0",
        "1.2.3.4",
        "v1.2.3",
        "1.2+local",
        "1.2a1.dev2",
        "1.2.3\n",
        "9" * 9999,
        "\u0661.2",
        "1.2.x",
    ],
)
def test_other_static_versions_are_none_of_ours(text):
    assert parse_static(text) is None


FORMATS = ["v{version}", "{version}", "release/v{version}", "model-{version}-x", "ü{version}"]


@given(versions, st.sampled_from(FORMATS))
def test_a_tag_tells_its_version(version, pattern):
    tag_format = TagFormat(pattern)
    assert tag_format.parse(tag_format.format(version)) == version
    assert tag_format.read(tag_format.format(version)) == (version, TagForm.FULL)


@pytest.mark.parametrize(
    ("pattern", "name", "version", "form"),
    [
        ("v{version}", "v1.4.2", "1.4.2", TagForm.FULL),
        ("v{version}", "v1.2.3+cu118", "1.2.3+cu118", TagForm.FULL),
        ("v{version}", "v1.0", "1.0.0", TagForm.SHORT),
        ("v{version}", "v1", "1.0.0", TagForm.SHORT),
        ("{version}", "1.2", "1.2.0", TagForm.SHORT),
        ("v{version}", "v1.0.0rc1", "1.0.0-rc.1", TagForm.PEP440),
        ("v{version}", "v1.0b2", "1.0.0-beta.2", TagForm.PEP440),
        ("v{version}", "v1.0-rc1", "1.0.0-rc.1", TagForm.PEP440),
        ("v{version}", "v1.2.3.dev4", "1.2.3-dev.4", TagForm.PEP440),
        ("v{version}", "v1.2.3.post1", "1.2.3+post1", TagForm.PEP440),
        ("{version}", "1.2.3rc1", "1.2.3-rc.1", TagForm.PEP440),
        ("v{version}", "1.2.3", "1.2.3", TagForm.BARE),
        ("v{version}", "1.2", "1.2.0", TagForm.BARE),
        ("v{version}", "1.2.3rc1", "1.2.3-rc.1", TagForm.BARE),
        ("v{version}", "1.2.3.post1", "1.2.3+post1", TagForm.BARE),
        ("v{version}", "release-1.2.3", "1.2.3", TagForm.FOREIGN),
        ("v{version}", "release-1.2.3-rc.1", "1.2.3-rc.1", TagForm.FOREIGN),
        ("v{version}", "Release/1.2", "1.2.0", TagForm.FOREIGN),
        ("v{version}", "model-v1.0.0", "1.0.0", TagForm.FOREIGN),
        ("v{version}", "project@1.2.3", "1.2.3", TagForm.FOREIGN),
        ("v{version}", "V1.2.3", "1.2.3", TagForm.FOREIGN),
        ("{version}", "v1.2.3", "1.2.3", TagForm.FOREIGN),
    ],
)
def test_a_tags_name_carries_a_version_in_one_of_five_forms(pattern, name, version, form):
    found = TagFormat(pattern).read(name)
    assert found is not None
    assert (str(found[0]), found[1]) == (version, form)


@pytest.mark.parametrize(
    "name",
    [
        "v1-final",
        "v01.2",
        "v",
        "2024",
        "2024-01",
        "2024.01.01",
        "v2024.01.05",
        "nightly-2024.01.01",
        "data-v2",
        "model@v1.0.0",
        "model#prod#1",
        "model#v1.0#2",
        "v1.2.3.4",
        "1.2.3.4",
        "v1.2.3!",
        "1.2.x",
        "v" + "9" * 300,
        "1." + "9" * 300,
        "x" * 300 + "-1.0",
    ],
)
@pytest.mark.parametrize("pattern", ["v{version}", "{version}", "x-{version}"])
def test_other_names_carry_none(pattern, name):
    assert TagFormat(pattern).read(name) is None


@given(st.text(max_size=30) | st.from_regex(r"[a-z]{0,3}[-/@]?v?[0-9.]{1,9}([abcdr.+-]{1,4}[0-9]*)?", fullmatch=True))
def test_no_name_is_too_odd_to_be_read(name):
    found = TagFormat().read(name)
    assert found is None or found[0] >= V("0.0.0-0")


@pytest.mark.parametrize(
    "pattern",
    [
        "v",
        "",
        "{version}{version}",
        "-{version}",
        "v {version}",
        "v{version}.lock",
        ".{version}",
        "a/.{version}",
        "v{version}.",
        "v{version}/",
        "/v{version}",
        "a//{version}",
        "a..{version}",
        "a@{{version}",
        "v~{version}",
        "v^{version}",
        "v:{version}",
        "v?{version}",
        "v*{version}",
        "v[{version}",
        "v\\{version}",
        "v\x7f{version}",
        "v\n{version}",
        "x" * 300 + "{version}",
    ],
)
def test_a_tag_format_that_makes_no_legal_tag_is_wrong_configuration(pattern):
    with pytest.raises(UsageError) as caught:
        TagFormat(pattern)
    assert caught.value.help


def test_a_version_that_makes_an_illegal_tag_is_wrong_usage():
    with pytest.raises(UsageError, match=r"v2\.0\.0-a\.lock"):
        TagFormat().format(V("2.0.0-a.lock"))


characters = st.text(st.sampled_from("a.1-@{}/~^:?*[\\ \t\x7fé.lock"), max_size=8)


@settings(max_examples=20)
@given(st.lists(characters, min_size=12, max_size=12))
def test_legal_names_are_those_of_git(names):
    for name in names:
        git = subprocess.run(["git", "check-ref-format", f"refs/tags/{name}"], check=False).returncode == 0
        assert is_legal_ref(name) == (git and not name.startswith("-")), name


@given(near, near)
def test_precedence_is_the_order_of_versions(one, other):
    ranks = precedence(one), precedence(other)
    assert (ranks[0] < ranks[1], ranks[0] == ranks[1]) == (one < other, one == other)


def test_the_example_of_semver_org_is_in_order():
    names = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    assert sorted(map(V, reversed(names)), key=precedence) == list(map(V, names))
