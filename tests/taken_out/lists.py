"""The lists of rules, by the name they are called with."""

from taken_out.audit import AUDIT
from taken_out.publishing import PUBLISHING
from taken_out.rule import Rule

LISTS: dict[str, tuple[Rule, ...]] = {"audit": AUDIT, "publishing": PUBLISHING}
