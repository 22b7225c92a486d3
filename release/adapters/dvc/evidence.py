"""Evidence that a store gives of an object's content and availability without its bytes being read."""

from __future__ import annotations

import binascii
import re

from msgspec.structs import replace

from release.adapters.dvc.store import Stored
from release.core.pointers.pointer import Layout, ObjectKey

_MD5_DIGITS = re.compile(r"[0-9a-f]{32}")
_S3_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})  # GLACIER_IR is readable at once
_KEYED = frozenset({"aws:kms", "aws:kms:dsse"})


def md5_of_etag(etag: str | None, *, encryption: str | None = None, customer_key: bool = False) -> str | None:
    """Return the MD5 in an S3 ETag; None if the ETag is something else.

    It is the content's MD5 for single-part uploads that are plain or encrypted with S3's own key. With
    KMS or a customer's key it is random; for multipart uploads it contains a `-`.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if etag is None or encryption in _KEYED or customer_key:
        return None
    bare = etag.strip('"')
    return bare if _MD5_DIGITS.fullmatch(bare) else None


def md5_of_base64(text: str | None) -> str | None:
    """Return the MD5 (hex) in a `md5Hash` of Google or a `Content-MD5`; None if there is none."""
    if not text:
        return None
    try:
        digest = binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == 16 else None


def s3_archive(storage_class: str | None, *, restore: str | None = None, archive: str | None = None) -> str | None:
    """Return the storage class or tier that prevents reading an S3 object; None if it can be read.

    `restore` is the `x-amz-restore` header (a finished restore makes a readable copy), `archive` the
    archive tier of Intelligent-Tiering.
    """
    if restore is not None and 'ongoing-request="false"' in restore:
        return None
    if archive:
        return archive
    return storage_class if storage_class in _S3_ARCHIVES else None


def expected_md5(key: ObjectKey) -> str | None:
    """Return the MD5 that the object's bytes must have; None if its name does not say.

    Objects of DVC 2 are named by the MD5 of their text with Unix line ends, which the bytes need not have.
    """
    if key.layout != Layout.MD5.value:
        return None
    name = key.oid.removesuffix(".dir")
    return name if _MD5_DIGITS.fullmatch(name) else None


def fitting(key: ObjectKey, stored: Stored) -> Stored:
    """Return `stored` without an MD5 that proves nothing, as the object is named by another hash."""
    if key.layout == Layout.LEGACY.value and stored.md5 != key.oid.removesuffix(".dir"):
        return replace(stored, md5=None)
    return stored
