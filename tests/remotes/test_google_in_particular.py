"""What only Google Storage has: a client that asks for the bucket's kind by gRPC first, which a private endpoint may not speak."""

import pytest

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


def test_data_is_listed_and_read_where_only_http_is_spoken(google, released):
    lines = "".join(f"    {name} = {value}\n" for name, value in google.settings.items())
    released.write(".dvc/config", f"[core]\n    remote = storage\n['remote \"storage\"']\n{lines}")
    released.dvc("push", "--quiet")
    released.save("On Google Storage")
    released.world.variables["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "true"  # as it is for everybody
    run = released.release("verify --deep").succeeds().says("ok")
    assert not run.err
