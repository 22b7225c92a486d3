"""What `release` says of repositories that no hand picked: `ok` exactly where a fresh clone and `dvc pull` get every byte."""

import shutil
from pathlib import Path
from random import Random

import pytest
from generated.draft import Draft, Repository
from generated.histories import HISTORIES, LOST
from generated.judge import Agreement, judge, judge_commit, world_at
from generated.pulls import Puller
from generated.recipes import KINDS, Recipe, recipes
from generated.rows import ROWS, Row, alone, without_known_faults
from project import Project, Templates, World

from release.core.check import Verdict

SEEDS = range(0, 2000, 50)


@pytest.fixture(scope="module")
def puller(tmp_path_factory: pytest.TempPathFactory):
    found = Puller(tmp_path_factory.getbasetemp())
    yield found
    found.close()


@pytest.mark.fast("250")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed(seed: int, templates: Templates, tmp_path: Path, puller: Puller):
    recipe = without_known_faults(recipes(2000)[seed])

    judged = judge(recipe.repository(), templates, tmp_path, puller)

    assert judged.agreement is Agreement.AGREE, f"{recipe!r}\n{judged}"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_once_differed(row: Row, templates: Templates, tmp_path: Path, puller: Puller):
    """A row of WRONG_TODAY has to leave it as soon as it is right."""
    judged = judge(row.recipe.repository(), templates, tmp_path, puller)

    assert judged.agreement is row.today, f"{row.why}\n{row.recipe!r}\n{judged}"


@pytest.mark.parametrize("name", HISTORIES)
def test_every_tag_of_a_history(name: str, templates: Templates, tmp_path: Path, puller: Puller):
    project = world_at(templates, tmp_path)
    tagged = {tag: Repository() for tag in HISTORIES[name]}
    for tag, build in HISTORIES[name].items():
        build(Draft(tagged[tag], "", Random(tag)))
        project.git("rm", "-r", "--quiet", "--ignore-unmatch", ".")
        tagged[tag].write_to(project)
        project.git("tag", "-a", tag, "-m", tag)
    project.git("push", "--quiet", "origin", "--tags")

    for tag, repository in tagged.items():
        place = tmp_path / tag
        shutil.copytree(project.world.root, place / "world", symlinks=True)
        copy = Project(World(place / "world"), place / "world" / "project")
        judged = judge_commit(copy, tag, repository, place, puller)
        assert judged.agreement is Agreement.AGREE, f"{tag}\n{judged}"
        assert judged.truth.restored is (tag not in LOST), f"{tag}\n{judged}"


SAMPLE = {
    "a stage: chain": Verdict.OK,
    "a folder at fault: entry lost": Verdict.FAILED,
    "attributes: a filter that nobody has": Verdict.UNKNOWN,
    "keys at the top that are wrong: unknown": Verdict.FAILED,
    "a template that fails: unknown in the command": Verdict.FAILED,
}


@pytest.mark.parametrize("name", SAMPLE)
def test_commands_of_a_user_say_the_same(name: str, templates: Templates, tmp_path: Path, puller: Puller):
    """`release verify` is the audit, and `dvc pull` in a process of its own is the pull in a child of one."""
    recipe = alone(name)

    judged = judge(recipe.repository(), templates, tmp_path / "judged", puller)

    project = world_at(templates, tmp_path / "by hand")
    recipe.repository().write_to(project)
    clone = project.clone("fresh")
    pull = project.world.dvc(["pull"], folder=clone.folder, ok=None)
    assert judged.truth.codes == (pull.returncode,)
    assert judged.audit.verdict is SAMPLE[name]
    project.release("verify HEAD").fails_with({Verdict.OK: 0, Verdict.FAILED: 4, Verdict.UNKNOWN: 6}[SAMPLE[name]])


def test_every_row_is_there_once():
    assert len({row.recipe.kinds for row in ROWS if not row.recipe.files}) == len(
        [row for row in ROWS if not row.recipe.files]
    )


@pytest.mark.fast
def test_every_two_kinds_meet():
    """All that can: one repository has one default remote."""
    met = {frozenset((one, other)) for recipe in recipes(2000) for one, _ in recipe.kinds for other, _ in recipe.kinds}
    apart = [(a, b) for a in KINDS.values() for b in KINDS.values() if a.slot and a.slot == b.slot]
    wanted = {frozenset((a, b)) for a in KINDS for b in KINDS}
    assert wanted - met <= {frozenset((a.name, b.name)) for a, b in apart}


def test_every_variant_occurs():
    met = {each for recipe in recipes(2000) for each in recipe.kinds}
    assert {(kind.name, variant) for kind in KINDS.values() for variant in kind.variants} <= met


def test_a_seed_is_always_the_same_repository():
    recipe: Recipe = recipes(2000)[7]
    assert recipe.repository() == recipe.repository()
