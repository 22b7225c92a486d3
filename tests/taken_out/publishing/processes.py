"""Processes: what git is given of the caller's surroundings, and who is asked, stopped and heard."""

from taken_out.rule import Change, Rule

_PROCESS = "release/adapters/git/process.py"
_VARIABLES = "release/adapters/git/variables.py"
_PUBLISH = "release/adapters/git/publish.py"
_INTERRUPTS = "release/adapters/interrupts.py"
_SCRATCH = "release/adapters/git/scratch.py"
_WORKTREE = "release/adapters/git/worktree.py"

_FILE = "tests/crash/test_surroundings.py"
_MISLED = f"{_FILE}::test_a_variable_that_leads_elsewhere_misleads_nobody"
_HANGUP = "tests/crash/test_hangup.py"
_ASKING = f"{_FILE}::test_git_and_ssh_may_not_ask_when_nobody_is_there"
_SSH = f"{_FILE}::test_ssh_is_told_so_however_it_is_named"
_STOPPED = "tests/crash/test_stopped_while_pushing.py"
_CONTRACT = "tests/contract/test_git.py::test_every_variable_that_ties_git_to_a_repository_is_dropped"

VARIABLES: tuple[Rule, ...] = (
    Rule(
        says="variables that tie git to another repository are dropped",
        changes=(Change(_VARIABLES, "DROPPED = LOCAL_VARIABLES | {", "DROPPED = {"),),
        tests=(_MISLED,),
    ),
    Rule(
        says="all that `git rev-parse --local-env-vars` names",
        changes=(Change(_VARIABLES, '        "GIT_SHALLOW_FILE",\n', ""),),
        tests=(_CONTRACT,),
    ),
    Rule(
        says="but for the caller's own settings (`GIT_CONFIG_COUNT`, `GIT_CONFIG_PARAMETERS`)",
        changes=(
            Change(
                _VARIABLES,
                '        "GIT_SHALLOW_FILE",\n',
                '        "GIT_SHALLOW_FILE",\n        "GIT_CONFIG_COUNT",\n',
            ),
        ),
        tests=(f"{_FILE}::test_what_ci_gives_git_counts", _CONTRACT),
    ),
    Rule(
        says="`GIT_GLOB_PATHSPECS` and its like are dropped: paths of ours are meant as they are",
        changes=(Change(_VARIABLES, '"GIT_QUARANTINE_PATH"} | _PATHSPECS', '"GIT_QUARANTINE_PATH"}'),),
        tests=(_MISLED, "-k", "PATHSPECS"),
    ),
    Rule(
        says="`GIT_NAMESPACE` is dropped: the refs would go elsewhere",
        changes=(Change(_VARIABLES, '{"GIT_NAMESPACE", ', "{"),),
        tests=(f"{_MISLED}[GIT_NAMESPACE]",),
    ),
    Rule(
        says="`GIT_QUARANTINE_PATH` is dropped: no ref could be moved",
        changes=(Change(_VARIABLES, '"GIT_NAMESPACE", "GIT_QUARANTINE_PATH"', '"GIT_NAMESPACE"'),),
        tests=(f"{_MISLED}[GIT_QUARANTINE_PATH]",),
    ),
    Rule(
        says="`GIT_TRACE*` is dropped: what git is told to trace is not what a server says",
        changes=(Change(_PROCESS, ' and not name.startswith("GIT_TRACE")', ""),),
        tests=(f"{_FILE}::test_a_trace_that_is_asked_for_is_not_told_as_the_server_s_words",),
    ),
    Rule(
        says="everything else of the caller's stays: identity, ssh, askpass, configuration",
        changes=(
            Change(_PROCESS, 'not name.startswith("GIT_TRACE")', 'not name.startswith(("GIT_TRACE", "GIT_COMMITTER"))'),
        ),
        tests=(f"{_FILE}::test_what_ci_gives_git_counts",),
    ),
)

ASKING: tuple[Rule, ...] = (
    Rule(
        says="without a person git has a session of its own: nothing can ask at the terminal",
        changes=(
            Change(
                _PROCESS,
                "start_new_session=not self.on_terminal",
                "preexec_fn=None if self.on_terminal else os.setpgrp",
            ),
        ),
        tests=(f"{_FILE}::test_only_a_person_at_the_terminal_is_asked[True]",),
    ),
    Rule(
        says="on a terminal git stays in our session and can ask",
        changes=(Change(_PROCESS, "start_new_session=not self.on_terminal", "start_new_session=True"),),
        tests=(f"{_FILE}::test_only_a_person_at_the_terminal_is_asked[False]",),
    ),
    Rule(
        says="without a person git asks nothing (`GIT_TERMINAL_PROMPT=0`)",
        changes=(Change(_PROCESS, '            kept["GIT_TERMINAL_PROMPT"] = "0"\n', ""),),
        tests=(_ASKING,),
    ),
    Rule(
        says="and no window opens (`SSH_ASKPASS` is dropped)",
        changes=(Change(_PROCESS, '            kept.pop("SSH_ASKPASS", None)\n', ""),),
        tests=(_ASKING,),
    ),
    Rule(
        says="ssh is told so (`-oBatchMode=yes`)",
        changes=(Change(_PROCESS, 'return self.having(GIT_SSH_COMMAND=f"{command} {_BATCH}")', "return self"),),
        tests=(_SSH,),
    ),
    Rule(
        says="after the words of `GIT_SSH_COMMAND`",
        changes=(Change(_PROCESS, 'self.environment.get("GIT_SSH_COMMAND") or configured', "configured"),),
        tests=(f"{_SSH}[GIT_SSH_COMMAND]",),
    ),
    Rule(
        says="of `core.sshCommand`",
        changes=(
            Change(
                _PROCESS,
                ' or configured or (program and shlex.quote(program)) or "ssh"',
                ' or (program and shlex.quote(program)) or "ssh"',
            ),
        ),
        tests=(f"{_SSH}[core.sshCommand]",),
    ),
    Rule(
        says="and of `GIT_SSH`",
        changes=(Change(_PROCESS, ' or (program and shlex.quote(program)) or "ssh"', ' or "ssh"'),),
        tests=(f"{_SSH}[GIT_SSH]",),
    ),
    Rule(
        says="a program that is no OpenSSH is not given its options",
        changes=(
            Change(
                _PROCESS,
                "if self.on_terminal or not _is_openssh(command, variant) or command",
                "if self.on_terminal or command",
            ),
        ),
        tests=(f"{_FILE}::test_another_program_is_told_only_if_it_is_said_to_be_one_of_openssh_s_kind",),
    ),
)

STOPPING: tuple[Rule, ...] = (
    Rule(
        says="the push does not hear Ctrl-C: a half-heard one would leave its state unknown",
        changes=(Change(_PUBLISH, ", ignore_interrupt=True)", ")"),),
        tests=(f"{_FILE}::test_ctrl_c_at_the_terminal_while_the_server_has_the_push[1]",),
    ),
    Rule(
        says="nor do we, the first time",
        changes=(Change(_INTERRUPTS, "        if heard > 1:", "        if heard > 0:"),),
        tests=(f"{_FILE}::test_ctrl_c_at_the_terminal_while_the_server_has_the_push[1]",),
    ),
    Rule(
        says="SIGTERM is heard as Ctrl-C is",
        changes=(
            Change(
                _INTERRUPTS,
                "_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)",
                "_ENDS = (signal.SIGINT, signal.SIGHUP)",
            ),
        ),
        tests=(_STOPPED, "-k", "SIGTERM and file"),
    ),
    Rule(
        says="a terminal that is closed ends a command as Ctrl-C does, and nothing temporary is left",
        changes=(Change("release/cli/app.py", "        signal.signal(signal.SIGHUP, interrupt)", "        pass"),),
        tests=(f"{_HANGUP}::test_a_hangup_after_a_step_ends_as_ctrl_c_does",),
    ),
    Rule(
        says="but not a push that the server has: neither git nor we hear it",
        changes=(
            Change(
                _INTERRUPTS,
                "for number in (signal.SIGINT, signal.SIGHUP)}",
                "for number in (signal.SIGINT,)}",
            ),
        ),
        tests=(f"{_HANGUP}::test_a_terminal_that_is_closed_while_the_server_has_the_push_leaves_the_release_to_end",),
    ),
    Rule(
        says="nor is it heard under `nohup`",
        changes=(Change("release/cli/app.py", "    if before[signal.SIGHUP] is signal.SIG_DFL:", "    if True:"),),
        tests=(f"{_HANGUP}::test_what_was_told_not_to_hear_a_hangup_does_not",),
    ),
    Rule(
        says="a second one stops the push, and then its state is unknown",
        changes=(Change(_INTERRUPTS, "        if heard > 1:", "        if heard > 9:"),),
        tests=(f"{_FILE}::test_ctrl_c_at_the_terminal_while_the_server_has_the_push[2]",),
    ),
    Rule(
        says="a server that gives no answer to a push is given up on",
        changes=(Change(_PUBLISH, "limit_s=git.push_limit_s, ", "limit_s=None, "),),
        tests=(_STOPPED, "-k", "a_server_that_hangs and file"),
    ),
    Rule(
        says="nor is a question waited for without end",
        changes=(
            Change(
                "release/adapters/git/refs.py",
                "ok=range(256), limit_s=asking.ask_limit_s)",
                "ok=range(256), limit_s=40.0)",
            ),
        ),
        tests=(f"{_FILE}::test_a_git_that_takes_too_long_is_stopped_with_all_that_it_started",),
    ),
    Rule(
        says="what git has started ends with it",
        changes=(Change(_PROCESS, "            if self._own_group:\n", "            if False:\n"),),
        tests=(f"{_FILE}::test_a_git_that_takes_too_long_is_stopped_with_all_that_it_started",),
    ),
    Rule(
        says="the time that `pre-push` takes does not count",
        changes=(Change(_PUBLISH, ", not_counted_s=hook.seconds)", ")"),),
        tests=(_STOPPED, "-k", "pre_push_takes and file"),
    ),
)

HOOKS: tuple[Rule, ...] = (
    Rule(
        says="no hook of commits runs (put in: `git hook run pre-commit`)",
        changes=(
            Change(
                _SCRATCH,
                '        words, text = ("commit-tree", tree',
                '        self.git.run("hook", "run", "--ignore-missing", "pre-commit")\n        words, text = ("commit-tree", tree',
            ),
        ),
        tests=(f"{_FILE}::test_no_hook_of_commits_and_checkouts_runs_but_those_of_refs_and_pushes_do",),
    ),
    Rule(
        says="no hook of checkouts runs (put in: `git checkout` after the update)",
        changes=(
            Change(
                _WORKTREE,
                "        if result.code == 0:\n            return None",
                '        if result.code == 0:\n            git.run("checkout", "--quiet")\n            return None',
            ),
        ),
        tests=(f"{_FILE}::test_no_hook_of_commits_and_checkouts_runs_but_those_of_refs_and_pushes_do",),
    ),
    Rule(
        says="`reference-transaction` runs where refs move",
        changes=(
            Change(
                "release/adapters/git/local_refs.py",
                "git.having(*DURABLE).run(",
                'git.having(*DURABLE, "core.hooksPath=/dev/null").run(',
            ),
        ),
        tests=("tests/crash/test_following.py::test_refs_here_move_together_or_not_at_all",),
    ),
    Rule(
        says="`pre-push` runs (put in: `--no-verify`)",
        changes=(
            Change(
                _PUBLISH, 'watched.start("push", *_words(remote', 'watched.start("push", "--no-verify", *_words(remote'
            ),
        ),
        tests=(f"{_FILE}::test_no_hook_of_commits_and_checkouts_runs_but_those_of_refs_and_pushes_do",),
    ),
)
