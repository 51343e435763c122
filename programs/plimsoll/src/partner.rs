//! The partner of an order: two resting orders of one account and market that name each other, of which
//! only one executes. Execution closes its order, so a partner that is gone was executed; who cancels one
//! of a pair frees the other before.

use anchor_lang::prelude::*;

use crate::error::PlimsollError;
use crate::state::Order;

/// What has become of an order's partner.
pub enum Partner {
    /// The order names none.
    None,
    /// It was executed, or is still to be placed.
    Gone,
    /// It stands and names the order.
    Alive(Box<Order>),
}

impl Partner {
    /// The partner of the order at `key`, in the account `given` for it.
    ///
    /// # Errors
    /// `WrongPartner` if the account is not the one the order names.
    #[inline(never)]
    pub fn of(key: &Pubkey, order: &Order, given: Option<&AccountInfo<'_>>) -> Result<Self> {
        let given_key = given.map(|account| *account.key);
        let named = (order.partner != Pubkey::default()).then_some(order.partner);
        if named != given_key {
            let text = |key: Option<Pubkey>| key.unwrap_or_default();
            return Err(
                error!(PlimsollError::WrongPartner).with_pubkeys((text(named), text(given_key)))
            );
        }
        let Some(account) = given else {
            return Ok(Self::None);
        };
        if *account.owner != crate::ID {
            return Ok(Self::Gone);
        }
        let data = account.try_borrow_data()?;
        let Ok(other) = Order::try_deserialize(&mut &**data) else {
            return Ok(Self::Gone);
        };
        let one = (order.account, order.generation, order.slot, *key);
        let pair = (other.account, other.generation, other.slot, other.partner);
        Ok(if one == pair {
            Self::Alive(Box::new(other))
        } else {
            Self::Gone
        })
    }

    /// The first publish time on which the order may execute.
    ///
    /// Not before the partner's instant: else whoever places a partner late would choose when the order
    /// becomes executable, with prices in view.
    ///
    /// # Errors
    /// `PartnerGone`.
    pub fn first_update(&self, order: &Order) -> Result<i64> {
        match self {
            Self::None => Ok(order.execute_at),
            Self::Gone => Err(error!(PlimsollError::PartnerGone)),
            Self::Alive(other) => Ok(order.execute_at.max(other.execute_at)),
        }
    }

    /// Leaves the partner of a cancelled order to itself, not to execute earlier than it could before.
    pub fn free(self, order: &Order, given: Option<&AccountInfo<'_>>) -> Result<()> {
        if let (Self::Alive(mut other), Some(account)) = (self, given) {
            other.execute_at = other.execute_at.max(order.execute_at);
            other.partner = Pubkey::default();
            other.invariant()?;
            let mut data = account.try_borrow_mut_data()?;
            other.try_serialize(&mut &mut **data)?;
        }
        Ok(())
    }
}
