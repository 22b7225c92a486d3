import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.release import validate_message
from release.core.text import for_terminal
from release.errors import ExitCode, UsageError


@pytest.mark.parametrize(
    "text", ["charCNN", "fix: tokenizer (#12)", "模型 é", "x" * 500, "a - b", "# 1", "👩‍💻", "--dry-run"[2:]]
)
def test_a_line_of_words_is_a_message(text):
    assert validate_message(text) == text


def test_spaces_around_a_message_are_dropped():
    assert validate_message("  charCNN ") == "charCNN"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the message is blank"),
        (" \t\n", "the message is blank"),
        ("a\nb", "more than one line"),
        ("a\r", "more than one line"),
        ("a\x1b[2J", r"control character \x1b"),
        ("a\tb", r"control character \t"),
        ("a\x00b", r"control character \x00"),
        ("a\u202eb", r"control character \u202e"),
        ("a\u2028b", r"control character \u2028"),
        ("a\udcff", r"control character \xff"),
        ("-x", "starts with `-`"),
        (" --yes", "starts with `-`"),
        ("-----BEGIN PGP SIGNATURE-----", "would take for a signature"),
        ("x\n-----BEGIN PGP MESSAGE-----\nabc", "would take for a signature"),
        ("x" * 501, "501 characters, and 500 is the most"),
        ("x" * 10_000, "10,000 characters, and 500 is the most"),
    ],
)
def test_a_message_that_cannot_stand_in_a_tag_is_refused(text, said):
    with pytest.raises(UsageError) as caught:
        validate_message(text)
    assert said in caught.value.message
    assert "-m" in (caught.value.help or "")
    assert caught.value.code is ExitCode.USAGE
    assert for_terminal(caught.value.message) == caught.value.message


@given(st.text())
def test_a_message_is_accepted_as_one_printable_line_or_refused(text):
    try:
        message = validate_message(text)
    except UsageError:
        return
    assert message == text.strip(" ")
    assert len(message.splitlines()) == 1
    assert validate_message(message) == message
