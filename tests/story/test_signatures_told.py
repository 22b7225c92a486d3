"""Good, bad, unknown key, expired and unsigned, told apart for gpg and ssh; and tags that were replaced."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from project import Project

pytestmark = pytest.mark.system  # gnupg, openssh-client


@pytest.fixture
def gpg(released: Project) -> Iterator[Project]:
    """A keyring of its own; its agent ends with the test. The path is short: a socket's name has an end."""
    home = Path(tempfile.mkdtemp(prefix="gnupg-"))
    released.world.variables["GNUPGHOME"] = str(home)
    released.save("More")
    yield released
    released.world.run(["gpgconf", "--kill", "all"], folder=home)
    shutil.rmtree(home, ignore_errors=True)


def new_key(project: Project, name: str, *, expires: str = "0", passphrase: str = "") -> str:
    loopback = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase]
    project.world.run(
        [*loopback, "--quick-gen-key", f"{name} <ada@example.org>", "ed25519", "sign", expires], folder=project.folder
    )
    listing = project.world.run(
        ["gpg", "--list-keys", "--with-colons", f"={name} <ada@example.org>"], folder=project.folder
    )
    lines = listing.stdout.decode().splitlines()
    return next(line.split(":")[9] for line in lines if line.startswith("fpr"))


def sign_with(project: Project, key: str) -> None:
    project.git("config", "user.signingKey", key)
    project.git("config", "tag.gpgSign", "true")
    project.git("config", "commit.gpgSign", "true")


def shown(project: Project, tag: str):
    document = project.release(f"show {tag} --json").succeeds().json
    jsonschema.validate(document, json.loads(files("release").joinpath("schemas/show.json").read_text()))
    return document["signature"]


def listed(project: Project):
    document = project.release("list --signatures --json").succeeds().json
    jsonschema.validate(document, json.loads(files("release").joinpath("schemas/list.json").read_text()))
    return {row["tag"]: row["signature"]["state"] for row in document["releases"]}


def tampered(project: Project, tag: str, new: str, *, rename: bool = True) -> None:
    """A tag whose text is another one, and whose signature is still the first one's."""
    text = project.git("cat-file", "tag", tag).replace("Release 0.2.0", "Release 9.9.9")
    if rename:
        text = text.replace(f"\ntag {tag}\n", f"\ntag {new}\n")
    id = project.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=f"{text}\n".encode())
    project.git("update-ref", f"refs/tags/{new}", id)


def test_gpg_signatures_are_told_apart(gpg: Project):
    known, unknown = new_key(gpg, "Known"), new_key(gpg, "Unknown")
    sign_with(gpg, known)
    gpg.release("bump minor --yes").succeeds().says("commit and tag signed", known)
    gpg.git("verify-tag", "refs/tags/v0.2.0")
    gpg.git("verify-commit", "refs/tags/v0.2.0^{commit}")
    tampered(gpg, "v0.2.0", "v0.2.1")
    gpg.git("-c", f"user.signingKey={unknown}", "tag", "-s", "v0.3.0", "-m", "x", "HEAD")
    gpg.world.run(["gpg", "--batch", "--yes", "--delete-secret-and-public-key", unknown], folder=gpg.folder)
    expiring = new_key(gpg, "Expiring", expires="seconds=3")
    gpg.git("-c", f"user.signingKey={expiring}", "tag", "-s", "v0.4.0", "-m", "x", "HEAD")
    gpg.git("update-ref", "refs/tags/v0.5.0", gpg.git("rev-parse", "refs/tags/v0.2.0"))
    time.sleep(4)
    assert listed(gpg) == {
        "v0.4.0": "expired",
        "v0.3.0": "unknown-key",
        "v0.2.1": "bad",
        "v0.2.0": "good",
        "v0.1.0": "unsigned",
    }  # without v0.5.0, another name of v0.2.0
    assert shown(gpg, "v0.2.0") == {
        "state": "good",
        "signer": "Known <ada@example.org>",
        "key": known,
        "format": "openpgp",
        "reason": None,
    }
    gpg.release("show v0.5.0").fails_with(2).says("another name of the tag v0.2.0")
    gpg.release("list --signatures").succeeds().says("unknown-key", "expired", "unsigned")
    gpg.git("config", "gpg.program", "/no/such/gpg")
    assert shown(gpg, "v0.2.0")["state"] == "cannot-check"
    gpg.git("config", "--unset", "gpg.program")
    gpg.git("update-ref", "-d", "refs/tags/v0.2.0")
    gpg.release("show v0.5.0").succeeds().says("bad", "it was signed as v0.2.0")


def test_a_gpg_key_that_fails_is_found_before_anything_happens(gpg: Project):
    locked = new_key(gpg, "Locked", passphrase="open sesame")
    gpg.world.run(["gpgconf", "--kill", "all"], folder=gpg.folder)
    for key in (locked, "nobody@example.org"):
        sign_with(gpg, key)
        check = gpg.release("bump minor --yes --json").fails_with(3).check("signing")
        assert (check["verdict"], key in check["message"], "gpg" in check["message"]) == ("failed", True, True)
        assert "gpg --list-secret-keys" in check["help"]
        assert gpg.unchanged()


def test_an_expired_gpg_key_does_not_sign(gpg: Project):
    sign_with(gpg, new_key(gpg, "Short", expires="seconds=1"))
    time.sleep(2)
    gpg.release("bump minor --yes").fails_with(3).says("signing")
    assert gpg.unchanged()


def test_without_a_signing_key_gpg_takes_the_committer_s(gpg: Project):
    key = new_key(gpg, "Ada Tester")
    gpg.release("bump minor --sign --yes").succeeds().says("no user.signingKey")
    assert shown(gpg, "v0.2.0")["key"] == key


def test_ssh_signatures_are_told_apart(released: Project):
    released.save("More")
    folder = released.world.root / "home"
    for name in ("known", "unknown"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        released.world.run(words, folder=folder)
    public = (folder / "known.pub").read_text()
    allowed = folder / "allowed"
    allowed.write_text(f'ada@example.org namespaces="git" {public}')
    released.git("config", "gpg.format", "ssh")
    sign_with(released, str(folder / "known"))
    released.release("bump minor --yes").succeeds()
    assert shown(released, "v0.2.0")["state"] == "unknown-key"  # nobody is allowed yet, and the text is whole
    released.git("config", "gpg.ssh.allowedSignersFile", str(allowed))
    tampered(released, "v0.2.0", "v0.2.1")
    released.git("-c", f"user.signingKey={folder / 'unknown'}", "tag", "-s", "v0.3.0", "-m", "x", "HEAD")
    assert listed(released) == {"v0.3.0": "unknown-key", "v0.2.1": "bad", "v0.2.0": "good", "v0.1.0": "unsigned"}
    released.release("verify v0.2.1").fails_with(4).says("the signature of v0.2.1 is bad").helps(
        "git verify-tag v0.2.1"
    )
    found = shown(released, "v0.2.0")
    assert (found["signer"], found["format"]) == ("ada@example.org", "ssh")
    assert found["key"].startswith("SHA256:")
    allowed.write_text(f'ada@example.org namespaces="git",valid-before="20200101" {public}')
    assert shown(released, "v0.2.0")["state"] == "expired"
    allowed.write_text(f'ada@example.org namespaces="git" {public}')
    released.git("config", "gpg.ssh.revocationFile", str(folder / "known.pub"))
    assert shown(released, "v0.2.0")["state"] == "bad"


def test_many_signed_tags_are_each_told(released: Project):
    folder = released.world.root / "home"
    released.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "known")], folder=folder)
    released.git("config", "gpg.format", "ssh")
    released.git("config", "user.signingKey", str(folder / "known"))
    for number in range(40):
        released.git("tag", "-s", f"v1.{number}.0", "-m", "x")
    states = listed(released)
    assert list(states.values()).count("unknown-key") == 40
