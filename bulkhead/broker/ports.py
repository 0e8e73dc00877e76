"""Ports on the loopback interface that nothing listens on."""

import random
import socket

from bulkhead.broker.kind import PortNumbers
from bulkhead.broker.problem import BrokerError

# Below 32768, where Linux begins to give ports to outgoing connections: one that is free now stays free.
RANGE = (20_000, 32_767)
TRIES = 200


def choose(standard: PortNumbers, asked: PortNumbers, recorded: PortNumbers) -> dict[str, int]:
    """For each port, by use: the one asked for (not 0), else the recorded one, else the standard (0: there is
    none) or any free.

    BrokerError when one that was asked for or recorded is taken: clients know it, another would not do.
    """
    chosen: dict[str, int] = {}
    for use, usual in standard.items():
        taken = list(chosen.values())
        fixed = asked.get(use, 0) or recorded.get(use, 0)
        if fixed and (fixed in taken or not is_free(fixed)):
            raise BrokerError(
                f"port {fixed} on 127.0.0.1, which is to be the server's {use} port, is taken: end what"
                f" listens there, or choose another port"
            )
        chosen[use] = fixed or (usual if usual and usual not in taken and is_free(usual) else _any(taken))
    return chosen


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
