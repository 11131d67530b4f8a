from math import inf

from tests.chaos.truth import Fault, Kind
from tests.chaos.verdict import SHOWN, Verdict

TABLE = """\
| fault          | times | held | delivered | lost | lost by the broker | out of order | repeated \
| steps back | bad readings | recovery p50 |    max |
| -------------- | ----: | ---: | --------: | ---: | -----------------: | -----------: | -------: \
| ---------: | -----------: | -----------: | -----: |
| gateway killed |     2 |    0 |         0 |    0 |                  0 |            0 |        7 \
|          3 |            0 |        6.0 s | 10.0 s |
| PLC restarted  |     1 |    0 |         0 |    0 |                  0 |            0 |        0 \
|          0 |            4 |        inf s |  inf s |
| no fault near  |     0 |    9 |         8 |    1 |                  0 |            0 |        0 \
|          0 |            0 |              |        |
| all            |     3 |    9 |         8 |    1 |                  0 |            0 |        7 \
|          3 |            4 |       10.0 s |  inf s |"""


def test_the_table_has_a_line_for_each_kind_of_fault_and_their_sum() -> None:
    """Kinds come in one order, what no fault explains behind them, and the sum at the end."""
    verdict = Verdict()
    nothing, restarted = verdict.line(None), verdict.line(Fault(Kind.PLC_RESTARTED, 0, 1, 2, "A"))
    killed = verdict.line(Fault(Kind.GATEWAY_KILLED, 0, 1, 2))
    nothing.held, nothing.delivered, nothing.lost = 9, 8, 1
    restarted.faults, restarted.bad, restarted.recoveries = 1, 4, [inf]
    killed.faults, killed.repeated, killed.steps_back, killed.recoveries = 2, 7, 3, [2.0, 10.0]

    assert verdict.table() == TABLE


def test_violations_stand_below_the_table_and_do_not_bury_it() -> None:
    """The first ones are shown word for word, the rest is counted."""
    verdict = Verdict(violations=[f"lost: {number}" for number in range(SHOWN + 2)])
    lines = verdict.text().splitlines()

    assert f"VIOLATION: lost: {SHOWN - 1}" in lines
    assert lines[-1] == "and 2 violations more"
