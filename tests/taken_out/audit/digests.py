"""The verdict on a commit, and the digest of what it needs."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Rule

_DIGEST = "release/core/audit/digest.py"
_JUDGING = "release/flows/auditing/judging.py"

DIGESTS: tuple[Rule, ...] = (
    rule(
        "the worst problem is the verdict: a failure before what is unknown",
        "release/core/pointers/rules.py",
        "for each in (Verdict.FAILED, Verdict.UNKNOWN) if each in severities",
        "for each in (Verdict.UNKNOWN, Verdict.FAILED) if each in severities",
        "tests/rules/test_remote_rules.py::test_the_verdict_is_the_worst_of_the_problems_whatever_their_order",
    ),
    rule(
        "what is unknown is never sound",
        "release/core/pointers/rules.py",
        "for each in (Verdict.FAILED, Verdict.UNKNOWN) if each in severities",
        "for each in (Verdict.FAILED,) if each in severities",
        row("an out with a key that nobody knows"),
    ),
    rule(
        "a commit that is not sound has no digest",
        _JUDGING,
        "whole = verdict is Verdict.OK and None not in known.sizes.values()",
        "whole = None not in known.sizes.values()",
        row("F5 one byte short"),
    ),
    rule(
        "without the sizes of all objects there is no digest",
        _JUDGING,
        "whole = verdict is Verdict.OK and None not in known.sizes.values()",
        "whole = verdict is Verdict.OK",
        "tests/remotes/test_sizes_untold.py::test_without_sizes_a_release_is_proved_and_has_no_digest",
    ),
    rule(
        "the digest is of every object once, in an order of its own",
        _DIGEST,
        "ordered = sorted(set(lines))",
        "ordered = list(lines)",
        "tests/rules/test_digest.py",
    ),
    rule(
        "the digest is of layout, name and size",
        _DIGEST,
        'return f"{key.layout}:{key.oid}:{size_bytes}"',
        "return key.oid",
        "tests/rules/test_digest.py",
    ),
    rule(
        "the digest of a version is of its path and id",
        _DIGEST,
        'return f"{key.layout}:{path}:{version_id}"',
        'return f"{key.layout}:{path}"',
        "tests/rules/test_digest.py",
    ),
)
