"""`warlogix browse`: the tags that a PLC has."""

from typing import Annotated

import typer

from warlogix.commands.options import JsonLines, PlcName, load_config
from warlogix.console import printable, say, write
from warlogix.errors import Malformed


def browse(
    ctx: typer.Context,
    plc: PlcName,
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="FILTER",
            help="Only names with this in them; with * or ? it stands for the whole name.",
            show_default=False,
        ),
    ] = "",
    json_lines: JsonLines = False,
    as_toml: Annotated[
        bool,
        typer.Option(
            "--toml", help="As [[plcs.tags]] for the configuration, without those it has."
        ),
    ] = False,
) -> None:
    """List the tags that a PLC has, with their types.

    Logix, Micro800, Beckhoff and Omron NJ/NX tell; memory that is addressed has no names.
    """
    from warlogix.asking import browsing, reading
    from warlogix.commands.running import run_tasks

    if json_lines and as_toml:
        raise typer.BadParameter("--json and --toml are two forms; choose one")
    try:
        known = reading.known_plc(load_config(ctx), plc)
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed)) from malformed
    found = browsing.matching(run_tasks(browsing.browse, known), pattern)
    if not found:
        say("note: there is no such tag" if pattern else "note: the PLC shows no tag")
    if not as_toml:
        write(browsing.json_lines(known.name, found) if json_lines else browsing.lines(found))
        return
    told = browsing.toml(known, found)
    write(told.blocks)
    for count, reason in told.left_out:
        say(printable(f"note: left out: {count} {reason}"))
