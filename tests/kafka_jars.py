"""The jars of Apache Kafka, each checked by its sha256 before anybody uses it.

    jars = kafka_jars()        # fetched into the cache folder when they are not there yet

`kafka_jars.sha256` beside this file says which jars there are, in the form of `sha256sum --check`.
No Java, Maven or Docker is needed: jgo fetches from the repositories this machine is set up for.
jgo takes a truncated file for good, so what is wrong is deleted here and fetched once more.

The list is made anew, for another Kafka, by

    python -m tests.kafka_jars org.apache.kafka:kafka_2.13:4.1.1 org.slf4j:slf4j-simple:1.7.36
"""

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from jgo.config import GlobalSettings
from jgo.maven import MavenContext
from platformdirs import user_cache_path

LIST = Path(__file__).with_suffix(".sha256")


class JarsError(Exception):
    """Apache Kafka's jars could not be had as listed; the text says which and what to do."""


def cache_folder() -> Path:
    """The folder that keeps the jars between runs: $WARLOGIX_KAFKA_CACHE, else the user's cache."""
    chosen = os.environ.get("WARLOGIX_KAFKA_CACHE")
    return Path(chosen) if chosen else user_cache_path("warlogix") / "kafka"


def kafka_jars() -> list[Path]:
    """Every jar a broker needs, checked; what is missing or wrong is fetched first."""
    return jars_of(LIST)


def jars_of(listed: Path) -> list[Path]:
    """The jars of a list, checked; what is missing or wrong is fetched first.

    Several test runs may share the folder: one fetches, the others wait for it.
    """
    folder = cache_folder() / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _wanted(listed.read_text())
    with locked(folder):
        bad = _wrong(folder, wanted)
        for _ in range(2):
            if not bad:
                break
            problems = _fetch(folder, bad)
            bad = _wrong(folder, wanted)
    if bad:
        raise JarsError(_explain(folder, bad, problems))
    return [folder / path for path in wanted]


def list_name() -> str:
    """A short name of the list of jars: another Kafka has another one."""
    return _sha256(LIST)[:16]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone; others wait."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wanted(text: str) -> dict[str, str]:
    """Path inside the repository -> sha256."""
    rows = (line.split() for line in text.splitlines())
    return {path: digest for digest, path in rows}


def _wrong(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Paths of the jars that are missing or not what they should be; the latter are deleted."""
    wrong = []
    for path, digest in wanted.items():
        jar = folder / path
        if not jar.exists():
            wrong.append(path)
        elif _sha256(jar) != digest:
            jar.unlink()
            wrong.append(path)
    return wrong


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(folder: Path, paths: Sequence[str]) -> list[str]:
    """Fetch the jars side by side; the reasons of those that could not be had."""
    print(f"fetching {len(paths)} jars of Apache Kafka into {folder}", file=sys.stderr)  # noqa: T201
    context = _context(folder)

    def fetch(path: str) -> str:
        group, artifact, version = _coordinates(path)
        jar = context.project(group, artifact).at_version(version).artifact()
        try:
            jar.resolve()
        except (OSError, RuntimeError) as exc:
            return f"{artifact} {version}: {exc}"
        return ""

    with ThreadPoolExecutor(8) as pool:
        return [problem for problem in pool.map(fetch, paths) if problem]


def _context(folder: Path) -> MavenContext:
    """Repositories of the machine's own jgo settings come before jgo's default one."""
    defaults = MavenContext().remote_repos
    remotes = {**GlobalSettings.load().repositories, **defaults}
    return MavenContext(repo_cache=folder, remote_repos=remotes, timeout=30)


def _coordinates(path: str) -> tuple[str, str, str]:
    *group, artifact, version, _ = PurePosixPath(path).parts
    return ".".join(group), artifact, version


def _explain(folder: Path, bad: Sequence[str], problems: Sequence[str]) -> str:
    reason = problems[0] if problems else "its sha256 is not the one in tests/kafka_jars.sha256"
    return (
        f"{len(bad)} jars of Apache Kafka cannot be used, the first is {bad[0]}: {reason}\n"
        f"hint: let this machine reach a Maven repository once, or copy a filled cache to {folder}"
    )


def _print_list(coordinates: Sequence[str]) -> None:
    """Resolve the coordinates anew, with all they need, and print the list of jars."""
    from jgo.env import EnvironmentBuilder

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "jars")
        builder = EnvironmentBuilder(context=_context(folder), cache_dir=Path(name, "env"))
        builder.from_endpoint("+".join(coordinates))
        for jar in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jar")):
            print(f"{_sha256(folder / jar)}  {jar}")  # noqa: T201


if __name__ == "__main__":
    _print_list(sys.argv[1:])
