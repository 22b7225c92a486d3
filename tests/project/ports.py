"""Ports on loopback for servers that tests start."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

MOST = 500  # of a worker


def free_port() -> int:
    """A port that nobody else gets: each worker has its own, below those that the system gives to clients."""
    for port in _ports:
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is left")


def _ports_of_this_worker() -> Iterator[int]:
    first = 20_000 + MOST * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    begin = os.getpid() % MOST  # another run on this machine begins elsewhere
    return iter([*range(first + begin, first + MOST), *range(first, first + begin)])


_ports = _ports_of_this_worker()
