"""Which pointers a commit has: below which DVC repository, hidden, left out, or not here at all."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Change, Rule

_READER = "release/adapters/dvc/pointers.py"
_ASSEMBLED = "release/core/pointers/assembled.py"
_IGNORED = "release/adapters/dvc/ignored.py"
_SCAN = "release/adapters/dvc/scan.py"
_AUDIT = "release/flows/auditing/audit.py"
_MANY = "tests/dvc/test_audit_many.py"

COMMITS: tuple[Rule, ...] = (
    rule(
        "pointers without a .dvc folder above them are told: DVC does not work there",
        _READER,
        "[no_dvc(at.pointer) if root is None else skipped(at)] if placed.outs else []",
        "[] if root is None else [skipped(at)] if placed.outs else []",
        row("pointers without a .dvc folder"),
    ),
    rule(
        "a file named .dvc beside pointers is told: DVC skips that folder without a word",
        _READER,
        "in_the_way = {posixpath.dirname(each.path) for each in found if is_in_the_way(each)}",
        "in_the_way: set[str] = set()",
        row("a file that is named like DVC's folder"),
    ),
    rule(
        "a submodule that is named like a pointer is none",
        _READER,
        "if name in _NO_POINTERS or pointer.mode == SUBMODULE_MODE:",
        "if name in _NO_POINTERS:",
        row("a submodule that is named like a pointer"),
    ),
    rule(
        "a folder that is named like a pointer is looked into",
        _SCAN,
        'if is_tree and name != b".dvc":',
        'if is_tree and not name.endswith(b".dvc"):',
        row("a loss in a folder named like a pointer"),
    ),
    rule(
        "a folder that is named like a pointer is no pointer",
        _SCAN,
        "and (not is_tree or name in _FOLDERS):",
        "and (not is_tree or name not in ()):",
        row("a folder that is named like a pointer"),
    ),
    rule(
        "what lies in DVC's own folder is no pointer",
        _SCAN,
        'if is_tree and name != b".dvc":',
        "if is_tree:",
        "tests/dvc/test_which_pointers_count.py::test_what_lies_in_dvcs_own_folder_is_no_pointer",
    ),
    rule(
        "a pointer that .dvcignore hides is not asked for, as in DVC",
        _READER,
        "if root is not None and ignored.hides(pointer.path, root):",
        "if False:",
        row("pointers that DVC ignores"),
    ),
    rule(
        "a pointer that .dvcignore hides is named with the verdict",
        _READER,
        "                excluded.append(pointer.path)\n",
        "",
        "tests/dvc/test_which_pointers_count.py::test_a_pointer_that_dvc_ignores_is_named_with_the_verdict",
    ),
    rule(
        "a folder's .dvcignore can give back what one above it hides",
        _IGNORED,
        'old, prefix = (above.pattern_list, above.dirname) if above is not None else ([], "/")',
        'old, prefix = ([], "/")',
        row("pointers that two .dvcignore files hide"),
    ),
    Rule(
        says="a folder's .dvcignore says nothing of its neighbours",
        changes=(
            Change(_IGNORED, 'and f"{folder}/".startswith(each) for', "for"),
            Change(
                _IGNORED,
                'own = self._lines.get(f"{base}{folder}/" if folder else base)',
                "own = [line for lines in self._lines.values() for line in lines]",
            ),
        ),
        tests=(row("F20 a pointer beside a folder's .dvcignore"),),
    ),
    rule(
        "a .dvcignore outside of a subrepo hides nothing in it",
        _IGNORED,
        'return any(each.startswith(base) and f"{folder}/".startswith(each) for each in self._lines)',
        'return any(f"{folder}/".startswith(each) for each in self._lines)',
        row("F20 a subrepo that is hidden from outside only"),
    ),
    rule(
        "a .dvcignore with a pattern that is none is told: every command of DVC fails",
        _READER,
        "        problems += [unreadable(path, reason) for path, reason in ignored.unreadable.items()]\n",
        "",
        row("an ignore pattern that is none"),
    ),
    rule(
        "an out belongs to the nearest DVC repository above it",
        _READER,
        "root = root_of(pointer.path, roots.keys() | in_the_way)",
        'root = "" if "" in roots else None',
        row("a subrepo"),
    ),
    rule(
        "a subrepo has its own configuration",
        _READER,
        'roots[posixpath.dirname(each.path)] = b"" if entry is None else self._config(entry.id)',
        'roots[posixpath.dirname(each.path)] = b"" if entry is None or each.path != ".dvc" else self._config(entry.id)',
        row("a subrepo"),
    ),
    rule(
        "an out that the configuration excludes is not asked for",
        _ASSEMBLED,
        "audited = tuple(out for out in outs if not is_out(out.path))",
        "audited = tuple(outs)",
        f"{_MANY}::test_excluded_paths_are_named_and_not_asked_for",
    ),
    rule(
        "what the configuration excludes is named with the verdict",
        _ASSEMBLED,
        "excluded=tuple(sorted({*excluded, *taken_out})),",
        "excluded=tuple(sorted(excluded)),",
        f"{_MANY}::test_excluded_paths_are_named_and_not_asked_for",
    ),
    rule(
        "a broken pointer can be excluded, too",
        _ASSEMBLED,
        "bad = [problem for problem in problems if not is_out(problem.path)]",
        "bad = problems",
        f"{_MANY}::test_a_broken_pointer_can_be_excluded_too",
    ),
    rule(
        "exclusions are paths from the project's own folder",
        _ASSEMBLED,
        "return matches_any(path.removeprefix(prefix), config.audit.exclude)",
        "return matches_any(path, config.audit.exclude)",
        f"{_MANY}::test_only_pointers_below_the_project_folder_count",
    ),
    rule(
        "of a project in a subfolder only the pointers below it count",
        _READER,
        "        if not folder:\n            return self._memory.scan.below(self._objects, tree)\n",
        "        if True:\n            return self._memory.scan.below(self._objects, tree)\n",
        f"{_MANY}::test_only_pointers_below_the_project_folder_count",
    ),
    rule(
        "a project in a subfolder belongs to the DVC repository above it",
        _READER,
        "            above += [\n                Found(path",
        "            _ = [\n                Found(path",
        f"{_MANY}::test_only_pointers_below_the_project_folder_count",
    ),
    rule(
        "a commit whose trees are not all here is unknown, and fails alone",
        _SCAN,
        "            if id not in self._trees:\n                raise ObjectMissing(",
        "            if id not in self._trees:\n                self._trees[id] = _Tree((), ())\n            if False:\n"
        "                raise ObjectMissing(",
        f"{_MANY}::test_a_commit_whose_objects_are_not_here_is_unknown_alone",
    ),
    rule(
        "a commit whose pointers are not all here is unknown, and fails alone",
        _READER,
        "        if found.id not in self._memory.blobs:\n            raise ObjectMissing(",
        '        if found.id not in self._memory.blobs:\n            return b""\n        if False:\n            raise ObjectMissing(',
        f"{_MANY}::test_a_commit_whose_pointer_is_not_here_is_unknown_alone",
    ),
    rule(
        "one commit that cannot be read does not keep the others from being judged",
        _AUDIT,
        "    except ReleaseError as error:\n        return error\n",
        "    except ReleaseError:\n        raise\n",
        f"{_MANY}::test_a_commit_whose_objects_are_not_here_is_unknown_alone",
    ),
    rule(
        "a commit that cannot be read is unknown, not sound",
        "release/core/audit/audit.py",
        "verdict=Verdict.UNKNOWN,",
        "verdict=Verdict.OK,",
        f"{_MANY}::test_a_commit_whose_objects_are_not_here_is_unknown_alone",
    ),
    rule(
        "a repository without DVC has nothing to prove, and that is said",
        "release/core/pointers/pointer_set.py",
        "return bool(self.roots) or bool(self.outs) or bool(self.problems)",
        "return True",
        f"{_MANY}::test_without_dvc_there_is_nothing_to_prove",
    ),
    rule(
        "each pointer is read from the commit, not from the work tree",
        _READER,
        "            raise BadPointer(message)\n        return self._blob(found)\n",
        "            raise BadPointer(message)\n        import pathlib\n\n        here = pathlib.Path(found.path)\n"
        "        return here.read_bytes() if here.is_file() else self._blob(found)\n",
        "tests/story/test_data.py::test_the_audit_of_a_commit_reads_that_commit_not_the_work_tree",
    ),
)
