"""Each kind of out, before any store is asked."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Change, Rule

_READER = "release/adapters/dvc/pointers.py"
_OBSTACLES = "release/adapters/dvc/obstacles.py"
_FILE = "release/core/pointers/file.py"
_RULES = "release/core/pointers/rules.py"
_MANY = "tests/dvc/test_audit_many.py"
_TEXTS = "tests/rules/test_pointer_files.py"

KINDS: tuple[Rule, ...] = (
    rule(
        "an out without a hash is unrecorded: nobody can pull it",
        _RULES,
        "if out.oid is None and not out.cloud:",
        "if False:",
        row("F7 no hash"),
    ),
    rule(
        "an out with push: false is not restorable",
        _RULES,
        "    if not out.push:\n",
        "    if False:\n",
        row("F8b push: false"),
        row("push: false in a pointer"),
    ),
    rule(
        "an out with push: false is not asked of a remote",
        _RULES,
        "return out.cache and out.push and",
        "return out.cache and",
        row("push: false in a pointer"),
    ),
    rule(
        "an out left to git is asked of no remote",
        _RULES,
        "return out.cache and out.push and",
        "return out.push and",
        row("a file that a pointer leaves to git"),
    ),
    rule(
        "an out left to git needs no hash",
        _RULES,
        "    if not out.cache:\n        return ()\n",
        "",
        row("an out of a foreach left to git is not there"),
        row("one item of a foreach was never run"),
    ),
    rule(
        "an out left to git must be in git",
        _READER,
        "absent = [not_in_git(out) for out in left_to_git if not self._has(tree, out.path)]",
        "absent: list[Problem] = []",
        row("F8 an out left to git is not in git"),
    ),
    rule(
        "files of git inside a folder that DVC tracks are in the way of `dvc pull`",
        _OBSTACLES,
        'return shared_with_git(out) if entry.is_tree else in_the_way(out, "a file")',
        'return None if entry.is_tree else in_the_way(out, "a file")',
        row("a file of git in a tracked folder"),
    ),
    rule(
        "what dvc import brings is external: a failure",
        _RULES,
        'severity=Verdict.FAILED if config.external == "fail" else Verdict.WARNING',
        "severity=Verdict.WARNING",
        row("F18b dvc import whose source is gone"),
    ),
    rule(
        "what is external may be allowed",
        _RULES,
        'severity=Verdict.FAILED if config.external == "fail" else Verdict.WARNING',
        "severity=Verdict.FAILED",
        row("dvc import, allowed"),
    ),
    rule(
        "an import from another repository is not asked of our remote",
        _FILE,
        '    if dep.get("repo") is not None:\n        return Origin.IMPORT\n',
        "",
        row("dvc import, allowed"),
    ),
    rule(
        "import-url --no-download is external",
        _FILE,
        "return Origin.OWN if recorded else Origin.IMPORT_URL",
        "return Origin.OWN",
        row("F18 import-url --no-download whose source is gone"),
    ),
    rule(
        "what import-url downloaded is ours, and has to be pushed",
        _FILE,
        "return Origin.OWN if recorded else Origin.IMPORT_URL",
        "return Origin.IMPORT_URL",
        row("import-url"),
        row("import-url, not pushed, whose source is gone"),
    ),
    rule(
        "an import by version id that is not pushed is external",
        _FILE,
        '    if out.get("push") is False and versioned:\n        return Origin.IMPORT_URL\n',
        "",
        f"{_TEXTS}::test_bytes_that_only_a_version_elsewhere_keeps_are_not_ours",
    ),
    rule(
        "a pointer with several outs or dependencies is no import",
        _FILE,
        "if len(deps) != 1 or len(outs) != 1:",
        "if not deps or not outs:",
        f"{_TEXTS}::test_an_import_is_told_from_our_own_data",
        f"{_TEXTS}::test_a_file_with_two_outs_is_no_import",
    ),
    rule(
        "a hash of another kind than MD5 makes the commit unknown",
        _RULES,
        'if out.hash_name != "md5":',
        "if False:",
        f"{_MANY}::test_a_hash_that_is_not_handled_makes_the_commit_unknown",
    ),
    rule(
        "an out of DVC 2 lies in the old layout",
        _RULES,
        "return Layout.LEGACY if hash_name is None else Layout.MD5",
        "return Layout.MD5",
        row("objects of DVC 2"),
    ),
    rule(
        "an out of DVC 3 does not lie in the old layout",
        _RULES,
        "return Layout.LEGACY if hash_name is None else Layout.MD5",
        "return Layout.LEGACY",
        row("five files"),
    ),
    Rule(
        says="a file on a cloud-versioned remote needs no hash",
        changes=(
            Change(_RULES, "if out.oid is None and not out.cloud:", "if out.oid is None:"),
            Change(_RULES, "(out.oid is not None or bool(out.cloud))", "out.oid is not None"),
        ),
        tests=("tests/rules/test_audit_rules.py", "-k", "cloud_versioned or version_ids"),
    ),
    rule(
        "an entry of a cloud-versioned folder does not lead out of it",
        _FILE,
        'if not is_inside(relpath or ""):',
        "if False:",
        f"{_TEXTS}::test_a_dvc_file_may_not_say[files that climb]",
    ),
    rule(
        "an out on two cloud-versioned remotes is refused, as DVC does",
        _FILE,
        "if len(cloud) > 1:",
        "if False:",
        f"{_TEXTS}::test_a_dvc_file_may_not_say[two clouds]",
    ),
)
