"""Signed releases with ssh keys, made by the real ssh-keygen through git; gpg is in test_signing_gpg.py."""

import os
from pathlib import Path

import pytest
from project import Project

pytestmark = pytest.mark.system  # openssh-client

BEGIN = "-----BEGIN SSH SIGNATURE-----"


class Keys:
    """ssh keys of one world."""

    def __init__(self, project: Project) -> None:
        self.project, self.folder = project, project.world.root / "home"

    def make(self, name: str, passphrase: str = "") -> Path:
        file = self.folder / name
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "ada@example.org", "-f", str(file)]
        self.project.world.run(words, folder=self.folder)
        return file

    def use(self, key: str | Path, *, everything: bool = True) -> None:
        self.project.git("config", "gpg.format", "ssh")
        self.project.git("config", "user.signingKey", str(key))
        for name in ("tag.gpgSign", "commit.gpgSign") if everything else ():
            self.project.git("config", name, "true")

    def allow(self, *files: Path, options: str = 'namespaces="git"') -> None:
        lines = [f"ada@example.org {options} {file.with_suffix('.pub').read_text()}" for file in files]
        (self.folder / "allowed").write_text("".join(lines))
        self.project.git("config", "gpg.ssh.allowedSignersFile", str(self.folder / "allowed"))


@pytest.fixture
def keys(released: Project) -> Keys:
    released.save("More")
    return Keys(released)


def is_signed(project: Project, tag: str = "v0.2.0", *, commit: bool = True) -> bool:
    """Git itself finds tag and commit good."""
    project.git("verify-tag", f"refs/tags/{tag}")
    if commit:
        project.git("verify-commit", f"refs/tags/{tag}^{{commit}}")
    return True


def test_tag_and_commit_are_signed_as_git_is_set(keys: Keys, released: Project):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    run = released.release("bump minor -m charCNN --yes --json").succeeds()
    assert run.check("signing")["verdict"] == "ok"
    assert released.published("v0.2.0")
    assert is_signed(released)
    assert list(released.world.scratch.iterdir()) == []


def test_the_message_before_the_signature_is_ours_byte_for_byte(keys: Keys, released: Project):
    keys.use(keys.make("key"))
    released.release("bump minor -m 'naïve # no comment' --yes").succeeds()
    signed = released.message_of("v0.2.0")
    text, found, _ = signed.partition(BEGIN)
    assert found
    assert text.startswith("naïve # no comment\n\n")
    assert "\nRelease-Id: " in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    released.git("config", "tag.gpgSign", "false")
    assert released.release("show v0.2.0 --json").succeeds().json["trailers"] is not None


@pytest.mark.parametrize("setting", ["tag.gpgSign", "tag.forceSignAnnotated"])
def test_the_tag_alone_is_signed_where_git_signs_only_tags(keys: Keys, released: Project, setting):
    key = keys.make("key")
    keys.use(key, everything=False)
    keys.allow(key)
    released.git("config", setting, "true")
    released.release("bump minor --yes").succeeds().says("tag signed")
    assert is_signed(released, commit=False)
    assert "gpgsig" not in released.git("cat-file", "commit", "v0.2.0^{commit}")


def test_the_commit_alone_is_signed_where_git_signs_only_commits(keys: Keys, released: Project):
    keys.use(keys.make("key"), everything=False)
    released.git("config", "commit.gpgSign", "true")
    released.release("bump minor --yes").succeeds()
    assert BEGIN not in released.message_of("v0.2.0")
    assert "gpgsig -----BEGIN SSH" in released.git("cat-file", "commit", "v0.2.0^{commit}")


def test_the_options_are_stronger_than_the_settings(keys: Keys, released: Project):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    released.release("bump minor --no-sign --yes").succeeds()
    assert BEGIN not in released.message_of("v0.2.0")
    released.git("config", "tag.gpgSign", "false")
    released.git("config", "commit.gpgSign", "false")
    released.save("Even more")
    released.release("bump minor --sign --yes").succeeds()
    assert is_signed(released, "v0.3.0")


@pytest.mark.parametrize("form", ["absolute", "relative", "home", "literal", "command"])
def test_keys_are_named_as_git_names_them(keys: Keys, released: Project, form):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    if form in ("literal", "command"):
        _agent_with(released, key)
    name = {
        "absolute": str(key),
        "relative": os.path.relpath(key, released.folder),
        "home": "~/key",
        "literal": f"key::{public}",
        "command": "",
    }[form]
    if form == "command":
        released.git("config", "--unset", "user.signingKey")
        released.git("config", "gpg.ssh.defaultKeyCommand", "ssh-add -L")
    else:
        released.git("config", "user.signingKey", name)
    (released.folder / "model").mkdir(exist_ok=True)
    released.release("bump minor --yes", folder=released.folder / "model").succeeds()
    assert is_signed(released)


def test_another_program_may_sign(keys: Keys, released: Project):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    program = released.world.root / "home" / "signer"
    program.write_text('#!/bin/sh\necho "$1 $2" >>"$HOME/signer.log"\nexec ssh-keygen "$@"\n')
    program.chmod(0o755)
    released.git("config", "gpg.ssh.program", str(program))
    released.release("bump minor --yes").succeeds()
    assert (program.parent / "signer.log").read_text() == "-Y sign\n-Y sign\n"


def test_settings_of_the_environment_count_as_git_counts_them(keys: Keys, released: Project):
    key = keys.make("key")
    keys.allow(key)
    settings = {"gpg.format": "ssh", "user.signingKey": str(key), "tag.gpgSign": "true"}
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    released.world.variables |= variables
    released.release("bump minor --yes").succeeds()
    assert is_signed(released, commit=False)


def test_the_program_for_x509_is_git_s_too(keys: Keys, released: Project):
    """A program in the place of gpgsm: what is tested is that git is told of it, and its answer is taken whole."""
    program = released.world.root / "home" / "smime"
    program.write_text(
        '#!/bin/sh\ncat >/dev/null\nprintf "\\n[GNUPG:] SIG_CREATED \\n" >&2\n'
        'printf -- "-----BEGIN SIGNED MESSAGE-----\\n%s\\n-----END SIGNED MESSAGE-----\\n" "$*"\n'
    )
    program.chmod(0o755)
    for name, value in {"gpg.format": "x509", "gpg.x509.program": str(program), "user.signingKey": "0xABC"}.items():
        released.git("config", name, value)
    released.release("bump minor --sign --yes").succeeds().says("x509, 0xABC")
    assert "-----BEGIN SIGNED MESSAGE-----\n--status-fd=2 -bsau 0xABC\n" in released.message_of("v0.2.0")
    assert released.release("show v0.2.0 --json").succeeds().json["signature"]["format"] == "x509"


def test_settings_that_change_git_s_output_change_no_release(keys: Keys, released: Project):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    hooks = released.world.root / "home" / "hooks"
    hooks.mkdir()
    (hooks / "reference-transaction").write_text('#!/bin/sh\ncase "$PWD $GIT_DIR" in *signing.git*) exit 1;; esac\n')
    (hooks / "reference-transaction").chmod(0o755)
    for name, value in {
        "log.showSignature": "true",
        "color.ui": "always",
        "i18n.commitEncoding": "ISO-8859-1",
        "core.commentChar": "C",
        "commit.cleanup": "strip",
    }.items():
        released.git("config", name, value)
    released.git("config", "--global", "core.hooksPath", hooks)
    released.release("bump minor -m 'Café' --yes").succeeds()
    assert is_signed(released)
    assert released.message_of("v0.2.0").startswith("Café\n\n")
    released.release("list --signatures").succeeds().says("good")


def missing(keys: Keys) -> None:
    keys.use(keys.folder / "nowhere")


def locked(keys: Keys) -> None:
    keys.use(keys.make("locked", "a passphrase"))


def no_key(keys: Keys) -> None:
    keys.use("")
    keys.project.git("config", "--unset", "user.signingKey")


def no_program(keys: Keys) -> None:
    keys.use(keys.make("key"))
    keys.project.git("config", "gpg.ssh.program", "/no/such/program")


def program_that_lies(keys: Keys) -> None:
    keys.use(keys.make("key"))
    keys.project.git("config", "gpg.ssh.program", "true")


@pytest.mark.parametrize("which", ["tag.gpgSign", "commit.gpgSign"])
@pytest.mark.parametrize(
    "break_key", [missing, locked, no_key, no_program, program_that_lies], ids=lambda each: each.__name__
)
def test_a_key_that_fails_is_found_before_anything_happens(keys: Keys, released: Project, break_key, which):
    break_key(keys)
    for name in ("tag.gpgSign", "commit.gpgSign"):
        released.git("config", name, str(name == which).lower())
    run = released.release("bump minor --yes --json").fails_with(3)
    check = run.check("signing")
    assert check["verdict"] == "failed"
    assert "--no-sign" in check["help"]
    assert released.unchanged()
    released.release("bump minor --dry-run").fails_with(3)
    released.release("bump minor --no-sign --yes").succeeds()


def test_a_program_that_never_ends_is_not_waited_for(keys: Keys, released: Project):
    keys.use(keys.make("key"))
    program = released.world.root / "home" / "asking"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    released.git("config", "gpg.ssh.program", str(program))
    released.world.variables["RELEASE_ASK_LIMIT"] = "1"
    released.release("bump minor --yes").fails_with(3).says("did not answer within 1 s")
    assert released.unchanged()


def test_status_signs_nothing(keys: Keys, released: Project):
    missing(keys)
    checks = {check["name"]: check for check in released.release("status --json").succeeds().json["checks"]}
    assert checks["signing"]["verdict"] == "skipped"


def test_prepare_signs_nothing(keys: Keys, released: Project):
    missing(keys)
    released.release("prepare minor --yes").succeeds()


def test_with_only_a_tag_to_make_no_commit_is_signed(keys: Keys, released: Project):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    released.release("bump minor --no-commit --yes").succeeds().says("tag signed")
    assert is_signed(released, commit=False)


def _agent_with(project: Project, key: Path) -> None:
    """An ssh-agent that ends with its last command: `ssh-agent` of the system, and the key file gone."""
    socket = project.world.root / "home" / "agent"
    out = project.world.run(["ssh-agent", "-t", "60", "-a", str(socket)], folder=project.folder).stdout.decode()
    project.world.variables["SSH_AUTH_SOCK"] = str(socket)
    AGENTS.append(int(out.split("SSH_AGENT_PID=")[1].split(";")[0]))
    project.world.run(["ssh-add", "-q", str(key)], folder=project.folder)
    key.unlink()


AGENTS: list[int] = []


@pytest.fixture(autouse=True)
def _no_agent_is_left():
    yield
    while AGENTS:
        os.kill(AGENTS.pop(), 15)


def test_second_thoughts_are_signed_as_releases_are(keys: Keys, released: Project):
    key = keys.make("key")
    keys.use(key)
    keys.allow(key)
    released.release("bump minor --yes").succeeds()
    released.release("yank -m x --no-commit --yes").succeeds()
    released.git("verify-tag", "refs/tags/yanked/v0.2.0")
    released.release("yank v0.2.0 --restore --yes").succeeds()
    released.release("undo --yes").succeeds()
    released.git("verify-commit", "HEAD")
    released.save("fix: data")
    released.release("bump patch --yes").succeeds()
    key.unlink()
    released.before = released.snapshot()
    released.release("undo --dry-run").succeeds()
    for words in ("undo --yes", "yank -m x --yes", "yank -m x --no-commit --yes"):
        released.release(words).fails_with(3).says("key")
        assert released.unchanged()
