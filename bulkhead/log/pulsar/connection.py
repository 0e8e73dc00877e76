"""The client of one address: how it is made, in the one way that suits an exchange."""

import os

from pulsar import Client, FileLogger, LoggerLevel

from bulkhead.log.pulsar.address import PulsarAddress
from bulkhead.log.pulsar.credentials import Credentials

OPERATION_TIMEOUT_S = 10
"""Of one try to make a producer or a reader; the tries follow each other for as long as it takes."""


def connect(address: PulsarAddress, credentials: Credentials) -> Client:
    """It connects to nothing yet."""
    return Client(
        address.service_url,
        **credentials.client_options(),
        operation_timeout_seconds=OPERATION_TIMEOUT_S,
        stats_interval_in_seconds=0,
        # Else it prints on standard output, which belongs to the command. What it calls errors are
        # thousands of lines when a topic moves; what matters comes as an error's name.
        logger=FileLogger(LoggerLevel.Error, os.devnull),
    )
