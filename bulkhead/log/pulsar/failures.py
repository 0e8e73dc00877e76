"""What the client's errors mean to the exchange."""

from pulsar import PulsarException

from bulkhead.errors import FatalError, TemporaryError

# Somebody has to change something first. Every other error of the client passes by itself: a broker that
# is away, starts, moves a topic, is busy, or still knows a producer of a process that has just died.
_FATAL = {
    "AuthenticationError": "check this role's token or certificate",
    "AuthorizationError": "grant this role what it needs on the topic",
    "CryptoError": "check the client's configuration",
    "IncompatibleSchema": "remove the schema from the topic: frames have none",
    "InvalidConfiguration": "check the log's address",
    "InvalidTopicName": "check the log's address",
    "InvalidUrl": "check the log's address",
    "MessageTooBig": "raise the broker's maxMessageSize",
    "NotAllowedError": "look into the broker's log for what it does not allow",
    "OperationNotSupported": "the broker needs to be Pulsar 4.0 or newer",
    "ProducerFenced": "another process writes in this one's place: end one of the two",
    "TopicNotFound": "create it with create_topic first, or put the right address into the topology",
    "TopicTerminated": "it was ended by an operator and takes nothing more: found the exchange anew",
    "UnsupportedVersionError": "the broker needs to be Pulsar 4.0 or newer",
}


def failure(error: PulsarException, what: str) -> TemporaryError | FatalError:
    """The error to raise for one of the client's, met while doing `what` (which names the partition)."""
    return failure_named(type(error).__name__, what)


def failure_named(name: str, what: str) -> TemporaryError | FatalError:
    """The same for an error's name, which is all that a callback is told."""
    advice = _FATAL.get(name)
    if advice is not None:
        return FatalError(f"{what}: Pulsar says {name}; {advice}")
    return TemporaryError(f"{what}: Pulsar says {name}; look at the broker if this stays")
