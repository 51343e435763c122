//! Bytes that nobody meant: every account of a valid call of every instruction is written anew with
//! bytes that the program did not choose, and its arguments and accounts are shuffled. The program
//! answers each time with an error that has a name, or succeeds and conserves. Besides, the engine alone.
//!
//! A plain run tries a fixed number of cases from one seed. `SOAK_MINUTES=60 SOAK_SEED=7` goes on for so
//! long, from another; `SOAK_ROUND` begins later, where an objection was.

// What the attacks of the security tests need besides is not used here.
#[allow(dead_code)]
#[path = "../security/foreign.rs"]
mod foreign;
#[allow(dead_code)]
#[path = "../security/governance.rs"]
mod governance;
#[allow(dead_code)]
#[path = "../security/idl.rs"]
mod idl;
#[allow(dead_code)]
#[path = "../security/stages.rs"]
mod stages;

mod budget;
mod engine;
mod mutation;
mod program;
mod scenes;
mod verdict;
