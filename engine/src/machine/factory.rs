//! The choice of a machine by shard name.

use crate::book_partition::machine::BookMachine;
use crate::risk::machine::RiskMachine;
use crate::settlement::machine::SettlementMachine;

use super::domain::Domain;
use super::machine::Machine;

/// The machine of `shard` in its first state; None: this engine has none for it.
pub fn make_machine(shard: &str, partition: &str) -> Option<Machine> {
    let (kind, number) = shard.split_once('/')?;
    let number = number.parse().ok()?;
    let domain: Box<dyn Domain> = match kind {
        "book" => Box::new(BookMachine::new(number)),
        "risk" => Box::new(RiskMachine::new(number)),
        "settlement" => Box::new(SettlementMachine::new(number)),
        _ => return None,
    };
    Some(Machine::new(shard, partition, domain))
}
