"""A link to a server that lets few bytes through, and tells how many have passed."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PIECE = 16_384


@dataclass(slots=True)
class Link:
    """`port` is its own; `sent` are bytes that came from clients. `pause_s` after each 16 kB of theirs."""

    port: int
    pause_s: float
    sent: int = 0


@contextmanager
def slow_link(target: int, pause_s: float) -> Iterator[Link]:
    """A link to the local port `target`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Link(server.getsockname()[1], pause_s)
        ends: list[socket.socket] = []
        accepting = threading.Thread(target=_accept, args=(server, target, link, ends), daemon=True)
        accepting.start()
        try:
            yield link
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


def _accept(server: socket.socket, target: int, link: Link, ends: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            upstream = socket.create_connection(("127.0.0.1", target))
            ends += [client, upstream]
            for source, sink in ((client, upstream), (upstream, client)):
                how = {"up": source is client}
                threading.Thread(target=_pipe, args=(source, sink, link), kwargs=how, daemon=True).start()


def _pipe(source: socket.socket, sink: socket.socket, link: Link, *, up: bool) -> None:
    with suppress(OSError):
        while data := source.recv(PIECE):
            sink.sendall(data)
            if up:
                link.sent += len(data)
                time.sleep(link.pause_s)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
