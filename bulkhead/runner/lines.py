"""The loop of a JSON-lines run: one command a line in, its answers as lines out, errors told and survived."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from typing import Any, BinaryIO, Final

Command = dict[str, Any]
"""A decoded line: a JSON object. Its values are checked by `fields` before anything looks at them."""

Handle = Callable[[Command], list[str]]
"""Carry out a command and give its answers, each one line of JSON; raise InputError for an ill-formed one."""

# What is read at once: as much as a pipe holds. To read and write line by line costs more than the commands.
_BLOCK_BYTES: Final = 65_536

_WHITESPACE: Final = b" \t\r\n"  # JSON's own: RFC 8259, section 2


class InputError(Exception):
    """A line that is not a command. Its text says what is wrong and what would be right."""


def run(source: BufferedIOBase, sink: BinaryIO, handle: Handle) -> int:
    """Carry out every line of `source`, answers to `sink`; the number of error lines.

    An ill-formed line changes nothing and is answered by {"type":"error","line","reason"}, counted from 1;
    blank lines are skipped and counted. The answers to all lines that are there are written and flushed
    before more input is waited for, so a program may write a line and read what it caused.
    """
    errors = number = 0
    with _integers_of_any_length():
        for lines in _arriving(source):
            answers: list[str] = []
            for line in lines:
                number += 1
                text = line.strip(_WHITESPACE)
                if not text:
                    continue
                try:
                    answers += handle(decode(text))
                except InputError as error:
                    errors += 1
                    answers.append(f'{{"type":"error","line":{number},"reason":{json.dumps(str(error))}}}')
            _write(sink, answers)
    return errors


def _arriving(source: BufferedIOBase) -> Iterator[list[bytes]]:
    """The lines, as many at a time as there are without waiting; the last one may lack its end."""
    begun = b""
    while block := source.read1(_BLOCK_BYTES):
        *lines, begun = (begun + block).split(b"\n")
        yield lines
    yield [begun]


@contextmanager
def _integers_of_any_length() -> Iterator[None]:
    """Lift CPython's limit of 4300 digits: a longer integer is out of range, which is no error."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(before)


def decode(line: bytes) -> Command:
    """One line as a JSON object in which no key stands twice. Raises InputError."""
    try:
        value = _DECODER.decode(line.decode())
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: byte {error.start} of the line; write JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise InputError("nested too deeply; a command is one flat JSON object") from None
    if type(value) is not dict:
        raise InputError('a command is a JSON object with a "type"')
    return value


def _object(pairs: list[tuple[str, Any]]) -> Command:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"field {twice} stands twice; give it once")
    return value


def _constant(name: str) -> Any:
    raise InputError(f"{name} is not JSON; numbers are integers")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _write(sink: BinaryIO, lines: list[str]) -> None:
    if lines:
        sink.write(("\n".join(lines) + "\n").encode())
        sink.flush()
