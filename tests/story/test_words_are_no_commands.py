"""Words of a repository are no commands: not to a CI service that reads the log, nor to a shell that they are pasted into."""

import json
import re
import shutil

import pytest

HOSTILE = (
    "::set-output name=tag::v9",
    "fix: ##[add-path]/tmp",
    "##vso[task.setvariable variable=PATH]/tmp",
    "##teamcity[buildStatus text='x']",
)
SUBJECT = "::warning::subject"


def is_ci_command(line):
    return re.match(r"\s*::", line) or re.search(r"##\w*\[", line)


@pytest.fixture
def hostile(released):
    """A project in a CI job, with commands to the service in subjects, a message, names, keys and the changelog."""
    released.world.variables |= {"CI": "true", "GITHUB_ACTIONS": "true"}
    for subject in HOSTILE:
        released.commit(subject)
    released.write("::error::file.txt", "x")
    released.write("model/performance.json", json.dumps({"overall": {"f1": 0.5, "##[group]": 1, "::error::": 2}}))
    released.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n::error::by hand\n  ::debug::x\n\n##[group]\n")
    released.save(SUBJECT)
    released.release("bump minor --yes", "-m", "::stop-commands::x ##[x]").succeeds()
    released.write("::error::file.txt", "y")
    released.write("##[untracked].txt", "y")
    return released


LINES = (
    "status",
    "status --format md",
    "bump minor --dry-run",
    "list --metric overall.f1",
    "report --dry-run",
    "show v0.2.0",
    "diff v0.1.0 v0.2.0",
    "diff v0.1.0 v0.2.0 --format md",
    "changelog",
    "changelog v0.2.0",
    "changelog --rebuild --dry-run",
    "checkout v0.1.0",
    "verify ::error::",
    "delete --local '##[x]'",
)


def test_no_line_of_the_log_is_a_command_to_the_ci_service(hostile):
    for line in LINES:
        run = hostile.release(line)
        assert not [each for each in (run.out + run.err).splitlines() if is_ci_command(each)], line
        if "--format" not in line:
            run = hostile.release(f"{line} --json")
            assert not [each for each in run.out.splitlines() if is_ci_command(each)], line
            assert run.json


def test_outside_ci_the_changelog_is_the_text_of_the_file(hostile):
    for name in ("CI", "GITHUB_ACTIONS"):
        del hostile.world.variables[name]
    hostile.release("changelog v0.2.0").succeeds().says("\n::error::by hand\n", "\n##[group]\n")
    data = hostile.release("show v0.2.0 --json").succeeds().json
    assert data["message"].startswith("::stop-commands::x ##[x]")


INJECTIONS = (
    "$(touch PWN)",
    "`touch PWN`",
    ";touch PWN;",
    "'$(touch PWN)'",
    '"$(touch PWN)"',
    "|touch PWN",
    "&touch PWN&",
    "\\",
)
IN_REFS = "$(touch${IFS}PWN)"  # git allows no space there
POINTER = "outs:\n- md5: {oid}\n  size: 3\n  hash: md5\n  path: '{path}'\n"


@pytest.fixture
def pasted(released):
    """Paste every help line of a call into a shell in which there is no program but touch, and so what follows a colon."""
    folder, programs = released.world.root / "paste", released.world.root / "programs"
    folder.mkdir()
    programs.mkdir()
    (programs / "touch").symlink_to(str(shutil.which("touch")))
    bash = str(shutil.which("bash"))

    def paste(line, *more):
        run = released.release(line, *more)
        lines = re.findall(r"(?:help|to withdraw it|To fix it): *(.*)", run.out + run.err)
        if "--json" in line:
            lines = re.findall(r'"help": *"(.*)"', json.dumps(run.json, indent=1, ensure_ascii=False))
            lines = [json.loads(f'"{each}"') for each in lines]
        for each in lines:
            for text in {each, *each.split(": "), *each.split(", "), each.partition("   (")[0]}:
                released.world.variables["PATH"] = str(programs)
                released.world.run([bash, "-c", text], folder=folder, ok=None)
                del released.world.variables["PATH"]
                assert not list(folder.iterdir()), f"{line}: {each}"
        return lines

    return paste


def test_file_names_in_help_lines_are_words_to_a_shell(released, pasted):
    released.world.variables |= {"GIT_AUTHOR_NAME": "Eve$(touch PWN)", "GIT_COMMITTER_NAME": "Eve`touch PWN`"}
    for number, word in enumerate(INJECTIONS):
        name = f"c{word}.pt"
        quoted = name.replace("'", "''")
        released.write(f"{name}.dvc", POINTER.format(oid=f"{number}" * 32, path=quoted))
        released.write(f"d{word}.dvc", f"outs:\n- hash: md5\n  path: 'd{word.replace(chr(39), chr(39) * 2)}'\n")
        released.write(f"e{word}.dvc", "no: [pointer\n")
        released.write(f"dvc{word}/dvc.yaml", "stages:\n  a$(touch PWN):\n    cmd: x\n    outs: [b]\n")
    released.save("feat: more")
    assert len(pasted("verify")) > 3
    for line in (
        "verify --json",
        "status",
        "status --json",
        "bump minor --yes",
        "bump minor --dry-run --json",
        "status --format md",
    ):
        assert pasted(line), line
    released.git("rm", "-q", "--cached", "c$(touch PWN).pt.dvc")
    assert pasted("bump minor --yes")


def test_refs_remotes_and_keys_in_help_lines_are_words_to_a_shell(released, pasted):
    remote = "st`touch PWN`$(touch PWN)"
    url = str(released.world.root / "gone$(touch PWN)")
    released.write(".dvc/config", f"[core]\n    remote = {remote}\n['remote \"{remote}\"']\n    url = {url}\n")
    for name in ("a", "b"):
        released.write(f"{name}/performance.json", json.dumps({"$(touch PWN)": 1.0, "`touch PWN`": 2.0}))
    released.write(".release.toml", f'tag-format = "{IN_REFS}v{{version}}"\nbranches = ["none"]\n')
    released.git("switch", "-q", "-c", f"b{IN_REFS}")
    released.save("feat: more")
    released.git("tag", "-a", f"{IN_REFS}v1.0.0", "-m", "one", "HEAD~1")
    released.git("update-ref", f"refs/tags/-{IN_REFS}v1.0.1", "HEAD~1")
    released.git("update-ref", f"refs/tags/m{IN_REFS}@v1.0.0", "HEAD~1")
    tag = f"{IN_REFS}v1.0.0"
    lines = (
        ("verify",),
        ("status",),
        ("bump minor --yes",),
        ("bump final --yes",),
        ("show", tag),
        ("show", f"{tag}1"),
        ("show", f"m{IN_REFS}@v1.0.0"),
        ("checkout", f"{tag}1"),
        ("checkout --yes", tag),
        ("list --metric f1",),
        ("list --metric", "$(touch PWN)"),
        ("delete --yes --remote", tag),
        ("delete --yes --local", f"{tag}1"),
        ("delete --yes --local", tag),
        ("fetch",),
        ("rollback --yes", f"{tag}1"),
        ("changelog", f"{tag}1"),
        ("verify", tag),
        ("verify --deep", "$(touch PWN)"),
        ("diff", f"{tag}1"),
        ("bump", "$(touch PWN)"),
        ("bump minor --yes --base", "$(touch PWN)"),
        ("bump minor --pre", "$(touch PWN)"),
        ("init --dry-run --storage", "$(touch PWN)"),
    )
    found = [line for words in lines for line in pasted(*words)]
    assert len([line for line in found if "touch" in line]) > 8, found
    released.write(".release.toml", 'git-remote = "$(touch PWN)"\n')
    assert pasted("bump minor --yes")
    assert pasted("status --json")


def test_outputs_that_a_shell_reads_run_nothing(released):
    released.write(".release.toml", f'tag-format = "{IN_REFS}v{{version}}"\n')
    released.save("feat: more")
    released.release("bump minor --yes --outputs release.env").succeeds()
    said = released.sh('. ./release.env; printf "%s\\n" "$tag" "$version" "$released" "[$previous_tag]"')
    assert said.split("\n")[0] == f"{IN_REFS}v0.2.0"
    assert "\ntrue\n" in said
    assert not (released.folder / "PWN").exists()
    lines = released.read("release.env").decode().splitlines()
    assert "released=true" in lines
    assert "version=0.2.0" in lines
