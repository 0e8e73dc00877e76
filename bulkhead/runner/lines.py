"""The loop of a JSON-lines run: one command a line in, its answers as lines out, errors told and survived."""

import json
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Final

Command = dict[str, Any]
"""A decoded line: a JSON object. Its values are checked by `fields` before anything looks at them."""

Handle = Callable[[Command], list[str]]
"""Carry out a command and give its answers, each one line of JSON; raise InputError for an ill-formed one."""

# Answers are written in blocks: a write per line costs more than the command that it answers.
_BLOCK_LINES: Final = 4096

_WHITESPACE: Final = b" \t\r\n"  # JSON's own: RFC 8259, section 2


class InputError(Exception):
    """A line that is not a command. Its text says what is wrong and what would be right."""


def run(source: Iterable[bytes], sink: BinaryIO, handle: Handle) -> int:
    """Carry out every line of `source`, write the answers to `sink`, flush; the number of error lines.

    An ill-formed line changes nothing and is answered by {"type":"error","line","reason"}, counted from 1;
    blank lines are skipped and counted.
    """
    errors = 0
    waiting: list[str] = []
    for number, line in enumerate(source, 1):
        text = line.strip(_WHITESPACE)
        if not text:
            continue
        try:
            waiting += handle(decode(text))
        except InputError as error:
            errors += 1
            waiting.append(f'{{"type":"error","line":{number},"reason":{json.dumps(str(error))}}}')
        if len(waiting) >= _BLOCK_LINES:
            _write(sink, waiting)
            waiting.clear()
    _write(sink, waiting)
    sink.flush()
    return errors


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
    except ValueError:
        # The only other ValueError of the decoder: CPython's guard against quadratic conversion.
        raise InputError("a number of thousands of digits; the largest that is read has 4300") from None
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
