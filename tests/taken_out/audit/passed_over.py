"""What DVC reads nothing of, or leaves out without a word."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Rule

_READER = "release/adapters/dvc/pointers.py"
_LINKS = "release/adapters/git/symlinks.py"
_OBSTACLES = "release/adapters/dvc/obstacles.py"
_GIT_IGNORED = "release/adapters/dvc/git_ignored.py"
_IGNORED = "release/adapters/dvc/ignored.py"
_CONFIG = "release/adapters/dvc/config.py"
_CONFIG_RULES = "release/adapters/dvc/config_rules.py"
_RESOLVE = "release/adapters/dvc/resolve.py"
_FILE = "release/core/pointers/file.py"
_YAML = "release/core/pointers/dvc_yaml.py"
_PLACING = "release/core/pointers/placing.py"
_OVERLAPS = "release/core/pointers/overlaps.py"
_COUNT = "tests/dvc/test_which_pointers_count.py"

PASSED_OVER: tuple[Rule, ...] = (
    rule(
        "a pointer that is a link is what it leads to in the commit",
        _READER,
        "        if not links:\n",
        "        if links is not None:\n",
        row("a pointer that is a link to another file"),
    ),
    rule(
        "a link to a folder is no pointer",
        _READER,
        'or not target.is_tree or posixpath.basename(each.path) == ".dvc"',
        "or target is not None",
        row("a link to a folder, named like a pointer"),
    ),
    rule(
        "a link that leads out of the commit leads to nothing",
        _LINKS,
        "            if len(folders) == 1:\n                return None\n",
        "            if len(folders) == 1:\n                continue\n",
        row("a pointer that is a link out"),
    ),
    rule(
        "a config file that is a link is what it leads to",
        _READER,
        "if entry is not None and entry.is_link:",
        "if False:",
        row("a config file that is a link"),
    ),
    rule(
        "a params.yaml that is a link is what it leads to",
        _RESOLVE,
        "entry = followed(self._objects, self._tree, plain)",
        "entry = self._objects.entry(self._tree, plain)",
        row("templates by a params.yaml that is a link"),
    ),
    rule(
        "a parameter file without values in a lock is refused",
        _FILE,
        'as_mapping(values, f"params of {file}")',
        'as_mapping(values or {}, f"params of {file}")',
        row("a parameter file without values in the lock"),
    ),
    rule(
        "a name of a lock with nothing behind it is refused",
        _FILE,
        'frozenset({"hash", "remote", "version_id", "cloud", "size", "nfiles", "files"})\n',
        'frozenset({"hash", "remote", "version_id", "cloud", "nfiles", "files"})\n',
        row("a size with nothing behind it"),
    ),
    rule(
        "a command that names a value is resolved, as an out is",
        _YAML,
        'any("${" in text for text in _texts(document))',
        'any("${" in text for text in _texts({**document, "stages": None}))',
        row("a command that names no value"),
    ),
    rule(
        "files of values have to be there, of the whole file",
        _YAML,
        'if document.get("vars") or any(',
        "if any(",
        row("a file of values that is not there"),
    ),
    rule(
        "files of values have to be there, of a stage",
        _YAML,
        '{"foreach", "matrix", "vars"} &',
        '{"foreach", "matrix"} &',
        row("a stage's file of values that is not there"),
    ),
    rule(
        "what DVC resolves beside the stages is resolved, too",
        _RESOLVE,
        "    resolver.resolve_plots()\n",
        "",
        row("a plot that names no value"),
    ),
    rule(
        "a params.yaml beside a dvc.yaml must be a mapping",
        _READER,
        "if pipeline.templated or not self._holds_values(params):",
        "if pipeline.templated:",
        row("a params.yaml that is a list"),
    ),
    rule(
        "a setting that DVC refuses fails the commit",
        _CONFIG,
        "        if self.refused is not None:\n",
        "        if False:\n",
        row("a setting that DVC does not know"),
    ),
    rule(
        "another remote that DVC refuses fails the commit, too",
        _CONFIG_RULES,
        "if not all(_is_usual_remote(remote) for remote in section.values()):",
        "if False:",
        row("another remote of a kind that DVC does not know"),
    ),
    rule(
        "a file url is no path, as DVC has it",
        _CONFIG,
        "if url.startswith(_NO_SCHEMES):",
        "if False:",
        row("a remote by a file url"),
    ),
    rule(
        "a remote upon one that only this machine knows is known here alone",
        _CONFIG,
        'unknown = any(each not in self.shared["remote"] for each in passed)',
        'unknown = chosen not in self.shared["remote"]',
        row("a remote upon one of this machine alone"),
    ),
    rule(
        "a pointer that git ignores is told",
        _GIT_IGNORED,
        "        if manager.is_ignored(path):\n            return Hidden.BY_GIT\n",
        "",
        row("a pointer that git ignores"),
    ),
    rule(
        "a lock that git ignores is told",
        "release/adapters/dvc/scan.py",
        'if pointer.endswith("dvc.yaml") and lock in found else',
        "if False else",
        row("a lock that git ignores"),
    ),
    rule(
        "a lock that DVC ignores is none",
        _READER,
        "hidden = root is not None and ignored.hides(lock_beside(pointer.path), root)",
        "hidden = False",
        row("a lock that DVC ignores"),
    ),
    rule(
        "an out that DVC ignores is told",
        _READER,
        "problems += [ignored_out(out) for out in placed.outs if ignored.refuses(out.path, root)]",
        "pass",
        row("an out that DVC ignores"),
    ),
    rule(
        "an ignore file that is no UTF-8 is told",
        _IGNORED,
        "if (reason := _not_text(data))}",
        "if (reason := None)}",
        row("an ignore file in another encoding"),
    ),
    rule(
        "another file of git in the place of an out is told",
        _OBSTACLES,
        'return None if self._is_the_same(out, found.data) else in_the_way(out, "a file with other content")',
        "return None",
        row("another file that git has"),
    ),
    rule(
        "the same file of git is in nobody's way",
        _OBSTACLES,
        "return None if self._is_the_same(out, found.data) else",
        "return",
        row("a file that git has, too"),
    ),
    rule(
        "a folder of git in the place of a file is told",
        _OBSTACLES,
        'return in_the_way(out, "a folder")',
        "return None",
        row("a folder that git has for a file"),
    ),
    rule(
        "a file of git above an out is told",
        _OBSTACLES,
        "return [] if folder.is_link else [in_the_way(",
        "return [] if True else [in_the_way(",
        row("a file that git has above an out"),
    ),
    rule(
        "what is left to git is in nobody's way",
        _OBSTACLES,
        "                if out.cache:\n",
        "                if True:\n",
        row("a folder left to git"),
    ),
    rule(
        "an empty folder need not be in git, which cannot have it",
        "release/core/pointers/rules.py",
        "return out.is_dir and out.nfiles == 0",
        "return False",
        row("an empty folder left to git"),
    ),
    rule(
        "an out beyond the repository that is not cached is nobody's to restore",
        _PLACING,
        "if path is None and not declared.cache:",
        "if False:",
        row("an out beyond the repository that is not cached"),
    ),
    rule(
        "an out inside another is told",
        _OVERLAPS,
        "        if outer is not None:\n",
        "        if False:\n",
        row("an out inside another"),
    ),
    rule(
        "two pointers that say other things of one path are told",
        _OVERLAPS,
        "if other is not out and pointer_changes([other], [out]):",
        "if False:",
        f"{_COUNT}::test_two_pointers_that_say_other_things_of_one_path_are_unknown",
    ),
    rule(
        "credentials that a section lacks are told before the plugin trips over it",
        "release/adapters/dvc/open_store.py",
        "    if lack is not None:\n",
        "    if False:\n",
        "tests/rules/test_store_evidence.py::test_what_a_section_lacks_is_told_with_the_line_that_sets_it",
    ),
    rule(
        "several sizes that only pointers tell accuse nobody",
        "release/core/audit/held.py",
        "if len(known.told) > 1:",
        "if False:",
        "tests/rules/test_held_data.py::test_several_sizes_that_only_pointers_tell_may_all_have_been_edited",
    ),
)
