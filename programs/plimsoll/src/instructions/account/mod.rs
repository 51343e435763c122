//! Account instructions.

pub mod close_account;
pub mod deposit;
pub mod open_account;
pub mod set_delegate;
pub mod set_lending;
pub mod set_model;
pub mod swap_begin;
pub mod swap_end;
pub mod transfer;
pub mod withdraw;

pub use self::{
    close_account::*, deposit::*, open_account::*, set_delegate::*, set_lending::*, set_model::*,
    swap_begin::*, swap_end::*, transfer::*, withdraw::*,
};
