//! Slots that leave this risk shard, or come to it: participants with all that is known of them.
//!
//! What a snapshot tells of who moves travels as its rows, each as its bytes. Who moves costs what they have, and
//! not what others have who stay and trade on.

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::domain::{Handled, Trouble};
use crate::machine::snapshot::{Entries, value};
use crate::machine::streams::Outbox;
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::messages::{
    ExpectSlots, LeaveSlots, MovedAway, MovedHere, SettlementRetired, SlotsExpected, SlotsGiven,
    SlotsLeaving, SlotsMoved, SlotsState, SlotsSwitched,
};
use crate::wire::vocabulary::KillScope;

use super::cancel::send_cancel;
use super::definitions::new_participant;
use super::keys::{PublicKey, permission::EVERYTHING};
use super::kill_switch::end_what_was_refused;
use super::model::{Coming, Leaving, Risk};
use super::named::{AccountId, ParticipantId};
use super::orders::OrderHandle;
use super::risk_events::tell_breaches;
use super::state::{self, save_theirs};
use super::whose::Whose;

const CONTROL: &str = "control/0";
const SECTIONS: [&str; 18] = [
    "participants",
    "rates",
    "sessions",
    "restricted",
    "accounts",
    "account_states",
    "kills",
    "watches",
    "protections",
    "near",
    "orders",
    "mass_cancels",
    "released",
    "links",
    "parked",
    "doomed",
    "cancel_ratios",
    "caps",
];
/// Of them a state has these, even where they are empty.
const NEEDED: [&str; 4] = ["participants", "accounts", "sessions", "orders"];
const DEFERRED: &str = "deferred";
const PIECE_WEIGHT: usize = 1024;
const ROW_WEIGHT: usize = 16;

/// Rows of a section, each as its bytes.
type Rows<'a> = Vec<&'a [u8]>;

pub fn leave_slots(risk: &mut Risk, event: &LeaveSlots, out: &mut Outbox) -> Handled {
    risk.leaving = Some(Leaving {
        move_id: event.move_id,
        first_slot: event.first_slot,
        last_slot: event.last_slot,
        new: event.new,
        books: event.book_shards,
        settlements: event.settlement_shards,
        ..Leaving::default()
    });
    begin_leaving(risk, out);
    Ok(())
}

/// Ask everybody to switch; while a lost book has to say BookCleared it waits for that.
pub fn begin_leaving(risk: &mut Risk, out: &mut Outbox) {
    let is_lost = risk.instruments.iter().any(|(_, _, each)| each.lost.is_some());
    let Some(leaving) = &mut risk.leaving else {
        return;
    };
    if leaving.begun || is_lost {
        return;
    }
    leaving.begun = true;
    let asked = SlotsLeaving {
        move_id: leaving.move_id,
        first_slot: leaving.first_slot,
        last_slot: leaving.last_slot,
        old: risk.shard,
        new: leaving.new,
    };
    for number in 0..leaving.books {
        leaving.awaited.insert(format!("book/{number}").into());
        out.send(&format!("books/{number}"), &asked);
    }
    for number in 0..leaving.settlements {
        if risk.retired_settlement.contains(&number) {
            continue;
        }
        let settlement = format!("settlement/{number}");
        out.send(&settlement, &asked);
        leaving.awaited.insert(settlement.into());
    }
}

pub fn settlement_retired(risk: &mut Risk, event: &SettlementRetired, _: &mut Outbox) -> Handled {
    risk.retired_settlement.insert(event.settlement_shard);
    Ok(())
}

pub fn slots_switched(risk: &mut Risk, event: &SlotsSwitched<'_>, out: &mut Outbox) -> Handled {
    let leaving = risk
        .leaving
        .as_mut()
        .filter(|leaving| leaving.move_id == event.move_id);
    let Some(leaving) = leaving.filter(|leaving| leaving.awaited.contains(event.shard)) else {
        return Err(Trouble::Impossible(format!(
            "{} answers move {}, which it was not asked for",
            event.shard, event.move_id
        )));
    };
    leaving.awaited.remove(event.shard);
    if leaving.awaited.is_empty() {
        give(risk, out)?;
    }
    Ok(())
}

/// All that will ever be heard of the slots here has been heard.
fn give(risk: &mut Risk, out: &mut Outbox) -> Handled {
    let leaving = risk.leaving.as_ref().expect("slots leave");
    check_not_lost(risk, leaving)?;
    tell_breaches(risk, out);
    let leaving = risk.leaving.take().expect("slots leave");
    let slots = leaving.first_slot..=leaving.last_slot;
    let away = Whose::of_slots(risk, |slot| slots.contains(&slot));
    for &(participant, _, each) in &away.participants {
        let moved = MovedAway {
            last_sequence: each.last_sequence,
            risk_shard: leaving.new,
            move_id: leaving.move_id,
        };
        out.say(risk.reports(participant), &moved);
    }
    let mut state = Writer::default();
    save_theirs(risk, &away, &mut state);
    let gone = Gone::from(&away);
    forget(risk, &gone);
    let written = "a state that was just written";
    let entries = Entries::read(&mut Reader::new(state.as_bytes())).expect(written);
    let destination = format!("orders/{}", leaving.new);
    for section in SECTIONS {
        if let Some(from) = entries.get(section) {
            let rows = rows_of(from).expect(written);
            send_pieces(&leaving, section, &rows, &destination, out);
        }
    }
    let deferred: Vec<Vec<u8>> = leaving.deferred.iter().map(deferred_row).collect();
    let deferred: Rows<'_> = deferred.iter().map(Vec::as_slice).collect();
    send_pieces(&leaving, DEFERRED, &deferred, &destination, out);
    let given = SlotsGiven {
        move_id: leaving.move_id,
    };
    out.send(&destination, &given);
    Ok(())
}

/// Control does not have orders released while slots are on their way.
fn check_not_lost(risk: &Risk, leaving: &Leaving) -> Handled {
    let slots = leaving.first_slot..=leaving.last_slot;
    for (_, instrument_id, instrument) in risk.instruments.sorted() {
        let given_up = instrument
            .lost
            .iter()
            .flat_map(|given_up| given_up.keys().copied());
        for participant in risk.participants.sort(given_up) {
            if slots.contains(&risk.participants[participant].slot) {
                let name = risk.participants.name(participant);
                return Err(Trouble::Impossible(format!(
                    "{name} leaves, and the orders of {instrument_id} were released meanwhile"
                )));
            }
        }
    }
    Ok(())
}

/// What is to be forgotten.
struct Gone {
    participants: Vec<ParticipantId>,
    accounts: Vec<AccountId>,
    sessions: Vec<PublicKey>,
    watches: Vec<PublicKey>,
    kills: Vec<(KillScope, Box<str>)>,
    orders: Vec<OrderHandle>,
}

impl From<&Whose<'_>> for Gone {
    fn from(away: &Whose<'_>) -> Self {
        Self {
            participants: away.participants.iter().map(|&(id, ..)| id).collect(),
            accounts: away.accounts.iter().map(|&(id, ..)| id).collect(),
            sessions: away.sessions.iter().map(|key| key.public_key).collect(),
            watches: away.watches.iter().map(|key| key.public_key).collect(),
            kills: away
                .kills
                .iter()
                .map(|&(scope, name, _)| (scope, name.into()))
                .collect(),
            orders: away.orders.clone(),
        }
    }
}

fn deferred_row(&order_id: &i64) -> Vec<u8> {
    let mut row = Writer::default();
    row.int(order_id);
    row.into_bytes()
}

fn send_pieces(leaving: &Leaving, section: &str, rows: &Rows<'_>, destination: &str, out: &mut Outbox) {
    let (mut begin, mut weight) = (0, 0);
    let mut send = |rows: &[&[u8]]| {
        let state = SlotsState {
            move_id: leaving.move_id,
            section,
            rows: &array(rows),
        };
        out.send(destination, &state);
    };
    for (place, row) in rows.iter().enumerate() {
        let heavy = weigh(section, row).expect("a row that was just written");
        if place > begin && weight + heavy > PIECE_WEIGHT {
            send(&rows[begin..place]);
            (begin, weight) = (place, 0);
        }
        weight += heavy;
    }
    if begin < rows.len() {
        send(&rows[begin..]);
    }
}

/// An account has its balances, and the names that it has used.
fn weigh(section: &str, row: &[u8]) -> Read<usize> {
    if section != "accounts" {
        return Ok(ROW_WEIGHT);
    }
    let mut from = Reader::new(row);
    from.array_of(4)?;
    from.skip()?;
    from.skip()?;
    let balances = value(&mut from)?;
    Ok(1 + Reader::new(balances).array()? + from.array()?)
}

fn array(rows: &[&[u8]]) -> Vec<u8> {
    let mut to = Writer::default();
    to.array(rows.len());
    for row in rows {
        to.raw(row);
    }
    to.into_bytes()
}

fn rows_of<'a>(mut from: Reader<'a>) -> Read<Rows<'a>> {
    (0..from.array()?).map(|_| value(&mut from)).collect()
}

/// What leaves goes; nothing else is touched.
fn forget(risk: &mut Risk, gone: &Gone) {
    let mut links = BTreeSet::new();
    for &order in &gone.orders {
        if risk.orders[order].own.is_live {
            risk.delist(order);
        }
        links.extend(risk.orders[order].link);
        risk.forget(order);
    }
    for link in links {
        risk.links.discard(link);
    }
    for (scope, name) in &gone.kills {
        risk.kills.turn_off(*scope, name);
    }
    for public_key in &gone.watches {
        let id = risk.keys.entry(public_key);
        risk.keys.watch(id, None);
    }
    for public_key in &gone.sessions {
        let id = risk.keys.entry(public_key);
        let key = &mut risk.keys[id];
        (key.session, key.participant, key.permissions) = (None, None, EVERYTHING);
    }
    for &account in &gone.accounts {
        risk.remove_account(account);
    }
    for &participant in &gone.participants {
        risk.protected.remove(&participant);
        risk.near.remove(&participant);
        risk.participants.remove(participant, new_participant(""));
    }
}

pub fn expect_slots(risk: &mut Risk, event: &ExpectSlots, out: &mut Outbox) -> Handled {
    let move_id = event.move_id;
    risk.coming = Some(Coming {
        move_id,
        ..Coming::default()
    });
    out.send(CONTROL, &SlotsExpected { move_id });
    Ok(())
}

pub fn slots_state(risk: &mut Risk, event: &SlotsState<'_>, _: &mut Outbox) -> Handled {
    let coming = coming(risk, event.move_id)?;
    coming.pieces.push((event.section.into(), event.rows.into()));
    Ok(())
}

fn coming(risk: &mut Risk, move_id: i64) -> Result<&mut Coming, Trouble> {
    let announced = risk.coming.as_mut().filter(|coming| coming.move_id == move_id);
    announced
        .ok_or_else(|| Trouble::Impossible(format!("slots of move {move_id} come, and were not announced")))
}

pub fn slots_given(risk: &mut Risk, event: &SlotsGiven, out: &mut Outbox) -> Handled {
    let move_id = event.move_id;
    let coming = std::mem::take(coming(risk, move_id)?);
    risk.coming = None;
    let unreadable = |Malformed(text)| Trouble::Raised(text.to_owned());
    let moved = gathered(&coming).map_err(unreadable)?;
    let Arrived {
        participants,
        deferred,
    } = Arrived::of(&moved).map_err(unreadable)?;
    let mut known = participants.iter();
    if let Some(name) = known.find(|name| risk.participants.find(name).is_some()) {
        return Err(Trouble::Impossible(format!("{name} comes, and is here already")));
    }
    take_in(risk, moved).map_err(unreadable)?;
    tell_arrived(risk, move_id, &participants, out);
    for order_id in deferred {
        // One that has ended is asked for too: its cancel has missed.
        let order = risk.orders.find(order_id).expect("an order that has come");
        send_cancel(risk, order, out);
    }
    // A switch that was thrown while they were on their way.
    let instruments: Vec<_> = risk.instruments.sorted().into_iter().map(|(id, ..)| id).collect();
    for instrument in instruments {
        end_what_was_refused(risk, instrument, out);
    }
    out.send(CONTROL, &SlotsMoved { move_id });
    Ok(())
}

struct Arrived {
    participants: BTreeSet<Box<str>>,
    /// Orders whose cancels were put off.
    deferred: Vec<i64>,
}

/// Rows by section.
type Moved<'a> = BTreeMap<&'a str, Rows<'a>>;

fn gathered(coming: &Coming) -> Read<Moved<'_>> {
    let mut moved = Moved::new();
    for (section, rows) in &coming.pieces {
        let rows = rows_of(Reader::new(rows))?;
        moved.entry(section).or_default().extend(rows);
    }
    Ok(moved)
}

impl Arrived {
    fn of(moved: &Moved<'_>) -> Read<Self> {
        let rows = |section| moved.get(section).into_iter().flatten();
        let deferred = rows(DEFERRED).map(|row| Reader::new(row).int());
        let participants = rows("participants").map(|row| {
            let mut from = Reader::new(row);
            from.array_of(2)?;
            from.array()?;
            from.text().map(Into::into)
        });
        Ok(Self {
            participants: participants.collect::<Read<_>>()?,
            deferred: deferred.collect::<Read<_>>()?,
        })
    }
}

/// Put what has come beside what is here.
fn take_in(risk: &mut Risk, mut moved: Moved<'_>) -> Read<()> {
    moved.remove(DEFERRED);
    for section in NEEDED {
        moved.entry(section).or_default();
    }
    let mut state = Writer::default();
    state.map(moved.len());
    for (section, rows) in &moved {
        state.text(section);
        state.raw(&array(rows));
    }
    let entries = Entries::read(&mut Reader::new(state.as_bytes()))?;
    state::take_in(risk, &entries)
}

fn tell_arrived(risk: &Risk, move_id: i64, participants: &BTreeSet<Box<str>>, out: &mut Outbox) {
    for key in risk.keys.sorted() {
        let Some(session) = &key.session else {
            continue;
        };
        if !participants.contains(&session.owner) {
            continue;
        }
        let participant = risk.participants.known(&session.owner);
        let here = MovedHere {
            last_sequence: risk.participants[participant].last_sequence,
            risk_shard: risk.shard,
            public_key: &key.public_key,
            epoch: session.epoch,
            last: session.last(),
            move_id,
        };
        out.say(risk.reports(participant), &here);
    }
}
