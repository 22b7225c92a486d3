"""`release config`."""

from __future__ import annotations

import click

from release.cli.options import Call, changes_nothing, common, examples


@click.command(
    name="config",
    epilog=examples(
        "release config            every key, its value, where it comes from",
        "release config --schema   for editors that complete and check TOML",
    ),
)
@click.option("--schema", "wants_schema", is_flag=True, help="Print the JSON Schema of [tool.release] instead.")
@click.option("--offline", is_flag=True, expose_value=False, help="Ask no remote (this command never does).")
@changes_nothing
@common
def command(call: Call, *, wants_schema: bool) -> int:
    """Show the configuration in force and where each value comes from.

    Files that nobody configured are looked for in HEAD and marked `found`. No remote is asked.
    """
    if wants_schema:
        from release.adapters.package_files import package_text

        call.console.answer(package_text("schemas/tool-release.json"))
        return 0
    from release.flows.config import read_settings
    from release.render import settings

    project = call.project()
    rows, config = read_settings(project, call.folder), project.config
    if call.as_json:
        from release.render import as_json

        call.console.answer(as_json.document(settings.settings_document(rows, config.source, config.folder)))
        return 0
    lines = settings.settings_lines(rows, config.source, call.console.look)
    call.console.answer_lines(lines)
    return 0
