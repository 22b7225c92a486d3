"""The page of limits has every limit, with its number, in the order of the code."""

import re
from pathlib import Path

from release.core import limits

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "limits.md"


def test_the_page_has_every_limit():
    here = [f"{value:,}" for name, value in vars(limits).items() if name.isupper()]
    assert sorted(re.findall(r"^\| [^|]+ \| ([0-9,]+) \|", PAGE.read_text(), re.MULTILINE)) == sorted(here)
