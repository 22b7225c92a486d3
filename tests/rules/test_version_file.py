"""Version files: the version is replaced and every other byte stays."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from release.core.config import VersionFile
from release.core.version_file import (
    BadVersionFile,
    current_version,
    has_version,
    spelled,
    static_version,
    usual_files,
    with_version,
)
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
        ('[tool.poetry]\nversion = "1.2.0"\n', "1.2.0"),
        ('[tool.poetry]\nversion = "1.2.0"\n[project]\nversion = "1.3.0"\n', "1.3.0"),
        ('[tool.other]\nversion = "1.2.0"\n[x.poetry]\n', None),
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
    [
        (b"nothing here\n", "is not found"),
        (b"v=1.2.0\nv=1.2.0\n", "2 times"),
        (b"", "is not found"),
        (b"\xff\x00", "is not found"),
    ],
)
def test_a_pattern_is_found_exactly_once(data, says):
    for call in (current_version, lambda *given: with_version(*given, new="1.3.0")):
        with pytest.raises(BadVersionFile, match=says) as caught:
            call(data, by_pattern("v={version}"))
        assert "src/__init__.py" in caught.value.message
        assert "v={version}" in caught.value.message


UV_LOCK = """version = 1
revision = 2

[[package]]
name = "other"
version = "1.2.0"
source = { registry = "https://registry.test/simple" }
dependencies = [{ name = "proj" }]

[[package]]
name = "proj"
version = "1.2.0"
source = { editable = "." }

[[package]]
name = "third"
version = "1.2.0"
source = { editable = "packages/third" }
"""
FOLDER_LOCK = UV_LOCK.replace('source = { editable = "." }', 'source = { virtual = "." }')
NPM = '{\n  "name": "x",\n  "version": "1.2.0",\n  "dependencies": {"a": {"version": "1.2.0"}}\n}\n'
NPM_LOCK = """{
  "name": "x",
  "version": "1.2.0",
  "lockfileVersion": 3,
  "packages": {
    "": {
      "name": "x",
      "version": "1.2.0"
    },
    "node_modules/a": {
      "version": "1.2.0"
    }
  }
}
"""
CFG = "[bumpversion]\nversion = 1.2.0\n\n[metadata]\nname = x\nversion = 1.2.0\n# version = 1.2.0\n[flake8]\nmax-line-length = 120\n"
CITATION = "cff-version: 1.2.0\ntitle: X\nversion: 1.2.0\nreferences:\n  - type: software\n    version: 1.2.0\n    date-released: 2020-01-01\ndate-released: 2020-01-01\n"
MODULE = (
    '"""Words.\n\n__version__ = "1.2.0"\n"""\nimport os\n__version__: str = "1.2.0"  # 1.2.0\nif os:\n    x = "1.2.0"\n'
)
POETRY = '[tool.other]\nversion = "1.2.0"\n[tool.poetry]\nname = "x"\nversion = "1.2.0"\n'


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("pyproject.toml", POETRY, {5}),
        ("uv.lock", UV_LOCK, {12}),
        ("sub/uv.lock", FOLDER_LOCK, {12}),
        ("setup.cfg", CFG, {6}),
        ("package.json", NPM, {3}),
        ("package-lock.json", NPM_LOCK, {3, 8}),
        ("npm-shrinkwrap.json", NPM_LOCK, {3, 8}),
        ("CITATION.cff", CITATION, {3, 8}),
        (
            "CITATION.cff",
            CITATION.replace(" 1.2.0\nref", ' "1.2.0"\nref').replace("2020-01-01\n", "'2020-01-01'\n"),
            {3, 8},
        ),
        ("CITATION.cff", "cff-version: 1.2.0\nversion: 1.2.0\n", {2}),
        ("src/x/__init__.py", MODULE, {6}),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_known_files_change_in_their_own_places_only(path, text, lines, end):
    file, data = VersionFile(path=path), text.replace("\n", end).encode()
    assert current_version(data, file) == "1.2.0"
    written = with_version(data, file, new="1.3.0", day="2026-01-05")
    before, after = data.split(b"\n"), written.split(b"\n")
    assert {at for at, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]} == lines
    assert current_version(written, file) == "1.3.0"
    assert with_version(written, file, new="1.2.0", day="2020-01-01") == data


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", 'version = 1\n[[package]]\nname = "proj"\nsource = { editable = "." }\n'),
        ("uv.lock", 'version = 1\n[[package]]\nname = "a"\nversion = "1.2.0"\nsource = { registry = "x" }\n'),
        ("uv.lock", "package = 3\n"),
        ("setup.cfg", "[metadata]\nversion = attr: x.__version__\n"),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("package.json", "[]"),
        ("package.json", '{"private": true}'),
        ("CITATION.cff", "cff-version: 1.2.0\n"),
        ("CITATION.cff", "version: 1.10\n"),
        ("__init__.py", "from ._version import __version__\n"),
        ("__init__.py", '__version__ = "1.2.0"\n__version__ = "1.2.0"\n'),
        ("__init__.py", "__version__ = version('x')\n"),
    ],
)
def test_a_known_file_may_have_no_version_of_its_own(path, text):
    file = VersionFile(path=path)
    assert current_version(text.encode(), file) is None
    with pytest.raises(BadVersionFile, match="cannot be replaced"):
        with_version(text.encode(), file, new="1.3.0")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", "[[package"),
        ("setup.cfg", "version = 1.2.0\n"),
        ("package.json", "{,}"),
        ("CITATION.cff", "version: [\n"),
        ("__init__.py", "__version__ = \n"),
        ("__init__.py", "(" * 5000),
        ("__init__.py", "\0"),
    ],
)
def test_a_known_file_that_is_broken_is_named(path, text):
    with pytest.raises(BadVersionFile, match=re.escape(path) + " is not valid"):
        current_version(text.encode(), VersionFile(path=path))
    assert not has_version(text.encode(), VersionFile(path=path))


@pytest.mark.parametrize(
    ("file", "version"),
    [
        (VersionFile(path="pyproject.toml"), "1.3.0rc1"),
        (VersionFile(path="a/__init__.py"), "1.3.0rc1"),
        (VersionFile(path="uv.lock"), "1.3.0rc1"),
        (VersionFile(path="package.json"), "1.3.0-rc.1"),
        (VersionFile(path="CITATION.cff"), "1.3.0-rc.1"),
        (VersionFile(path="pyproject.toml", pattern="v = {version}"), "1.3.0-rc.1"),
    ],
)
def test_a_prerelease_is_spelled_as_the_file_spells_it(file, version):
    assert spelled(Version.parse("1.3.0-rc.1"), file) == version


@pytest.mark.parametrize(
    ("text", "pattern", "after"),
    [
        ("cff-version: 1.2.0\nversion: 1.2.0\n", "version: {version}", "cff-version: 1.2.0\nversion: 1.3.0\n"),
        ("a version: 1.2.0\nversion: 1.2.0\n", "^version: {version}", "a version: 1.2.0\nversion: 1.3.0\n"),
        ("version: 1.2.0", "^version: {version}$", "version: 1.3.0"),
        ("v=1.2.0 x\nv=1.2.0\r\n", "v={version}$", "v=1.2.0 x\nv=1.3.0\r\n"),
        ("a\n\tv=1.2.0\nd=2020-01-01\n", "\tv={version}\nd={date}\n", "a\n\tv=1.3.0\nd=2026-01-05\n"),
        ("d: 2020-01-01, v: 1.2.0\n", "d: {date}, v: {version}", "d: 2026-01-05, v: 1.3.0\n"),
        ("rev=1.2.0, v=1.2.0\n", "v={version}", "rev=1.2.0, v=1.3.0\n"),
        ("1.2.0 ones\n1.2.0 one\n", "{version} one", "1.2.0 ones\n1.3.0 one\n"),
        ("a ^1.2.0\nb 1.2.0\n", "a ^{version}", "a ^1.3.0\nb 1.2.0\n"),
    ],
)
def test_a_pattern_stands_at_a_line_or_a_word(text, pattern, after):
    written = with_version(text.encode(), by_pattern(pattern), new="1.3.0", day="2026-01-05")
    assert written.decode() == after


@pytest.mark.parametrize(
    ("pyproject", "package"),
    [
        (b'[project]\nname = "My-Proj.x"\n', "src/my_proj_x/__init__.py"),
        (b'[tool.poetry]\nname = "x"\n', "x/__init__.py"),
        (b'[project]\nname = "../x/y"\n', None),
        (b"[project\n", None),
        (None, None),
    ],
)
def test_usual_files_are_named_after_the_project(pyproject, package):
    names = usual_files(pyproject)
    assert names[:2] == ("pyproject.toml", "uv.lock")
    assert package in names if package else not any("__init__" in name for name in names)
    assert len(set(names)) == len(names)
    for name in names:
        assert VersionFile(path=name).pattern is None


@pytest.mark.timeout(120)
@pytest.mark.parametrize("data", [b"1" * 1_000_000, b"1." * 500_000, b"1.2 " * 250_000])
def test_a_hostile_file_is_searched_quickly(data):
    for pattern in ("{version}x", "{version}"):
        with contextlib.suppress(BadVersionFile):
            current_version(data, by_pattern(pattern))
