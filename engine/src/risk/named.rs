//! The numbers of what has a name in a risk shard: see `crate::named`.

use crate::named::ids;

pub use crate::named::{Id, Name, Named};

ids! { AssetId RouteId InstrumentId ParticipantId AccountId }
