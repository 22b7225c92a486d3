"""The lists of `tests/taken_out` fit today's code: each piece that is taken out is there, once, and so are the tests."""

import pytest
from taken_out.lists import LISTS
from taken_out.rule import ROOT, Rule

RULES = [pytest.param(rule, id=f"{name}: {rule.says}") for name, rules in LISTS.items() for rule in rules]


@pytest.mark.parametrize("rule", RULES)
def test_what_is_taken_out_stands_in_the_code_once(rule: Rule):
    for change in rule.changes:
        text = (ROOT / change.file).read_text()
        assert change.applied(text) != text
        if change.file.endswith(".py"):
            compile(change.applied(text), change.file, "exec")


@pytest.mark.parametrize("rule", RULES)
def test_the_tests_that_notice_exist(rule: Rule):
    for test in rule.tests:
        if test.startswith("tests/"):
            file, _, name = test.partition("::")
            assert not name or f"def {name.partition('[')[0]}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("name", LISTS)
def test_each_rule_is_told_once(name: str):
    told = [rule.says for rule in LISTS[name]]
    assert len(set(told)) == len(told)
