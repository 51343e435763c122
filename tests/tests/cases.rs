//! One file per instruction: what it does, and what it refuses. On solana-program-test with mainnet's
//! features and the real binary.

mod cases {
    mod deposit;
}
