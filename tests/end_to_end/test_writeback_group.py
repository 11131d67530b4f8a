"""Several instances in one group: every request is executed by one of them, once, in order."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import trio

from tests.accounts import Kind, Request, settle_account
from tests.answers import Answer, Tail, answers, open_tail
from tests.chaos.instances import Instance, open_instance
from tests.writers import Letter, Sender, Site, ask, memory, written
from warlogix.simulators.s7 import S7Simulator, open_s7_simulator

LIMIT = 90
TAGS = 12
# Longer than the session of either protocol on a broker as tests have it.
SLEEP = 9.0


class Traffic:
    """Requests for every tag in turn, each with a value and an id of its own."""

    def __init__(self, site: Site, plc: S7Simulator, responses: Tail) -> None:
        self.site = site
        self.plc = plc
        self.responses = responses
        self.requests: list[Request] = []
        self._sender = Sender(site.kafka, site.writes)
        self._numbers = count(1)
        self._go_on = True

    async def send(self, many: int = 1) -> None:
        """Send so many requests in one go."""
        numbers = [next(self._numbers) for _ in range(many)]
        at = trio.current_time()
        letters = [_letter(number) for number in numbers]
        for number, sent in zip(numbers, await self._sender.send(letters), strict=True):
            tag = f"Tag{number % TAGS}"
            place = (sent.partition, sent.offset)
            self.requests.append(Request(Kind.GOOD, "Press", tag, number, *place, at))

    async def flow(self) -> None:
        """Send until `ebb`, a request whenever the last one was sent and a moment passed."""
        while self._go_on:
            await self.send(2)
            await trio.sleep(0.02)

    def ebb(self) -> None:
        """Let `flow` end."""
        self._go_on = False

    async def answered(self) -> list[Answer]:
        """All answers, once every request has one."""
        return answers(await self.responses.until(lambda _: not self._open()))

    async def answered_by(self, instance: str, more: int = 1) -> None:
        """Return when this instance has executed so many requests more than now."""

        def executed() -> int:
            given = answers(self.responses.records)
            return sum(each.instance == instance and each.outcome == "done" for each in given)

        enough = executed() + more
        await self.responses.until(lambda _: executed() >= enough)

    def _open(self) -> set[int]:
        given = {each.request_id for each in answers(self.responses.records)}
        return {each.number for each in self.requests if each.number not in given}

    async def account(self) -> Counter[str]:
        """The counts, once everything is answered and no promise was broken."""
        given = await self.answered()
        # The clock of the requests is Trio's here: how late a write landed is not judged.
        account = settle_account(
            self.requests, given, [], {"Press": written(self.plc)}, float("inf")
        )
        print(account.text())  # noqa: T201
        assert not account.violations
        return account.counts


def _letter(number: int) -> Letter:
    return ask("Press", f"Tag{number % TAGS}", number, request_id=number)


def shared(namespace: str, kafka: str, plc: S7Simulator, protocol: str = "classic") -> Site:
    """A site of four partitions whose requests stay valid for as long as a test lasts."""
    return Site(
        namespace,
        kafka,
        {"Press": plc.port},
        tags=TAGS,
        partitions=4,
        max_age="120s",
        window="300ms",
        cluster={"options": {"group.protocol": protocol}},
    )


@asynccontextmanager
async def at_work(
    namespace: str, kafka: str, folder: Path, protocol: str = "classic"
) -> AsyncIterator[tuple[Instance, Traffic]]:
    """A first instance that serves such a site and its PLC, and the traffic to send there."""
    async with open_s7_simulator(memory(TAGS)) as plc:
        site = shared(namespace, kafka, plc, protocol)
        async with open_instance(site, folder) as first:
            await site.ready()
            async with open_tail(kafka, site.responses) as responses:
                yield first, Traffic(site, plc, responses)


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
async def test_each_request_is_executed_once_while_instances_come_and_go(
    kafka: str, topic_prefix: str, tmp_path: Path, protocol: str
) -> None:
    """While a second instance joins, both work, one is stopped, and comes back, every request is
    executed or answered once, by one of them, and no old value lands after a newer one."""
    with trio.fail_after(LIMIT):
        opening = at_work(topic_prefix, kafka, tmp_path / "a", protocol)
        async with opening as (first, traffic):
            site = traffic.site
            async with trio.open_nursery() as nursery:
                nursery.start_soon(traffic.flow)
                await traffic.answered_by("a", 5)
                async with open_instance(site, tmp_path / "b") as second:
                    await traffic.answered_by("b", 5)
                    assert await first.stop() == 0
                    await traffic.answered_by("b", 5)
                    async with open_instance(site, tmp_path / "a"):
                        await traffic.answered_by("a", 5)
                        assert await second.stop() == 0
                        await traffic.answered_by("a", 5)
                        traffic.ebb()
                        counts = await traffic.account()
    assert counts["done"] > 25
    assert not counts["outcome unknown"]


async def test_a_killed_instance_is_followed_by_the_other(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What a killed instance had begun is answered by the one that takes over, which knows
    nothing but Kafka, executes none of it, and goes on within 15 seconds."""
    with trio.fail_after(LIMIT):
        async with at_work(topic_prefix, kafka, tmp_path / "a") as (first, traffic):
            plc, site = traffic.plc, traffic.site
            plc.delay = 0.2
            await traffic.send(4 * TAGS)
            await traffic.answered_by("a")
            await first.kill()
            plc.delay = 0.0
            async with open_instance(site, tmp_path / "b"):
                await traffic.send(1)
                with trio.fail_after(45):
                    await traffic.answered_by("b")
                counts = await traffic.account()
    assert counts["outcome unknown"]


async def test_what_another_configuration_may_have_executed_is_unknown(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A request that a killed instance had begun is answered `outcome unknown` by one that does
    not even know its tag, for the PLC may have taken it, as it has here."""
    with trio.fail_after(LIMIT):
        async with at_work(topic_prefix, kafka, tmp_path / "a") as (first, traffic):
            plc, site = traffic.plc, traffic.site
            await first.says("Press: connected")
            plc.delay = 0.4
            await Sender(kafka, site.writes).send([ask("Press", f"Tag{TAGS - 1}", 7)])
            await _when(plc, lambda: len(written(plc)) == 1)
            await first.kill()
            plc.delay = 0.0
            async with open_instance(replace(site, tags=1), tmp_path / "b"):
                (told,) = answers(await traffic.responses.until(lambda records: len(records) > 0))
    assert told.outcome == "outcome unknown"


async def test_an_instance_that_slept_past_its_session_writes_nothing_of_what_it_held(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Frozen with writes in its queue and woken when another has taken over, an instance writes
    none of them, joins the group again, and executes new requests."""
    with trio.fail_after(LIMIT):
        async with at_work(topic_prefix, kafka, tmp_path / "a") as (first, traffic):
            plc, site = traffic.plc, traffic.site
            await _freeze_at_work(first, traffic)
            async with open_instance(site, tmp_path / "b"):
                given = await traffic.answered()
                held = {each.number for each in traffic.requests}
                before = len(written(plc))
                first.thaw()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(traffic.flow)
                    await traffic.answered_by("a", 5)
                    traffic.ebb()
                after = [each.value for each in written(plc)[before:]]
                await traffic.account()
    assert not held & set(after)
    assert "outcome unknown" in {each.outcome for each in given}


async def _freeze_at_work(instance: Instance, traffic: Traffic) -> None:
    """Freeze it while most of a window's writes wait in its queue."""
    plc = traffic.plc
    plc.delay = 0.2
    await traffic.send(4 * TAGS)
    await _when(plc, lambda: len(written(plc)) >= 2)
    instance.freeze()
    plc.delay = 0.0


async def _when(plc: S7Simulator, true: Callable[[], bool]) -> None:
    await plc.carried_out.wait_value(lambda _: true())


async def test_an_instance_that_slept_alone_executes_only_what_nobody_else_had(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Frozen past its session with nobody to take over, an instance answers what it held without
    executing it later than its session allowed, and goes on with new requests."""
    with trio.fail_after(LIMIT):
        async with at_work(topic_prefix, kafka, tmp_path / "a") as (first, traffic):
            plc = traffic.plc
            await _freeze_at_work(first, traffic)
            await trio.sleep(SLEEP)
            before = len(written(plc))
            held = {each.number for each in traffic.requests}
            first.thaw()
            await traffic.answered()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(traffic.flow)
                await traffic.answered_by("a", TAGS)
                traffic.ebb()
            after = [each.value for each in written(plc)[before:]]
            await traffic.account()
    assert not held & set(after)
    assert len(after) >= TAGS
