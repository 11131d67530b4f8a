"""A write through Kafka: the request as any producer sends it, and the gateway's own answer to it.

    asking = Asking(request, key_of(config, request), way)
    reply = await asking.ask(wait=10.0)

The topic of the responses is read from its end on before the request is sent, so that no answer is
missed however quick it is. Only the answer with the request's own `request_id` counts.

*Errors*: `BrokerUnavailable` and `BrokerFatal`, when the cluster or a topic cannot be used.
*Cancelled*, or interrupted: `asking.whereabouts()` tells where the request is.
"""

from uuid import uuid4

import msgspec
import trio
from msgspec import Raw, Struct

from warlogix.asking.request import Outcome, Reply, Request, whereabouts
from warlogix.asking.way import ThroughKafka
from warlogix.config import Config
from warlogix.config.units import duration_text
from warlogix.errors import BadRequest, BrokerUnavailable
from warlogix.kafka.consumer import Tail, open_tail
from warlogix.kafka.single import Place, send_one
from warlogix.kafka.starts import End
from warlogix.messages import WriteRequest, encode
from warlogix.plan import targets_of

_CLIENT = "warlogix-write"
_UNKNOWN = "outcome unknown"
_NOBODY_YET = "; there is no topic {topic}: no gateway has executed writes here yet"


class _Response(Struct):
    """What is read of a response: values of any size are none of our business."""

    request_id: str
    success: bool
    error: str
    skipped: bool = False
    deduplicated: bool = False


_RESPONSES = msgspec.json.Decoder(_Response)


def key_of(config: Config, request: Request) -> bytes:
    """The key of the tag's own changes, so that requests for one tag meet in one partition.

    What the configuration does not know goes by the names that were typed.
    """
    try:
        target = targets_of(config).meant(request.plc, request.tag)
    except BadRequest:
        return f"{request.plc}.{request.tag}".encode()
    return f"{target.plc}.{target.tag.label}".encode()


class Asking:
    """One request on its way."""

    def __init__(self, request: Request, key: bytes, way: ThroughKafka) -> None:
        self._id = str(uuid4())
        self._request = request
        self._key = key
        self._way = way
        self._sent: float | None = None
        self._place: Place | None = None
        self._trouble = ""

    async def ask(self, wait: float) -> Reply:
        """The first answer to the request, or none within so many seconds in all."""
        way, missing = self._way, frozenset[str]()
        with trio.move_on_after(wait):
            async with open_tail(way.cluster, _CLIENT, [way.responses], End()) as tail:
                try:
                    await self._send()
                    return await self._answer(tail)
                finally:
                    missing = tail.missing
        if not self.sent:
            raise BrokerUnavailable(way.cluster.name, f"no contact within {duration_text(wait)}")
        return self._silence(wait, missing)

    @property
    def sent(self) -> bool:
        """Whether the request may be in Kafka."""
        return self._sent is not None

    def whereabouts(self) -> str:
        """Where the request is, as far as it is known."""
        if not self.sent:
            return "nothing was sent"
        return f"{whereabouts(self._place)}, request_id {self._id}"

    async def _send(self) -> None:
        asked = self._request
        message = encode(WriteRequest(asked.plc, asked.tag, Raw(asked.value), self._id))
        try:
            self._place = await send_one(
                self._way.cluster, _CLIENT, self._way.requests, self._key, message, self._begin
            )
        except BrokerUnavailable as error:
            if self._sent is None:
                raise
            # The request may be there, so an answer may come.
            self._trouble = f": {error}"

    async def _answer(self, tail: Tail) -> Reply:
        async for records in tail.follow():
            for record in records:
                if (response := _read(record.value, self._id)) is not None:
                    return self._reply(_outcome(response), response.error, record.value)
        raise AssertionError("a tail that follows does not end")

    def _silence(self, wait: float, missing: frozenset[str]) -> Reply:
        within = duration_text(wait)
        error = f"Kafka did not confirm the request within {within}{self._trouble}"
        if self._place:
            error = f"no answer within {within}"
        if self._way.responses in missing:
            error += _NOBODY_YET.format(topic=self._way.responses)
        return self._reply(Outcome.SILENT, error, None)

    def _begin(self) -> None:
        self._sent = trio.current_time()

    def _reply(self, outcome: Outcome, error: str, answer: bytes | None) -> Reply:
        now = trio.current_time()
        seconds = now - (now if self._sent is None else self._sent)
        return Reply(outcome, seconds, error, self._id, self._place, answer)


def _read(raw: bytes | None, request_id: str) -> _Response | None:
    """The response, if it answers this request."""
    if raw is None or request_id.encode() not in raw:
        return None
    try:
        response = _RESPONSES.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return response if response.request_id == request_id else None


def _outcome(response: _Response) -> Outcome:
    if response.success:
        return Outcome.DONE
    if response.skipped:
        return Outcome.SKIPPED
    if response.deduplicated:
        return Outcome.DEDUPLICATED
    return Outcome.UNKNOWN if response.error.startswith(_UNKNOWN) else Outcome.FAILED
