//! The end of every walk: markets calm down, and everybody leaves. What nobody can end any more is stuck.

use super::act::Act;
use super::orders::Asker;
use super::step::Wish;
use super::{violated, Walk, PEOPLE};
use crate::accounts::call;
use crate::params::{JITOSOL, USDC};
use plimsoll::instruction as ix;
use plimsoll::state::MarginAccount;
use solana_address::Address;

/// Times that everybody tries to close what he has: closing one side may have to wait for the other.
const ROUNDS: usize = 8;
/// Dollars that everybody pays in first, so that no margin stands in the way.
const PLENTY: f64 = 5_000_000.0;

/// An account, whose it is, and which of his.
type Held = (Address, &'static str, u16);

impl Walk {
    /// Everybody ends what he has and leaves; what is left afterwards belongs to insurance, the protocol and
    /// the pool.
    pub(super) fn everybody_leaves(&mut self) {
        self.say("the storm is over, and everybody leaves".into());
        self.calms();
        self.ends_orders_and_requests();
        for (key, name, id) in self.held() {
            self.pays_in(key, name, id, USDC, PLENTY);
        }
        for _ in 0..ROUNDS {
            if self
                .held()
                .iter()
                .any(|(key, _, _)| self.open_slot(key).is_some())
            {
                self.closes_positions();
            }
        }
        self.keeps();
        for (key, name, id) in self.held() {
            self.leaves(key, name, id);
        }
        self.nothing_is_stuck();
    }

    /// Feeds speak and are narrow, means are prices, nothing is frozen; an hour passes.
    fn calms(&mut self) {
        for feed in &mut self.feeds {
            (feed.wide, feed.dark, feed.ema) = (false, false, feed.price);
        }
        (self.feeds[0].price, self.feeds[0].ema) = (1.0, 1.0);
        let slots = 0..self.world.assets.len() as u8;
        for slot in slots {
            self.set_frozen(self.world.asset(slot).vault, false);
            for name in PEOPLE.iter().chain(&["lp"]) {
                let key = self.world.token_key(name, slot);
                if self.exists(&key) {
                    self.set_frozen(key, false);
                }
            }
        }
        let ratio = self.feeds[usize::from(JITOSOL)].price / self.feeds[1].price;
        self.world.redeems(JITOSOL, ratio);
        let held = self.world.book().withdrawals_held_until - self.world.now();
        self.world.advance(held.max(2 * 3_600));
        self.keeps();
    }

    fn ends_orders_and_requests(&mut self) {
        // One by one: the other order of a pair stands alone afterwards.
        while let Some(order) = self.standing().first().copied() {
            let owner = self.world.margin_account(&order.account).owner;
            let name = PEOPLE
                .iter()
                .find(|name| crate::actor::key_of(name) == owner);
            let name = name.copied().unwrap_or("kim");
            let act = Act::on("cancel_order", &[order.account]).trading(order.slot);
            let said = format!("{name} takes an order back");
            let done = self.attempt(&act, &said, |world| {
                let accounts = world.cancel_accounts(name, &order);
                world.send(&[call(accounts, ix::CancelOrder {})], &[name])
            });
            if let Err(failure) = done {
                violated("everybody leaves", format!("an order stays: {failure}"));
            }
        }
        for filed in self.filed.clone() {
            if self.world.pool_request(&filed.key).is_none() {
                continue;
            }
            let said = format!("{}'s request lapses", filed.name);
            let done = self.attempt(&Act::of("pool_execute"), &said, |world| {
                let end = world.end_request("keeper", &filed);
                world.send(&[end], &["keeper"])
            });
            if let Err(failure) = done {
                violated("everybody leaves", format!("a request stays: {failure}"));
            }
        }
    }

    /// Every account there is, with its owner's name.
    fn held(&self) -> Vec<Held> {
        let open = self.world.open_margin_accounts();
        let named = |account: &MarginAccount| {
            let named = PEOPLE
                .iter()
                .find(|name| crate::actor::key_of(name) == account.owner);
            named.copied()
        };
        open.into_iter()
            .filter_map(|(key, account)| Some((key, named(&account)?, account.id)))
            .collect()
    }

    fn pays_in(&mut self, key: Address, name: &'static str, id: u16, slot: u8, dollars: f64) {
        let atoms = self.atoms_for(slot, dollars) + 1;
        self.world.fund_up_to(name, slot, atoms);
        let act = Act::on("deposit", &[key]).gated(key).trading(slot);
        let said = format!(
            "{name} pays {} into account {id}",
            self.amount(slot, atoms as i64)
        );
        let lent = self.world.margin_account(&key).balances;
        let lent = lent.iter().any(|held| held.slot == slot && held.lent == 1);
        let done = self.attempt(&act, &said, |world| {
            let accounts = world.deposit_accounts(name, id, slot);
            world.send(&[call(accounts, ix::Deposit { amount: atoms })], &[name])
        });
        // Nobody begins to lend while a loss is pending; everything else is paid in whenever he likes.
        if let Err(failure) = done {
            if !lent {
                violated("everybody leaves", format!("a deposit: {failure}"));
            }
        }
    }

    fn closes_positions(&mut self) {
        self.world.bear_any_stress();
        for (key, name, id) in self.held() {
            let account = self.world.margin_account(&key);
            if account.positions.iter().all(|place| place.is_free()) {
                continue;
            }
            self.freshens();
            self.settles_account(key);
            if let Some(slot) = self.open_slot(&key) {
                let who = PEOPLE.iter().position(|other| *other == name);
                let asker = Asker {
                    who: who.unwrap_or(0) as u8,
                    second: id == 1,
                    by_delegate: false,
                };
                self.trades(asker, slot - 1, false, Wish::Close, Some(0));
                self.world.bear_any_stress();
            }
        }
    }

    fn open_slot(&self, key: &Address) -> Option<u8> {
        let account = self.world.margin_account(key);
        let mut places = account.positions.iter().filter(|place| place.base != 0);
        places.next().map(|place| place.slot)
    }

    /// Repays, is settled, releases what was recorded, withdraws, closes.
    fn leaves(&mut self, key: Address, name: &'static str, id: u16) {
        self.freshens();
        self.settles_account(key);
        for _ in 0..ROUNDS {
            if self.world.margin_account(&key).pool_debt_shares > 0 {
                self.pays_in(key, name, id, USDC, PLENTY);
                self.settles_account(key);
            }
        }
        let account = self.world.margin_account(&key);
        for held in account.balances.iter().filter(|held| held.amount < 0) {
            let atoms = self.owes(&key, held.slot) as f64;
            let decimals = i32::from(self.world.asset(held.slot).decimals);
            let price = self.feeds[usize::from(held.slot)].price;
            let dollars = atoms / 10f64.powi(decimals) * price * 1.001 + 0.01;
            self.pays_in(key, name, id, held.slot, dollars);
        }
        self.releases(key);
    }

    fn releases(&mut self, key: Address) {
        let account = self.world.margin_account(&key);
        let recorded = account.pool_pending_loss > 0
            || account.balances.iter().any(|held| held.pending_loss > 0);
        let keeper = ["keeper", "kim"][usize::from(key == self.world.account_key("keeper", 0))];
        if recorded {
            self.settles_bad_debt_of(key, keeper);
        }
    }

    fn owes(&self, key: &Address, slot: u8) -> u64 {
        use plimsoll::state::{AgeLimit, BookAt};
        use plimsoll_engine::exposure::{AccountView, BALANCES};
        let (book, account) = (self.world.book(), self.world.margin_account(key));
        let at = BookAt {
            book: &book,
            now: self.world.now(),
            limit: AgeLimit::Other,
        };
        let held = (0..BALANCES).filter_map(|place| account.balance(place));
        let mut held = held.filter(|holding| holding.slot == slot);
        let atoms = held.next().map_or(0, |it| it.atoms_floor(&at).unwrap_or(0));
        atoms.min(0).unsigned_abs()
    }

    /// All that is left is withdrawn, every account closed, every ledger of accounts empty.
    fn nothing_is_stuck(&mut self) {
        self.keeps();
        // What others have paid the pool since, and what the sync has brought it, pays those whom it owes.
        for (key, _, _) in self.held() {
            if self.world.margin_account(&key).credit > 0 {
                self.settles_account(key);
            }
        }
        for (key, name, id) in self.held() {
            self.freshens();
            let account = self.world.margin_account(&key);
            for held in account.balances.iter().filter(|held| held.amount > 0) {
                let slot = held.slot;
                let act = Act::on("withdraw", &[key]).gated(key);
                let said = format!("{name} takes out all {}", self.world.asset(slot).symbol);
                let done = self.attempt(&act, &said, |world| {
                    let args = ix::Withdraw {
                        amount: u64::MAX,
                        borrow: false,
                    };
                    let accounts = world.withdraw_accounts(name, id, slot);
                    world.send(&[call(accounts, args)], &[name])
                });
                if let Err(failure) = done {
                    let name = super::act::error_name(&failure);
                    // Less than an atom of shares is nothing to withdraw; and a claim that the pool cannot
                    // pay counts nothing initially, but asks for its requirement.
                    let unpaid = account.credit > 0 && name == "BelowInitial";
                    if name != "ZeroAmount" && !unpaid {
                        violated("everybody leaves", format!("{slot} stays: {failure}"));
                    }
                }
            }
        }
        let payable = self.world.pool().payable();
        for (key, account) in self.world.open_margin_accounts() {
            let open = account.positions.iter().any(|place| !place.is_free());
            let owed = account.balances.iter().any(|held| held.amount < 0);
            // What the pool cannot pay stays a claim.
            let claims = account.credit > 0 && payable > 0;
            let stuck =
                open || owed || claims || account.credit < 0 || account.pool_debt_shares > 0;
            *self.tally.checks.entry("everybody leaves").or_default() += 1;
            if stuck {
                let what = super::crank::holdings(&account);
                let what = format!("{key} still has {what}, the pool {payable} to pay with");
                violated("everybody leaves", what);
            }
        }
        for asset in self.world.assets.iter().filter(|asset| asset.has_market) {
            let market = self.world.market(asset.slot);
            let left = [
                i128::from(market.long_base),
                i128::from(market.short_base),
                i128::from(market.long_cost),
                i128::from(market.short_cost),
                i128::from(market.funding),
                i128::from(market.cut),
            ];
            if left != [0; 6] {
                violated(
                    "everybody leaves",
                    format!("{} keeps {left:?}", asset.symbol),
                );
            }
        }
    }
}
