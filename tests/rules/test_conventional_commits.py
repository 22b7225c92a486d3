"""Conventional Commits 1.0, rule by rule, with npm's conventional-commits-parser as a second opinion.

`differs` is what that parser reads otherwise: the fields of its reading, and the reason why ours is another one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import asdict

from release.core.auto import CommitText, read_commits


class Reading(Struct, frozen=True):
    """What a message says; `breaking` are the texts of what breaks."""

    type: str = ""
    scope: str = ""
    what: str = ""
    breaking: tuple[str, ...] = ()


class Row(Struct, frozen=True):
    rule: int
    message: str
    says: Reading
    differs: dict[str, object] | None = None
    reason: str = ""


NOTHING = Reading()
ANY_CASE = "rule 15: BREAKING CHANGE is in capitals"
COLON = "rule 12: a colon follows"
FOOTER = "rule 10: the text ends at any footer, not only at one with a number"
QUOTED = "quoted text announces nothing"
TABLE = [
    Row(1, "feat: a", Reading("feat", "", "a")),
    Row(1, "feat(x)!: a", Reading("feat", "x", "a", ("a",))),
    Row(1, "Improve it", NOTHING),
    Row(1, "feat a", NOTHING),
    Row(1, "feat:a", NOTHING),
    Row(1, "feat : a", NOTHING),
    Row(1, "feat (x): a", NOTHING),
    Row(1, "(x): a", NOTHING, {"scope": "x", "what": "a"}, "rule 1: a type is required"),
    Row(1, ": a", NOTHING, {"what": "a"}, "rule 1: a type is required"),
    Row(1, "the feat: a", NOTHING),
    Row(2, "feat: add beam search", Reading("feat", "", "add beam search")),
    Row(3, "fix: accept empty text", Reading("fix", "", "accept empty text")),
    Row(4, "fix(parser): a", Reading("fix", "parser", "a")),
    Row(4, "fix(the parser, too): a", Reading("fix", "the parser, too", "a")),
    Row(4, "fix(): a", Reading("fix", "", "a")),
    Row(4, "fix(parser: a", NOTHING),
    Row(5, "fix: array issue: a colon, 'quotes'", Reading("fix", "", "array issue: a colon, 'quotes'")),
    Row(5, "fix:  a", Reading("fix", "", "a")),
    Row(5, "fix: ", NOTHING, {"type": "fix"}, "rule 5: a description is required"),
    Row(6, "fix: a\n\nfeat: the body", Reading("fix", "", "a")),
    Row(7, "fix: a\n\nOne.\n\nTwo says feat: b.\n\nThree", Reading("fix", "", "a")),
    Row(8, "fix: a\n\nReviewed-by: Z\nRefs: #123", Reading("fix", "", "a")),
    Row(8, "fix: a\n\nb\n\nBREAKING CHANGE: c\n\nCloses #7", Reading("fix", "", "a", ("c",))),
    Row(
        8,
        "fix: a\n\nBREAKING CHANGE: c\nReviewed-by: Z",
        Reading("fix", "", "a", ("c",)),
        {"breaking": ("c Reviewed-by: Z",)},
        FOOTER,
    ),
    Row(9, "fix: a\n\nBREAKING CHANGE: b\nAcked by: Z", Reading("fix", "", "a", ("b Acked by: Z",))),
    Row(
        9,
        "fix: a\n\nBREAKING CHANGE: b\nAcked-by: Z",
        Reading("fix", "", "a", ("b",)),
        {"breaking": ("b Acked-by: Z",)},
        FOOTER,
    ),
    Row(10, "fix: a\n\nBREAKING CHANGE: b\nand c\n\nand d", Reading("fix", "", "a", ("b and c and d",))),
    Row(10, "fix: a\n\nBREAKING CHANGE:\nb", Reading("fix", "", "a", ("b",))),
    Row(10, "fix: a\n\nBREAKING CHANGE: b\nBREAKING CHANGE: c", Reading("fix", "", "a", ("b", "c"))),
    Row(
        10,
        "fix: a\n\nBREAKING CHANGE:\n\n- b\n- c",
        Reading("fix", "", "a", ("b", "c")),
        {"breaking": ("- b - c",)},
        "each item of a list is a change",
    ),
    Row(
        10,
        "fix: a\n\nBREAKING CHANGE:\nRefs: b",
        Reading("fix", "", "a"),
        {"breaking": ("Refs: b",)},
        FOOTER,
    ),
    Row(11, "chore!: a", Reading("chore", "", "a", ("a",))),
    Row(11, "chore: a\n\nBREAKING CHANGE: b", Reading("chore", "", "a", ("b",))),
    Row(11, "chore: a\n\nThis is a BREAKING CHANGE: not at the start", Reading("chore", "", "a")),
    Row(12, "feat: a\n\nBREAKING CHANGE: b", Reading("feat", "", "a", ("b",))),
    Row(12, "feat: a\n\nBREAKING CHANGE of b", Reading("feat", "", "a"), {"breaking": ("of b",)}, COLON),
    Row(12, "feat: a\n\nBREAKING CHANGE #7", Reading("feat", "", "a"), {"breaking": ("#7",)}, COLON),
    Row(13, "feat!: a\n\nBREAKING CHANGE: b", Reading("feat", "", "a", ("b",))),
    Row(13, "feat(x)!: a", Reading("feat", "x", "a", ("a",))),
    Row(13, "feat!(x): a", NOTHING),
    Row(13, "feat! : a", NOTHING),
    Row(14, "docs: a", Reading("docs", "", "a")),
    Row(14, "data_prep(x): a", Reading("data_prep", "x", "a")),
    Row(
        14,
        "build-deps!: a",
        Reading("build-deps", "", "a", ("a",)),
        {"type": "", "what": "", "breaking": ()},
        "rule 14: a type with a hyphen is one",
    ),
    Row(15, "FEAT(Api): A", Reading("feat", "Api", "A")),
    Row(15, "fix: a\n\nbreaking change: b", Reading("fix", "", "a"), {"breaking": ("b",)}, ANY_CASE),
    Row(15, "fix: a\n\nBreaking Change: b", Reading("fix", "", "a"), {"breaking": ("b",)}, ANY_CASE),
    Row(16, "fix: a\n\nBREAKING-CHANGE: b", Reading("fix", "", "a", ("b",))),
    Row(
        16,
        "BREAKING CHANGE: a",
        Reading("", "", "a", ("a",)),
        {"what": "", "breaking": ()},
        "commitizen releases a major version for such a subject",
    ),
    # What the specification does not know: Markdown, an answer to a template, a mark of PowerShell
    Row(
        0,
        "feat: a\n\n**BREAKING CHANGE:** b",
        Reading("feat", "", "a", ("b",)),
        {"breaking": ("** b",)},
        "the signs are Markdown",
    ),
    Row(
        0,
        "feat: a\n\n**BREAKING CHANGE**: b",
        Reading("feat", "", "a", ("b",)),
        {"breaking": ()},
        "the same in bold letters",
    ),
    Row(
        0,
        "feat: a\n\nBREAKING CHANGE: None.",
        Reading("feat", "", "a"),
        {"breaking": ("None.",)},
        "nothing breaks",
    ),
    Row(
        0,
        "feat!: a\n\nBREAKING CHANGE: n/a",
        Reading("feat", "", "a", ("a",)),
        {"breaking": ("n/a",)},
        "the sign counts",
    ),
    Row(0, "\ufefffeat: a", Reading("feat", "", "a"), {"type": "", "what": ""}, "a byte order mark is no text"),
    # Text of others
    Row(0, "docs: a\n\n```\nBREAKING CHANGE: b\n```", Reading("docs", "", "a"), {"breaking": ("b ```",)}, QUOTED),
    Row(0, "docs: a\n\n> BREAKING CHANGE: b", Reading("docs", "", "a")),
    Row(
        0,
        "chore: a\n\n<details>\nBREAKING CHANGE: b\n</details>",
        Reading("chore", "", "a"),
        {"breaking": ("b </details>",)},
        QUOTED,
    ),
    Row(
        0,
        "feat: a\n\n<!--\nBREAKING CHANGE: describe it\n-->",
        Reading("feat", "", "a"),
        {"breaking": ("describe it -->",)},
        QUOTED,
    ),
    Row(
        0,
        "chore(deps): a\n\n### Release notes\n\nBREAKING CHANGE: b",
        Reading("chore", "deps", "a"),
        {"breaking": ("b",)},
        QUOTED,
    ),
]
IDS = [f"{row.rule}-{row.message[:30]!r}" for row in TABLE]


def test_every_rule_of_the_specification_is_in_the_table():
    assert {row.rule for row in TABLE} == set(range(17))


@pytest.mark.parametrize("row", TABLE, ids=IDS)
def test_a_message_is_read_by_the_rule(row):
    subject, _, body = row.message.partition("\n\n")
    known = {row.says.type} - {""} | {"feat", "fix"}
    (said,) = read_commits([CommitText(id="c", subject=subject, body=body)], known)
    first, *others = said.notes
    breaking = tuple(note.what for note in (first, *others) if note.breaking)
    assert Reading(first.type, first.scope, first.what, breaking) == row.says


# As the preset `conventionalcommits` calls it
SCRIPT = """
import { readFileSync } from "node:fs";
const { CommitParser } = await import(process.argv[1]);
const parser = new CommitParser({
  headerPattern: /^(\\w*)(?:\\((.*)\\))?!?: (.*)$/,
  breakingHeaderPattern: /^(\\w*)(?:\\((.*)\\))?!: (.*)$/,
  noteKeywords: ["BREAKING CHANGE", "BREAKING-CHANGE"],
});
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(message => parser.parse(message))));
"""


@pytest.mark.system
@pytest.mark.deep
def test_the_parser_of_npm_reads_the_same_but_where_the_table_says_why():
    # npm's packages lie beside the folder of programs that noxfile.py puts on the PATH.
    places = (Path(place).parent for place in os.environ["PATH"].split(os.pathsep) if place.endswith(".bin"))
    modules = (place / "conventional-commits-parser/dist/index.js" for place in places)
    module = next(path for path in modules if path.is_file())
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", SCRIPT, module.as_uri()],
        input=json.dumps([row.message for row in TABLE]),
        capture_output=True,
        text=True,
        check=True,
    )
    for row, found in zip(TABLE, json.loads(done.stdout), strict=True):
        theirs = {
            "type": (found.get("type") or "").lower(),
            "scope": found.get("scope") or "",
            "what": (found.get("subject") or "").strip(),
            "breaking": tuple(" ".join(note["text"].split()) for note in found["notes"]),
        }
        ours = asdict(row.says)
        differs = {name: value for name, value in theirs.items() if value != ours[name]}
        assert differs == (row.differs or {}), row.message
        assert bool(row.differs) == bool(row.reason), row.message
