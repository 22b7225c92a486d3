"""What ever differed: repositories of which `release` said something else than a clone found.

A row of WRONG_TODAY must still be wrong, and in the same way: one that is right has to be moved to ONCE_WRONG.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from generated.draft import CONFIG, SETTINGS
from generated.judge import Agreement
from generated.recipes import KINDS, Recipe

OK, ALARM = Agreement.FALSE_OK, Agreement.FALSE_ALARM


@dataclass(frozen=True, slots=True)
class Row:
    """A repository, made as small as it still differed; `today` is how it does, `why` what is or was wrong."""

    name: str
    recipe: Recipe
    today: Agreement
    why: str

    def __str__(self) -> str:
        return self.name


# Single places that were mutated, which no variant of a kind has.
MUTATED: Mapping[str, Recipe] = {
    "settings with a key too many, and nothing on a remote": Recipe(
        1, (("a stage", "without cache, never run"),), {CONFIG: SETTINGS.replace(b"remote = storage", b"frozen = x")}
    ),
    "a default remote that does not exist, and nothing but an import": Recipe(
        1,
        (("an import that is allowed", "of git's file"),),
        {CONFIG: SETTINGS.replace(b"remote = storage", b"remote = gone")},
    ),
    "git ignores a dvc.lock that is not there": Recipe(
        1, (("a stage", "without cache, never run"),), {".gitignore": b"*.lock\n"}
    ),
    "U+2028 at the end of a line of dvc.yaml": Recipe(
        1,
        (("a dvc.yaml of little", "no outs"),),
        {"a-dvc-yaml-of-little/dvc.yaml": "stages:\u2028\n  s:\n    cmd: x\n".encode()},
    ),
}
# Why, to the variants of kinds that differ alone.
WRONG_TODAY: Mapping[tuple[Agreement, str], tuple[str, ...]] = {
    # Decided: it was most likely edited since, and a clone gets what git has. The verdict has a warning.
    (OK, "a folder that DVC leaves to git has more than its pointer says"): (
        "left to git, which has it not: another folder",
    ),
    (ALARM, "DVC reads nothing of `push: false` when it pulls"): (
        "never pushed, and there all the same: file",
        "never pushed, and there all the same: folder",
        "a stage never pushed, and there all the same: file",
    ),
    (ALARM, "the same bytes are in nobody's way, in a folder as well as alone"): (
        "git has something in the way: the same in a folder",
    ),
    (ALARM, "DVC's schema takes any integer for a size"): (
        "a size that says nothing: negative size",
        "keys of an out that are wrong: size true",
    ),
    (ALARM, "DVC takes the last of two entries for one path"): (
        "a directory object in another spelling: an entry twice",
        "a directory object that is odd: two contents at one path",
    ),
    (ALARM, "a path like a url is a path all the same"): ("an out in an odd place: a file url",),
    (ALARM, "DVC's YAML reader reads it"): (
        "a name: 'é\\u2028x'",
        "another spelling of a .dvc file: NEL in a comment",
        "another spelling of a dvc.lock: NEL in a comment",
        "a .dvc file that means something else: unknown directive",
        "a dvc.lock that means something else: unknown directive",
        "a .dvc file that means something else: itself",
        "a .dvc file that means something else: meta with a key of a list",
    ),
    (ALARM, "a clone without the filter has what the commit has"): ("attributes: a filter that nobody has",),
    (ALARM, "DVC's reader of ignore files follows no link to a `.gitignore`"): (
        "ignore files that hide too much: git's file a link",
    ),
    (ALARM, "an empty list of files is none"): (
        "keys of an out: files empty",
        "keys of a locked out: files empty",
    ),
    (ALARM, "a comment may hold a NUL"): ("settings in another spelling: NUL",),
}
ONCE_WRONG: Mapping[str, tuple[str, ...]] = {
    "a version of a dependency that has none": ("an import that was pushed: with a version",),
    "DVC looks for the remote of an import, too": ("a default remote that does not exist, and nothing but an import",),
    "DVC looks at the ignore files for every dvc.lock that could be": ("git ignores a dvc.lock that is not there",),
    "DVC refuses the settings, whether it needs a remote or not": (
        "settings with a key too many, and nothing on a remote",
    ),
    "DVC allows no pointer as a dependency of a stage that was run without it": (
        "a stage that is wrong: a dep named like a pointer",
    ),
    "DVC's cache cannot be a file of git": ("a setting that DVC refuses: cache in the way",),
    "DVC's schema allows a dataset in a locked out, and pays no heed": ("keys of a locked out: dataset",),
    "DVC's YAML reader takes U+2028 for the end of a line": ("U+2028 at the end of a line of dvc.yaml",),
    "DVC takes an out with `nfiles` for a folder, whatever its md5": (
        "a size that says nothing: nfiles of a file",
        "keys of a locked out: nfiles",
        "a folder at fault: list without its suffix",
    ),
    "DVC refuses an etag or checksum of fewer than three letters": (
        "keys of an out that are wrong: cloud",
        "keys of a locked out: cloud",
        "keys of a locked out: etag",
    ),
    "DVC's schema looks at an md5 at the top": ("keys at the top that are wrong: md5 a list",),
    "an empty `hash` is no hash": ("keys of an out that are wrong: hash empty", "keys of a locked out: hash empty"),
    "with `files` DVC makes a folder of an out, and forgets its md5": (
        "keys of an out that are wrong: files",
        "keys of a locked out: files",
    ),
    "`fs_config` goes to a filesystem, which refuses what it does not know": (
        "keys of an out that are wrong: fs_config",
        "an import that was pushed: with settings",
    ),
    "DVC loads no plot with a list of properties": ("flags of an out that are wrong: plot with two sets",),
    "DVC looks for the loop of a stage with @ in its name": ("a name of a stage: a@b",),
    "DVC's YAML reader refuses a tab after a colon or before a comment": (
        "another spelling of a .dvc file: tab after a colon",
        "another spelling of a .dvc file: tab before a comment",
        "another spelling of a dvc.yaml: tab before a comment",
        "another spelling of a dvc.lock: tab after a colon",
        "another spelling of a dvc.lock: tab before a comment",
    ),
    "DVC's YAML reader takes a second byte order mark for a letter": (
        "a .dvc file that means something else: BOM in the middle",
        "a .dvc file that means something else: BOM twice",
        "a dvc.yaml that means something else: BOM in the middle",
        "a dvc.yaml that means something else: BOM twice",
        "a dvc.lock that means something else: BOM in the middle",
        "a dvc.lock that means something else: BOM twice",
    ),
    "DVC's YAML reader makes values that cannot be made": (
        "a .dvc file that means something else: path =",
        "a .dvc file that means something else: meta with a date",
        "a .dvc file that means something else: meta with a great number",
    ),
    "DVC reads only md5 and relpath in a directory object, and fails at any other key": (
        "a directory object in another spelling: size",
        "a directory object in another spelling: wrong size",
        "a directory object in another spelling: isexec",
        "a directory object in another spelling: unknown key",
        "a directory object in another spelling: etag",
    ),
    "DVC reads a directory object as UTF-8 without a mark": (
        "a directory object that is odd: BOM",
        "a directory object that is odd: UTF-16",
    ),
    "one path is a file and a folder": ("a directory object that is odd: a file and a folder",),
    "no file can have so long a name": (
        "a directory object that is odd: relpath too long",
        "an out in an odd place: too long",
    ),
    "git gives a clone other bytes than the commit has": (
        "attributes that change pointers: UTF-16",
        "attributes that change pointers: UTF-16 for a lock",
        "attributes that change pointers: UTF-16 for a pipeline",
        "attributes that change pointers: latin-1",
        "attributes that change pointers: ident in a path",
        "attributes that change pointers: the settings",
        "attributes that change pointers: the settings from above",
    ),
    "DVC opens whatever is named like an ignore file": (
        "ignore files that hide too much: git's folder",
        "ignore files that hide too much: DVC's file a folder",
        "ignore files that hide too much: DVC's file a link to nothing",
    ),
    "DVC asks of a stage only that it has a command": ("a stage that is wrong: command empty",),
    "DVC's YAML reader reads it": (
        "U+2028 at the end of a line of dvc.yaml",
        "another spelling of a dvc.yaml: NEL in a comment",
        "a dvc.yaml that means something else: unknown directive",
    ),
}


def alone(name: str) -> Recipe:
    """Return the recipe of one variant, named as `kind: variant`."""
    kind, _, variant = name.partition(": ")
    if name in MUTATED:
        return MUTATED[name]
    return Recipe(1, ((kind, variant),))


def _rows() -> Iterator[Row]:
    for (today, why), names in WRONG_TODAY.items():
        yield from (Row(name, alone(name), today, why) for name in names)
    for why, names in ONCE_WRONG.items():
        yield from (Row(name, alone(name), Agreement.AGREE, why) for name in names)


ROWS = tuple(_rows())
_WRONG = {row.recipe.kinds[0] for row in ROWS if not row.recipe.files and row.today is not Agreement.AGREE}


def without_known_faults(recipe: Recipe) -> Recipe:
    """Return the recipe with other variants in the place of those that differ today, which would hide what else does."""
    kinds = []
    for name, variant in recipe.kinds:
        right = [each for each in KINDS[name].variants if (name, each) not in _WRONG]
        if (name, variant) not in _WRONG or right:
            kinds.append((name, variant if (name, variant) not in _WRONG else right[recipe.seed % len(right)]))
    return replace(recipe, kinds=tuple(kinds))
