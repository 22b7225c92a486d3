"""Remotes that are no folder: asked in whole or not at all. Each on a real server."""

from taken_out.audit.told_by import rule, versions
from taken_out.rule import Rule

_CLOUD = "release/adapters/dvc/cloud_store.py"
_EVERY = "tests/remotes/test_every_remote.py"
_S3_ALONE = "tests/remotes/test_s3_in_particular.py"
_TAGS = "tests/remotes/test_s3_evidence.py"

CLOUDS: tuple[Rule, ...] = (
    rule(
        "one path may be wanted in many versions, and each is asked for",
        _CLOUD,
        "                found |= self._ask_each(every, on_progress)\n",
        "                found |= self._ask_each({self._place(key)[0]: key for key in every}.values(), on_progress)\n",
        f"{_S3_ALONE}::test_two_versions_of_one_path_are_two_objects",
    ),
    rule(
        "a few objects among many foreign ones cost a question each, no listing",
        _CLOUD,
        "elif self.wire.shape is Shape.BLIND or len(wanted) <= FEW:",
        "elif self.wire.shape is Shape.BLIND:",
        f"{_S3_ALONE}::test_few_objects_among_many_foreign_ones_cost_no_listing",
    ),
    rule(
        "a listing that would cost more than questions is given up after its first page",
        _CLOUD,
        "if ahead is not None and ahead.in_questions > len(rest):",
        "if False:",
        f"{_S3_ALONE}::test_forty_objects_among_foreign_ones_cost_one_page_and_questions",
    ),
    rule(
        "many objects are listed, not asked for one by one",
        _CLOUD,
        "if ahead is not None and ahead.in_questions > len(rest):",
        "if True:",
        f"{_S3_ALONE}::test_forty_objects_among_foreign_ones_cost_one_page_and_questions",
    ),
    rule(
        "a remote that cannot be listed is asked for each object",
        _CLOUD,
        "elif self.wire.shape is Shape.BLIND or len(wanted) <= FEW:",
        "elif len(wanted) <= FEW:",
        f"{_EVERY}::test_a_healthy_remote_has_every_object_with_its_size[http]",
    ),
    rule(
        "who may read and not list is answered object by object",
        _CLOUD,
        "        except Forbidden:  # reading may be allowed where listing is not\n"
        "            return self._ask_each(wanted.values(), on_progress)\n",
        "        except ZeroDivisionError:\n            raise\n",
        f"{_S3_ALONE}::test_who_may_read_and_not_list_is_answered_object_by_object",
    ),
    rule(
        "a listing is read to its end",
        _CLOUD,
        "            for _page in pages:\n                pass\n            self._side_by_side",
        "            self._side_by_side",
        f"{_EVERY}::test_a_healthy_remote_has_every_object_with_its_size[azure]",
    ),
    rule(
        "every part of a listing is read, also where parts are read side by side",
        _CLOUD,
        '_HEX = "0123456789abcdef"',
        '_HEX = "0123456789abcde"',
        f"{_S3_ALONE}::test_many_pages_are_listed_side_by_side_and_nothing_is_lost",
    ),
    rule(
        "a remote of folders is listed folder by folder, each of them",
        _CLOUD,
        "            self._side_by_side(listing.take_all, parts[1:])\n",
        "            self._side_by_side(listing.take_all, parts[2:])\n",
        f"{_EVERY}::test_a_healthy_remote_has_every_object_with_its_size[ssh]",
        f"{_S3_ALONE}::test_the_legacy_layout_is_listed_folder_by_folder",
    ),
    rule(
        "a listing that stops half-way is unknown, never an answer",
        _CLOUD,
        "                raise cut_short(error, remote=self.store.name, seen=self.seen) from error\n",
        "                return\n",
        f"{_EVERY}::test_a_listing_that_stops_half_way_is_no_answer[s3]",
        f"{_EVERY}::test_a_listing_that_stops_half_way_is_no_answer[azure]",
        f"{_EVERY}::test_a_listing_that_stops_half_way_is_no_answer[webdav]",
    ),
    rule(
        "a listing that does not even begin is no empty listing",
        _CLOUD,
        "                if first and not self.seen:\n                    raise\n",
        "                if first and not self.seen:\n                    return\n",
        _EVERY,
        "-k",
        "nobody_listens and s3 and 46 and not versioned",
    ),
    rule(
        "what a listing calls archived is asked about again: a restored copy can be read",
        _CLOUD,
        "asleep = [key for key, stored in found.items() if stored.archived is not None]",
        "asleep: list[ObjectKey] = []",
        f"{_TAGS}::test_an_archived_object_that_was_restored_is_no_longer_archived",
    ),
    rule(
        "an ETag in a listing that is another than expected is asked about again: it may be no MD5",
        _CLOUD,
        "        if not self.wire.vague:\n            return known\n",
        "        if True:\n            return known\n",
        f"{_TAGS}::test_under_kms_no_etag_is_evidence_and_not_each_object_is_asked_for",
    ),
    rule(
        "where ETags are no MD5s, some objects are asked about and not all",
        _CLOUD,
        "if any(again[key].md5 is not None for key in other[:FEW] if key in again):",
        "if True:",
        f"{_TAGS}::test_under_kms_no_etag_is_evidence_and_not_each_object_is_asked_for",
    ),
    rule(
        "many ETags of other bytes are each found out",
        _CLOUD,
        "if any(again[key].md5 is not None for key in other[:FEW] if key in again):",
        "if False:",
        f"{_TAGS}::test_many_objects_of_other_bytes_are_each_found_out",
    ),
    rule(
        "an object that went away between listing and question is not there",
        _CLOUD,
        "        for key in [*asleep, *other[:FEW]]:\n            known.pop(key)\n",
        "",
        f"{_TAGS}::test_an_object_that_went_away_since_the_listing_is_not_there",
    ),
    rule(
        "what is not there at the store's own word is missing, not unknown",
        _CLOUD,
        "                if missing_status(error):\n                    raise DataMissing(",
        "                if False:\n                    raise DataMissing(",
        f"{_EVERY}::test_reading_what_is_not_there_is_missing_data[s3]",
        f"{_EVERY}::test_reading_what_is_not_there_is_missing_data[http]",
    ),
    rule(
        "a version is read as that version",
        _CLOUD,
        "            return self._below(path), version or None\n",
        "            return self._below(path), None\n",
        versions("overwritten and deleted since"),
    ),
)
