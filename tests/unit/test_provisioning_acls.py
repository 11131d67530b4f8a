"""The ACLs that a configuration needs, as data and as a script."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit.configurations import TRIGGER, loaded, small
from warlogix.cli import app
from warlogix.provisioning.acls import Acl, commands, needed


def acls(folder: Path, principal: str | None = None, **cluster: Any) -> list[Acl]:
    """What the small configuration needs with these settings of its cluster."""
    document = small()
    document["kafka"][0] |= cluster
    document["triggers"] = [TRIGGER | {"topic": "alarms"}]
    config = loaded(folder, document)
    return needed(config, config.kafka[0], principal)


def rights(granted: list[Acl]) -> dict[str, set[str]]:
    """The operations, by resource."""
    found: dict[str, set[str]] = {}
    for acl in granted:
        found.setdefault(f"{acl.resource_type} {acl.resource}", set()).add(acl.operation)
    return found


def test_without_writeback_everything_is_written(tmp_path: Path) -> None:
    """A gateway that only publishes writes to its topics, those of triggers too, and makes them."""
    assert rights(acls(tmp_path)) == {
        "topic factory": {"WRITE", "CREATE"},
        "topic factory.health": {"WRITE", "CREATE"},
        "topic factory.gateway": {"WRITE", "CREATE"},
        "topic alarms": {"WRITE", "CREATE"},
    }


def test_writeback_reads_one_topic_in_a_group(tmp_path: Path) -> None:
    """Write requests are read, never written, and their group is read under its own name."""
    settings: dict[str, Any] = {"enable_writeback": True, "auto_create_topics": False}
    found = rights(acls(tmp_path, consumer_group="writers", **settings))
    assert found["topic factory-writes"] == {"READ"}
    assert found["topic factory-write-responses"] == {"WRITE"}
    assert found["topic factory-dead-letters"] == {"WRITE"}
    assert found["group writers"] == {"READ"}
    assert not any("CREATE" in operations for operations in found.values())


@pytest.mark.parametrize(
    ("cluster", "principal"),
    [
        ({}, "User:ANONYMOUS"),
        ({"sasl_mechanism": "PLAIN", "username": "edge1", "password": "p"}, "User:edge1"),
        ({"use_tls": True, "tls_cert_file": "c", "tls_key_file": "k"}, "User:NAME"),
    ],
)
def test_the_principal_is_the_user(tmp_path: Path, cluster: dict[str, Any], principal: str) -> None:
    """The principal is the user name, or what was said; of a certificate only the broker knows."""
    assert {acl.principal for acl in acls(tmp_path, **cluster)} == {principal}
    said = {acl.principal for acl in acls(tmp_path, "User:CN=edge1", **cluster)}
    assert said == {"User:CN=edge1"}


def test_the_script_grants_what_is_needed(tmp_path: Path) -> None:
    """Each line that is no comment is one call for a shell, however strange the names are."""
    wanted = acls(tmp_path, "User:CN=edge 1's", enable_writeback=True)
    script = commands(wanted, "a:9092,b:9092").splitlines()
    calls = [shlex.split(line) for line in script if not line.startswith("#")]
    start = ["kafka-acls.sh", "--bootstrap-server", "a:9092,b:9092", "--add"]
    assert all(call[:6] == [*start, "--allow-principal", "User:CN=edge 1's"] for call in calls)
    granted = {
        f"{call[-2][2:]} {call[-1]}": {call[i + 1].upper() for i in range(6, len(call) - 2, 2)}
        for call in calls
    }
    assert granted == rights(wanted)
    assert len([line for line in script if line.startswith("#")]) == len(wanted)


@pytest.mark.parametrize("principal", ["edge1", "User:", ":edge1"])
def test_a_principal_names_its_type(principal: str, tmp_path: Path) -> None:
    """A principal without type or name is refused before anything is printed."""
    path = tmp_path / "warlogix.toml"
    path.write_text('namespace = "factory"\n')
    told = CliRunner().invoke(app, ["-c", str(path), "topics", "acls", "--principal", principal])
    assert told.exit_code == 2
    assert "write User:" in told.stderr
