"""Tells readers that wait in other processes that a partition has more.

A waiting reader has a UNIX datagram socket in the partition's folder; after each commit a writer sends one
byte to every socket there (130 us from commit to awake, nothing while idle; polling at 1 ms costs 3% of a
core for every reader). A nudge may get lost: it only ever shortens a wait, so a reader also looks by
itself now and then.
"""

import contextlib
import os
import secrets
import select
import socket
import threading
import time
from pathlib import Path

import structlog

# How long a reader that was not nudged waits before it looks by itself.
FALLBACK_S = 0.2
# The same where sockets can't be had (a file system without them): 3% of a core would be 1 ms.
FALLBACK_WITHOUT_SOCKET_S = 0.01

# sockaddr_un holds 108 bytes on Linux and 104 elsewhere, one of them for the final zero.
_PATH_BYTES_MAX = 100
# A folder's mtime moves in steps of up to 10 ms: a listing younger than this may be missing a socket
# that was bound within the same step.
_SETTLED_NS = 50_000_000

_log = structlog.get_logger()


def _address(directory: Path, descriptor: int, name: str) -> str:
    """A path to `name` in `directory` that is short enough for a socket, via the open folder if it must."""
    direct = str(directory / name)
    if len(os.fsencode(direct)) <= _PATH_BYTES_MAX:
        return direct
    return f"/proc/self/fd/{descriptor}/{name}"


class Listener:
    """The reader's end: waits for a nudge or for `wake`, whichever comes first."""

    def __init__(self, directory: Path) -> None:
        self._socket: socket.socket | None = None
        self._path = directory / f"{os.getpid()}-{secrets.token_hex(4)}.sock"
        self._woken, self._wake = socket.socketpair()
        self._closing = threading.Lock()
        """`wake` may come from any thread, also when this end is closed or just being closed"""
        self._closed = False
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        self.fallback_s = FALLBACK_S if self._bind(directory) else FALLBACK_WITHOUT_SOCKET_S

    def _bind(self, directory: Path) -> bool:
        nudged = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        nudged.setblocking(False)
        try:
            directory.mkdir(exist_ok=True)
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                nudged.bind(_address(directory, descriptor, self._path.name))
            finally:
                os.close(descriptor)
        except OSError as error:
            nudged.close()
            _log.warning("log_reader_without_nudge", folder=str(directory), error=str(error))
            return False
        self._socket = nudged
        self._poll.register(nudged, select.POLLIN)
        return True

    def wait(self, timeout_s: float) -> bool:
        """Wait for a nudge or a wake, also one that came before; False when `timeout_s` seconds are over."""
        ready = self._poll.poll(max(timeout_s, 0) * 1000)
        for descriptor, _ in ready:
            if descriptor == self._woken.fileno():
                _drain(self._woken)
            elif self._socket is not None:
                _drain(self._socket)
        return bool(ready)

    def wake(self) -> None:
        """Make `wait` return, from any thread; harmless when closed, for then nobody waits."""
        # A full buffer means that a wake is waiting already.
        with self._closing, contextlib.suppress(BlockingIOError):
            if not self._closed:
                self._wake.send(b"\0")

    def close(self) -> None:
        with self._closing:
            self._closed = True
            self._woken.close()
            self._wake.close()
        if self._socket is not None:
            self._socket.close()
            self._path.unlink(missing_ok=True)


def _drain(source: socket.socket) -> None:
    try:
        while source.recv(64):
            pass
    except BlockingIOError:
        return


class Nudger:
    """The writer's end: `nudge` wakes every reader that listens in the folder."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._directory = directory
        self._descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._listeners: list[tuple[str, str]] = []
        self._listed_mtime_ns = -1

    def nudge(self) -> None:
        """Wake whoever listens; never waits, and never fails for a listener's state."""
        for name, address in self._listening():
            try:
                self._socket.sendto(b"\0", address)
            except BlockingIOError:
                continue  # its buffer is full of nudges that it has not looked at
            except ConnectionRefusedError:
                # Its process was killed. Names are never used twice, so nobody else can have bound it.
                (self._directory / name).unlink(missing_ok=True)
                self._listed_mtime_ns = -1
            except FileNotFoundError:
                self._listed_mtime_ns = -1

    def _listening(self) -> list[tuple[str, str]]:
        """Names and addresses of the sockets in the folder."""
        mtime_ns = os.fstat(self._descriptor).st_mtime_ns
        if mtime_ns != self._listed_mtime_ns:
            names = sorted(name for name in os.listdir(self._directory) if name.endswith(".sock"))
            self._listeners = [(name, _address(self._directory, self._descriptor, name)) for name in names]
            settled = time.time_ns() - mtime_ns > _SETTLED_NS
            self._listed_mtime_ns = mtime_ns if settled else -1
        return self._listeners

    def close(self) -> None:
        self._socket.close()
        os.close(self._descriptor)
