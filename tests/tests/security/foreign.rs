//! A second exchange on the same chain: every account of the first under another address, with every
//! address in it replaced. Tokens and wallets are the same.

use plimsoll_tests::params::hash;
use plimsoll_tests::prelude::*;
use solana_address::Address;

/// The address that stands for one of the first exchange's in the second.
pub fn twin_of(key: &Address) -> Address {
    Address::new_from_array(hash(&format!("twin of {key}")))
}

/// Writes the second exchange; returns the addresses of the first that have a twin.
pub fn found(world: &mut World<LiteChain>, more: &[Address]) -> Vec<Address> {
    let keys = &world.keys;
    let mut originals = vec![keys.exchange, keys.book, keys.pool, keys.lp_mint];
    for asset in &world.assets {
        originals.extend([asset.bank, asset.vault, asset.market]);
    }
    for name in ["alice", "bob", "keeper"] {
        originals.push(world.account_key(name, 0));
    }
    originals.push(world.account_key("alice", 1));
    originals.extend(more);
    // No pending order is the zero key, which is the system program's, and what is zero stays zero.
    originals.retain(|key| *key != Address::default() && world.chain.account(key).is_some());
    for key in &originals {
        let mut copy = world.chain.account(key).expect("it exists");
        for other in &originals {
            replace(&mut copy.data, other, &twin_of(other));
        }
        world.chain.set_account(twin_of(key), copy);
    }
    originals
}

fn replace(data: &mut [u8], old: &Address, new: &Address) {
    let (old, new) = (old.to_bytes(), new.to_bytes());
    for at in 0..data.len().saturating_sub(31) {
        if data[at..at + 32] == old {
            data[at..at + 32].copy_from_slice(&new);
        }
    }
}
