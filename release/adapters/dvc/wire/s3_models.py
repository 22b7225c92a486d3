"""The one service whose tables botocore needs here."""

from __future__ import annotations

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader


class S3Models(Loader):  # type: ignore[misc]  # no type hints published
    """botocore's loader, which looks for tables in the folders of all 400 services before it reads those of one."""

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that have such a table, as far as they matter."""
        try:
            return ["s3"] if self.list_api_versions("s3", type_name) else []
        except DataNotFoundError:
            return []


def only_s3(loader: Loader) -> S3Models:
    """The same tables: AWS_DATA_PATH, `~/.aws/models` and botocore's own."""
    return S3Models(extra_search_paths=list(loader.search_paths), include_default_search_paths=False)
