"""What a release writes: the changelog and the version files, every other byte kept."""

import pytest
from project import Project

pytestmark = pytest.mark.fast

OLD = "# Changelog\n\nHand-written words.\n\n## [Unreleased]\n\n### Added\n\n- A tokenizer, by hand.\n\n## [0.1.0] - 2025-01-01\n\nFirst\n"


def test_the_changelog_is_created(released):
    released.save("Train longer")
    released.release('bump minor -m "charCNN" --yes').succeeds()
    text = released.read("CHANGELOG.md").decode()
    assert "## [0.2.0] - 2026-01-05\n\ncharCNN\n" in text
    assert "Train longer" in text
    assert text.endswith("\n")


def test_hand_written_text_moves_into_the_entry_and_the_rest_stays(released):
    released.write("CHANGELOG.md", OLD)
    released.save("Changelog")
    released.release('bump minor -m "charCNN" --yes').succeeds()
    text = released.read("CHANGELOG.md").decode()
    unreleased, entry = text.split("## [Unreleased]")[1].split("## [0.2.0]")
    assert unreleased.strip() == ""
    assert "- A tokenizer, by hand." in entry.split("## [0.1.0]")[0]
    assert text.startswith("# Changelog\n\nHand-written words.\n\n## [Unreleased]\n")
    assert text.endswith("## [0.1.0] - 2025-01-01\n\nFirst\n")


def test_a_prerelease_does_not_consume_the_unreleased_text(released):
    released.write("CHANGELOG.md", OLD)
    released.save("Changelog")
    released.release("bump minor --pre rc --yes").succeeds()
    assert "- A tokenizer, by hand." in released.read("CHANGELOG.md").decode().split("## [Unreleased]")[1]
    released.save("More")
    released.release("bump final --yes").succeeds()
    text = released.read("CHANGELOG.md").decode()
    assert "- A tokenizer, by hand." in text.split("## [0.2.0]")[1].split("## [0.1.0]")[0]


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("final", [True, False], ids=["final newline", "no final newline"])
def test_line_ends_and_a_missing_final_newline_are_kept(released: Project, ending, final):
    old = OLD.replace("\n", ending).encode()
    old = old if final else old.removesuffix(ending.encode())
    released.write("CHANGELOG.md", old)
    released.git("config", "core.autocrlf", "false")
    released.save("Changelog")
    released.release('bump minor -m "charCNN" --yes').succeeds()
    text = released.file_at("HEAD", "CHANGELOG.md")
    assert text == released.read("CHANGELOG.md")
    assert text.endswith(old[-30:])
    assert text.count(b"\r\n") == (text.count(b"\n") if ending == "\r\n" else 0)
    assert released.status == ""


def test_the_static_version_of_pyproject_follows_and_keeps_its_comments(released):
    before = '# the package\n[project]\nname = "x"   # a name\nversion = "0.1.0"   # the version\n\n[tool.x]\nversion = "9"\n'
    released.write("pyproject.toml", before)
    released.save("Package")
    released.release("bump minor --yes").succeeds().says("pyproject.toml")
    assert released.read("pyproject.toml").decode() == before.replace('"0.1.0"', '"0.2.0"')
    assert released.status == ""


def test_a_prerelease_is_written_the_way_python_packages_do(released):
    released.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.1.0"\n')
    released.save("Package")
    released.release("bump minor --pre rc --yes").succeeds()
    assert b'version = "0.2.0rc1"' in released.read("pyproject.toml")


def test_a_version_file_of_another_version_is_left_alone_unless_it_is_named(released):
    before = '[project]\nname = "x"\nversion = "7.0.0"\n'
    released.write("pyproject.toml", before)
    released.save("Package")
    released.release("bump minor --yes").succeeds()
    assert released.read("pyproject.toml").decode() == before


def test_files_by_pattern_follow(released):
    released.write(
        ".release.toml", "version-files = [{path = 'src/__init__.py', pattern = '__version__ = \"{version}\"'}]\n"
    )
    released.write("src/__init__.py", '"""Words."""\n\n__version__ = "0.1.0"\n')
    released.save("Package")
    released.release("bump minor --yes").succeeds()
    assert released.read("src/__init__.py") == b'"""Words."""\n\n__version__ = "0.2.0"\n'


def test_a_pattern_that_is_not_there_is_named(released):
    released.write(".release.toml", "version-files = [{path = 'VERSION', pattern = 'v={version}'}]\n")
    released.write("VERSION", "0.1.0\n")
    released.save("Package")
    run = released.release("bump minor --yes")
    assert run.code in (2, 3), str(run)
    run.says("VERSION").helps()
    assert released.unchanged()


def test_the_first_version_comes_from_pyproject(project):
    project.write("pyproject.toml", '[project]\nname = "x"\nversion = "1.4.1"\n')
    project.save("Package")
    project.release("bump patch --yes").succeeds().says("v1.4.2")
    assert b'version = "1.4.2"' in project.read("pyproject.toml")


def test_an_executable_or_linked_file_keeps_its_kind(released):
    released.write("VERSION", "0.1.0\n").chmod(0o755)
    released.write(".release.toml", "version-files = [{path = 'VERSION', pattern = '{version}'}]\n")
    released.save("Package")
    released.release("bump minor --yes").succeeds()
    assert released.git("ls-tree", "HEAD", "VERSION").startswith("100755 ")
    assert released.status == ""


def test_the_changelog_may_have_another_name_or_case(released):
    released.write("changelog.md", OLD)
    released.save("Changelog")
    released.release("bump minor --yes").succeeds()
    assert "## [0.2.0]" in released.read("changelog.md").decode()
    assert not released.git("ls-files", "CHANGELOG.md")
    released.write(".release.toml", "changelog = 'docs/CHANGES.md'\n")
    released.save("Move")
    released.release("bump minor --yes").succeeds()
    assert "## [0.3.0]" in released.read("docs/CHANGES.md").decode()


LOCK = '[[package]]\nname = "x"\nversion = "0.1.0"\nsource = { virtual = "." }\n'


def test_files_that_usually_repeat_the_version_go_along(released):
    released.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.1.0"\n')
    released.write("uv.lock", f"version = 1\n\n{LOCK}")
    released.write("src/x/__init__.py", '__version__ = "0.1.0"\n')
    released.write("CITATION.cff", "cff-version: 1.2.0\nversion: 0.1.0\ndate-released: 2020-01-01\n")
    released.write("package.json", '{"name": "x", "version": "0.0.7"}\n')
    released.save("Package")
    run = released.release("bump minor --yes").succeeds()
    run.says("package.json says 0.0.7, not 0.1.0; it is left as it is")
    run.helps('version-files = ["pyproject.toml", "uv.lock", "package.json", "CITATION.cff", "src/x/__init__.py"]')
    assert b'name = "x"\nversion = "0.2.0"' in released.read("uv.lock")
    assert released.read("src/x/__init__.py") == b'__version__ = "0.2.0"\n'
    assert released.read("CITATION.cff") == b"cff-version: 1.2.0\nversion: 0.2.0\ndate-released: 2026-01-05\n"
    assert released.read("package.json") == b'{"name": "x", "version": "0.0.7"}\n'
    assert released.status == ""


def test_several_files_of_another_version_are_one_warning(released):
    released.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.0.9"\n')
    released.write("package.json", '{"name": "x", "version": "0.0.7"}\n')
    released.save("Package")
    run = released.release("bump minor --yes").succeeds()
    run.says("pyproject.toml says 0.0.9 and package.json says 0.0.7, not 0.1.0; they are left as they are")
    run.helps('version-files = ["pyproject.toml", "package.json"] in [tool.release] writes them at each release')
    assert (run.out + run.err).count("version-files   ") == 1


@pytest.mark.parametrize("kind", ["auto", "minor"])
@pytest.mark.parametrize("first", [True, False])
def test_after_an_undo_files_that_nothing_names_still_go_along(project, kind, first):
    if not first:
        project.release("bump 0.0.1 --yes").succeeds()
    project.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.0.1"\n')
    project.write("src/x/__init__.py", '__version__ = "0.0.1"\n')
    project.save("feat: a package")
    project.release("bump minor --yes").succeeds()
    project.release("undo --yes").succeeds()
    assert project.read("src/x/__init__.py") == b'__version__ = "0.0.1"\n'
    project.write("more.py", "x = 1\n")
    project.save("feat: more")
    run = project.release(f"bump {kind} --yes").succeeds()
    run.never_says("left as")
    assert project.read("src/x/__init__.py") == b'__version__ = "0.2.0"\n'
    assert b'version = "0.2.0"' in project.read("pyproject.toml")


def test_a_lock_file_follows_the_file_that_is_named(released):
    released.write(
        "pyproject.toml",
        '[project]\nname = "x"\nversion = "0.0.7"\n[tool.release]\nversion-files = ["pyproject.toml"]\n',
    )
    released.write("uv.lock", f"version = 1\n\n{LOCK}".replace("0.1.0", "0.0.7"))
    released.write("CITATION.cff", "cff-version: 1.2.0\nversion: 0.1.0\n")
    released.save("Package")
    released.release("bump minor --yes").succeeds()
    assert b'version = "0.2.0"' in released.read("uv.lock")
    assert b"version: 0.1.0" in released.read("CITATION.cff")


def test_a_pattern_over_several_lines_with_the_day(released):
    pattern = "^version: {version}\\ndate: {date}$"
    released.write(".release.toml", f'version-files = [{{path = "META", pattern = "{pattern}"}}]\n')
    released.write("META", "an-version: 0.1.0\nversion: 0.1.0\ndate: 2020-02-02\n")
    released.save("Package")
    released.release("bump minor --yes").succeeds()
    assert released.read("META") == b"an-version: 0.1.0\nversion: 0.2.0\ndate: 2026-01-05\n"


def test_the_subject_of_the_release_commit_is_configured(released):
    released.write(".release.toml", 'commit-message = "chore(release): {tag} {message}"\n')
    released.write("CHANGELOG.md", OLD)
    released.save("feat: a")
    released.git("config", "format.signOff", "true")
    released.release('bump minor -m "charCNN" --yes').succeeds()
    text = released.git("log", "-1", "--format=%B")
    who = released.git("log", "-1", "--format=%cn <%ce>")
    assert text.strip() == f"chore(release): v0.2.0 charCNN\n\nRelease-Tag: v0.2.0\nSigned-off-by: {who.strip()}"
    released.release("bump auto --yes").succeeds().says("Nothing to release")
    released.save("fix: b")
    released.release("bump auto --yes").succeeds()
    assert released.git("log", "-1", "--format=%s").strip() == "chore(release): v0.2.1"
    entry = released.read("CHANGELOG.md").decode().partition("## [0.2.1]")[2].partition("## [0.2.0]")[0]
    assert "chore" not in entry


def test_a_hook_that_refuses_the_message_is_told_of_the_template(released):
    released.save("feat: a")
    hook = released.write(".git/hooks/pre-push", "#!/bin/sh\necho 'commit validation: failed!'\nexit 1\n")
    hook.chmod(0o755)
    run = released.release('bump minor -m "charCNN" --yes').fails_with(3)
    run.says("commit validation: failed!").helps("commit-message")
