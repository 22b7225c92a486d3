"""A busy machine is no failure: what must not take forever has a mark, `@pytest.mark.timeout`."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent.parent
CLOCKS = {"monotonic", "perf_counter", "process_time"}


def test_no_test_asserts_a_duration():
    assert not [place for path in sorted(TESTS.rglob("*.py")) for place in _durations(path)]


def _durations(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assert):
            for part in ast.walk(node.test):
                if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub) and _reads_a_clock(part):
                    yield f"{path.relative_to(TESTS)}:{node.lineno}"


def _reads_a_clock(part: ast.AST) -> bool:
    return any(isinstance(node, ast.Attribute | ast.Name) and _name(node) in CLOCKS for node in ast.walk(part))


def _name(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id
