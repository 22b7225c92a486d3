"""A tag whose object is lost or broken is named, with the commands that look at it and drop it."""

import pytest
from project import Project

LOOKS = ("status", "list", "show v0.1.0", "diff v0.1.0", "verify", "fetch", "changelog", "bump minor --dry-run")


def breaks(project: Project, how: str) -> str:
    """Set `v0.1.5` to an object that cannot be read; its id."""
    text = f"object {project.head}\ntype commit\ntag v0.1.5\ntagger a <a@b> 0 +0000\n\nx\n"
    if how == "its commit is lost":
        text = text.replace(project.head, "1" * 40)
    tag = project.git("hash-object", "-t", "tag", "-w", "--literally", "--stdin", stdin=text.encode())
    project.write(".git/refs/tags/v0.1.5", f"{tag}\n")
    file = project.folder / ".git" / "objects" / tag[:2] / tag[2:]
    if how != "its commit is lost":
        file.chmod(0o644)
        file.write_bytes(b"" if how == "it is empty" else b"junk")
    return tag


@pytest.mark.parametrize("how", ["its commit is lost", "it is empty", "it is junk"])
def test_a_broken_tag_is_named_and_what_the_help_says_mends_it(released: Project, how):
    released.save("More")
    tag = breaks(released, how)
    drop = f"git update-ref -d refs/tags/v0.1.5 {tag}"
    for line in LOOKS:
        released.release(line).fails_with(3).says("refs/tags/v0.1.5 cannot be read").helps(
            f"git fsck; to drop the tag here: {drop}"
        )
        assert released.unchanged()
    released.sh(drop)
    for line in LOOKS:
        released.release(line).succeeds()
