"""Programs that tests of ADS servers load."""

from warlogix.simulators.ads import (
    Access,
    Alias,
    Enumeration,
    Field,
    FunctionBlock,
    Project,
    Struct,
    Symbol,
)

BASE = 0x5DC00
WIRE = Project(
    symbols=(
        Symbol("MAIN.Count", "DINT", 0x01020304),
        Symbol("MAIN.Flags", "ST_Flags", {"A": True, "C": True, "Level": 7}),
        Symbol("MAIN.Grid", "ARRAY [0..1,-1..1] OF INT", [[1, 2, 3], [4, 5, 6]]),
        Symbol("MAIN.Names", "ARRAY [1..2] OF STRING(3)", ["one", "tw"]),
        Symbol("GVL.Höhe", "T_Level", 1.5, access=Access.READ_ONLY, comment="in m"),
        Symbol("GVL.Next", "POINTER TO INT"),
        Symbol("GVL.Other", "REFERENCE TO INT"),
        Symbol("GVL.Mode", "E_Mode", 1),
        Symbol("GVL.Percent", "INT (0..100)", 50),
        Symbol("GVL.Timer", "FB_Timer", {"Lasting": 500}),
    ),
    types=(
        Struct(
            "ST_Flags",
            (Field("A", "BIT"), Field("B", "BIT"), Field("C", "BIT"), Field("Level", "INT")),
        ),
        Alias("T_Level", "REAL"),
        FunctionBlock("FB_Timer", (Field("Start", "BOOL"), Field("Lasting", "TIME"))),
        Enumeration("E_Mode", {"Idle": 0, "Run": 1}),
    ),
)
