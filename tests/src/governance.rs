//! Announced changes, tightenings and fees: what authority and guardian do after launch.

use crate::accounts::call;
use crate::actor::Actor;
use crate::chain::Chain;
use crate::params::USDC;
use crate::world::World;
use anchor_lang::{AccountDeserialize, AccountSerialize};
use plimsoll::instruction as ix;
use plimsoll::instructions::{AssetParams, BankParams, MarketParams, Tightening};
use plimsoll::state::{oracle_kind, ParameterChange, Patch};
use solana_address::Address;
use solana_instruction::Instruction;

/// An hour in seconds.
pub const HOUR: i64 = 3_600;

impl<C: Chain> World<C> {
    /// An announced change.
    pub fn change(&self, id: u64) -> Option<ParameterChange> {
        self.borsh(&self.change_key(id))
    }

    fn borsh<T: AccountDeserialize>(&self, key: &Address) -> Option<T> {
        let account = self.chain.account(key).filter(|it| !it.data.is_empty())?;
        Some(T::try_deserialize(&mut account.data.as_slice()).expect("decoded"))
    }

    /// The parameters an asset was listed with.
    pub fn asset_params(&self, slot: u8) -> AssetParams {
        let mut params = self.spec.assets[usize::from(slot)].params.clone();
        if params.oracle_kind == oracle_kind::PUSH {
            params.oracle_account = self.asset(slot).feed.account;
        }
        params
    }

    /// The parameters a bank was listed with.
    pub fn bank_params(&self, slot: u8) -> BankParams {
        self.spec.assets[usize::from(slot)]
            .bank
            .clone()
            .expect("a bank")
    }

    /// The parameters a market was listed with.
    pub fn market_params(&self, slot: u8) -> MarketParams {
        self.spec.assets[usize::from(slot)]
            .market
            .clone()
            .expect("a market")
    }

    /// Lets so many hours pass; every price is published again then.
    pub fn wait_hours(&mut self, hours: i64) {
        self.advance(hours * HOUR);
        self.tick();
    }

    /// The authority announces a change, its notice passes, and Carol applies it.
    pub fn change_with_notice(&mut self, patch: Patch) {
        let notice = i64::from(patch.notice(&self.exchange()));
        self.actor("authority").announces(patch).done();
        self.wait_hours(notice / HOUR);
        self.carol().applies().done();
    }

    /// The authority announces a change; its id.
    pub fn announced(&mut self, patch: Patch) -> u64 {
        self.actor("authority").announces(patch).done();
        self.last_announced().0
    }

    /// Addresses of all changes ever announced.
    pub fn change_keys(&self) -> Vec<Address> {
        let ids = self.announced.iter().map(|(id, _)| self.change_key(*id));
        ids.collect()
    }

    /// Ids of the changes that stand.
    pub fn standing_changes(&self) -> Vec<u64> {
        let ids = self.announced.iter().map(|(id, _)| *id);
        ids.filter(|id| self.change(*id).is_some()).collect()
    }

    /// The change announced last, while it is there.
    pub fn last_change(&self) -> Option<ParameterChange> {
        let (id, _) = self.announced.last()?;
        self.change(*id)
    }

    /// An announcement with the id of the last one.
    pub fn announce_again(&self, patch: Patch) -> Instruction {
        let (id, _) = self.last_announced();
        let accounts = self.announce_change_accounts("authority", id);
        call(accounts, ix::AnnounceChange { id, patch })
    }

    /// Writes the change announced last, by hand.
    pub fn plant_change(&mut self, change: &ParameterChange) {
        let key = self.change_key(change.id);
        let mut account = self.chain.account(&key).expect("it is there");
        let mut data = Vec::new();
        change.try_serialize(&mut data).expect("encoded");
        account.data[..data.len()].copy_from_slice(&data);
        self.chain.set_account(key, account);
    }

    fn last_announced(&self) -> (u64, Patch) {
        self.announced.last().cloned().expect("an announcement")
    }
}

impl<C: Chain> Actor<'_, C> {
    /// Announces a change.
    pub fn announces(self, patch: Patch) -> Self {
        let id = self.world.next_order;
        self.world.next_order += 1;
        let accounts = self.world.announce_change_accounts(&self.name, id);
        self.world.announced.push((id, patch.clone()));
        self.does(&[call(accounts, ix::AnnounceChange { id, patch })])
    }

    /// Applies what was announced last.
    pub fn applies(self) -> Self {
        let (id, _) = self.world.last_announced();
        self.applies_change(id)
    }

    /// Applies a change.
    pub fn applies_change(self, id: u64) -> Self {
        let found = self.world.announced.iter().find(|(other, _)| *other == id);
        let (_, patch) = found.cloned().expect("it was announced");
        let accounts = self.world.apply_change_accounts(&self.name, id, &patch);
        self.does(&[call(accounts, ix::ApplyChange {})])
    }

    /// Cancels what was announced last, or removes it.
    pub fn cancels_last(self) -> Self {
        let (id, _) = self.world.last_announced();
        self.cancels_change(id)
    }

    /// Cancels a change, or removes it.
    pub fn cancels_change(self, id: u64) -> Self {
        let accounts = self.world.cancel_change_accounts(&self.name, id);
        self.does(&[call(accounts, ix::CancelChange {})])
    }

    /// Tightens.
    pub fn tightens(self, tightening: Tightening) -> Self {
        self.tightens_caps(USDC, tightening)
    }

    /// Tightens caps of the bank or market in `slot`.
    pub fn tightens_caps(self, slot: u8, tightening: Tightening) -> Self {
        let accounts = self.world.tighten_accounts(&self.name, &tightening, slot);
        self.does(&[call(accounts, ix::Tighten { tightening })])
    }

    /// Collects the fees of a bank into his own tokens.
    pub fn collects_fees(self, slot: u8) -> Self {
        let name = self.name.clone();
        self.world.fund_up_to(&name, slot, 0);
        let accounts = self.world.collect_fees_accounts(&name, &name, slot);
        self.does(&[call(accounts, ix::CollectFees {})])
    }
}
