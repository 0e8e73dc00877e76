"""A double-entry ledger with two-phase transfers: the reference. The native engine has
what settlement asks of it.

An account is a pair (account_id, asset_id) with four sums: debits and credits, each pending and posted.
A transfer debits one account and credits another of the same asset by the same amount, at once or in two
steps (pending, then posted or voided). So over all accounts of an asset debits equal credits, always.

    commands   what the ledger is asked, and what it answers
    contents   accounts and what is remembered of transfers
    accounts   opening an account, and closing it
    transfers  transfers, posted at once or pending
    settling   posting and voiding a pending transfer
    linked     several commands, all or none
    state      the canonical plain state, and the way back from it
    ledger     the commands together
"""
