"""Schemas of what GitLab and Forgejo take and answer, from their documentation; nothing else is allowed.

docs.gitlab.com/api/releases, /api/releases/links, /api/packages, /user/packages/generic_packages,
/api/merge_requests and /api/issues (18.1); codeberg.org/api/swagger: CreateReleaseOption, EditReleaseOption, Release, Attachment,
CreatePullRequestOption, EditPullRequestOption, PullRequest, PRBranchInfo, CreateIssueOption, EditIssueOption, Issue
(Forgejo 11).
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
    "open request": shape(
        {"source_branch": TEXT, "target_branch": TEXT, "title": {"type": "string", "maxLength": 255}},
        {"description": {"type": "string", "maxLength": 1_048_576}, "remove_source_branch": FLAG},
    ),
    "edit request": shape(
        {},
        {
            "title": {"type": "string", "maxLength": 255},
            "description": {"type": "string", "maxLength": 1_048_576},
            "state_event": {"enum": ["close", "reopen"]},
        },
    ),
    "request": shape(
        {
            "id": NUMBER,
            "iid": NUMBER,
            "project_id": NUMBER,
            "source_project_id": NUMBER,
            "target_project_id": NUMBER,
            "title": TEXT,
            "description": TEXT,
            "state": {"enum": ["opened", "closed", "locked", "merged"]},
            "source_branch": TEXT,
            "target_branch": TEXT,
            "sha": TEXT,
            "merged_at": {"anyOf": [TIME, {"type": "null"}]},
            "created_at": TIME,
            "updated_at": TIME,
            "web_url": TEXT,
            "author": {"type": "object", "required": ["id", "username"]},
            "draft": FLAG,
            "force_remove_source_branch": FLAG,
        }
    ),
    "open issue": shape({"title": {"type": "string", "maxLength": 255}}, {"description": TEXT}),
    "edit issue": shape({}, {"description": TEXT, "state_event": {"enum": ["close", "reopen"]}}),
    "issue": shape(
        {
            "id": NUMBER,
            "iid": NUMBER,
            "project_id": NUMBER,
            "title": TEXT,
            "description": {"type": ["string", "null"]},
            "state": {"enum": ["opened", "closed"]},
            "web_url": TEXT,
            "created_at": TIME,
            "author": {"type": "object", "required": ["id", "username"]},
        }
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
_BRANCH = shape(
    {
        "label": TEXT,
        "ref": TEXT,
        "sha": TEXT,
        "repo_id": NUMBER,
        "repo": {"type": "object", "required": ["id", "name", "full_name", "owner"]},
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
    "open request": shape({"base": TEXT, "head": TEXT, "title": {"type": "string", "maxLength": 255}}, {"body": TEXT}),
    "edit request": shape(
        {}, {"title": {"type": "string", "maxLength": 255}, "body": TEXT, "state": {"enum": ["open", "closed"]}}
    ),
    "request": shape(
        {
            "id": NUMBER,
            "number": NUMBER,
            "url": TEXT,
            "html_url": TEXT,
            "title": TEXT,
            "body": TEXT,
            "state": {"enum": ["open", "closed"]},
            "draft": FLAG,
            "merged": FLAG,
            "merged_at": {"anyOf": [TIME, {"type": "null"}]},
            "created_at": TIME,
            "updated_at": TIME,
            "user": _USER,
            "head": _BRANCH,
            "base": _BRANCH,
        }
    ),
    "open issue": shape({"title": TEXT}, {"body": TEXT}),
    "edit issue": shape({}, {"title": TEXT, "body": TEXT, "state": {"enum": ["open", "closed"]}}),
    "issue": shape(
        {
            "id": NUMBER,
            "number": NUMBER,
            "url": TEXT,
            "html_url": TEXT,
            "title": TEXT,
            "body": TEXT,
            "state": {"enum": ["open", "closed"]},
            "created_at": TIME,
            "user": _USER,
            "pull_request": {"anyOf": [{"type": "object"}, {"type": "null"}]},
        }
    ),
}
