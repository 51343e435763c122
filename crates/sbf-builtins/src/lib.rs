//! 128-bit multiplication and division for one build route of the program.
//!
//! Solana's virtual machine has 64-bit registers and no wide multiplication or division, so the
//! compiler calls library functions for them. Platform tools bring their own. The route that
//! builds the program with nothing but package registries does not: LLVM 23 expects these
//! functions to return their value in two registers, while rustc before 1.99 returns it through
//! memory. `libcalls` therefore defines the five functions with the calling convention LLVM
//! expects, on that route's target (`target_arch = "bpf"`) only; everywhere else this crate is
//! the plain arithmetic below and nobody calls it.
//!
//! A program takes the functions in with `use plimsoll_sbf_builtins as _;`.
//!
//! This is the only crate of the project that asks whether the target is `bpf`.

#![cfg_attr(not(test), no_std)]
// The calling convention is the compiler's own; that is the point.
#![cfg_attr(target_arch = "bpf", feature(abi_unadjusted))]
#![cfg_attr(target_arch = "bpf", allow(internal_features))]

pub mod halves;

#[cfg(target_arch = "bpf")]
mod libcalls;

// Memory and floating-point functions; its weak 128-bit ones give way to those of `libcalls`.
#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
