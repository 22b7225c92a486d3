"""`dvc.yaml` and `dvc.lock`: stages, templates, flags that only one of the two has, and keys that nobody knows."""

import shutil
from collections.abc import Callable

from project import Project

from fault_cases.case import LOCK, Case, edited, nothing, replace_in, stored


def add_stage(project: Project) -> None:
    with (project.folder / "dvc.yaml").open("a") as file:
        file.write(
            "  report:\n    cmd: cp out/model.bin report.bin\n    deps: [out/model.bin]\n    outs: [report.bin]\n"
        )


def never_run(project: Project) -> None:
    add_stage(project)
    project.save()


def lock_not_committed(project: Project) -> None:
    add_stage(project)
    project.git("add", "dvc.yaml")
    project.git("commit", "--quiet", "-m", "Stage")
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.git("push", "--quiet", "origin", "HEAD")


def forget_uncached(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", "scores.json")
    project.git("commit", "--quiet", "-m", "Forget the numbers")
    project.git("push", "--quiet", "origin", "HEAD")


def never_push(project: Project) -> None:
    replace_in(project, "dvc.yaml", "[out/model.bin, out/plots]", "[{out/model.bin: {push: false}}, out/plots]")
    project.save()
    model = project.read("out/model.bin")
    project.lose(stored(project, model))


def foreach(project: Project) -> None:
    project.write("params.yaml", "models: [a, b]\nfolder: out\n")
    project.write(
        "dvc.yaml",
        "vars:\n  - suffix: bin\nstages:\n  train:\n    foreach: ${models}\n    do:\n"
        "      cmd: mkdir -p ${folder} && echo ${item} > ${folder}/${item}.${suffix} && echo 1 > ${item}.json\n"
        "      outs:\n        - ${folder}/${item}.${suffix}\n        - ${item}.json:\n            cache: false\n"
        "  grid:\n    matrix:\n      size: [small, large]\n      seed: [1, 2]\n"
        "    cmd: echo ${item.size} ${item.seed} > ${item.size}-${item.seed}.txt\n"
        "    outs: ['${item.size}-${item.seed}.txt']\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def foreach_never_run(project: Project) -> None:
    foreach(project)
    project.write("params.yaml", "models: [a, b, c]\nfolder: out\n")
    project.save()


def foreach_uncached_forgotten(project: Project) -> None:
    foreach(project)
    project.git("rm", "--quiet", "--cached", "a.json")
    project.git("commit", "--quiet", "-m", "Forget")
    project.git("push", "--quiet", "origin", "HEAD")


def leftovers_in_the_lock(project: Project) -> None:
    lock = project.read("dvc.lock").decode()
    project.write(
        "dvc.lock", f"{lock}  gone:\n    cmd: x\n    outs:\n    - path: y\n      hash: md5\n      md5: {'c' * 32}\n"
    )
    project.save()


def stage_in_a_working_folder(project: Project) -> None:
    project.write("deep/src/.keep", "")
    project.write(
        "deep/dvc.yaml",
        "stages:\n  make:\n    wdir: src\n    cmd: echo 1 > made.bin\n    outs: [../made2.bin, made.bin]\n",
    )
    replace_in(project, "deep/dvc.yaml", "echo 1 > made.bin", "echo 1 > made.bin; echo 2 > ../made2.bin")
    project.dvc("repro", "--quiet", "deep/dvc.yaml")
    project.dvc("push", "--quiet")
    project.save()


def metrics_and_plots_as_outs(project: Project) -> None:
    project.write(
        "dvc.yaml",
        "stages:\n  eval:\n    cmd: echo 7 > m.json; echo x > p.csv; echo 1 >> p.csv; mkdir -p d; echo 1 > d/q.csv\n"
        "    metrics: [m.json]\n    plots:\n      - p.csv:\n          x: x\n      - d\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def metrics_unpushed(project: Project) -> None:
    metrics_and_plots_as_outs(project)
    project.lose(stored(project, project.read("m.json")))


def plots_unpushed(project: Project) -> None:
    metrics_and_plots_as_outs(project)
    project.lose(stored(project, project.read("d/q.csv")))


def stage_on_another_remote(project: Project) -> None:
    """`remote:` of an out stands in dvc.yaml only."""
    project.dvc("remote", "add", "archive", "../stores/archive")
    replace_in(project, "dvc.yaml", "[out/model.bin, out/plots]", "[{out/model.bin: {remote: archive}}, out/plots]")
    project.dvc("push", "--quiet")
    project.lose(stored(project, project.read("out/model.bin")))
    project.save()


def stage_on_another_remote_that_is_lost(project: Project) -> None:
    stage_on_another_remote(project)
    shutil.rmtree(project.world.root / "stores" / "archive")


def spelled_otherwise(project: Project) -> None:
    replace_in(project, "dvc.yaml", "[out/model.bin, out/plots]", "[./out/model.bin, out/../out/plots]")
    project.save()


def spelled_otherwise_and_run(project: Project) -> None:
    spelled_otherwise(project)
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def break_pipeline(project: Project) -> None:
    project.write("dvc.yaml", "stages: [\n")
    project.save()


def loop_alone(project: Project) -> None:
    project.write(
        "dvc.yaml",
        "stages:\n  make:\n    foreach: [a, b]\n    do:\n      cmd: echo ${item} > ${item}.txt\n"
        "      outs: ['${item}.txt']\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def template_without_a_loop(project: Project) -> None:
    project.write("params.yaml", "folder: out\n")
    project.write(
        "dvc.yaml",
        "stages:\n  make:\n    cmd: mkdir -p ${folder} && echo 1 > ${folder}/x.bin\n    outs: ['${folder}/x.bin']\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def empty_lock(project: Project) -> None:
    project.write(LOCK, "")
    project.save()


def described_plots(project: Project) -> None:
    """What DVC's schema allows beside stages."""
    with (project.folder / "dvc.yaml").open("a") as file:
        file.write("plots:\n  - out/plots:\n      title: Loss\nartifacts:\n  model:\n    path: out/model.bin\n")
    project.save()


def named_like_a_pointer(role: str) -> Callable[[Project], None]:
    """`train.sh` as the dependency, or `scores.json` as the out, by a name that DVC keeps for itself."""

    def act(project: Project) -> None:
        name = {"dependency": "train.sh", "out": "scores.json"}[role]
        for path in ("dvc.yaml", LOCK):
            text = project.read(path).decode().replace("cmd: sh train.sh", "cmd: sh TRAIN")
            assert name in text
            project.write(path, text.replace(name, "other.dvc").replace("TRAIN", "train.sh"))
        project.save()

    return act


HEALTHY = (
    Case("a pipeline", "pipeline", nothing),
    Case("foreach and matrix", "plain", foreach),
    Case("leftovers in the lock", "pipeline", leftovers_in_the_lock),
    Case("a stage in a working folder", "pipeline", stage_in_a_working_folder),
    Case("metrics and plots as outs", "plain", metrics_and_plots_as_outs),
    Case("a stage's out on another remote", "pipeline", stage_on_another_remote),
    Case("outs in a strange spelling, run", "pipeline", spelled_otherwise_and_run),
    Case("a loop alone", "plain", loop_alone),
    Case("a template without a loop", "plain", template_without_a_loop),
    Case("a pipeline with plots and artifacts", "pipeline", described_plots),
)
BROKEN = (
    Case("F7b a stage that was never run", "pipeline", never_run, ("never-run",)),
    Case("F7c the lock is not committed", "pipeline", lock_not_committed, ("never-run",)),
    Case("F8 an out left to git is not in git", "pipeline", forget_uncached, ("not-in-git",)),
    Case("F8b push: false", "pipeline", never_push, ("not-pushable",)),
    Case("a pipeline file that cannot be read", "pipeline", break_pipeline, ("unreadable-pointer",)),
    Case("one item of a foreach was never run", "plain", foreach_never_run, ("never-run", "not-in-git")),
    Case("an out of a foreach left to git is not there", "plain", foreach_uncached_forgotten, ("not-in-git",)),
    Case("metrics that are not pushed", "plain", metrics_unpushed, ("missing",)),
    Case("a stage's own remote is lost", "pipeline", stage_on_another_remote_that_is_lost, ("missing",)),
    Case(
        "a lock with a key that nobody knows",
        "pipeline",
        edited(LOCK, "stages:", "shiny: 1\nstages:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a locked stage with a key that nobody knows",
        "pipeline",
        edited(LOCK, "    cmd:", "    shiny: 1\n    cmd:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a locked out with a key that nobody knows",
        "pipeline",
        edited(LOCK, "    - path: out/model.bin", "    - shiny: 1\n      path: out/model.bin"),
        ("unreadable-pointer",),
    ),
    Case(
        "a locked dependency with a key that nobody knows",
        "pipeline",
        edited(LOCK, "    - path: train.sh", "    - shiny: 1\n      path: train.sh"),
        ("unreadable-pointer",),
    ),
    Case(
        "a lock of another schema", "pipeline", edited(LOCK, "schema: '2.0'", "schema: '1.0'"), ("unreadable-pointer",)
    ),
    Case(
        "a locked stage without a command",
        "pipeline",
        edited(LOCK, "    cmd: sh train.sh\n", ""),
        ("unreadable-pointer",),
    ),
    Case("a dependency named like a pointer", "pipeline", named_like_a_pointer("dependency"), ("unreadable-pointer",)),
    Case("a stage's out named like a pointer", "pipeline", named_like_a_pointer("out"), ("unreadable-pointer",)),
    Case("an empty lock", "pipeline", empty_lock, ("unreadable-pointer",)),
    Case("a locked command that is a number", "pipeline", edited(LOCK, "sh train.sh", "7"), ("unreadable-pointer",)),
    Case(
        "a pipeline with a key that nobody knows",
        "pipeline",
        edited("dvc.yaml", "stages:", "shiny: 1\nstages:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a stage with a key that nobody knows",
        "pipeline",
        edited("dvc.yaml", "    cmd:", "    shiny: 1\n    cmd:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a stage's out with a flag that nobody knows",
        "pipeline",
        edited("dvc.yaml", "[out/model.bin, out/plots]", "[{out/model.bin: {shiny: true}}, out/plots]"),
        ("unreadable-pointer",),
    ),
    Case(
        "plots that are no list",
        "pipeline",
        edited("dvc.yaml", "stages:", "plots: 7\nstages:"),
        ("unreadable-pointer",),
    ),
    Case("outs that dvc.yaml spells otherwise than the lock", "pipeline", spelled_otherwise, ("unrecorded",)),
    Case("plots that are not pushed", "plain", plots_unpushed, ("missing",)),
)
