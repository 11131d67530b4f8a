"""Configurations for tests: a small right one, and what is wrong in one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from warlogix.config import Config, load
from warlogix.errors import ConfigError, Fault

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
# What the keys of the examples need that are off there.
SECRET = "an example and no secret"
ENVIRON = {"KAFKA_PASSWORD": SECRET, "KAFKA_KEY_PASSWORD": SECRET}
SECRET_FILES = ("cloud-key.password", "cloud.password")
TRIGGER = {
    "name": "t",
    "plc": "Main",
    "trigger_tag": "Done",
    "condition": {"operator": "==", "value": True},
}


def whole(example: Path) -> str:
    """The text of an example, with the keys in it that stand behind a "#"."""
    return re.sub(r"(?m)^# (?=[a-z_]+ = )", "", example.read_text())


def small() -> dict[str, Any]:
    """The document of a small configuration without a fault."""
    return {
        "namespace": "factory",
        "plcs": [
            {
                "name": "Main",
                "family": "s7",
                "address": "192.168.1.102",
                "tags": [
                    {"name": "DB1.DBX0.0", "alias": "Done"},
                    {"name": "DB1.DBD4", "alias": "Count", "data_type": "DINT"},
                    {"name": "DB1.DBW8", "alias": "Ack", "data_type": "INT", "writable": True},
                ],
            }
        ],
        "kafka": [{"name": "Local", "brokers": ["localhost:9092"]}],
    }


def saved(folder: Path, document: Mapping[str, Any]) -> Path:
    """The file that holds a document."""
    path = folder / "warlogix.toml"
    path.write_bytes(tomli_w.dumps(document).encode())
    return path


def loaded(
    folder: Path, document: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> Config:
    """The configuration of a document."""
    return load(saved(folder, document), environ or {})


def accepted(folder: Path, document: Mapping[str, Any]) -> bool:
    """True for a document without a fault; raises `ConfigError` for another."""
    loaded(folder, document)
    return True


def faults(
    folder: Path, document: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> list[Fault]:
    """Every fault of a document that has at least one."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, document, environ)
    return caught.value.faults


def put(document: Any, path: str, value: Any) -> Any:
    """The document with a value at `plcs/0/tags/1/name`; lists grow by one where they must."""
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    container = document
    for part in above:
        if isinstance(container, dict):
            container = container.setdefault(part, {})
        else:
            container = container[part]
    if isinstance(container, list) and last == len(container):
        container.append(value)
    else:
        container[last] = value
    return document


def with_trigger(**keys: Any) -> dict[str, Any]:
    """A configuration with one trigger that has these keys too."""
    return small() | {"triggers": [TRIGGER | keys]}
