"""What operators say of the processes that an exchange runs in. No machine does anything about it."""

from bulkhead.domain.message import message


@message
class ChangeProcess:
    """Operator -> control: what runs is about to be changed, by whoever has signed this. Control tells
    nobody: it is for who reads the log later.
    """

    action: str
    """create, change, replace or delete"""
    kind: str
    """actor: a shard's process; boundary: what several of them share; placement: what boundaries have for
    themselves on nodes"""
    name: str
    """such as book/0.b: the second process of book/0"""
    what: str
    """what is other than it was, in the words of the plan"""
    reason: str
