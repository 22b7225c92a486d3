"""Schemas of what GitLab and Forgejo take and answer, from their documentation; nothing else is allowed.

docs.gitlab.com/api/releases, /api/releases/links, /api/packages and /user/packages/generic_packages (18.1);
codeberg.org/api/swagger: CreateReleaseOption, EditReleaseOption, Release, Attachment (Forgejo 11).
"""

from __future__ import annotations

from typing import Any

TEXT, FLAG, NUMBER = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"}


def shape(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no other."""
    known = {**required, **(optional or {})}
    return {"type": "object", "required": [*required], "properties": known, "additionalProperties": False}


_LINK_TYPE = {"enum": ["other", "runbook", "image", "package"]}
_NEW_LINK = shape({"name": TEXT, "url": TEXT}, {"link_type": _LINK_TYPE, "direct_asset_path": TEXT})
_LINK = shape({"id": NUMBER, "name": TEXT, "url": TEXT, "link_type": _LINK_TYPE}, {"direct_asset_url": TEXT})
_LINKS = {"type": "array", "items": _LINK}
GITLAB = {
    "create": shape(
        {"tag_name": TEXT},
        {
            "name": TEXT,
            "description": TEXT,
            "ref": TEXT,
            "released_at": TIME,
            "assets": shape({"links": {"type": "array", "items": _NEW_LINK}}),
        },
    ),
    "edit": shape({}, {"name": TEXT, "description": TEXT, "released_at": TIME}),
    "release": shape(
        {
            "tag_name": TEXT,
            "name": TEXT,
            "description": TEXT,
            "created_at": TIME,
            "released_at": TIME,
            "upcoming_release": FLAG,
            "assets": shape({"count": NUMBER, "sources": {"type": "array"}, "links": _LINKS}),
            "_links": shape({"self": TEXT, "edit_url": TEXT}),
        }
    ),
    "create link": _NEW_LINK,
    "link": _LINK,
    "package": shape(
        {"id": NUMBER, "name": TEXT, "version": TEXT, "package_type": {"const": "generic"}, "status": TEXT}
    ),
    "package file": shape({"id": NUMBER, "file_name": TEXT, "size": NUMBER, "file_sha256": TEXT}),
}

_USER = {"type": "object", "required": ["id", "login"]}
_ATTACHMENT = shape(
    {
        "id": NUMBER,
        "name": TEXT,
        "size": NUMBER,
        "download_count": NUMBER,
        "created_at": TIME,
        "uuid": TEXT,
        "browser_download_url": TEXT,
        "type": {"enum": ["attachment", "external"]},
    }
)
FORGEJO = {
    "create": shape(
        {"tag_name": TEXT},
        {
            "name": TEXT,
            "body": TEXT,
            "draft": FLAG,
            "prerelease": FLAG,
            "target_commitish": TEXT,
            "hide_archive_links": FLAG,
        },
    ),
    "edit": shape(
        {},
        {
            "tag_name": TEXT,
            "name": TEXT,
            "body": TEXT,
            "draft": FLAG,
            "prerelease": FLAG,
            "target_commitish": TEXT,
            "hide_archive_links": FLAG,
        },
    ),
    "release": shape(
        {
            "id": NUMBER,
            "tag_name": TEXT,
            "target_commitish": TEXT,
            "name": TEXT,
            "body": TEXT,
            "url": TEXT,
            "html_url": TEXT,
            "tarball_url": TEXT,
            "zipball_url": TEXT,
            "upload_url": TEXT,
            "draft": FLAG,
            "prerelease": FLAG,
            "created_at": TIME,
            "published_at": TIME,
            "author": _USER,
            "hide_archive_links": FLAG,
            "archive_download_count": shape({"zip": NUMBER, "tar_gz": NUMBER}),
            "assets": {"type": "array", "items": _ATTACHMENT},
        }
    ),
    "attachment": _ATTACHMENT,
}
