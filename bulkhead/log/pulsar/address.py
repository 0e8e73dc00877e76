"""The address of a log on Pulsar, and the names that follow from it."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

FORM = "pulsar://HOST:PORT/TENANT/NAMESPACE?admin=http://HOST:PORT"
SECURED_FORM = "pulsar+ssl://HOST:PORT/TENANT/NAMESPACE?admin=https://HOST:PORT&token=FILE[&ca=FILE]"

# Pulsar allows more; so much reads the same in a path, in a URL and in its tools.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# What Pulsar itself appends to a partitioned topic's name; and its own topics begin with two underscores.
_RESERVED = re.compile(r".*-partition-[0-9]+|__.*")


class PulsarAddress(NamedTuple):
    """`service_url` is where clients connect, `admin_url` the REST API of the same cluster.

    With TLS, `token` is the file of the role's token, and `ca` that of the authority that both certificates
    are trusted by; empty: the machine's own authorities.
    """

    service_url: str
    admin_url: str
    tenant: str
    namespace: str
    token: str = ""
    ca: str = ""

    def topic(self, topic: str) -> str:
        return f"persistent://{self.tenant}/{self.namespace}/{topic}"

    def partition(self, topic: str, number: int) -> str:
        """Pulsar's name of one partition, which it takes wherever it takes a topic's."""
        return f"{self.topic(topic)}-partition-{number}"

    def __str__(self) -> str:
        return f"{self.service_url}/{self.tenant}/{self.namespace}"


def parse(address: str) -> PulsarAddress | None:
    """The parts of an address of the form `FORM` or `SECURED_FORM`; None for anything else."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    admin = urlsplit(options.pop("admin", ""))
    token, ca = options.pop("token", ""), options.pop("ca", "")
    secured = parts.scheme == "pulsar+ssl"
    names = parts.path.split("/")[1:]
    if (
        parts.scheme not in ("pulsar", "pulsar+ssl")
        or not parts.netloc
        or parts.fragment
        or options
        or secured != bool(token)
        or (ca and not secured)
        or admin.scheme not in (("https",) if secured else ("http", "https"))
        or not admin.netloc
        or admin.path not in ("", "/")
        or len(names) != 2
        or not all(_NAME.fullmatch(name) for name in names)
    ):
        return None
    return PulsarAddress(
        f"{parts.scheme}://{parts.netloc}", f"{admin.scheme}://{admin.netloc}", names[0], names[1], token, ca
    )


def check_name(topic: str) -> None:
    """ValueError for a name that Pulsar takes for something else."""
    if _RESERVED.fullmatch(topic):
        raise ValueError(
            f"{topic!r} can't be a topic on Pulsar, which gives names that end with -partition-NUMBER or"
            f" begin with __ a meaning of its own; choose another"
        )
