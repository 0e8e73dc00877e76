//! An order's special terms: which go with which order, and what is in them. Each check goes by the order of
//! the reasons.

use crate::wire::messages::{OrderTerms, PlaceOrder};
use crate::wire::vocabulary::{OrderType, Reason, StpMode, TimeInForce};

use super::model::{Instrument, Risk};
use super::refusal::{Checked, Refusal};

/// Of a group and a trader: with the participant's name and a slash before it, it fits the wire's `name`.
pub const NAME_LENGTH_MAX: usize = 32;

/// As `NO_TERMS` of the reference.
pub fn no_terms<'a>() -> OrderTerms<'a> {
    OrderTerms {
        stop_price_ticks: None,
        trail_ticks: None,
        on_mark: false,
        display_lots: None,
        min_quantity_lots: None,
        expire_time_ms: None,
        slide_ticks: None,
        stp_group: "",
        stp_mode: 0,
        quote_group: "",
        trader_id: "",
    }
}

/// The place of a term in the record, by which a refusal names it: `PLACES` of the reference.
pub const STOP_PRICE_PLACE: i128 = 1;
const TRAIL_PLACE: i128 = 2;
const ON_MARK_PLACE: i128 = 3;
const DISPLAY_PLACE: i128 = 4;
const EXPIRE_TIME_PLACE: i128 = 6;
const SLIDE_PLACE: i128 = 7;
const STP_MODE_PLACE: i128 = 9;

/// Whether an order of this type waits for a price (`WAITING` of the reference).
pub fn waits(order_type: OrderType) -> bool {
    matches!(
        order_type,
        OrderType::Stop | OrderType::StopLimit | OrderType::TrailingStop
    )
}

/// What the order's type and time in force need, then what they have no use for.
pub fn check_which_terms(
    command: &PlaceOrder<'_>,
    order_type: OrderType,
    time_in_force: TimeInForce,
) -> Checked {
    let nothing = no_terms();
    let terms = command.terms.as_ref().unwrap_or(&nothing);
    let needs_stop = matches!(order_type, OrderType::Stop | OrderType::StopLimit);
    let needs_trail = order_type == OrderType::TrailingStop;
    let needs_time = time_in_force == TimeInForce::Gtd;
    let missing = [
        (STOP_PRICE_PLACE, needs_stop && terms.stop_price_ticks.is_none()),
        (TRAIL_PLACE, needs_trail && terms.trail_ticks.is_none()),
        (EXPIRE_TIME_PLACE, needs_time && terms.expire_time_ms.is_none()),
    ];
    if let Some(place) = first(&missing) {
        return Err(Refusal::new(Reason::TermMissing, 0, place));
    }
    let is_waiting = waits(order_type);
    let may_rest = matches!(
        order_type,
        OrderType::Limit | OrderType::StopLimit | OrderType::MarketToLimit
    );
    let at_once = matches!(time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
    let unexpected = [
        (STOP_PRICE_PLACE, !is_waiting && terms.stop_price_ticks.is_some()),
        (TRAIL_PLACE, !needs_trail && terms.trail_ticks.is_some()),
        (ON_MARK_PLACE, !is_waiting && terms.on_mark),
        // Nothing of it would ever be displayed.
        (
            DISPLAY_PLACE,
            (!may_rest || at_once) && terms.display_lots.is_some(),
        ),
        (EXPIRE_TIME_PLACE, !needs_time && terms.expire_time_ms.is_some()),
        (SLIDE_PLACE, !command.post_only && terms.slide_ticks.is_some()),
        (STP_MODE_PLACE, terms.stp_group.is_empty() && terms.stp_mode != 0),
    ];
    match first(&unexpected) {
        Some(place) => Err(Refusal::new(Reason::TermUnexpected, 0, place)),
        None => Ok(()),
    }
}

/// The place of the first that holds.
fn first(places: &[(i128, bool)]) -> Option<i128> {
    places.iter().find(|(_, holds)| *holds).map(|(place, _)| *place)
}

/// Increments and bounds. Of several the least is told, by the reason's number, then by bound and actual.
pub fn check_numbers_of_terms(
    instrument: &Instrument,
    terms: &OrderTerms<'_>,
    quantity_lots: i64,
) -> Checked {
    let mut found = Least::default();
    found.add(check_stop_price(instrument, terms.stop_price_ticks));
    for ticks in [terms.trail_ticks, terms.slide_ticks].into_iter().flatten() {
        found.add(check_distance(instrument, ticks));
        found.add(check_multiple(
            Reason::PriceIncrement,
            instrument.price_increment_ticks,
            ticks,
        ));
    }
    for lots in [terms.display_lots, terms.min_quantity_lots]
        .into_iter()
        .flatten()
    {
        found.add(check_multiple(
            Reason::QuantityIncrement,
            instrument.quantity_increment_lots,
            lots,
        ));
    }
    found.add(check_slice(instrument, terms.display_lots, quantity_lots));
    if terms.min_quantity_lots == Some(0) {
        found.add(Err(Refusal::new(Reason::QuantityLow, 1, 0)));
    }
    if let Some(least_lots) = terms.min_quantity_lots.filter(|&lots| lots > quantity_lots) {
        found.add(Err(Refusal::new(
            Reason::MinQuantityHigh,
            quantity_lots,
            least_lots,
        )));
    }
    found.told()
}

/// Gathers refusals, of which the least is told.
#[derive(Default)]
struct Least(Option<Refusal>);

impl Least {
    fn add(&mut self, checked: Checked) {
        if let Err(refusal) = checked {
            let by_number = |of: &Refusal| (of.reason.number(), of.bound, of.actual);
            if self.0.is_none_or(|least| by_number(&refusal) < by_number(&least)) {
                self.0 = Some(refusal);
            }
        }
    }

    fn told(self) -> Checked {
        self.0.map_or(Ok(()), Err)
    }
}

/// Increments: that a price or quantity is a multiple.
pub fn check_multiple(reason: Reason, increment: i64, value: i64) -> Checked {
    if value % increment == 0 {
        return Ok(());
    }
    Err(Refusal::new(reason, increment, value))
}

fn check_distance(instrument: &Instrument, ticks: i64) -> Checked {
    let highest = instrument.price_max_ticks;
    if 1 <= ticks && ticks <= highest {
        return Ok(());
    }
    let bound = if ticks < 1 { 1 } else { highest };
    Err(Refusal::new(Reason::Distance, bound, ticks))
}

/// An iceberg of this total shows what its instrument asks for, or all of itself.
pub fn check_slice(instrument: &Instrument, display_lots: Option<i64>, quantity_lots: i64) -> Checked {
    let least_lots = instrument.least_display_lots.min(quantity_lots);
    match display_lots {
        None | Some(0) => Ok(()),
        Some(lots) if lots >= least_lots => Ok(()),
        Some(lots) => Err(Refusal::new(Reason::QuantityLow, least_lots, lots)),
    }
}

/// As an order's own price; None: there is none.
pub fn check_stop_price(instrument: &Instrument, ticks: Option<i64>) -> Checked {
    ticks.map_or(Ok(()), |ticks| check_price(instrument, ticks))
}

/// Increment and bounds of a price.
pub fn check_price(instrument: &Instrument, ticks: i64) -> Checked {
    check_multiple(Reason::PriceIncrement, instrument.price_increment_ticks, ticks)?;
    if ticks < instrument.price_min_ticks {
        return Err(Refusal::new(Reason::PriceLow, instrument.price_min_ticks, ticks));
    }
    if ticks > instrument.price_max_ticks {
        return Err(Refusal::new(Reason::PriceHigh, instrument.price_max_ticks, ticks));
    }
    Ok(())
}

/// What is looked at last.
pub fn check_time_and_names(risk: &Risk, terms: &OrderTerms<'_>) -> Checked {
    if let Some(end_ms) = terms.expire_time_ms.filter(|&end_ms| end_ms <= risk.time_ms) {
        return Err(Refusal::new(Reason::ExpireTime, risk.time_ms, end_ms));
    }
    for name in [terms.stp_group, terms.quote_group, terms.trader_id] {
        check_name(name, 0)?;
    }
    if !terms.stp_group.is_empty() && StpMode::from_number(terms.stp_mode).is_none() {
        return Err(Refusal::new(Reason::StpMode, 0, terms.stp_mode));
    }
    Ok(())
}

/// That a group's or trader's name has at least so many characters, and at most what it may have, and that
/// all are printable ASCII.
pub fn check_name(name: &str, length_min: usize) -> Checked {
    let fits = (length_min..=NAME_LENGTH_MAX).contains(&name.len());
    if fits && is_printable(name) {
        return Ok(());
    }
    let length = name.chars().count() as i64;
    Err(Refusal::new(Reason::Group, NAME_LENGTH_MAX as i64, length))
}

/// Whether all of it is printable ASCII.
pub fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The group as the participant's own: nobody ends another's orders by naming its group. None: as it is.
pub fn group_for_book(stp_group: &str, participant_id: &str) -> Option<String> {
    (!stp_group.is_empty()).then(|| format!("{participant_id}/{stp_group}"))
}
