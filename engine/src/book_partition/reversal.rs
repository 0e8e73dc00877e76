//! ReverseTrade: a trade is void, or was at another price. Who is told, and in which order: see the reference.

use crate::fees::charged;
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    FillReversed, ReversalRefused, ReverseTrade, SettleLeg, TradeBustPublished, TradeCorrectionPublished,
    TradeReversed,
};
use crate::wire::vocabulary::{Reason, Side};

use super::commands::Refusal;
use super::kept_trades::{KeptSide, KeptTrade};
use super::model::{BookPartition, Common, TradedInstrument};

pub fn reverse_trade(partition: &mut BookPartition, command: &ReverseTrade<'_>, out: &mut Outbox) -> Handled {
    let common = &partition.common;
    let Some(instrument) = partition.instruments.get_mut(command.instrument_id) else {
        let refusal = Refusal::plain(Reason::InstrumentUnknown);
        refuse_reversal(common, command, refusal, out);
        return Ok(());
    };
    let trade = match reversible(instrument, command) {
        Ok(trade) => trade,
        Err(refusal) => {
            refuse_reversal(common, command, refusal, out);
            return Ok(());
        }
    };
    let buy = reverse(common, instrument, command, &trade, Side::Buy, out);
    let sell = reverse(common, instrument, command, &trade, Side::Sell, out);
    let reversed = KeptTrade {
        price_ticks: command.price_ticks.unwrap_or(trade.price_ticks),
        quantity_lots: trade.quantity_lots,
        buy,
        sell,
        busted: command.price_ticks.is_none(),
    };
    instrument.kept_trades.replace(command.trade_id, reversed);
    tell(common, command, &trade, out);
    Ok(())
}

pub fn refuse_reversal(common: &Common, command: &ReverseTrade<'_>, refusal: Refusal, out: &mut Outbox) {
    let refused = ReversalRefused {
        public_key: command.public_key,
        epoch: command.epoch,
        sequence: command.sequence,
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    out.say(&common.decisions, &refused);
}

/// The trade, where it can be reversed.
fn reversible(instrument: &TradedInstrument, command: &ReverseTrade<'_>) -> Result<KeptTrade, Refusal> {
    let trade_id = command.trade_id;
    let (lowest, highest) = instrument.book.contents.price_range_ticks;
    match command.price_ticks {
        Some(ticks) if ticks < lowest => return Err(Refusal::new(Reason::PriceLow, lowest, ticks)),
        Some(ticks) if ticks > highest => return Err(Refusal::new(Reason::PriceHigh, highest, ticks)),
        _ => {}
    }
    let Some(&trade) = instrument.kept_trades.get(trade_id) else {
        return Err(if 0 < trade_id && trade_id <= instrument.trades {
            Refusal::new(Reason::TradeTooOld, instrument.kept_trades.oldest(), trade_id)
        } else {
            Refusal::new(Reason::TradeUnknown, instrument.trades, trade_id)
        });
    };
    if trade.busted {
        return Err(Refusal::new(Reason::TradeBusted, 0, trade_id));
    }
    if command.price_ticks == Some(trade.price_ticks) {
        return Err(Refusal::new(Reason::PriceSame, 0, trade.price_ticks));
    }
    Ok(trade)
}

/// Undo one side of a trade, and do it again at the right price, if there is one; what is kept of it then.
fn reverse(
    common: &Common,
    instrument: &TradedInstrument,
    command: &ReverseTrade<'_>,
    trade: &KeptTrade,
    side: Side,
    out: &mut Outbox,
) -> KeptSide {
    let (kept, other) = match side {
        Side::Buy => (trade.buy, Side::Sell),
        Side::Sell => (trade.sell, Side::Buy),
    };
    let (instrument_id, trade_id) = (command.instrument_id, command.trade_id);
    let account_id = common.accounts.name(kept.account);
    let notional = |price_ticks| instrument.notional(price_ticks, trade.quantity_lots);
    let mut settle = |side, price_ticks, fee_amount| {
        let leg = SettleLeg {
            instrument_id,
            trade_id,
            account_id,
            side,
            base_amount: instrument.base_amount(trade.quantity_lots),
            quote_amount: notional(price_ticks),
            fee_amount,
        };
        out.say(common.settlement.of(kept.slot), &leg);
    };
    let mut fee_amount = 0;
    settle(other, trade.price_ticks, -kept.fee_amount);
    if let Some(price_ticks) = command.price_ticks {
        fee_amount = charged(kept.fee_rate, notional(price_ticks));
        settle(side, price_ticks, fee_amount);
    }
    let reversed = FillReversed {
        instrument_id,
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
    out.say(common.risk_of(kept.order_id, kept.slot), &reversed);
    KeptSide { fee_amount, ..kept }
}

/// The public feed and the operator.
fn tell(common: &Common, command: &ReverseTrade<'_>, trade: &KeptTrade, out: &mut Outbox) {
    let (instrument_id, trade_id) = (command.instrument_id, command.trade_id);
    match command.price_ticks {
        None => {
            let bust = TradeBustPublished {
                instrument_id,
                trade_id,
            };
            out.say(&common.market_data, &bust);
        }
        Some(price_ticks) => {
            let correction = TradeCorrectionPublished {
                instrument_id,
                trade_id,
                price_ticks,
            };
            out.say(&common.market_data, &correction);
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
        buyer: common.accounts.name(trade.buy.account),
        buyer_fee_amount: trade.buy.fee_amount,
        seller: common.accounts.name(trade.sell.account),
        seller_fee_amount: trade.sell.fee_amount,
    };
    out.say(&common.decisions, &reversed);
}
