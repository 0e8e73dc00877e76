"""A ledger written to be obviously right: a list of what happened, every sum added up from it anew.

It shares no code with the ledger that it judges and speaks the runner's lines, as plain dicts.
"""

from typing import Any

Line = dict[str, Any]
_MAX = 2**128 - 1


class NaiveLedger:
    def __init__(self) -> None:
        self.flags: dict[tuple[str, str], list[str]] = {}
        self.done: list[Line] = []  # transfers, posts and voids that took effect

    def handle(self, c: Line) -> Line:
        if c["type"] == "open_account":
            return self._open(c)
        name = "account_id" if c["type"] == "balance" else "transfer_id"
        if c["type"] == "balance":
            reason = None if (c["account_id"], c["asset"]) in self.flags else "unknown_account"
        else:
            c = self._resolved(c)
            earlier = self._find(c["transfer_id"])
            if earlier is not None and earlier == c:
                return {"type": "ok", "transfer_id": c["transfer_id"], "exists": True}
            if earlier is not None:
                reason = "exists_with_different_content"
            else:
                reason = self._refuse_transfer(c) if c["type"] == "transfer" else self._refuse_settling(c)
        if reason:
            return {"type": "rejected", name: c[name], "reason": reason}
        if c["type"] == "balance":
            return {**c, **self.sums(c["account_id"], c["asset"])}
        self.done.append(c)
        return {"type": "ok", "transfer_id": c["transfer_id"]}

    def _open(self, c: Line) -> Line:
        key, flags = (c["account_id"], c["asset"]), sorted(set(c["flags"]))
        answer = {"account_id": c["account_id"]}
        if key in self.flags:
            if self.flags[key] == flags:
                return {"type": "ok", **answer, "exists": True}
            return {"type": "rejected", **answer, "reason": "exists_with_different_content"}
        if len(flags) == 2:
            return {"type": "rejected", **answer, "reason": "flags_are_mutually_exclusive"}
        self.flags[key] = flags
        return {"type": "ok", **answer}

    def _find(self, transfer_id: int) -> Line | None:
        return next((line for line in self.done if line["transfer_id"] == transfer_id), None)

    def _resolved(self, c: Line) -> Line:
        """The command as it would take effect: defaults filled in."""
        if c["type"] == "transfer":
            return {"pending": False, **c}
        if c["type"] == "post" and "amount" not in c:
            pending = self._find(c["pending_id"]) or {}
            return {**c, "amount": pending.get("amount", 0)}
        return c

    def sums(self, account_id: str, asset: str) -> Line:
        total = dict.fromkeys(("debits_pending", "debits_posted", "credits_pending", "credits_posted"), 0)
        for t in self.done:
            if t["type"] != "transfer" or t["asset"] != asset:
                continue
            end = next((s for s in self.done if s.get("pending_id") == t["transfer_id"]), None)
            for side, name in (("debit", "debits"), ("credit", "credits")):
                if t[side] == account_id and not t["pending"]:
                    total[f"{name}_posted"] += t["amount"]
                elif t[side] == account_id and end is None:
                    total[f"{name}_pending"] += t["amount"]
                elif t[side] == account_id and end is not None and end["type"] == "post":
                    total[f"{name}_posted"] += end["amount"]
        return total

    def _refuse_transfer(self, c: Line) -> str | None:
        if not 1 <= c["amount"] <= _MAX:
            return "amount"
        if c["debit"] == c["credit"]:
            return "same_account"
        if (c["debit"], c["asset"]) not in self.flags or (c["credit"], c["asset"]) not in self.flags:
            return "unknown_account"
        debit, credit = self.sums(c["debit"], c["asset"]), self.sums(c["credit"], c["asset"])
        debits = debit["debits_pending"] + debit["debits_posted"] + c["amount"]
        given = credit["credits_pending"] + credit["credits_posted"] + c["amount"]
        if max(debits, given) > _MAX:
            return "overflow"
        debit_flags, credit_flags = self.flags[c["debit"], c["asset"]], self.flags[c["credit"], c["asset"]]
        if "debits_must_not_exceed_credits" in debit_flags and debits > debit["credits_posted"]:
            return "exceeds_credits"
        if "credits_must_not_exceed_debits" in credit_flags and given > credit["debits_posted"]:
            return "exceeds_debits"
        return None

    def _refuse_settling(self, c: Line) -> str | None:
        pending = self._find(c["pending_id"])
        if c.get("amount", 0) < 0:
            return "amount"
        if pending is None:
            return "pending_not_found"
        if not pending.get("pending"):
            return "pending_not_pending"
        for line in self.done:
            if line.get("pending_id") == c["pending_id"]:
                return "already_posted" if line["type"] == "post" else "already_voided"
        return "exceeds_pending_amount" if c.get("amount", 0) > pending["amount"] else None
