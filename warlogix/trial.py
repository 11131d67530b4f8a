"""Tries every PLC and every cluster of a configuration once, all at the same time.

    for answer in await try_out(config): ...

A PLC is asked for all of its tags; a cluster must take the connection and the credentials.
Nothing is written, made or kept.
"""

from dataclasses import dataclass

import trio

from warlogix.config import ClusterConfig, Config, PlcConfig
from warlogix.drivers.families import Drivers, new_drivers
from warlogix.errors import BrokerError, DriverError
from warlogix.kafka.admin import open_admin
from warlogix.plc import Plc
from warlogix.tags import Readings


@dataclass(frozen=True, slots=True)
class Trial:
    """What one PLC, tag or cluster answered; `error` is "" when it is as it should be.

    `place` is its place in the configuration, `fact` says what was found.
    """

    place: str
    name: str
    fact: str
    error: str = ""


async def try_out(config: Config) -> list[Trial]:
    """What everything that is enabled answered, in the order of the configuration.

    PLCs of families without a driver are left out.
    """
    answers: dict[str, list[Trial]] = {}
    drivers = new_drivers()
    async with trio.open_nursery() as nursery:
        for i, plc in enumerate(config.plcs):
            if plc.enabled and plc.family in drivers:
                answers[place := f"plcs[{i}]"] = []
                nursery.start_soon(_try_plc, place, plc, drivers, answers)
        for i, cluster in enumerate(config.kafka):
            if cluster.enabled:
                answers[place := f"kafka[{i}]"] = []
                nursery.start_soon(_try_cluster, place, cluster, config, answers)
    return [answer for each in answers.values() for answer in each]


async def _try_plc(
    place: str, config: PlcConfig, drivers: Drivers, answers: dict[str, list[Trial]]
) -> None:
    plc = Plc(config.endpoint, drivers[config.family])
    try:
        async with plc.connected():
            readings = await plc.read(config.runtime_tags())
    except DriverError as error:
        answers[place] = [Trial(place, config.name, "", error.reason)]
        return
    good = len(readings.values) - len(readings.bad)
    fact = f"answers; {good} of {len(readings.values)} tags are good"
    answers[place] = [Trial(place, config.name, fact), *_bad_tags(place, config, readings)]


def _bad_tags(place: str, config: PlcConfig, readings: Readings) -> list[Trial]:
    enabled = [j for j, tag in enumerate(config.tags) if tag.enabled]
    return [
        Trial(f"{place}.tags[{enabled[i]}].name", config.tags[enabled[i]].name, "", reason)
        for i, reason in sorted(readings.bad.items())
    ]


async def _try_cluster(
    place: str, cluster: ClusterConfig, config: Config, answers: dict[str, list[Trial]]
) -> None:
    try:
        async with open_admin(cluster.settings(), f"warlogix-{config.instance}") as admin:
            fact = f"answers; cluster id {admin.cluster_id}"
    except BrokerError as error:
        answers[place] = [Trial(place, cluster.name, "", error.reason)]
    else:
        answers[place] = [Trial(place, cluster.name, fact)]
