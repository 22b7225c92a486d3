"""Where outs and pointers are: outs that overlap, that git has, too, links, odd places, and attributes that change bytes."""

from collections.abc import Callable

from generated.draft import ROOT, Build, Draft, out, text
from generated.kinds import Kind
from generated.pipelines import stage
from generated.pointers import folder, tracked


def _both(*builds: Callable[[Draft], object]) -> Build:
    def build(draft: Draft) -> None:
        for each in builds:
            each(draft)

    return build


def at(path: str) -> Build:
    """A pointer whose out is at this path; `{root}` is the world's folder."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.point("p.dvc", out(path.replace("{root}", ROOT), draft.keep(content), len(content)))

    return build


def _two_pointers(same: bool, second: str = "b.dvc") -> Build:  # noqa: FBT001 - it names the rows
    """Two pointers to one path."""

    def build(draft: Draft) -> None:
        first = draft.fresh()
        other = first if same else draft.fresh()
        draft.point("a.dvc", out("x.bin", draft.keep(first), len(first)))
        if second == "dvc.yaml":
            draft.pipeline({"make": {"cmd": "true", "outs": ["x.bin"]}})
            draft.lock({"make": [out("x.bin", draft.keep(other), len(other))]})
        else:
            draft.point(second, out("x.bin", draft.keep(other), len(other)))

    return build


def _inside(inner: str) -> Build:
    """An out in a folder that is one."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.point("d.dvc", draft.tree("d.dvc", "d", {"a": draft.fresh(), "b/c": content}))
        draft.point("inner.dvc", out(inner, draft.keep(content), len(content)))

    return build


def _twice_in_one_pointer(draft: Draft) -> None:
    made = draft.file("p.dvc", "x.bin")
    draft.point("p.dvc", made, made)


def _in_git(content: str) -> Build:
    """A tracked file that git has, too: the same bytes, other ones, or a few of them."""

    def build(draft: Draft) -> None:
        right = draft.fresh()
        draft.track("a.bin", right)
        draft.write("a.bin", right if content == "same" else content)

    return build


def _folder_in_git(files: dict[str, str]) -> Build:
    def build(draft: Draft) -> None:
        draft.point("d.dvc", draft.tree("d.dvc", "d", {"a": b"the content", "b/c": draft.fresh()}))
        for name, content in files.items():
            draft.write(f"d/{name}", content)

    return build


def _file_above(draft: Draft) -> None:
    draft.track("sub/a.bin")
    pointer = draft.repository.files.pop(draft.path("sub/a.bin.dvc"))
    draft.write("p.dvc", pointer)
    draft.write("sub", "a file")


def _with(name: str, content: str, build: Build) -> Build:
    return _both(build, lambda draft: draft.write(name, content))


def _attributes(line: str, build: Build) -> Build:
    return _with(".gitattributes", line, build)


def _pointer_in(folder_name: str) -> Build:
    """A pointer in a folder of some name."""
    return tracked(f"{folder_name}/a.bin") if not folder_name else lambda draft: _track_in(draft, folder_name)


def _track_in(draft: Draft, folder_name: str) -> None:
    content = draft.fresh()
    draft.point(f"{folder_name}/a.bin.dvc", out("a.bin", draft.keep(content), len(content)))
    draft.promise(f"{folder_name}/a.bin.dvc", f"{folder_name}/a.bin", content)


def _not_read(name: str) -> Build:
    """A file that looks like a pointer, by a name that DVC does not read."""
    return lambda draft: draft.write(name, text({"outs": [out("gone.bin", "a" * 32, 1)]}))


def _behind_a_link(target: str, *, well: bool = True) -> Build:
    """A pointer that is a symbolic link to where its text is."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.link("a.bin.dvc", target)
        if well:
            draft.write("there/pointer", text({"outs": [out("a.bin", draft.keep(content), len(content))]}))
            draft.promise("a.bin.dvc", "a.bin", content)

    return build


def _pointer_that_two_links_share(draft: Draft) -> None:
    _behind_a_link("there/pointer")(draft)
    draft.link("b.bin.dvc", "a.bin.dvc")


def _moved(name: str) -> Build:
    """A pipeline one file of which is a symbolic link."""

    def build(draft: Draft) -> None:
        stage()(draft)
        kept = list(draft.repository.promises)
        data = draft.repository.files[draft.path(name)]
        draft.repository.change(draft.path(name), None)
        draft.write("there/text", data)
        draft.link(name, "there/text")
        draft.repository.promises = kept

    return build


def _link_at(name: str, target: str) -> Build:
    """A symbolic link of git in the place of an out, on the way to it, or in it."""

    def build(draft: Draft) -> None:
        draft.point("p.dvc", out("d/a.bin", draft.keep(b"to be linked"), 12))
        draft.write("real/kept", "1")
        draft.link(name, target.replace("{root}", ROOT))

    return build


def _link_in_a_folder(draft: Draft) -> None:
    folder({"a": b"1", "b/c": b"2"})(draft)
    draft.write("real/kept", "1")
    draft.link("d/b", "../real")


def _pointer_through_a_linked_folder(draft: Draft) -> None:
    _track_in(draft, "real")
    draft.link("linked", "real")


def _executable_pointer(draft: Draft) -> None:
    path = draft.track()
    draft.repository.programs.add(path)


def _top(name: str) -> Build:
    def build(draft: Draft) -> None:
        draft.write("/top.dvc", text({"outs": [draft.file("/top.dvc", f"/{name}") | {"path": name}]}))

    return build


def _subrepo(*, lost: bool = False, settings: str = "", nested: str = "sub") -> Build:
    """A DVC repository in a folder of this one, with a store of its own."""

    def build(draft: Draft) -> None:
        up = "../" * (nested.count("/") + 4)
        draft.write(
            f"{nested}/.dvc/config",
            settings or f"[core]\n    remote = own\n['remote \"own\"']\n    url = {up}stores/own\n",
        )
        draft.write(f"{nested}/.dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
        draft.store = "nowhere" if lost else "own"
        content = draft.fresh()
        draft.point(f"{nested}/a.bin.dvc", out("a.bin", draft.keep(content), len(content)))
        draft.promise(f"{nested}/a.bin.dvc", f"{nested}/a.bin", content)

    return build


def _subrepo_within(draft: Draft) -> None:
    """An out of the top in the folder of another repository."""
    _subrepo()(draft)
    draft.store = ""
    content = draft.fresh()
    draft.point("over.dvc", out("sub/over.bin", draft.keep(content), len(content)))


def _the_same_as_a_dep(draft: Draft) -> None:
    content = draft.fresh()
    draft.track("a.bin", content)
    draft.pipeline({"make": {"cmd": "true", "deps": ["a.bin"], "outs": ["m.bin"]}})
    draft.lock({"make": [draft.file("dvc.yaml", "m.bin")]})


_TREE_NAMES = (
    "x.dvc",
    "dvc.yaml",
    "dvc.lock",
    ".dvcignore",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    "Dvcfile",
    "x.DVC",
    "dvc.yml",
)
_FOLDERS = (
    ".hidden",
    "with space",
    "näme",
    "x.dvc",
    "dvc.yaml",
    "node_modules",
    "-dash",
    "a'b",
    "tmp",
    "cache",
    ".github",
    "deep/deep/deep",
)
KINDS = (
    Kind("an out at the top", {"plain": _top("top.bin"), "in a folder": _top("new/top.bin"), "hidden": _top(".hidden")}),
    Kind("a pointer in a folder", {name: _pointer_in(name) for name in _FOLDERS}),
    Kind("what only looks like a pointer", {name: _not_read(name) for name in ("x.DVC", "dvc.yml", "x.dvc.txt", "Dvcfile", "DVC.YAML", "x.dvc~", "x.dvc.lock", "my.dvc.yaml", "/.dvc/x.dvc")}),
    Kind("a dependency that is an out", {"of a pointer": _the_same_as_a_dep}),
    Kind("an executable pointer", {"all": _executable_pointer}),
    Kind(
        "an out named like a pointer",
        {name: at(name) for name in _TREE_NAMES},
        breaks=True,
    ),
    Kind(
        "an out in an odd place",
        {
            "absolute beyond": at("{root}/beyond.bin"),
            "beyond": at("../../beyond.bin"),
            "far beyond": at("../../../../../beyond.bin"),
            "git's folder": at("../.git/hooks/post-checkout"),
            "git's folder below": at(".git/config"),
            "git's folder in capitals": at(".GIT/config"),
            "DVC's folder": at("../.dvc/config.local"),
            "DVC's temporary folder": at("../.dvc/tmp/x"),
            "DVC's cache": at("../.dvc/cache/files/md5/aa/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "a .dvc folder below": at(".dvc/x"),
            "the folder itself": at("."),
            "the folder above": at(".."),
            "the top": at("../."),
            "a slash at the end": at("x/"),
            "empty": at(""),
            "a url": at("s3://bucket/x"),
            "a file url": at("file://{root}/x"),
            "a remote": at("remote://storage/x"),
            "too long": at("x" * 300),
            "a backslash": at("a\\b"),
            "NUL": at("a\0b"),
            "home": at("~/x"),
            "variable": at("$HOME/x"),
            "newline": at("a\n"),
            "three dots": at(".../x"),
            "another pointer's folder": at("p.dvc/x"),
        },
        breaks=True,
    ),
    Kind(
        "outs that overlap",
        {
            "the same by two pointers": _two_pointers(True),
            "the same by a pointer and a stage": _two_pointers(True, "dvc.yaml"),
            "other bytes by two pointers": _two_pointers(False),
            "other bytes by a pointer and a stage": _two_pointers(False, "dvc.yaml"),
            "a file of a folder": _inside("d/b/c"),
            "a new file in a folder": _inside("d/new"),
            "a folder of a folder": _inside("d/b"),
            "a file below a file": _inside("d/a/x"),
            "twice in one pointer": _twice_in_one_pointer,
        },
        breaks=True,
    ),
    Kind("git has the same", {"file": _in_git("same"), "executable": _both(_in_git("same"), lambda draft: draft.repository.programs.add(draft.path("a.bin")))}),
    Kind(
        "git has something in the way",
        {
            "other bytes": _in_git("other"),
            "an empty file": _in_git(""),
            "a pointer of LFS": _in_git("version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 3\n"),
            "a folder": _with("a.bin/x", "1", tracked()),
            "a file above": _file_above,
            "the same in a folder": _folder_in_git({"a": "the content"}),
            "other bytes in a folder": _folder_in_git({"a": "other"}),
            "another file in a folder": _folder_in_git({"new": "1"}),
            "a file for a folder": _with("d", "1", folder()),
            ".gitignore in a folder": _folder_in_git({".gitignore": "x\n"}),
            ".dvcignore in a folder": _folder_in_git({".dvcignore": "x\n"}),
            "a pointer in a folder": _folder_in_git({"new.dvc": text({"outs": []})}),
        },
        breaks=True,
    ),
    Kind(
        "a pointer that is a link",
        {
            "to a file": _behind_a_link("there/pointer"),
            "roundabout": _behind_a_link("there/../there/./pointer"),
            "dvc.yaml": _moved("dvc.yaml"),
            "dvc.lock": _moved("dvc.lock"),
        },
    ),
    Kind(
        "a pointer that is a link to something else",
        {
            "to nothing": _behind_a_link("nothing", well=False),
            "to itself": _behind_a_link("a.bin.dvc", well=False),
            "to a folder": _both(lambda draft: draft.write("there/x", "1"), _behind_a_link("there", well=False)),
            "beyond": _behind_a_link("/nowhere/beyond", well=False),
            "shared by two": _pointer_that_two_links_share,
            "to a pointer": _both(tracked("b.bin"), _behind_a_link("b.bin.dvc", well=False)),
            "to a device": _behind_a_link("/dev/null", well=False),
        },
        breaks=True,
    ),
    Kind(
        "a link where data goes",
        {
            "in its place": _link_at("d/a.bin", "../real/kept"),
            "in its place, to nothing": _link_at("d/a.bin", "nothing"),
            "in its place, beyond": _link_at("d/a.bin", "{root}/beyond.bin"),
            "on the way": _link_at("d", "real"),
            "on the way, beyond": _link_at("d", "{root}"),
            "on the way, to nothing": _link_at("d", "nothing"),
            "in a folder": _link_in_a_folder,
        },
        breaks=True,
    ),
    Kind("a folder that is a link", {"with a pointer": _pointer_through_a_linked_folder}),
    Kind(
        "attributes",
        {
            "CR LF for pointers": _attributes("*.dvc text eol=crlf\n", tracked()),
            "CR LF for pipelines": _attributes("dvc.* text eol=crlf\n", stage()),
            "text for all": _attributes("* text=auto\n", tracked()),
            "binary": _attributes("*.dvc binary\n", tracked()),
            "ident": _attributes("*.dvc ident\n", tracked()),
            "a filter that nobody has": _attributes("*.dvc filter=nobody\n", tracked()),
            "a diff": _attributes("*.dvc diff=dvc merge=dvc\n", tracked()),
            "export-ignore": _attributes("*.dvc export-ignore\n", tracked()),
            "an encoding for data": _attributes("*.bin working-tree-encoding=UTF-16\n", tracked()),
        },
    ),
    Kind(
        "attributes that change pointers",
        {
            "UTF-16": _attributes("*.dvc working-tree-encoding=UTF-16\n", tracked()),
            "UTF-16 for a lock": _attributes("dvc.lock working-tree-encoding=UTF-16LE-BOM\n", stage()),
            "UTF-16 for a pipeline": _attributes("dvc.yaml working-tree-encoding=UTF-16\n", stage()),
            "latin-1": _attributes("*.dvc working-tree-encoding=ISO-8859-1\n", tracked("ä.bin")),
            "ident in a path": _attributes("*.dvc ident\n", tracked("$Id$")),
            "the settings": lambda draft: (draft.track(), draft.write("/.dvc/.gitattributes", "config working-tree-encoding=UTF-16\n")),
            "the settings from above": lambda draft: (draft.track(), draft.write("/.gitattributes", "/.dvc/config working-tree-encoding=UTF-16\n")),
        },
        breaks=True,
    ),
    Kind("a repository below", {"plain": _subrepo(), "deep": _subrepo(nested="deep/sub"), "without pointers": lambda draft: draft.write("sub/.dvc/config", "")}),
    Kind(
        "a repository below that is broken",
        {
            "lost": _subrepo(lost=True),
            "no remote": _subrepo(settings="[core]\n"),
            "settings broken": _subrepo(settings="[core\n"),
            "the top's data in it": _subrepo_within,
            "a file named .dvc": _with(".dvc", "x\n", tracked()),
        },
        breaks=True,
    ),
)  # fmt: skip
