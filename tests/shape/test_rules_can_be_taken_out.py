"""The rules of `tests/taken_out` fit today's code: each text is there, once, and so are the tests."""

from collections import Counter

from taken_out.__main__ import RULES
from taken_out.rule import ROOT


def test_the_rules_that_are_taken_out_fit_the_code_and_the_tests():
    misfits = [words for rule in RULES for words in _misfits(rule)]
    assert not misfits, "\n".join(misfits)
    assert [says for says, times in Counter(rule.says for rule in RULES).items() if times > 1] == []


def _misfits(rule):
    for change in rule.changes:
        text = (ROOT / change.file).read_text()
        if text.count(change.old) == 1:
            compile(change.applied(text), change.file, "exec")
        else:
            yield f"{rule.says}: {change.file} has {text.count(change.old)} times, not once: {change.old!r}"
    for test in rule.tests:
        if test.startswith("tests/"):
            file, _, name = test.partition("::")
            if name and f"def {name.partition('[')[0]}(" not in (ROOT / file).read_text():
                yield f"{rule.says}: {test} is gone"
