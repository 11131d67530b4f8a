"""From a file to a configuration that is complete, or to every fault of it at once."""

import os
import platform
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import SecretStr

from warlogix.config.checks.events import check_events
from warlogix.config.checks.kafka import check_kafka
from warlogix.config.checks.names import check_names
from warlogix.config.checks.plcs import check_plcs
from warlogix.config.checks.topics import check_topics
from warlogix.config.environment import Environment
from warlogix.config.files import parsed, read_secret, read_text
from warlogix.config.kafka import ClusterConfig
from warlogix.config.located import Places
from warlogix.config.model import Config
from warlogix.config.shown import outwards, plain, quoted, shown
from warlogix.config.structure import read_structure
from warlogix.errors import ConfigError, Fault, Malformed

_CHECKS = (check_names, check_plcs, check_kafka, check_topics, check_events)
_SECRETS = ("password", "tls_key_password")
_FILES = ("tls_ca_file", "tls_cert_file", "tls_key_file")
_LONGEST = 1000
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration of a file, with what the file leaves to the machine filled in.

    That is `instance`, the buffer's directory and the secrets out of files; relative file names
    start at the configuration's own folder. Raises `ConfigError` with every fault, in the order of
    the file's lines.
    """
    text = read_text(path)
    document = parsed(path, text)
    config, faults = _read(document, environ)
    folder = path.parent
    clusters = []
    for i, cluster in enumerate(config.kafka):
        found, wrong = _with_files(cluster, folder)
        clusters.append(found)
        faults += [Fault(f"kafka[{i}].{key}", each.fact, each.remedy) for key, each in wrong]
    if faults:
        raise ConfigError(Places(document, text).located(faults))
    buffer = config.buffer.model_copy(update={"directory": _directory(config, environ, folder)})
    return config.model_copy(
        update={
            "instance": config.instance or platform.node() or "warlogix",
            "kafka": tuple(clusters),
            "buffer": buffer,
        }
    )


def _read(document: dict[str, Any], environ: Mapping[str, str]) -> tuple[Config, list[Fault]]:
    environment = Environment(environ)
    filled = environment.fill(document)
    config, form_faults = read_structure(filled)
    found = _outermost([*environment.faults, *form_faults], {})
    places = {fault.place: fault for fault in found}
    for check in _CHECKS:
        found += _outermost(check(config), places)
    return config, [_told(fault, environment.origins) for fault in found]


def _outermost(faults: Iterator[Fault] | list[Fault], known: Mapping[str, Fault]) -> list[Fault]:
    """The faults that are not at or below a place that has one already."""
    return [fault for fault in faults if known.keys().isdisjoint(outwards(fault.place))]


def _told(fault: Fault, origins: Mapping[str, tuple[str, str]]) -> Fault:
    """The fault, safe for a terminal; of a filled value it shows what the file says."""
    fact = fault.fact
    filled, text = origins.get(fault.place, ("", ""))
    if filled != text:
        fact = _QUOTED.sub(partial(_as_in_file, filled, text), fact)
    for filled, text in origins.values():
        fact = fact.replace(shown(filled), shown(text))
    return Fault(_short(fault.place), _short(fact), _short(fault.remedy))


def _as_in_file(filled: str, text: str, match: re.Match[str]) -> str:
    """What a fact quotes of a filled value, also of a part of it, as the file has it."""
    part = match[1].removesuffix("…").casefold()
    return shown(text) if part and part in quoted(filled).casefold() else match[0]


def _short(text: str) -> str:
    safe = plain(text)
    return safe if len(safe) <= _LONGEST else safe[:_LONGEST] + "…"


def _with_files(
    cluster: ClusterConfig, folder: Path
) -> tuple[ClusterConfig, list[tuple[str, Malformed]]]:
    """The cluster with what its files hold, and the keys of those that hold no secret."""
    wrong = []
    update: dict[str, Any] = {}
    for key in _FILES:
        if name := getattr(cluster, key):
            update[key] = str(folder / name)
    for key in _SECRETS:
        if name := getattr(cluster, f"{key}_file"):
            try:
                update[key] = SecretStr(read_secret(folder / name))
            except Malformed as exc:
                wrong.append((f"{key}_file", exc))
    return cluster.model_copy(update=update), wrong


def _directory(config: Config, environ: Mapping[str, str], folder: Path) -> str:
    if config.buffer.directory is not None:
        return str(folder / config.buffer.directory)
    # A service manager may give several, separated by colons.
    if given := environ.get("STATE_DIRECTORY", "").split(os.pathsep)[0]:
        return given
    state = platformdirs.user_state_path("warlogix", appauthor=False)
    return str(state / config.namespace)
