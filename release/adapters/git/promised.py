"""Missing objects of a partial clone (`--filter=blob:none`), fetched at once; git itself connects for each object."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from release.adapters.git.process import Git, TimedOut

# Git's own options for fetching missing objects: promisor-remote.c, `fetch_objects`.
_FETCH = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")


def fetch_promised(git: Git, promisor: str, ids: Sequence[str]) -> None:
    """Fetch those of the objects that are missing. Failures are not reported here: reading the objects reports them."""
    whole = [id for id in ids if len(id) in (40, 64) and id.isalnum()]
    # `--missing` keeps git from fetching; an object that it does not list is missing.
    words = ("rev-list", "--objects", "--no-walk", "--no-object-names", "--ignore-missing", "--missing=print")
    listing = "".join(f"{id}\n" for id in whole).encode()
    here = git.run(*words, "--filter=tree:0", "--stdin", stdin=listing, ok=range(256))
    if here.code:
        return
    known = set(here.text.split("\n"))
    lacking = [id for id in dict.fromkeys(whole) if id not in known]
    if len(lacking) > 1:
        quiet = replace(git, settings=(*git.settings, "fetch.negotiationAlgorithm=noop", "core.hooksPath=/dev/null"))
        wanted = "".join(f"{id}\n" for id in lacking).encode()
        try:
            quiet.run("fetch", *_FETCH, "--", promisor, stdin=wanted, ok=range(-64, 256), limit_s=git.ask_limit_s)
        except TimedOut:
            return
