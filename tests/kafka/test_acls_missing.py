"""A gateway that may not do everything: what is missing is named, and counts once it is granted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.answers import answered, open_tail
from tests.end_to_end.gateway import Gateway, running
from tests.kafka import press
from tests.outlets import cluster
from tests.secure_broker import Acl, SecureBroker
from tests.witness import create_topic, read_topic_async
from tests.writers import Site, ask, memory, send
from warlogix.kafka.admin import open_admin
from warlogix.simulators.s7 import open_s7_simulator

LIMIT = 120


@dataclass(frozen=True, slots=True)
class Lack:
    """What a principal may do at first, what it lacks, and the line to be told.

    Names are behind those of the cluster's own topics; `{site}` is where they begin.
    """

    granted: Sequence[tuple[str, str, str]]
    lacking: Sequence[tuple[str, str, str]]
    line: str
    writeback: bool = False


ALL = ("TOPIC", "", "CREATE"), ("TOPIC", "", "WRITE"), ("TOPIC", "", "READ")
GROUP = ("GROUP", "", "READ")
LACKS = {
    # Said of the topic that it looks at, or of the producer, whichever is refused first.
    "nothing": Lack((), ALL, "grant the ACLs "),
    "create": Lack(
        (("TOPIC", "", "WRITE"),),
        (("TOPIC", "", "CREATE"),),
        "topic {site} does not exist and the principal may not create it: make it, or grant the "
        "ACL CREATE on it",
    ),
    "write": Lack(
        (("TOPIC", ".", "WRITE"), ("TOPIC", "", "CREATE"), ("TOPIC", "", "READ")),
        (("TOPIC", "", "WRITE"),),
        "the principal may not write to topic {site}: grant the ACL WRITE on it",
    ),
    "read": Lack(
        (("TOPIC", "", "CREATE"), ("TOPIC", "", "WRITE"), GROUP),
        (("TOPIC", "", "READ"),),
        "the principal may not read topic {site}-writes: grant the ACL READ on it",
        writeback=True,
    ),
    "group": Lack(
        ALL,
        (GROUP,),
        "the principal may not use the consumer group {site}-writers: grant the ACL READ on it",
        writeback=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A namespace on the secure broker, with a principal and topics for each lack."""

    secure: SecureBroker
    namespace: str

    def site(self, name: str) -> Site:
        """The topics of a cluster, as somebody sees them who lacks nothing."""
        plaintext = self.secure.addresses["plaintext"]
        return Site(f"{self.namespace}-{name}", plaintext, {"Press": 0})

    def acls(self, name: str, wanted: Sequence[tuple[str, str, str]]) -> list[Acl]:
        """Leave for the cluster's topics and group."""
        begin = self.site(name).namespace
        return [Acl(kind, begin + rest, may, "PREFIXED") for kind, rest, may in wanted]

    def grant(self, name: str, wanted: Sequence[tuple[str, str, str]]) -> None:
        """Let the cluster's principal do this."""
        if wanted:
            self.secure.grant(self.site(name).namespace, *self.acls(name, wanted))

    def configured(self, folder: Path, plc: int, names: Sequence[str]) -> Path:
        """A configuration with a cluster for each name."""
        address = self.secure.addresses["mtls"]
        clusters = []
        for name in names:
            keys = press.certified(self.secure, self.site(name).namespace)
            writeback = str(name in LACKS and LACKS[name].writeback).lower()
            clusters.append(press.cluster(self.namespace, name, address, keys, writeback))
        return press.configured(folder, self.namespace, clusters, plc)


@pytest.fixture
def scene(secure: SecureBroker, topic_prefix: str) -> Scene:
    """An empty namespace, which the witness may use."""
    topics = [Acl("TOPIC", topic_prefix, each[2], "PREFIXED") for each in ALL]
    secure.grant("ANONYMOUS", *topics, Acl("GROUP", topic_prefix, "READ", "PREFIXED"))
    return Scene(secure, topic_prefix)


async def test_what_is_lacking_is_named_and_counts_when_it_is_granted(
    scene: Scene, tmp_path: Path
) -> None:
    """No leave to create, write, read or join, or none at all: each is told by the ACL to grant,
    the rest goes on, and once it is granted everything works without a restart."""
    for name, lack in LACKS.items():
        scene.grant(name, lack.granted)
    create_topic(scene.site("write").kafka, scene.site("write").namespace)
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(memory(1)) as plc,
            running(scene.configured(tmp_path, plc.port, list(LACKS))) as gateway,
        ):
            for name, lack in LACKS.items():
                await gateway.says(lack.line.format(site=scene.site(name).namespace))
            await _prove_publishing(scene.site("read"))
            await _prove_publishing(scene.site("group"))
            for name, lack in LACKS.items():
                scene.grant(name, lack.lacking)
            async with trio.open_nursery() as nursery:
                for name, lack in LACKS.items():
                    prove = _prove_writing if lack.writeback else _prove_publishing
                    nursery.start_soon(prove, scene.site(name))
    assert _repeated(gateway) == []


async def test_what_is_taken_away_meanwhile_waits(scene: Scene, tmp_path: Path) -> None:
    """A gateway that may write no more says so once, keeps what it reads, and goes on in order
    when it may again."""
    name, write = "taken", [("TOPIC", "", "WRITE")]
    site = scene.site(name)
    scene.grant(name, ALL)
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(memory(1)) as plc,
            running(scene.configured(tmp_path, plc.port, [name])) as gateway,
        ):
            await _prove_publishing(site)
            scene.secure.revoke(site.namespace, *scene.acls(name, write))
            plc.poke(1, 0, b"\0\0\0\1")
            await gateway.says(f"may not write to topic {site.namespace}: grant the ACL WRITE on")
            plc.poke(1, 0, b"\0\0\0\2")
            scene.grant(name, write)
            records = await read_topic_async(site.kafka, site.namespace, at_least=3)
    assert [json.loads(record.value or b"")["value"] for record in records] == [0, 1, 2]
    assert _repeated(gateway) == []


async def test_a_topic_is_removed_by_those_who_may(scene: Scene, topic_prefix: str) -> None:
    """Who may not delete a topic is told which ACL to grant, and removes it with that."""
    settings = cluster(scene.secure.addresses["plaintext"])
    create_topic(settings.brokers[0], topic_prefix)
    with trio.fail_after(LIMIT):
        async with open_admin(settings, "test") as admin:
            told = f"the principal may not delete topic {topic_prefix}: grant the ACL DELETE on it"
            assert await admin.remove(topic_prefix) == told
            scene.secure.grant("ANONYMOUS", Acl("TOPIC", topic_prefix, "DELETE"))
            assert await admin.remove(topic_prefix) == ""


async def _prove_publishing(site: Site) -> None:
    """A change arrives."""
    assert await read_topic_async(site.kafka, site.namespace, at_least=1)


async def _prove_writing(site: Site) -> None:
    """A write request is answered."""
    await site.ready()
    async with open_tail(site.kafka, site.responses) as responses:
        await send(site, [ask("Press", "Tag0", 1)])
        (answer,) = await answered(responses, 1)
    assert answer.outcome == "done"


def _repeated(gateway: Gateway) -> list[str]:
    """What it complained of twice, without the time of day."""
    lines = [line.partition(" error ")[2] for line in gateway.log.splitlines() if " error " in line]
    return [line for line in set(lines) if lines.count(line) > 1]
