//! Accounts from bytes.

use anchor_lang::{AccountDeserialize, Discriminator};
use bytemuck::Pod;
use plimsoll::state::{
    Bank, Code, Exchange, MarginAccount, Market, Order, ParameterChange, Pool, PoolRequest,
    RiskBook,
};

/// Why bytes are not the account they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Another account, or none of the program's.
    #[error("expected an account of type {expected}, found discriminator {found:02x?}")]
    Kind {
        /// The type asked for.
        expected: &'static str,
        /// The first eight bytes, fewer if there are fewer.
        found: Vec<u8>,
    },
    /// Too long or too short.
    #[error("expected {expected} bytes of {kind}, found {found}")]
    Length {
        /// The type asked for.
        kind: &'static str,
        /// Bytes that it has.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// Bytes that mean nothing in this type.
    #[error("the bytes are no {kind}")]
    Content {
        /// The type asked for.
        kind: &'static str,
    },
}

fn kind_of<T>() -> &'static str {
    let path = core::any::type_name::<T>();
    path.rsplit("::").next().unwrap_or(path)
}

fn wrong_kind<T>(data: &[u8]) -> DecodeError {
    DecodeError::Kind {
        expected: kind_of::<T>(),
        found: data.iter().take(8).copied().collect(),
    }
}

/// A zero-copy account: book, bank, market, pool, margin account, request to the pool.
///
/// # Errors
/// Another discriminator, another length.
pub fn decode<T: Pod + Discriminator>(data: &[u8]) -> Result<Box<T>, DecodeError> {
    let body = data.strip_prefix(T::DISCRIMINATOR);
    let body = body.ok_or_else(|| wrong_kind::<T>(data))?;
    if body.len() != size_of::<T>() {
        return Err(DecodeError::Length {
            kind: kind_of::<T>(),
            expected: T::DISCRIMINATOR.len().saturating_add(size_of::<T>()),
            found: data.len(),
        });
    }
    let mut account: Box<T> = bytemuck::allocation::zeroed_box();
    bytemuck::bytes_of_mut(&mut *account).copy_from_slice(body);
    Ok(account)
}

/// An account in borsh: exchange, order, change, code.
///
/// # Errors
/// Another discriminator, bytes that mean nothing.
pub fn decode_borsh<T: AccountDeserialize + Discriminator>(
    mut data: &[u8],
) -> Result<Box<T>, DecodeError> {
    if !data.starts_with(T::DISCRIMINATOR) {
        return Err(wrong_kind::<T>(data));
    }
    T::try_deserialize(&mut data)
        .map(Box::new)
        .map_err(|_| DecodeError::Content {
            kind: kind_of::<T>(),
        })
}

/// Any account of the program.
#[derive(Debug)]
#[allow(missing_docs, reason = "each holds the account it is named after")]
pub enum Account {
    Bank(Box<Bank>),
    Code(Box<Code>),
    Exchange(Box<Exchange>),
    MarginAccount(Box<MarginAccount>),
    Market(Box<Market>),
    Order(Box<Order>),
    ParameterChange(Box<ParameterChange>),
    Pool(Box<Pool>),
    PoolRequest(Box<PoolRequest>),
    RiskBook(Box<RiskBook>),
}

impl Account {
    /// By the discriminator.
    ///
    /// # Errors
    /// No account of the program, another length, bytes that mean nothing.
    pub fn of(data: &[u8]) -> Result<Self, DecodeError> {
        let of = |discriminator: &[u8]| data.starts_with(discriminator);
        if of(MarginAccount::DISCRIMINATOR) {
            decode(data).map(Self::MarginAccount)
        } else if of(RiskBook::DISCRIMINATOR) {
            decode(data).map(Self::RiskBook)
        } else if of(Bank::DISCRIMINATOR) {
            decode(data).map(Self::Bank)
        } else if of(Market::DISCRIMINATOR) {
            decode(data).map(Self::Market)
        } else if of(Pool::DISCRIMINATOR) {
            decode(data).map(Self::Pool)
        } else if of(Order::DISCRIMINATOR) {
            decode_borsh(data).map(Self::Order)
        } else if of(PoolRequest::DISCRIMINATOR) {
            decode(data).map(Self::PoolRequest)
        } else if of(ParameterChange::DISCRIMINATOR) {
            decode_borsh(data).map(Self::ParameterChange)
        } else if of(Exchange::DISCRIMINATOR) {
            decode_borsh(data).map(Self::Exchange)
        } else if of(Code::DISCRIMINATOR) {
            decode_borsh(data).map(Self::Code)
        } else {
            Err(wrong_kind::<Self>(data))
        }
    }
}
