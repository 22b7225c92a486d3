"""What a store says of an object, and what that proves."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_PROOF = "release/adapters/dvc/evidence.py"
_S3 = "release/adapters/dvc/wire/s3.py"
_AZURE = "release/adapters/dvc/wire/azure.py"
_HTTP = "release/adapters/dvc/wire/http.py"
_TREE = "release/adapters/dvc/wire/tree.py"
_EVERY = "tests/remotes/test_every_remote.py"
_S3_ALONE = "tests/remotes/test_s3_in_particular.py"
_WEB = "tests/remotes/test_web_in_particular.py"
_EVIDENCE = "tests/rules/test_store_evidence.py"

EVIDENCE: tuple[Rule, ...] = (
    rule(
        "an ETag under KMS or a customer's key is no MD5",
        _PROOF,
        "if etag is None or encryption in _KEYED or customer_key:",
        "if etag is None:",
        f"{_EVIDENCE}::test_an_etag_is_evidence_only_where_it_is_the_contents_md5",
    ),
    rule(
        "an ETag of an upload in parts is no MD5",
        _PROOF,
        "    return bare if _MD5.fullmatch(bare) else None\n",
        '    return bare.partition("-")[0]\n',
        f"{_S3_ALONE}::test_parts_leave_no_evidence_and_no_false_alarm",
    ),
    rule(
        "a storage class that cannot be read at once is archived",
        _PROOF,
        "    return storage_class if storage_class in _S3_ARCHIVES else None\n",
        "    return None\n",
        f"{_S3_ALONE}::test_an_archived_object_is_named_so_and_its_neighbours_are_not",
    ),
    rule(
        "a class that can be read at once is not archived",
        _PROOF,
        "    return storage_class if storage_class in _S3_ARCHIVES else None\n",
        '    return storage_class if storage_class not in (None, "STANDARD") else None\n',
        f"{_EVIDENCE}::test_archived_is_what_cannot_be_read_now",
    ),
    rule(
        "a tier of Intelligent-Tiering that sleeps is archived",
        _PROOF,
        "    if archive:\n        return archive\n",
        "",
        f"{_EVIDENCE}::test_archived_is_what_cannot_be_read_now",
    ),
    rule(
        "a restored copy can be read",
        _PROOF,
        "    if restore is not None and 'ongoing-request=\"false\"' in restore:\n        return None\n",
        "",
        f"{_EVIDENCE}::test_archived_is_what_cannot_be_read_now",
    ),
    rule(
        "a store's word on an object of DVC 2 proves and never disproves",
        _PROOF,
        'if key.layout == Layout.LEGACY.value and stored.md5 != key.oid.removesuffix(".dir"):',
        "if False:",
        f"{_EVIDENCE}::test_evidence_of_the_old_layout_proves_and_never_disproves",
    ),
    rule(
        "a Content-MD5 is evidence",
        _PROOF,
        "    return digest.hex() if len(digest) == 16 else None\n",
        "    return None\n",
        f"{_EVIDENCE}::test_any_md5_survives_its_base64",
    ),
    rule(
        "an archived blob of Azure cannot be restored",
        _AZURE,
        'archived=tier if tier.lower() == "archive" else None,',
        "archived=None,",
        "tests/remotes/test_azure_in_particular.py::test_an_archived_blob_is_named_so_and_its_neighbours_are_not",
    ),
    rule(
        "Azure's Content-MD5 is evidence",
        _AZURE,
        "md5=bytes(md5).hex() if md5 and len(md5) == 16 else None,",
        "md5=None,",
        _EVERY,
        "-k",
        "other_bytes and azure",
    ),
    rule(
        "an object of S3 that is not there is missing, no error",
        _S3,
        "            if _code(error) == 404:\n                return None\n            raise\n        bucket_kind",
        "            raise\n        bucket_kind",
        f"{_EVERY}::test_one_missing_object_is_missed_and_no_other",
        "-k",
        "s3 and 5 and entry and not versioned",
    ),
    rule(
        "an object of Azure that is not there is missing, no error",
        _AZURE,
        '            if getattr(error, "status_code", None) == 404:\n                return None\n            raise\n',
        "            raise\n",
        f"{_EVERY}::test_one_missing_object_is_missed_and_no_other",
        "-k",
        "azure and 5 and entry",
    ),
    rule(
        "a refusal of Azure is no absence",
        _AZURE,
        '            if getattr(error, "status_code", None) == 404:\n                return None\n            raise\n',
        "            return None\n",
        _EVERY,
        "-k",
        "refuses and azure",
    ),
    rule(
        "a server without HEAD is asked for one byte",
        _HTTP,
        "            if answer.status not in _NO_HEAD:\n",
        "            if True:\n",
        f"{_WEB}::test_a_server_without_head_is_asked_for_one_byte",
    ),
    rule(
        "an empty object has no first byte, and is there",
        _HTTP,
        "            if answer.status == 416:  # not one byte is there: an empty object\n                return Stored(size_bytes=0)\n",
        "",
        f"{_WEB}::test_a_server_without_head_is_asked_for_one_byte",
    ),
    rule(
        "a web server's 404 is absence",
        _HTTP,
        "    if answer.status in (404, 410):\n        return None\n",
        "",
        f"{_EVERY}::test_one_missing_object_is_missed_and_no_other",
        "-k",
        "http and 5 and entry",
    ),
    rule(
        "a web server's error is no absence",
        _HTTP,
        "    answer.raise_for_status()\n    return Stored",
        "    if answer.status >= 400:\n        return None\n    return Stored",
        f"{_WEB}::test_a_server_error_is_not_absence",
    ),
    rule(
        "a web server that is refused while reading is no absence",
        _HTTP,
        "            answer.raise_for_status()\n        return answer\n",
        "            raise FileNotFoundError(url)\n        return answer\n",
        _EVERY,
        "-k",
        "reading_what_is_refused and http",
    ),
    rule(
        "a file of a server's folder that is not there is missing, no error",
        _TREE,
        "            if missing_status(error):\n                return None\n            raise\n",
        "            raise\n",
        f"{_EVERY}::test_one_missing_object_is_missed_and_no_other",
        "-k",
        "(ssh or webdav) and 5 and entry",
    ),
    rule(
        "a folder that cannot be listed is no empty folder",
        _TREE,
        "            if not missing_status(error):\n                raise\n            listed = ()\n",
        "            listed = ()\n",
        _EVERY,
        "-k",
        "refuses and (ssh or webdav)",
    ),
    rule(
        "a folder on a server that does not exist holds nothing",
        _TREE,
        "            if not missing_status(error):\n                raise\n            listed = ()\n",
        "            raise\n",
        _EVERY,
        "-k",
        "base_folder and (ssh or webdav)",
    ),
    rule(
        "a folder on a server in the place of an object is no object",
        _TREE,
        '        return _stored(entry) if entry.get("type") == "file" else None\n',
        "        return _stored(entry)\n",
        "tests/remotes/test_folders_on_servers.py::test_a_folder_in_the_place_of_an_object_is_none",
    ),
)
