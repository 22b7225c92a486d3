"""A tag's data held against what the tag swears to by what this machine knows, with no store asked."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_HELD = "release/core/audit/held.py"
_HERE = "release/adapters/dvc/known_here.py"
_UNIT = "tests/rules/test_held_data.py"

HELD_HERE: tuple[Rule, ...] = (
    rule(
        "other data than the tag swears to is a failure, without any store",
        _HELD,
        '    return _failed(tag, f"{not_as_promised(tag, said, names, digest)}{by}")\n',
        "    return not_held(tag, by)\n",
        f"{_UNIT}::test_only_a_size_that_nothing_contradicts_accuses",
    ),
    rule(
        "another number of objects is a failure, whatever their sizes",
        _HELD,
        "if known.fault is None and (said.objects < names or (said.objects > most and not known.unlisted)):",
        "if False:",
        f"{_UNIT}::test_counts_accuse_without_any_size",
    ),
    rule(
        "a directory without its list may hold any number",
        _HELD,
        "(said.objects > most and not known.unlisted)",
        "said.objects > most",
        f"{_UNIT}::test_a_directory_without_its_list_may_hold_any_number",
    ),
    rule(
        "a size that nothing confirms never accuses",
        _HELD,
        "    if known.unconfirmed:\n",
        "    if False:\n",
        f"{_UNIT}::test_only_a_size_that_nothing_contradicts_accuses",
    ),
    rule(
        "text of DVC 2 may have another size on the remote, and never accuses",
        _HELD,
        "    return out.layout is not Layout.LEGACY\n",
        "    return True\n",
        f"{_UNIT}::test_old_text_may_have_other_line_ends_here_than_on_the_remote",
    ),
    rule(
        "one pointer that was edited by hand is no other data",
        _HELD,
        '"a pointer seems to tell a wrong size" if _may_be_one_wrong_size(said, known) else None',
        "None",
        f"{_UNIT}::test_one_size_that_was_edited_by_hand_is_no_other_data",
    ),
    rule(
        "two pointers that disagree about one object prove nothing",
        _HELD,
        "unconfirmed=whole.unconfirmed + part.unconfirmed + unclear,",
        "unconfirmed=whole.unconfirmed + part.unconfirmed,",
        f"{_UNIT}::test_two_pointers_that_disagree_about_one_object_prove_nothing",
    ),
    rule(
        "files of a directory are confirmed by the sum in its pointer",
        _HELD,
        "fits = out.size_bytes is not None and sum(size or 0 for size in files) == out.size_bytes",
        "fits = True",
        f"{_UNIT}::test_the_files_of_a_directory_are_confirmed_by_the_sum_in_its_pointer",
    ),
    rule(
        "a tag that swears to no data is accused of nothing",
        _HELD,
        "if said is None or said.digest is None:",
        "if said is None:",
        f"{_UNIT}::test_a_tag_without_digest_swears_to_nothing_and_a_fault_is_no_accusation",
    ),
    rule(
        "a commit whose pointers are wrong is accused of nothing here",
        _HERE,
        "        if verdict_of(pointers.problems) is not Verdict.OK:\n",
        "        if False:\n",
        "tests/story/test_data_digest.py::test_a_pointer_that_nobody_can_read_is_no_accusation",
    ),
)
