"""Data in the work tree that differs from its pointers: a `dvc add` that was forgotten."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_DATA = "release/adapters/dvc/tracked_data.py"
_STATE = "release/adapters/dvc/state.py"
_RULES = "release/core/audit/work_tree_rules.py"
_TREE = "tests/dvc/test_tracked_data.py"
_FOLDERS = "tests/dvc/test_tracked_folders.py"
_UNIT = "tests/rules/test_work_tree_rules.py"

WORK_TREE: tuple[Rule, ...] = (
    rule(
        "a file whose pointer has a size and no hash is compared by its size",
        _DATA,
        "if not stat.S_ISREG(status.st_mode) or (sized and status.st_size != self.out.size_bytes):",
        "if not stat.S_ISREG(status.st_mode):",
        f"{_FOLDERS}::test_a_file_of_a_remote_that_keeps_versions_may_have_a_size_and_no_hash",
    ),
    rule(
        "text of DVC 2 may have another size: its line ends are not part of its hash",
        _DATA,
        "sized = self.out.layout is not Layout.LEGACY and self.out.size_bytes is not None",
        "sized = self.out.size_bytes is not None",
        f"{_TREE}::test_text_of_dvc_2_may_have_other_line_ends",
    ),
    rule(
        "a file of the same size with other bytes changed",
        _DATA,
        "file.found = file.oid if linked else hashed(file.path, self.out.layout)",
        "file.found = file.oid",
        f"{_TREE}::test_a_change_of_equal_size_is_seen",
        f"{_TREE}::test_a_link_whose_target_was_edited_is_seen",
    ),
    rule(
        "what DVC remembers of a file counts only while inode, time and size are what they were",
        _STATE,
        'if not isinstance(entry, dict) or entry.get("checksum") != _checksum(status):',
        "if not isinstance(entry, dict):",
        f"{_TREE}::test_a_change_of_equal_size_is_seen",
    ),
    rule(
        "what DVC remembers by another hash does not count",
        _DATA,
        "            if name == wanted:\n",
        "            if name:\n",
        f"{_TREE}::test_text_of_dvc_2_may_have_other_line_ends",
        f"{_TREE}::test_a_memory_by_another_hash_is_none",
    ),
    rule(
        "a link into the cache is the cache's own file only if it is read-only there",
        _DATA,
        "        return same and stat.S_IMODE(status.st_mode) == _READ_ONLY\n",
        "        return same\n",
        f"{_TREE}::test_a_link_whose_target_was_edited_is_seen",
    ),
    rule(
        "a file beside the cache is no link into it",
        _DATA,
        "same = (status.st_dev, status.st_ino) == (file.status.st_dev, file.status.st_ino)",
        "same = True",
        f"{_TREE}::test_a_change_of_equal_size_is_seen",
    ),
    rule(
        "a file where a folder should be is a change",
        _DATA,
        '                    self.difference = Difference(self.out, changed=("",))\n            else:\n                self._look_at',
        "                    pass\n            else:\n                self._look_at",
        f"{_TREE}::test_a_file_where_a_folder_should_be_is_a_change",
    ),
    rule(
        "a folder where a file should be is a change",
        _DATA,
        "if not stat.S_ISREG(status.st_mode) or (sized and",
        "if (sized and",
        f"{_FOLDERS}::test_a_folder_in_the_place_of_a_file_without_a_size_is_a_change",
    ),
    rule(
        "data that is not checked out is fine",
        _DATA,
        "        except (FileNotFoundError, NotADirectoryError):\n            self.present = False\n",
        "        except (FileNotFoundError, NotADirectoryError):\n"
        '            self.difference = Difference(self.out, changed=("",))\n',
        f"{_TREE}::test_absent_data_is_fine",
        f"{_TREE}::test_a_link_to_nothing_is_absent",
    ),
    rule(
        "a folder that is empty was not checked out",
        _DATA,
        "        if not found:  # an empty folder, as a checkout of folders leaves it, holds nothing that could differ\n"
        "            return\n",
        "",
        f"{_FOLDERS}::test_an_empty_folder_is_one_that_was_not_checked_out",
    ),
    rule(
        "a file more in a tracked folder is a change",
        _DATA,
        "added = not_ignored(git_root, self.out.subrepo, extra) if extra else []",
        "added: list[str] = []",
        f"{_FOLDERS}::test_one_file_more_and_one_file_less_are_each_a_change",
    ),
    rule(
        "a file less in a tracked folder is a change",
        _DATA,
        "removed = expected.keys() - found.keys()",
        "removed: set[str] = set()",
        f"{_FOLDERS}::test_one_file_more_and_one_file_less_are_each_a_change",
    ),
    rule(
        "what .dvcignore hides in a tracked folder is no change",
        _DATA,
        "added = not_ignored(git_root, self.out.subrepo, extra) if extra else []",
        "added = extra",
        f"{_TREE}::test_inside_a_folder_what_dvc_ignores_is_no_change",
    ),
    rule(
        "a folder whose list is not here is compared by the hash of what lies there",
        _DATA,
        '            changed = () if listing_oid(entries) == self.out.oid else ("",)\n',
        "            changed = ()\n",
        f"{_TREE}::test_without_a_cache_a_folder_is_still_compared",
    ),
    rule(
        "files of a cloud-versioned folder are compared with their pointers",
        _DATA,
        "            return {entry.relpath: entry.md5 for entry in self.out.cloud}\n",
        "            return {}\n",
        f"{_FOLDERS}::test_files_of_a_remote_that_keeps_versions_are_compared_with_their_pointers",
    ),
    rule(
        "what git keeps, and what was never recorded, is not compared",
        _DATA,
        "for out in outs if out.cache and (out.oid or out.cloud)]",
        "for out in outs]",
        f"{_FOLDERS}::test_what_git_keeps_and_what_was_never_recorded_is_not_compared",
    ),
    rule(
        "a file that may not be looked at is unknown, not equal",
        _DATA,
        "        except OSError as error:\n            self.difference = Difference(self.out, unreadable=error.strerror or str(error))\n\n",
        "        except OSError:\n            self.present = False\n\n",
        f"{_TREE}::test_what_cannot_be_read_is_unknown",
    ),
    rule(
        "a file that may not be read is unknown, not equal",
        _DATA,
        "        except OSError as error:\n            self.difference = Difference(self.out, unreadable=error.strerror or str(error))\n"
        "            return\n",
        "        except OSError:\n            return\n",
        "tests/story/test_unreadable_objects.py::test_data_that_may_not_be_read_here_is_unknown_and_not_unchanged",
    ),
    rule(
        "what could not be compared never hides a change",
        _RULES,
        "    if not changed:\n",
        "    if unread:\n",
        f"{_UNIT}::test_what_cannot_be_read_is_unknown_and_never_hides_a_change",
    ),
    rule(
        "an out of a stage is committed, one of `dvc add` is added",
        _RULES,
        "return out.stage is None and out.origin is Origin.OWN",
        "return True",
        f"{_TREE}::test_an_out_of_a_stage_is_committed_and_not_added",
    ),
)
