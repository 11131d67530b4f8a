"""`warlogix tail`: what goes over Kafka, as it comes."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from warlogix.commands.options import ClusterName, JsonLines, choose_clusters, load_config
from warlogix.console import colours, printable, say, write
from warlogix.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warlogix.kafka.starts import Start
    from warlogix.tailing.choice import Source
    from warlogix.tailing.records import Item, Wanted
    from warlogix.tailing.watch import Show

_FEW = 10
_WORDS = "changes, health, gateway, writes, responses, triggers, packs, dead-letters"


def tail(
    ctx: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help=f"{_WORDS}; or the full name of a topic.")
    ] = "changes",
    cluster: ClusterName = None,
    plc: Annotated[str, typer.Option(metavar="NAME", help="Only what speaks of this PLC.")] = "",
    tag: Annotated[
        str, typer.Option(metavar="NAME", help="Only what speaks of this tag: alias or address.")
    ] = "",
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help='Begin 10m ago, or at a time: "10:30", "2024-01-15 10:30".'
        ),
    ] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest that Kafka has.")
    ] = False,
    newest: Annotated[
        int | None,
        typer.Option("-n", min=1, metavar="COUNT", help="Begin with the newest COUNT that match."),
    ] = None,
    json_lines: JsonLines = False,
    no_follow: Annotated[
        bool,
        typer.Option("--no-follow", help=f"End with what is there; else the {_FEW} newest."),
    ] = False,
) -> None:
    """Show what goes over Kafka, live until Ctrl-C, or what is there with --no-follow.

    Without --since, --from-beginning or -n it begins with what comes next.
    """
    from warlogix.commands.running import run_tasks
    from warlogix.tailing.choice import doubts, source_of
    from warlogix.tailing.watch import Wish, watch

    wanted = _wanted(what, plc, tag)
    if no_follow and since is None and not from_beginning:
        newest = newest or _FEW
    start = _start(since, from_beginning, newest)
    config = load_config(ctx)
    sources = [source_of(config, each, what) for each in choose_clusters(config, cluster)]
    for doubt in doubts(config, sources, what, plc, tag):
        say(printable(f"note: {doubt}"))
    wish = Wish(wanted, start, follow=not no_follow)
    looked = run_tasks(watch, sources, wish, _json if json_lines else _view(sources))
    if nothing := looked.nothing():
        say(printable(f"note: {nothing}"))


def _wanted(what: str, plc: str, tag: str) -> "Wanted":
    from warlogix.tailing.choice import kind_of
    from warlogix.tailing.records import Kind, Wanted

    kind = kind_of(what)
    if kind is Kind.GATEWAY and plc:
        raise typer.BadParameter("the gateway speaks of itself, not of a PLC", param_hint="--plc")
    if kind in (Kind.GATEWAY, Kind.HEALTH) and tag:
        raise typer.BadParameter("health does not speak of tags", param_hint="--tag")
    return Wanted(kind, plc, tag)


def _start(since: str | None, from_beginning: bool, newest: int | None) -> "Start":
    from warlogix.kafka import starts
    from warlogix.tailing.choice import parse_since

    if (since is not None) + from_beginning + (newest is not None) > 1:
        raise typer.BadParameter("choose one of --since, --from-beginning and -n")
    if newest is not None:
        return starts.Last(newest)
    if since is None:
        return starts.Beginning() if from_beginning else starts.End()
    try:
        return starts.Since(parse_since(since, datetime.now().astimezone()))
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed), param_hint="--since") from malformed


def _json(items: "Sequence[Item]") -> None:
    from warlogix.tailing.envelope import line

    write("".join(line(item.record) for item in items))


def _view(sources: "Sequence[Source]") -> "Show":
    from warlogix.tailing.view import View

    view = View(
        colour=colours(sys.stdout),
        clusters=len(sources) > 1,
        topics=any(len(source.topics) > 1 for source in sources),
    )
    return lambda items: write(view.lines(items))
