"""Uploads to servers: whole or not at all, and ended by Ctrl-C within the object."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_CLOUD = "release/adapters/dvc/cloud_store.py"
_S3 = "release/adapters/dvc/wire/s3.py"
_TREE = "release/adapters/dvc/wire/tree.py"

CLOUD_UPLOADS: tuple[Rule, ...] = (
    rule(
        "an upload to a server's folder comes to be whole or not at all: it is renamed at its end",
        _TREE,
        "            put_file(self._fs, str(source), beside, stopped)\n            self._rename(beside, path)\n",
        "            put_file(self._fs, str(source), path, stopped)\n",
        "tests/remotes/test_folders_on_servers.py::test_an_object_appears_whole",
    ),
    rule(
        "an upload leaves nothing beside the object",
        _TREE,
        "                self._fs.fs.rm(own, recursive=True)\n",
        "                pass\n",
        "tests/remotes/test_folders_on_servers.py::test_an_object_appears_whole",
    ),
    rule(
        "a broken object on a server is replaced by a whole one",
        _TREE,
        "            client.move(beside, path, overwrite=True)\n",
        "            client.move(beside, path)\n",
        "tests/remotes/test_verify_on_every_remote.py::test_other_bytes_of_the_same_size_are_found_by_reading_and_replaced[webdav]",
    ),
    rule(
        "Ctrl-C ends an upload within the object, on S3",
        _S3,
        "        cut_transfers()\n",
        "        pass\n",
        "tests/remotes/test_stopped_in_an_upload.py::test_an_upload_over_a_slow_link_ends_at_once[s3-verify-SIGINT]",
    ),
    rule(
        "Ctrl-C ends an upload within the object, over SSH",
        _TREE,
        "            inner.loop.call_soon_threadsafe(client.abort)\n",
        "            pass\n",
        "tests/remotes/test_stopped_in_an_upload.py::test_an_upload_over_a_slow_link_ends_at_once[ssh-verify-SIGINT]",
    ),
    rule(
        "Ctrl-C ends an upload within the object, over WebDAV",
        "release/adapters/dvc/wire/cut.py",
        "        if stopped():\n",
        "        if False:\n",
        "tests/remotes/test_stopped_in_an_upload.py::test_an_upload_over_a_slow_link_ends_at_once[webdav-verify-SIGINT]",
    ),
    rule(
        "a store that was stopped takes no further upload",
        _CLOUD,
        "        if self.stopping.is_set():\n            raise cancelled\n",
        "",
        "tests/remotes/test_every_remote.py::test_an_upload_to_a_store_that_was_stopped_is_cancelled_and_leaves_nothing[azure]",
    ),
    rule(
        "an upload that was cut off is told as cancelled, though the library says nothing",
        _CLOUD,
        "        if self.stopping.is_set():  # whoever was cut off may not know it: fsspec says nothing then\n",
        "        if False:\n",
        "tests/remotes/test_every_remote.py::test_an_upload_that_is_stopped_meanwhile_is_never_told_as_done",
    ),
)
