"""Tags that each git remote had at the last `release fetch`: `<git common dir>/release/seen-tags.json`.

Only this distinguishes a tag that vanished from one that was never pushed. A file that cannot be
read counts as empty: then no tag counts as vanished.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from release.adapters.lock import record_room
from release.adapters.record_file import record_folder

_SEEN_SCHEMA = 1


def read_seen(common_dir: Path, urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the tags (name to object id) by remote name; a remote whose URL is not that of `urls` is left out."""
    try:
        document = json.loads(_seen_path(common_dir).read_text("utf-8"))
        if document["schema"] != _SEEN_SCHEMA:
            return {}
        return {
            str(remote): {str(tag): str(object_id) for tag, object_id in found["tags"].items()}
            for remote, found in document["remotes"].items()
            if found["url"] == _digest(urls.get(remote, ""))
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def write_seen(common_dir: Path, urls: Mapping[str, str], seen: Mapping[str, Mapping[str, str]]) -> None:
    """Replace the file. Stores only a hash of each URL, as URLs may hold secrets. Raises OSError, InTheWay.

    Takes no lock: of two concurrent fetches the last one wins, and a draft that `recover` removes is lost.
    """
    path = _seen_path(common_dir)
    record_room(path.parent)
    remotes = {name: {"url": _digest(urls.get(name, "")), "tags": dict(tags)} for name, tags in seen.items()}
    number, draft = tempfile.mkstemp(prefix="seen-tags-", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump({"schema": _SEEN_SCHEMA, "remotes": remotes}, file, indent=1)
        with suppress(FileNotFoundError):
            Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _seen_path(common_dir: Path) -> Path:
    return record_folder(common_dir) / "seen-tags.json"


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()
