"""The guide "Keep released bytes", typed in with a real S3 server: what is held can be hidden, and not deleted."""

import re
import stat
import sys
import time
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.system

PAGE = Path(__file__).parents[2] / "docs/how-to/keep-released-bytes.md"
# The AWS CLI is made from the same descriptions of the API as botocore, and its options from the names there.
AWS = """\
    #!{python}
    import json, re, sys
    import botocore.session, jmespath

    def value(text):
        if text.startswith("{{"):
            return json.loads(text)
        return dict([text.split("=")]) if "=" in text else text

    _, api, operation, *words = sys.argv
    asked = dict(zip(words[::2], map(value, words[1::2])))
    query, form = asked.pop("--query", None), asked.pop("--output", None)
    client = botocore.session.Session().create_client("s3", endpoint_url="{url}", region_name="us-east-1")
    camel = lambda name: "".join(word.capitalize() for word in name.strip("-").split("-"))
    answer = getattr(client, operation.replace("-", "_"))(**{{camel(name): each for name, each in asked.items()}})
    if query:
        print(jmespath.search(query, answer))
"""


@pytest.fixture
def client(weed):
    session = import_module("botocore.session").Session()
    keys = {"aws_access_key_id": "AKOWNER", "aws_secret_access_key": "SKOWNERsecret"}
    found = session.create_client("s3", endpoint_url=f"http://127.0.0.1:{weed}", region_name="us-east-1", **keys)
    found.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    for left in reversed(range(20)):  # the server makes room for a bucket at its first write
        try:
            found.put_object(Bucket="kept", Key="first", Body=b"x")
            break
        except import_module("botocore.exceptions").ClientError:
            if not left:
                raise
            time.sleep(1)
    return found


@pytest.fixture
def on_s3(project, weed, client):
    """v0.1.0 on S3, and `aws` on the PATH."""
    url = f"http://127.0.0.1:{weed}"
    programs = project.world.root / "bin"
    programs.mkdir()
    aws = programs / "aws"
    aws.write_text(dedent(AWS).format(python=sys.executable, url=url))
    aws.chmod(aws.stat().st_mode | stat.S_IXUSR)
    path = project.world.environment()["PATH"]
    project.world.variables |= {"PATH": f"{programs}:{path}"}
    project.world.variables |= {"AWS_ACCESS_KEY_ID": "AKOWNER", "AWS_SECRET_ACCESS_KEY": "SKOWNERsecret"}
    project.dvc_each(
        "remote modify --quiet storage url s3://kept/base",
        f"remote modify --quiet storage endpointurl {url}",
        "remote modify --quiet storage region us-east-1",
        "push --quiet",
    )
    project.save("Store on S3")
    project.release("bump 0.1.0 -m First --yes").succeeds()
    return project


def blocks_of_the_page():
    """The console blocks as scripts, for the bucket of this test."""
    found = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    scripts = ["\n".join(line.removeprefix("$ ") for line in block.splitlines()) for block in found]
    return [script.replace("BUCKET", "kept").replace("PATH/", "base/") for script in scripts]


def test_the_guide_keeps_what_it_says(on_s3, client):
    compare, hold, unhide = blocks_of_the_page()
    on_s3.train(b"better", '{"overall": {"f1": 0.9}}\n')
    on_s3.sh(compare)
    lost = on_s3.sh("comm -12 keep.txt gone.txt").split()
    old = re.search(r"md5: (\w{32})", on_s3.file_at("v0.1.0", "model/model.pt.dvc").decode())
    assert old is not None
    assert lost == [old[1]]  # `dvc gc -w` would take the model of the release
    on_s3.sh(compare.replace("gc -w", "gc -w -T"))
    assert on_s3.sh("comm -12 keep.txt gone.txt") == ""

    on_s3.sh(hold)
    keys = on_s3.read("keys.txt").decode().split()
    assert len(keys) == 5
    version = client.head_object(Bucket="kept", Key=keys[0])["VersionId"]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket="kept", Key=keys[0], VersionId=version)

    client.delete_object(Bucket="kept", Key=keys[0])
    on_s3.release("verify v0.1.0").fails_with(4)
    on_s3.sh(unhide)
    on_s3.release("verify v0.1.0 --deep").succeeds()
