"""A backlog from the time when no gateway ran: answered as expired, in order, fast and small."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import trio

from tests.answers import answers, open_tail
from tests.chaos.instances import open_instance
from tests.end_to_end.writing import simulated
from tests.memory import peak_megabytes
from tests.writers import Sender, Site, ask

LIMIT = 120
BACKLOG = 5_000
MEMORY = 150
TIME = 60


async def test_a_backlog_is_answered_as_expired_in_order_and_fast(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """After a stop, thousands of requests that nobody took are answered as expired in the order
    of their offsets within seconds, none is executed, and a new one is executed behind them."""
    async with simulated(["Press"]) as plcs:
        with trio.fail_after(LIMIT):
            ports = {name: plc.port for name, plc in plcs.items()}
            site = Site(topic_prefix, kafka, ports, plc={"timeout": "20s"})
            async with open_instance(site, tmp_path / "a") as instance:
                await site.ready()
                assert await instance.stop() == 0
            sender = Sender(kafka, site.writes)
            old = round((time.time() - 600) * 1000)
            letters = [ask("Press", f"Tag{n % 8}", n, request_id=n) for n in range(BACKLOG)]
            await sender.send(replace(letter, at_ms=old) for letter in letters)
            began = trio.current_time()
            async with (
                open_tail(kafka, site.responses) as responses,
                open_instance(site, tmp_path / "a") as instance,
            ):
                records = await responses.until(lambda found: len(found) >= BACKLOG)
                took = trio.current_time() - began
                await instance.says("Press: connected")
                await sender.send([ask("Press", "Tag0", -7, request_id="new")])
                records = await responses.until(lambda found: len(found) > BACKLOG)
                megabytes = peak_megabytes(instance.process.pid)
        executed = len(plcs["Press"].journal.writes)
    given = [(each.request_id, each.outcome, each.error) for each in answers(records)]
    sys.stdout.write(f"{BACKLOG:,} expired in {took:.1f} s, {megabytes:.0f} MB at the most\n")
    assert [each for each, *_ in given[:BACKLOG]] == list(range(BACKLOG))
    assert {outcome for _, outcome, _ in given[:BACKLOG]} == {"expired"}
    assert given[BACKLOG:] == [("new", "done", "")]
    assert executed == 1
    assert took < TIME
    assert megabytes < MEMORY
