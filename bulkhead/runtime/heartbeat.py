"""How replicas of one shard learn that their primary has gone.

Every replica listens on a port; whoever wants to know whether it lives connects to it. It says its name, and
then a byte every so often. A process that is killed ends the connection at once, because its kernel does; one
that is stopped, or cut off, falls silent. Nothing else is said, so who connects needs no secret.
"""

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Callable

import structlog

from bulkhead.supervision.suspicion import Suspicion

BEAT_S = 0.05
CONNECT_TIMEOUT_S = 1.0
LOOPBACK = "127.0.0.1"

_log = structlog.get_logger()


class Heart:
    """Beats for whoever listens, from `start` on, while that says so."""

    def __init__(self, address: str = LOOPBACK) -> None:
        """`address`: of this machine, where other replicas reach it."""
        self._alive: Callable[[], bool] = bool
        self._listener = socket.create_server((address, 0))
        self._listener.setblocking(False)
        self._closing = threading.Event()
        port = self._listener.getsockname()[1]
        self.name = f"pid {os.getpid()} on {socket.gethostname()} at {address}:{port}"
        """what it says when somebody connects, and what its lease says of its holder"""
        self._watchers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._thread.start()

    @property
    def watched(self) -> bool:
        """Whether somebody listens."""
        return bool(self._watchers)

    def _run(self) -> None:
        while not self._closing.wait(BEAT_S):
            self._admit()
            if self._alive():
                self._watchers = [watcher for watcher in self._watchers if _beat(watcher, b"\n")]

    def _admit(self) -> None:
        while True:
            try:
                watcher, _ = self._listener.accept()
            except BlockingIOError:
                return
            watcher.setblocking(False)
            if _beat(watcher, self.name.encode() + b"\n"):
                self._watchers.append(watcher)

    def close(self) -> None:
        """Whoever listens takes it for a death."""
        self._closing.set()
        self._thread.join()
        for watcher in self._watchers:
            watcher.close()
        self._listener.close()


def _beat(watcher: socket.socket, data: bytes) -> bool:
    """Whether it is still there. One that does not read loses beats, and then suspects, which is harmless."""
    try:
        watcher.send(data)
    except BlockingIOError:
        return True
    except OSError:
        watcher.close()
        return False
    return True


class Watch:
    """Listens to the heart of one primary at a time, and says whether it is to be suspected.

    `wake` is called when it is, from a thread of its own.
    """

    def __init__(self, after_s: float, wake: Callable[[], None]) -> None:
        """`after_s`: how long a primary may be silent, or none be there."""
        self._suspicion = Suspicion(int(after_s * 1e6), _now_us())
        self._wake = wake
        self._name = ""
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._closing = False
        self.suspects = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def follow(self, name: str) -> None:
        """Whom to listen to from now on: the name that its heart says, empty for nobody."""
        if name != self._name:
            self._name = name
            self.suspects = False
            self._stir()

    def allow(self, after_s: float) -> None:
        """How long a primary may be silent from now on."""
        self._suspicion.allow(int(after_s * 1e6))
        self._stir()

    def close(self) -> None:
        self._closing = True
        self._stir()
        self._thread.join()
        self._woken.close()
        self._waker.close()

    def _stir(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it has been stirred already
            self._waker.send(b"\0")

    def _run(self) -> None:
        while not self._closing:
            name = self._name
            self._suspicion.follow(_now_us())
            with contextlib.ExitStack() as stack:
                heart = _connected(name) if name else None
                if heart is not None:
                    stack.enter_context(heart)
                elif name:
                    self._suspicion.lost()
                self._listen(heart, name)

    def _listen(self, heart: socket.socket | None, name: str) -> None:
        """Until another is to be followed."""
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if heart is not None:
            poll.register(heart, select.POLLIN)
        greeting = b""
        while True:
            left_us = self._suspicion.left_us(_now_us())
            # What has been said is heard before its absence is judged: this process may have slept itself.
            ready = poll.poll(left_us / 1000 if left_us else 0 if not self.suspects else None)
            if any(descriptor == self._woken.fileno() for descriptor, _ in ready):
                self._woken.recv(64)
                return
            if ready and heart is not None:
                data = _said(heart)
                if len(greeting) <= len(name):
                    greeting += data[: len(name) + 1]
                wrong = not f"{name}\n".encode().startswith(greeting[: len(name) + 1])
                if not data or wrong:
                    poll.unregister(heart)
                    heart = None
                    self._suspicion.lost()
                else:
                    self._suspicion.heard(_now_us())
            suspects = self._suspicion.suspects(_now_us())
            if suspects and not self.suspects:
                self.suspects = True
                _log.warning("suspects its primary", primary=name or "nobody", gone=heart is None)
                self._wake()
            elif not suspects:
                self.suspects = False


def _connected(name: str) -> socket.socket | None:
    """A connection to the heart of that name; None where there is none."""
    _, _, address = name.rpartition(" at ")
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return None
    try:
        return socket.create_connection((host, int(port)), CONNECT_TIMEOUT_S)
    except OSError:
        return None


def _said(heart: socket.socket) -> bytes:
    """What has come; b"" when it has ended."""
    try:
        return heart.recv(4096)
    except OSError:
        return b""


def _now_us() -> int:
    return time.monotonic_ns() // 1000
