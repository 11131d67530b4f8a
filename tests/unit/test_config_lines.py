"""The line of each place of a configuration."""

from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from warlogix.config.lines import Lines
from warlogix.config.shown import place

TEXT = '''\
namespace = "factory" # not a = 1
text = """
[[plcs]]
name = "a""""
[[plcs]]
name = "Main"
tags = [
  { name = "DB1.DBX0.0", alias = "Done" },  # ]
  { name = '[[x]]',
    "data_type" = "DINT" },
]
since = 1979-05-27 07:32:00.5

[ plcs . "a b" . c ]
list = [1.5, [2,
  3]]

[[plcs]]
  [[plcs.tags]]
  [[plcs.tags]]
  name="x"
  topics.changes.partitions = 4
[buffer]'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("namespace", 1),
        ("text", 2),
        ("plcs", 5),
        ("plcs[0]", 5),
        ("plcs[0].name", 6),
        ("plcs[0].family", 5),
        ("plcs[0].tags", 7),
        ("plcs[0].tags[0].alias", 8),
        ("plcs[0].tags[0].data_type", 8),
        ("plcs[0].tags[1].name", 9),
        ("plcs[0].tags[1].data_type", 10),
        ("plcs[0].since", 12),
        ('plcs[0]."a b"', 14),
        ('plcs[0]."a b".c.list[1]', 15),
        ('plcs[0]."a b".c.list[1][1]', 16),
        ("plcs[1].name", 18),
        ("plcs[1].tags[0].name", 19),
        ("plcs[1].tags[1].name", 21),
        ("plcs[1].tags[1].topics.changes.partitions", 22),
        ("buffer.max_size", 23),
        ("kafka", None),
        ("", None),
    ],
)
def test_each_place_has_its_line(place: str, line: int | None) -> None:
    """A key has its own line; one that is missing has that of the table where it belongs."""
    assert tomli.loads(TEXT)
    assert Lines(TEXT).of(place) == line
    assert Lines(TEXT.replace("\n", "\r\n")).of(place) == line


def test_names_that_are_cut_have_the_line_of_their_table() -> None:
    """Two names that look the same because they are long are not mistaken for each other."""
    text = f'[a]\n"{"x" * 99} 1" = 1\n"{"x" * 99} 2" = 2\n'
    assert Lines(text).of(place(("a", "x" * 99 + " 2"))) == 1


NAMES = st.sampled_from(["a", "b-1", '"c.d"', "'e f'", '"g#[\\""'])
SPACE = st.sampled_from(["", " ", "\t"])
SIMPLE = st.sampled_from(
    [
        '""',
        "''",
        '"a # b"',
        "'[x]'",
        '"""\n[a]\n"q" \\""""',
        "'''\n] = [\n''''",
        '"""x""" # [[a]]\n',
        "1979-05-27 07:32:00",
        "1.5",
        "true",
    ]
)


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lists, over one line or several, with a comma at their end or none."""
    return st.builds(
        lambda items, end, last: f"[{f',{end}'.join(items)}{last}{end}]",
        st.lists(inner, max_size=3).map(lambda items: [item.partition(" #")[0] for item in items]),
        st.sampled_from(["", "\n", " # ,]\n"]),
        st.sampled_from(["", "\n"]),
    )


def tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Tables on one line."""
    pairs = st.lists(st.tuples(NAMES, inner), max_size=2, unique_by=lambda pair: pair[0])
    return pairs.map(
        lambda pairs: "{" + ", ".join(f"{k} = {v.partition(' #')[0]}" for k, v in pairs) + "}"
    )


VALUES = st.recursive(SIMPLE, lambda inner: lists(inner) | tables(inner), max_leaves=6)
KEYS = st.lists(NAMES, min_size=1, max_size=2).map(" . ".join)
STATEMENTS = st.one_of(
    st.builds(lambda key, space, value: f"{space}{key}{space}={space}{value}", KEYS, SPACE, VALUES),
    KEYS.map("[{}]".format),
    KEYS.map("[[ {} ]] # x".format),
    st.sampled_from(["", "# a = 1", "  "]),
)


@given(st.lists(STATEMENTS, max_size=8))
def test_a_line_is_never_another_ones(statements: list[str]) -> None:
    """Whatever the file: each place is found in the statement that brings it into the document."""
    text, known = "", set[str]()
    for statement in statements:
        longer = f"{text}{statement}\n"
        try:
            places = set(_places(tomli.loads(longer)))
        except tomli.TOMLDecodeError:
            continue
        lines, first = Lines(longer), text.count("\n") + 1
        for new in places - known:
            line = lines.of(new)
            assert line is not None
            assert first <= line < first + statement.count("\n") + 1
        text, known = longer, places
    lines = Lines(text)
    assert all(lines.of(each) for each in known)


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[str]:
    """Every place of a document."""
    inner = [place(path)] if path else []
    items = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        inner += _places(item, (*path, key))
    return inner
