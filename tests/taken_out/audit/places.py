"""Where objects must be: remotes by the commit's own configuration, and what is wrong with these places."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Rule

_CONFIG = "release/adapters/dvc/config.py"
_TEXT = "release/adapters/dvc/config_text.py"
_STORES = "release/adapters/dvc/stores.py"
_OPENING = "release/adapters/dvc/open_store.py"
_PLACES = "release/flows/auditing/destinations.py"
_JUDGING = "release/flows/auditing/judging.py"
_SETTLING = "release/flows/auditing/settling.py"
_MANY = "tests/dvc/test_audit_many.py"
_ELSEWHERE = "tests/dvc/test_data_is_elsewhere.py"
_CONTRACT = "tests/dvc/test_dvc_contract.py"
_EVIDENCE = "tests/rules/test_store_evidence.py"

PLACES: tuple[Rule, ...] = (
    rule(
        "outs without any remote cannot be pulled",
        _PLACES,
        "        return [no_remote(root, name, outs)]\n",
        "        return []\n",
        row("F9 no remote"),
        row("F6 the out's own remote does not exist"),
        row("the config file is not committed"),
    ),
    rule(
        "an out's own remote is asked, not the default one",
        _STORES,
        "named = out.remote or (out.cloud[0].remote_name if out.cloud else None)",
        "named = None",
        row("two remotes"),
        row("a stage's out on another remote"),
    ),
    rule(
        "a remote that only config.local names is no remote for a clone",
        _PLACES,
        "if remote.local_only and settings.remote is None:",
        "if False:",
        row("F9b a remote in config.local only"),
    ),
    rule(
        "a remote that only config.local knows may be asked by name",
        _PLACES,
        "if remote.local_only and settings.remote is None:",
        "if remote.local_only:",
        f"{_MANY}::test_a_remote_of_this_machine_alone_may_be_asked_for_by_name",
    ),
    rule(
        "the url of a remote is the committed one, whatever config.local says",
        _CONFIG,
        "        if shared is None:\n            return dict(full)\n",
        "        if True:\n            return dict(full)\n",
        row("data that only a url of this machine has"),
        row("a url of this machine alone that has no data"),
    ),
    rule(
        "what config.local adds opens the store: its credentials are used",
        _CONFIG,
        "options = {key: value for key, value in full.items() if key not in _DECIDING or key in shared}",
        "options = dict(shared)",
        "tests/remotes/test_verify_on_every_remote.py::test_a_healthy_remote_is_proved_and_read_whole[ssh]",
    ),
    rule(
        "a store inside the work tree is told: no clone can pull from it",
        _PLACES,
        "    if inside is not None:\n",
        "    if False:\n",
        row("F9c a remote inside the work tree"),
    ),
    rule(
        "a store inside the work tree is a warning unless the configuration says more",
        "release/core/audit/remote_rules.py",
        'severity=Verdict.FAILED if policy == "fail" else Verdict.WARNING',
        "severity=Verdict.FAILED",
        f"{_MANY}::test_the_lessons_store_inside_the_work_tree_is_checked_where_it_lies",
    ),
    rule(
        "a configuration that DVC cannot read is told, and fails the commit",
        _PLACES,
        "        return [unreadable_config(root, str(destination.fault))]\n",
        "        return []\n",
        row("a config file that cannot be read"),
    ),
    rule(
        "a file of this machine that DVC cannot read leaves the verdict unknown",
        _PLACES,
        '        return [not_asked(root, name or "default", destination.fault, outs, forbidden=False)]\n',
        "        return []\n",
        f"{_MANY}::test_settings_of_this_machine_that_cannot_be_read_make_the_commit_unknown",
    ),
    rule(
        "a store that does not answer leaves the verdict unknown",
        _PLACES,
        "        problems.append(not_asked(root, remote.name, asked.trouble, outs, forbidden=forbidden))\n",
        "        pass\n",
        f"{_MANY}::test_a_store_that_cannot_be_read_is_unknown",
    ),
    rule(
        "a store that refuses is forbidden, which is unknown, not missing",
        _PLACES,
        "forbidden = isinstance(asked.trouble, Forbidden)",
        "forbidden = False",
        "tests/remotes/test_reading_contents.py::test_what_is_there_and_is_not_given_is_no_proof",
    ),
    rule(
        "the configuration is that of the commit, not of today",
        _CONFIG,
        "committed = self._resolve(parse_config(blob), folder)",
        'committed = self._resolve(parse_config((folder / "config").read_bytes()), folder)',
        row("F16 the data of a tag moved to today's remote"),
        row("the config file is not committed"),
    ),
    rule(
        "a remote may build on another",
        _CONFIG,
        '        if not url.startswith("remote://"):\n',
        "        if True:\n",
        row("a remote upon a remote"),
    ),
    rule(
        "remotes that build on each other in a circle are refused",
        _CONFIG,
        '    message = f"remote `{name}` refers to itself"\n    raise BadConfig(message)\n',
        '    return {**options, "url": "nowhere"}\n',
        f"{_CONTRACT}::test_references_between_remotes_that_go_in_a_circle_are_refused",
    ),
    rule(
        "relative urls start at the .dvc folder, as for DVC",
        _CONFIG,
        "posixpath.abspath(posixpath.join(base, value))",
        "posixpath.abspath(posixpath.join(posixpath.dirname(base), value))",
        row("five files"),
    ),
    rule(
        "names of remotes are told apart without regard to capitals, as in DVC",
        _CONFIG,
        "        chosen = chosen.lower()\n",
        "",
        row("a remote's name in capitals"),
    ),
    rule(
        "quotes and comments in a configuration mean what they mean to DVC",
        _TEXT,
        "return plain if plain is not None else _parse_with_configobj(text)",
        "return plain if plain is not None else {kind: {} for kind in NAMED}",
        row("a config file with quotes"),
    ),
    rule(
        "the user's and the system's settings of DVC count, too",
        _CONFIG,
        "                shared = _merge(shared, self._file(file))\n",
        "                pass\n",
        f"{_CONTRACT}::test_the_levels_shadow_each_other_as_in_dvc",
    ),
    rule(
        "the commit's settings go before those of user and system",
        _CONFIG,
        "            shared = _merge(shared, committed)\n",
        "            shared = _merge(committed, shared)\n",
        f"{_CONTRACT}::test_the_levels_shadow_each_other_as_in_dvc",
    ),
    rule(
        "another remote can be asked instead of each out's own",
        _STORES,
        "key = (out.subrepo, config, self.settings.remote or named)",
        "key = (out.subrepo, config, named)",
        f"{_MANY}::test_another_remote_can_be_asked",
    ),
    rule(
        "two names of one store are one store",
        "release/adapters/dvc/folder_store.py",
        "self._identity = os.path.realpath(folder)",
        'self._identity = f"{name}:{os.path.realpath(folder)}"',
        f"{_MANY}::test_two_names_of_one_store_are_one",
    ),
    rule(
        "two stores of one url at two places are two",
        _OPENING,
        'more = [f"{key}={settings[key]}" for key in _PLACES if settings.get(key)]',
        "more: list[str] = []",
        f"{_EVIDENCE}::test_two_remotes_are_one_store_by_their_url_and_place_without_secrets",
    ),
    rule(
        "of many commits each object is asked for once",
        _JUDGING,
        "                    self._want(out, destination.asked, destination.remote, cache)\n",
        "                    self._want(out, destination.asked, destination.remote, cache)\n"
        "                    destination.asked.answered = 0\n                    destination.asked.ask(on_progress)\n",
        "tests/dvc/test_each_object_once.py::test_a_hundred_commits_cost_one_question_for_each_object",
    ),
    rule(
        "a remote that cannot be opened leaves the verdict unknown",
        _STORES,
        "        return AskedStore(remote, None, trouble=error)\n",
        "        return AskedStore(remote, None)\n",
        f"{_MANY}::test_a_remote_whose_plugin_is_not_installed_is_unknown",
    ),
    rule(
        "data that today's default remote has instead is told with the words that restore it",
        _SETTLING,
        "    if found:\n        audit.learn(found)\n",
        "",
        f"{_ELSEWHERE}::test_what_has_moved_is_restored_by_the_words_of_the_verdict",
    ),
    rule(
        "what today's remote lacks, too, is not promised",
        _SETTLING,
        "if verdict_of(judged.judged.problems) is Verdict.OK:",
        "if True:",
        f"{_ELSEWHERE}::test_what_todays_remote_lacks_too_is_not_promised",
    ),
    rule(
        "a remote that the commit does not name is not named in the command that restores",
        _STORES,
        "return there is not None and not there.local_only and there.url == remote.url",
        "return True",
        f"{_ELSEWHERE}::test_what_has_moved_is_restored_by_the_words_of_the_verdict",
    ),
    rule(
        "a cache that lies elsewhere is found",
        _CONFIG,
        '        value = self.full.get("cache", {}).get("dir")\n',
        "        value = None\n",
        f"{_MANY}::test_a_cache_elsewhere_is_found",
    ),
)
