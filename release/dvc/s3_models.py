"""A loader of botocore's tables that knows only S3."""

from __future__ import annotations

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader


class S3Models(Loader):  # type: ignore[misc]  # no type hints published
    """botocore's loader without its search through the folders of all 400 services."""

    def list_available_services(self, type_name: str) -> list[str]:
        """Return S3 if it has such a table."""
        try:
            return ["s3"] if self.list_api_versions("s3", type_name) else []
        except DataNotFoundError:
            return []


def only_s3(loader: Loader) -> S3Models:
    """Return a loader with the same search path: AWS_DATA_PATH, `~/.aws/models` and botocore's own tables."""
    return S3Models(extra_search_paths=list(loader.search_paths), include_default_search_paths=False)
