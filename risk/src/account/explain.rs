//! The explanation of one account: the client's, under the names given on the command line.

use super::price::refused;
use super::Subject;
use anyhow::Result;
use plimsoll_engine::exposure::{AccountView, BookView};

use plimsoll_client::explain::Explained;
pub use plimsoll_client::explain::{Edge, Explanation, PriceLine, ViewLine};

/// Explains an account against a view of its book, which may differ from the book in prices.
///
/// # Errors
/// What the engine refuses.
pub fn explain<B: BookView, A: AccountView>(
    subject: &Subject,
    view: &B,
    account: &A,
) -> Result<Explanation> {
    let book = &*subject.book;
    let explained = Explained {
        view,
        book,
        names: &|slot| subject.names.of(book, slot),
    };
    explained.explain(account).map_err(refused)
}
