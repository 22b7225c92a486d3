"""A remote that is a folder; and nothing is written by who only looks."""

from taken_out.audit.told_by import row, rule
from taken_out.rule import Rule

_FOLDER = "release/adapters/dvc/folder_store.py"
_SHUT = "tests/story/test_unreadable_objects.py"
_UPLOADS = "tests/story/test_verify_push.py"
_STOPPED = "tests/remotes/test_stopped_in_an_upload.py::test_a_copy_into_a_folder_ends_within_the_object"
_LOOKS = "tests/story/test_nothing_is_written.py"

FOLDERS: tuple[Rule, ...] = (
    rule(
        "an object that a folder does not have is missing, no error",
        _FOLDER,
        "        except (FileNotFoundError, NotADirectoryError):\n            return None\n        except OSError as error:\n"
        "            raise self._trouble(error, self._path(key)) from None\n",
        "        except OSError as error:\n            raise self._trouble(error, self._path(key)) from None\n",
        row("F2 an entry of a directory is missing"),
    ),
    rule(
        "a folder in the place of an object is no object",
        _FOLDER,
        "        if not stat.S_ISREG(found.st_mode):\n            return None\n",
        "",
        row("a folder in the place of an object without a size"),
    ),
    rule(
        "an object's size is that of the file",
        _FOLDER,
        "return Stored(size_bytes=found.st_size)",
        "return Stored(size_bytes=None)",
        row("F5 truncated to nothing"),
    ),
    rule(
        "objects of DVC 2 lie without `files/md5` before them",
        _FOLDER,
        'return f"files/md5/{inside}" if layout == _MD5 else inside',
        'return f"files/md5/{inside}"',
        row("objects of DVC 2"),
    ),
    rule(
        "a folder that does not exist holds nothing",
        _FOLDER,
        "        except (FileNotFoundError, NotADirectoryError):\n            return None\n        except OSError as error:\n"
        "            raise self._trouble(error, self._folder) from None\n",
        "        except OSError as error:\n            raise self._trouble(error, self._folder) from None\n",
        row("F0 nothing pushed"),
    ),
    rule(
        "a folder that does not exist is named, and its disk asked about, before anybody is sent to push",
        "release/adapters/dvc/stores.py",
        "return None if folder is None or self.found or folder.is_dir() else str(folder)",
        "return None",
        "tests/story/test_data.py::test_a_disk_that_is_not_mounted_is_asked_about_before_anybody_is",
    ),
    rule(
        "an object that may not be looked at is forbidden, not missing",
        _FOLDER,
        "        except OSError as error:\n            raise self._trouble(error, self._path(key)) from None\n",
        "        except OSError:\n            return None\n",
        f"{_SHUT}::test_a_folder_that_may_not_be_entered_is_forbidden_and_not_empty[a folder in it]",
    ),
    rule(
        "an object that may be seen and not be read is forbidden, not sound",
        _FOLDER,
        "if not found.st_mode & stat.S_IROTH and not os.access(path, os.R_OK, dir_fd=top):",
        "if False:",
        f"{_SHUT}::test_an_object_that_may_not_be_read_is_unknown_as_nobody_can_pull_it",
    ),
    rule(
        "a folder that cannot be opened is unknown, not empty",
        _FOLDER,
        "        except OSError as error:\n            raise self._trouble(error, self._folder) from None\n",
        "        except OSError:\n            return None\n",
        "tests/dvc/test_audit_many.py::test_a_store_that_cannot_be_read_is_unknown",
    ),
    rule(
        "who may not is told as forbidden, with the command that helps",
        _FOLDER,
        "        if isinstance(error, PermissionError):\n",
        "        if False:\n",
        f"{_SHUT}::test_a_folder_that_may_not_be_entered_is_forbidden_and_not_empty",
    ),
    rule(
        "an object that vanishes before it is read is missing",
        _FOLDER,
        "        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):\n",
        "        except NotADirectoryError:\n",
        row("F3b and the cache is empty"),
    ),
    rule(
        "a copy comes to be under the object's name whole or not at all",
        _FOLDER,
        'draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")',
        "draft = target",
        f"{_UPLOADS}::test_a_cut_object_is_replaced_and_that_is_said",
    ),
    rule(
        "a copy that is stopped leaves nothing behind",
        _FOLDER,
        "            with suppress(OSError):\n                draft.unlink()\n",
        "",
        _STOPPED,
    ),
    rule(
        "Ctrl-C ends a copy within the object",
        _FOLDER,
        "                if self._stopping.is_set():\n",
        "                if False:\n",
        _STOPPED,
    ),
    rule(
        "an uploaded object is read-only, as DVC keeps it: DVC deletes others when it looks",
        _FOLDER,
        "            draft.chmod(_READ_ONLY)\n",
        "",
        f"{_UPLOADS}::test_a_lost_file_of_a_pushed_folder_is_healed_which_dvc_push_does_not",
    ),
    rule(
        "a folder that cannot be written to is told, and the verdict stays",
        _FOLDER,
        '            raise Refused(\n                f"object {key.oid} could not be put',
        '            return\n            raise Refused(\n                f"object {key.oid} could not be put',
        f"{_UPLOADS}::test_a_store_that_cannot_be_written_to_is_named_and_the_verdict_stays",
    ),
    rule(
        "objects are looked at with our own eyes: DVC's would delete and protect files of the store",
        _FOLDER,
        "        found: dict[ObjectKey, Stored] = {}\n        top = self._opened()\n",
        "        found: dict[ObjectKey, Stored] = {}\n        top = self._opened()\n"
        "        from dvc.fs import LocalFileSystem\n        from dvc_data.hashfile.db import get_odb\n\n"
        '        odb = get_odb(LocalFileSystem(), f"{self._folder}/files/md5", hash_name="md5")\n'
        "        odb.oids_exist([key.oid for key in keys])\n",
        row("store files that DVC does not protect"),
    ),
    rule(
        "who only looks brings nothing into DVC's cache",
        "release/adapters/dvc/dir_objects.py",
        "        return _parsed(store.read(key), key)\n",
        "        body = store.read(key)\n        place = cache.places(key)[0]\n"
        "        place.parent.mkdir(parents=True, exist_ok=True)\n        place.write_bytes(body)\n"
        "        return _parsed(body, key)\n",
        row("a cache that was never filled"),
    ),
    rule(
        "a directory object is read from the folder itself, though the cache has it",
        "release/adapters/dvc/dir_objects.py",
        "    if cached is not None and not isinstance(store, FolderStore):\n",
        "    if cached is not None:\n",
        row("F5b the directory object corrupt"),
    ),
    rule(
        "the files of a lost directory object are known from the cache",
        "release/adapters/dvc/dir_objects.py",
        "    if cached is None:\n        return Directory",
        "    if True:\n        return Directory",
        "tests/story/test_verify_push.py::test_a_directory_object_waits_for_its_files",
    ),
    rule(
        "a directory object of the cache is believed only if its hash is its name",
        "release/adapters/dvc/cache.py",
        '            if hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir" == key.oid:\n',
        "            if True:\n",
        "tests/remotes/test_verify_on_every_remote.py::test_a_damaged_directory_object_in_the_cache_is_not_believed[ssh]",
    ),
    rule(
        "DVC's own memory is read without a file being made beside it",
        "release/adapters/dvc/state.py",
        "?mode=ro&immutable=1",
        "?mode=ro",
        "tests/dvc/test_dvc_contract.py::test_dvcs_memory_is_read_without_a_trace_and_not_while_it_is_written",
    ),
    rule(
        "DVC's own memory is not read while it may be written to",
        "release/adapters/dvc/state.py",
        "if database is None or not files or _is_busy(database):",
        "if database is None or not files:",
        "tests/dvc/test_dvc_contract.py::test_dvcs_memory_is_read_without_a_trace_and_not_while_it_is_written",
    ),
)
