"""Help lines are pasted: each part of one that is not written in the code is quoted for the shell, told by reading the code."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import release
from release.app import COMMANDS

ROOT = Path(release.__file__).parent
QUOTING = {"quote", "command_line", "toml", "many", "len", "with_typed"}  # the last adds words that it quotes
PASSING_ON = {
    "plain",
    "first",
    "shown",
    "for_terminal",
    "str",
    "next",
    "min",
    "sorted",
    "list",
    "fromkeys",
    "join",
    "format",
    "replace",
}
# Lines made elsewhere, and looked at there; versions and ids of objects, whose grammar has nothing for a shell.
ATTRIBUTES = {"help", "grant", "version", "object_id", "pid", "command_path"}
GIVEN = {"help", "grant", "example"}
OWN = {"commands/demo/work.py", "system/demo_shell.py"}  # the demo's commands have no word of anybody else
VERBS = (
    "add|checkout|clone|commit|config|fetch|fsck|get|ls-remote|merge|pull|push|rebase|remote|remove|repro|rm|show|status|"
    "switch|tag|update-index|update-ref|worktree"
)
A_COMMAND = re.compile(
    rf"\b(?:(?<!the )(?:git|dvc) (?:{VERBS})|release (?:{'|'.join(COMMANDS)})|rm|mv|ls|chmod|cd|mkdir|unset|pip install) [^:;,.()`&|\\n]*$"
)
PARTS: dict[type[ast.expr], Callable[[Any], Sequence[ast.expr]]] = {
    ast.JoinedStr: lambda node: node.values,
    ast.FormattedValue: lambda node: [node.value],
    ast.IfExp: lambda node: [node.body, node.orelse],
    ast.BoolOp: lambda node: node.values,
    ast.BinOp: lambda node: [node.left] if isinstance(node.op, ast.Mult) else [node.left, node.right],
    ast.List: lambda node: node.elts,
    ast.Tuple: lambda node: node.elts,
    ast.Dict: lambda node: node.values,
    ast.ListComp: lambda node: [node.elt],
    ast.GeneratorExp: lambda node: [node.elt],
    ast.Starred: lambda node: [node.value],
    ast.Subscript: lambda node: [node.value],
    ast.NamedExpr: lambda node: [node.value],
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Code:
    """The package's functions, calls and assignments by name."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.calls: dict[str, list[ast.Call]] = defaultdict(list)
        self.constants: dict[str, list[ast.expr]] = defaultdict(list)
        self.within: dict[ast.AST, Function] = {}
        self.file_of: dict[ast.AST, Path] = {}
        self.classes: dict[Function, str] = {}
        for path, text in texts.items():
            self._visit(ast.parse(text), path, None)
        self._known: dict[tuple[object, ...], bool] = {}

    def _visit(self, node: ast.AST, path: Path, inside: Function | None) -> None:
        for child in ast.iter_child_nodes(node):
            self.file_of[child] = path
            if inside is not None:
                self.within[child] = inside
            if isinstance(child, ast.Call):
                self.calls[name_of(child.func)].append(child)
            if isinstance(child, Function):
                self.functions[child.name].append(child)
                if isinstance(node, ast.ClassDef):
                    self.classes[child] = node.name
            if isinstance(child, ast.Assign) and inside is None:
                for target in child.targets:
                    if isinstance(target, ast.Name):
                        self.constants[target.id].append(child.value)
            self._visit(child, path, child if isinstance(child, Function) else inside)

    def is_safe(self, node: ast.expr | None) -> bool:
        """Tell whether the text of an expression holds nothing but literals and quoted words."""
        match node:
            case None | ast.Constant() | ast.Attribute(value=ast.Name(id="CheckName")):
                return True
            case ast.Subscript(value=ast.Call(func=function), slice=ast.Constant(value=int(at))):
                return self._returns_are_safe(function, at)
            case ast.Name():
                return self._name_is_safe(node)
            case ast.Attribute():
                return node.attr in ATTRIBUTES or self._returns_are_safe(node)
            case ast.Call():
                return self._call_is_safe(node)
            case _:
                pass
        whole = not (isinstance(node, ast.JoinedStr) and is_inside_quotes(node))
        return whole and type(node) in PARTS and all(map(self.is_safe, PARTS[type(node)](node)))

    def _call_is_safe(self, call: ast.Call) -> bool:
        name = name_of(call.func)
        if name in QUOTING:
            return True
        if name in PASSING_ON:
            inner = (
                call.func.value
                if name in ("join", "format", "replace") and isinstance(call.func, ast.Attribute)
                else None
            )
            return self.is_safe(inner) and all(map(self.is_safe, call.args))
        return self._returns_are_safe(call.func)

    def _once(self, key: tuple[object, ...], values: Callable[[], Iterable[ast.expr | None]]) -> bool:
        if key not in self._known:
            self._known[key] = True  # while it is asked: a call of itself
            self._known[key] = all(map(self.is_safe, values()))
        return self._known[key]

    def _visible(self, name: str, place: ast.AST, found: Iterable[ast.AST]) -> list[Any]:
        """Those of a name that a place can mean: what begins with `_` belongs to its file."""
        here = self.file_of[place]
        return [each for each in found if not name.startswith("_") or self.file_of[each] is here]

    def _returns_are_safe(self, function: ast.expr, at: int | None = None) -> bool:
        """Tell whether a function or property returns nothing else; of a tuple, the part at `at`."""
        name = name_of(function)
        functions = self._visible(name, function, self.functions.get(name, []))
        texts = [each for each in functions if not is_annotated_safely(each.returns)]

        def returned() -> Iterator[ast.expr | None]:
            for each in texts:
                for node in ast.walk(each):
                    if isinstance(node, ast.Return):
                        whole = node.value
                        yield whole.elts[at] if at is not None and isinstance(whole, ast.Tuple) else whole

        return bool(functions) and self._once((name, at, *map(id, texts)), returned)

    def _name_is_safe(self, name: ast.Name) -> bool:
        function = self.within.get(name)
        while function is not None:
            given = list(assigned(function, name.id))
            if name.id in parameters(function):
                annotations = [each.annotation for each in arguments(function) if each.arg == name.id]
                if name.id in GIVEN or is_annotated_safely(annotations[0]):
                    return True
                given += self._given_to(function, name.id)
            if given:
                return self._once((name.id, id(function)), lambda given=given: given)  # type: ignore[misc]
            function = self.within.get(function)
        values = self._visible(name.id, name, self.constants.get(name.id, []))
        return bool(values) and all(map(self.is_safe, values))

    def _given_to(self, function: Function, name: str) -> Iterator[ast.expr | None]:
        names = parameters(function)
        called = self.classes[function] if function.name == "__init__" else function.name
        for call in self._visible(called, function, self.calls.get(called, [])):
            given = {word.arg: word.value for word in call.keywords} | dict(zip(names, call.args, strict=False))
            if name in given:
                yield given[name]
        yield from function.args.defaults


def is_annotated_safely(annotation: ast.expr | None) -> bool:
    """Tell whether a type has only values with nothing for a shell."""
    return annotation is not None and ast.unparse(annotation) in {"int", "Version"}


def is_inside_quotes(text: ast.JoinedStr) -> bool:
    """Tell whether a part stands where a literal has opened a quote: its own quotes would close that one."""
    before = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            before += str(part.value)
        elif re.search(r"""["'`](?!\$\()""", re.sub(r"""'[^']*'|"[^"]*"|`[^`]*`""", "", before)):
            return True
    return False


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def arguments(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def parameters(function: Function) -> list[str]:
    names = [each.arg for each in arguments(function)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def assigned(function: Function, name: str) -> Iterator[ast.expr | None]:
    """Every value that a name is given in a function; of what is looped over, the whole."""
    for node in ast.walk(function):
        value, looped = getattr(node, "value", None), getattr(node, "iter", None)
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            found = [at for at, each in enumerate(names) if isinstance(each, ast.Name) and each.id == name]
            for at in found:
                yield looped or (part(value, at) if len(names) > 1 and value else value)


def part(value: ast.expr, at: int) -> ast.expr:
    return value.elts[at] if isinstance(value, ast.Tuple) else ast.Subscript(value, ast.Constant(at), ast.Load())


def given_helps(code: Code) -> Iterator[ast.expr]:
    """What is given as `help`, by name or by place."""
    for name, calls in code.calls.items():
        for call in calls:
            yield from (word.value for word in call.keywords if word.arg in GIVEN)
            of_a_class = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value)[0].isupper()
            for function in code.functions.get(name, []):
                names = parameters(function)
                if (function in code.classes) is of_a_class and "help" in names[: len(call.args)]:
                    yield call.args[names.index("help")]


def parts_of_commands(code: Code) -> Iterator[ast.expr]:
    """What stands behind `help: `, or in a command within any text."""
    for node in code.file_of:
        if isinstance(node, ast.JoinedStr):
            before = ""
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and ("help: " in before or A_COMMAND.search(before)):
                    yield part
                before += str(part.value) if isinstance(part, ast.Constant) else "{}"


def unquoted(code: Code) -> list[str]:
    lines = [line for line in (*given_helps(code), *parts_of_commands(code)) if not code.is_safe(line)]
    return sorted({f"{code.file_of[line]}:{line.lineno}: {ast.unparse(line)}" for line in lines})


def test_every_word_of_a_help_line_that_is_not_ours_is_quoted():
    paths = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).as_posix() not in OWN]
    found = unquoted(Code({path: path.read_text() for path in paths}))
    assert not found, "\n".join(["not quoted:", *found])


@pytest.mark.parametrize(
    ("line", "fine"),
    [
        ("raise Refused('x', help=f'git add {path}')", False),
        ("raise Refused('x', help=f'git add {quote(path)}')", True),
        ("raise Refused('x', help=f'git add \"{quote(path)}\"')", False),
        ("raise Refused('x', help=f\"the store's key: {quote(path)}\")", False),
        ("raise Refused('x', help=command_line('git', 'add', names=(path,)) + path)", False),
        ("line = f'release show {path}'", False),
        ("print(f'help: {path}')", False),
        ("words = path if path else quote(path); raise Refused('x', help=words)", False),
        ("words = quote(path); raise Refused('x', help=f'{words}, then run again')", True),
        ("raise Refused('x', help=_mend(path))", False),
    ],
)
def test_the_reading_tells_quoted_from_unquoted(line, fine):
    text = f"def _mend(path):\n    return f'mend {{path}}'\n\ndef do(path):\n    {line}\n"
    assert (unquoted(Code({Path("x.py"): text})) == []) is fine
