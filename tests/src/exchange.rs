//! Making a world: exchange and book, listings, insurance, launch, first deposit.

use crate::accounts::call;
use crate::actor::Actor;
use crate::chain::Chain;
use crate::params::{hash, AssetSpec, Spec, USDC};
use crate::pyth::Report;
use crate::stake_pool::StakePool;
use crate::world::{pda, wallet, Asset, Checks, Feed, Keys, World, POCKET_MONEY};
use plimsoll::constants::{
    BANK_SEED, EXCHANGE_SEED, LP_MINT_SEED, MARKET_SEED, POOL_SEED, VAULT_SEED,
};
use plimsoll::instruction as ix;
use plimsoll::instructions::Roles;
use plimsoll::state::{oracle_kind, RiskBook};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Bytes of the book's account.
pub const BOOK_BYTES: usize = 8 + core::mem::size_of::<RiskBook>();
/// Id of the exchange under its creator.
pub const EXCHANGE_ID: u64 = 1;

/// The keypair of the book's account.
pub fn book_keypair() -> Keypair {
    wallet("book")
}

impl<C: Chain> World<C> {
    /// A world as specified.
    pub fn from_spec(chain: C, spec: Spec) -> Self {
        let mut world = Self::unborn(chain, spec);
        world
            .chain
            .airdrop(&wallet("fee payer").pubkey(), 1_000 * POCKET_MONEY);
        // The first deposit waits for its cool-down and is in the pool when the world starts.
        let wait = match world.spec.pool_deposit {
            0 => 0,
            _ => i64::from(world.spec.pool.cool_down),
        };
        world.chain.set_clock(world.spec.start - wait);
        for asset in world.assets.clone() {
            let rent = |bytes| world.chain.rent(bytes);
            let mint = asset.token.mint(asset.decimals, rent);
            world.chain.set_account(asset.mint, mint);
        }
        world.found_stake_pools();
        world.create();
        world.list();
        world.list_scenarios();
        world.tick();
        if world.spec.insurance > 0 {
            let amount = world.spec.insurance;
            world.actor("treasury").funds_insurance(amount).done();
        }
        if world.spec.launch {
            let launch = world.launch_instruction();
            world.must(&[launch], &["authority"]);
            world.ready = true;
            world.sync();
            if world.spec.pool_deposit > 0 {
                let amount = world.spec.pool_deposit;
                world.actor("lp").joins_pool(amount).done();
            }
        }
        world
    }

    /// Addresses only: nothing is on the chain yet.
    fn unborn(chain: C, spec: Spec) -> Self {
        let creator = wallet("authority").pubkey();
        let book = book_keypair().pubkey();
        let pool = pda(&[POOL_SEED, book.as_ref()]);
        let keys = Keys {
            exchange: pda(&[EXCHANGE_SEED, creator.as_ref(), &EXCHANGE_ID.to_le_bytes()]),
            book,
            pool,
            lp_mint: pda(&[LP_MINT_SEED, pool.as_ref()]),
        };
        let assets = spec
            .assets
            .iter()
            .zip(0..)
            .map(|(each, slot)| asset(&book, slot, each));
        Self {
            chain,
            keys,
            assets: assets.collect(),
            checks: Checks {
                conservation: true,
                nothing_changed: true,
            },
            spec,
            accounts: Vec::new(),
            orders: Vec::new(),
            requests: Vec::new(),
            announced: Vec::new(),
            token_accounts: Default::default(),
            wallets: Default::default(),
            donated: Default::default(),
            next_order: 1,
            posted: 0,
            ready: false,
            tally: Default::default(),
        }
    }

    fn found_stake_pools(&mut self) {
        for asset in self.assets.clone() {
            if let Some((_, pool)) = asset.stake_pool {
                let epoch = self.chain.epoch();
                self.publish_pool(asset.slot, StakePool { epoch, ..pool });
            }
        }
    }

    fn create(&mut self) {
        self.meet("authority");
        let instructions = self.create_instructions();
        let (authority, book) = (wallet("authority"), book_keypair());
        self.send_signed(&instructions, &[&authority, &book])
            .unwrap_or_else(|failure| panic!("create_exchange: {failure}"));
    }

    /// The book's account at full size and `create_exchange`, for one transaction.
    pub fn create_instructions(&self) -> [Instruction; 2] {
        let payer = wallet("fee payer").pubkey();
        let (creator, book) = (wallet("authority").pubkey(), self.keys.book);
        let roles = Roles {
            authority: creator,
            ..self.spec.roles.clone()
        };
        let params = self.spec.exchange.clone();
        [
            solana_system_interface::instruction::create_account(
                &payer,
                &book,
                self.chain.rent(BOOK_BYTES),
                BOOK_BYTES as u64,
                &plimsoll::ID,
            ),
            call(
                self.create_accounts(),
                ix::CreateExchange {
                    id: EXCHANGE_ID,
                    roles,
                    params,
                },
            ),
        ]
    }

    fn list(&mut self) {
        for slot in 0..self.spec.assets.len() as u8 {
            let spec = self.spec.asset(slot).clone();
            let mut params = spec.params;
            if params.oracle_kind == oracle_kind::PUSH {
                params.oracle_account = self.asset(slot).feed.account;
            }
            let list = call(self.list_asset_accounts(), ix::ListAsset { params });
            self.must(&[list], &["authority"]);
            if let Some(params) = spec.bank {
                let list = call(self.list_bank_accounts(slot), ix::ListBank { slot, params });
                self.must(&[list], &["authority"]);
            }
            if let Some(params) = spec.market {
                let list = call(
                    self.list_market_accounts(slot),
                    ix::ListMarket { slot, params },
                );
                self.must(&[list], &["authority"]);
            }
        }
    }

    fn list_scenarios(&mut self) {
        for shocks in self.spec.scenarios.clone() {
            let list = call(self.list_scenario_accounts(), ix::ListScenario { shocks });
            self.must(&[list], &["authority"]);
        }
    }

    /// `launch` by the authority.
    pub fn launch_instruction(&self) -> Instruction {
        let params = self.spec.pool;
        call(self.launch_accounts(), ix::Launch { params })
    }

    fn must(&mut self, instructions: &[Instruction], names: &[&str]) {
        if let Err(failure) = self.send(instructions, names) {
            panic!("the world cannot be made: {failure}");
        }
    }
}

impl<C: Chain> Actor<'_, C> {
    /// Pays quote atoms into insurance, from a wallet that is given them.
    pub fn funds_insurance(mut self, amount: u64) -> Self {
        let name = self.name();
        self.world().fund_up_to(&name, USDC, amount);
        let accounts = self.world().fund_insurance_accounts(&name);
        self.does(&[call(accounts, ix::FundInsurance { amount })])
    }
}

fn asset(book: &Address, slot: u8, spec: &AssetSpec) -> Asset {
    let symbol = &spec.symbol;
    let bank = pda(&[BANK_SEED, book.as_ref(), &[slot]]);
    Asset {
        slot,
        symbol: symbol.clone(),
        decimals: spec.params.decimals,
        mint: spec.token.mint_key(symbol),
        token: spec.token.clone(),
        bank,
        vault: pda(&[VAULT_SEED, bank.as_ref()]),
        market: pda(&[MARKET_SEED, book.as_ref(), &[slot]]),
        has_bank: spec.bank.is_some(),
        has_market: spec.market.is_some(),
        feed: Feed {
            id: spec.params.feed_id,
            program: spec.params.oracle_program,
            account: Address::new_from_array(hash(&format!("feed {symbol}"))),
            is_push: spec.params.oracle_kind == oracle_kind::PUSH,
            conf_ppm: spec.conf_ppm,
            report: Report::at(spec.price),
            publish_time: 0,
        },
        stake_pool: spec.stake_pool.map(|pool| (spec.params.stake_pool, pool)),
    }
}
