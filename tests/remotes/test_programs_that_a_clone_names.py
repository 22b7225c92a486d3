"""With every plugin of DVC installed, nothing that a clone's `.dvc/config` names is run by commands that look."""

import pytest
from project import Project

pytestmark = pytest.mark.system

COMMANDS = (
    "status",
    "list",
    "show v0.2.0",
    "diff v0.1.0",
    "changelog",
    "verify v0.2.0",
    "verify --all",
    "checkout v0.2.0 --yes",
    "bump minor --dry-run",
    "rollback v0.1.0 --dry-run",
)
DEAD = "http://127.0.0.1:9"


def _bearer(ran: str) -> str:
    return f"    url = webdav://127.0.0.1:9/dav\n    bearer_token_command = touch {ran}\n"


def _profile(ran: str) -> str:
    del ran
    return f"    url = s3://bucket/x\n    endpointurl = {DEAD}\n    configpath = ../aws.cfg\n    profile = theirs\n"


def _default_profile(ran: str) -> str:
    del ran
    return f"    url = s3://bucket/x\n    endpointurl = {DEAD}\n    credentialpath = ../aws.cfg\n"


def _google(ran: str) -> str:
    del ran
    return f"    url = gs://bucket/x\n    endpointurl = {DEAD}\n    credentialpath = ../google.json\n"


@pytest.mark.parametrize("section", [_bearer, _profile, _default_profile, _google])
def test_nothing_of_it_is_run(released: Project, section):
    ran = released.world.root / "ran"
    released.write(
        "aws.cfg", f"[profile theirs]\ncredential_process = touch {ran}\n[default]\ncredential_process = touch {ran}\n"
    )
    released.write(
        "google.json",
        f'{{"type": "external_account", "credential_source": {{"executable": {{"command": "touch {ran}"}}}}}}',
    )
    released.world.variables["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = "1"
    config = f"[core]\n    remote = storage\n['remote \"storage\"']\n{section(str(ran))}"
    released.write(".dvc/config", config)
    released.git("rm", "--quiet", "--cached", "model/performance.json")
    released.dvc("add", "--quiet", "model/performance.json")  # numbers that only a remote has
    released.save("Theirs")
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("push", "--quiet", "origin", "v0.2.0")
    released.save("More")
    clone = released.clone()
    for line in COMMANDS:
        clone.release_process(line)
        assert not ran.exists(), f"release {line} ran it"
