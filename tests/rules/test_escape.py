import html
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from release.core.text import for_log, for_markdown, for_terminal
from release.ui.json_documents import document

SIGNS = st.text(alphabet="ab1 _*`~[]()<>&|#!@\\-+=.:/$\n\t'\"é^{};")
COMMENT = "<!-- -->"


def test_outside_a_table_no_bar_is_escaped():
    assert for_markdown("a | b ~", in_cell=False) == "a | b ~"


def rendered(markdown):
    """The text that a reader sees, and the tags around it."""
    page = MarkdownIt("gfm-like", {"linkify": False}).render(markdown).replace(COMMENT, "")
    return html.unescape(re.sub(r"<[^>]*>", "", page)).strip(), set(re.findall(r"<(/?\w+)", page))


@given(st.text())
def test_text_for_a_terminal_is_one_line_without_control_characters(text):
    shown = for_terminal(text)
    assert not [
        c for c in shown if c not in "\u200c\u200d" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert for_terminal(shown) == shown
    shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("charCNN é 模型 👩‍💻", "charCNN é 模型 👩‍💻"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\r\tc\x00\x7f\x9b", r"a\nb\r\tc\x00\x7f\x9b"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("x\udcffy\ud800", r"x\xffy\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("\u2028", r"\u2028"),
    ],
)
def test_what_a_terminal_would_obey_becomes_visible(text, shown):
    assert for_terminal(text) == shown


@given(st.one_of(SIGNS, st.text(st.characters(codec="utf-8"))))
def test_markdown_renders_as_the_text_itself(text):
    seen, tags = rendered(for_markdown(text))
    assert " ".join(seen.split()) == " ".join(for_terminal(text).split())
    assert tags <= {"p", "/p"}


@given(SIGNS)
def test_markdown_in_a_list_item_renders_as_the_text_itself(text):
    seen, tags = rendered(f"- {for_markdown(text, in_cell=False)}")
    assert " ".join(seen.split()) == " ".join(for_terminal(text).split())
    assert tags <= {"ul", "/ul", "li", "/li"}


@given(SIGNS, SIGNS)
def test_markdown_in_a_table_stays_in_its_cell(one, other):
    page = MarkdownIt("gfm-like", {"linkify": False}).render(
        f"| a | b |\n| --- | --- |\n| x{for_markdown(one)} | {for_markdown(other)} |\n"
    )
    cells = [html.unescape(cell.replace(COMMENT, "")) for cell in re.findall(r"<td>(.*?)</td>", page)]
    assert [" ".join(c.split()) for c in cells] == [
        " ".join(for_terminal(t).split()) for t in ("x" + for_terminal(one).strip(), other)
    ]


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("train num_filters at 100 -> 200 (#12)", "train num_filters at 100 -> 200 (#12)"),
        ("## [Unreleased]", r"\## \[Unreleased\]"),
        ("-----BEGIN PGP", r"\-----BEGIN PGP"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y>"),
        ("1. one", r"1\. one"),
        ("thanks @octocat, mail a@b.c", "thanks @<!-- -->octocat, mail a@b.c"),
        ("`a` *b* _c_ |", r"\`a\` \*b\* \_c\_ \|"),
        ("a\nb", r"a\\nb"),
        ("a * b _ c < d, AT&T, ~/x, $5", "a * b _ c < d, AT&T, ~/x, $5"),
        ("~a~ $b$ &amp; &#35;", r"\~a\~ \$b\$ \&amp; \&#35;"),
        ("a  b", "a b"),
    ],
)
def test_only_what_markdown_would_obey_is_escaped(text, markdown):
    assert for_markdown(text) == markdown


IGNORED = "\u200b\u200d\ufe0f\ufeff"  # by .NET, when it compares by culture
COMMANDS = st.text(alphabet=f"#:[]ab \t\n\r\u3000{IGNORED}")


def is_ci_command(line):
    """Tell whether a runner obeys the line, as in actions/runner's ActionCommand and Azure's Command."""
    line = "".join(char for char in line if char not in IGNORED)
    return line.lstrip().startswith("::") or re.search(r"##\w*\[", line) is not None


@given(COMMANDS)
def test_no_line_of_a_log_is_a_command_to_a_ci_service(text):
    shown = for_log(text)
    assert not [line for line in re.split("[\r\n]", shown) if is_ci_command(line)]
    assert shown.replace("\\", "") == text
    assert for_log(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::set-output name=tag::v9", r"\::set-output name=tag::v9"),
        ("a\n\u3000 ::error::x", "a\n\u3000 \\::error::x"),
        ("- fix: ##[stop-commands]x", r"- fix: ##\[stop-commands]x"),
        ("###[group]", r"###\[group]"),
        ("##vso[task.setvariable variable=a]b", r"##vso\[task.setvariable variable=a]b"),
        ("##teamcity[buildStatus text='x']", r"##teamcity\[buildStatus text='x']"),
        (
            "## [1.0.0] - 2026-01-01\n### Changes\nstd::vector, ::1 later",
            "## [1.0.0] - 2026-01-01\n### Changes\nstd::vector, ::1 later",
        ),
    ],
)
def test_a_backslash_breaks_what_a_ci_service_would_run(text, shown):
    assert for_log(text) == shown


@given(st.dictionaries(st.text(alphabet='#[:v\n\\"u005b\u200d'), st.text(alphabet='#[:v\n\\"u005b\u200d')))
def test_a_json_document_says_the_same_and_is_no_command(value):
    text = document(value)
    assert json.loads(text) == value
    assert for_log(text) == text


def test_an_index_is_no_link_and_stays_readable():
    assert for_markdown("hist[0][1]") == "hist[0][1]"
    assert for_markdown("a[0](http://x)") == r"a\[0\](http://x)"
    assert for_markdown("[0]: http://x") == r"\[0\]: http://x"
