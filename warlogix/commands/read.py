"""`warlogix read`: values straight from a PLC."""

from typing import Annotated

import typer

from warlogix.commands.options import JsonLines, PlcName, load_config
from warlogix.console import write
from warlogix.errors import Malformed

_BAD = 1


def read(
    ctx: typer.Context,
    plc: PlcName,
    tags: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TAG",
            help="Alias, name or address; also such as the configuration does not list.",
            show_default="every tag of the PLC that is on",
        ),
    ] = None,
    data_type: Annotated[
        str,
        typer.Option(
            metavar="TYPE",
            help="The type of addresses that are not listed: REAL, STRING[20].",
            show_default=False,
        ),
    ] = "",
    json_lines: JsonLines = False,
) -> None:
    """Read values straight from a PLC, with their types.

    Ends with 0 when every value is good, with 1 when one is bad or the PLC does not answer.
    """
    from warlogix.asking import reading
    from warlogix.commands.running import run_tasks

    config = load_config(ctx)
    try:
        known = reading.known_plc(config, plc)
        asked = reading.tags_of(known, tags or [], data_type)
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed)) from malformed
    values = run_tasks(reading.read_values, known, asked)
    write(reading.json_lines(values) if json_lines else reading.lines(values))
    if any(each.quality == "bad" for each in values):
        raise typer.Exit(_BAD)
