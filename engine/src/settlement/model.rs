//! What one settlement shard knows.

use crate::by_slot::BySlot;
use crate::chunks::Chunks;
use crate::ledger::contents::{AssetId, HolderId, Ledger};
use crate::ledger::transfers::{Refused, Transfer};
use crate::machine::behaviour::Behaviour;
use crate::machine::domain::{Handled, Trouble};
use crate::named::{Id as _, Name, Named, ids};

use super::early_legs::EarlyLegs;
use super::giving::Leaving;

ids! { InstrumentId ParticipantId }

/// What was discarded of accounts that had halted.
pub const SUSPENSE: &str = "suspense";

/// Accounts of the exchange itself that are asked for with every leg or deposit.
#[derive(Clone, Copy, Debug)]
pub struct OwnAccounts {
    pub house: HolderId,
    pub fees: HolderId,
    pub world: HolderId,
}

impl OwnAccounts {
    fn of(ledger: &mut Ledger) -> Self {
        Self {
            house: ledger.holder("house"),
            fees: ledger.holder("fees"),
            world: ledger.holder("external"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Instrument {
    pub base: AssetId,
    pub quote: AssetId,
}

/// The state of one settlement shard.
#[derive(Debug)]
pub struct Settlement {
    pub shard: i64,
    pub behaviour: Behaviour,
    pub tick: i64,
    pub time_ms: i64,
    pub ledger: Ledger,
    pub own: OwnAccounts,
    pub instruments: Named<InstrumentId, Instrument, 64>,
    /// By instrument: told by its book before control's definition came.
    pub early_legs: EarlyLegs,
    /// By holder: the slot of the participant whose account it is.
    slots: Chunks<Option<u16>, 1024>,
    /// Their slots; None: it has gone to another shard.
    participants: Named<ParticipantId, Option<u16>, 64>,
    /// The risk shard's partition.
    pub risk: BySlot,
    /// Transfer ids given.
    pub transfers: i64,
    /// Legs settled.
    pub legs: i64,
    pub leaving: Option<Leaving>,
}

impl Settlement {
    pub fn new(shard: i64) -> Self {
        let mut ledger = Ledger::default();
        Self {
            shard,
            behaviour: Behaviour::new(format!("settlement/{shard}"), ""),
            tick: 0,
            time_ms: 0,
            own: OwnAccounts::of(&mut ledger),
            ledger,
            instruments: Named::default(),
            early_legs: EarlyLegs::new(),
            slots: Chunks::default(),
            participants: Named::default(),
            risk: BySlot::unknown(),
            transfers: 0,
            legs: 0,
            leaving: None,
        }
    }

    /// The slot of whose account it is; None: control has opened no such account.
    pub fn slot(&self, holder: HolderId) -> Option<u16> {
        let place = holder.place();
        (place < self.slots.len()).then(|| self.slots[place]).flatten()
    }

    pub fn set_slot(&mut self, holder: HolderId, slot: u16) {
        while self.slots.len() <= holder.place() {
            self.slots.push(None);
        }
        self.slots[holder.place()] = Some(slot);
    }

    /// One that `slot` has.
    pub fn forget_slot(&mut self, holder: HolderId) {
        self.slots[holder.place()] = None;
    }

    pub fn set_participant(&mut self, participant_id: &str, slot: u16) {
        match self.participants.find(participant_id) {
            Some(known) => self.participants[known] = Some(slot),
            None => {
                self.participants.add(participant_id, Some(slot));
            }
        }
    }

    /// The slot of one that is here.
    pub fn participant(&self, participant_id: &str) -> Option<u16> {
        self.participants[self.participants.find(participant_id)?]
    }

    /// Those that are here, by name, with their slots.
    pub fn participants(&self) -> Vec<(&Name, u16)> {
        let all = self.participants.sorted().into_iter();
        all.filter_map(|(_, name, &slot)| Some((name, slot?))).collect()
    }

    /// Those of the slots that have gone.
    pub fn forget_participants(&mut self, has_gone: impl Fn(u16) -> bool) {
        for participant in self.participants.ids() {
            if self.participants[participant].is_some_and(&has_gone) {
                self.participants[participant] = None;
            }
        }
    }

    /// It happens, or the machine stops: its stream says what happened, which no ledger may refuse.
    #[inline]
    pub fn book(&mut self, transfer: Transfer) -> Handled {
        self.transfers += 1;
        let booked = self.ledger.transfer(&transfer);
        booked.map_err(|refused| self.refused(&transfer, refused))
    }

    /// One with as much on either side, or the machine stops.
    pub fn close_account(&mut self, holder: HolderId, asset: AssetId) -> Handled {
        if self.ledger.close_account(holder, asset) {
            return Ok(());
        }
        Err(Trouble::Raised(format!(
            "settlement/{}: {} has a balance of {}, and can't be closed",
            self.shard,
            self.ledger.holders.name(holder),
            self.ledger.assets.name(asset),
        )))
    }

    #[cold]
    fn refused(&self, transfer: &Transfer, refused: Refused) -> Trouble {
        let name = |holder| self.ledger.holders.name(holder);
        Trouble::Raised(format!(
            "settlement/{}: the ledger refused transfer {}, of {} {} from {} to {}: {refused}",
            self.shard,
            self.transfers,
            transfer.amount,
            self.ledger.assets.name(transfer.asset),
            name(transfer.debit),
            name(transfer.credit),
        ))
    }

    /// What there is, as it is now, to be written while this goes on: it finds nothing by a name.
    pub fn share(&mut self) -> Self {
        Self {
            behaviour: self.behaviour.clone(),
            ledger: self.ledger.share(),
            instruments: self.instruments.share(),
            early_legs: self.early_legs.clone(),
            slots: self.slots.share(),
            participants: self.participants.share(),
            risk: self.risk.clone(),
            leaving: self.leaving.clone(),
            ..*self
        }
    }
}
