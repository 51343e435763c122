//! An authority that is no key: the vault of a multisig program, which signs by that program's word alone.

use plimsoll::instructions::Tightening;
use plimsoll::state::Patch;
use plimsoll_tests::prelude::*;
use solana_instruction::Instruction;

/// The venue stands for a multisig program, its authority for the vault; the exchange is handed over to it.
fn of_a_vault() -> World<LiteChain> {
    let mut world = World::new(LiteChain::with_venue());
    world.alice().deposits(usdc(10_000)).longs(sol(50)).done();
    world.alice().shorts(sol(50)).done();
    world.settle("alice");
    let (vault, _) = plimsoll_venue::authority();
    let patch = Patch::Authority(vault);
    let id = world.announced(patch.clone());
    world.wait_hours(72);
    let early = world.carol().applies();
    early.refused_with(PlimsollError::NotAuthority);
    let accounts = ax::ApplyChange {
        applier: vault,
        ..world.apply_change_accounts("carol", id, &patch)
    };
    votes(&mut world, &call(accounts, ix::ApplyChange {}));
    assert_eq!(world.exchange().authority, vault);
    world
}

/// The multisig's program does something in the vault's name; Carol brings the transaction.
fn votes(world: &mut World<LiteChain>, inner: &Instruction) {
    world.carol().does(&[signed_by_venue(inner)]).done();
}

#[test]
fn a_vault_announces_tightens_and_collects() {
    let mut world = of_a_vault();
    world.sync();
    let (vault, _) = plimsoll_venue::authority();
    let patch = Patch::Guardian(key_of("bob"));
    let accounts = ax::AnnounceChange {
        authority: vault,
        ..world.announce_change_accounts("carol", 90)
    };
    let announce = ix::AnnounceChange {
        id: 90,
        patch: patch.clone(),
    };
    votes(&mut world, &call(accounts, announce));
    world.wait_hours(24);
    let accounts = world.apply_change_accounts("carol", 90, &patch);
    let apply = call(accounts, ix::ApplyChange {});
    world.carol().does(&[apply]).done();
    assert_eq!(world.exchange().guardian, key_of("bob"));

    let tightening = Tightening::Halt { slots: 1 << SOL };
    let accounts = ax::Tighten {
        guardian: vault,
        ..world.tighten_accounts("carol", &tightening, SOL)
    };
    votes(&mut world, &call(accounts, ix::Tighten { tightening }));

    world.fund("carol", USDC, 0);
    let fees = world.bank(USDC).protocol_fees;
    assert!(fees > 0);
    let accounts = ax::CollectFees {
        authority: vault,
        ..world.collect_fees_accounts("carol", "carol", USDC)
    };
    votes(&mut world, &call(accounts, ix::CollectFees {}));
    assert_eq!(world.tokens("carol", USDC), fees);
}

#[test]
fn nobody_signs_for_the_vault_but_its_program() {
    let mut world = of_a_vault();
    let (vault, _) = plimsoll_venue::authority();
    let patch = Patch::Guardian(key_of("mallory"));
    let accounts = ax::AnnounceChange {
        authority: vault,
        ..world.announce_change_accounts("mallory", 91)
    };
    let announce = ix::AnnounceChange {
        id: 91,
        patch: patch.clone(),
    };
    // A program that passes on what rights there are has none of the vault's.
    let mut unsigned = through_venue(&call(accounts, announce));
    for account in unsigned.accounts.iter_mut().filter(|it| it.pubkey == vault) {
        account.is_signer = false;
    }
    world.mallory().does(&[unsigned]).refused();
    let old = world.actor("authority").announces(patch);
    old.refused_with(PlimsollError::NotAuthority);
}
