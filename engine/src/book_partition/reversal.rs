//! ReverseTrade: a trade is void, or was at another price.

use crate::book::terms::Side;
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    FillReversed, ReversalRefused, ReverseTrade, SettleLeg, TradeBustPublished, TradeCorrectionPublished,
    TradeReversed,
};
use crate::wire::vocabulary::Reason;

use super::decisions::{DECISIONS, Refusal};
use super::fill::{amount, charged};
use super::kept_trades::{KeptSide, KeptTrade};
use super::model::{BookPartition, Market, TradedInstrument};

pub fn reverse_trade(partition: &mut BookPartition, command: &ReverseTrade<'_>, out: &mut Outbox) -> Handled {
    let BookPartition { market, instruments } = partition;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        refuse_reversal(command, (Reason::InstrumentUnknown, 0, 0), out);
        return Ok(());
    };
    if let Some(refusal) = refusal(instrument, command) {
        refuse_reversal(command, refusal, out);
        return Ok(());
    }
    let trade = *instrument
        .kept_trades
        .get(command.trade_id)
        .expect("looked at by `refusal`");
    let buy = reverse(market, instrument, command, &trade, Side::Buy, out);
    let sell = reverse(market, instrument, command, &trade, Side::Sell, out);
    let kept = KeptTrade {
        price_ticks: command.price_ticks.unwrap_or(trade.price_ticks),
        quantity_lots: trade.quantity_lots,
        buy,
        sell,
        busted: command.price_ticks.is_none(),
    };
    instrument.kept_trades.replace(command.trade_id, kept);
    tell(market, instrument, command, &trade, out);
    Ok(())
}

pub fn refuse_reversal(command: &ReverseTrade<'_>, (reason, bound, actual): Refusal, out: &mut Outbox) {
    let refused = ReversalRefused {
        public_key: command.public_key,
        epoch: command.epoch,
        sequence: command.sequence,
        reason,
        bound,
        actual,
    };
    out.send(DECISIONS, &refused);
}

fn refusal(instrument: &TradedInstrument, command: &ReverseTrade<'_>) -> Option<Refusal> {
    let trade_id = command.trade_id;
    let (lowest, highest) = instrument.book.contents.price_range_ticks;
    if let Some(price_ticks) = command.price_ticks {
        if price_ticks < lowest {
            return Some((Reason::PriceLow, lowest.into(), price_ticks.into()));
        }
        if price_ticks > highest {
            return Some((Reason::PriceHigh, highest.into(), price_ticks.into()));
        }
    }
    let kept = &instrument.kept_trades;
    let Some(trade) = kept.get(trade_id) else {
        return Some(if (1..=instrument.trades).contains(&trade_id) {
            (Reason::TradeTooOld, kept.oldest().into(), trade_id.into())
        } else {
            (Reason::TradeUnknown, instrument.trades.into(), trade_id.into())
        });
    };
    if trade.busted {
        return Some((Reason::TradeBusted, 0, trade_id.into()));
    }
    let same = command
        .price_ticks
        .filter(|&price_ticks| price_ticks == trade.price_ticks);
    same.map(|price_ticks| (Reason::PriceSame, 0, price_ticks.into()))
}

fn notional(instrument: &TradedInstrument, trade: &KeptTrade, price_ticks: i64) -> i128 {
    i128::from(price_ticks) * i128::from(trade.quantity_lots) * instrument.tick_lot_units
}

/// Undo one side of a trade, and do it again at the right price, if there is one; what is kept of it then.
///
/// The fee of a correction is that of a fill alone: the order's `fee_basis` stays what the fills of its time
/// made it, here and in risk.
fn reverse(
    market: &Market,
    instrument: &TradedInstrument,
    command: &ReverseTrade<'_>,
    trade: &KeptTrade,
    side: Side,
    out: &mut Outbox,
) -> KeptSide {
    let kept = if side == Side::Buy { trade.buy } else { trade.sell };
    let trade_id = command.trade_id;
    let account_id = instrument.names.text(kept.account);
    let base_amount = amount(i128::from(trade.quantity_lots) * instrument.lot_units);
    let mut settle = |side, at_ticks, fee_amount| {
        let leg = SettleLeg {
            instrument_id: &instrument.instrument_id,
            trade_id,
            account_id,
            side,
            base_amount,
            quote_amount: notional(instrument, trade, at_ticks),
            fee_amount,
        };
        out.send(&market.settlement[usize::from(kept.slot)], &leg);
    };
    let mut fee_amount = 0;
    settle(side.opposite(), trade.price_ticks, -kept.fee_amount);
    if let Some(price_ticks) = command.price_ticks {
        fee_amount = charged(i128::from(kept.fee_rate) * notional(instrument, trade, price_ticks));
        settle(side, price_ticks, fee_amount);
    }
    let reversed = FillReversed {
        instrument_id: &instrument.instrument_id,
        trade_id,
        account_id,
        order_id: kept.order_id,
        side,
        quantity_lots: trade.quantity_lots,
        price_ticks: trade.price_ticks,
        fee_amount: kept.fee_amount,
        corrected_price_ticks: command.price_ticks,
        corrected_fee_amount: fee_amount,
    };
    out.send(market.risk_partition(kept.order_id), &reversed);
    KeptSide { fee_amount, ..kept }
}

/// The public feed and the operator.
fn tell(
    market: &Market,
    instrument: &TradedInstrument,
    command: &ReverseTrade<'_>,
    trade: &KeptTrade,
    out: &mut Outbox,
) {
    let (instrument_id, trade_id) = (command.instrument_id, command.trade_id);
    match command.price_ticks {
        None => {
            let bust = TradeBustPublished {
                instrument_id,
                trade_id,
            };
            out.send(&market.feed, &bust);
        }
        Some(price_ticks) => {
            let correction = TradeCorrectionPublished {
                instrument_id,
                trade_id,
                price_ticks,
            };
            out.send(&market.feed, &correction);
        }
    }
    let reversed = TradeReversed {
        public_key: command.public_key,
        epoch: command.epoch,
        sequence: command.sequence,
        instrument_id,
        trade_id,
        quantity_lots: trade.quantity_lots,
        price_ticks: trade.price_ticks,
        corrected_price_ticks: command.price_ticks,
        buyer: instrument.names.text(trade.buy.account),
        buyer_fee_amount: trade.buy.fee_amount,
        seller: instrument.names.text(trade.sell.account),
        seller_fee_amount: trade.sell.fee_amount,
    };
    out.send(DECISIONS, &reversed);
}
