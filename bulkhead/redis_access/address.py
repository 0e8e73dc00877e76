"""Where Redis is and which of its keys are ours, as one line of text.

A password is never in an address: the address names the file that holds it. So it is in no topology,
argument, log or `repr`.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

FORM = "redis://HOST:PORT/DB?prefix=TEXT&password_file=/absolute/file"
PREFIX = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""Keys of one exchange begin with it. No glob characters: erasing looks for keys that match."""


class RedisAddress(NamedTuple):
    """One database of one server, and the part of its keys that is ours."""

    host: str
    port: int
    database: int
    prefix: str
    password_file: str
    """empty: the server asks for no password"""

    def __str__(self) -> str:
        options = {"prefix": self.prefix}
        if self.password_file:
            options["password_file"] = self.password_file
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis://{host}:{self.port}/{self.database}?{urlencode(options, safe=':/')}"


def parse(address: str) -> tuple[RedisAddress, dict[str, str]] | None:
    """What `address` names, and the options in it that are others' to read; None where it is of another form.

    A user or a password in it is refused like any other form.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    database = parts.path.removeprefix("/")
    if parts.scheme != "redis" or not parts.hostname or port is None or "@" in parts.netloc or parts.fragment:
        return None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    prefix, password_file = options.pop("prefix", ""), options.pop("password_file", "")
    if not database.isdecimal() or not PREFIX.fullmatch(prefix):
        return None
    if password_file and not password_file.startswith("/"):
        return None
    return RedisAddress(parts.hostname, port, int(database), prefix, password_file), options
