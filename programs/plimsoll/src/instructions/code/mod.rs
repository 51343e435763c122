//! Instructions on the program's own code.

pub mod accept_code_authority;
pub mod announce_upgrade;
pub mod apply_upgrade;
pub mod cancel_upgrade;
pub mod close_buffer;
pub mod hand_over_code;
pub mod propose_code_authority;

pub use self::{
    accept_code_authority::*, announce_upgrade::*, apply_upgrade::*, cancel_upgrade::*,
    close_buffer::*, hand_over_code::*, propose_code_authority::*,
};
