"""The rules of the audit (docs/reference/verify.md): without one, a verdict differs from what `dvc pull` gets."""

from taken_out.rule import Change, Rule

_TRUTH = "tests/dvc/test_audit_truth.py"

_RULES = "release/core/audit/rules.py"

AUDIT: tuple[Rule, ...] = (
    Rule(
        says="an object that is not on the remote is missing",
        changes=(Change(_RULES, "    if stored is None:\n        what = ", "    if False:\n        what = "),),
        tests=(_TRUTH, "-k", "F0 or F2"),
    ),
)
