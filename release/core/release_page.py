"""The page of a release on a forge: what it should be, what it is, and the steps between."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from urllib.parse import quote as quote_url
from urllib.parse import urlencode

from msgspec import Struct

from release.core.changelog import message_of
from release.core.forge import Forge, ForgeKind
from release.core.text import command_line, for_markdown, unified
from release.errors import ExitCode, Refused, UsageError

_LONGEST_BODY = 120_000  # GitHub takes 125,000 characters
_LONGEST_URL = 7_000  # servers refuse longer ones
_HEADING = re.compile(r"\A## [^\n]*\n+")
_YANKED = re.compile(r"\AYanked: [^\n]*\n+")  # as the changelog has it; the page has a line of its own
# GitHub changes other names, and GitLab refuses them.
_ASSET_NAME = re.compile(r"[A-Za-z0-9_+@-](?:[A-Za-z0-9._+@-]*[A-Za-z0-9_+@-])?")
_MARK = re.compile(r"\s*<!-- release publish: (?P<digest>[0-9a-f]{64}) -->\s*\Z")


class Asset(Struct, frozen=True, kw_only=True):
    """A file of a page. `digest` is its SHA-256 in hexadecimal (None: not known); `id` is the forge's ("": not there yet).

    `whole` False: an upload that was cut off.
    """

    name: str
    size_bytes: int
    digest: str | None
    id: str = ""
    whole: bool = True


class TitledText(Struct, frozen=True, kw_only=True):
    """Title and text of a page or a pull request, whose line endings do not count."""

    title: str = ""
    body: str = ""

    def same_text(self, other: TitledText) -> bool:
        """Return True if title and body are the same."""
        return (self.title, _plain(self.body)) == (other.title, _plain(other.body))


class Page(TitledText, frozen=True, kw_only=True):
    """A page, as it is on the forge, or as it should be (`id` and `url` "").

    `latest`: the forge calls it the latest release; None: the forge decides by itself. `immutable`: its files cannot change.
    `released` is the date of the tag (ISO 8601, UTC).
    """

    tag: str
    prerelease: bool = False
    latest: bool | None = None
    draft: bool = False
    immutable: bool = False
    assets: tuple[Asset, ...] = ()
    released: str = ""
    id: str = ""
    url: str = ""

    @property
    def is_ours(self) -> bool:
        """True if the page is as `release publish` wrote it; False if it was written or edited by hand."""
        found = _MARK.search(_plain(self.body))
        return found is not None and found["digest"] == _digest(self.title, _plain(self.body)[: found.start()])

    @property
    def text(self) -> str:
        """Title and body, without our mark."""
        return f"{self.title}\n\n{_MARK.sub('', _plain(self.body))}\n"


def _plain(body: str) -> str:
    """Return a body to compare: forges change line endings, and spaces at the ends."""
    return body.replace("\r\n", "\n").strip()


def _digest(title: str, body: str) -> str:
    return hashlib.sha256(f"{title}\n\n{_plain(body)}".encode("utf-8", "replace")).hexdigest()


class PublishedRelease(Struct, frozen=True, kw_only=True):
    """Facts of a release that its page shows. `message` is the tag's subject; `entry` the changelog's, with its heading.

    `yanked` is the reason why it must not be used (None: it may be); `newest`: no final release is greater. `charts` are
    Markdown with its metrics and those of the releases before it.
    """

    tag: str
    version: str
    message: str
    entry: str
    prerelease: bool
    newest: bool
    released: str
    changelog: str = "CHANGELOG.md"
    yanked: str | None = None
    charts: str = ""


def page_of(release: PublishedRelease, assets: Sequence[Asset] = ()) -> Page:
    """Return the page as it should be. A yanked release is a prerelease to the forge, which else calls it the latest."""
    title = release.tag
    if release.message and release.message != f"Release {release.version}":
        title = f"{release.tag}: {release.message}"
    body = _YANKED.sub("", _HEADING.sub("", release.entry))
    if message_of(release.entry) in (release.message, f"Release {release.version}"):  # it is in the title
        body = body.partition("\n")[2]
    if release.yanked is not None:
        why = f": {for_markdown(release.yanked, in_cell=False)}" if release.yanked else ""
        title, body = f"{title} [YANKED]", f"**Do not use this release**{why}\n\n{body}"
    body = shortened(body, _LONGEST_BODY, release.changelog).strip()
    charts = f"### Over releases\n\n{release.charts}"
    if release.charts and len(body) + len(charts) <= _LONGEST_BODY:
        body = f"{body}\n\n{charts}".strip()
    return Page(
        tag=release.tag,
        title=title,
        body=f"{body}\n\n<!-- release publish: {_digest(title, body)} -->".strip(),
        prerelease=release.prerelease or release.yanked is not None,
        latest=release.newest and release.yanked is None,
        assets=tuple(assets),
        released=release.released,
    )


def shortened(body: str, most: int, changelog: str) -> str:
    """Return a text of at most about `most` characters, cut at the end of a line."""
    if len(body) <= most:
        return body
    return f"{body[:most].rpartition(chr(10))[0]}\n\n... the rest is in {for_markdown(changelog)}"


def asset_name(path: str, taken: Mapping[str, str]) -> str:
    """Return the name that a file has on the page; `taken` are the files before it. Raises UsageError."""
    name = path.rstrip("/").rpartition("/")[2]
    if _ASSET_NAME.fullmatch(name) is None:
        better = re.sub(r"[^A-Za-z0-9._+@-]+", "-", name).strip(".-") or "FILE"
        words = f"--asset {path}: forges change or refuse that name; use letters, digits and . _ + @ -"
        raise UsageError(words, help=command_line("cp", "--", path, better))
    if name in taken:
        words = f"--asset {path}: {taken[name]} has the same name, and a page can have it only once"
        raise UsageError(words, help=command_line("mv", "--", path, f"other-{name}"))
    return name


# What is done, in order: each step finds what an earlier run left


class PageStepKind(Enum):
    """The steps, as documents name them."""

    CREATE = "create"
    DROP = "drop draft"
    DROP_ASSET = "drop asset"
    UPLOAD = "upload"
    CHANGE = "change"
    PUBLISH = "publish"


class PageStep(Struct, frozen=True, kw_only=True):
    """One step on the page `on` (None: a page that the step before creates); `asset` of the steps about a file."""

    kind: PageStepKind
    text: str
    on: Page | None = None
    asset: Asset | None = None


def steps_to(wanted: Page, found: Sequence[Page]) -> tuple[PageStep, ...]:
    """Return the steps from the pages of a tag to the wanted one; none if it is there. Raises Refused.

    Files come before the publication, because nothing can be added to an immutable release. Of several drafts (two runs at
    once) the oldest counts, and every run drops the others.
    """
    page = counted(found)
    steps = [
        PageStep(kind=PageStepKind.DROP, text=f"delete a second draft of {wanted.tag}", on=each)
        for each in found
        if each is not page and each.draft and each.is_ours
    ]
    if page is None:
        steps.append(PageStep(kind=PageStepKind.CREATE, text=f"create the page of {wanted.tag} as a draft"))
    steps += [step for asset in wanted.assets for step in _asset_steps(asset, page)]
    if page is None or page.draft:
        steps.append(PageStep(kind=PageStepKind.PUBLISH, text=f"publish the page of {wanted.tag}", on=page))
    elif differences := tuple(_differences(wanted, page)):
        text = f"update {' and '.join(differences)} of the page"
        steps.append(PageStep(kind=PageStepKind.CHANGE, text=text, on=page))
    return tuple(steps)


def counted(found: Sequence[Page]) -> Page | None:
    """Return the page that counts: the published one, else the oldest draft; None if there is none."""
    in_order = sorted(found, key=lambda page: (page.draft, len(page.id), page.id))
    return in_order[0] if in_order else None


def _asset_steps(asset: Asset, page: Page | None) -> Iterator[PageStep]:
    named = [each for each in page.assets if each.name == asset.name] if page is not None else []
    fitting = [
        each for each in named if each.whole and (each.size_bytes, each.digest) == (asset.size_bytes, asset.digest)
    ]
    kept = fitting[-1] if fitting else None  # two runs at once can upload a file twice
    if named == [kept]:
        return
    if page is not None and page.immutable and not page.draft:
        words = "has other contents than the file" if named else "is not on the page"
        raise Refused(
            f"{asset.name} {words}, and the release is immutable: its files cannot change",
            help="release bump patch   (a new release can have the file)",
            section="forge",
        )
    for each in named:
        if each is not kept:
            why = "is there twice" if kept else "has other contents" if each.whole else "was not uploaded to its end"
            yield PageStep(kind=PageStepKind.DROP_ASSET, text=f"delete {asset.name}, which {why}", on=page, asset=each)
    if kept is None:
        yield PageStep(kind=PageStepKind.UPLOAD, text=f"upload {asset.name}", on=page, asset=asset)


def _differences(wanted: Page, page: Page) -> Iterator[str]:
    if wanted.title != page.title:
        yield "the title"
    if _plain(wanted.body) != _plain(page.body):
        yield "the text"
    if wanted.prerelease != page.prerelease:
        yield "the prerelease flag"
    # The forge calls some final page the latest, be it this one: only the greatest release claims the flag.
    if wanted.latest and page.latest is False:
        yield "the latest flag"


def edited_by_hand(wanted: Page, found: Sequence[Page]) -> Page | None:
    """Return the page whose text a person wrote or changed and that a step would overwrite; None if there is none."""
    page = counted(found)
    return page if page is not None and not page.is_ours and not page.same_text(wanted) else None


def text_changes(wanted: Page, page: Page) -> str:
    """Return the differences of title and text in the format of `diff -u`; "" if there are none."""
    return unified("page", page.text.encode("utf-8", "replace"), wanted.text.encode("utf-8", "replace"))


def prefilled_url(forge: Forge, page: Page) -> str:
    """Return the address where a person makes the page by hand, with as much filled in as the forge takes."""
    if forge.kind is ForgeKind.GITLAB:
        return f"{forge.url}/-/releases/new?{urlencode({'tag_name': page.tag}, quote_via=quote_url)}"
    lines = [_narrow(line) for line in _MARK.sub("", page.body).splitlines()]
    while True:
        fields = {"tag": page.tag, "title": page.title, "body": "\n".join(lines)}
        if page.prerelease:
            fields["prerelease"] = "1" if forge.kind is ForgeKind.GITHUB else "on"
        url = f"{forge.url}/releases/new?{urlencode(fields, quote_via=quote_url)}"
        if len(url) <= _LONGEST_URL or not lines:
            return url
        del lines[len(lines) * 3 // 4 :]


def _narrow(line: str) -> str:
    """Return a line of a table without what only aligns it."""
    return re.sub(r" {2,}", " ", re.sub(r"-{4,}", "---", line)) if line.startswith("|") else line


# Report of `release publish`


class PublishOutcome(Enum):
    """Outcomes, as documents name them."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PREVIEW = "dry run"
    BY_HAND = "by hand"  # there is no token: the user makes the page


class PublishReport(Struct, frozen=True, kw_only=True):
    """A page that was published. `url` is where it is, or where it is made by hand; "" if it is only planned.

    `steps` are those that were run, or would be; `difference` the text that a person wrote and that would be lost, as a diff; `help` how to give a token (None: there is one);
    `options` are the files of the call, to be typed again.
    """

    tag: str
    forge: Forge
    page: Page
    outcome: PublishOutcome
    url: str = ""
    steps: tuple[PageStep, ...] = ()
    difference: str = ""
    help: str | None = None
    options: tuple[str, ...] = ()

    @property
    def overwriting(self) -> str:
        """The command that overwrites text which a person wrote."""
        return command_line("release", "publish", "--yes", *self.options, names=(self.tag,))

    @property
    def exit_code(self) -> ExitCode:
        """3 if a dry run found text that a person wrote, else 0."""
        refused = self.outcome is PublishOutcome.PREVIEW and self.difference
        return ExitCode.REFUSED if refused else ExitCode.DONE
