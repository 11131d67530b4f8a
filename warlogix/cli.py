"""The command line: the options before a command, the commands, and how the program ends.

A command's module is imported with this one and imports nothing heavy itself; what it needs it
imports when it is called, so that `warlogix --help` answers at once.
"""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from warlogix import console, logs
from warlogix.commands import browse, check, demo, read, run, schema, stress, tail, topics, write
from warlogix.commands.options import Globals, Miscalled
from warlogix.console import OutputLost, ReaderGone, claim_streams, drop_stdout, printable, say
from warlogix.errors import (
    BrokerUnavailable,
    BufferInUse,
    ConfigError,
    Malformed,
    WarlogixError,
)

FAILED, WRONG_USAGE, INTERRUPTED, READER_GONE = 1, 2, 130, 141

_HINTS: dict[type[WarlogixError], str] = {
    BrokerUnavailable: "check the cluster's `brokers`, and that one of them runs and is reachable",
    BufferInUse: "stop the other gateway, or give this one a [buffer] directory of its own",
}


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Wrong usage is told without what the parser says of itself in front."""
    try:
        yield
    except typer.BadParameter as wrong:
        wrong.message = wrong.message.removeprefix("Value error, ")
        raise


class Commands(TyperGroup):
    """The commands; what is wrong with the call is told so that it can be typed again rightly."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What stands before the command, read; the rest."""
        with _in_plain_words():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """The command, run."""
        with _in_plain_words():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, and its arguments; none of them is an option of ours."""
        name, command, rest = super().resolve_command(ctx, args)
        ends = rest.index("--") if "--" in rest else len(rest)
        for i, word in enumerate(rest[:ends]):
            for option in self.params:
                if word.partition("=")[0] in option.opts and "--version" not in option.opts:
                    raise Miscalled(_rightly(str(name), option, rest[i:ends]))
        return name, command, rest


def _rightly(name: str, option: Any, words: list[str]) -> str:
    """How an option is typed that stands, as the first of the words, behind its command."""
    word, equals, _ = words[0].partition("=")
    value = () if equals or option.is_flag else words[1:2] or ["..."]
    typed = printable(shlex.join([words[0], *value]))
    return f"{word} stands before the command: warlogix {typed} {name}"


app = typer.Typer(
    name="warlogix",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Show the whole gateway at work, with no PLC and no Kafka.")(demo.demo)
app.command(short_help="Poll the PLCs and publish to Kafka, until told to stop.")(run.run)
app.command(short_help="Tell every fault of the configuration.")(check.check)
app.command(short_help="Show what goes over Kafka, live.")(tail.tail)
app.command(short_help="Read values straight from a PLC.")(read.read)
app.command(short_help="List the tags that a PLC has.")(browse.browse)
app.command(cls=write.TakesNumbers, short_help="Write one value to a PLC and show the answer.")(
    write.write
)
app.command(short_help="Measure what the way to each Kafka cluster carries.")(stress.stress)
app.add_typer(topics.app, name="topics")
app.command()(schema.schema)


def _print_version(asked: bool) -> None:
    if asked:
        console.write(f"warlogix {version('warlogix')}\n")
        raise typer.Exit


@app.callback()
def before(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="The configuration; else $WARLOGIX_CONFIG, ./warlogix.toml, the user's and then "
            "the machine's configuration folder.",
        ),
    ] = None,
    log_level: Annotated[
        logs.Level, typer.Option(help="Show log lines of this level and above, on stderr.")
    ] = logs.Level.INFO,
    log_format: Annotated[
        logs.Form, typer.Option(help="Log lines for people, or one JSON object a line.")
    ] = logs.Form.TEXT,
    log_debug: Annotated[
        str,
        typer.Option(
            metavar="PARTS",
            help="Log each step of these parts: kafka, s7, logix, ads, omron, all.",
        ),
    ] = "",
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Join factory PLCs to Apache Kafka: every tag change out, nothing lost on the way."""
    try:
        parts = logs.parse_parts(log_debug)
    except Malformed as malformed:
        raise typer.BadParameter(str(malformed), param_hint="--log-debug") from malformed
    logs.configure(log_level, log_format, parts)
    ctx.obj = Globals(config)


def main() -> None:
    """Run one command and leave with its status.

    Errors that are meant for an operator are told as such; a bug leaves with its traceback.
    """
    claim_streams()
    try:
        app(prog_name="warlogix")
    except WarlogixError as error:
        sys.exit(tell(error))
    except BaseExceptionGroup as group:
        bug = group.split((WarlogixError, KeyboardInterrupt))[1]
        if bug is not None:
            raise
        sys.exit(max(tell(error) for error in leaves(group)))


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The errors of a group and of the groups inside it."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


def tell(error: BaseException) -> int:
    """Tell the operator what ended the program, and give the status to leave with."""
    match error:
        case KeyboardInterrupt():
            return INTERRUPTED
        case ReaderGone():
            drop_stdout()
            return READER_GONE
        case OutputLost():
            drop_stdout()
            say(f"error: {error}")
            return FAILED
        case ConfigError():
            say(str(error))
            return WRONG_USAGE
        case _:
            say(f"error: {error}")
            for kind, hint in _HINTS.items():
                if isinstance(error, kind):
                    say(f"hint: {hint}")
            return FAILED
