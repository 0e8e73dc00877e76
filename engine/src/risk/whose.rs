//! Of whom a snapshot tells: of everybody, or of participants who leave.

use std::collections::BTreeSet;

use crate::wire::vocabulary::KillScope;

use super::keys::{Key, permission::EVERYTHING};
use super::model::{Account, Participant, Risk};
use super::named::{AccountId, Name, ParticipantId};
use super::orders::OrderHandle;

/// Rows of a snapshot, in its order: by name, by public key, by order id, by scope and name.
pub struct Whose<'a> {
    pub participants: Vec<(ParticipantId, &'a Name, &'a Participant)>,
    pub accounts: Vec<(AccountId, &'a Name, &'a Account)>,
    pub sessions: Vec<&'a Key>,
    /// Keys that may not do everything.
    pub restricted: Vec<&'a Key>,
    pub watches: Vec<&'a Key>,
    pub kills: Vec<(KillScope, &'a str, i64)>,
    pub orders: Vec<OrderHandle>,
}

impl<'a> Whose<'a> {
    pub fn everybody(risk: &'a Risk) -> Self {
        let keys = risk.keys.sorted();
        let those = |is_meant: fn(&Key) -> bool| keys.iter().copied().filter(|key| is_meant(key)).collect();
        Self {
            participants: risk.participants.sorted(),
            accounts: risk.accounts.sorted(),
            sessions: those(|key| key.session.is_some()),
            restricted: those(|key| key.permissions != EVERYTHING),
            watches: those(|key| key.watch.is_some()),
            kills: risk.kills.iter().collect(),
            orders: risk.orders.by_id(|_| true),
        }
    }

    /// Those whose slots `are_meant`. It costs what they have, and a look at each participant, key and switch.
    pub fn of_slots(risk: &'a Risk, are_meant: impl Fn(i64) -> bool) -> Self {
        let mut participants: Vec<_> = risk.participants.iter().collect();
        participants.retain(|(_, _, each)| are_meant(each.slot));
        participants.sort_unstable_by_key(|&(_, name, _)| name);
        let ids: BTreeSet<_> = participants.iter().map(|&(id, ..)| id).collect();
        let mut accounts = Vec::new();
        for (_, _, each) in &participants {
            let theirs = each.accounts.iter();
            accounts.extend(theirs.map(|&id| (id, risk.accounts.name(id), &risk.accounts[id])));
        }
        accounts.sort_unstable_by_key(|&(_, name, _)| name);
        let mut orders: Vec<_> = accounts.iter().flat_map(|&(id, ..)| risk.orders_of(id)).collect();
        orders.sort_unstable_by_key(|&order| risk.orders[order].order_id);
        let is_theirs = |name: &str| risk.participants.find(name).is_some_and(|id| ids.contains(&id));
        let mut sessions = risk.keys.sorted();
        let mut watches = sessions.clone();
        sessions.retain(|key| {
            key.session
                .as_ref()
                .is_some_and(|session| is_theirs(&session.owner))
        });
        watches.retain(|key| {
            key.watch
                .as_ref()
                .is_some_and(|watch| ids.contains(&watch.participant))
        });
        let stops = |scope, name: &str| match scope {
            KillScope::Account => {
                let account = risk.accounts.find(name);
                account.is_some_and(|id| ids.contains(&risk.accounts[id].participant))
            }
            KillScope::Participant | KillScope::Own => is_theirs(name),
            _ => false,
        };
        Self {
            restricted: sessions
                .iter()
                .copied()
                .filter(|key| key.permissions != EVERYTHING)
                .collect(),
            kills: risk
                .kills
                .iter()
                .filter(|&(scope, name, _)| stops(scope, name))
                .collect(),
            participants,
            accounts,
            sessions,
            watches,
            orders,
        }
    }
}
