"""`warlogix write`: one write and its answer."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from warlogix.commands.options import PlcName, load_config
from warlogix.console import printable, say
from warlogix.console import write as put
from warlogix.errors import BrokerError, Malformed

if TYPE_CHECKING:
    from warlogix.asking.kafka import Asking
    from warlogix.asking.request import Reply, Request
    from warlogix.asking.way import Way
    from warlogix.config import Config

_NUMBER = re.compile(r"-\.?[0-9]")
_NOT_DONE = 1
_NOT_KNOWN = "whether the value is written is not known"


class Via(StrEnum):
    """The way that a write takes."""

    KAFKA = "kafka"
    PLC = "plc"


def _via(word: str) -> Via:
    try:
        return Via(word)
    except ValueError:
        raise typer.BadParameter(f"{word!r} is neither kafka nor plc") from None


class TakesNumbers(TyperCommand):
    """A command among whose arguments `-5` is a number: no option of ours begins like one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put negative numbers behind a `--`."""
        end = args.index("--") if "--" in args else len(args)
        numbers = [word for word in args[:end] if _NUMBER.match(word)]
        others = [word for word in args[:end] if not _NUMBER.match(word)]
        return super().parse_args(ctx, [*others, "--", *numbers, *args[end + 1 :]])


def write(
    ctx: typer.Context,
    plc: PlcName,
    tag: Annotated[str, typer.Argument(metavar="TAG", help="The tag: alias, name or address.")],
    value: Annotated[
        str,
        typer.Argument(metavar="VALUE", help="JSON (100, -5, 3.5, true, [1,2]), else a text."),
    ],
    via: Annotated[
        Via | None,
        typer.Option(
            parser=_via,
            metavar="[kafka|plc]",
            help="Through Kafka, or straight to the PLC.",
            show_default="kafka where a cluster has enable_writeback, else plc",
        ),
    ] = None,
    cluster: Annotated[
        str, typer.Option(metavar="NAME", help="Through this Kafka cluster.", show_default=False)
    ] = "",
    as_text: Annotated[
        bool, typer.Option("--string", help="Take VALUE as a text, whatever it looks like.")
    ] = False,
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="How long to wait for Kafka and the answer.")
    ] = "10s",
    as_json: Annotated[
        bool, typer.Option("--json", help="The result as one JSON object, for programs.")
    ] = False,
) -> None:
    """Write one value to a PLC and show the answer.

    Ends with 0 when the PLC has taken the value, with 1 when it has not or nobody answered.
    """
    from warlogix.asking import text
    from warlogix.asking.request import Outcome

    request, wait = _request(plc, tag, value, as_text=as_text), _seconds(timeout)
    config = load_config(ctx)
    way = _way(config, via, cluster, plc)
    say(printable(str(way)))
    reply = _reply(config, request, way, wait)
    put(text.json_line(request, way, reply) if as_json else text.line(request, reply))
    for line in text.advice(config, request, way, reply):
        say(printable(line))
    if reply.outcome is not Outcome.DONE:
        raise typer.Exit(_NOT_DONE)


def _reply(config: "Config", request: "Request", way: "Way", wait: float) -> "Reply":
    from warlogix.asking.kafka import Asking, key_of
    from warlogix.asking.plc import ask_plc
    from warlogix.asking.text import unsent
    from warlogix.asking.way import ToPlc
    from warlogix.commands.running import run_tasks

    if isinstance(way, ToPlc):
        with _interruptible(lambda: _NOT_KNOWN):
            return run_tasks(ask_plc, config, request, wait)
    asking = Asking(request, key_of(config, request), way)
    try:
        with _interruptible(lambda: _whereabouts(asking)):
            return run_tasks(asking.ask, wait)
    except BrokerError as error:
        if asking.sent:
            raise
        raise unsent(config, request, error) from error


@contextmanager
def _interruptible(note: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C ends what is inside with a note."""
    try:
        yield
    except* KeyboardInterrupt:
        say(printable(f"note: interrupted; {note()}"))
        raise


def _whereabouts(asking: "Asking") -> str:
    return f"{asking.whereabouts()}; {_NOT_KNOWN}" if asking.sent else asking.whereabouts()


def _request(plc: str, tag: str, value: str, *, as_text: bool) -> "Request":
    from warlogix.asking.request import Request, read_value, text_value

    for hint, word in (("PLC", plc), ("TAG", tag), ("VALUE", value)):
        if not word.isprintable() and any(0xD800 <= ord(char) < 0xE000 for char in word):
            raise typer.BadParameter("is not UTF-8", param_hint=hint)
    return Request(plc, tag, text_value(value) if as_text else read_value(value))


def _seconds(timeout: str) -> float:
    from warlogix.config.units import parse_duration

    try:
        seconds = parse_duration(timeout)
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed), param_hint="--timeout") from malformed
    if not seconds:
        raise typer.BadParameter("nobody answers in no time", param_hint="--timeout")
    return seconds


def _way(config: "Config", via: Via | None, cluster: str, plc: str) -> "Way":
    from warlogix.asking import way

    try:
        return way.choose_way(config, way.Via(via.value if via else ""), cluster, plc)
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed)) from malformed
