"""What dvc.yaml and dvc.lock say together."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Rule

_READER = "release/adapters/dvc/pointers.py"
_YAML = "release/core/pointers/dvc_yaml.py"
_PLACING = "release/core/pointers/placing.py"
_MANY = "tests/dvc/test_audit_many.py"
_TEXTS = "tests/rules/test_pointer_files.py"

STAGES: tuple[Rule, ...] = (
    rule(
        "a stage that the lock does not know was never run",
        _PLACING,
        "            problems.append(never_run(out))\n",
        "            pass\n",
        row("F7b a stage that was never run"),
        row("F7c the lock is not committed"),
        row("an empty lock"),
    ),
    rule(
        "what a stage that was never run leaves to git is looked for in git",
        _PLACING,
        "if locked is None and declared.cache:",
        "if locked is None:",
        row("one item of a foreach was never run"),
    ),
    rule(
        "a lock's entry without its stage counts for nothing",
        _PLACING,
        "    for stage in stages:\n",
        "    left = {name: locked for name, locked in lock.items() if name not in {stage.name for stage in stages}}\n"
        "    more = [DeclaredStage(name=name, outs=tuple(DeclaredOut(path=out.path) for out in locked.outs))\n"
        "            for name, locked in left.items()]\n"
        "    for stage in (*stages, *more):\n",
        row("leftovers in the lock"),
    ),
    rule(
        "flags of a stage's out stand in dvc.yaml, not in the lock",
        _PLACING,
        "if declared.cache and declared.push and declared.remote is None:",
        "if True:",
        row("a pipeline"),
        row("a stage's out on another remote"),
    ),
    rule(
        "a stage's out is found in the lock by the very words of dvc.yaml, as in DVC",
        _PLACING,
        "recorded.get(declared.path, Recorded(path=declared.path",
        "recorded.get(posixpath.normpath(declared.path), Recorded(path=declared.path",
        row("outs that dvc.yaml spells otherwise than the lock"),
    ),
    rule(
        "a stage's outs lie in its working folder",
        _PLACING,
        "path = _located(declared.path, stage.wdir, at)",
        'path = _located(declared.path, ".", at)',
        "tests/rules/test_placing.py",
        "tests/dvc/test_tracked_data.py",
    ),
    rule(
        "metrics are outs",
        _YAML,
        '_LISTS = ("outs", "metrics", "plots")',
        '_LISTS = ("outs", "plots")',
        row("metrics that are not pushed"),
    ),
    rule(
        "plots are outs",
        _YAML,
        '_LISTS = ("outs", "metrics", "plots")',
        '_LISTS = ("outs", "metrics")',
        row("plots that are not pushed"),
    ),
    rule(
        "a plot's flags may stand in several pieces",
        _YAML,
        "properties = flags if isinstance(flags, list) else [flags]  # a plot may have several",
        "properties = flags[-1:] if isinstance(flags, list) else [flags]",
        f"{_TEXTS}::test_flags_stand_in_dvc_yaml",
    ),
    rule(
        "stages with foreach or matrix are resolved",
        _YAML,
        '{"foreach", "matrix", "vars"} & stage.keys()',
        '{"vars"} & stage.keys()',
        row("a loop alone"),
    ),
    rule(
        "an out with a template is resolved",
        _YAML,
        'if document.get("vars") or any("${" in text for text in _texts(document)):',
        'if document.get("vars"):',
        row("a template without a loop"),
    ),
    rule(
        "templates are resolved with the files of that commit, not of another",
        "release/adapters/dvc/resolve.py",
        "if all(files.id_of(path) == id for path, id in read.items()):",
        "if True:",
        f"{_MANY}::test_stages_that_other_files_decide_are_resolved_for_each_commit",
    ),
    rule(
        "the pointers of two commits with the same dvc.yaml may differ by the files of its templates",
        _READER,
        'others = tree if elsewhere else ""',
        'others = ""',
        f"{_MANY}::test_stages_that_other_files_decide_are_resolved_for_each_commit",
    ),
    rule(
        "templates that DVC cannot resolve make the commit unknown",
        _READER,
        'return Placed(problems=(not_understood(at.pointer, f"its stages cannot be resolved: {error}"),))',
        "return Placed()",
        f"{_MANY}::test_stages_that_dvc_cannot_resolve_make_the_commit_unknown",
    ),
    rule(
        "a pointer's outs lie in its working folder",
        _PLACING,
        "path = _located(recorded.path, file.wdir, at)",
        'path = _located(recorded.path, ".", at)',
        "tests/rules/test_placing.py",
        f"{_MANY}::test_a_pointer_that[has a working folder outside]",
    ),
)
