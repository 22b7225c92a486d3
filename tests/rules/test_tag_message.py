import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.metric_deltas import compare_metrics
from release.core.metrics import ValueFile
from release.core.tag_message import TagMessage, Trailers, compose, metrics_digest, parse_message
from release.core.text import for_terminal

OID = "0123456789abcdef0123456789abcdef01234567"
SHA = "a" * 64
FULL = Trailers(
    release_id="r1", previous=("v1.3.0", OID), objects=1204, total_bytes=2_100_000_000, excluded=2,
    regression="slower, but right", digest=SHA, metrics_digest="b" * 64,
)  # fmt: skip
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=30)
TRAILERS = st.builds(
    Trailers,
    release_id=st.text("0123456789abcdef", min_size=1),
    previous=st.none() | st.tuples(st.sampled_from(["v1.0.0", "charCNN@v1.3.0"]), st.sampled_from([OID, SHA])),
    objects=st.integers(0, 10**12),
    total_bytes=st.integers(0, 10**17),
    excluded=st.integers(0, 10**6),
    regression=st.none() | LINE,
    digest=st.none() | HEX,
    metrics_digest=st.none() | HEX,
)
SIGNATURES = [
    "",
    "-----BEGIN PGP SIGNATURE-----\n\niQ==\n=abcd\n-----END PGP SIGNATURE-----\n",
    "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n",
    "-----BEGIN SIGNED MESSAGE-----\nMII=\n-----END SIGNED MESSAGE-----\n",
]


def file(**values):
    return ValueFile(path="performance.json", values={k.replace("__", "."): v for k, v in values.items()}, sha256=SHA)


def test_the_message_reads_from_the_subject_over_the_numbers_to_the_trailers():
    metrics = compare_metrics(
        [file(overall__f1=0.8412, overall__loss=0.312, other__f1=0.5)],
        [file(overall__f1=0.8630, overall__loss=0.2801, other__f1=0.5)],
    )
    assert (
        compose("charCNN", FULL, metrics=metrics)
        == f"""charCNN

Performance

overall.f1    0.8412 -> 0.8630  +0.0218  better
overall.loss  0.3120 -> 0.2801  -0.0319  better
... 1 more

Release-Schema: 1
Release-Id: r1
Release-Previous: v1.3.0 {OID}
Release-Objects: 1204 2100000000
Release-Excluded: 2
Release-Regression: slower, but right
Release-Digest: {SHA}
Release-Metrics: {"b" * 64}
"""
    )


def test_what_does_not_apply_has_no_trailer():
    first = Trailers(release_id="r1", previous=None, objects=0, total_bytes=0)
    assert compose("first", first) == (
        "first\n\nRelease-Schema: 1\nRelease-Id: r1\nRelease-Previous: none\nRelease-Objects: 0 0\n"
    )


@given(LINE.filter(str.strip), TRAILERS, st.none() | st.text(), st.sampled_from(SIGNATURES))
def test_what_is_composed_is_parsed_again_signed_or_not(subject, trailers, entry, signature):
    message = compose(subject, trailers, entry=entry)
    parsed = parse_message(message + signature)
    assert (parsed.trailers, parsed.problem) == (trailers, None)
    assert parsed.subject == for_terminal(subject).replace(
        "-----BEGIN ", " -----BEGIN ", subject.startswith("-----BEGIN ")
    )


@given(st.text(), TRAILERS, st.text(), st.dictionaries(st.text(), st.floats() | st.text(), max_size=3))
def test_no_line_begins_like_a_signature(subject, trailers, entry, values):
    metrics = compare_metrics([], [ValueFile(path="p.json", values=values)])
    for message in (
        compose(subject, trailers, entry=f"{entry}\n-----BEGIN PGP SIGNATURE-----"),
        compose(subject, trailers, metrics=metrics),
    ):
        assert not [line for line in message.split("\n") if line.startswith("-----BEGIN ")]
        assert parse_message(message).trailers == trailers


def test_an_entry_stands_whole_in_the_message():
    entry = "## [1.0.0] - 2026-11-23\n\ncharCNN\n\n### Changes\n\n- Release-Schema: 2\n"
    parsed = parse_message(compose("charCNN", FULL, entry=entry))
    assert parsed.body == entry.strip()
    assert parsed.trailers == FULL
    assert parse_message(compose("charCNN", FULL, entry=entry.replace("\n", "\r\n"))).body == entry.strip()


@pytest.mark.parametrize(
    ("message", "subject", "body"),
    [
        ("charCNN\n", "charCNN", ""),
        ("", "", ""),
        ("v1.0\n\nFirst one.\n\nSigned-off-by: A <a@b.c>\n", "v1.0", "First one.\n\nSigned-off-by: A <a@b.c>"),
        ("a\n\nRelease-Notes: see the wiki\n", "a", "Release-Notes: see the wiki"),
        ("a\n\nRelease-Schema: 1\n\nlast words\n", "a", "Release-Schema: 1\n\nlast words"),
        ("a\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n", "a", ""),
    ],
)
def test_messages_of_other_tools_have_no_trailers(message, subject, body):
    assert parse_message(message) == TagMessage(subject=subject, body=body, trailers=None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Release-Id: r1\n", "", "Release-Id is missing"),
        ("Release-Schema: 1", "Release-Schema: x", "Release-Schema is not as `release` writes it"),
        ("Release-Schema: 1", "Release-Schema: ²", "Release-Schema is not as `release` writes it"),
        ("Release-Objects: 1204 2100000000", "Release-Objects: 1204", "Release-Objects is not as `release` writes it"),
        ("Release-Objects: 1204 ", "Release-Objects: ٣ ", "Release-Objects is not as `release` writes it"),
        (OID, "abc", "Release-Previous is not as `release` writes it"),
        (SHA, "xyz", "Release-Digest is not as `release` writes it"),
        ("Release-Id: r1\n", "Release-Id: r1\nRelease-Id: r2\n", "Release-Id is there twice"),
    ],
)
def test_trailers_that_were_tampered_with_are_a_problem(old, new, problem):
    parsed = parse_message(compose("a", FULL).replace(old, new))
    assert (parsed.trailers, parsed.problem) == (None, problem)


def test_trailers_of_a_later_schema_are_read_as_far_as_they_are_known():
    later = compose("a", FULL).replace("Schema: 1", "Schema: 2") + "Release-Energy-2: 12 kWh\n"
    parsed = parse_message(later)
    assert parsed.problem is None
    assert parsed.trailers is not None
    assert (parsed.trailers.schema, parsed.trailers.release_id) == (2, "r1")


@given(st.text())
def test_any_message_can_be_parsed(message):
    parse_message(message)
    parse_message(f"{message}\n\nRelease-Schema: 1\n{message}")


def test_the_metrics_digest_is_over_sorted_lines_of_path_and_sha256():
    one, other = ValueFile(path="a/b.json", sha256="1" * 64), ValueFile(path="a.json", sha256="2" * 64)
    expected = hashlib.sha256(b"a.json\0" + b"2" * 64 + b"\n" + b"a/b.json\0" + b"1" * 64 + b"\n").hexdigest()
    assert metrics_digest([one, other]) == metrics_digest([other, one]) == expected
    assert metrics_digest([]) == hashlib.sha256(b"").hexdigest()
    assert metrics_digest([ValueFile(path="\udcff", sha256=SHA)])
