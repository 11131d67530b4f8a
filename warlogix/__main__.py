"""`warlogix`, and `python -m warlogix`: loads the command line and runs it."""

try:
    import signal
except KeyboardInterrupt:
    # Ctrl-C right after Enter. What comes before this line is Python's own.
    raise SystemExit(130) from None


def main() -> None:
    """Run one command and leave with its status.

    Until its tasks begin a Ctrl-C ends it like any program, without a traceback: a great deal is
    loaded by then, and some of that takes a Ctrl-C for an error of its own.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from warlogix import cli

    cli.main()


if __name__ == "__main__":
    main()
