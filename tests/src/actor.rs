//! Who does what: `world.alice().deposits(usdc(1_000)).longs(sol(50))`.
//!
//! Every action needs the one before to have succeeded, and says so with the logs if not. The last
//! one may be refused, if the test asks for it by [`Actor::refused_with`]; a refusal nobody asked
//! for panics when the actor goes.

use crate::accounts::{call, call_with, meta};
use crate::amounts::Amount;
use crate::chain::{Chain, Failure, Receipt};
pub use crate::orders::{Ask, PlacedOrder};
use crate::world::{wallet, World};
use anchor_lang::AnchorDeserialize;
use plimsoll::error::PlimsollError;
use plimsoll::instruction as ix;
use plimsoll::instructions::{leg_kind, HealthReport, LiquidationLeg};
use plimsoll_engine::requirement::ModelKind;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Someone with a wallet, and his margin account.
#[must_use = "an action may have been refused"]
pub struct Actor<'w, C: Chain> {
    pub(crate) world: &'w mut World<C>,
    pub(crate) name: String,
    pub(crate) id: u16,
    pub(crate) last: Option<Result<Receipt, Failure>>,
}

/// A leg that closes as much of a position as needed.
pub fn position_leg(slot: u8) -> LiquidationLeg {
    LiquidationLeg {
        slot,
        kind: leg_kind::POSITION,
        most: u64::MAX,
    }
}

/// A leg that buys as much of a deposit as needed.
pub fn collateral_leg(slot: u8) -> LiquidationLeg {
    LiquidationLeg {
        slot,
        kind: leg_kind::COLLATERAL,
        most: u64::MAX,
    }
}

/// A leg that takes over as much of a debt as needed.
pub fn debt_leg(slot: u8) -> LiquidationLeg {
    LiquidationLeg {
        slot,
        kind: leg_kind::DEBT,
        most: u64::MAX,
    }
}

impl<C: Chain> World<C> {
    /// Anyone, by name.
    pub fn actor(&mut self, name: &str) -> Actor<'_, C> {
        self.meet(name);
        Actor {
            world: self,
            name: name.to_string(),
            id: 0,
            last: None,
        }
    }

    /// A trader.
    pub fn alice(&mut self) -> Actor<'_, C> {
        self.actor("alice")
    }

    /// Another trader.
    pub fn bob(&mut self) -> Actor<'_, C> {
        self.actor("bob")
    }

    /// A third trader.
    pub fn carol(&mut self) -> Actor<'_, C> {
        self.actor("carol")
    }

    /// Somebody who means harm.
    pub fn mallory(&mut self) -> Actor<'_, C> {
        self.actor("mallory")
    }

    /// A keeper.
    pub fn keeper(&mut self) -> Actor<'_, C> {
        self.actor("keeper")
    }

    /// Settles account 0 of a wallet.
    pub fn settle(&mut self, name: &str) -> Receipt {
        self.keeper().settles(name).done()
    }

    /// Syncs every market.
    pub fn sync(&mut self) -> Receipt {
        self.keeper().syncs().done()
    }

    /// Records the health of account 0 of a wallet.
    pub fn call_margin(&mut self, name: &str) -> Receipt {
        self.keeper().calls_margin(name).done()
    }

    /// Health of account 0 of a wallet, as the program returns it.
    pub fn assess(&mut self, name: &str) -> HealthReport {
        let account = self.account_key(name, 0);
        let instruction = call(self.assess_accounts(account), ix::Assess {});
        let receipt = self
            .send(&[instruction], &[])
            .unwrap_or_else(|why| panic!("assess: {why}"));
        assert_eq!(receipt.returned_by, plimsoll::ID, "who returned it");
        HealthReport::deserialize(&mut receipt.return_data.as_slice()).expect("a report")
    }
}

impl<'w, C: Chain> Actor<'w, C> {
    /// The world.
    pub fn world(&mut self) -> &mut World<C> {
        self.world
    }

    /// The name.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// From here on with this account of his.
    pub fn account(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    /// Sends instructions with his signature.
    pub fn does(self, instructions: &[Instruction]) -> Self {
        self.does_with(instructions, &[])
    }

    /// Sends instructions with his signature and others'.
    pub fn does_with(mut self, instructions: &[Instruction], others: &[&Keypair]) -> Self {
        self.must_have_succeeded();
        let own = wallet(&self.name);
        let mut signers = vec![&own];
        signers.extend(others);
        self.last = Some(self.world.send_signed(instructions, &signers));
        self
    }

    /// Opens his account.
    pub fn opens_account(self) -> Self {
        let (name, id) = (self.name.clone(), self.id);
        let key = self.world.account_key(&name, id);
        if !self.world.accounts.contains(&key) {
            self.world.accounts.push(key);
        }
        let accounts = self.world.open_accounts(&name, id);
        self.does(&[call(accounts, ix::OpenAccount { id })])
    }

    /// Opens his account unless it exists.
    pub fn has_account(self) -> Self {
        let key = self.world.account_key(&self.name, self.id);
        if self.world.chain.account(&key).is_some() {
            return self;
        }
        self.opens_account()
    }

    /// Closes his account.
    pub fn closes_account(self) -> Self {
        let accounts = self.world.close_accounts(&self.name, self.id);
        self.does(&[call(accounts, ix::CloseAccount {})])
    }

    /// Chooses the margin model of his account, which is opened where needed.
    pub fn uses(self, model: ModelKind) -> Self {
        let actor = self.has_account();
        let accounts = actor.world.set_model_accounts(&actor.name, actor.id);
        let model = model.code();
        actor.does(&[call(accounts, ix::SetModel { model })])
    }

    /// Names who may place orders on his account, for so much in a day.
    pub fn delegates_to(self, name: &str, daily: Amount) -> Self {
        self.world.meet(name);
        self.sets_delegate(key_of(name), daily.atoms)
    }

    /// From here on nobody but he places orders.
    pub fn revokes_delegate(self) -> Self {
        self.sets_delegate(Address::default(), 0)
    }

    fn sets_delegate(self, delegate: Address, daily_notional: u64) -> Self {
        let accounts = self.world.set_delegate_accounts(&self.name, self.id);
        let args = ix::SetDelegate {
            delegate,
            daily_notional,
        };
        self.does(&[call(accounts, args)])
    }

    /// Deposits; his account is opened and his wallet given the tokens where needed.
    pub fn deposits(self, amount: Amount) -> Self {
        let actor = self.has_account();
        actor
            .world
            .fund_up_to(&actor.name, amount.slot, amount.atoms);
        let accounts = actor
            .world
            .deposit_accounts(&actor.name, actor.id, amount.slot);
        actor.does(&[call(
            accounts,
            ix::Deposit {
                amount: amount.atoms,
            },
        )])
    }

    /// Moves quote to another account of his, which is opened where needed.
    pub fn transfers(self, amount: Amount, to: u16) -> Self {
        let from = self.id;
        let actor = self.account(to).has_account().account(from);
        assert_eq!(amount.slot, actor.world.quote().slot, "quote alone moves");
        let accounts = actor.world.transfer_accounts(&actor.name, from, to);
        let args = ix::Transfer {
            amount: amount.atoms,
        };
        actor.does(&[call(accounts, args)])
    }

    /// Withdraws to his wallet.
    pub fn withdraws(self, amount: Amount) -> Self {
        self.takes_out(amount, false)
    }

    /// Withdraws to his wallet and borrows what his deposit does not cover, in a transaction that syncs
    /// the bank first.
    pub fn borrows(self, amount: Amount) -> Self {
        self.takes_out(amount, true)
    }

    fn takes_out(self, amount: Amount, borrow: bool) -> Self {
        self.world.fund_up_to(&self.name, amount.slot, 0);
        let accounts = self
            .world
            .withdraw_accounts(&self.name, self.id, amount.slot);
        let args = ix::Withdraw {
            amount: amount.atoms,
            borrow,
        };
        let withdraw = call(accounts, args);
        if !borrow {
            return self.does(&[withdraw]);
        }
        let sync = self.world.sync_banks_instruction();
        self.does(&[sync, withdraw])
    }

    /// Sends tokens to a bank's vault without asking the program, from a wallet that is given them.
    pub fn donates(self, amount: Amount) -> Self {
        self.world.fund_up_to(&self.name, amount.slot, amount.atoms);
        let vault = self.world.asset(amount.slot).vault;
        let source = self.world.token_key(&self.name, amount.slot);
        let send = crate::tokens::transfer(&source, &vault, &key_of(&self.name), amount.atoms);
        *self.world.donated.entry(vault).or_default() += amount.atoms;
        self.does(&[send])
    }

    /// Lends his deposit of an asset, in a transaction that syncs the bank first.
    pub fn lends(self, slot: u8) -> Self {
        self.sets_lending(slot, true)
    }

    /// Stops lending his deposit of an asset.
    pub fn stops_lending(self, slot: u8) -> Self {
        self.sets_lending(slot, false)
    }

    fn sets_lending(self, slot: u8, lend: bool) -> Self {
        let accounts = self.world.set_lending_accounts(&self.name, self.id, slot);
        let set = call(accounts, ix::SetLending { lend });
        let sync = self.world.sync_banks_instruction();
        self.does(&[sync, set])
    }

    /// Settles account 0 of somebody.
    pub fn settles(self, name: &str) -> Self {
        let account = self.world.account_key(name, 0);
        let markets = self.world.markets_of(&account);
        let accounts = self.world.settle_accounts(account);
        self.does(&[call_with(accounts, ix::Settle {}, markets)])
    }

    /// Reduces the winning side of a market.
    pub fn deleverages(self, slot: u8) -> Self {
        let accounts = self.world.deleverage_accounts();
        let markets = self.world.all_markets(true);
        self.does(&[call_with(accounts, ix::Deleverage { slot }, markets)])
    }

    /// Syncs every market and every bank.
    pub fn syncs(self) -> Self {
        let mut given = self.world.all_markets(true);
        given.extend(self.world.other_banks());
        let accounts = self.world.sync_accounts();
        self.does(&[call_with(accounts, ix::Sync {}, given)])
    }

    /// Syncs every bank and no market.
    pub fn syncs_banks(self) -> Self {
        let sync = self.world.sync_banks_instruction();
        self.does(&[sync])
    }

    /// Records the health of account 0 of somebody.
    pub fn calls_margin(self, name: &str) -> Self {
        let account = self.world.account_key(name, 0);
        let accounts = self.world.call_margin_accounts(account);
        self.does(&[call(accounts, ix::CallMargin {})])
    }

    /// Liquidates legs of account 0 of somebody, for his own account 0.
    pub fn liquidates(self, name: &str, legs: &[LiquidationLeg]) -> Self {
        let actor = self.has_account();
        let account = actor.world.account_key(name, 0);
        let accounts = actor.world.liquidate_accounts(&actor.name, account);
        let positions = legs.iter().filter(|leg| leg.kind == leg_kind::POSITION);
        let mut given: Vec<_> = positions
            .map(|leg| meta(actor.world.asset(leg.slot).market, true))
            .collect();
        let others = legs.iter().filter(|leg| leg.kind != leg_kind::POSITION);
        given.extend(others.map(|leg| meta(actor.world.asset(leg.slot).bank, true)));
        actor.does(&[call_with(
            accounts,
            ix::Liquidate {
                legs: legs.to_vec(),
            },
            given,
        )])
    }

    /// Records or settles the shortfall of account 0 of somebody; what insurance buys comes from his own
    /// account 0, if he has one.
    pub fn settles_bad_debt(self, name: &str) -> Self {
        let account = self.world.account_key(name, 0);
        let own = self.world.account_key(&self.name, 0);
        let mut accounts = self.world.settle_bad_debt_accounts(&self.name, account);
        if self.world.chain.account(&own).is_none() {
            accounts.keeper_account = None;
        }
        let banks = self.world.banks_of(&account);
        self.does(&[call_with(accounts, ix::SettleBadDebt {}, banks)])
    }

    /// The receipt of the last action, which must have succeeded.
    pub fn done(mut self) -> Receipt {
        match self.last.take() {
            Some(Ok(receipt)) => receipt,
            Some(Err(failure)) => panic!("{} was refused: {failure}", self.name),
            None => panic!("{} has done nothing", self.name),
        }
    }

    /// The outcome of the last action, whatever it is.
    pub fn outcome(mut self) -> Result<Receipt, Failure> {
        self.last.take().expect("something was done")
    }

    /// The last action must have been refused with this error. (That a refusal changes no account is
    /// checked wherever one happens.)
    pub fn refused_with(self, error: PlimsollError) -> Failure {
        let expected = format!("{error:?}");
        self.refused_with_code(u32::from(error), &expected)
    }

    /// The same for an error of the framework or another program.
    pub fn refused_with_code(mut self, code: u32, expected: &str) -> Failure {
        match self.last.take() {
            Some(Err(failure)) if failure.code == Some(code) => failure,
            Some(Err(failure)) => panic!("expected {expected} ({code}): {failure}"),
            Some(Ok(receipt)) => {
                panic!(
                    "expected {expected}, but it succeeded:\n  {}",
                    receipt.logs.join("\n  ")
                )
            }
            None => panic!("{} has done nothing", self.name),
        }
    }

    /// The last action must have failed, with whatever error of the runtime.
    pub fn refused(mut self) -> Failure {
        match self.last.take() {
            Some(Err(failure)) => failure,
            _ => panic!("{} should have been refused", self.name),
        }
    }

    pub(crate) fn must_have_succeeded(&mut self) {
        if let Some(Err(failure)) = self.last.take() {
            panic!("{} was refused: {failure}", self.name);
        }
    }
}

impl<C: Chain> Drop for Actor<'_, C> {
    fn drop(&mut self) {
        if let (Some(Err(failure)), false) = (&self.last, std::thread::panicking()) {
            panic!("{} was refused: {failure}", self.name);
        }
    }
}

/// Public key of a name's wallet.
pub fn key_of(name: &str) -> Address {
    wallet(name).pubkey()
}
