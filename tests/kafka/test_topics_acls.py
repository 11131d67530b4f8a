"""What `warlogix topics acls` lists is enough, and each of it is needed: on a real broker."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.answers import answered, open_tail
from tests.end_to_end.gateway import WARLOGIX, running
from tests.kafka import press
from tests.secure_broker import Acl, SecureBroker
from tests.witness import read_topic_async
from tests.writers import Letter, Sender, Site, ask, memory, send
from warlogix.simulators.s7 import open_s7_simulator

LIMIT = 90


@dataclass(frozen=True, slots=True)
class Closed:
    """A broker where nobody may do anything yet, and a namespace of the test's."""

    secure: SecureBroker
    namespace: str
    folder: Path

    def configured(self, names: Sequence[str], plc: int = 102) -> Path:
        """A configuration with a cluster of each name, the name also its principal."""
        address = self.secure.addresses["mtls"]
        clusters = []
        for name in names:
            keys = press.certified(self.secure, f"{self.namespace}-{name}")
            clusters.append(press.cluster(self.namespace, name, address, keys))
        return press.configured(self.folder, self.namespace, clusters, plc)

    def listed(self, config: Path) -> Mapping[str, list[Acl]]:
        """What the command lists, by cluster."""
        command = [str(WARLOGIX), "--config", str(config), "topics", "acls", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        found: dict[str, list[Acl]] = {}
        for each in map(json.loads, done.stdout.splitlines()):
            acl = Acl(each["resource_type"].upper(), each["resource"], each["operation"])
            found.setdefault(each["cluster"], []).append(acl)
        return found

    def grant(self, name: str, *acls: Acl) -> None:
        """Let the cluster's principal do these things."""
        self.secure.grant(f"{self.namespace}-{name}", *acls)


@pytest.fixture
def closed(secure: SecureBroker, topic_prefix: str, tmp_path: Path) -> Closed:
    """Such a broker; the test itself looks on as somebody else, who may read and write."""
    rights = (Acl("TOPIC", topic_prefix, each, "PREFIXED") for each in ("READ", "WRITE"))
    group = Acl("GROUP", topic_prefix, "DESCRIBE", "PREFIXED")
    secure.grant("ANONYMOUS", *rights, group)
    return Closed(secure, topic_prefix, tmp_path)


async def test_what_is_listed_is_enough(closed: Closed) -> None:
    """With these ACLs and no others topics are made, everything is published, requests are taken
    and answered, and what nobody can read is kept."""
    for acl in closed.listed(closed.configured(["whole"]))["whole"]:
        closed.grant("whole", acl)
    plaintext = closed.secure.addresses["plaintext"]
    site = Site(f"{closed.namespace}-whole", plaintext, {"Press": 0})
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(memory(1)) as plc,
            running(closed.configured(["whole"], plc.port)) as gateway,
        ):
            await gateway.says("Press: connected")
            for topic in (site.namespace, f"{site.namespace}.health"):
                assert await read_topic_async(plaintext, topic, at_least=1)
            await site.ready()
            async with open_tail(plaintext, site.responses) as responses:
                await send(site, [ask("Press", "Tag0", 7)])
                (answer,) = await answered(responses, 1)
            await Sender(plaintext, site.writes).send([Letter(b"no JSON")])
            assert await read_topic_async(plaintext, site.dead_letters, at_least=1)
            assert await read_topic_async(plaintext, f"{site.namespace}.gateway", at_least=1)
    assert answer.outcome == "done"
    assert "grant the ACL" not in gateway.log


async def test_each_that_is_listed_is_needed(closed: Closed) -> None:
    """Where one is missing, the gateway says what it cannot do, and names the topic or group."""
    (example,) = closed.listed(closed.configured(["whole"])).values()
    names = [f"lacks-{i}" for i in range(len(example))]
    listed = closed.listed(closed.configured(names))
    missing = []
    for i, name in enumerate(names):
        acls = listed[name]
        missing.append(acls.pop(i))
        closed.grant(name, *acls)
    assert {acl.operation for acl in missing} == {"CREATE", "WRITE", "READ"}
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(memory(1)) as plc,
            running(closed.configured(names, plc.port)) as gateway,
        ):
            for acl in missing:
                await gateway.says(told(acl))


def told(acl: Acl) -> str:
    """What the gateway says when this alone is not granted."""
    if acl.resource == "GROUP":
        return f"the principal may not use the consumer group {acl.name}: "
    if acl.operation == "CREATE":
        return f"topic {acl.name} does not exist and the principal may not create it: "
    return f"the principal may not see topic {acl.name}: "


def test_a_topic_that_may_not_be_seen_does_not_count_as_existing(closed: Closed) -> None:
    """Without an ACL `create` fails, also when it only rehearses, and names what is to be granted;
    with CREATE alone it makes the topics, and finds them there when it is asked again."""
    config = closed.configured(["blind"])
    topic = f"{closed.namespace}-blind"

    def create(*arguments: str) -> tuple[int, str, set[str]]:
        command = [str(WARLOGIX), "--config", str(config), "topics", "create", "--json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        made = list(map(json.loads, done.stdout.splitlines()))
        return done.returncode, done.stdout, {each["result"] for each in made}

    for arguments in ([], ["--dry-run"]):
        status, text, results = create(*arguments)
        assert (status, results) == (1, {"failed"})
        assert f"the principal may not see topic {topic}: grant" in text
    closed.grant("blind", Acl("TOPIC", topic, "CREATE", "PREFIXED"))
    assert create()[::2] == (0, {"created"})
    assert create()[::2] == (0, {"exists"})
