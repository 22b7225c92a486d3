"""What comes from outside: bounds, escapes, paths, names, secrets; and tags that are watched."""

from taken_out.rule import Change, Rule

_YAML = "release/core/documents/yaml_document.py"
_DOCUMENT = "release/core/documents/document.py"
_ESCAPE = "release/core/escape.py"
_MESSAGE = "release/core/tags/message.py"
_SECRETS = "release/core/secrets.py"
_PROCESS = "release/adapters/git/process.py"
_FILES = "release/adapters/files.py"
_CONFIG = "release/adapters/config_file.py"
_READER = "release/core/config/reader.py"
_PLACING = "release/core/pointers/placing.py"
_FETCH = "release/core/tags/fetch.py"

_HOSTILE_YAML = "tests/rules/test_yaml_document.py::test_hostile_text_is_an_error_with_its_reason"
_ESCAPES = "tests/rules/test_escape.py"
_HIDDEN = "tests/rules/test_secrets_rules.py"
_SECRET = "tests/story/test_secrets.py"
_NAMES = "tests/story/test_names_are_no_options.py"

BOUNDS: tuple[Rule, ...] = (
    Rule(
        says="YAML: aliases that explode are an error",
        changes=(Change(_YAML, "        if self._values > self._most_values:", "        if False:"),),
        tests=(_HOSTILE_YAML,),
    ),
    Rule(
        says="YAML: so is what is nested too deep",
        changes=(Change(_YAML, "        if len(self._stack) >= MAX_DEPTH:", "        if False:"),),
        tests=(_HOSTILE_YAML,),
    ),
    Rule(
        says="YAML: by aliases, too",
        changes=(Change(_YAML, "        if len(self._stack) + found.depth > MAX_DEPTH:", "        if False:"),),
        tests=(_HOSTILE_YAML,),
    ),
    Rule(
        says="YAML: no object is built that a tag asks for",
        changes=(
            Change(
                _YAML,
                "    if event.tag not in _TAGS:\n        _refuse_tag(event)\n    if event.tag in _TEXT",
                "    if event.tag in _TEXT",
            ),
        ),
        tests=(_HOSTILE_YAML,),
    ),
    Rule(
        says="YAML: a key twice is an error",
        changes=(Change(_YAML, "        elif key in parent.value:", "        elif False:"),),
        tests=(_HOSTILE_YAML,),
    ),
    Rule(
        says="a file that is too large is not read",
        changes=(Change(_DOCUMENT, "    if len(data) > most_bytes:", "    if False:"),),
        tests=(
            "tests/rules/test_metric_file.py",
            "tests/rules/test_yaml_document.py",
            "-k",
            "large or no_text or bombs or most",
        ),
    ),
    Rule(
        says="JSON that is nested too deep is an error, no crash",
        changes=(Change(_DOCUMENT, "    _limit_json_depth(text)\n", ""),),
        tests=("tests/rules/test_metric_file.py", "-k", "great_depth and json"),
    ),
    Rule(
        says="so is TOML",
        changes=(Change(_DOCUMENT, "    _limit_toml_depth(text)\n", ""),),
        tests=("tests/rules/test_metric_file.py", "-x", "-k", "great_depth and toml"),
    ),
)

ESCAPES: tuple[Rule, ...] = (
    Rule(
        says="what a terminal would obey is shown, not sent",
        changes=(
            Change(
                _ESCAPE, "    if text.isprintable():\n        return text\n    return", "    return text\n    return"
            ),
        ),
        tests=(_ESCAPES,),
    ),
    Rule(
        says="so is what hides or turns the writing",
        changes=(Change(_ESCAPE, '_HIDDEN = frozenset({"Cc", "Cf", ', '_HIDDEN = frozenset({"Cc", '),),
        tests=(_ESCAPES,),
    ),
    Rule(
        says="Markdown of others renders as their text",
        changes=(
            Change(
                _ESCAPE,
                r'    text = _MARKDOWN.sub(r"\\\g<0>", for_terminal(text).strip())',
                "    text = for_terminal(text).strip()",
            ),
        ),
        tests=(_ESCAPES,),
    ),
    Rule(
        says="so does HTML",
        changes=(Change(_ESCAPE, '    text = text.replace("<", "&lt;")', '    text = text.replace("<", "<")'),),
        tests=(_ESCAPES, "tests/story/test_bad_input.py::test_hostile_subjects_do_not_forge_entries_or_trailers"),
    ),
    Rule(
        says="nobody is called by a mention",
        changes=(Change(_ESCAPE, 'return _MENTION.sub("@<!-- -->", text)', "return text"),),
        tests=(_ESCAPES,),
    ),
    Rule(
        says="no line of a tag's message begins as a signature does: git would take the rest for one",
        changes=(Change(_MESSAGE, '    return _SIGNATURE.sub(f" {_BEGIN}", text)', "    return text"),),
        tests=("tests/rules/test_tag_message.py",),
    ),
    Rule(
        says="what a signature covers ends where it begins: trailers behind it do not count",
        changes=(
            Change(
                _MESSAGE,
                "    if signature := _SIGNATURE.search(message):",
                "    if (signature := _SIGNATURE.search(message)) and False:",
            ),
        ),
        tests=("tests/rules/test_tag_message.py",),
    ),
)

PATHS: tuple[Rule, ...] = (
    Rule(
        says="a configured path stays inside the repository",
        changes=(Change(_READER, "        if outside or not kept or any(", "        if not kept or any("),),
        tests=("tests/rules/test_config_file.py",),
    ),
    Rule(
        says="and out of `.git`",
        changes=(Change(_READER, 'any(part.lower() == ".git" for part in parts)', "False"),),
        tests=("tests/rules/test_config_file.py",),
    ),
    Rule(
        says="a pointer's path does, too",
        changes=(
            Change(
                _PLACING,
                '    if not located.startswith(below) or located in (".", "..") or located.startswith("../"):',
                "    if False:",
            ),
        ),
        tests=("tests/rules/test_placing.py",),
    ),
    Rule(
        says="and so do the files of a tracked folder",
        changes=(
            Change("release/core/pointers/file.py", "    return _OUTSIDE.search(relpath) is None", "    return True"),
        ),
        tests=("tests/rules/test_pointer_files.py",),
    ),
    Rule(
        says="configuration is not read through a link out of the repository",
        changes=(Change(_CONFIG, "        if not path.resolve().is_relative_to(git_root):", "        if False:"),),
        tests=("tests/rules/test_config_file.py",),
    ),
    Rule(
        says="no file is read through one",
        changes=(Change(_FILES, "    if outside or not place.is_file()", "    if not place.is_file()"),),
        tests=("tests/story/test_init.py::test_a_link_out_of_the_repository_is_refused",),
    ),
    Rule(
        says="none is written through one",
        changes=(Change(_FILES, "    if not place.parent.resolve().is_relative_to(root.resolve()):", "    if False:"),),
        tests=("tests/story/test_init.py::test_a_folder_that_links_out_of_the_repository_is_refused",),
    ),
    Rule(
        says="a remote's name that looks like an option is none",
        changes=(Change("release/adapters/git/refs.py", '"--symref", "--", remote', '"--symref", remote'),),
        tests=(_NAMES,),
    ),
)

SECRETS: tuple[Rule, ...] = (
    Rule(
        says="a password in a URL is hidden",
        changes=(Change(_SECRETS, "re.sub(_USERINFO, hide, text)", "text"),),
        tests=(_HIDDEN,),
    ),
    Rule(
        says="so is `password=...` and its like",
        changes=(
            Change(
                _SECRETS,
                'text = re.sub(_PAIR, r"\\g<name>\\g<sep>***", re.sub(_USERINFO, hide, text))'.replace("\\\\", "\\"),
                "text = re.sub(_USERINFO, hide, text)",
            ),
        ),
        tests=(_HIDDEN,),
    ),
    Rule(
        says="so is a token of a known form",
        changes=(Change(_SECRETS, 'return re.sub(_KNOWN_FORM, "***", text)', "return text"),),
        tests=(_HIDDEN,),
    ),
    Rule(
        says="so is a cookie, whole",
        changes=(Change(_SECRETS, 'text = re.sub(_COOKIE, r"\\g<name>***", text)'.replace("\\\\", "\\"), "pass"),),
        tests=(_HIDDEN,),
    ),
    Rule(
        says="so is a URL's password where that is encoded as a part of another",
        changes=(
            Change(_SECRETS, 'text = re.sub(_ENCODED, r"\\g<colon>***\\g<at>", text)'.replace("\\\\", "\\"), "pass"),
        ),
        tests=(_HIDDEN,),
    ),
    Rule(
        says="a secret of DVC's settings is hidden as it is, and as a URL has it",
        changes=(
            Change(
                "release/adapters/dvc/open_store.py", '(value, unquote(value), quote(value, safe=""))', "(value, value)"
            ),
        ),
        tests=("tests/rules/test_store_evidence.py::test_a_secret_is_hidden_as_it_is_and_as_a_url_has_it",),
    ),
    Rule(
        says="what git and servers say is told without secrets",
        # Twice: where they are heard, and where anything is told.
        changes=(
            Change(
                _PROCESS,
                '        return without_secrets(self.err.decode("utf-8", "replace").strip())',
                '        return self.err.decode("utf-8", "replace").strip()',
            ),
            Change("release/cli/failure.py", 'without_secrets(text).split("\\n"))', 'text.split("\\n"))'),
        ),
        tests=(f"{_SECRET}::test_what_hooks_and_the_remote_say_is_told_without_the_secrets_in_it",),
    ),
    Rule(
        says="of a remote's URL only a hash is written",
        changes=(
            Change(
                "release/adapters/seen_tags.py",
                'return hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()',
                "return url",
            ),
        ),
        tests=(f"{_SECRET}::test_a_release_prints_and_writes_no_secret",),
    ),
)

WATCHED: tuple[Rule, ...] = (
    Rule(
        says="a tag that moved on a remote is reported by `fetch`, exit 7, and ours is kept",
        changes=(
            Change(
                _FETCH,
                "return ExitCode.RACED if self.having(TagChange.MOVED) else ExitCode.DONE",
                "return ExitCode.DONE",
            ),
        ),
        tests=("tests/story/test_fetch.py::test_a_tag_that_moved_there_is_reported_and_ours_is_kept",),
    ),
    Rule(
        says="a tag is another object than the release after it recorded (`Release-Previous`): it is named",
        changes=(Change("release/core/tags/chain.py", "        if tag.object_id != recorded:", "        if False:"),),
        tests=("tests/rules/test_tag_chain.py",),
    ),
    Rule(
        says="by `show`, `verify` and `fetch`",
        changes=(
            Change("release/flows/reading/tag_watch.py", "    return chain_breaks(known, said)", "    return ()"),
        ),
        tests=("tests/story/test_replaced_tags.py", "-k", "shows_in_a_fresh_clone or replaced_before"),
    ),
    Rule(
        says="a tag whose numbers are not those that it swears to is named",
        changes=(
            Change(
                "release/core/tags/chain.py",
                "    return said.metrics_digest == metrics_digest([file for file in known if not file.kept])",
                "    return True",
            ),
        ),
        tests=("tests/rules/test_tag_chain.py",),
    ),
    Rule(
        says="so is one whose objects are not",
        changes=(
            Change(
                "release/flows/reading/sworn.py",
                "with_promise(audit, audit.rev, self.promise, excluded_then) if by_itself else audit",
                "audit",
            ),
        ),
        tests=("tests/story/test_verify.py::test_a_tag_that_swears_to_other_objects_is_told",),
    ),
)
