"""The variables that TwinCAT itself adds to every program: what it tells of the application."""

from dataclasses import replace

from warlogix.simulators.ads.project import Access, Field, Project, Struct, Symbol

APP_INFO = "TwinCAT_SystemInfoVarList._AppInfo"
ONLINE_CHANGES = f"{APP_INFO}.OnlineChangeCnt"
_INFO = Struct(
    "PlcAppSystemInfo",
    (
        Field("ObjId", "UDINT"),
        Field("TaskCnt", "UDINT"),
        Field("OnlineChangeCnt", "UDINT"),
        Field("Flags", "DWORD"),
        Field("AdsPort", "UINT"),
        Field("BootDataLoaded", "BOOL"),
        Field("OldBootData", "BOOL"),
        Field("AppTimestamp", "DT"),
        Field("KeepOutputsOnBP", "BOOL"),
        Field("ShutdownInProgress", "BOOL"),
        Field("LicensesPending", "BOOL"),
        Field("BSODOccured", "BOOL"),
        Field("LoggedIn", "BOOL"),
        Field("AppName", "STRING(63)"),
        Field("ProjectName", "STRING(63)"),
    ),
)


def with_system(project: Project, ams_port: int, online_changes: int) -> Project:
    """A project as it runs: with TwinCAT's own variables behind its own."""
    info = Symbol(
        APP_INFO,
        _INFO.name,
        {
            "TaskCnt": 1,
            "OnlineChangeCnt": online_changes,
            "AdsPort": ams_port,
            "AppName": f"Port_{ams_port}",
        },
        access=Access.READ_ONLY,
    )
    return replace(project, symbols=(*project.symbols, info), types=(*project.types, _INFO))
