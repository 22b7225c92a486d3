"""What a repository can be made of: each kind in variants, which differ in what they write."""

from collections.abc import Mapping
from dataclasses import dataclass

from generated.draft import Build


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of one sort. Of those with one `slot`, a repository has one.

    `breaks`: as a rule no clone can pull them. `mutates`: it changes what the kinds before it wrote.
    """

    name: str
    variants: Mapping[str, Build]
    breaks: bool = False
    mutates: bool = False
    slot: str = ""
