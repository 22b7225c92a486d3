"""Short ways to write a rule down, and the tests that notice."""

from taken_out.rule import Change, Rule

_TRUTH = "tests/dvc/test_audit_truth.py::test_the_verdict_is_what_a_fresh_clone_can_pull"
_VERSIONS = "tests/remotes/test_versions_and_the_truth.py::test_the_verdict_on_versions_is_what_a_fresh_clone_can_pull"


def rule(says: str, file: str, old: str, new: str, *tests: str) -> Rule:
    """A rule that stands in one place."""
    return Rule(says=says, changes=(Change(file, old, new),), tests=tests)


def row(name: str) -> str:
    """A row of the table whose truth is a fresh clone and `dvc pull`."""
    return f"{_TRUTH}[{name}]"


def versions(name: str) -> str:
    """A row of the same table on a bucket that keeps versions."""
    return f"{_VERSIONS}[{name}]"
