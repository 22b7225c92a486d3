"""A generated history: many releases of many metrics, as a stream for `git fast-import`."""

import json
import math
from collections.abc import Iterator, Mapping
from hashlib import md5

from project.project import Project

EVIL = '</script><img src=x onerror="document.title=1">'
LEVELS = ("test", "val", "train")
SCORES = ("f1", "accuracy", "precision", "recall", "auc", "loss", "mae", "latency_ms")
CONFIG = """\
[tool.release]
headline = ["test.f1", "test.accuracy", "test.loss", "test.latency_ms"]
[tool.release.gate."test.f1"]
min = 0.62
max-regression = 0.02
[tool.release.gate."test.latency_ms"]
max = 60
"""


def replaced(project: Project, releases: int = 300, metrics: int = 50, *, evil: bool = False) -> Project:
    """The project with a generated history (see `grown`) in the place of its branch."""
    project.git("checkout", "--quiet", "--detach")
    project.git("branch", "-D", "main")
    project.git("fast-import", "--quiet", stdin="".join(grown(releases, metrics, evil=evil)).encode())
    project.git("checkout", "--quiet", "--force", "main")
    return project


def yank(project: Project, tag: str) -> None:
    """Commit what yanks a release."""
    said = f"Yank {tag}: wrong data\n\nRelease-Yanked: {tag} {project.git('rev-parse', tag)}"
    project.git("commit", "--quiet", "--allow-empty", "-m", said)


def numbers(at: int, metrics: int) -> Mapping[str, object]:
    """The metrics of release number `at`: three levels of scores that rise or fall with some noise, then per class."""
    found: dict[str, dict[str, object]] = {}
    for number in range(metrics):
        level = LEVELS[number // len(SCORES)] if number < 3 * len(SCORES) else f"class_{number:02}"
        score = SCORES[number % len(SCORES)]
        grown = 0.62 + 0.3 * (1 - math.exp(-at / 80)) + 0.02 * math.sin(at * 1.7 + number) - 0.01 * math.sin(at / 9)
        value = {"loss": 2 - 1.8 * grown, "mae": 5 - 4 * grown, "latency_ms": 75 - 40 * grown}.get(score, grown)
        found.setdefault(level, {})[score] = round(value, 6)
    return found


def grown(releases: int = 300, metrics: int = 50, *, evil: bool = False) -> Iterator[str]:
    """Yield a branch `main` with a release of two commits each; `evil`: names and texts try to be markup and code."""
    name = EVIL if evil else "seed"
    folder = 'a"b\\<i>' if evil else "model"
    for at in range(1, releases + 1):
        when = f"Ann <ann@example.org> {1_700_000_000 + at * 86_400 * 2} +0000"
        yield f"commit refs/heads/main\nmark :{at}\ncommitter {when}\n{_data(f'feat: model {at}')}"
        values = dict(numbers(at, metrics))
        if evil:
            values |= {EVIL: 0.5 + at / 1000, "datum['x'];alert(1)": at, "text": EVIL, "f1\u202e\u2028": 0.1}
        files = {
            ".dvc/config": "[core]\n    remote = storage\n",
            ".release.toml": CONFIG,
            "performance.json": json.dumps(values) if at % 47 else "{broken",
            "params.yaml": f"{json.dumps(name) if evil else name}: 1234\nfilters: {40 + at // 10}\nlr: 0.001\n",
            f"{folder}.dvc": _pointer(folder, at),
        }
        if not evil:
            files["dvc.lock"] = _lock(at)
            files["dvc.yaml"] = "stages:\n  train:\n    cmd: train\n    deps: [data.csv]\n    outs: [weights.pt]\n"
        for path, text in files.items():
            quoted = json.dumps(path)
            yield f"M 100644 inline {quoted}\n{_data(text)}"
        message = (
            f"{EVIL} ${{7*7}} {{{{7*7}}}}" if evil else ("wordCNN", "charCNN", "more data", "fix tokenizer")[at % 4]
        )
        yield f"tag v{_version(at)}\nfrom :{at}\ntagger {when}\n{_data(message)}"


def _version(at: int) -> str:
    return f"{at // 100}.{at // 10 % 10}.{at % 10}" + ("-rc.1" if at % 37 == 0 else "")


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _pointer(path: str, at: int) -> str:
    oid = md5(f"{at // 3}".encode(), usedforsecurity=False).hexdigest()
    return f"outs:\n- md5: {oid}\n  size: {12_300_000 + at * 10_000}\n  hash: md5\n  path: {path if path.isalpha() else json.dumps(path)}\n"


def _lock(at: int) -> str:
    data, weights = (md5(f"{kind}{at // 5}".encode(), usedforsecurity=False).hexdigest() for kind in ("d", "w"))
    return (
        "schema: '2.0'\nstages:\n  train:\n    cmd: train\n    deps:\n    - path: data.csv\n      hash: md5\n"
        f"      md5: {data}\n      size: 81000\n    outs:\n    - path: weights.pt\n      hash: md5\n      md5: {weights}\n"
        "      size: 4100000\n"
    )
