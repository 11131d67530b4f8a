"""`warlogix schema`: the JSON Schema of every message and of the configuration."""

import json
from typing import Annotated, Any

import typer

from warlogix.console import write


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A message (tag-change, health, ...) or configuration.",
            show_default="all of them, as one object",
        ),
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="Print the names alone.")] = False,
) -> None:
    """Print the JSON Schema of the messages and of the configuration."""
    from warlogix import config, schemas

    known = (*schemas.MESSAGES, "configuration")
    if names:
        write("".join(f"{each}\n" for each in known))
        return
    if name is not None and name not in known:
        raise typer.BadParameter(f'there is no "{name}"; there are {", ".join(known)}')

    def one(each: str) -> dict[str, Any]:
        if each == "configuration":
            return config.configuration_schema()
        return schemas.message_schema(each)

    answer = one(name) if name else {each: one(each) for each in known}
    write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
