"""`warlogix stress`: how much the way to each cluster carries, and how fast."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from warlogix.commands.options import (
    ClusterName,
    JsonLines,
    Miscalled,
    choose_clusters,
    load_config,
)
from warlogix.console import colours, printable, say, write
from warlogix.errors import Malformed
from warlogix.topics import STRESS_TOPIC, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warlogix.config import ClusterConfig
    from warlogix.stress.rehearsal import Outcome, Target

_MOST_TAGS = 1_000_000


def _seconds(text: str) -> str:
    """A duration that is longer than nothing, as it was typed."""
    from warlogix.config.units import parse_duration

    try:
        seconds = parse_duration(text)
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed)) from malformed
    if not seconds:
        raise typer.BadParameter(f"{text!r} is no time at all; write a longer duration")
    return text


def stress(
    ctx: typer.Context,
    duration: Annotated[
        str,
        typer.Option(
            "--duration", "--test-duration", metavar="TIME", help="For how long.", callback=_seconds
        ),
    ] = "10s",
    tags: Annotated[
        int, typer.Option("--tags", "--test-tags", min=1, metavar="COUNT", help="Tags of each PLC.")
    ] = 100,
    plcs: Annotated[
        int, typer.Option("--plcs", "--test-plcs", min=1, metavar="COUNT", help="Simulated PLCs.")
    ] = 50,
    cluster: ClusterName = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask first.")] = False,
    cleanup: Annotated[
        bool, typer.Option("--cleanup", help="Remove the topic at the end.")
    ] = False,
    json_lines: JsonLines = False,
) -> None:
    """Measure how many tag changes a second each cluster confirms, and how soon.

    Scans of simulated PLCs go the way that `run` sends what it polls, over a disk buffer of the
    test's own, to the topic warlogix-test-stress, at one cluster after another.
    """
    from warlogix.commands.running import run_tasks
    from warlogix.config.units import parse_duration
    from warlogix.plan import plan_of
    from warlogix.stress import report
    from warlogix.stress.rehearsal import Wish, rehearse_all

    if plcs * tags > _MOST_TAGS:
        raise Miscalled(f"{plcs} PLCs with {tags} tags are more than {_MOST_TAGS:,} tags")
    config = load_config(ctx)
    targets = _targets(choose_clusters(config, cluster), cleanup)
    if not yes:
        _confirm(targets, f"{plcs} simulated PLCs with {tags} tags each", duration)
    buffer, client_id = plan_of(config).buffer, f"warlogix-{config.instance}"
    wish = Wish(parse_duration(duration), plcs, tags, buffer, client_id)

    def show(outcome: "Outcome") -> None:
        if json_lines:
            write(report.json_line(outcome))

    stays: set[str] = set()
    with _interruptible(stays):
        outcomes = run_tasks(rehearse_all, wish, targets, show, stays)
    if not json_lines:
        write(report.text(outcomes, colour=colours(sys.stdout)))
    if stays:
        say(f"note: {_left(stays)}")
    if failures := [failure for outcome in outcomes for failure in outcome.failures]:
        raise ExceptionGroup("clusters that failed", failures)


@contextmanager
def _interruptible(stays: Collection[str]) -> Iterator[None]:
    """Ctrl-C ends what is inside with a word of what it leaves behind."""
    began = monotonic()
    try:
        yield
    except* KeyboardInterrupt:
        left = f"; {_left(stays)}" if stays else ""
        # The terminal may be what is gone.
        with suppress(OSError):
            say(f"stopped after {monotonic() - began:.0f} s{left}")
        raise


def _left(stays: Collection[str]) -> str:
    """What is still there at these clusters."""
    names = printable(", ".join(sorted(stays)))
    return f"what was sent stays in {STRESS_TOPIC} at {names} (--cleanup removes it)"


def _targets(chosen: "Sequence[ClusterConfig]", cleanup: bool) -> "list[Target]":
    """Where to send; a topic that is missing is made like the one of tag changes."""
    from warlogix.stress.rehearsal import Afterwards, Target

    for each in chosen:
        if each.required_acks == 0:
            say(f"note: {each.name}: required_acks = 0: nobody confirms, so what is sent counts")
    then = Afterwards.REMOVE if cleanup else Afterwards.KEEP
    return [
        Target(each.settings(), each.topics.of(Topic.CHANGES).spec(STRESS_TOPIC), then)
        for each in chosen
    ]


def _confirm(targets: "Sequence[Target]", what: str, duration: str) -> None:
    """Ask whether to go on, naming the brokers."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Miscalled("there is no terminal to ask at; with -y nobody is asked")
    say(
        f"Tag changes of {what} are sent to the topic {STRESS_TOPIC}, as many as"
        f" go in {duration}, to"
    )
    for each in targets:
        say(printable(f"  {each.cluster.name}: {', '.join(each.cluster.brokers)}"))
    sys.stderr.write("Send them? [y/N]: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        say("nothing was sent")
        raise typer.Exit(1)
