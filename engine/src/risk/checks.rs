//! What an order must pass. place.rs and replace.rs have their order.

use crate::wire::messages::PlaceOrder;
use crate::wire::vocabulary::{OrderType, Phase, Reason, Side, TimeInForce};

use super::model::{Instrument, Participant, Risk};
use super::named::{AccountId, ParticipantId};
use super::order::{CLIENT_ORDER_ID_LENGTH_MAX, Order};
use super::order_terms::{check_multiple, check_price, check_which_terms, is_printable, waits};
use super::refusal::{Checked, Refusal};

/// An amount fits 127 bits (`domain/amounts.py`).
pub const AMOUNT_MAX: i128 = i128::MAX;
/// What all lots of one order may cost at the highest price of its instrument (`domain/amounts.py`).
pub const NOTIONAL_MAX: i128 = 1 << 101;

/// What an order that has passed `check_terms` says, read once.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    pub side: Side,
    pub order_type: OrderType,
    pub time_in_force: TimeInForce,
    /// The limit, or the protection price.
    pub price_ticks: i64,
}

/// The account, if it is the participant's: another's is refused as if it were not there.
pub fn owned_account(
    risk: &Risk,
    account_id: &str,
    participant: ParticipantId,
) -> Result<AccountId, Refusal> {
    let account = risk.accounts.find(account_id);
    let owned = account.filter(|&account| risk.accounts[account].participant == participant);
    owned.ok_or(Refusal::plain(Reason::AccountUnknown))
}

/// Whether orders and replaces are taken at all.
pub fn check_phase(instrument: &Instrument) -> Checked {
    match instrument.phase {
        Phase::Retired => Err(Refusal::plain(Reason::InstrumentRetired)),
        Phase::Halted | Phase::Closed => Err(halted(instrument)),
        Phase::Continuous
        | Phase::PreOpen
        | Phase::Auction
        | Phase::VolatilityAuction
        | Phase::ClosingAuction => Ok(()),
    }
}

/// The refusal for an instrument's phase.
pub fn halted(instrument: &Instrument) -> Refusal {
    Refusal::new(
        Reason::InstrumentHalted,
        Phase::Continuous.number(),
        instrument.phase.number(),
    )
}

/// Side, type, time in force, and that they and what else it says go together.
pub fn check_terms(command: &PlaceOrder<'_>) -> Result<Said, Refusal> {
    let side = check_side(command.side)?;
    let order_type = OrderType::from_number(command.order_type).ok_or(Refusal::new(
        Reason::OrderType,
        0,
        command.order_type,
    ))?;
    let time_in_force = TimeInForce::from_number(command.time_in_force).ok_or(Refusal::new(
        Reason::TimeInForce,
        0,
        command.time_in_force,
    ))?;
    let is_priced = matches!(order_type, OrderType::Limit | OrderType::StopLimit);
    let (price_ticks, other) = if is_priced {
        (command.price_ticks, command.protection_price_ticks)
    } else {
        (command.protection_price_ticks, command.price_ticks)
    };
    let price_ticks = price_ticks.ok_or(Refusal::plain(Reason::PriceMissing))?;
    if let Some(other) = other {
        return Err(Refusal::new(Reason::PriceUnexpected, 0, other));
    }
    let may_be_posted = matches!(
        time_in_force,
        TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd
    );
    if command.post_only && !(is_priced && may_be_posted) {
        return Err(Refusal::plain(Reason::PostOnly));
    }
    check_client_order_id(command.client_order_id)?;
    if command.terms.is_some() || waits(order_type) || time_in_force == TimeInForce::Gtd {
        check_which_terms(command, order_type, time_in_force)?;
    }
    Ok(Said {
        side,
        order_type,
        time_in_force,
        price_ticks,
    })
}

pub fn check_side(side: i64) -> Result<Side, Refusal> {
    Side::from_number(side).ok_or(Refusal::new(Reason::Side, 0, side))
}

/// What an order may be called.
pub fn check_client_order_id(client_order_id: &str) -> Checked {
    let fits = (1..=CLIENT_ORDER_ID_LENGTH_MAX).contains(&client_order_id.len());
    if fits && is_printable(client_order_id) {
        return Ok(());
    }
    let length = client_order_id.chars().count();
    Err(Refusal::new(
        Reason::ClientOrderId,
        CLIENT_ORDER_ID_LENGTH_MAX as i64,
        length as i64,
    ))
}

/// Increments, bounds, and the notional and size of one order.
pub fn check_numbers(
    instrument: &Instrument,
    participant: &Participant,
    price_ticks: i64,
    quantity_lots: i64,
) -> Checked {
    check_price(instrument, price_ticks)?;
    check_quantity(instrument, quantity_lots)?;
    check_total(instrument, quantity_lots)?;
    if let Some(&notional_max) = participant.notional_max.get(&instrument.quote_asset) {
        let notional = notional(instrument, price_ticks, quantity_lots);
        if notional > notional_max {
            return Err(Refusal::new(Reason::NotionalLimit, notional_max, notional));
        }
    }
    let caps = participant.caps.as_deref();
    if let Some(&size_max) = caps.and_then(|caps| caps.order_size.get(&instrument.base_asset)) {
        let size = i128::from(quantity_lots) * instrument.lot_units;
        if size > size_max {
            return Err(Refusal::new(Reason::OrderSizeLimit, size_max, size));
        }
    }
    Ok(())
}

fn check_quantity(instrument: &Instrument, lots: i64) -> Checked {
    check_multiple(
        Reason::QuantityIncrement,
        instrument.quantity_increment_lots,
        lots,
    )?;
    if lots < instrument.quantity_min_lots {
        return Err(Refusal::new(
            Reason::QuantityLow,
            instrument.quantity_min_lots,
            lots,
        ));
    }
    if lots > instrument.quantity_max_lots {
        return Err(Refusal::new(
            Reason::QuantityHigh,
            instrument.quantity_max_lots,
            lots,
        ));
    }
    Ok(())
}

/// Of so many lots at a price. Where an i128 does not hold it, its end: it is only compared then.
fn notional(instrument: &Instrument, price_ticks: i64, quantity_lots: i64) -> i128 {
    let price_lots = i128::from(price_ticks) * i128::from(quantity_lots);
    match (
        i64::try_from(price_lots),
        i64::try_from(instrument.tick_lot_units),
    ) {
        // Most fit, as in `integers::times`.
        (Ok(price_lots), Ok(units)) => i128::from(price_lots) * i128::from(units),
        _ => price_lots.saturating_mul(instrument.tick_lot_units),
    }
}

pub fn check_available(available: i128, needed: i128) -> Checked {
    if needed > available {
        return Err(Refusal::new(Reason::Balance, available, needed));
    }
    Ok(())
}

/// Whether a new order has a name that its account has used.
pub fn check_repeated(risk: &Risk, order: &Order) -> Checked {
    if risk.is_taken(order.account, order.client_order_id.as_str(), order.name_hash()) {
        return Err(Refusal::plain(Reason::ClientOrderIdRepeated));
    }
    Ok(())
}

/// Whether so many more may be open.
pub fn check_open_orders(participant: &Participant, orders: i64) -> Checked {
    if participant.open_orders + orders > participant.open_orders_max {
        return Err(Refusal::new(
            Reason::OpenOrdersLimit,
            participant.open_orders_max,
            participant.open_orders,
        ));
    }
    Ok(())
}

/// That no amount overflows which an order of this total may come to.
pub fn check_total(instrument: &Instrument, quantity_lots: i64) -> Checked {
    // At the highest price: a sell may trade at better than its own.
    if notional(instrument, instrument.price_max_ticks, quantity_lots) > NOTIONAL_MAX {
        return Err(Refusal::new(Reason::Overflow, NOTIONAL_MAX, 0));
    }
    // What does not fit an i128 is beyond AMOUNT_MAX.
    if i128::from(quantity_lots)
        .checked_mul(instrument.lot_units)
        .is_none()
    {
        return Err(Refusal::new(Reason::Overflow, AMOUNT_MAX, 0));
    }
    Ok(())
}

/// A book's queue is kept short by refusing here: what waits behind a slow book cannot be taken back.
pub fn check_windows(
    risk: &Risk,
    instrument: &Instrument,
    participant: &Participant,
    commands: i64,
) -> Checked {
    let unanswered = risk.routes[instrument.route].unanswered;
    if unanswered + commands > instrument.window {
        return Err(Refusal::new(
            Reason::InstrumentBusy,
            instrument.window,
            unanswered,
        ));
    }
    let waiting = participant.unanswered - participant.given_up;
    if waiting + commands > participant.commands_in_flight_max {
        return Err(Refusal::new(
            Reason::CommandsInFlightLimit,
            participant.commands_in_flight_max,
            waiting,
        ));
    }
    Ok(())
}
