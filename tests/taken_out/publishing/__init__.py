"""The rules of how a release is made (docs/explanation/how-a-release-is-made.md), each from an experiment without it."""

from taken_out.publishing.following import FOLLOWING
from taken_out.publishing.guards import GUARDS
from taken_out.publishing.leftovers import LEFT_OVER
from taken_out.publishing.preparing import PREPARING
from taken_out.publishing.processes import PROCESSES
from taken_out.publishing.pushing import PUSHING
from taken_out.publishing.reading import READING
from taken_out.publishing.records import RECORDS
from taken_out.publishing.recovering import RECOVERING
from taken_out.publishing.refusing import REFUSING
from taken_out.rule import Rule

PUBLISHING: tuple[Rule, ...] = (
    *READING,
    *PREPARING,
    *REFUSING,
    *PUSHING,
    *RECOVERING,
    *FOLLOWING,
    *LEFT_OVER,
    *PROCESSES,
    *RECORDS,
    *GUARDS,
)
