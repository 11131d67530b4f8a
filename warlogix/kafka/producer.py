"""One cluster's producer: batches in, confirmations out, and the truth about the cluster.

    async with open_producer(cluster, "warlogix-line1", wall) as producer:
        delivery = await producer.send("factory", [batch], headers)
        await delivery.settled.wait()
        producer.status.value.online

Many tasks may send; records of one task keep their order. Nothing times out inside: a record is
confirmed, refused, or fails because the way to the broker was cut, and then so did every record
behind it in its partition (with required_acks = -1). How much is under way is up to the sender.

*Errors*: none. Settings that librdkafka refuses and fatal errors are told in `status` and tried
again; a delivery carries its own failures.
*Closing*: what is under way gets a second while the cluster is online, the rest is given up. No
thread and no connection outlives the block.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import NoReturn

import confluent_kafka
import trio
from confluent_kafka import KafkaError
from trio_util import AsyncValue

from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal
from warlogix.kafka.clients import Held, new_client, poll
from warlogix.kafka.cut_off import is_cut_off
from warlogix.kafka.delivery import Delivery, Headers, Owed
from warlogix.kafka.hands import Hands
from warlogix.kafka.look import Looks
from warlogix.kafka.reasons import Trouble, explain
from warlogix.kafka.settings import Config, careful_config, producer_config
from warlogix.kafka.sign import gives_sign
from warlogix.kafka.status import ClusterStatus, Standing
from warlogix.messages import Batch

log = logging.getLogger(__name__)

# While records are under way: soon after they were handed over, then less and less often.
_SOON_POLL, _BUSY_POLL, _SLOWER = 0.001, 0.005, 1.25
_IDLE_POLL = 0.1
_FLUSH = _FREED = 1.0
_WATCH = 0.5
_WATCH_AWAY = 1.0
_SETTINGS_PAUSE = 15.0
# A new client that is not broken after so long is taken to be sound.
_PROVEN = 3.0
# What somebody has mended counts within some ten seconds.
_RENEW_PAUSE, _LONGEST_RENEW_PAUSE = 1.0, 10.0


@asynccontextmanager
async def open_producer(
    cluster: Cluster, client_id: str, wall: Callable[[], int]
) -> AsyncGenerator["Producer", None]:
    """A producer that connects, again and again, by itself. `wall` gives ms since 1970."""
    producer = Producer(cluster, wall, producer_config(cluster, client_id))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(producer._watch)
        async with producer._running():
            yield producer
        nursery.cancel_scope.cancel()


class Producer:
    """One cluster's producer; `open_producer` makes it. `status` can be waited on."""

    def __init__(self, cluster: Cluster, wall: Callable[[], int], config: Config) -> None:
        self.cluster = cluster
        self.client_id: str = config["client.id"]
        self._wall = wall
        self._standing = Standing(cluster, wall, trio.current_time())
        self._config = config | {"error_cb": self._standing.hear}
        self._client: confluent_kafka.Producer | None = None
        self._cluster_id = ""
        self._ready = trio.Event()
        self._renewal: trio.Event | None = None
        self._work = trio.Event()
        self._owed = Owed()
        self._looks = Looks(cluster)
        self._topic = ""
        self._pause = _RENEW_PAUSE
        self._nap = _BUSY_POLL
        self._hands = Hands(gapless=config.get("enable.gapless.guarantee", False))
        self._handing = trio.Lock()
        # Threads that wait for none of each other, nor for another cluster's.
        self._makers = trio.CapacityLimiter(1)
        self._probes = trio.CapacityLimiter(1)
        self._ways = trio.CapacityLimiter(1)

    @property
    def status(self) -> AsyncValue[ClusterStatus]:
        """Whether the cluster takes records; kept true while the producer is open."""
        return self._standing.status

    async def send(self, topic: str, batches: Sequence[Batch], headers: Headers = ()) -> Delivery:
        """Hand the batches over in one go; waits only while there is no usable client."""
        while True:
            async with self._handing:
                if self._client is not None:
                    return await self._hand_over(self._client, topic, batches, headers)
            await self._ready.wait()

    async def belong_to(self, cluster_id: str) -> None:
        """Write to the cluster with this id: where it is another than before, as a new producer.

        What one writes whose number another had before, a broker may take for a repetition: it
        confirms it and keeps nothing. A cluster that is new begins to number anew, so what is there
        is to be met before there is a topic. What is under way fails, and is the sender's again.
        """
        before, self._cluster_id = self._cluster_id, cluster_id
        if before not in ("", cluster_id) and self._client is not None:
            log.info("%s: it is another cluster than before, new producer", self.cluster.name)
            await self._renew()

    async def _renew(self) -> None:
        renewal = self._renewal = self._renewal or trio.Event()
        self._work.set()
        await renewal.wait()

    @asynccontextmanager
    async def careful(self) -> AsyncGenerator["Producer", None]:
        """A second producer to the cluster, for records of which some may be refused.

        A refusal costs the first one its client, and all who send with it half a second; this one
        takes it as it comes. The order is kept by those who wait for each delivery.
        """
        producer = Producer(self.cluster, self._wall, careful_config(self._config))
        producer.status.value = self.status.value
        async with producer._running():
            yield producer

    @asynccontextmanager
    async def _running(self) -> AsyncGenerator[None, None]:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pump)
                nursery.start_soon(self._keep_way)
                nursery.start_soon(self._hands.learn, lambda: self._client)
                yield
                nursery.cancel_scope.cancel()
        finally:
            # The pump has ended: nobody makes a new client when this one is told to give up.
            with trio.CancelScope(shield=True):
                await self._finish()

    async def _hand_over(
        self,
        client: confluent_kafka.Producer,
        topic: str,
        batches: Sequence[Batch],
        headers: Headers,
    ) -> Delivery:
        delivery = Delivery(sum(map(len, batches)))
        self._topic = topic
        self._owed.add(delivery)
        self._nap = _SOON_POLL
        self._work.set()
        await self._hands.over(client, topic, batches, headers, delivery)
        return delivery

    async def _pump(self) -> NoReturn:
        """Keep a usable client, and serve its callbacks."""
        while True:
            self._client = await self._new_client()
            self._ready.set()
            fatal = await self._serve(self._client)
            client, self._client, self._ready = self._client, None, trio.Event()
            self._hands.begin_again()
            if client is not None:
                await self._give_up(client)
                held = Held(client)
                del client
                held.free()
            renewal, self._renewal = self._renewal, None
            if renewal is not None:
                renewal.set()
            if fatal is not None:
                await self._recover(fatal)

    async def _new_client(self) -> confluent_kafka.Producer:
        while True:
            try:
                return await trio.to_thread.run_sync(
                    new_client,
                    confluent_kafka.Producer,
                    self.cluster,
                    self._config,
                    limiter=self._makers,
                )
            except BrokerFatal as exc:
                self._standing.away(Trouble(exc.reason, fatal=True))
            await trio.sleep(_SETTINGS_PAUSE)

    async def _serve(self, client: confluent_kafka.Producer) -> KafkaError | None:
        """Call `poll` until it raises a fatal error, which is told only once and only there."""
        while self._renewal is None:
            before = self._owed.records()
            if (fatal := poll(client)) is not None:
                return fatal
            if self._owed.records() < before:
                self._standing.confirmed(trio.current_time())
                self._pause = _RENEW_PAUSE
            self._owed.drop_settled()
            await self._rest()
        return None

    async def _rest(self) -> None:
        if self._owed:
            await trio.sleep(self._nap)
            self._nap = min(_SLOWER * self._nap, _BUSY_POLL)
            return
        self._work = trio.Event()
        with trio.move_on_after(_IDLE_POLL):
            await self._work.wait()

    async def _give_up(self, client: confluent_kafka.Producer) -> None:
        """Fail what the client still has under way, and wait until its callbacks have said so."""
        async with self._handing:
            client.purge()
            await self._settle(client, _FLUSH)
        self._owed.fail(KafkaError(KafkaError._PURGE_INFLIGHT))

    async def _settle(self, client: confluent_kafka.Producer, limit: float) -> None:
        """Serve callbacks until nothing is under way, at most for the limit."""
        with trio.move_on_after(limit):
            while self._owed:
                poll(client)
                self._owed.drop_settled()
                await trio.sleep(_BUSY_POLL)

    async def _recover(self, fatal: KafkaError) -> None:
        """Say what broke the client, and wait before the next one if that may break as well."""
        name = self.cluster.name
        if fatal.code() == KafkaError._GAPLESS_GUARANTEE:
            log.debug("%s: a record was refused, new producer: %s", name, fatal.str())
            return
        log.debug("%s: new producer in %.0f s: %s", name, self._pause, fatal.str())
        trouble = explain(fatal.code(), fatal.str(), self.cluster)
        until = trio.current_time() + self._pause + _PROVEN
        self._standing.broken(Trouble(trouble.text, fatal=True), until)
        await trio.sleep(self._pause)
        self._pause = min(2 * self._pause, _LONGEST_RENEW_PAUSE)

    async def _finish(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await self._settle(client, _FLUSH if self.status.value.online else 0)
            await self._give_up(client)
            held = Held(client)
            del client
            with trio.move_on_after(_FREED):
                await held.freed()

    async def _watch(self) -> NoReturn:
        """Keep `status` true: ask the cluster whenever there is a reason to doubt."""
        while True:
            await self._ready.wait()
            if self._standing.doubtful(self._owed.oldest, trio.current_time()):
                await self._ask()
            await trio.sleep(_WATCH if self.status.value.online else _WATCH_AWAY)

    async def _keep_way(self) -> NoReturn:
        """Replace a client that has lost its way to brokers which others find."""
        while True:
            await trio.sleep(_WATCH_AWAY)
            silent = self._standing.silent(self._owed.oldest, trio.current_time())
            if silent and not self.status.value.fatal and await self._is_cut_off():
                log.info("%s: its brokers answer others, new producer", self.cluster.name)
                await self._renew()

    async def _is_cut_off(self) -> bool:
        client = self._client
        if client is None:
            return False
        check = partial(is_cut_off, client, self.cluster, self.client_id, self._topic)
        # The end does not wait for it: a thread that is left behind asks, and no more.
        cut_off = await trio.to_thread.run_sync(check, abandon_on_cancel=True, limiter=self._ways)
        return cut_off and client is self._client

    async def _ask(self) -> None:
        """One sign of life, or as many failed attempts as make a cluster count as away."""
        client, asked = self._client, trio.current_time()
        if client is None:
            return
        attempts = max(1, self.cluster.max_retries) if self.status.value.online else 1
        sign = await gives_sign(client, self.cluster, self._topic, attempts, self._probes)
        if client is not self._client:
            return
        if sign:
            self._standing.answered(self._owed.oldest, trio.current_time())
        elif (trouble := self._standing.silent_since(asked)) is not None:
            definite = await self._looks.at(trouble)
            if not self.status.value.online:
                self._standing.away(definite)
