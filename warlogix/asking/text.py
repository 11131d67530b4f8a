"""What `warlogix write` prints: the result for people or for programs, and what to do about it."""

from collections.abc import Iterator

from msgspec import UNSET, Raw, Struct, UnsetType

from warlogix.asking.misread import misread
from warlogix.asking.request import Outcome, Reply, Request, whereabouts
from warlogix.asking.way import ThroughKafka, ToPlc, Way, find_plc
from warlogix.config import Config
from warlogix.config.names import doubt
from warlogix.config.units import duration_text
from warlogix.console import printable, shortened
from warlogix.errors import BrokerError
from warlogix.messages import encode, one_line

_LONGEST = 100
_LONGEST_ERROR = 1_000

_HINTS = {
    Outcome.SKIPPED: "send it again; where every request expires, compare this machine's clock with"
    " the gateway's, or raise write_max_age",
    Outcome.DEDUPLICATED: "somebody else wrote the tag at the same time; coalesce_writes = false"
    " on the tag keeps every request",
    Outcome.UNKNOWN: "it may be in the PLC: read the tag before writing again",
}
_NO_ANSWER = (
    "is a gateway running, with enable_writeback on this cluster and topic? `warlogix tail gateway`"
    " shows whether one is, `warlogix tail responses` what it answers"
)
_MAY_FOLLOW = "the true answer may still follow: `warlogix tail responses` shows it"


class Result(Struct, kw_only=True):
    """What `--json` prints: what was asked, which way it went, and what came of it.

    Through Kafka it says where the request is (`partition` and `offset` are null while Kafka has
    not confirmed it) and has the response as it came, or null; at the PLC, its `address`.
    """

    plc: str
    tag: str
    value: Raw
    via: str
    cluster: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    partition: int | UnsetType | None = UNSET
    offset: int | UnsetType | None = UNSET
    request_id: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    result: str
    success: bool
    error: str
    answer: Raw | UnsetType | None = UNSET
    seconds: float


def json_line(request: Request, way: Way, reply: Reply) -> str:
    """The result as one line for programs."""
    place = reply.place
    result = Result(
        plc=request.plc,
        tag=request.tag,
        value=Raw(request.value),
        via="",
        result=reply.outcome.value,
        success=reply.outcome is Outcome.DONE,
        error=reply.error,
        seconds=round(reply.seconds, 3),
    )
    match way:
        case ThroughKafka(cluster=cluster, requests=topic):
            result.via, result.cluster, result.topic = "kafka", cluster.name, topic
            result.partition = place.partition if place else None
            result.offset = place.offset if place else None
            result.request_id = reply.request_id
            result.answer = Raw(one_line(reply.answer)) if reply.answer else None
        case ToPlc(address=address):
            result.via, result.address = "plc", address
    return encode(result).decode() + "\n"


def line(request: Request, reply: Reply) -> str:
    """The result for people, "" where there is none because nobody answered."""
    if reply.outcome is Outcome.SILENT:
        return ""
    value = shortened(request.value.decode(), _LONGEST)
    what = f"{request.plc}.{request.tag} = {value}"
    where = (
        f", partition {reply.place.partition}, offset {reply.place.offset}" if reply.place else ""
    )
    after = f"{reply.seconds:.2f} s{where}"
    if reply.outcome is Outcome.DONE:
        return printable(f"{what}: written ({after})") + "\n"
    error = shortened(reply.error, _LONGEST_ERROR)
    return printable(f"{what}: {reply.outcome.value.upper()}: {error} ({after})") + "\n"


def advice(config: Config, request: Request, way: Way, reply: Reply) -> Iterator[str]:
    """What to say beside the result: lines for stderr."""
    if reply.outcome is Outcome.DONE:
        return
    if reply.outcome is Outcome.SILENT:
        yield f"error: {reply.error}; whether the value was written is not known"
        if isinstance(way, ThroughKafka):
            yield f"note: {whereabouts(reply.place)}, and {_fate(reply.seconds, way.max_age)}"
            yield f"hint: {_NO_ANSWER}"
    elif (hint := _HINTS.get(reply.outcome)) is not None:
        yield f"hint: {hint}"
    if reply.outcome is Outcome.FAILED and (instead := misread(request.value, reply.error)):
        yield f"hint: {instead}"
    if reply.outcome is Outcome.UNKNOWN and isinstance(way, ThroughKafka):
        yield f"hint: {_MAY_FOLLOW}"
    if unknown := doubt(config, request.plc, request.tag):
        yield f"hint: {unknown}"


def unsent(config: Config, request: Request, error: BrokerError) -> BrokerError:
    """The error of a cluster that could not be used before the request was sent."""
    plc = find_plc(config, request.plc)
    without = " (`--via plc` writes without Kafka)" if plc and plc.enabled else ""
    return type(error)(error.cluster, f"{error.reason}; nothing was sent{without}")


def _fate(age_so_far: float, max_age: float) -> str:
    age = f"write_max_age ({duration_text(max_age)})"
    if age_so_far < max_age:
        return f"may still be executed until it is older than {age}"
    return f"a gateway that finds it now lets it expire: it is older than {age}"
