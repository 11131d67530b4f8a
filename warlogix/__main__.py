"""`warlogix`, and `python -m warlogix`: loads the command line and runs it."""

try:
    import signal
except KeyboardInterrupt:
    # Ctrl-C right after Enter. What comes before this line is Python's own.
    raise SystemExit(130) from None


def main() -> None:
    """Run one command and leave with its status.

    A Ctrl-C while it is still being loaded ends it like any program, without a traceback.
    """
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from warlogix import cli

    signal.signal(signal.SIGINT, interrupted)
    cli.main()


if __name__ == "__main__":
    main()
