"""`bulkhead run ledger`: the double-entry ledger on a file of JSON lines.

The adapter between the runner's contract and `bulkhead.domain.ledger`: no rule of the ledger is in here.
"""

import json
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import BinaryIO, Final

from bulkhead.domain.ledger.commands import (
    CREDITS_MUST_NOT_EXCEED_DEBITS,
    DEBITS_MUST_NOT_EXCEED_CREDITS,
    OpenAccount,
    Post,
    RefusalReason,
    Refused,
    Result,
    Transfer,
    Void,
)
from bulkhead.domain.ledger.ledger import Ledger
from bulkhead.runner.fields import Shape, check, command_type
from bulkhead.runner.lines import Command, InputError, run

_FLAGS: Final[Mapping[str, int]] = {
    "debits_must_not_exceed_credits": DEBITS_MUST_NOT_EXCEED_CREDITS,
    "credits_must_not_exceed_debits": CREDITS_MUST_NOT_EXCEED_DEBITS,
}

_SHAPES: Final[Mapping[str, Shape]] = {
    "open_account": Shape({"account_id": str, "asset": str, "flags": list}),
    "transfer": Shape(
        {"transfer_id": int, "debit": str, "credit": str, "asset": str, "amount": int}, {"pending": bool}
    ),
    "post": Shape({"transfer_id": int, "pending_id": int}, {"amount": int}),
    "void": Shape({"transfer_id": int, "pending_id": int}),
    "balance": Shape({"account_id": str, "asset": str}),
}


def run_ledger(source: BufferedIOBase, sink: BinaryIO) -> int:
    """Run every line of `source` on one new ledger, answers to `sink`; the number of error lines."""
    return run(source, sink, LedgerRunner().handle)


class LedgerRunner:
    """One ledger; every command gets exactly one answer."""

    def __init__(self) -> None:
        self._ledger = Ledger()
        self._handlers: Mapping[str, Callable[[Ledger, Command], str]] = {
            "open_account": _open_account,
            "transfer": _transfer,
            "post": _post,
            "void": _void,
            "balance": _balance,
        }

    def handle(self, command: Command) -> list[str]:
        """Carry out one command; its answer, a line of JSON. Raises InputError, the ledger unchanged."""
        kind = command_type(command, _SHAPES)
        check(command, _SHAPES[kind])
        return [self._handlers[kind](self._ledger, command)]


def _open_account(ledger: Ledger, command: Command) -> str:
    flags = 0
    for flag in command["flags"]:
        if type(flag) is not str or flag not in _FLAGS:
            raise InputError(f"open_account: flags must be a list of {', '.join(_FLAGS)}")
        flags |= _FLAGS[flag]
    result = ledger.open_account(OpenAccount(command["account_id"], command["asset"], flags))
    return _answer("account_id", json.dumps(command["account_id"]), result)


def _transfer(ledger: Ledger, command: Command) -> str:
    transfer = Transfer(
        command["transfer_id"],
        command["debit"],
        command["credit"],
        command["asset"],
        command["amount"],
        command.get("pending", False),
    )
    return _answer("transfer_id", command["transfer_id"], ledger.apply(transfer))


def _post(ledger: Ledger, command: Command) -> str:
    post = Post(command["transfer_id"], command["pending_id"], command.get("amount"))
    return _answer("transfer_id", command["transfer_id"], ledger.apply(post))


def _void(ledger: Ledger, command: Command) -> str:
    void = Void(command["transfer_id"], command["pending_id"])
    return _answer("transfer_id", command["transfer_id"], ledger.apply(void))


def _balance(ledger: Ledger, command: Command) -> str:
    account = ledger.account(command["account_id"], command["asset"])
    if account is None:
        return _answer(
            "account_id", json.dumps(command["account_id"]), Refused(RefusalReason.UNKNOWN_ACCOUNT)
        )
    return (
        f'{{"type":"balance","account_id":{json.dumps(account.account_id)},'
        f'"asset":{json.dumps(account.asset_id)},'
        f'"debits_pending":{account.debits_pending},"debits_posted":{account.debits_posted},'
        f'"credits_pending":{account.credits_pending},"credits_posted":{account.credits_posted}}}'
    )


def _answer(name: str, identity: int | str, result: Result) -> str:
    """The one answer to a command; `identity` is the JSON of what the field `name` holds."""
    if isinstance(result, Refused):
        return f'{{"type":"rejected","{name}":{identity},"reason":"{result.reason}"}}'
    exists = ',"exists":true' if result.exists else ""
    return f'{{"type":"ok","{name}":{identity}{exists}}}'
