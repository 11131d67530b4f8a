"""The machines whose PLCs have named variables: packer, conveyor, mixer and labeller."""

from collections.abc import Mapping
from random import Random
from typing import Any

from warlogix.simulators import ads, cip
from warlogix.simulators.scene.machine import Access, Machine, SceneTag, near

PACKER_PROGRAM = cip.Program(
    tags=(
        cip.Tag("Running", "BOOL"),
        cip.Tag("CasesPacked", "DINT"),
        cip.Tag("Speed", "REAL"),
        cip.Tag("SpeedSetpoint", "REAL", 45.0),
        cip.Tag("Recipe", "STRING", "6x0.5 l"),
        cip.Tag("Stations", "Station[2]"),
    ),
    programs={"Main": (cip.Tag("Step", "INT"),)},
    types=(
        cip.Record(
            "Station",
            (
                cip.Member("Torque", "REAL"),
                cip.Member("Cycles", "DINT"),
                cip.Member("Jammed", "BOOL"),
            ),
        ),
    ),
)


def _packer(tick: int, chance: Random, setpoint: float) -> Mapping[str, Any]:
    speed = near(setpoint, chance, highest=90, spread=0.4)
    jammed = tick % 60 > 55
    stations = [
        {
            "Torque": round(chance.gauss(4.2, 0.1), 2),
            "Cycles": tick * (2 - number),
            "Jammed": jammed,
        }
        for number in range(2)
    ]
    return {
        "Running": not jammed,
        "CasesPacked": tick // 2,
        "Speed": 0.0 if jammed else speed,
        "Stations": stations,
        "Program:Main.Step": 90 if jammed else 10 * (tick % 4),
    }


PACKER = Machine(
    tags=(
        SceneTag("Running"),
        SceneTag("CasesPacked"),
        SceneTag("Speed"),
        SceneTag("SpeedSetpoint", access=Access.WRITABLE),
        SceneTag("Recipe", access=Access.WRITABLE),
        SceneTag("Stations"),
        SceneTag("Program:Main.Step", "Step"),
    ),
    asked="SpeedSetpoint",
    shown=_packer,
)

CONVEYOR_PROGRAM = cip.Program(
    tags=(
        cip.Tag("Running", "BOOL", True),
        cip.Tag("Parts", "UDINT"),
        cip.Tag("Speed", "REAL"),
        cip.Tag("SpeedReference", "REAL", 0.8),
        cip.Tag("Zones", "INT[4]"),
    )
)


def _conveyor(tick: int, chance: Random, reference: float) -> Mapping[str, Any]:
    return {
        "Parts": tick * 3 // 2,
        "Speed": near(reference, chance, highest=3, spread=0.1),
        "Zones": [int((tick + zone) % 4 < 2) for zone in range(4)],
    }


CONVEYOR = Machine(
    tags=(
        SceneTag("Running"),
        SceneTag("Parts"),
        SceneTag("Speed"),
        SceneTag("SpeedReference", access=Access.WRITABLE),
        SceneTag("Zones"),
    ),
    asked="SpeedReference",
    shown=_conveyor,
)

MIXER_PROJECT = ads.Project(
    symbols=(
        ads.Symbol("MAIN.Tank", "ST_Tank"),
        ads.Symbol("MAIN.Mode", "E_Mode"),
        ads.Symbol("MAIN.Speed", "LREAL"),
        ads.Symbol("MAIN.SpeedSetpoint", "LREAL", 120.0),
        ads.Symbol("MAIN.Batch", "STRING(20)"),
        ads.Symbol("MAIN.Elapsed", "TIME"),
    ),
    types=(
        ads.Enumeration("E_Mode", {"Filling": 0, "Mixing": 1, "Draining": 2}),
        ads.Struct(
            "ST_Tank",
            (
                ads.Field("Level", "REAL"),
                ads.Field("Temperature", "REAL"),
                ads.Field("Valves", "ARRAY [1..3] OF BOOL"),
            ),
        ),
    ),
)
_CYCLE = 40


def _mixer(tick: int, chance: Random, setpoint: float) -> Mapping[str, Any]:
    batch, moment = divmod(tick, _CYCLE)
    mode = 0 if moment < 10 else 1 if moment < 30 else 2
    level = (10.0 * moment, 100.0, 10.0 * (_CYCLE - moment))[mode]
    tank = {
        "Level": level,
        "Temperature": round(chance.gauss(21.5, 0.2), 1),
        "Valves": [valve == mode for valve in range(3)],
    }
    return {
        "MAIN.Tank": tank,
        "MAIN.Mode": mode,
        "MAIN.Speed": near(setpoint, chance, highest=300, spread=1.5) if mode == 1 else 0.0,
        "MAIN.Batch": f"MIX-{batch + 1:04d}",
        "MAIN.Elapsed": 1000 * moment,
    }


MIXER = Machine(
    tags=(
        SceneTag("MAIN.Tank", "Tank"),
        SceneTag("MAIN.Mode", "Mode"),
        SceneTag("MAIN.Speed", "Speed"),
        SceneTag("MAIN.SpeedSetpoint", "SpeedSetpoint", access=Access.WRITABLE),
        SceneTag("MAIN.Batch", "Batch"),
        SceneTag("MAIN.Elapsed", "Elapsed"),
    ),
    asked="MAIN.SpeedSetpoint",
    shown=_mixer,
)

LABELLER_PROGRAM = cip.Program(
    tags=(
        cip.Tag("Labels", "UDINT"),
        cip.Tag("Head", "Head"),
        cip.Tag("Torque", "LREAL[3]"),
        cip.Tag("LabelText", "STRING(20)", "BEST BEFORE 2027"),
        cip.Tag("LastLabel", "STRING(40)"),
    ),
    types=(
        cip.Record(
            "Head",
            (
                cip.Member("Angle", "REAL"),
                cip.Member("Ribbon", "INT"),
                cip.Member("Ready", "BOOL"),
            ),
        ),
    ),
)


def _labeller(tick: int, chance: Random, text: str) -> Mapping[str, Any]:
    return {
        "Labels": tick,
        "Head": {"Angle": 7.5 * (tick % 48), "Ribbon": 500 - tick % 500, "Ready": tick % 5 > 0},
        "Torque": [round(chance.gauss(1.5, 0.05), 2) for _ in range(3)],
        "LastLabel": f"{text} #{tick}",
    }


LABELLER = Machine(
    tags=(
        SceneTag("Labels"),
        SceneTag("Head"),
        SceneTag("Torque"),
        SceneTag("LabelText", access=Access.WRITABLE),
        SceneTag("LastLabel"),
    ),
    asked="LabelText",
    shown=_labeller,
)
