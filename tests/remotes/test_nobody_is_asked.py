"""A remote that is set to ask for a password, where there is no terminal: nothing waits for an answer."""

import pytest
from blobs import Remote

from release.dvc.store import Forbidden

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


def test_a_password_that_nobody_can_type_is_not_waited_for(ssh: Remote, data):
    settings = {key: value for key, value in ssh.settings.items() if key != "password"}
    try:
        with pytest.raises(Forbidden):
            ssh.store({**settings, "ask_password": True}).find([data.entry])
    finally:
        while ssh.opened:
            ssh.opened.pop().close()
