"""Rules of the audit (docs/reference/verify.md)."""

from taken_out.rule import Change, Rule

_STORE = "release/dvc/store.py"
_RULES = "release/core/audit_rules.py"
_ROOM = "tests/dvc/test_clean_room.py::test"
_TRUTH = "tests/dvc/test_audit_truth.py::test_the_verdict_is_what_a_fresh_clone_can_pull"

AUDIT: tuple[Rule, ...] = (
    Rule(
        says="metrics are outs",
        changes=(
            Change(
                "release/core/pointer_file.py",
                '_LISTS = ("outs", "metrics", "plots")',
                '_LISTS = ("outs", "plots")',
            ),
        ),
        tests=(f"{_TRUTH}[metrics that are not pushed]",),
    ),
    Rule(
        says="what is not plain is put to DVC",
        changes=(
            Change(
                "release/dvc/pointers.py",
                "            if project.odd and too_large",
                "            if False and too_large",
            ),
        ),
        tests=(f"{_TRUTH}[a tab in a pointer]",),
    ),
    Rule(
        says="DVC reads the whole repository, not only the project's folder",
        changes=(
            Change(
                "release/dvc/pointers.py",
                'if root == outer or f"{root}/".startswith(here)',
                'if f"{root}/".startswith(here)',
            ),
        ),
        tests=(f"{_ROOM}_a_file_that_dvc_refuses_outside_the_projects_folder_fails_it",),
    ),
    Rule(
        says="no answer of DVC is remembered unless another try would give the same",
        changes=(
            Change(
                "release/dvc/clean_room.py",
                "    if memory is None or isinstance(answer, Unjudged):\n        return\n",
                "    if memory is None:\n        return\n    if isinstance(answer, Unjudged):\n        answer = Answer('', {})\n",
            ),
        ),
        tests=(f"{_ROOM}_a_limit_is_unknown_and_never_remembered",),
    ),
    Rule(
        says="an answer of DVC counts for the files that it read",
        changes=(Change("release/dvc/clean_room.py", "msgspec.to_builtins(self)]", "sorted(self.roots)]"),),
        tests=(f"{_ROOM}_an_answer_is_remembered_by_all_that_was_read",),
    ),
    Rule(
        says="a missing plugin is no refusal",
        changes=(
            Change(
                "release/dvc/clean_room_script.py",
                "    return not here_only or any(",
                "    return True or any(",
            ),
        ),
        tests=(f"{_ROOM}_a_plugin_that_is_not_installed_is_unknown",),
    ),
    Rule(
        says="the outs that DVC sees are those of the commit",
        changes=(
            Change(
                "release/dvc/clean_room_script.py",
                "        if hidden or (path not in reported and _has_stages(repo, join(folder, path))):\n",
                "        if hidden:\n",
            ),
            Change("release/dvc/pointers.py", "        if not same and path not in reported:\n", "        if False:\n"),
        ),
        tests=(f"{_ROOM}_a_pointer_that_git_ignores_is_found_by_comparing_the_lists",),
    ),
    Rule(
        says="an out belongs to the nearest DVC repository above it",
        changes=(
            Change(
                "release/dvc/pointers.py",
                "root = root_of(each.path, roots.keys() | in_the_way)",
                'root = "" if "" in roots else None',
            ),
        ),
        tests=(f"{_TRUTH}[a subrepo]",),
    ),
    Rule(
        says="pointers are read from the commit, not from the work tree",
        changes=(
            Change(
                "release/dvc/pointers.py",
                "        return self._memory.blobs[found.id]\n",
                "        import pathlib\n\n        here = pathlib.Path(found.path)\n        return here.read_bytes() if here.is_file() else self._memory.blobs[found.id]\n",
            ),
        ),
        tests=("tests/story/test_data.py::test_the_audit_of_a_commit_reads_that_commit_not_the_work_tree",),
    ),
    Rule(
        says="each file of a directory is checked on the remote",
        changes=(
            Change(
                _RULES,
                "    for entry in entries:\n        yield Need(",
                "    for entry in ():\n        yield Need(",
            ),
        ),
        tests=(f"{_TRUTH}[F2 an entry of a directory is missing]",),
    ),
    Rule(
        says="a directory's own object is checked on the remote",
        changes=(
            Change(
                _RULES,
                "    if out.oid is not None:\n        size",
                "    if out.oid is not None and not (out.is_dir and entries):\n        size",
            ),
        ),
        tests=(f"{_TRUTH}[F3 the directory object is missing]",),
    ),
    Rule(
        says="files of a DVC 2 directory are looked up in the old layout",
        changes=(
            Change(
                _RULES,
                "yield Need(ObjectKey(remote, layout, entry.oid)",
                'yield Need(ObjectKey(remote, "md5", entry.oid)',
            ),
        ),
        tests=(f"{_TRUTH}[objects of DVC 2]",),
    ),
    Rule(
        says="an object of another size than its pointer says is a failure",
        changes=(
            Change(
                _RULES,
                "elif expected is not None and stored.size_bytes not in (None, expected):",
                "elif False:",
            ),
        ),
        tests=(f"{_TRUTH}[F5 one byte short]",),
    ),
    Rule(
        says="a file on a cloud-versioned remote is looked up by its version, not by its path",
        changes=(
            Change(
                _RULES,
                'key = ObjectKey(remote, _VERSION, f"{base}{tail}\\0{entry.version_id}")',
                'key = ObjectKey(remote, _VERSION, f"{base}{tail}\\0")',
            ),
        ),
        tests=(
            "tests/remotes/test_versions_and_the_truth.py::test_the_verdict_on_versions_is_what_a_fresh_clone_can_pull[the version of a file is gone and a newer one is there]",
        ),
    ),
    Rule(
        says="the data digest covers layout, name and size",
        changes=(
            Change("release/core/audit_rules.py", 'return f"{key.layout}:{key.oid}:{size_bytes}"', "return key.oid"),
        ),
        tests=("tests/rules/test_digest.py",),
    ),
    Rule(
        says="an out's own remote is asked, not the default one",
        changes=(
            Change(
                "release/dvc/stores.py",
                "named = out.remote or (out.cloud[0].remote_name if out.cloud else None)",
                "named = None",
            ),
        ),
        tests=(f"{_TRUTH}[two remotes]",),
    ),
    Rule(
        says="a remote that only `config.local` names is no remote for a clone",
        changes=(
            Change(
                "release/engine/audit.py",
                "if remote.unshared is not None and settings.remote is None:",
                "if False:",
            ),
        ),
        tests=(f"{_TRUTH}[F9b a remote in config.local only]",),
    ),
    Rule(
        says="the URL of a remote is the committed one, whatever `config.local` says",
        changes=(
            Change(
                "release/dvc/dvc_config.py",
                "        if shared is None:\n            return dict(full)\n",
                "        if True:\n            return dict(full)\n",
            ),
        ),
        tests=(f"{_TRUTH}[data that only a url of this machine has]",),
    ),
    Rule(
        says="a store inside the work tree is reported: no clone can pull from it",
        changes=(Change("release/engine/audit.py", "    if inside is not None:\n", "    if False:\n"),),
        tests=(f"{_TRUTH}[F9c a remote inside the work tree]",),
    ),
    Rule(
        says="DVC's configuration is read from the commit, not from today's work tree",
        changes=(
            Change(
                "release/dvc/dvc_config.py",
                "committed = self._resolve(parse_dvc_config(blob), folder)",
                'committed = self._resolve(parse_config((folder / "config").read_bytes()), folder)',
            ),
        ),
        tests=(f"{_TRUTH}[F16 the data of a tag moved to today's remote]",),
    ),
    Rule(
        says="a folder in the place of an object is no object",
        changes=(
            Change(
                _STORE,
                "        if not stat.S_ISREG(found.st_mode):\n            return None\n",
                "",
            ),
        ),
        tests=(f"{_TRUTH}[a folder as large as the object]",),
    ),
    Rule(
        says="an uploaded object gets its name only when it is whole",
        changes=(
            Change(
                _STORE,
                'draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")',
                "draft = target",
            ),
        ),
        tests=("tests/story/test_verify_push.py::test_a_cut_object_is_replaced_and_that_is_said",),
    ),
    Rule(
        says="an uploaded object is read-only, as DVC keeps it",
        changes=(Change(_STORE, "            draft.chmod(_READ_ONLY)\n", ""),),
        tests=(
            "tests/story/test_verify_push.py::test_a_lost_file_of_a_pushed_folder_is_healed_which_dvc_push_does_not",
        ),
    ),
    Rule(
        says="stores in folders are read without DVC, which would delete and protect files there",
        changes=(
            Change(
                _STORE,
                "        found: dict[ObjectKey, Stored] = {}\n        for done, key in enumerate(keys):\n",
                '        found: dict[ObjectKey, Stored] = {}\n        from dvc.fs import LocalFileSystem\n        from dvc_data.hashfile.db import get_odb\n\n        odb = get_odb(LocalFileSystem(), f"{self._folder}/files/md5", hash_name="md5")\n        odb.oids_exist([key.oid for key in keys])\n        for done, key in enumerate(keys):\n',
            ),
        ),
        tests=(f"{_TRUTH}[store files that DVC does not protect]",),
    ),
    Rule(
        says="an audit writes nothing into DVC's cache",
        changes=(
            Change(
                "release/dvc/stores.py",
                "        found = parse_directory(store.read(key), key.oid)\n",
                "        body = store.read(key)\n        place = cache.places(key)[0]\n        place.parent.mkdir(parents=True, exist_ok=True)\n        place.write_bytes(body)\n        found = parse_directory(body, key.oid)\n",
            ),
        ),
        tests=(f"{_TRUTH}[a cache that was never filled]",),
    ),
    Rule(
        says="a directory object is read from the store itself, though the cache has it",
        changes=(
            Change(
                "release/dvc/stores.py",
                "    if cached is not None and not isinstance(store, FolderStore):\n",
                "    if cached is not None:\n",
            ),
        ),
        tests=(f"{_TRUTH}[F5b the directory object corrupt]",),
    ),
    Rule(
        says="a directory object of the cache is used only if its hash is its name",
        changes=(
            Change(
                "release/dvc/stores.py",
                '            if hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir" == key.oid:\n',
                "            if True:\n",
            ),
        ),
        tests=(
            "tests/remotes/test_verify_on_every_remote.py::test_a_damaged_directory_object_in_the_cache_is_not_believed[ssh]",
        ),
    ),
    Rule(
        says="DVC's state database is read without a file being made beside it",
        changes=(Change("release/dvc/tracked.py", "?mode=ro&immutable=1", "?mode=ro"),),
        tests=("tests/dvc/test_dvc_contract.py::test_dvcs_memory_is_read_without_a_trace_and_not_while_it_is_written",),
    ),
    Rule(
        says="every part of a listing is read, also where parts are read in parallel",
        changes=(Change("release/dvc/remote.py", '_HEX = "0123456789abcdef"', '_HEX = "0123456789abcde"'),),
        tests=("tests/remotes/test_s3_in_particular.py::test_many_pages_are_listed_side_by_side_and_nothing_is_lost",),
    ),
    Rule(
        says="a listing that stops half-way is unknown, never an answer",
        changes=(
            Change(
                "release/dvc/remote.py",
                '                raise StoreFailed(f"remote `{self.store.name}`: {words}", help="try again later") from error\n',
                "                return\n",
            ),
        ),
        tests=("tests/remotes/test_every_remote.py::test_a_listing_that_stops_half_way_is_no_answer[s3]",),
    ),
    Rule(
        says="files are uploaded before the directory objects that name them",
        changes=(
            Change(
                "release/engine/push_missing.py",
                "    for directories in (False, True):\n",
                "    for directories in (True, False):\n",
            ),
        ),
        tests=("tests/story/test_verify_push.py::test_no_directory_object_stands_there_before_its_files",),
    ),
    Rule(
        says="an upload to a server's folder is renamed when it is whole",
        changes=(
            Change(
                "release/dvc/backend_fsspec.py",
                "            super().put(source, beside, stopped)\n            self._rename(beside, path)\n",
                "            super().put(source, path, stopped)\n",
            ),
        ),
        tests=("tests/remotes/test_folders_on_servers.py::test_an_object_appears_whole",),
    ),
)
