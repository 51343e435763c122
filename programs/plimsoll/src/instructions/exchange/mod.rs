//! Exchange instructions.

pub mod create_exchange;
pub mod fund_insurance;
pub mod launch;
pub mod list_asset;
pub mod list_bank;
pub mod list_market;
pub mod list_scenario;

pub use self::{
    create_exchange::*, fund_insurance::*, launch::*, list_asset::*, list_bank::*, list_market::*,
    list_scenario::*,
};
