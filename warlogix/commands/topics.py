"""`warlogix topics`: the topics that the configuration needs, and the ACLs for them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from warlogix.commands.options import ClusterName, JsonLines, choose_clusters, load_config
from warlogix.console import say, write

if TYPE_CHECKING:
    from warlogix.provisioning.ask import Answer, Ask

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list or describe the topics that the configuration needs, and their ACLs.",
)


@app.command()
def create(
    ctx: typer.Context,
    cluster: ClusterName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be made.")
    ] = False,
    json_lines: JsonLines = False,
) -> None:
    """Make the topics that are missing. Existing ones are never altered."""
    from warlogix.provisioning import ask, text

    question = ask.rehearse if dry_run else ask.create
    made = _ask(ctx, cluster, question, _json if json_lines else text.creations)
    if any(each.result == "failed" for each in made):
        raise typer.Exit(1)


@app.command(name="list")
def list_topics(
    ctx: typer.Context, cluster: ClusterName = None, json_lines: JsonLines = False
) -> None:
    """List the topics, what for, and whether they are as wanted."""
    from warlogix.provisioning import ask, text

    _ask(ctx, cluster, ask.overview, _json if json_lines else text.overview)


@app.command()
def describe(
    ctx: typer.Context, cluster: ClusterName = None, json_lines: JsonLines = False
) -> None:
    """Show partitions, copies, settings, and what differs.

    Settings are those that a topic was given; those it has by default are left out.
    """
    from warlogix.provisioning import ask, text

    _ask(ctx, cluster, ask.details, _json if json_lines else text.details)


def _typed(principal: str | None) -> str | None:
    """A principal with its type, as the brokers want it."""
    kind, colon, name = (principal or "User:").partition(":")
    if principal is not None and not (kind and colon and name):
        raise typer.BadParameter(f"{principal!r} has no type; write User:{name or kind or 'NAME'}")
    return principal


@app.command()
def acls(
    ctx: typer.Context,
    cluster: ClusterName = None,
    principal: Annotated[
        str | None,
        typer.Option(
            metavar="USER:NAME",
            help="Whom to grant them, as the broker names the gateway, for example User:CN=edge1.",
            show_default="the cluster's username",
            callback=_typed,
        ),
    ] = None,
    json_lines: JsonLines = False,
) -> None:
    """List the ACLs that `warlogix run` needs, for kafka-acls.sh. Nothing is connected.

    Where the brokers ask who is there, each line also needs --command-config admin.properties, the
    settings by which an administrator connects.
    """
    from warlogix.provisioning.acls import commands, is_known, needed

    config = load_config(ctx)
    for each in choose_clusters(config, cluster):
        wanted = needed(config, each, principal)
        write(_json(wanted) if json_lines else commands(wanted, ",".join(each.brokers)))
        if not is_known(wanted[0].principal):
            say(f"hint: {each.name}: the broker knows whom it names User:NAME; give --principal")


def _ask(
    ctx: typer.Context,
    name: str | None,
    ask: "Ask[Answer]",
    show: "Callable[[Sequence[Answer]], str]",
) -> "list[Answer]":
    """Ask the chosen clusters and print what they answer; one that does not is an error."""
    from warlogix.commands.running import run_tasks
    from warlogix.provisioning.ask import ask_clusters

    config = load_config(ctx)
    answers, failures = run_tasks(ask_clusters, config, choose_clusters(config, name), ask)
    if answers:
        write(show(answers))
    if failures:
        raise ExceptionGroup("clusters that did not answer", failures)
    return answers


def _json(answers: Sequence[object]) -> str:
    """One object a line."""
    import msgspec

    return "".join(f"{msgspec.json.encode(each).decode()}\n" for each in answers)
