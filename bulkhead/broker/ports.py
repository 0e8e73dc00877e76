"""Ports on the loopback interface that nothing listens on."""

import random
import socket

from bulkhead.broker.problem import BrokerError
from bulkhead.broker.settings import Ports

STANDARD = Ports(broker=6650, web=8080, storage=3181)
"""Pulsar's own: taken where they are free, so that one server on a machine is where people look for it."""
STANDARD_SECURED = Ports(broker=6651, web=8443, storage=3181)
# Below 32768, where Linux begins to give ports to outgoing connections: one that is free now stays free.
RANGE = (20_000, 32_767)
TRIES = 200


def choose(asked: Ports, recorded: Ports | None, standards: Ports = STANDARD) -> Ports:
    """For each port: the one asked for (not 0), else the recorded one, else the standard or any free one.

    BrokerError when one that was asked for or recorded is taken: clients know it, another would not do.
    """
    chosen: list[int] = []
    for name, want, known, standard in zip(
        Ports._fields, asked, recorded or Ports(0, 0, 0), standards, strict=True
    ):
        fixed = want or known
        if fixed and (fixed in chosen or not is_free(fixed)):
            raise BrokerError(
                f"port {fixed} on 127.0.0.1, which is to be the server's {name} port, is taken: end what"
                f" listens there, or choose another port"
            )
        chosen.append(fixed or (standard if standard not in chosen and is_free(standard) else _any(chosen)))
    return Ports(*chosen)


def _any(besides: list[int]) -> int:
    for _ in range(TRIES):
        port = random.randint(*RANGE)
        if port not in besides and is_free(port):
            return port
    raise BrokerError(f"no free port found between {RANGE[0]} and {RANGE[1]}: give them with --port")


def is_free(port: int) -> bool:
    """Nothing listens on it, on loopback or on all interfaces."""
    with socket.socket() as probe:
        # As the server does: connections that have just ended there are not in its way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
