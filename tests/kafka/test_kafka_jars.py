"""The jars in the cache are those of the list, or nobody uses them."""

import hashlib
from pathlib import Path

import pytest

from tests import kafka_jars

JAR = "org/slf4j/slf4j-simple/1.7.36/slf4j-simple-1.7.36.jar"


@pytest.fixture
def jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the one jar of a short list belongs in an empty cache."""
    row = next(row for row in kafka_jars.LIST.read_text().splitlines() if row.endswith(JAR))
    _list(tmp_path, monkeypatch, row)
    return tmp_path / "jars" / JAR


def _list(folder: Path, monkeypatch: pytest.MonkeyPatch, *rows: str) -> None:
    (folder / "listed.sha256").write_text("".join(f"{row}\n" for row in rows))
    monkeypatch.setattr(kafka_jars, "LIST", folder / "listed.sha256")
    monkeypatch.setenv("WARLOGIX_KAFKA_CACHE", str(folder))


def test_a_truncated_jar_is_fetched_again(jar: Path) -> None:
    """What an interrupted download left behind is replaced before anybody uses it."""
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"PK")
    assert kafka_jars.kafka_jars() == [jar]
    assert jar.stat().st_size > 10_000


def test_a_jar_that_stays_wrong_is_named(
    jar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A jar that has another sha256 twice is refused by its name, and is not left behind."""
    _list(tmp_path, monkeypatch, f"{'0' * 64}  {JAR}")
    with pytest.raises(kafka_jars.JarsError, match=r"slf4j-simple-1.7.36.jar: its sha256"):
        kafka_jars.kafka_jars()
    assert not jar.exists()


def test_a_jar_that_is_nowhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jar that no repository has is an error that says which it is and what to do."""
    _list(tmp_path, monkeypatch, f"{'0' * 64}  org/slf4j/slf4j-simple/0.0.1/slf4j-simple-0.0.1.jar")
    with pytest.raises(kafka_jars.JarsError, match=r"slf4j-simple 0\.0\.1.*\nhint: "):
        kafka_jars.kafka_jars()


def test_good_jars_need_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that holds what is listed is used as it is."""
    jar = tmp_path / "jars" / "a" / "b" / "1" / "b-1.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"any bytes")
    _list(tmp_path, monkeypatch, f"{hashlib.sha256(b'any bytes').hexdigest()}  a/b/1/b-1.jar")
    assert kafka_jars.kafka_jars() == [jar]
