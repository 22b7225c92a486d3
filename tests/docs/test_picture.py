"""The picture in the README: the refusal and the release of the demo's project, recorded on a terminal.

`REWRITE_GOLDEN=1 pytest tests/docs/test_picture.py` draws it again. It shows the lines one after the other, once, and at
once to readers whose system asks for less motion.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pexpect
import pytest
from project import Project, World

from release.commands.demo import work as demo_work

PICTURE = Path(__file__).parents[2] / "docs/images/bump.svg"
REWRITE = "REWRITE_GOLDEN" in os.environ  # read before the tests close the environment
COLUMNS = 80
ADVANCE, LEADING, MARGIN, BAR = 8.4, 19, 16, 34  # pixels: of a column, of a line, around the text, of the window's bar
COLOURS = {"1": "#ffffff", "2": "#8b949e", "31": "#ff7b72", "32": "#7ee787", "33": "#f2cc60"}  # by the SGR code
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">
<style>
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c9d1d9; white-space: pre }}
g {{ animation: show 1ms both }}
@keyframes show {{ from {{ opacity: 0 }} }}
@media (prefers-reduced-motion: reduce) {{ g {{ animation: none }} }}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>
"""
LABEL = "release refuses a version whose model was not pushed, and releases it once it is"


def trained(tmp_path: Path) -> Project:
    """The demo's project with one release, and a better model whose `dvc push` was forgotten."""
    world = World(tmp_path / "world")
    world.root.mkdir()
    world.furnish()
    project = Project(world, world.root / "project")
    project.folder.mkdir()
    for path, text in demo_work.demo_files().items():
        project.write(path, text)
    model = "model/label_encoder.json model/tokenizer.json model/model.json"
    project.sh("git init -q --bare ../origin.git && git init -q && git remote add origin ../origin.git")
    project.world.run([sys.executable, "train.py"], folder=project.folder)
    project.dvc_each(
        "init -q",
        f"remote add -q -d storage {world.store}",
        f"add -q data/projects.json data/tags.json data/heldout {model}",
        "push -q",
    )
    project.sh("git add . && git commit -qm 'Tag projects with a small model' && git push -qu origin main")
    project.release("bump minor -m 'first model' --yes").succeeds()
    project.world.run([sys.executable, "train.py", "--num-filters=256", "--num-epochs=8"], folder=project.folder)
    project.dvc_each(f"add -q {model}")
    project.sh("git commit -qam 'More filters, longer training'")
    return project


def typed(project: Project, line: str, code: int) -> str:
    """Return what the command writes to a terminal, with its colours."""
    program = f"{shlex.quote(sys.executable)} -m {line}"
    environment = project.world.environment() | {"TERM": "xterm", "NO_COLOR": ""}
    del environment["COLUMNS"], environment["LINES"]
    child = pexpect.spawn(
        "sh",
        ["-c", program],
        env=environment,
        cwd=str(project.folder),
        timeout=120,
        encoding="utf-8",
        dimensions=(99, COLUMNS),
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code, child.before
    said = (child.before or "").replace("\r\n", "\n")
    text = re.sub(r"[^\n]*\r\x1b\[K", "", said)  # progress, overwritten
    return f"\x1b[1m$ {line}\x1b[0m\n{text.rstrip()}\n"


def spans(line: str) -> Iterator[tuple[int, str, str]]:
    """Yield column, text and colour of each piece of a line."""
    column, colour = 0, ""
    for code, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
        if text:
            yield column, text, colour
            column += len(text)
        else:
            colour = COLOURS.get(code, "")


def drawn(parts: list[str]) -> str:
    """Return the picture of the parts, each shown some seconds after the one before."""
    lines = [line for part in parts for line in (*part.rstrip("\n").split("\n"), "")]
    width, height = round(COLUMNS * ADVANCE + 2 * MARGIN), BAR + LEADING * len(lines) + MARGIN
    out, y, delay_s = [HEAD.format(width=width, height=height, label=escape(LABEL))], BAR + LEADING, 0.5
    for part in parts:
        for number, line in enumerate((*part.rstrip("\n").split("\n"), "")):
            pieces = "".join(
                f'<text x="{MARGIN + column * ADVANCE:g}" y="{y}" textLength="{len(text) * ADVANCE:g}"'
                + (f' style="fill:{colour}"' if colour else "")
                + f' xml:space="preserve">{escape(text)}</text>'
                for column, text, colour in spans(line)
                if text.strip()
            )
            if pieces:
                out.append(f'<g style="animation-delay:{delay_s:.2f}s">{pieces}</g>\n')
            y += LEADING
            delay_s += 0.9 if number == 0 else 0.05
        delay_s += 2
    return "".join([*out, "</svg>\n"])


def test_the_picture_shows_what_release_prints_today(tmp_path):
    project = trained(tmp_path)
    refused = typed(project, "release bump minor -m charCNN --yes", 4)
    released = typed(project, "release bump minor -m charCNN --push-data --yes", 0)
    assert "model/model.json is not on" in refused
    assert "Released v0.2.0" in released
    assert re.sub(r"\x1b\[[0-9;]*m", "", refused) in (PICTURE.parents[1] / "index.md").read_text()
    picture = drawn([refused, released])
    if REWRITE:
        PICTURE.write_text(picture)
    # Object ids differ, because .dvc/config has the path of the store.
    ids = re.compile(r"\b[0-9a-f]{7}\b")
    assert ids.sub("ID", PICTURE.read_text()) == ids.sub("ID", picture)


@pytest.mark.fast
def test_the_picture_asks_no_other_host_and_runs_no_script():
    root = ET.parse(PICTURE).getroot()
    assert {each.tag.rpartition("}")[2] for each in root.iter()} == {"svg", "style", "rect", "circle", "g", "text"}
    assert "http" not in PICTURE.read_text().replace("http://www.w3.org/2000/svg", "")
