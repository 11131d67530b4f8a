"""Wrong settings of a connection: each is told in one line that names the key to change."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.answers import open_tail
from tests.end_to_end.gateway import WARLOGIX, running
from tests.kafka import press
from tests.secure_broker import Acl, SecureBroker
from tests.witness import Record, read_topic_async
from tests.writers import memory
from tests.wrong_settings import WRONG, lines, told, toml
from warlogix.simulators.s7 import open_s7_simulator

LIMIT = 90

RIGHT = """
[[kafka]]
name = "Right"
brokers = ["{address}"]
"""


def configured(secure: SecureBroker, folder: Path, namespace: str, plc: int = 102) -> Path:
    """A configuration with a cluster for everything that may be wrong, and a right one."""
    clusters = [RIGHT.format(address=secure.addresses["plaintext"]), toml(secure)]
    return press.configured(folder, namespace, clusters, plc)


@pytest.fixture
def config(secure: SecureBroker, tmp_path: Path, topic_prefix: str) -> Path:
    """Such a configuration, for commands that need no PLC."""
    return configured(secure, tmp_path, topic_prefix)


def said(config: Path, pattern: str, *arguments: str) -> Mapping[str, str]:
    """What a command says of each cluster, on one line each; the pattern has a name and a text."""
    command = [str(WARLOGIX), "--config", str(config), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 1, done.stderr
    found = re.findall(pattern, done.stderr, re.MULTILINE)
    assert len(found) == len(dict(found)), done.stderr
    return dict(found)


def test_check_names_the_key(config: Path) -> None:
    """`check --connect` says of each cluster what is wrong, and with which key."""
    found = said(config, r"^error: kafka\[\d+\] \((\S+), line \d+\): (.*)$", "check", "--connect")
    assert told(found) == lines()


def test_topics_name_the_key(config: Path) -> None:
    """`topics list` says of each cluster what is wrong, and with which key."""
    assert told(said(config, r"^error: (\S+): (.*)$", "topics", "list")) == lines()


def test_tail_names_the_key(config: Path) -> None:
    """`tail` says of each cluster what is wrong, and with which key."""
    assert told(said(config, r"^error: (\S+): (.*)$", "tail", "--no-follow")) == lines()


async def test_a_gateway_names_the_key_and_goes_on(
    secure: SecureBroker, tmp_path: Path, topic_prefix: str
) -> None:
    """A gateway says once of each cluster what is wrong, in its log and in its health; what it
    reads waits for these clusters, and reaches the one that is right."""
    secure.grant(
        "ANONYMOUS",
        *(Acl("TOPIC", topic_prefix, each, "PREFIXED") for each in ("CREATE", "WRITE", "READ")),
    )
    address, since = secure.addresses["plaintext"], trio.current_time()
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(memory(1)) as plc,
            running(configured(secure, tmp_path, topic_prefix, plc.port)) as gateway,
        ):
            for name, wrong in WRONG.items():
                await gateway.says(f"{name}: away: {wrong.line}")
            print(f"all told after {trio.current_time() - since:.1f} s")  # noqa: T201
            plc.poke(1, 0, b"\0\0\0\1")
            await read_topic_async(address, topic_prefix, at_least=2)
            async with open_tail(address, f"{topic_prefix}.gateway") as health:
                await health.until(lambda records: told(_errors(records)) == lines())
    away = Counter(re.findall(r"(\S+): away: (.*)", gateway.log))
    assert [said for said, count in away.items() if count > 1 and said[0] in WRONG] == []
    states = _clusters(health.records)
    assert set(WRONG) <= {name for name, state in states.items() if state["waiting"]}


def _clusters(records: Sequence[Record]) -> dict[str, Any]:
    """The clusters in the newest health of the gateway."""
    states: dict[str, Any] = json.loads(records[-1].value or b"")["clusters"] if records else {}
    return states


def _errors(records: Sequence[Record]) -> dict[str, str]:
    return {name: state["error"] for name, state in _clusters(records).items()}
