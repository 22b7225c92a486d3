"""Odd YAML: files that mean what DVC wrote, in another spelling, and files that mean nothing."""

import re
from collections.abc import Callable, Mapping

from generated.draft import Build, Draft
from generated.kinds import Kind
from generated.pipelines import stage
from generated.pointers import folder

_Spell = Callable[[str], str | bytes]


def _flow(text: str) -> str:
    import yaml  # noqa: PLC0415

    return yaml.safe_dump(yaml.safe_load(text), default_flow_style=True, width=10000)


def _json(text: str) -> str:
    import json  # noqa: PLC0415

    import yaml  # noqa: PLC0415

    return json.dumps(yaml.safe_load(text), indent=2)


def _sorted(text: str) -> str:
    import yaml  # noqa: PLC0415

    return yaml.safe_dump(yaml.safe_load(text), sort_keys=True)


def _quoted(style: str) -> _Spell:
    def spell(text: str) -> str:
        import yaml  # noqa: PLC0415

        return yaml.safe_dump(yaml.safe_load(text), default_style=style, sort_keys=False)

    return spell


def _anchored(text: str) -> str:
    """The first hash by an anchor, and every other of it by its alias."""
    found = re.search(r"md5: ([0-9a-f]{32}(?:\.dir)?)", text)
    return text.replace(found[0], f"md5: &hash {found[1]}", 1) if found else text


SAME: Mapping[str, _Spell] = {
    "CR LF": lambda text: text.replace("\n", "\r\n"),
    "comments": lambda text: "# first\n" + text.replace("\n", "  # note\n") + "# last\n",
    "empty lines": lambda text: "\n\n" + text.replace("\n", "\n\n"),
    "spaces at the end": lambda text: text.replace("\n", "   \n"),
    "no newline at the end": lambda text: text.rstrip("\n"),
    "document start": lambda text: "---\n" + text,
    "document start and end": lambda text: "---\n" + text + "...\n",
    "flow": _flow,
    "JSON": _json,
    "sorted": _sorted,
    "double quotes": lambda text: re.sub(r": ([0-9a-f]{32})", ': "\\1"', text),
    "anchor": _anchored,
    "BOM": lambda text: "\ufeff" + text,
    "tab after a colon": lambda text: re.sub(r"(md5|path|hash):", "\\1:\t", text),
    "tab before a comment": lambda text: text.replace("\n", "\t# x\n", 1),
    "explicit text": lambda text: re.sub(r"md5: ([0-9a-f]{32})", "md5: !!str \\1", text),
    "explicit key": lambda text: re.sub(r"^( +)size: (\d+)$", "\\1? size\n\\1: \\2", text, flags=re.MULTILINE),
    "size in quotes of no kind": lambda text: re.sub(r"size: (\d+)", "size: !!int \\1", text),
    "size in hexadecimal": lambda text: re.sub(r"size: (\d+)", lambda found: f"size: {int(found[1]):#x}", text),
    "size in octal": lambda text: re.sub(r"size: (\d+)", lambda found: f"size: 0o{int(found[1]):o}", text),
    "size with a plus": lambda text: re.sub(r"size: ", "size: +", text),
    "size with zeros": lambda text: re.sub(r"size: ", "size: 00", text),
    "size with an underscore": lambda text: re.sub(r"size: (\d)(\d)", "size: \\1_\\2", text),
    "hash in a block": lambda text: re.sub(r"^( *(?:- )?)md5: (\S+)$", "\\1md5: >-\n        \\2", text, flags=re.MULTILINE),
    "path with an escape": lambda text: re.sub(r"path: (\w)(.*)$", lambda found: f'path: "\\x{ord(found[1]):02x}{found[2]}"', text, flags=re.MULTILINE),
    "emoji in a comment": lambda text: "# 😀\n" + text,
    "U+2028 in a comment": lambda text: "# a\u2028b: [\n" + text,
    "NEL in a comment": lambda text: "# a\x85\n" + text,
    "version 1.1": lambda text: "%YAML 1.1\n---\n" + text,
    "version 1.2": lambda text: "%YAML 1.2\n---\n" + text,
    "a tag directive": lambda text: "%TAG ! tag:example.org,2000:\n---\n" + text,
    "a long comment": lambda text: "#" + "x" * 5000 + "\n" + text,
}  # fmt: skip
OTHER: Mapping[str, _Spell] = {
    "CR": lambda text: text.replace("\n", "\r"),
    "NUL": lambda text: text + "\0",
    "NUL in a comment": lambda text: "# \0\n" + text,
    "not UTF-8": lambda text: b"# caf\xe9\n" + text.encode(),
    "not UTF-8 at the end": lambda text: text.encode() + b"\xff",
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "empty": lambda _: "",
    "comment alone": lambda _: "# nothing\n",
    "null alone": lambda _: "null\n",
    "start alone": lambda _: "---\n",
    "a tab": lambda _: "\t\n",
    "tab to indent": lambda text: re.sub(r"^ +", "\t", text, flags=re.MULTILINE),
    "tab before a key": lambda text: "\t" + text,
    "a key twice": lambda text: re.sub(r"^( *(?:- )?)(md5: \S+)$", lambda found: f"{found[1]}{found[2]}\n{' ' * len(found[1])}{found[2]}", text, flags=re.MULTILINE),
    "a top key twice": lambda text: text + text,
    "two documents": lambda text: text + "---\n" + text,
    "a second document that is empty": lambda text: text + "---\n",
    "end, and more": lambda text: text + "...\n" + text,
    "unknown tag": lambda text: re.sub(r"md5: ", "md5: !x ", text),
    "a tag of Python": lambda text: re.sub(r"path: (\S+)", "path: !!python/name:os.\\1", text),
    "binary": lambda text: re.sub(r"path: (\S+)", "path: !!binary YQ==", text),
    "a set": lambda text: re.sub(r"^(\w+):$", "\\1: !!set", text, count=1, flags=re.MULTILINE),
    "alias of nothing": lambda text: re.sub(r"path: \S+", "path: *no", text),
    "merge": lambda text: re.sub(r"^( *(?:- )?)size: (\d+)$", "\\1<<: {size: \\2}", text, flags=re.MULTILINE),
    "merge of nothing": lambda text: re.sub(r"^( *(?:- )?)size: (\d+)$", "\\1<<: 7", text, flags=re.MULTILINE),
    "size in quotes": lambda text: re.sub(r"size: (\d+)", "size: '\\1'", text),
    "size as a float": lambda text: re.sub(r"size: (\d+)", "size: \\1.0", text),
    "size by exponent": lambda text: re.sub(r"size: (\d+)", "size: 1e3", text),
    "size null": lambda text: re.sub(r"size: (\d+)", "size:", text),
    "size sexagesimal": lambda text: re.sub(r"size: (\d+)", "size: 1:30", text),
    "double quotes everywhere": _quoted('"'),
    "unclosed": lambda text: text + "x: [\n",
    "a colon too many": lambda text: text.replace("path: ", "path: a: "),
    "a line of words": lambda text: text + "words\n",
    "no space after a colon": lambda text: text.replace("path: ", "path:"),
    "control character": lambda text: "# \x01\n" + text,
    "DEL": lambda text: "# \x7f\n" + text,
    "C1": lambda text: "# \x90\n" + text,
    "BOM in the middle": lambda text: text + "\ufeff# x\n",
    "BOM twice": lambda text: "\ufeff\ufeff" + text,
    "version 2": lambda text: "%YAML 2.0\n---\n" + text,
    "unknown directive": lambda text: "%X y\n---\n" + text,
    "path a date": lambda text: re.sub(r"path: \S+", "path: 2001-01-01", text),
    "path yes": lambda text: re.sub(r"path: \S+", "path: yes", text),
    "path a float": lambda text: re.sub(r"path: \S+", "path: 1e3", text),
    "path with zeros": lambda text: re.sub(r"path: \S+", "path: 007", text),
    "path octal of 1.2": lambda text: re.sub(r"path: \S+", "path: 0o17", text),
    "path with colons": lambda text: re.sub(r"path: \S+", "path: 12:30:45", text),
    "path =": lambda text: re.sub(r"path: \S+", "path: =", text),
    "surrogate escaped": lambda text: re.sub(r"path: \S+", 'path: "\\\\ud800"', text),
    "lone surrogate": lambda text: b"# \xed\xa0\x80\n" + text.encode(),
    "noncharacter": lambda text: "# \uffff\n" + text,
    "many aliases": lambda text: text + "meta: [&a [x, x], &b [*a, *a], *b]\n",
    "itself": lambda text: text + "meta: &a [*a]\n",
    "very deep": lambda text: text + "meta: " + "[" * 5000 + "]" * 5000 + "\n",
    "meta with a key of a list": lambda text: text + "meta: {[a]: 1}\n",
    "meta with a key of null": lambda text: text + "meta: {~: 1}\n",
    "meta with keys that are equal": lambda text: text + "meta: {1: a, 1.0: b}\n",
    "meta with a date": lambda text: text + "meta: 2001-13-45\n",
    "meta with a great number": lambda text: text + "meta: " + "9" * 5000 + "\n",
    "meta with a bad binary": lambda text: text + "meta: !!binary 'x'\n",
    "meta with a timestamp of 1.1": lambda text: text + "meta: 2001-12-14t21:59:43.10-05:00\n",
}  # fmt: skip


def _spelled(build: Build, name: str, spell: _Spell, *, promises: bool) -> Build:
    """One file of a good thing in another spelling."""

    def act(draft: Draft) -> None:
        build(draft)
        path, kept = draft.path(name), list(draft.repository.promises)
        spelled = spell(draft.repository.files[path].decode())
        draft.repository.change(path, spelled.encode() if isinstance(spelled, str) else spelled)
        if promises:
            draft.repository.promises = kept
        else:  # a pipeline promises by its dvc.yaml what its lock says
            draft.repository.promises = [each for each in kept if not each.pointer.startswith(f"{draft.folder}/")]

    return act


_FILES: Mapping[str, tuple[Build, str]] = {
    "a .dvc file": (folder(), "d.dvc"),
    "a dvc.yaml": (stage(), "dvc.yaml"),
    "a dvc.lock": (stage(), "dvc.lock"),
}
KINDS = (
    *(
        Kind(f"another spelling of {where}", {name: _spelled(build, file, spell, promises=True) for name, spell in SAME.items()})
        for where, (build, file) in _FILES.items()
    ),
    *(
        Kind(f"{where} that means something else", {name: _spelled(build, file, spell, promises=False) for name, spell in OTHER.items()}, breaks=True)
        for where, (build, file) in _FILES.items()
    ),
)  # fmt: skip
