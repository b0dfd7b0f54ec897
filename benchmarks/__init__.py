import signal
import sys


def end_in_order() -> None:
    """Ended by kill as by Ctrl-C: the server is stopped, and what was measured is written."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
