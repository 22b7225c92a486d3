"""`--push`: what is uploaded, in which order, and what is not."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_PUSH = "release/flows/auditing/push_data.py"
_UPLOADS = "release/core/audit/uploads.py"
_VERIFY = "release/flows/verify.py"
_STORY = "tests/story/test_verify_push.py"
_UNIT = "tests/rules/test_upload_rules.py"

UPLOADS: tuple[Rule, ...] = (
    rule(
        "a damaged copy of the cache is never uploaded",
        _PUSH,
        "        if not _is_whole(source, need.key):\n",
        "        if False:\n",
        f"{_STORY}::test_a_damaged_copy_in_the_cache_is_never_uploaded",
    ),
    rule(
        "a damaged copy of the cache is named",
        _PUSH,
        "                self.damaged[need.key] = name\n",
        "                pass\n",
        f"{_STORY}::test_a_damaged_copy_in_the_cache_is_never_uploaded",
    ),
    rule(
        "files go before the directory objects that name them",
        _PUSH,
        "    for directories in (False, True):\n",
        "    for directories in (True, False):\n",
        f"{_STORY}::test_no_directory_object_stands_there_before_its_files",
    ),
    rule(
        "a directory object stays away from a remote that took not all of its files",
        _PUSH,
        "if each.key.is_dir is directories and each.key.remote not in faults:",
        "if each.key.is_dir is directories:",
        f"{_STORY}::test_no_directory_object_stands_there_before_its_files",
    ),
    rule(
        "a directory object whose files nobody here has stays away",
        _PUSH,
        "            if out_of_reach:\n",
        "            if False:\n",
        f"{_STORY}::test_a_directory_object_waits_for_its_files",
    ),
    rule(
        "what neither the remote nor the cache has is named",
        _PUSH,
        "            self.lost[need.key] = name\n",
        "            pass\n",
        f"{_STORY}::test_what_nobody_here_has_is_said_with_the_name_of_who_committed_it",
    ),
    rule(
        "a file under an existing directory object is uploaded, which `dvc push` does not do",
        _PUSH,
        "                out_of_reach |= not self._look_for(need, judged)\n",
        "                out_of_reach |= judged.listing is None and not self._look_for(need, judged)\n",
        f"{_STORY}::test_a_lost_file_of_a_pushed_folder_is_healed_which_dvc_push_does_not",
    ),
    rule(
        "an object of another size is replaced",
        _UPLOADS,
        "    return None not in known and known[0] != known[1]\n",
        "    return False\n",
        _UNIT,
    ),
    rule(
        "an object of other content is replaced",
        _UPLOADS,
        "        return stored.md5 != need.content\n",
        "        return False\n",
        f"{_STORY}::test_corruption_at_the_same_size_is_found_by_reading_and_healed",
    ),
    rule(
        "an object that is there, and right, is not uploaded again",
        _UPLOADS,
        "    return None not in known and known[0] != known[1]\n",
        "    return True\n",
        f"{_STORY}::test_a_lost_file_of_a_pushed_folder_is_healed_which_dvc_push_does_not",
    ),
    rule(
        "a damaged directory object is replaced",
        _UPLOADS,
        "    return listing.fault is not None or is_lacking(need, stored, listing.body_bytes)\n",
        "    return is_lacking(need, stored, listing.body_bytes)\n",
        f"{_STORY}::test_a_damaged_directory_object_is_replaced",
    ),
    rule(
        "an archived object is not replaced: it may be restored",
        _UPLOADS,
        "    if stored.archived is not None:\n        return False\n",
        "",
        _UNIT,
    ),
    rule(
        "a file on a cloud-versioned remote is left to `dvc push`: an upload would make a version that no commit names",
        _UPLOADS,
        "    if need.key.layout == Layout.VERSION.value:\n        return False\n",
        "",
        _UNIT,
    ),
    rule(
        "a store's word on an object of DVC 2 does not have it replaced",
        _UPLOADS,
        "(need.key.layout == Layout.MD5.value or stored.read)",
        "True",
        _UNIT,
    ),
    rule(
        "objects of DVC 2 are uploaded by their own hash",
        _PUSH,
        "layout = Layout.LEGACY if key.layout == Layout.LEGACY.value else Layout.MD5",
        "layout = Layout.MD5",
        f"{_STORY}::test_text_of_dvc_2_is_pushed_with_the_line_ends_that_it_has",
    ),
    rule(
        "a broken copy of the cache says nothing against an object that is there",
        _PUSH,
        "            if need.key not in judged.asked.found:\n                self.damaged",
        "            if True:\n                self.damaged",
        f"{_STORY}::test_a_broken_copy_in_the_cache_proves_nothing_against_the_remote",
    ),
    rule(
        "after an upload everything is asked for again",
        _VERIFY,
        "        if uploaded is not None and uploaded.done:",
        "        if False:",
        f"{_STORY}::test_what_was_never_pushed_is_uploaded_and_asked_for_again",
    ),
    rule(
        "nothing is uploaded unless it is asked for",
        _VERIFY,
        "            if request.push:\n",
        "            if True:\n",
        f"{_STORY}::test_corruption_at_the_same_size_is_found_by_reading_and_healed",
    ),
    rule(
        "trouble with an upload is told, and what was put before stays",
        _PUSH,
        "    except ReleaseError as error:\n        return error.message\n",
        "    except ReleaseError:\n        return None\n",
        f"{_STORY}::test_a_store_that_cannot_be_written_to_is_named_and_the_verdict_stays",
    ),
    rule(
        "Ctrl-C in an upload is told with what was put before",
        _PUSH,
        "    except KeyboardInterrupt:\n",
        "    except ZeroDivisionError:\n",
        "tests/remotes/test_stopped_in_an_upload.py::test_a_copy_into_a_folder_ends_within_the_object",
    ),
    rule(
        "a release uploads only if nothing else stands in its way",
        _UPLOADS,
        "    return bool(bad) and all(_is_object(problem) for problem in bad)\n",
        "    return bool(bad) and any(_is_object(problem) for problem in bad)\n",
        _UNIT,
    ),
    rule(
        "what would be uploaded first is no failure of the release",
        _UPLOADS,
        '        if check.name == "data on remote" and check.blocks\n',
        "        if False\n",
        "tests/story/test_data.py::test_a_dry_run_with_push_data_uploads_nothing_and_has_the_exit_code_of_the_real_run",
    ),
    rule(
        "who committed the pointer is named where only they can have the data",
        _UPLOADS,
        "    if author is None:\n        return problem\n",
        "    if True:\n        return problem\n",
        f"{_STORY}::test_what_nobody_here_has_is_said_with_the_name_of_who_committed_it",
    ),
    rule(
        "where the cache has the data, the command that uploads it is told",
        _UPLOADS,
        "    if problem.in_cache:\n        return replace(problem, help=push)\n",
        "",
        f"{_STORY}::test_what_was_never_pushed_is_uploaded_and_asked_for_again",
    ),
)
