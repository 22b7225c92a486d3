"""DVC's settings in git: remotes, the default one, odd spellings, keys that DVC refuses; and ignore files."""

from generated.draft import CONFIG, ROOT, SETTINGS, Build, Draft, out
from generated.kinds import Kind
from generated.pipelines import stage
from generated.pointers import folder, tracked

_DEFAULT, _URL = b"    remote = storage\n", b"    url = ../../stores/blob\n"


def _settings(old: bytes, new: bytes) -> Build:
    """Other settings of the top, where nothing else has changed them, and a file that needs them."""

    def build(draft: Draft) -> None:
        files = draft.repository.files
        if CONFIG in files:
            files[CONFIG] = files[CONFIG].replace(old, new.replace(b"ROOT", ROOT.encode()), 1)
        draft.track()

    return build


def more(lines: str) -> Build:
    """More lines of settings."""

    def build(draft: Draft) -> None:
        draft.configure(lines)
        draft.track()

    return build


def core(line: str) -> Build:
    """Another setting of `[core]`."""
    return _settings(b"[core]\n", f"[core]\n    {line}\n".encode())


def remote(line: str) -> Build:
    """Another setting of the default remote."""
    return _settings(b"    url = ", f"    {line}\n    url = ".encode())


def _text(text: bytes) -> Build:
    """Other text for all of the settings."""

    def build(draft: Draft) -> None:
        draft.repository.files[CONFIG] = text
        draft.track()

    return build


def _second_remote(draft: Draft) -> None:
    draft.remote("second", "second")
    draft.track("first.bin")
    draft.store = "second"
    draft.track("a.bin", remote="second")
    draft.point("d.dvc", draft.tree("d.dvc", "d", remote="second"))


def _second_remote_lost(draft: Draft) -> None:
    draft.remote("lost", "lost")
    draft.track("a.bin", remote="lost")  # it lies on the default one


def _linked(draft: Draft) -> None:
    settings = draft.repository.files.pop(CONFIG, None)
    if settings is not None:
        draft.write("/settings", settings)
        draft.link("/.dvc/config", "../settings")
    draft.track()


def _no_settings(draft: Draft) -> None:
    draft.track()
    draft.repository.files.pop(CONFIG)


def _no_dvc(draft: Draft) -> None:
    _no_settings(draft)
    draft.repository.files.pop(".dvc/.gitignore")


def ignoring(file: str, lines: str | bytes, build: Build) -> Build:
    """An ignore file beside a good thing."""

    def act(draft: Draft) -> None:
        build(draft)
        path = draft.path(file)
        old = draft.repository.files.get(path, b"")
        draft.repository.files[path] = old + (lines.encode() if isinstance(lines, str) else lines)

    return act


def _hidden(file: str, lines: str) -> Build:
    """A pointer to nothing, which an ignore file of DVC hides."""

    def build(draft: Draft) -> None:
        draft.point("x.tmp.dvc", out("x.tmp", "a" * 32, 1))
        ignoring(file, lines, tracked())(draft)

    return build


KINDS = (
    Kind(
        "the default remote",
        {
            "absolute": _settings(b"../../stores", b"ROOT/stores"),
            "upon another": _settings(_URL, b"    url = remote://base/blob\n['remote \"base\"']\n    url = ../../stores\n"),
            "with a slash": _settings(b"stores/blob", b"stores/blob/"),
            "roundabout": _settings(b"stores/blob", b"stores/./x/../blob"),
            "in quotes": _settings(b"../../stores/blob", b'"../../stores/blob"'),
            "with a comment": _settings(b"stores/blob", b"stores/blob  # here"),
            "in capitals": _text(SETTINGS.replace(b"storage", b"Storage")),
            "with a dot": _text(SETTINGS.replace(b"storage", b"sto.rage")),
            "with a space": _text(SETTINGS.replace(b"storage", b"sto rage")),
            "not ASCII": _text(SETTINGS.replace(b"storage", "störage".encode())),
            "before core": _text(b"['remote \"storage\"']\n    url = ../../stores/blob\n[core]\n    remote = storage\n"),
        },
        slot="default remote",
    ),
    Kind(
        "a default remote that is none",
        {
            "none": _settings(_DEFAULT, b""),
            "unknown": _settings(_DEFAULT, b"    remote = nowhere\n"),
            "empty": _settings(_DEFAULT, b"    remote =\n"),
            "in another case": _settings(_DEFAULT, b"    remote = STORAGE\n"),
            "no url": _settings(_URL, b""),
            "empty url": _settings(_URL, b"    url =\n"),
            "not there": _settings(b"stores/blob", b"stores/nothing"),
            "below the home": _settings(b"../../stores/blob", b"~/blob"),
            "in the clone": _settings(b"../../stores/blob", b"../blob"),
            "file url": _settings(b"../../stores/blob", b"file://ROOT/stores/blob"),
            "scheme unknown": _settings(b"../../stores/blob", b"dropbox://x"),
            "upon itself": _settings(b"../../stores/blob", b"remote://storage/blob"),
            "upon nothing": _settings(b"../../stores/blob", b"remote://base/blob"),
            "no settings": _no_settings,
            "settings empty": _text(b""),
            "no .dvc": _no_dvc,
        },
        breaks=True,
        slot="default remote",
    ),
    Kind("a second remote", {"with data": _second_remote}),
    Kind("a second remote without data", {"file": _second_remote_lost}, breaks=True),
    Kind(
        "a setting",
        {
            "autostage": core("autostage = true"),
            "analytics": core("analytics = false"),
            "check_update": core("check_update = False"),
            "hardlink_lock": core("hardlink_lock = true"),
            "interactive": core("interactive = false"),
            "checksum_jobs": core("checksum_jobs = 1"),
            "experiments": core("experiments = true"),
            "machine": core("machine = x"),
            "loglevel": core("loglevel = debug"),
            "jobs": remote("jobs = 2"),
            "verify": remote("verify = true"),
            "type": remote("type = copy"),
            "shared": remote("shared = group"),
            "no_traverse": remote("no_traverse = false"),
            "protected": remote("protected = true"),
            "slow_link_warning": remote("slow_link_warning = false"),
            "cache dir": more("[cache]\n    dir = my-cache"),
            "cache beside": more("[cache]\n    dir = ../../shared-cache"),
            "cache type": more("[cache]\n    type = copy"),
            "cache types": more('[cache]\n    type = "reflink,copy"'),
            "cache of links": more("[cache]\n    type = symlink"),
            "cache of hard links": more("[cache]\n    type = hardlink"),
            "cache shared": more("[cache]\n    shared = group"),
            "parsing": more("[parsing]\n    bool = store_true\n    list = nargs"),
            "plots": more("[plots]\n    auto_open = false\n    html_template = x"),
            "exp": more("[exp]\n    auto_push = false"),
            "feature": more("[feature]\n    machine = true"),
            "feature unknown": more("[feature]\n    shiny = true"),
            "hydra": more("[hydra]\n    enabled = true"),
            "studio": more("[studio]\n    offline = true"),
            "state": more("[state]\n    row_limit = 100"),
            "index": more("[index]\n    dir = x"),
            "db": more("['db \"x\"']\n    url = sqlite://"),
            "remote of the web": more("['remote \"web\"']\n    url = https://example.org/x\n    auth = basic"),
            "remote of S3": more("['remote \"far\"']\n    url = s3://bucket/x\n    region = eu\n    version_aware = true"),
            "remote without a url": more("['remote \"more\"']\n    jobs = 2"),
            "machine of a kind": more("['machine \"m\"']\n    cloud = aws"),
            "comment": more("# a comment\n; another"),
            "empty section": more("[cache]"),
        },
    ),
    Kind(
        "a setting that DVC refuses",
        {
            "core unknown": core("shiny = 1"),
            "core not a flag": core("autostage = maybe"),
            "jobs zero": remote("jobs = 0"),
            "jobs a word": remote("jobs = many"),
            "verify a word": remote("verify = maybe"),
            "remote unknown key": remote("shiny = 1"),
            "remote of another kind": remote("region = eu"),
            "type unknown": remote("type = magic"),
            "shared unknown": remote("shared = all"),
            "version_aware": remote("version_aware = true"),
            "worktree": remote("worktree = true"),
            "cache unknown": more("[cache]\n    shiny = 1"),
            "cache type unknown": more("[cache]\n    type = magic"),
            "cache in the way": more("[cache]\n    dir = config"),
            "cache through a remote": more("[cache]\n    local = storage"),
            "section unknown": more("[shiny]\n    a = 1"),
            "section of a kind unknown": more("['shiny \"x\"']\n    a = 1"),
            "remote without a name": more("[remote]\n    url = x"),
            "remote of an unknown scheme": more("['remote \"x\"']\n    url = dropbox://x"),
            "section twice": more("[core]\n    remote = storage"),
            "key twice": core("remote = storage"),
            "no value": core("autostage"),
            "nothing before": _text(b"remote = storage\n" + SETTINGS),
            "no_scm": core("no_scm = true"),
            "site_cache_dir": core("site_cache_dir = x"),
            "nested": more("[[deep]]\n    a = 1"),
            "interpolation": remote("type = %(x)s"),
        },
        breaks=True,
    ),
    Kind(
        "settings in another spelling",
        {
            "CR LF": _text(SETTINGS.replace(b"\n", b"\r\n")),
            "BOM": _text(b"\xef\xbb\xbf" + SETTINGS),
            "tabs": _text(SETTINGS.replace(b"    ", b"\t")),
            "no indent": _text(SETTINGS.replace(b"    ", b"")),
            "no spaces": _text(SETTINGS.replace(b" = ", b"=")),
            "double quotes": _text(SETTINGS.replace(b"'remote \"storage\"'", b'"remote \'storage\'"')),
            "no quotes": _text(SETTINGS.replace(b"['remote \"storage\"']", b'[remote "storage"]')),
            "capitals": _text(SETTINGS.replace(b"core", b"CORE").replace(b"url", b"URL")),
            "NUL": _text(SETTINGS + b"# \0\n"),
            "not UTF-8": _text(SETTINGS + b"# caf\xe9\n"),
            "UTF-16": _text(SETTINGS.decode().encode("utf-16")),
            "broken": _text(b"[core\nremote = storage\n"),
            "semicolon": _text(SETTINGS.replace(b"stores/blob", b"stores/blob ; here")),
            "two lines": _text(SETTINGS.replace(b"../../stores/blob", b'"""../../stores/blob"""')),
            "no newline": _text(SETTINGS.rstrip()),
            "empty lines": _text(SETTINGS.replace(b"\n", b"\n\n")),
            "CR": _text(SETTINGS.replace(b"\n", b"\r")),
            "a list": _text(SETTINGS.replace(b"= storage", b"= storage,")),
            "a dollar": _text(SETTINGS.replace(b"../../stores", b"$HOME/stores")),
        },
        breaks=True,
        slot="default remote",
    ),
    Kind(
        "ignore files",
        {
            "comments": ignoring(".dvcignore", "# Add patterns of files dvc should ignore\n", tracked()),
            "of nothing": ignoring(".dvcignore", "*.nothing\n", folder()),
            "hidden here": _hidden(".dvcignore", "*.tmp.dvc\n"),
            "hidden by name": _hidden(".dvcignore", "x.tmp.dvc\n"),
            "hidden from the top": _hidden("/.dvcignore", "/ignore-files/x.tmp.dvc\n"),
            "hidden and not": _hidden(".dvcignore", "*.dvc\n!a.bin.dvc\n"),
            "hidden by two stars": _hidden("/.dvcignore", "**/x.tmp.dvc\n"),
            "hidden by a class": _hidden(".dvcignore", "[w-z].tmp.dvc\n"),
            "CR LF": _hidden(".dvcignore", "*.tmp.dvc\r\n"),
            "BOM": ignoring(".dvcignore", "\ufeff*.nothing\n", tracked()),
            "git ignores data": ignoring(".gitignore", "/a.bin\n", tracked()),
            "git ignores data by pattern": ignoring(".gitignore", "*.bin\n", tracked()),
            "git ignores a tracked folder": ignoring(".gitignore", "/d\n", folder()),
            "git ignores and does not": ignoring(".gitignore", "*\n!*.dvc\n!.gitignore\n", tracked()),
            "git ignores with CR LF": ignoring(".gitignore", "/a.bin\r\n", tracked()),
            "git not UTF-8": ignoring(".gitignore", b"caf\xe9\n", tracked()),
            "git BOM": ignoring(".gitignore", "\ufeff/a.bin\n", tracked()),
        },
    ),
    Kind(
        "ignore files that hide too much",
        {
            "a pointer by git": ignoring(".gitignore", "*.dvc\n", tracked()),
            "a pointer by git, by name": ignoring(".gitignore", "/a.bin.dvc\n", tracked()),
            "a folder by git": ignoring("/.gitignore", "/ignore-files-that-hide-too-much/\n", tracked()),
            "everything by git": ignoring("/.gitignore", "*\n", tracked()),
            "a lock by git": ignoring(".gitignore", "dvc.lock\n", stage()),
            "a pipeline by git": ignoring(".gitignore", "dvc.yaml\n", stage()),
            "inside by git": ignoring("/.gitignore", "/ignore-files-that-hide-too-much/*\n!/ignore-files-that-hide-too-much/*.dvc\n", tracked()),
            "folder with two stars": ignoring("/.gitignore", "ignore-files-that-hide-too-much/**\n!**/*.dvc\n", tracked()),
            "a lock by DVC": ignoring(".dvcignore", "dvc.lock\n", stage()),
            "a pipeline by DVC": ignoring(".dvcignore", "dvc.yaml\n", stage()),
            "an out by DVC": ignoring(".dvcignore", "*.bin\n", tracked()),
            "a file of a folder by DVC": ignoring(".dvcignore", "c.bin\n", folder()),
            "a tracked folder by DVC": ignoring(".dvcignore", "d\n", folder()),
            "a tracked folder's inside by DVC": ignoring(".dvcignore", "d/*\n", folder()),
            "all by DVC": ignoring(".dvcignore", "*\n", tracked()),
            "the folder by DVC": ignoring("/.dvcignore", "ignore-files-that-hide-too-much\n", tracked()),
            "a pattern that is none": ignoring(".dvcignore", "[z-a]\n", tracked()),
            "not UTF-8": ignoring(".dvcignore", b"caf\xe9\n", tracked()),
            "UTF-16": ignoring(".dvcignore", "*.nothing\n".encode("utf-16"), tracked()),
            "NUL": ignoring(".dvcignore", "a\0b\n", tracked()),
            "DVC's own folder": ignoring("/.dvcignore", ".dvc\n", tracked()),
            "git's pattern that is none": ignoring(".gitignore", "[z-a]\n", tracked()),
            "backslash at the end": ignoring(".dvcignore", "a\\\n", tracked()),
            "git, backslash at the end": ignoring(".gitignore", "a\\\n", tracked()),
            "an exclamation mark alone": ignoring(".dvcignore", "!\n", tracked()),
            "a slash alone": ignoring(".dvcignore", "/\n", tracked()),
            "git's folder": lambda draft: (draft.track(), draft.write(".gitignore/x", "1")),
            "DVC's file a folder": lambda draft: (draft.track(), draft.write(".dvcignore/x", "1")),
            "DVC's file a link to nothing": lambda draft: (draft.track(), draft.link(".dvcignore", "nothing")),
            "DVC's file a link": lambda draft: (draft.track(), draft.write("patterns", "*.dvc\n"), draft.link(".dvcignore", "patterns")),
            "git's file a link": lambda draft: (draft.track(), draft.write("patterns", "*.dvc\n"), draft.link(".gitignore", "patterns")),
        },
        breaks=True,
    ),
    Kind("settings that are a link", {"to a file": _linked}),
)  # fmt: skip
