//! The machine of the read side: one partition of market data in, questions answered, nothing sent. The modules are
//! those of `bulkhead/views`; how answers are put together for people is there alone (`views/questions.py`).

pub mod candles;
pub mod depth;
pub mod machine;
pub mod market_data;
pub mod session;
pub mod state;
pub mod trades;
