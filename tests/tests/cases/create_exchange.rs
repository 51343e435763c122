//! `create_exchange`.

use super::{anchor, world};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::{BANKRUPT_REWARD_BOUND, EXCHANGE_SEED, NO_SLOT};
use plimsoll::events::ExchangeCreated;
use plimsoll::instructions::{ExchangeParams, Notices, Roles};
use plimsoll::state::{Exchange, RiskBook};
use plimsoll_engine::fixed::Fixed;
use plimsoll_tests::exchange::BOOK_BYTES;
use plimsoll_tests::prelude::*;
use plimsoll_tests::world::pda;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_sdk_ids::system_program;

const ZEROED: u32 = ErrorCode::ConstraintZero as u32;
const MUST_SIGN: u32 = ErrorCode::ConstraintSigner as u32;
/// What the system program says of an account that exists.
const IN_USE: u32 = 0;

/// An exchange of the authority beside the world's own, about to be created.
struct Creation {
    id: u64,
    roles: Roles,
    params: ExchangeParams,
    accounts: ax::CreateExchange,
    book: Keypair,
    bytes: usize,
    owner: Address,
}

/// Exchange `id` as it should be.
fn exchange(world: &World<BankChain>, id: u64) -> Creation {
    let creator = key_of("authority");
    let book = wallet(&format!("book {id}"));
    Creation {
        id,
        roles: Roles {
            authority: creator,
            ..world.spec.roles.clone()
        },
        params: world.spec.exchange.clone(),
        accounts: ax::CreateExchange {
            exchange: pda(&[EXCHANGE_SEED, creator.as_ref(), &id.to_le_bytes()]),
            book: book.pubkey(),
            ..world.create_accounts()
        },
        book,
        bytes: BOOK_BYTES,
        owner: plimsoll::ID,
    }
}

impl Creation {
    fn with(mut self, change: impl FnOnce(&mut ExchangeParams)) -> Self {
        change(&mut self.params);
        self
    }

    /// The book's account, at the size and for the owner of the plan.
    fn allocation(&self, world: &World<BankChain>) -> Instruction {
        solana_system_interface::instruction::create_account(
            &key_of("fee payer"),
            &self.book.pubkey(),
            world.chain.rent(self.bytes),
            self.bytes as u64,
            &self.owner,
        )
    }

    fn instruction(self) -> Instruction {
        let Self {
            id, roles, params, ..
        } = self;
        call(self.accounts, ix::CreateExchange { id, roles, params })
    }

    /// In one transaction, as a client does.
    fn sent(self, world: &mut World<BankChain>) -> Actor<'_, BankChain> {
        let book = self.book.insecure_clone();
        let both = [self.allocation(world), self.instruction()];
        world.actor("authority").does_with(&both, &[&book])
    }
}

fn read_exchange(world: &World<BankChain>, key: &Address) -> Exchange {
    let account = world.chain.account(key).expect("it exists");
    anchor_lang::AccountDeserialize::try_deserialize(&mut account.data.as_slice()).expect("decoded")
}

#[test]
fn an_exchange_is_created_and_bound_to_its_book() {
    let mut world = world();
    let mut plan = exchange(&world, 7);
    plan.roles.authority = key_of("council");
    plan.roles.guardian = key_of("guardian");
    let (key, book_key, params, notices) = (
        plan.accounts.exchange,
        plan.accounts.book,
        plan.params.clone(),
        plan.roles.notices,
    );
    let told = plan.sent(&mut world).done().event::<ExchangeCreated>();
    assert_eq!(
        (told.exchange, told.book, told.authority),
        (key, book_key, key_of("council"))
    );
    let exchange = read_exchange(&world, &key);
    assert_eq!((exchange.creator, exchange.id), (key_of("authority"), 7));
    assert_eq!(
        (exchange.authority, exchange.guardian),
        (key_of("council"), key_of("guardian"))
    );
    assert_eq!(
        (exchange.book, exchange.launched, exchange.notices),
        (book_key, false, notices)
    );
    let book = world.read::<RiskBook>(&book_key).expect("a book");
    assert_eq!(
        (
            book.exchange,
            book.quote_slot,
            book.asset_count,
            book.launched
        ),
        (key, NO_SLOT, 0, 0)
    );
    let fixed = |ppm| Fixed::ratio(ppm, 1_000_000).0;
    assert_eq!(book.call_level, fixed(params.call_level_ppm));
    assert_eq!(book.target_level, fixed(params.target_level_ppm));
    assert_eq!(book.keeper_share, fixed(params.keeper_share_ppm));
    assert_eq!(book.fee_to_insurance, fixed(params.fee_to_insurance_ppm));
    assert_eq!(book.fee_to_protocol, fixed(params.fee_to_protocol_ppm));
    assert_eq!(
        (book.bankrupt_reward, book.min_keeper_fee),
        (params.bankrupt_reward, params.min_keeper_fee)
    );
}

#[test]
fn two_exchanges_of_one_creator_share_nothing() {
    let mut world = world();
    let before = world.snapshot();
    exchange(&world, 2).sent(&mut world).done();
    exchange(&world, 3).sent(&mut world).done();
    assert_eq!(world.changed_since(&before), Vec::<String>::new());
}

#[test]
fn parameters_may_lie_on_their_bounds() {
    let mut world = world();
    let on_bounds: [fn(&mut ExchangeParams); 10] = [
        |params| (params.call_level_ppm, params.target_level_ppm) = (1, 100_000),
        |params| (params.call_level_ppm, params.target_level_ppm) = (100_000, 100_000),
        |params| (params.call_level_ppm, params.target_level_ppm) = (1_000_000, 1_000_000),
        |params| {
            params.scenario_weight_maintenance_ppm = 0;
            params.scenario_weight_initial_ppm = 0;
        },
        |params| {
            params.scenario_weight_maintenance_ppm = 800_000;
            params.scenario_weight_initial_ppm = 1_000_000;
        },
        |params| params.keeper_share_ppm = 0,
        |params| params.keeper_share_ppm = 1_000_000,
        |params| (params.fee_to_insurance_ppm, params.fee_to_protocol_ppm) = (1_000_000, 0),
        |params| (params.fee_to_insurance_ppm, params.fee_to_protocol_ppm) = (400_000, 600_000),
        |params| params.bankrupt_reward = BANKRUPT_REWARD_BOUND,
    ];
    for (change, id) in on_bounds.into_iter().zip(10..) {
        exchange(&world, id).with(change).sent(&mut world).done();
    }
}

#[test]
fn no_parameter_lies_outside_its_bounds() {
    let mut world = world();
    let outside: [fn(&mut ExchangeParams); 14] = [
        |params| params.call_level_ppm = 0,
        |params| params.call_level_ppm = params.target_level_ppm + 1,
        |params| (params.call_level_ppm, params.target_level_ppm) = (1, 99_999),
        |params| params.target_level_ppm = 1_000_001,
        |params| params.scenario_weight_initial_ppm = 374_999,
        |params| params.scenario_weight_initial_ppm = 1_000_001,
        |params| params.scenario_weight_maintenance_ppm = u32::MAX,
        |params| params.keeper_share_ppm = 1_000_001,
        |params| params.fee_to_insurance_ppm = 1_000_001,
        |params| (params.fee_to_insurance_ppm, params.fee_to_protocol_ppm) = (1_000_001, 0),
        |params| params.fee_to_protocol_ppm = 1_000_001,
        |params| (params.fee_to_insurance_ppm, params.fee_to_protocol_ppm) = (400_000, 600_001),
        |params| (params.fee_to_insurance_ppm, params.fee_to_protocol_ppm) = (1_000_000, u32::MAX),
        |params| params.bankrupt_reward = BANKRUPT_REWARD_BOUND + 1,
    ];
    for change in outside {
        let plan = exchange(&world, 2).with(change);
        let key = plan.accounts.exchange;
        plan.sent(&mut world)
            .refused_with(PlimsollError::ParameterOutOfBounds);
        assert!(world.chain.account(&key).is_none());
    }
}

#[test]
fn somebody_has_to_be_the_authority() {
    let mut world = world();
    let mut plan = exchange(&world, 2);
    plan.roles.authority = Address::default();
    plan.sent(&mut world)
        .refused_with(PlimsollError::ExchangeUnbound);
}

#[test]
fn notice_is_at_least_three_days_of_what_loosens_and_one_of_anything_else() {
    let mut world = world();
    let (day, least) = (24 * 3_600, 72 * 3_600);
    let outside = [
        (least - 1, day),
        (least, day - 1),
        (30 * day + 1, day),
        (least, 30 * day + 1),
    ];
    for (loosening, other) in outside {
        let mut plan = exchange(&world, 2);
        plan.roles.notices = Notices { loosening, other };
        plan.sent(&mut world)
            .refused_with(PlimsollError::ParameterOutOfBounds);
    }
    let mut plan = exchange(&world, 2);
    plan.roles.notices = Notices {
        loosening: 30 * day,
        other: day,
    };
    plan.sent(&mut world).done();
}

#[test]
fn an_id_is_used_once() {
    let mut world = world();
    exchange(&world, 2).sent(&mut world).done();
    let mut again = exchange(&world, 2);
    again.book = wallet("another book");
    again.accounts.book = again.book.pubkey();
    again
        .sent(&mut world)
        .refused_with_code(IN_USE, "the exchange exists");
}

#[test]
fn a_book_is_bound_once() {
    let mut world = world();
    let mut plan = exchange(&world, 2);
    plan.accounts.book = world.keys.book;
    let book = plimsoll_tests::exchange::book_keypair();
    let instruction = plan.instruction();
    world
        .actor("authority")
        .does_with(&[instruction], &[&book])
        .refused_with_code(ZEROED, "the book is bound");
}

#[test]
fn the_book_has_exactly_its_size_and_is_the_programs() {
    let mut world = world();
    for bytes in [
        BOOK_BYTES - 8,
        BOOK_BYTES - 1,
        BOOK_BYTES + 1,
        BOOK_BYTES + 8,
    ] {
        let plan = Creation {
            bytes,
            ..exchange(&world, 2)
        };
        plan.sent(&mut world)
            .refused_with(PlimsollError::BookNotEmpty);
    }
    let foreign = Creation {
        owner: system_program::ID,
        ..exchange(&world, 2)
    };
    foreign
        .sent(&mut world)
        .refused_with_code(anchor::WRONG_OWNER, "the book belongs to another program");
}

#[test]
fn creator_and_book_both_sign() {
    let mut world = world();
    let plan = exchange(&world, 2);
    let (allocation, book) = (plan.allocation(&world), plan.book.insecure_clone());
    world
        .actor("authority")
        .does_with(&[allocation], &[&book])
        .done();
    let mut without_creator = plan.instruction();
    let mut without_book = without_creator.clone();
    without_creator.accounts[0].is_signer = false;
    without_book.accounts[3].is_signer = false;
    world
        .mallory()
        .does_with(&[without_creator], &[&book])
        .refused_with_code(anchor::NOT_SIGNER, "the creator must sign");
    world
        .actor("authority")
        .does(&[without_book])
        .refused_with_code(MUST_SIGN, "the book must sign");
}

#[test]
fn nobody_takes_the_id_of_another_creator() {
    let mut world = world();
    let mut plan = exchange(&world, 2);
    plan.accounts.creator = key_of("mallory");
    let book = plan.book.insecure_clone();
    let both = [plan.allocation(&world), plan.instruction()];
    world
        .mallory()
        .does_with(&both, &[&book])
        .refused_with_code(anchor::SEEDS, "the seeds name the creator");
}
