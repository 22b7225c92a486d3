"""Bad input, one row each: the exit code, what the message names, the help line, and everything as it was.

A row that is no error stands in the second table: it is released, and nothing strange comes of it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from project import Project
from project.templates import PERFORMANCE, as_json

pytestmark = pytest.mark.fast

BUMP = ("bump", "minor", "-m", "x", "--yes")


@dataclass(frozen=True, slots=True)
class Row:
    """`arrange` spoils a project that has v0.1.0 and one commit since; then `words` are called."""

    name: str
    arrange: Callable[[Project], object]
    code: int
    says: tuple[str, ...]
    help: str
    words: tuple[str, ...] = BUMP


def message(text: str) -> tuple[str, ...]:
    return ("bump", "minor", f"--message={text}", "--yes")


def committed(path: str, content: str | bytes) -> Callable[[Project], object]:
    def arrange(project: Project) -> None:
        project.write(path, content)
        project.save("Spoil")

    return arrange


def metrics(content: str | bytes) -> Callable[[Project], object]:
    return committed("model/performance.json", content)


def nothing(project: Project) -> None:
    pass


def no_repository(project: Project) -> None:
    shutil.rmtree(project.folder / ".git")


def empty_repository(project: Project) -> None:
    no_repository(project)
    project.git("init", "--quiet")
    project.git("remote", "add", "origin", "../origin.git")


def bare_repository(project: Project) -> None:
    no_repository(project)
    project.world.git(project.folder, "init", "--quiet", "--bare")


def tag(name: str) -> Callable[[Project], object]:
    def arrange(project: Project) -> None:
        project.git("tag", "-a", name, "-m", "x")
        project.git("push", "--quiet", "origin", name)

    return arrange


def local_tag_below(project: Project) -> None:
    project.git("tag", "-a", "v0.2.0/x", "-m", "x")


def two_of_one_version(project: Project) -> None:
    tag("v1.0")(project)
    project.save("More")
    tag("v1.0.0")(project)
    project.save("Even more")


def pointer_link(project: Project) -> None:
    pointer = project.folder / "data" / "tags.json.dvc"
    pointer.rename(project.folder / "data" / "elsewhere")
    pointer.symlink_to("nowhere")
    project.save("Link")


def changelog_folder(project: Project) -> None:
    project.write("CHANGELOG.md/entry", "x")
    project.save("Folder")


def changelog_ignored(project: Project) -> None:
    project.write(".gitignore", "CHANGELOG.md\n")
    project.save("Ignore")
    project.write("CHANGELOG.md", "precious, and in no commit\n")


def changelog_untracked(project: Project) -> None:
    project.write("CHANGELOG.md", "precious, and in no commit\n")


def changelog_link(project: Project) -> None:
    (project.folder / "CHANGELOG.md").symlink_to("../outside.md")
    (project.world.root / "outside.md").write_text("outside\n")
    project.save("Link")


def changelog_with_filter(project: Project) -> None:
    project.write(".gitattributes", "CHANGELOG.md filter=lfs\n")
    project.save("Filter")


def conflicting(*verb: str) -> Callable[[Project], object]:
    """A branch `side` that changes what main changes, and `verb` stopped by the conflict."""

    def arrange(project: Project) -> None:
        project.git("switch", "--quiet", "-c", "side")
        project.commit("Side", **{"README.md": "side\n"})
        project.git("switch", "--quiet", "main")
        project.write("README.md", "main\n")
        project.save("Main")
        assert project.world.run(["git", *verb], folder=project.folder, ok=None).returncode

    return arrange


def quiet_merge(project: Project) -> None:
    """A merge under way whose work tree looks clean."""
    project.git("switch", "--quiet", "-c", "side", "HEAD^")
    project.commit("Side")
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--no-commit", "--no-ff", "--strategy=ours", "side")


def bisect(project: Project) -> None:
    project.git("bisect", "start", "HEAD", "HEAD~1")


def two_push_urls(project: Project) -> None:
    project.world.git(project.world.root, "init", "--quiet", "--bare", "mirror.git")
    project.git("remote", "set-url", "--add", "--push", "origin", "../origin.git")
    project.git("remote", "set-url", "--add", "--push", "origin", "../mirror.git")


def no_remote(project: Project) -> None:
    project.git("remote", "remove", "origin")


def origin_gone(project: Project) -> None:
    shutil.rmtree(project.world.origin)


def staged(project: Project) -> None:
    project.write("README.md", "staged\n")
    project.git("add", "README.md")


def intent_to_add(project: Project) -> None:
    project.write("new.txt", "new\n")
    project.git("add", "--intent-to-add", "new.txt")


def index_locked(project: Project) -> None:
    (project.folder / ".git" / "index.lock").write_bytes(b"")


def no_signer(project: Project) -> None:
    project.git("config", "tag.gpgSign", "true")
    project.git("config", "gpg.program", "/no/such/gpg")


def nobody(project: Project) -> None:
    config = project.world.root / "home" / "gitconfig"
    kept = config.read_text().replace("Ada Tester", "").replace("ada@example.org", "")
    config.write_text(kept + "[user]\n\tuseConfigOnly = true\n")


def hidden(project: Project) -> None:
    project.write("CHANGELOG.md", "# Changelog\n")
    project.save("Changelog")
    project.git("update-index", "--assume-unchanged", "CHANGELOG.md")
    project.write("CHANGELOG.md", "# Changelog, and my notes\n")


def elsewhere_checked_out(project: Project) -> None:
    project.git("switch", "--quiet", "-c", "other")
    project.git("worktree", "add", "--quiet", "../beside", "main")
    project.git("symbolic-ref", "HEAD", "refs/heads/main")


PGP = "-----BEGIN PGP SIGNATURE-----"

REFUSED = [
    Row("not a repository", no_repository, 2, ("project",), "git"),
    Row("a bare repository", bare_repository, 2, ("project",), "git clone"),
    Row("an empty repository", empty_repository, 3, ("no commit",), "git commit"),
    Row("no git remote", no_remote, 2, ("origin",), "git remote add origin"),
    Row("a folder that is not there", nothing, 2, ("nowhere",), "-C", (*BUMP, "-C", "nowhere")),
    Row("unknown KIND", nothing, 2, ("sideways",), "release bump", ("bump", "sideways", "--yes")),
    Row("a misspelt KIND", nothing, 2, ("mniro",), "release bump minor", ("bump", "mniro", "--yes")),
    Row("no version at all", nothing, 2, ("1.2.3.4",), "release bump", ("bump", "1.2.3.4", "--yes")),
    Row("no such commit", nothing, 2, ("nosuch",), "git fetch", (*BUMP, "--at", "nosuch")),
    Row("--at is an option", nothing, 2, ("--all",), "git fetch --tags", (*BUMP, "--at=--all")),
    Row("no such base", nothing, 2, ("v9.9.9",), "--base", (*BUMP, "--base", "v9.9.9")),
    Row("a prerelease name that is none", nothing, 2, ("r c",), "--pre", (*BUMP, "--pre", "r c")),
    Row("not greater than an ancestor", nothing, 3, ("0.0.9", "v0.1.0"), "release bump", ("bump", "0.0.9", "--yes")),
    Row("a blank message", nothing, 2, ("message",), "-m", message("  ")),
    Row("an empty message", nothing, 2, ("message",), "-m", message("")),
    Row("a message of two lines", nothing, 2, ("message",), "-m", message("char\nCNN")),
    Row("a message with control characters", nothing, 2, ("message",), "-m", message("char\x1b[31mCNN\x07")),
    Row("a message that starts with a dash", nothing, 2, ("--dry-run",), "-m", message("--dry-run")),
    Row("a message of 10,000 characters", nothing, 2, ("10,000",), "-m", message("c" * 10_000)),
    Row("a message that holds a PGP block", nothing, 2, ("-----BEGIN",), "-m", message(f"x {PGP}")),
    Row("a message that is a PGP line", nothing, 2, ("-----BEGIN",), "-m", message(PGP)),
    Row("a message that is not UTF-8", nothing, 2, ("message",), "-m", message("char\udcffCNN")),
    Row("a tag below ours on the remote", tag("v0.2.0/x"), 3, ("v0.2.0/x",), "git push --delete origin"),
    Row("a tag below ours here", local_tag_below, 3, ("v0.2.0/x",), "git tag -d v0.2.0/x"),
    Row("v1.0 beside v1.0.0", two_of_one_version, 3, ("v1.0", "v1.0.0"), "ignore-tags"),
    Row(
        "broken numbers", metrics('{"overall": {"f1": 0.8,}'), 3, ("model/performance.json", "line 1"), "git show HEAD:"
    ),
    Row("an empty file of numbers", metrics(""), 3, ("model/performance.json",), "git show HEAD:"),
    Row(
        "50 MB of numbers",
        metrics(b'{"a": "' + b"x" * 50_000_000 + b'"}'),
        3,
        ("model/performance.json", "MB"),
        "git show",
    ),
    Row(
        "10,000 levels",
        metrics('{"a":' * 10_000 + "1" + "}" * 10_000),
        3,
        ("model/performance.json",),
        "git show HEAD:",
    ),
    Row(
        "10,000 lists", metrics('{"a":' + "[" * 10_000 + "]" * 10_000 + "}"), 3, ("model/performance.json",), "git show"
    ),
    Row(
        "duplicate keys", metrics('{\n"f1": 0.1,\n"f1": 0.9}'), 3, ("model/performance.json", '"f1"'), "git show HEAD:"
    ),
    Row(
        "numbers that are not UTF-8",
        metrics(b'{"f1\xff": 0.9}'),
        3,
        ("model/performance.json", "UTF-8"),
        "git show HEAD:",
    ),
    Row(
        "a pointer of broken YAML",
        committed("data/tags.json.dvc", "outs: [\n"),
        4,
        ("data/tags.json.dvc",),
        "data/tags.json.dvc",
    ),
    Row(
        "a pointer that is no mapping",
        committed("data/tags.json.dvc", "- 1\n"),
        4,
        ("data/tags.json.dvc",),
        "data/tags.json.dvc",
    ),
    Row(
        "a pointer with a YAML bomb",
        committed(
            "data/bomb.dvc",
            "a: &a [x]\n"
            + "".join(
                f"{c}: &{c} [*{p}, *{p}, *{p}, *{p}]\n"
                for p, c in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
            )
            + "outs: *u\n",
        ),
        4,
        ("data/bomb.dvc",),
        "data/bomb.dvc",
    ),
    Row(
        "a pointer that is 10,000 deep",
        committed("data/deep.dvc", "outs: " + "[" * 10_000),
        4,
        ("data/deep.dvc",),
        "data/deep.dvc",
    ),
    Row(
        "a pointer that leads out",
        committed("data/out.dvc", "outs:\n- md5: " + "a" * 32 + "\n  size: 1\n  hash: md5\n  path: ../../x\n"),
        4,
        ("data/out.dvc", "../../x"),
        "fix data/out.dvc and commit it",
    ),
    Row("a pointer that is a link to nothing", pointer_link, 4, ("data/tags.json.dvc",), "data/tags.json.dvc"),
    Row(
        "a hash that is none",
        committed("data/x.dvc", "outs:\n- md5: ../../../etc/passwd\n  size: 1\n  hash: md5\n  path: x\n"),
        4,
        ("data/x",),
        "fix data/x.dvc and commit it",
    ),
    Row(
        "an unknown key",
        committed(".release.toml", 'tag_format = "v{version}"\n'),
        2,
        ("tag_format", "tag-format"),
        "release config --schema",
    ),
    Row(
        "a value of the wrong kind",
        committed(".release.toml", "branches = 3\n"),
        2,
        ("branches", "expected a list"),
        "release config --schema",
    ),
    Row(
        "a configuration that is no TOML",
        committed(".release.toml", "= 3\n"),
        2,
        (".release.toml",),
        "correct .release.toml",
    ),
    Row(
        "a configuration that is not UTF-8",
        committed(".release.toml", b"a = '\xff'\n"),
        2,
        (".release.toml",),
        "correct .release.toml",
    ),
    Row(
        "a tag format without a version",
        committed(".release.toml", "tag-format = 'v'\n"),
        2,
        ("{version}",),
        "tag-format",
    ),
    Row(
        "a changelog outside",
        committed(".release.toml", "changelog = '../x.md'\n"),
        2,
        ("../x.md",),
        'changelog = "CHANGELOG.md"',
    ),
    Row(
        "a DVC configuration that is broken",
        committed(".dvc/config", "[core\n"),
        4,
        (".dvc/config",),
        "fix .dvc/config",
    ),
    Row("a changelog that is a folder", changelog_folder, 3, ("CHANGELOG.md",), "changelog = "),
    Row("a changelog that is ignored", changelog_ignored, 3, ("CHANGELOG.md",), "git add -f CHANGELOG.md"),
    Row("a changelog that is untracked", changelog_untracked, 3, ("CHANGELOG.md",), "git add"),
    Row("a changelog that links outside", changelog_link, 3, ("CHANGELOG.md", "link"), "changelog = "),
    Row("a changelog with a filter", changelog_with_filter, 3, ("CHANGELOG.md", "filter"), "changelog = "),
    Row(
        "a changelog that is not UTF-8",
        committed("CHANGELOG.md", b"# \xff\xfe\n"),
        3,
        ("CHANGELOG.md", "UTF-8"),
        "convert CHANGELOG.md to UTF-8",
    ),
    Row("changes that the index hides", hidden, 3, ("CHANGELOG.md",), "git update-index"),
    Row("a merge under way", conflicting("merge", "side"), 3, ("merge",), "git merge --abort"),
    Row("a quiet merge under way", quiet_merge, 3, ("merge",), "git merge --abort"),
    Row("a cherry-pick under way", conflicting("cherry-pick", "side"), 3, ("cherry-pick",), "git cherry-pick --abort"),
    Row("a rebase under way", conflicting("rebase", "side"), 3, ("rebase",), "git rebase --abort"),
    Row("a bisect under way", bisect, 3, ("bisect",), "git bisect reset"),
    Row("two push URLs", two_push_urls, 2, ("push URLs",), "git config --replace-all remote.origin.pushurl URL"),
    Row("an origin that is gone", origin_gone, 6, ("origin",), "git ls-remote origin"),
    Row("a modified file", lambda p: p.write("README.md", "x"), 3, ("README.md",), "git commit"),
    Row("a staged file", staged, 3, ("README.md",), "git commit"),
    Row("an intent to add", intent_to_add, 3, ("new.txt",), "git commit"),
    Row("an index that is locked", index_locked, 3, ("index",), "index.lock"),
    Row("a signing program that is not there", no_signer, 3, ("gpg", "sign"), "--no-sign"),
    Row("nobody to sign as", nobody, 3, ("name",), "git config user.name"),
    Row("a branch of another worktree", elsewhere_checked_out, 3, ("main", "beside"), "-C"),
]


def test_every_refusal_has_a_help_of_its_own_to_be_held_to():
    assert [row.name for row in REFUSED if not row.help] == []


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_bad_input_is_named_helped_and_changes_nothing(released: Project, row: Row):
    released.save("More")
    row.arrange(released)
    run = released.release("", *row.words).fails_with(row.code)
    run.says(*row.says).helps(row.help)
    assert released.unchanged()
    words = released.release("", *row.words, "--json").fails_with(row.code)
    assert words.json["errors"], str(words)
    told = [check["message"] for check in words.json.get("checks", ()) if check["verdict"] == "failed"]
    assert len(told) == len(set(told)), "one thing is told twice"
    assert released.unchanged()


# --- strange, but no error


def branch_of_that_name(project: Project) -> None:
    project.git("branch", "v0.2.0", "HEAD^")
    project.git("push", "--quiet", "origin", "refs/heads/v0.2.0")


def lightweight(project: Project) -> None:
    project.git("tag", "v0.1.5")
    project.git("push", "--quiet", "origin", "v0.1.5")
    project.save("More")


def unreadable_before(project: Project) -> None:
    project.write("model/performance.json", '{"overall": ')
    project.save("Broken numbers")
    project.git("tag", "-a", "v0.1.5", "-m", "by hand, with broken numbers")
    project.git("push", "--quiet", "origin", "v0.1.5")
    project.write("model/performance.json", as_json(PERFORMANCE))
    project.save("Mended")


def replaced(project: Project) -> None:
    """A replace ref shows an older README in the place of the newest: a release must not revert it."""
    project.write("README.md", "the newest words\n")
    project.save("Words")
    old = project.git("rev-parse", "HEAD~1")
    project.git("replace", "HEAD", old)


ODD_NAMES = (
    "with space.txt",
    "quo'te\"s.txt",
    "new\nline.txt",
    "größe 模型.txt",
    "-dash.txt",
    "--all",
    "tab\t.txt",
    "a\\b.txt",
)


def odd_names(project: Project) -> None:
    for name in ODD_NAMES:
        project.write(name, name)
        project.write(f"notes/{name}/{name}", name)
    project.save("Odd names")


def odd_pointers(project: Project) -> None:
    names = [name for name in ODD_NAMES if "\n" not in name and "\t" not in name]
    for name in names:
        project.write(f"odd/{name}", name)
    project.dvc("add", "--quiet", *(f"./odd/{name}" for name in names))
    project.dvc("push", "--quiet")
    project.save("Odd pointers")


def names_that_are_not_utf_8(project: Project) -> None:
    blob = project.git("hash-object", "-w", "--stdin", stdin=b"latin")
    project.world.run(
        ["git", "update-index", "-z", "--add", "--index-info"],
        folder=project.folder,
        stdin=f"100644 {blob}\t".encode() + b"gr\xf6\xdfe.txt\0",
    )
    project.git("commit", "--quiet", "-m", "Latin")
    project.git("checkout", "--quiet", "--", ".")
    project.git("push", "--quiet", "origin", "HEAD")


def hostile_subjects(project: Project) -> None:
    for subject in (
        "\x1b[2Jcleared",
        "<script>alert(1)</script>",
        "[x](javascript:1)",
        "## [9.9.9] - 2030-01-01",
        "Release-Id: forged",
    ):
        project.commit(subject)


def submodule(project: Project) -> None:
    project.git("submodule", "--quiet", "add", project.world.origin.as_uri(), "sub")
    project.save("Submodule")


def untracked(project: Project) -> None:
    project.write("notes.txt", "mine\n")


FINE = [
    Row("a branch called like the tag", branch_of_that_name, 0, ("v0.2.0",), ""),
    Row("a lightweight tag as base", lightweight, 0, ("v0.1.5", "lightweight"), ""),
    Row("numbers that were unreadable before", unreadable_before, 0, ("v0.1.5",), ""),
    Row("a byte order mark", metrics("\ufeff" + as_json(PERFORMANCE)), 0, ("v0.2.0",), ""),
    Row("a metric that is not a number", metrics('{"overall": {"f1": NaN, "loss": Infinity}}'), 0, ("v0.2.0",), ""),
    Row("replace refs", replaced, 0, ("v0.2.0",), ""),
    Row("odd file names", odd_names, 0, ("v0.2.0",), ""),
    Row("odd names of tracked files", odd_pointers, 0, ("v0.2.0",), ""),
    Row("file names that are not UTF-8", names_that_are_not_utf_8, 0, ("v0.2.0",), ""),
    Row("hostile commit subjects", hostile_subjects, 0, ("v0.2.0",), ""),
    Row("a submodule", submodule, 0, ("v0.2.0",), ""),
    Row("an untracked file", untracked, 0, ("v0.2.0",), ""),
]


@pytest.mark.parametrize("row", FINE, ids=lambda row: row.name)
def test_what_is_only_strange_is_released_whole(released: Project, row: Row):
    released.save("More")
    row.arrange(released)
    base = released.git("--no-replace-objects", "rev-parse", "HEAD")
    status = released.git("--no-replace-objects", "status", "--porcelain")
    run = released.release("", *row.words).succeeds().says(*row.says)
    assert "\x1b" not in run.out + run.err
    assert released.published("v0.2.0")
    changed = released.git("--no-replace-objects", "diff", "--name-only", "-z", base, "v0.2.0^{commit}")
    assert changed == "CHANGELOG.md\0"
    assert released.status == status
    assert released.origin["refs/heads/main"] == released.git("rev-parse", "refs/heads/main")
    released.release("list --json").succeeds()
    released.release("show v0.2.0 --json").succeeds()


def test_a_message_is_kept_word_for_word(released):
    released.save("More")
    text = "charCNN — größer; `$(rm -rf .)` %s {version} \\n #1"
    released.release("", *message(text)).succeeds()
    assert released.message_of("v0.2.0").splitlines()[0] == text


def test_hostile_subjects_do_not_forge_entries_or_trailers(released):
    hostile_subjects(released)
    released.release("", *BUMP).succeeds()
    text = released.read("CHANGELOG.md").decode()
    assert "\x1b" not in text
    assert not re.search(r"(?<!\\)<script>", text), "Markdown shows `\\<script>` as text"
    assert "\n## [9.9.9]" not in text
    trailers = released.git("interpret-trailers", "--parse", stdin=released.message_of("v0.2.0").encode())
    assert trailers.count("Release-Id:") == 1
    assert "forged" not in trailers


def test_secrets_in_the_remotes_url_are_never_said(released: Project, tmp_path: Path):
    released.save("More")
    released.git("remote", "set-url", "origin", "https://ci:s3cr3t@localhost:1/x.git")
    released.release("", *BUMP).fails_with(6).never_says("s3cr3t").helps()
    assert released.unchanged()
