"""What is told of tags by this machine alone: data that is not what they swear to, and tags that cannot be read."""

from taken_out.rule import Change, Rule

_HELD = "release/core/audit/held.py"
_DATA = "tests/story/test_data_digest.py"
_RULES = "tests/rules/test_held_data.py"
_BROKEN = "tests/story/test_broken_tags.py"

TAGS_HERE: tuple[Rule, ...] = (
    Rule(
        says="data that is not what the tag swears to is told by `show`",
        changes=(
            Change(
                "release/flows/showing.py",
                "                *([data.message] if data.verdict is Verdict.FAILED else []),\n",
                "",
            ),
        ),
        tests=(f"{_DATA}::test_a_tag_that_swears_to_other_data_is_told_in_the_words_of_verify",),
    ),
    Rule(
        says="and by `fetch`",
        changes=(
            Change(
                "release/flows/reading/sworn.py",
                "        words += [check.message] if is_strange(check) else []\n",
                "",
            ),
        ),
        tests=(f"{_DATA}::test_fetch_names_it_when_it_comes_even_where_no_cache_is",),
    ),
    Rule(
        says="a size that nothing confirms accuses nobody",
        changes=(Change(_HELD, "    if known.unconfirmed:\n", "    if False:\n"),),
        tests=(_RULES, f"{_DATA}::test_a_damaged_cache_is_no_accusation"),
    ),
    Rule(
        says="nor does text of DVC 2, which the remote may have with other line ends",
        changes=(Change(_HELD, "    return out.layout is not Layout.LEGACY", "    return True"),),
        tests=(_RULES,),
    ),
    Rule(
        says="nor a size in a pointer that was edited by hand",
        changes=(
            Change(
                _HELD,
                "    return any(digest_of_objects(sizes) == said.digest for sizes in changed)",
                "    return False",
            ),
        ),
        tests=(_RULES,),
    ),
    Rule(
        says="nor what is not on this machine",
        changes=(
            Change(_HELD, "    why = _lacks(known) or _doubts(said, known)\n", "    why = _doubts(said, known)\n"),
        ),
        tests=(_RULES,),
    ),
    Rule(
        says="more or fewer objects than the tag swears to accuse without any size",
        changes=(Change(_HELD, "(said.objects < names or (said.objects > most and not known.unlisted))", "False"),),
        tests=(_RULES,),
    ),
    Rule(
        says="by the exclusions of the commit's own configuration, too",
        changes=(
            Change(
                "release/flows/reading/held_data.py",
                "            if (config.audit, config.folder)",
                "            if False and ()",
            ),
        ),
        tests=(f"{_DATA}::test_exclusions_that_are_others_today_are_no_accusation",),
    ),
    Rule(
        says="also where they are as many as today's, in `verify`",
        changes=(
            Change(
                "release/core/audit/verify.py",
                "    if excluded_then is not None and",
                "    if False and excluded_then is not None and",
            ),
        ),
        tests=(f"{_DATA}::test_as_many_exclusions_that_are_others_are_no_alarm_of_verify_either",),
    ),
    Rule(
        says="a tag that cannot be read fails alone",
        changes=(
            Change("release/adapters/git/refs.py", "        if not broken:\n            raise\n", "        raise\n"),
        ),
        tests=(f"{_BROKEN}::test_ignored_tags_may_be_broken",),
    ),
    Rule(
        says="but no release is made while it carries a version",
        changes=(
            Change(
                "release/core/tags/series.py", "Verdict.FAILED if ref in named else Verdict.WARNING", "Verdict.WARNING"
            ),
        ),
        tests=(f"{_BROKEN}::test_what_only_looks_goes_on_and_names_it_and_what_the_help_says_mends_it",),
    ),
    Rule(
        says="and the list of objects that must be kept is not whole",
        changes=(
            Change(
                "release/flows/auditing/needed_objects.py",
                "    return replace(found, faults=(*broken, *found.faults)) if broken else found",
                "    return found",
            ),
        ),
        tests=(f"{_BROKEN}::test_what_must_be_kept_is_not_whole_with_a_tag_that_cannot_be_read",),
    ),
    Rule(
        says="tags are not deleted on a remote that pushes to several places",
        changes=(Change("release/flows/delete.py", "        if number > 1\n", "        if False\n"),),
        tests=("tests/story/test_delete.py", "-k", "several_push_urls"),
    ),
    Rule(
        says="one whose file names no object (a power cut) cannot be read either, though git only warns of it",
        changes=(Change("release/adapters/git/refs.py", " if listed.err else ()", " if False else ()"),),
        tests=("tests/crash/test_empty_refs.py", "-k", "past_it"),
    ),
    Rule(
        says="a branch of which that is true is no repository without a commit",
        changes=(Change("release/flows/planning/facts.py", "        if ref is not None:", "        if False:"),),
        tests=("tests/crash/test_empty_refs.py", "-k", "whose_file_names_no_object_is_no_repository"),
    ),
)
