"""Why a store could not be asked: told as what it is, in bounded time, and without its secrets."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_ERRORS = "release/adapters/dvc/store_errors.py"
_OPENING = "release/adapters/dvc/open_store.py"
_S3 = "release/adapters/dvc/wire/s3.py"
_EVERY = "tests/remotes/test_every_remote.py"
_S3_ALONE = "tests/remotes/test_s3_in_particular.py"
_EVIDENCE = "tests/rules/test_store_evidence.py"

REFUSALS: tuple[Rule, ...] = (
    rule(
        "401, 403 and 407 are forbidden, not missing",
        _ERRORS,
        "if _status(error) in (401, 403, 407) or",
        "if",
        _EVERY,
        "-k",
        "refuses and s3 and 46 and not versioned",
    ),
    rule(
        "a right that lacks on the server's disk is forbidden, too",
        _ERRORS,
        "_is(error, _NO_CREDENTIALS) or _has(error, PermissionError):",
        "_is(error, _NO_CREDENTIALS):",
        f"{_EVIDENCE}::test_what_a_plugin_raises_becomes_the_right_unknown",
    ),
    rule(
        "wrong credentials are forbidden by the names that plugins have for them",
        _ERRORS,
        "_is(error, _NO_CREDENTIALS) or _has(error, PermissionError):",
        "_has(error, PermissionError):",
        _EVERY,
        "-k",
        "refuses and ssh",
    ),
    rule(
        "no connection and no answer in time is unreachable",
        _ERRORS,
        "_has(error, ConnectionError, TimeoutError) or _unresolved(error):",
        "_unresolved(error):",
        f"{_EVIDENCE}::test_what_a_plugin_raises_becomes_the_right_unknown",
    ),
    rule(
        "no answer is unreachable by the names that plugins have for it",
        _ERRORS,
        "if _is(error, _NO_ANSWER) or",
        "if",
        "tests/remotes/test_web_in_particular.py::test_a_server_that_hangs_up_is_unreachable",
    ),
    rule(
        "who may not list S3 is told `s3:ListBucket`",
        _ERRORS,
        '    if kind == "s3":\n',
        "    if False:\n",
        _EVERY,
        "-k",
        "refuses and s3 and 5 and not versioned",
    ),
    rule(
        "404 is not there",
        _ERRORS,
        "    if _status(error) == 404:\n        return True\n",
        "",
        f"{_EVIDENCE}::test_not_found_that_hides_a_refusal_is_no_absence",
    ),
    rule(
        "a plugin's `not found` that hides a refusal is no absence",
        _ERRORS,
        "return isinstance(error, FileNotFoundError) and not _refused_underneath(error)",
        "return isinstance(error, FileNotFoundError)",
        f"{_EVIDENCE}::test_not_found_that_hides_a_refusal_is_no_absence",
    ),
    rule(
        "no secret of a remote's settings stands in an error",
        _ERRORS,
        '        words = words.replace(secret, "***")\n',
        "        pass\n",
        f"{_EVIDENCE}::test_no_secret_of_the_settings_stands_in_an_error",
    ),
    rule(
        "no password of a url stands in a store's name",
        _OPENING,
        'url = urlunsplit((parts.scheme.lower(), f"{user}@{place[2]}" if user else place[2],',
        "url = urlunsplit((parts.scheme.lower(), parts.netloc,",
        f"{_EVIDENCE}::test_two_remotes_are_one_store_by_their_url_and_place_without_secrets",
    ),
    rule(
        "a plugin of DVC that is not installed is told with the command that installs it",
        _OPENING,
        "    if importlib.util.find_spec(module) is None:\n",
        "    if False:\n",
        "tests/contract/test_dvc_names.py::test_a_plugin_that_is_not_installed_is_named_with_the_command_that_installs_it",
    ),
    rule(
        "where nobody can answer, no password is asked for",
        _OPENING,
        '        settings.pop("ask_password", None)\n',
        "",
        "tests/remotes/test_nobody_is_asked.py::test_a_password_that_nobody_can_type_is_not_waited_for",
    ),
    rule(
        "a remote that does not answer costs bounded time",
        _OPENING,
        '        settings.setdefault("connect_timeout", limits.connect_s)\n'
        '        settings.setdefault("read_timeout", limits.read_s)\n',
        '        settings.setdefault("connect_timeout", 45)\n        settings.setdefault("read_timeout", 45)\n',
        f"{_EVERY}::test_a_remote_that_never_answers_is_unreachable_in_bounded_time[s3]",
    ),
    rule(
        "a page that fails is asked for again, so often and no more",
        _S3,
        'retries={"mode": "standard", "total_max_attempts": self._limits.attempts},',
        'retries={"mode": "standard", "total_max_attempts": 1},',
        f"{_S3_ALONE}::test_a_page_that_fails_once_is_asked_for_again",
    ),
)
