"""A proxy before a git server, which cuts, swallows or refuses what passes once it is armed."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Cut(Enum):
    """What an armed proxy does."""

    NOTHING = "nothing, it counts"
    UP = "cut while sending"  # after that many bytes of the client
    DOWN = "cut while answering"  # after that many bytes of the server
    SWALLOW = "nothing comes through"
    REFUSE = "connection refused"


@dataclass(slots=True)
class Proxy:
    """Bytes that passed while it was armed, by direction; `fired` is how often it struck."""

    port: int
    cut: Cut
    after: int
    armed: Callable[[], bool]
    passed: dict[Cut, int] = field(default_factory=lambda: {Cut.UP: 0, Cut.DOWN: 0})
    fired: int = 0

    def allows(self, direction: Cut, count: int) -> bool:
        """Whether bytes may pass; once it has struck, nothing does until it is disarmed."""
        if not self.armed():
            return True
        self.passed[direction] += count
        strikes = self.cut is Cut.SWALLOW or (self.cut is direction and self.passed[direction] > self.after)
        self.fired += strikes
        return not strikes


@contextmanager
def proxy(target: int, cut: Cut, armed: Path, after: int = 0) -> Iterator[Proxy]:
    """A proxy before the port `target`; it is armed while the file is there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Proxy(server.getsockname()[1], cut, after, armed.exists)
        serving = threading.Thread(target=_serve, args=(server, target, made), daemon=True)
        serving.start()
        try:
            yield made
        finally:
            server.shutdown(socket.SHUT_RDWR)
            serving.join()


def _serve(server: socket.socket, target: int, made: Proxy) -> None:
    """Take connections until the server is shut down, then end those that are still open."""
    open_ends: list[socket.socket] = []
    threads: list[threading.Thread] = []
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            open_ends.append(client)
            if made.cut is Cut.REFUSE and made.armed():
                made.fired += 1
                _reset(client)
                continue
            upstream = socket.create_connection(("127.0.0.1", target))
            open_ends.append(upstream)
            thread = threading.Thread(target=_connection, args=(client, upstream, made), daemon=True)
            thread.start()
            threads.append(thread)
    for end in open_ends:
        _shut(end)
    for thread in threads:
        thread.join()
    for end in open_ends:
        end.close()


def _connection(client: socket.socket, upstream: socket.socket, made: Proxy) -> None:
    ends = (client, upstream)
    down = threading.Thread(target=_pipe, args=(upstream, client, ends, Cut.DOWN, made), daemon=True)
    down.start()
    _pipe(client, upstream, ends, Cut.UP, made)
    down.join()
    for end in ends:
        end.close()


def _pipe(
    source: socket.socket, sink: socket.socket, ends: tuple[socket.socket, ...], direction: Cut, made: Proxy
) -> None:
    with suppress(OSError):
        # Few bytes at a time, so that a cut comes where it is asked for.
        while data := source.recv(256):
            if made.allows(direction, len(data)):
                sink.sendall(data)
            elif made.cut is not Cut.SWALLOW:
                for end in ends:
                    _reset(end)
                return
        sink.shutdown(socket.SHUT_WR)


def _reset(end: socket.socket) -> None:
    """End it with a reset, as a connection ends whose other side has vanished."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _shut(end)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
