"""Tags are watched: one that was replaced shows, and one whose commit has other numbers than it swears to."""

import pytest
from project import Project

pytestmark = pytest.mark.fast


@pytest.fixture
def chain(released: Project) -> Project:
    """v0.1.0 by hand, v0.2.0 and v0.3.0 by us."""
    for _ in range(2):
        released.save("More")
        released.release("bump minor --yes").succeeds()
    return released


def test_an_untouched_chain_is_told_of_by_nobody(chain: Project):
    for tag in ("v0.1.0", "v0.2.0", "v0.3.0"):
        assert chain.release(f"show {tag} --json").succeeds().json["warnings"] == []
    rows = chain.release("list --signatures --json").succeeds().json["releases"]
    assert [row["warnings"] for row in rows] == [[], [], []]


def test_a_replaced_tag_shows_in_a_fresh_clone_by_the_release_after_it(chain: Project):
    chain.git("tag", "-f", "-a", "v0.2.0", "-m", "Release 0.2.0, but another one", "v0.1.0^{commit}")
    chain.git("push", "--quiet", "--force", "origin", "v0.2.0")
    clone = chain.clone()
    for tag in ("v0.2.0", "v0.3.0"):
        clone.release(f"show {tag}").succeeds().says("warning: v0.2.0 was replaced", "v0.3.0 recorded tag object")
    clone.release("list --signatures").succeeds().says("v0.2.0 was replaced")
    clone.release("list").succeeds().never_says("replaced")


def test_a_tag_of_ours_that_somebody_replaced_by_hand_counts_for_verify(chain: Project):
    chain.release("verify --all").succeeds()
    chain.git("tag", "-f", "-a", "v0.2.0", "-m", "Release 0.2.0, but another one", "v0.1.0^{commit}")
    chain.release("verify --all").fails_with(4).says("v0.2.0 was replaced")


def test_fetch_names_a_tag_that_was_replaced_before_this_clone_was_made(chain: Project):
    chain.git("tag", "-f", "-a", "v0.2.0", "-m", "Another one", "v0.1.0^{commit}")
    chain.git("push", "--quiet", "--force", "origin", "v0.2.0")
    clone = chain.clone()
    clone.release("fetch").succeeds().says("v0.2.0 was replaced").helps("git show refs/tags/v0.2.0")
    (warning,) = clone.release("fetch --json").succeeds().json["warnings"]
    assert "v0.3.0 recorded tag object" in warning


def test_a_lightweight_copy_is_told_as_that(chain: Project):
    chain.git("update-ref", "refs/tags/v0.2.0", chain.git("rev-parse", "v0.2.0^{commit}"))
    chain.release("show v0.2.0").succeeds().says("lightweight tag here, but v0.3.0 recorded tag object")
    chain.release("verify v0.2.0").fails_with(6).helps("release fetch")


def test_the_newest_tag_s_replacement_does_not_show_and_the_documentation_says_so(chain: Project):
    chain.git("tag", "-f", "-a", "v0.3.0", "-m", "Release 0.3.0", "v0.2.0^{commit}")
    assert chain.release("show v0.3.0 --json").succeeds().json["warnings"] == []


def test_numbers_that_the_tag_does_not_swear_to_are_told(chain: Project):
    other = chain.commit("Other numbers", **{"model/performance.json": '{"overall": {"f1": 1.0}}'})
    text = chain.git("cat-file", "tag", "v0.3.0").split("\n", 1)[1]
    forged = chain.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=f"object {other}\n{text}\n".encode())
    chain.git("update-ref", "refs/tags/v0.3.0", forged)
    chain.release("show v0.3.0").succeeds().says("warning", "Release-Metrics")


def test_fetch_names_a_tag_that_comes_with_other_numbers_than_it_swears_to(chain: Project):
    clone = chain.clone()
    chain.save("More")
    chain.release("bump minor --yes").succeeds()
    clone.release("fetch --json").succeeds()
    other = chain.commit("Other numbers", **{"model/performance.json": '{"overall": {"f1": 1.0}}'})
    text = chain.git("cat-file", "tag", "v0.4.0").split("\n", 1)[1].replace("v0.4.0", "v0.5.0")
    forged = chain.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=f"object {other}\n{text}\n".encode())
    chain.git("update-ref", "refs/tags/v0.5.0", forged)
    chain.git("push", "--quiet", "origin", "main", "v0.5.0")
    clone.release("fetch").succeeds().says("v0.5.0: the metric files", "Release-Metrics").helps("release verify v0.5.0")
    assert clone.release("fetch --json").succeeds().json["warnings"] == []  # told when it came


def test_metric_files_that_are_configured_otherwise_today_are_no_alarm(chain: Project):
    chain.save("More")
    chain.commit("Configured", **{".release.toml": 'metrics = ["model/performance.json"]\n'})
    chain.git("push", "--quiet", "origin", "main")
    chain.release("bump minor --yes").succeeds()
    chain.commit("Otherwise", **{".release.toml": 'metrics = ["params.json"]\n', "params.json": '{"a": 1}'})
    for tag in ("v0.3.0", "v0.4.0"):
        assert not any("Release-Metrics" in word for word in chain.release(f"show {tag} --json").json["warnings"])
