"""Memory stays bounded: a folder of 100,000 real files is audited, and read whole, within a limit."""

import json
import subprocess
import sys
from hashlib import md5

import pytest
from project import Project

pytestmark = pytest.mark.system  # 100,000 files take disk and half a minute

FILES = 100_000
MOST_BYTES = 300_000_000
# Not `ru_maxrss` on Linux: that survives exec, so it tells of the test runner that started the process.
PEAK = """
import resource, sys
from pathlib import Path
from release.app import main
code = main(sys.argv[1:])
if sys.platform == "linux":
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    peak_bytes = int(line.split()[1]) * 1024
else:
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak_bytes, file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def large(templates, tmp_path_factory) -> Project:
    """What `dvc add` and `dvc push` of 100,000 files leave behind, written without them: 100,000 real objects."""
    project = templates.copy("plain", tmp_path_factory.mktemp("large") / "world")
    entries = []
    for number in range(FILES):
        body = f"file {number}\n".encode()
        oid = md5(body).hexdigest()
        path = project.object_path(oid)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        entries.append({"md5": oid, "relpath": f"{number // 1000:03}/{number:06}.txt"})
    listing = json.dumps(entries, sort_keys=True).encode()
    oid = md5(listing).hexdigest()
    path = project.object_path(f"{oid}.dir")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(listing)
    size = sum(len(f"file {number}\n") for number in range(FILES))
    project.write(
        "data/many.dvc", f"outs:\n- md5: {oid}.dir\n  size: {size}\n  nfiles: {FILES}\n  hash: md5\n  path: many\n"
    )
    project.save("Many files")
    return project


@pytest.mark.parametrize("words", [["verify"], ["verify", "--deep"], ["verify", "--objects", "HEAD"]])
def test_a_hundred_thousand_objects_fit_into_a_bounded_memory(large, words):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *words, "--json"],
        cwd=large.folder,
        env=large.world.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    peak_bytes = int(done.stderr.split()[-1])
    assert peak_bytes < MOST_BYTES, f"{peak_bytes:,} bytes"
    document = json.loads(done.stdout)
    found = len(document["objects"]) if "objects" in document else document["revisions"][0]["objects"]
    assert found == FILES + 1 + 5
