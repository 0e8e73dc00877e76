//! What an account calls its orders: which are live, and which names it has used.

use std::hash::{BuildHasher, RandomState};

use super::model::{ClientOrderId, Risk};
use super::named::{AccountId, Id as _};
use super::orders::OrderHandle;

impl Risk {
    /// The account's live order of this name: `account.live.get` of the reference.
    #[inline]
    pub fn live(&self, account: AccountId, client_order_id: &str) -> Option<OrderHandle> {
        self.live_hashed(self.name_hash(account, client_order_id), account, client_order_id)
    }

    /// `hash`: the `name_hash` of both.
    pub(super) fn live_hashed(
        &self,
        hash: u32,
        account: AccountId,
        client_order_id: &str,
    ) -> Option<OrderHandle> {
        let is_it = |place| {
            let order = &self.orders[OrderHandle::from_index(place)];
            order.account == account && order.client_order_id.as_bytes() == client_order_id.as_bytes()
        };
        self.live.find(hash, is_it).map(OrderHandle::from_index)
    }

    /// Whether the account has used this name, or has a live order of it. `hash`: its `name_hash`.
    #[inline]
    pub fn is_taken(&self, account: AccountId, client_order_id: &str, hash: u32) -> bool {
        self.is_recent_hashed(hash, account, client_order_id)
            || self.live_hashed(hash, account, client_order_id).is_some()
    }

    /// Look where a live order will be found by a name that has this hash. The answer means nothing.
    #[inline]
    pub(super) fn look(&self, hash: u32) -> u64 {
        self.live.look(hash)
    }

    /// The same, of a name that the account has used.
    #[inline]
    pub(super) fn look_at_recent(&self, hash: u32, account: AccountId) -> u64 {
        self.recent[account.place()].look(hash)
    }

    /// The account's orders, in no order that matters.
    pub fn orders_of(&self, account: AccountId) -> impl Iterator<Item = OrderHandle> + '_ {
        let first = self.accounts[account].first_order;
        std::iter::successors(first, |&order| self.orders[order].own.next)
    }

    /// Those of them that are live.
    pub fn live_of(&self, account: AccountId) -> impl Iterator<Item = OrderHandle> + '_ {
        self.orders_of(account)
            .filter(|&order| self.orders[order].own.is_live)
    }

    /// Put an order that has just got its number among its account's.
    pub fn own(&mut self, handle: OrderHandle) {
        let account = self.orders[handle].account;
        let next = self.accounts[account].first_order.replace(handle);
        if let Some(next) = next {
            self.orders[next].own.previous = Some(handle);
        }
        let own = &mut self.orders[handle].own;
        (own.previous, own.next) = (None, next);
    }

    /// Put an order among its account's live ones.
    pub fn enlist(&mut self, handle: OrderHandle) {
        let own = &mut self.orders[handle].own;
        own.is_live = true;
        self.live.insert(own.name_hash, handle.to_index());
    }

    /// Take an order off its account's live ones.
    pub fn delist(&mut self, handle: OrderHandle) {
        let own = &mut self.orders[handle].own;
        own.is_live = false;
        self.live.remove(own.name_hash, handle.to_index());
    }

    /// An order goes, from its account too. It is not live any more.
    pub fn forget(&mut self, handle: OrderHandle) {
        let order = &self.orders[handle];
        let (account, own) = (order.account, order.own);
        match own.previous {
            Some(previous) => self.orders[previous].own.next = own.next,
            None => self.accounts[account].first_order = own.next,
        }
        if let Some(next) = own.next {
            self.orders[next].own.previous = own.previous;
        }
        self.orders.forget(handle);
    }

    /// Whether the account has used this name: `client_order_id in account.recent` of the reference.
    fn is_recent_hashed(&self, hash: u32, account: AccountId, client_order_id: &str) -> bool {
        let recent = &self.accounts[account].recent;
        let found = self.recent[account.place()].find(hash, |place| recent.at(place) == client_order_id);
        found.is_some()
    }

    /// Take a name, which has this `name_hash`, as used. One that is used already stays where it is, as in the
    /// reference's dict.
    pub fn remember(&mut self, account: AccountId, client_order_id: &ClientOrderId, hash: u32) {
        if self.is_recent_hashed(hash, account, client_order_id.as_str()) {
            return;
        }
        let (hasher, index) = (&self.hasher, &mut self.recent[account.place()]);
        let recent = &mut self.accounts[account].recent;
        index.insert(hash, recent.push(client_order_id));
        recent.shorten(|place, name| index.remove(name_hash(hasher, account, name), place));
    }

    /// By which an account's name is found: keyed, since participants choose names.
    pub fn name_hash(&self, account: AccountId, client_order_id: &str) -> u32 {
        name_hash(&self.hasher, account, client_order_id)
    }
}

fn name_hash(hasher: &RandomState, account: AccountId, client_order_id: &str) -> u32 {
    hasher.hash_one((account, client_order_id.as_bytes())) as u32
}

#[cfg(test)]
mod tests {
    use super::super::definitions::new_participant;
    use super::super::model::{CLIENT_ORDER_IDS_KEPT, ClientOrderId, Risk};

    /// More than the places that a name may have, so that they are all used again.
    const TAKEN: usize = 2 * CLIENT_ORDER_IDS_KEPT;

    #[test]
    fn an_account_knows_the_names_that_it_used_last_and_no_earlier_one() {
        let mut risk = Risk::new(0);
        let participant = risk.participants.add("alice", new_participant("alice"));
        let account = risk.add_account("alice", participant);
        let name = |number: usize| format!("order-{number}");
        for number in 0..TAKEN {
            for name in [name(number), name(number / 2 * 2)] {
                risk.remember(
                    account,
                    &ClientOrderId::new(&name),
                    risk.name_hash(account, &name),
                );
            }
            let oldest = (number + 1).saturating_sub(CLIENT_ORDER_IDS_KEPT);
            let is_taken = |name: String| risk.is_taken(account, &name, risk.name_hash(account, &name));
            assert!(is_taken(name(number)));
            assert!(is_taken(name(oldest)));
            assert!(oldest == 0 || !is_taken(name(oldest - 1)));
        }
        let kept = risk.accounts[account].recent.iter().map(str::to_owned);
        assert!(kept.eq((TAKEN - CLIENT_ORDER_IDS_KEPT..TAKEN).map(name)));
    }
}
