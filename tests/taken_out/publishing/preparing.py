"""Preparing: objects that nobody sees until they are pushed, and that nothing takes away before."""

from taken_out.rule import Change, Rule

_SCRATCH = "release/adapters/git/scratch.py"
_SIGNING = "release/adapters/git/signing.py"
_KEEP = "release/adapters/git/keep.py"
_CONTENTS = "release/flows/reading/contents.py"
_CHECKS = "release/core/bump/checks.py"
_FACTS = "release/flows/planning/facts.py"
_RUN = "release/flows/running/run.py"

_OTHERS = "tests/crash/test_left_to_others.py"
_SETTINGS = "tests/crash/test_hostile_settings.py"
_SIGNED = "tests/story/test_signing.py"
_DISK = "tests/crash/test_on_disk.py"
_BAD_INPUT = "tests/story/test_bad_input.py::test_bad_input_is_named_helped_and_changes_nothing"
_NO_SIGNATURE = f"{_SETTINGS}::test_a_signature_that_is_asked_for_is_made_or_refused_but_never_left_out"

FILES: tuple[Rule, ...] = (
    Rule(
        says="an entry that was prepared, and tells of other parameters or data than the commit has, is refused",
        changes=(
            Change(
                "release/core/changelog/claims.py", "for title, word in _LISTS.items() if", "for title, word in () if"
            ),
        ),
        tests=("tests/story/test_prepare.py", "-k", "what_else_changed"),
    ),
    Rule(
        says="objects are prepared in a private folder, not in the user's store",
        changes=(Change(_SCRATCH, '            GIT_OBJECT_DIRECTORY=str(self.folder / "objects"),\n', ""),),
        tests=("tests/story/test_modes.py::test_a_dry_run_changes_nothing_and_shows_what_the_run_then_does",),
    ),
    Rule(
        says="the real store is that folder's alternate, whatever its path is",
        changes=(Change(_SCRATCH, """    if ":" in text or text.startswith('"'):""", "    if False:"),),
        tests=("tests/story/test_elsewhere.py::test_a_repository_may_lie_at_any_path",),
    ),
    Rule(
        says="that folder goes, whatever happens",
        changes=(
            Change(
                _SCRATCH,
                "        try:\n            shutil.rmtree(self.folder, ignore_errors=True)",
                "        try:\n            pass",
            ),
        ),
        tests=("tests/crash/test_looking.py::test_no_temporary_file_is_left_whatever_the_end",),
    ),
    Rule(
        says="what is edited is the blob of the commit, not the file on disk",
        changes=(
            Change(
                _CONTENTS,
                "            data=file.data,\n",
                "            data=file.data and (repository.work_tree / path).read_bytes(),\n",
            ),
        ),
        tests=(f"{_OTHERS}::test_what_git_holds_is_edited_not_what_lies_on_disk",),
    ),
    Rule(
        says="the end of lines stays what it is in git",
        changes=(
            Change(
                "release/core/changelog/file.py", r'eol="\r\n" if crlf > text.count("\n") - crlf else "\n"', 'eol="\\n"'
            ),
        ),
        tests=(f"{_OTHERS}::test_line_ends_of_a_file_stay_what_they_are_in_git",),
    ),
    Rule(
        says="a file keeps its mode",
        changes=(
            Change(_SCRATCH, "TreeEntry(modes.get(path, FILE_MODE), name, blob)", "TreeEntry(FILE_MODE, name, blob)"),
        ),
        tests=("tests/story/test_files.py::test_an_executable_or_linked_file_keeps_its_kind",),
    ),
    Rule(
        says="blobs are written unfiltered (`hash-object --no-filters`)",
        changes=(Change(_SCRATCH, '"-w", "--no-filters", ', '"-w", '),),
        tests=(f"{_OTHERS}::test_line_ends_of_a_file_stay_what_they_are_in_git",),
    ),
    Rule(
        says="a file with a `filter` attribute is not written: its bytes in git are not the file's",
        changes=(Change(_CHECKS, "    elif file.filtered:", "    elif False:"),),
        tests=(f"{_BAD_INPUT}[a changelog with a filter]",),
    ),
    Rule(
        says="a symbolic link is not written",
        changes=(
            Change(
                _CONTENTS, '    kinds = {LINK_MODE: "symbolic link", SUBMODULE_MODE:', "    kinds = {SUBMODULE_MODE:"
            ),
        ),
        tests=(f"{_BAD_INPUT}[a changelog that links outside]",),
    ),
    Rule(
        says="nor is a file in a folder that is a link in the commit",
        changes=(
            Change(
                _CONTENTS,
                "        if above is not None and not above.is_tree:",
                "        if False and above is not None and not above.is_tree:",
            ),
        ),
        tests=(f"{_OTHERS}::test_a_folder_that_is_a_link_is_not_written_through",),
    ),
    Rule(
        says="`changelog.md` is the changelog that is tracked, whatever its case",
        changes=(Change(_CONTENTS, "each.lower() == name.lower()", "each == name"),),
        tests=("tests/story/test_files.py::test_the_changelog_may_have_another_name_or_case",),
    ),
    Rule(
        says="the tag's name is one that git takes before anything is made: `mktag` accepts `-v9`",
        changes=(
            Change(
                "release/core/versions/version.py",
                'if name.startswith(("-", "/")) or name.endswith',
                'if name.startswith("/") or name.endswith',
            ),
        ),
        tests=("tests/rules/test_version.py",),
    ),
    Rule(
        says="git knows who makes the release before anything is made",
        changes=(Change(_CHECKS, "    if facts.committer is None or facts.author is None:", "    if False:"),),
        tests=(f"{_BAD_INPUT}[nobody to sign as]",),
    ),
)

SIGNING: tuple[Rule, ...] = (
    *(
        Rule(
            says=f"`{name}` is read, for plumbing ignores it",
            changes=(Change(_FACTS, f'        "{name}": "{name.lower()}",\n', ""),),
            tests=(f"{_NO_SIGNATURE}[{name}=true]",),
        )
        for name in ("tag.gpgSign", "commit.gpgSign", "tag.forceSignAnnotated")
    ),
    Rule(
        says="a signed commit is made with `commit-tree -S`",
        changes=(
            Change(_SCRATCH, 'run_signing(git, *words, "-S", stdin=text)', "run_signing(git, *words, stdin=text)"),
        ),
        tests=(f"{_SIGNED}::test_tag_and_commit_are_signed_as_git_is_set",),
    ),
    Rule(
        says="a signed tag keeps its message to the byte (`--cleanup=verbatim`)",
        changes=(Change(_SIGNING, '"--cleanup=verbatim", ', ""),),
        tests=(f"{_SIGNED}::test_the_message_before_the_signature_is_ours_byte_for_byte", _SIGNED),
    ),
    Rule(
        says="a signed tag is made in a bare repository of its own, and no ref is seen",
        changes=(Change(_SIGNING, 'run_signing(signer, f"--git-dir={bare}", *words)', "run_signing(signer, *words)"),),
        tests=(f"{_SIGNED}::test_tag_and_commit_are_signed_as_git_is_set",),
    ),
    Rule(
        says="that repository is told the `gpg.*` and `user.signingKey` in force, which it cannot see",
        changes=(Change(_SIGNING, "signer = git.having(*known, ", "signer = git.having("),),
        tests=(f"{_SIGNED}::test_tag_and_commit_are_signed_as_git_is_set",),
    ),
    Rule(
        says="it runs no hook of the user's",
        changes=(Change(_SIGNING, '(*known, "core.hooksPath=/dev/null", ', "(*known, "),),
        tests=(f"{_SIGNED}::test_settings_that_change_git_s_output_change_no_release",),
    ),
    Rule(
        says="a tag without a signature is not taken for a signed one: git 2.39 makes one, and ends with 0",
        changes=(Change(_SIGNING, '    if not data.startswith(text + b"-----BEGIN "):', "    if False:"),),
        tests=(f"{_SIGNED}::test_a_key_that_fails_is_found_before_anything_happens",),
    ),
    Rule(
        says="a key that does not sign is a failed check before the question",
        changes=(
            Change(
                "release/flows/planning/signing.py",
                "            check = failed_check(signed, key, error.message)",
                "            return prepare(inquiry, decision, draft, also=also), ()",
            ),
        ),
        tests=(f"{_NO_SIGNATURE}[tag.gpgSign=true]",),
    ),
    Rule(
        says="a program that signs is not waited for without end where nobody can be asked",
        changes=(Change(_SIGNING, "limit_s=None if git.on_terminal else git.ask_limit_s", "limit_s=40.0"),),
        tests=(f"{_SIGNED}::test_a_program_that_never_ends_is_not_waited_for",),
    ),
)

KEEPING: tuple[Rule, ...] = (
    Rule(
        says="the objects are kept under a `.keep`: `gc --prune=now` would take them before a ref has them",
        changes=(Change(_KEEP, '"--stdin", f"--keep={mark}", ', '"--stdin", '),),
        tests=("tests/crash/test_meanwhile.py", "-k", "gc and keep"),
    ),
    Rule(
        says="they are looked for in the store before the push",
        changes=(Change(_KEEP, "    if lost:", "    if False:"),),
        tests=(f"{_DISK}::test_objects_that_the_disk_lost_at_once_are_missed_before_anything_is_sent",),
    ),
    Rule(
        says="they are flushed to disk before the push, whatever `core.fsync` says",
        changes=(Change(_KEEP, "git = repository.git.having(*DURABLE)", "git = repository.git"),),
        tests=(f"{_DISK}::test_the_objects_are_on_disk_before_anything_is_sent",),
    ),
    Rule(
        says="and really flushed, whatever `core.fsyncMethod` says",
        changes=(Change(_KEEP, ', "core.fsyncMethod=fsync")', ",)"),),
        tests=(f"{_DISK}::test_the_objects_are_on_disk_before_anything_is_sent",),
    ),
    Rule(
        says="the `.keep` goes at the end",
        changes=(Change(_KEEP, "            keep.unlink(missing_ok=True)", "            pass"),),
        tests=("tests/crash/test_killed_at_steps.py", "-k", "keep and SIGKILL and file"),
    ),
    Rule(
        says="one that holds only the beginning of our words goes, too: the disk was full",
        changes=(Change(_KEEP, " or (mark.startswith(text) and keep.stat().st_mtime >= since)", ""),),
        tests=("tests/crash/test_inside.py", "-k", "refused_any_write and index-pack-fault2"),
    ),
    Rule(
        says="the `.keep` of others stays",
        changes=(
            Change(
                _KEEP,
                "        if text == mark or (mark.startswith(text) and keep.stat().st_mtime >= since):",
                "        if text or mark or since:",
            ),
        ),
        tests=(f"{_OTHERS}::test_packs_that_others_keep_stay_kept",),
    ),
    Rule(
        says="all of it comes after the question: who says no has nothing new in the store",
        changes=(
            Change(
                "release/flows/bump.py",
                "        if not confirm(planned.plan):",
                "        run(project.repository, scratch, planned.work, on_step)\n        if not confirm(planned.plan):",
            ),
        ),
        tests=("tests/story/test_ctrl_c_on_a_terminal.py",),
    ),
)
