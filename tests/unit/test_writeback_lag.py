"""What records tell of their producer's clock."""

from warlogix.writeback.lag import Lag


def test_a_clock_that_is_behind_is_named_from_the_third_record_on() -> None:
    """Records that are all late by the same speak of a clock."""
    lag = Lag()
    said = [lag.note(behind) for behind in (3600.2, 3600.0, 3600.4, 3599.9)]
    assert said[:2] == ["", ""]
    assert said[2] == said[3] == "its producer's clock seems to be 3600 s behind this gateway's"


def test_what_waited_in_its_producer_is_no_matter_of_clocks() -> None:
    """Records that come together after a wait are late by different times, or not for long."""
    lag = Lag()
    assert {lag.note(behind) for behind in (60, 57, 54, 51, 48)} == {""}
    assert {lag.note(behind) for behind in (60, 60, 0, 60, 60)} == {""}
