"""Blocks of pages that tests write: `REWRITE_GOLDEN=1` writes them again, without it they are compared."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference"
_REWRITE = "REWRITE_GOLDEN" in os.environ  # read before the tests' environment is closed


def compare(page: Path, block: str, text: str) -> None:
    """Compare what is between the markers of a block with `text`, or write it there."""
    found = re.compile(rf"(<!-- generated: {block} -->\n)(.*?)(<!-- end -->)", re.DOTALL)
    before = page.read_text()
    assert len(found.findall(before)) == 1, f"{page.name} needs one block `{block}`"
    if _REWRITE:
        page.write_text(found.sub(lambda match: match[1] + text + match[3], before))
    assert found.findall(page.read_text())[0][1] == text
