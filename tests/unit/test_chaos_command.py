"""What `scripts/chaos` says to somebody who asks for it."""

import pytest

from tests.chaos.__main__ import parser
from tests.chaos.truth import Kind


def test_kinds_are_taken_by_their_names_and_each_once() -> None:
    """Names of kinds stand with commas between them, and one that is there twice counts once."""
    given = parser().parse_args(["--only", "broker-wiped,plc-cut,broker-wiped"])
    assert given.only == [Kind.BROKER_WIPED, Kind.PLC_CUT]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--only plc-restart", "no such kind: plc-restart; did you mean plc-restarted?"),
        ("--only thunder", "no such kind: thunder (the kinds are broker-killed, broker-restarted"),
        ("--faults 0", "argument --faults: '0' is no whole number from 1 on"),
        ("--faults -1", "argument --faults"),
        ("--writes --kills 0", "argument --kills: '0' is no whole number from 1 on"),
        ("--requests many", "argument --requests: 'many' is no whole number from 1 on"),
    ],
)
def test_what_cannot_be_tried_is_wrong_usage(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What names no kind, or asks for nothing at all, is refused with what to write instead."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(line.split())

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_help_tells_what_each_option_is() -> None:
    """No option is without a word of help, and the time that any run takes is told."""
    asked = parser()
    options = asked._actions  # argparse shows them nowhere else

    assert [each.option_strings for each in options if not each.help] == []
    assert "30 s for the scene itself" in " ".join(asked.format_help().split())
