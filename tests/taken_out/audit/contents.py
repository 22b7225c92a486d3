"""Reading contents: `--deep`, a sample of it, and what is read unasked because a size is in doubt."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Rule

_CONTENTS = "release/adapters/dvc/contents.py"
_HASH = "release/adapters/dvc/file_hash.py"
_SETTLING = "release/flows/auditing/settling.py"
_AUDIT = "release/flows/auditing/audit.py"
_READ = "tests/remotes/test_reading_contents.py"
_PUSH = "tests/story/test_verify_push.py"
_MANY = "tests/dvc/test_audit_many.py"

CONTENTS: tuple[Rule, ...] = (
    rule(
        "asked to, the audit reads every object: bytes of the right size may be others",
        _AUDIT,
        "        if depth is not None:\n",
        "        if False:\n",
        row("F4 corrupt at the right size"),
    ),
    rule(
        "what was read counts, whatever the store had said",
        _CONTENTS,
        "        each.found = found | {key: stored for key, stored in read.items() if stored is not None}\n",
        "        each.found = {**found, **{key: each.found[key] for key, stored in read.items() if stored is not None}}\n",
        row("F4 corrupt at the right size"),
    ),
    rule(
        "an object that is gone when it is read is missing",
        _CONTENTS,
        "        found = {key: stored for key, stored in each.found.items() if key not in read}\n",
        "        found = dict(each.found)\n",
        f"{_READ}::test_what_is_there_and_is_not_given_is_no_proof",
    ),
    rule(
        "a store that stops answering while it is read leaves the verdict unknown",
        _CONTENTS,
        "        except Unknown as error:\n            each.trouble = error\n            continue\n",
        "        except Unknown:\n            continue\n",
        f"{_READ}::test_what_is_there_and_is_not_given_is_no_proof",
    ),
    rule(
        "a remote that cannot be asked does not keep another from being read",
        _CONTENTS,
        "asked = [each for each in stores if each.store is not None and each.trouble is None]",
        "asked = [] if any(each.trouble for each in stores) else [each for each in stores if each.store is not None]",
        f"{_READ}::test_a_remote_that_cannot_be_asked_does_not_keep_the_other_from_being_read",
    ),
    rule(
        "what is archived is not read",
        _CONTENTS,
        "for key, stored in each.found.items() if stored.archived is None]",
        "for key, stored in each.found.items()]",
        "tests/remotes/test_verify_on_every_remote.py::test_what_is_archived_cannot_be_read_and_is_told_as_archived",
    ),
    rule(
        "a sample is of so many objects",
        _CONTENTS,
        "    if depth.sample is not None:\n",
        "    if False:\n",
        f"{_MANY}::test_a_sample_reads_so_many_contents_and_always_the_same",
    ),
    rule(
        "a sample is the same for the same objects, whoever takes it",
        _CONTENTS,
        'key=lambda key: sha256(f"{key.layout}:{key.oid}".encode()).digest())',
        "key=lambda key: key.oid)",
        f"{_MANY}::test_a_sample_reads_so_many_contents_and_always_the_same",
    ),
    rule(
        "text of DVC 2 is hashed with Unix line ends",
        _HASH,
        'hasher.update(piece.replace(b"\\r\\n", b"\\n"))',
        "hasher.update(piece)",
        f"{_PUSH}::test_contents_of_dvc_2_are_compared_with_unix_line_ends",
    ),
    rule(
        "files of DVC 3 are hashed byte by byte",
        _HASH,
        "if layout is Layout.LEGACY and _is_text(piece[:_PROBE_BYTES]):",
        "if _is_text(piece[:_PROBE_BYTES]):",
        f"{_PUSH}::test_contents_of_dvc_3_are_compared_byte_by_byte",
    ),
    rule(
        "what is no text is hashed as it is in DVC 2, too",
        _HASH,
        "if layout is Layout.LEGACY and _is_text(piece[:_PROBE_BYTES]):",
        "if layout is Layout.LEGACY:",
        "tests/dvc/test_dvc_contract.py::test_files_are_hashed_as_dvc_hashes_them",
    ),
    rule(
        "the old hash looks at a megabyte at a time, however the bytes came",
        _HASH,
        "for piece in pieces if layout is not Layout.LEGACY else _cut_anew(pieces):",
        "for piece in pieces:",
        "tests/dvc/test_dvc_contract.py::test_pieces_of_any_size_have_the_hash_of_the_whole",
    ),
    rule(
        "a size that differs is settled by reading, without being asked to",
        _SETTLING,
        "    if chosen:\n        read_objects",
        "    if False:\n        read_objects",
        row("a file's size edited by hand"),
    ),
    rule(
        "what is too large to be read unasked stays a failure",
        _SETTLING,
        "        if size_bytes > left:\n            continue\n",
        "",
        "tests/dvc/test_data_is_elsewhere.py::test_what_is_too_large_to_be_read_unasked_stays_a_failure",
    ),
    rule(
        "who only looks does not read much",
        _SETTLING,
        "few = MOST_BYTES if unasked is Unasked.PROOF else FEW_BYTES",
        "few = MOST_BYTES",
        "tests/story/test_doubts.py::test_who_only_looks_is_told_of_the_doubt_and_who_asks_of_the_answer",
        "tests/story/test_doubts.py::test_a_hook_does_not_read_for_minutes",
    ),
    rule(
        "what was left unread is unknown, neither sound nor lost",
        "release/core/audit/doubts.py",
        "    if not any(key in unread for key in judged.doubts):\n",
        "    if True:\n",
        "tests/story/test_doubts.py::test_who_only_looks_is_told_of_the_doubt_and_who_asks_of_the_answer",
    ),
    rule(
        "after reading, what is in doubt is judged anew",
        _SETTLING,
        "        audit.judge_anew(unread)\n",
        "        pass\n",
        row("a file's size edited by hand"),
    ),
)
