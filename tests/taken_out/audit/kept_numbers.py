"""Numbers that DVC keeps, read by pointer: from the cache, from what was read before, or from the revision's remote."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_SMALL = "release/adapters/dvc/small_objects.py"
_MEMORY = "release/adapters/dvc/object_memory.py"
_NAMES = "release/core/metrics/kept_file.py"
_STORY = "tests/story/test_kept_metrics.py"
_WEB = "tests/remotes/test_kept_metrics_over_http.py"

KEPT_NUMBERS: tuple[Rule, ...] = (
    rule(
        "numbers whose bytes are not those of the pointer are not believed, wherever they come from",
        _SMALL,
        '    return found == wanted.oid.removesuffix(".dir")\n',
        "    return True\n",
        f"{_STORY}::test_an_object_with_other_bytes_is_not_believed",
        f"{_STORY}::test_a_cache_with_other_bytes_is_passed_over",
    ),
    rule(
        "each distinct object is fetched once, and then never again",
        _SMALL,
        "                    self._memory.keep(*name, found)\n",
        "                    pass\n",
        f"{_WEB}::test_each_distinct_object_is_fetched_once_and_then_never_again",
        f"{_STORY}::test_what_was_read_once_is_read_without_a_network_later",
    ),
    rule(
        "offline asks nobody",
        _SMALL,
        "        if not self._ask:\n",
        "        if False:\n",
        f"{_WEB}::test_offline_asks_nobody",
    ),
    rule(
        "what neither cache nor remote has is told as that",
        _SMALL,
        "    except DataMissing:\n",
        "    except ZeroDivisionError:\n",
        f"{_STORY}::test_a_remote_that_is_gone_leaves_the_numbers_unreadable_with_the_reason",
    ),
    rule(
        "numbers that are imported from elsewhere are not asked of our remote",
        _SMALL,
        "        if out.origin is not Origin.OWN:\n",
        "        if False:\n",
        f"{_STORY}::test_an_imported_file_warns_and_fails_a_gate",
    ),
    rule(
        "each revision is read from the remote that it names",
        _SMALL,
        '            remote = self._stores.remote_of(out, one.roots.get(out.subrepo, b""))\n',
        '            here = self._stores.settings.git_root / out.subrepo / ".dvc" / "config"\n'
        "            remote = self._stores.remote_of(out, here.read_bytes())\n",
        f"{_STORY}::test_each_revision_is_read_from_the_remote_that_it_names",
    ),
    rule(
        "who has no writable cache folder reads the numbers all the same",
        _MEMORY,
        "        with suppress(OSError):\n            place.parent.mkdir",
        "        with suppress(ZeroDivisionError):\n            place.parent.mkdir",
        f"{_STORY}::test_a_user_without_a_writable_cache_folder_reads_them_all_the_same",
    ),
    rule(
        "a tracked folder stands for the files in it",
        _NAMES,
        'if out.path.startswith(f"{path}/") and (folder or out.path.lower().endswith(SUFFIXES)):',
        "if False:",
        f"{_STORY}::test_a_configured_folder_stands_for_the_files_of_the_outs_in_it",
    ),
)
