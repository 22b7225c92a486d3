"""Version files: the version is replaced and every other byte stays."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.config import VersionFile
from release.core.version_file import BadVersionFile, current_version, static_version, with_version
from release.errors import UsageError

PYPROJECT = VersionFile(path="pyproject.toml")


def by_pattern(pattern):
    return VersionFile(path="src/__init__.py", pattern=pattern)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\nname = "x"\nversion = "1.2.0"\n', "1.2.0"),
        ("project.version = '1.2.0'\n", "1.2.0"),
        ('project = {version = "1.2.0"}\n', "1.2.0"),
        ('[project]\ndynamic = ["version"]\n', None),
        ('[tool.poetry]\nversion = "1.2.0"\n', None),
        ("[project]\nversion = 1.2\n", None),
        ('project = "version"\n', None),
        ("[project\nversion\n", None),
        ("[project]\nversion = " + "[" * 5000, None),
        ("", None),
    ],
)
def test_the_static_version_is_the_projects_literal(text, expected):
    assert static_version(text.encode()) == expected


def test_what_is_no_text_has_no_static_version():
    assert static_version(b"\xff\xfe[project]\nversion = '1'") is None


SHAPES = [
    '[project]\nname = "x"\nversion = "1.2.0"\n',
    "[project]\nversion='1.2.0'",
    '[project]\r\nname = "x" # name\r\nversion   =   "1.2.0"   # the version\r\n\r\n',
    '\ufeff[project]\nversion = "1.2.0"\n',
    'project.version = "1.2.0"\nproject.name = "x"\n',
    'project = {name = "x", version = "1.2.0"}\n',
    '[ project ]\n"version" = "1.2.0"\n',
    '[project]\nversion = """1.2.0"""\n',
    '[tool.other]\nversion = "1.2.0"\n[project]\nversion = "1.2.0"\n[tool.third]\nversion = "1.2.0"\n',
    '[project]\n# version = "1.2.0"\ndescription = \'version = "1.2.0"\'\nversion = "1.2.0"\n',
    '[project]\ndependencies = [\n  "a==1.2.0",  # pinned\n]\nversion = "1.2.0"\n[x]\nn = nan\nd = 2020-01-01\nm = inf\n',
    '[project]\nversion = "1.2.0"\n[tool.a]\n[project.urls]\nhome = "1.2.0"\n',
]


@pytest.mark.parametrize("text", SHAPES)
def test_only_the_projects_version_changes(text):
    data = text.encode()
    written = with_version(data, PYPROJECT, new="1.3.0rc1")
    assert current_version(written, PYPROJECT) == "1.3.0rc1"
    assert len(written) == len(data) + len("1.3.0rc1") - len("1.2.0")
    assert with_version(written, PYPROJECT, new="1.2.0") == data


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_comments_and_line_ends_stay_as_they_are(comment, end, final):
    text = f'# {comment}{end}[project]{end}version = "1.2.0" # {comment}' + (end if final else "")
    assert with_version(text.encode(), PYPROJECT, new="2.0.0") == text.replace('"1.2.0" #', '"2.0.0" #', 1).encode()


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nversion = "1.2\\u002e0"\n',
        '[project]\ndynamic = ["version"]\n',
        '[project]\n"v\\u0065rsion" = "1.2.0"\n',
    ],
)
def test_a_version_that_cannot_be_replaced_alone_is_named(text):
    with pytest.raises(BadVersionFile, match=r"pyproject\.toml") as caught:
        with_version(text.encode(), PYPROJECT, new="1.3.0")
    assert "pattern" in (caught.value.help or "")


def test_a_broken_pyproject_is_named_with_the_line():
    with pytest.raises(UsageError, match=r"pyproject\.toml is not valid TOML: line 2"):
        current_version(b"[project]\nversion\n", PYPROJECT)


@pytest.mark.timeout(120)
def test_many_like_lines_do_not_take_long():
    many = "".join(f'[tool.t{number}]\nversion = "1.2.0"\n' for number in range(2000))
    with pytest.raises(BadVersionFile):
        with_version((many + '[project]\nversion = "1.2.0"\n').encode(), PYPROJECT, new="1.3.0")


@pytest.mark.parametrize(
    ("text", "pattern", "old", "after"),
    [
        ('"""Words."""\n__version__ = "1.2.0"\n', '__version__ = "{version}"', "1.2.0", '__version__ = "1.3.0-rc.1"'),
        ("1.2.0\n", "{version}", "1.2.0", "1.3.0-rc.1\n"),
        ("1.2.0", "{version}", "1.2.0", "1.3.0-rc.1"),
        ("image: x:v1.2.0-rc.3\n", "x:v{version}", "1.2.0-rc.3", "x:v1.3.0-rc.1\n"),
        ("this is 1.2.0.\n", "is {version}", "1.2.0", "is 1.3.0-rc.1.\n"),
        ("name: x\r\nversion: 1.2.0\r\n", "name: x\nversion: {version}\n", "1.2.0", "version: 1.3.0-rc.1\r\n"),
        ("a.b(1.2.0)*\n", "a.b({version})*", "1.2.0", "a.b(1.3.0-rc.1)*"),
        ("größe 1.2.0\n", "größe {version}", "1.2.0", "größe 1.3.0-rc.1"),
    ],
)
def test_a_pattern_tells_where_the_version_stands(text, pattern, old, after):
    file, data = by_pattern(pattern), text.encode()
    assert current_version(data, file) == old
    written = with_version(data, file, new="1.3.0-rc.1")
    assert after in written.decode()
    assert with_version(written, file, new=old) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"nothing here\n", "nowhere"), (b"v=1.2.0\nv=1.2.0\n", "2 times"), (b"", "nowhere"), (b"\xff\x00", "nowhere")],
)
def test_a_pattern_is_found_exactly_once(data, says):
    for call in (current_version, lambda *given: with_version(*given, new="1.3.0")):
        with pytest.raises(BadVersionFile, match=says) as caught:
            call(data, by_pattern("v={version}"))
        assert "src/__init__.py" in caught.value.message
        assert "v={version}" in caught.value.message


@pytest.mark.timeout(120)
@pytest.mark.parametrize("data", [b"1" * 1_000_000, b"1." * 500_000, b"1.2 " * 250_000])
def test_a_hostile_file_is_searched_quickly(data):
    for pattern in ("{version}x", "{version}"):
        with contextlib.suppress(BadVersionFile):
            current_version(data, by_pattern(pattern))
