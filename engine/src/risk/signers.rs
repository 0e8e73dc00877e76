//! Participants as signers of streams: which commands they have, and what they are told of their streams.

use crate::machine::domain::{SessionId, Signers};
use crate::machine::sessions::Session;
use crate::machine::streams::Outbox;
use crate::wire::event::{Message, type_number};
use crate::wire::messages::{
    CancelOrder, CommandRefused, Event, GapDetected, PlaceOrder, RequestRejected, SessionOpened,
    StaleSession, StreamMismatch,
};
use crate::wire::vocabulary::Reason;

use super::cancel::{cancel_order, reject_cancel};
use super::checks::owned_account;
use super::disconnect::{forget_watch, heard, set_disconnect};
use super::isolation::account_subject;
use super::keys::permission::{CANCEL, TRADE};
use super::kill_switch::{kill_own, release_own};
use super::listing::{live_orders, request_orders, tell_orders};
use super::mass_cancel::mass_cancel;
use super::mass_quote::{mass_quote, reject_quotes};
use super::model::Risk;
use super::named::ParticipantId;
use super::place::{place_order, reject};
use super::place_linked::{place_linked, refuse_all};
use super::protection::{reset_protection, set_protection};
use super::refusal::Refusal;
use super::replace::{reject_replace, replace_order};

/// Permissions, of which the signer's key needs one; 0: none. None: no command of participants.
fn needed(message: &Event<'_>) -> Option<i64> {
    match message {
        Event::Heartbeat(_) | Event::RequestOrders(_) => Some(0),
        Event::CancelOrder(_) | Event::MassCancel(_) | Event::KillOwn(_) | Event::SetDisconnect(_) => {
            Some(TRADE | CANCEL)
        }
        Event::PlaceOrder(_)
        | Event::ReplaceOrder(_)
        | Event::PlacePair(_)
        | Event::PlaceBracket(_)
        | Event::MassQuote(_)
        | Event::SetProtection(_)
        | Event::ResetProtection(_)
        | Event::ReleaseOwn(_) => Some(TRADE),
        _ => None,
    }
}

/// The account that a command is about; None where it is about all of the participant.
fn account_id<'a>(message: &Event<'a>) -> Option<&'a str> {
    match message {
        Event::PlaceOrder(command) => Some(command.account_id),
        Event::CancelOrder(command) => Some(command.account_id),
        Event::ReplaceOrder(command) => Some(command.account_id),
        Event::PlacePair(command) => Some(command.limit.account_id),
        Event::PlaceBracket(command) => Some(command.entry.account_id),
        Event::MassCancel(command) => Some(command.account_id),
        Event::RequestOrders(command) => command.account_id,
        Event::MassQuote(command) => Some(command.account_id),
        _ => None,
    }
}

/// What names a request; None: it is none of those that are answered by RequestRejected.
fn request_id<'a>(message: &Event<'a>) -> Option<&'a str> {
    match message {
        Event::MassCancel(command) => Some(command.request_id),
        Event::RequestOrders(command) => Some(command.request_id),
        Event::SetProtection(command) => Some(command.request_id),
        Event::ResetProtection(command) => Some(command.request_id),
        Event::SetDisconnect(command) => Some(command.request_id),
        Event::KillOwn(command) => Some(command.request_id),
        Event::ReleaseOwn(command) => Some(command.request_id),
        _ => None,
    }
}

/// Tell that a request is not granted. It is named as the participant did, with the account, if one.
pub fn reject_request(
    risk: &Risk,
    participant: ParticipantId,
    (request_id, account_id): (&str, Option<&str>),
    refusal: Refusal,
    out: &mut Outbox,
) {
    let told = RequestRejected {
        last_sequence: risk.participants[participant].last_sequence,
        request_id,
        account_id,
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    out.say(risk.reports(participant), &told);
}

impl Risk {
    /// Whose event is the next of the session's stream, which has been heard with it.
    fn taken(&mut self, session: SessionId) -> ParticipantId {
        let participant = self.signer(session);
        self.participants[participant].last_sequence = self.session_at(session).last();
        heard(self, session);
        participant
    }

    fn session_at(&self, session: SessionId) -> &Session {
        let session = self.keys[session].session.as_ref();
        session.expect("a key that is registered")
    }

    fn carry_out(
        &mut self,
        session: SessionId,
        participant: ParticipantId,
        message: &Event<'_>,
        out: &mut Outbox,
    ) {
        match message {
            Event::PlaceOrder(command) => place_order(self, participant, command, out),
            Event::CancelOrder(command) => cancel_order(self, participant, command, out),
            Event::ReplaceOrder(command) => replace_order(self, participant, command, out),
            Event::PlacePair(pair) => place_linked(self, participant, &[&pair.limit, &pair.stop], out),
            Event::PlaceBracket(bracket) => {
                let legs = [&bracket.entry, &bracket.limit, &bracket.stop];
                place_linked(self, participant, &legs, out);
            }
            Event::MassCancel(command) => mass_cancel(self, participant, command, out),
            Event::RequestOrders(command) => request_orders(self, participant, command, out),
            Event::MassQuote(command) => mass_quote(self, participant, command, out),
            Event::SetProtection(command) => set_protection(self, participant, command, out),
            Event::ResetProtection(command) => reset_protection(self, participant, command, out),
            Event::KillOwn(command) => kill_own(self, participant, command, out),
            Event::ReleaseOwn(command) => release_own(self, participant, command, out),
            Event::SetDisconnect(command) => set_disconnect(self, participant, session, command, out),
            Event::Heartbeat(_) => {}
            _ => unreachable!("`needed` knows the commands"),
        }
    }

    fn reject(
        &mut self,
        session: SessionId,
        message: Option<&Event<'_>>,
        refusal: Refusal,
        out: &mut Outbox,
    ) {
        let participant = self.taken(session);
        let told = CommandRefused {
            last_sequence: self.participants[participant].last_sequence,
            reason: refusal.reason,
            bound: refusal.bound,
            actual: refusal.actual,
        };
        let Some(message) = message else {
            return out.say(self.reports(participant), &told);
        };
        match message {
            Event::PlaceOrder(command) => reject(self, participant, command, refusal, out),
            Event::CancelOrder(command) => {
                let named = (command.account_id, command.client_order_id);
                reject_cancel(self, participant, named, refusal, out);
            }
            Event::ReplaceOrder(command) => {
                let named = (command.account_id, command.client_order_id);
                reject_replace(self, participant, named, refusal, out);
            }
            Event::PlacePair(pair) => {
                let legs: [&PlaceOrder<'_>; 2] = [&pair.limit, &pair.stop];
                refuse_all(self, participant, &legs, refusal, out);
            }
            Event::PlaceBracket(bracket) => {
                let legs = [&bracket.entry, &bracket.limit, &bracket.stop];
                refuse_all(self, participant, &legs, refusal, out);
            }
            Event::MassQuote(command) => reject_quotes(self, participant, command, None, refusal, out),
            message => match request_id(message) {
                Some(request_id) => {
                    let request = (request_id, account_id(message));
                    reject_request(self, participant, request, refusal, out);
                }
                None => out.say(self.reports(participant), &told),
            },
        }
    }
}

impl Signers for Risk {
    fn session(&self, public_key: &[u8; 32]) -> Option<SessionId> {
        self.keys.session(public_key)
    }

    fn at(&mut self, session: SessionId) -> &mut Session {
        let session = self.keys[session].session.as_mut();
        session.expect("a key that is registered")
    }

    fn command(&mut self, session: SessionId, message: &Event<'_>, out: &mut Outbox) -> bool {
        let Some(needed) = needed(message) else {
            return false;
        };
        let participant = self.taken(session);
        if !matches!(message, Event::Heartbeat(_)) && self.is_leaving(participant) {
            self.reject(session, Some(message), Refusal::plain(Reason::SlotMoving), out);
            return true;
        }
        let has = self.keys[session].permissions;
        if needed == 0 || needed & has != 0 {
            self.carry_out(session, participant, message, out);
        } else {
            let refusal = Refusal::new(Reason::KeyPermission, needed, has);
            self.reject(session, Some(message), refusal, out);
        }
        true
    }

    fn take(&mut self, session: SessionId, event: &[u8], out: &mut Outbox) -> bool {
        if self.is_leaving(self.signer(session)) {
            return false; // `command` refuses it
        }
        let has = self.keys[session].permissions;
        match type_number(event) {
            Ok(PlaceOrder::NUMBER) if has & TRADE != 0 => {
                let Ok(command) = PlaceOrder::decode(event) else {
                    return false;
                };
                let participant = self.taken(session);
                place_order(self, participant, &command, out);
            }
            Ok(CancelOrder::NUMBER) if has & (TRADE | CANCEL) != 0 => {
                let Ok(command) = CancelOrder::decode(event) else {
                    return false;
                };
                let participant = self.taken(session);
                cancel_order(self, participant, &command, out);
            }
            _ => return false,
        }
        true
    }

    fn stale(&mut self, session: SessionId, epoch: i64, out: &mut Outbox) {
        let participant = self.signer(session);
        let known = self.session_at(session);
        let told = StaleSession {
            last_sequence: self.participants[participant].last_sequence,
            public_key: &known.public_key,
            epoch,
            current_epoch: known.epoch,
        };
        out.say(self.reports(participant), &told);
    }

    fn gap(&mut self, session: SessionId, expected: i64, received: i64, out: &mut Outbox) {
        let participant = self.signer(session);
        let told = GapDetected {
            last_sequence: self.participants[participant].last_sequence,
            public_key: &self.keys[session].public_key,
            expected_sequence: expected,
            received_sequence: received,
        };
        out.say(self.reports(participant), &told);
    }

    fn mismatch(&mut self, session: SessionId, expected: i64, received: i64, out: &mut Outbox) {
        let participant = self.signer(session);
        let told = StreamMismatch {
            last_sequence: self.participants[participant].last_sequence,
            public_key: &self.keys[session].public_key,
            expected_crc: expected,
            received_crc: received,
        };
        out.say(self.reports(participant), &told);
    }

    fn unreadable(&mut self, session: SessionId, reason: Reason, actual: i64, out: &mut Outbox) {
        self.reject(session, None, Refusal::new(reason, 0, actual), out);
    }

    /// The account, where it is one of the signer's; else the signer: nobody halts another's account.
    fn subject_of(&self, session: SessionId, message: Option<&Event<'_>>) -> String {
        let owner = &self.session_at(session).owner;
        if matches!(message, Some(Event::OpenSession(_))) {
            return format!("sessions of {owner}");
        }
        let named = message.and_then(account_id).zip(self.participants.find(owner));
        let owned = named.and_then(|(named, participant)| owned_account(self, named, participant).ok());
        match owned {
            Some(account) => account_subject(self, account),
            None => format!("participant {owner}"),
        }
    }

    fn refuse_to(
        &mut self,
        session: SessionId,
        message: Option<&Event<'_>>,
        reason: Reason,
        out: &mut Outbox,
    ) {
        self.reject(session, message, Refusal::plain(reason), out);
    }

    fn opened(&mut self, session: SessionId, previous_epoch: i64, previous_last: i64, out: &mut Outbox) {
        forget_watch(self, session);
        let participant = self.taken(session);
        let live = live_orders(self, participant, None);
        let known = self.session_at(session);
        let told = SessionOpened {
            last_sequence: known.last(),
            public_key: &known.public_key,
            epoch: known.epoch,
            previous_epoch,
            previous_last_sequence: previous_last,
            open_orders: live.len() as i64,
        };
        out.say(self.reports(participant), &told);
        tell_orders(self, participant, &live, out);
    }
}
