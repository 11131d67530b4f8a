"""`warlogix demo`: the whole gateway with no PLC and no Kafka."""

import sys

from warlogix.console import colours, say, write


def demo() -> None:
    """Run the whole gateway with simulated PLCs and a broker of its own, until Ctrl-C.

    There is a machine of each family, on the family's own protocol. What the gateway publishes of
    them is shown as it arrives in Kafka.
    """
    import trio

    trio.run(_demo)


async def _demo() -> None:
    from warlogix.demonstration import open_stage, perform
    from warlogix.tailing.view import View

    view = View(colour=colours(sys.stdout))
    async with open_stage() as stage:
        say(f"Kafka: {stage.broker}")
        say(f"Config: {stage.file}")
        say(f"In a second terminal: warlogix --config {stage.file} tail")
        say(f"and to write: warlogix --config {stage.file} write FillingLine Setpoint 80")
        say("Ctrl-C ends it.")
        await perform(stage, lambda items: write(view.lines(items)))
