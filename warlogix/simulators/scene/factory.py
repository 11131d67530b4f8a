"""Every machine of the demo on its own simulated PLC, moving.

async with open_factory(seed=7, interval=1.0) as plcs:
    for plc in plcs: ...
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from warlogix.simulators.ads import open_ads_simulator
from warlogix.simulators.cip import (
    open_logix_simulator,
    open_micro800_simulator,
    open_nj_simulator,
)
from warlogix.simulators.fins import Memory as FinsMemory
from warlogix.simulators.fins import open_fins_simulator
from warlogix.simulators.s7 import Memory as S7Memory
from warlogix.simulators.s7 import open_s7_simulator
from warlogix.simulators.scene import line, machines
from warlogix.simulators.scene.boiler import BOILER, BoilerPanel
from warlogix.simulators.scene.machine import Machine, Panel, SceneTag, play


@dataclass(frozen=True, slots=True)
class ScenePlc:
    """One PLC of the factory as a configuration has it; `protocol` is "" where there is one."""

    name: str
    family: str
    port: int
    tags: tuple[SceneTag, ...]
    slot: int = 0
    protocol: str = ""


@asynccontextmanager
async def open_factory(*, seed: int, interval: float) -> AsyncIterator[tuple[ScenePlc, ...]]:
    """The PLCs, as long as the block lasts; each machine moves every `interval` seconds."""
    async with (
        open_s7_simulator(S7Memory({line.DB: bytearray(line.SIZE)})) as s7,
        open_logix_simulator(machines.PACKER_PROGRAM) as packer,
        open_micro800_simulator(machines.CONVEYOR_PROGRAM) as conveyor,
        open_ads_simulator(machines.MIXER_PROJECT) as mixer,
        open_fins_simulator(FinsMemory()) as boiler,
        open_nj_simulator(machines.LABELLER_PROGRAM) as labeller,
        trio.open_nursery() as nursery,
    ):
        # A router would cut the gateway off when a command in a second terminal connects.
        mixer.one_connection = False

        def move(machine: Machine, panel: Panel) -> tuple[SceneTag, ...]:
            async def playing() -> None:
                await play(machine, panel, seed=seed, interval=interval)

            nursery.start_soon(playing)
            return machine.tags

        nursery.start_soon(line.play, line.Line(seed=seed), s7, interval)
        yield (
            ScenePlc("FillingLine", "s7", s7.port, line.TAGS, slot=1),
            ScenePlc("Packer", "logix", packer.port, move(machines.PACKER, packer)),
            ScenePlc("Conveyor", "micro800", conveyor.port, move(machines.CONVEYOR, conveyor)),
            ScenePlc("Mixer", "beckhoff", mixer.port, move(machines.MIXER, mixer)),
            ScenePlc("Boiler", "omron", boiler.port, move(BOILER, BoilerPanel(boiler))),
            ScenePlc(
                "Labeller",
                "omron",
                labeller.port,
                move(machines.LABELLER, labeller),
                protocol="eip",
            ),
        )
        nursery.cancel_scope.cancel()
