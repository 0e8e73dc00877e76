"""What of a risk shard can halt by itself: an account."""

from bulkhead.domain.risk.model import Account


def account_subject(account: Account) -> str:
    return f"account {account.account_id}"
