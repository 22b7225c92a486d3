"""Work of `release prepare`: entry and version files of the next release, in the work tree or in a pull request."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from release.core.draft import Draft, PrepareReport, later
from release.core.forge import ForgeKind, rights_for
from release.core.pull_request import (
    PullRequest,
    RequestOutcome,
    RequestReport,
    RequestStep,
    RequestStepKind,
    RequestTip,
    Wanted,
    content_of,
    is_own_commit,
    open_request,
    prepared_message,
    request_body,
    request_branch,
    request_title,
    steps_to_request,
)
from release.core.release import BumpPlan, BumpRequest, RepositoryFacts, Step, StepKind
from release.core.tag_message import what_to_sign
from release.core.tags import BranchState
from release.core.text import command_line, many, quote
from release.engine.plan import Confirm, Planned, plan_release
from release.engine.prepare import makers_of
from release.engine.project import Project
from release.engine.release_pages import MOST_ROUNDS, Callbacks, forge_to_write
from release.errors import Cancelled, PartlyDone, Raced, Refused, ReleaseError, Unknown
from release.forge.http import Transient, repeated
from release.forge.pages import Pages, open_pages
from release.git import push as git_push
from release.git import refs
from release.git.objects import Objects
from release.git.push import Answer
from release.git.refs import RefUpdate
from release.git.scratch import Scratch
from release.system.files import read_file, write_files

RequestText = Callable[[BumpPlan, str], str]  # of a plan, and the branch of the pull request


def prepare_release(request: BumpRequest, project: Project, confirm: Confirm) -> PrepareReport:
    """Write the files; return a report, even if refused.

    Raises Cancelled, or PartlyDone if a file could not be written.
    """
    planned = _plan(request, project)
    plan, root = planned.plan, project.repository.work_tree
    if plan.refused or plan.nothing is not None or planned.draft is None:
        return PrepareReport(plan=plan)
    if not confirm(plan):
        raise Cancelled("cancelled; nothing was changed")
    contents = planned.draft.contents
    write_files(root, [(path, read_file(root, path), data) for path, data in contents.items()])
    return PrepareReport(plan=plan, written=tuple(contents))


def preview_prepare(request: BumpRequest, project: Project) -> PrepareReport:
    """Return the plan without writing."""
    return PrepareReport(plan=_plan(request, project).plan, preview=True)


def _plan(request: BumpRequest, project: Project) -> Planned:
    with Scratch(project.repository) as scratch:
        planned = plan_release(replace(request, commit=True, push=False, ask_for_key=False), project, scratch)
    checks = tuple(later(check) for check in planned.plan.checks)
    return replace(planned, plan=replace(planned.plan, checks=checks, steps=(), branch=None))


def propose_release(
    request: BumpRequest,
    project: Project,
    confirm: Confirm,
    page: RequestText,
    callbacks: Callbacks,
    *,
    preview: bool = False,
) -> PrepareReport:
    """Bring the pull request of the next release up to date; return a report, even if refused. Leaves the clone alone.

    `page` writes its text.

    Raises UsageError (no token), Refused (someone else pushed to its branch), Raced (the branch to merge into has
    moved), Unknown, Cancelled, or PartlyDone if it failed after a step.
    """
    again = request.command("--pull-request", "--yes")
    denied, undone = "open no merge request", "nothing was pushed"
    forge, token = forge_to_write(project, again, "pull requests", denied, undone, issues=False)
    with Scratch(project.repository) as scratch:
        planned = plan_release(replace(request, commit=True, push=False, ask_for_key=False), project, scratch)
        plan = replace(planned.plan, steps=(), branch=None)
        if plan.refused:
            return PrepareReport(plan=plan)
        wanted = _plan_request(planned, request, project, scratch, forge.kind, page)
        with open_pages(forge, token, wanted.help, rights_for(forge.kind, pull_requests=True)) as pages:
            change = _RequestChange(wanted, project, scratch, pages, callbacks)
            steps = change.look()
            plan = replace(plan, steps=tuple(Step(kind=StepKind.PROPOSE, text=step.text) for step in steps))
            if preview:
                return PrepareReport(plan=plan, preview=True, request=change.report(steps))
            if steps and not confirm(plan):
                raise Cancelled("cancelled; nothing was changed")
            files = tuple(file.path for file in plan.files) if wanted.commit else ()
            return PrepareReport(plan=plan, written=files, request=change.run())


# Pull request with a prepared release: its branch pushed, its text brought up to date, or both taken away


def _plan_request(
    planned: Planned, request: BumpRequest, project: Project, scratch: Scratch, kind: ForgeKind, page: RequestText
) -> Wanted:
    """Make the commit and the text, for a plan that was not refused. Raises Refused, SigningFailed."""
    plan, facts, draft = planned.plan, planned.facts, planned.draft
    assert facts is not None, "plan_release reads them"
    base = _published_branch(facts)
    branch = request_branch(base.remote_name, project.config.folder, project.config.model)
    made = None if plan.nothing is not None or draft is None or not draft.contents else draft
    wanted = PullRequest(head=branch, base=base.remote_name)
    commit = ""
    if made is not None:
        release = plan.release
        said = None if release.message == f"Release {release.version}" else release.message
        pattern = project.config.commit_message.pattern
        body = request_body(page(plan, branch), kind, project.config.changelog)
        wanted = replace(wanted, title=request_title(release.tag or "", said, pattern), body=body)
        commit = _commit(planned, made, facts, scratch, request_title(release.tag or "", None, pattern))
    return Wanted(
        request=wanted,
        commit=commit,
        tip=base.tip,
        prepared=plan.nothing is None and made is None,
        kind=kind,
        remote=facts.remote_name,
        help=request.command("--pull-request", "--yes"),
    )


def _published_branch(facts: RepositoryFacts) -> BranchState:
    """Return the branch to merge into, whose tip on the remote is the planned commit. Raises Refused."""
    branch, remote = facts.branch, facts.remote_name
    if facts.remote is None:
        words = facts.remote_problem.message if facts.remote_problem is not None else f"{remote} was not asked"
        raise refs.Unreachable(words, help=command_line("git", "ls-remote", names=(remote,)))
    if branch is None:
        words = "HEAD is detached, and no remote branch is at this commit: a pull request needs one to merge into"
        raise Refused(words, help=command_line("git", "switch", names=("BRANCH",)), section="branch")
    if branch.tip != facts.commit:
        count = many(len(branch.unpushed), "commit") if branch.tip and branch.unpushed else "commits"
        words = f"{branch.name} has {count} that {remote} lacks, and a pull request would bring them along"
        raise Refused(
            words,
            help=command_line("git", "push", names=(remote, f"{branch.name}:{branch.remote_name}")),
            section="branch",
        )
    return branch


def _commit(planned: Planned, draft: Draft, facts: RepositoryFacts, scratch: Scratch, subject: str) -> str:
    """Make the commit of the pull request: the files of the release commit, and a message that is none of a release."""
    by = makers_of(facts, replace(what_to_sign(facts.signing, None, writes=True), tag=False))
    with Objects(scratch.git) as objects:
        blobs = scratch.blobs(draft.contents)
        tree = scratch.tree(objects, objects.tree_of(facts.commit), blobs, draft.modes)
    tag = planned.plan.release.tag or ""
    message = prepared_message(subject, tag, of=(tree, facts.commit), signed_off_by=facts.signed_off_by)
    return scratch.commit(tree, facts.commit, message, by)


class _RequestChange:
    """One pull request on its way to what it should be: look, do a step, look again."""

    def __init__(self, wanted: Wanted, project: Project, scratch: Scratch, pages: Pages, callbacks: Callbacks) -> None:
        """Take what its steps work with; nothing is asked yet."""
        self.wanted, self.callbacks, self.pages = wanted, callbacks, pages
        self.git, self.remote = scratch.git, wanted.remote
        # By its URL: a push to the remote would move a remote-tracking branch to a commit that is lost with the scratch store.
        self.place = project.repository.git.run("remote", "get-url", "--push", "--", self.remote).text
        self.ref = f"refs/heads/{self.wanted.request.head}"
        self.tip = ""
        self.current: PullRequest | None = None
        self.done: list[RequestStep] = []
        self.rounds = 0

    def look(self) -> tuple[RequestStep, ...]:
        """Return the steps that are left. Raises Refused, Raced, Unknown."""
        return repeated(self._steps, self.callbacks.wait)

    def run(self) -> RequestReport:
        """Do what is left to do until nothing is. Raises PartlyDone if something was done before an error."""
        try:
            while repeated(self._round, self.callbacks.wait):
                pass
        except Raced:
            raise
        except ReleaseError as error:
            if not self.done:
                raise
            done = ", ".join(step.text for step in self.done)
            raise PartlyDone(f"{error.message}; done so far: {done}", help=error.help) from error
        return self.report()

    def report(self, steps: tuple[RequestStep, ...] | None = None) -> RequestReport:
        """Return what was done; with `steps`, what would be."""
        kinds = {step.kind for step in self.done}
        closed = next((step.on for step in self.done if step.kind is RequestStepKind.CLOSE), None)
        if steps is not None:
            outcome = RequestOutcome.PREVIEW
        elif not self.wanted.open:
            outcome = RequestOutcome.CLOSED if RequestStepKind.CLOSE in kinds else RequestOutcome.NONE
        elif RequestStepKind.OPEN in kinds:
            outcome = RequestOutcome.OPENED
        else:
            outcome = RequestOutcome.UPDATED if kinds else RequestOutcome.UNCHANGED
        found = self.current or closed
        request = self.wanted.request if found is None else replace(self.wanted.request, url=found.url)
        request = request if found is None else replace(request, number=found.number)
        done = tuple(self.done) if steps is None else steps
        return RequestReport(
            outcome=outcome, kind=self.wanted.kind, request=request, steps=done, prepared=self.wanted.prepared
        )

    def _round(self) -> bool:
        """Look, and do one step. Returns whether there was any."""
        steps = self._steps()
        if not steps:
            return False
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            words = f"the pull request from {self.wanted.request.head} does not stay as it is made"
            raise Unknown(f"{words}: {steps[0].text} is left to do", help=f"later: {self.wanted.help}", section="forge")
        self._do(steps[0])
        self.done.append(steps[0])
        self.callbacks.step(steps[0].text)
        return True

    def _steps(self) -> tuple[RequestStep, ...]:
        base, remote = self.wanted.request.base, self.remote
        found = self.pages.find_requests(self.wanted.request)
        # After the forge: who is too late must not write an older text over a newer one.
        there = refs.remote_refs(refs.start_asking(self.git, self.place), remote)
        if there.branch(base) != self.wanted.tip:
            pull = command_line("git", "pull", names=(remote, base))
            raise Raced(f"{base} on {remote} has moved meanwhile", help=f"{pull} && {self.wanted.help}")
        self.tip = there.refs.get(self.ref, "")
        self.current = open_request(found)
        return steps_to_request(self.wanted, found, self._look_at_tip())

    def _look_at_tip(self) -> RequestTip:
        if not self.tip:
            return RequestTip()
        data = self._content(self.tip)
        ours = is_own_commit(data)
        made = content_of(self._content(self.wanted.commit)) if self.wanted.commit else None
        return RequestTip(id=self.tip, ours=ours, wanted=ours and content_of(data) == made)

    def _content(self, commit: str) -> bytes:
        """Return a commit object, fetched into the scratch store if it is not here. Raises Transient."""
        if self.git.run("cat-file", "-e", f"{commit}^{{commit}}", ok=range(256)).code:
            try:
                refs.fetch_objects(self.git, self.place, self.ref)
            except Unknown as error:  # perhaps the branch was deleted after it was looked at
                raise Transient(error.message, help=error.help) from error
        found = self.git.run("cat-file", "commit", commit, ok=range(256))
        if found.code:
            raise self._moved()
        return found.out

    def _moved(self) -> Transient:
        words = f"{self.wanted.request.head} on {self.remote} has moved meanwhile"
        return Transient(words, help=self.wanted.help, wait_s=0.0)

    def _do(self, step: RequestStep) -> None:
        kind, wanted = step.kind, self.wanted.request
        if kind is RequestStepKind.PUSH:
            self._push(self.wanted.commit)
        elif kind is RequestStepKind.DROP_BRANCH:
            self._push("")
        elif kind is RequestStepKind.OPEN:
            self.pages.create_request(wanted)
        elif step.on is not None and kind is RequestStepKind.UPDATE:
            self.pages.change_request(step.on, wanted)
        elif step.on is not None and kind is RequestStepKind.CLOSE:
            self.pages.close_request(step.on)

    def _push(self, commit: str) -> None:
        """Move the branch from the tip that was looked at to the commit, or delete it (""). Raises Refused, Transient.

        No hook of the user runs: the data was audited, and hooks know no commit in the scratch store.
        """
        update = RefUpdate(ref=self.ref, new=commit, old=self.tip)
        pushed = git_push.push(self.git.having("core.hooksPath=/dev/null"), self.place, (update,), atomic=False)
        branch = self.wanted.request.head
        if pushed.answer is Answer.REFUSED:
            # Of two pushes at once the server refuses one with words of its own: only the tip shows that it was no rule.
            there = refs.remote_refs(refs.start_asking(self.git, self.place), self.remote)
            if there.refs.get(self.ref, "") != self.tip:
                raise self._moved()
            words = f"{self.remote} refused the push to {branch}: {pushed.said_there or pushed.reasons.get(self.ref)}"
            rule = f"allow the token to push to {quote(branch)} (rules of protected branches, hooks), then: {self.wanted.help}"
            raise Refused(words, help=rule, section="push")
        if pushed.answer is not Answer.ACCEPTED:
            words = " ".join(pushed.words.split())
            raise Transient(f"the push to {branch} had no answer: {words}", help=f"later: {self.wanted.help}")
