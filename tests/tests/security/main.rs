//! Attacks on accounts. Every account of every instruction of the IDL is replaced by a wrong one of
//! every kind; besides, what no substitution covers: twice the same, initialised twice, closed and
//! revived, remaining accounts; a margin account in the middle of a swap, in every role it can have; and
//! a delegate in the owner's place.

mod callers;
mod delegate;
mod disclosure;
mod foreign;
mod governance;
mod idl;
mod multisig;
mod reuse;
mod stages;
mod substitution;
mod swapping;
mod upgrade_authority;
mod wrong;
