//! What owners do with their accounts.

use super::act::Act;
use super::step::Much;
use super::Walk;
use crate::accounts::call;
use crate::actor::key_of;
use crate::amounts::Amount;
use crate::chain::Chain;
use crate::params::USDC;
use crate::swaps::through_venue;
use plimsoll::instruction as ix;
use plimsoll::instructions::RequestParams;
use solana_address::Address;

/// Who may be named a delegate.
const DELEGATES: [&str; 2] = ["kim", "mallory"];
/// Most dollars a wallet is given at once.
const POCKET: u64 = 1_000_000;

impl Walk {
    /// As an amount of an asset, `there` the atoms that there are.
    pub(super) fn atoms_of(&self, slot: u8, much: Much, there: u64) -> u64 {
        match much {
            Much::Dollars(dollars) => self.atoms_for(slot, f64::from(dollars)),
            Much::Part(part) => (u128::from(there) * u128::from(part) / 1_000) as u64,
            Much::Atoms(atoms) => u64::from(atoms),
            Much::Max => u64::MAX,
        }
    }

    /// Atoms of an asset that an account holds, rounded down; 0 where it owes.
    pub(super) fn holds(&self, key: &Address, slot: u8) -> u64 {
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
        let atoms = held
            .next()
            .map_or(0, |holding| holding.atoms_floor(&at).unwrap_or(0));
        atoms.max(0) as u64
    }

    /// A slot of which an account has a deposit, if it has any.
    fn held_slot(&self, key: &Address, pick: u8) -> u8 {
        let slots = 0..self.world.assets.len() as u8;
        let held: Vec<u8> = slots.filter(|slot| self.holds(key, *slot) > 0).collect();
        let at = usize::from(pick).checked_rem(held.len());
        at.map_or(self.slot(pick), |at| held[at])
    }

    /// Atoms of an asset that an account could borrow, about.
    fn free(&self, key: &Address, slot: u8) -> u64 {
        let health = self.health(key);
        let free = health.initial.equity.0 - health.initial.requirement.0;
        self.atoms_for(slot, free.max(0) as f64 / 1e6 * 0.87)
    }

    pub(super) fn exists(&self, key: &Address) -> bool {
        self.world.chain.account(key).is_some()
    }

    fn said_amount(&self, slot: u8, atoms: u64) -> String {
        if atoms == u64::MAX {
            return format!("all {}", self.world.asset(slot).symbol);
        }
        self.amount(slot, i64::try_from(atoms).unwrap_or(i64::MAX))
    }

    pub(super) fn deposits(&mut self, who: u8, slot: u8, much: Much) {
        let (name, slot) = (self.name(who), self.slot(slot));
        let key = self.world.account_key(name, 0);
        if !self.exists(&key) {
            return self.opens_account(name, 0);
        }
        let wallet = self.world.tokens(name, slot);
        let most = self.atoms_for(slot, POCKET as f64);
        let some = wallet.max(self.atoms_for(slot, 5_000.0));
        let atoms = match self.atoms_of(slot, much, some) {
            u64::MAX => wallet,
            atoms => atoms.min(most),
        };
        self.world.fund_up_to(name, slot, atoms);
        let said = format!("{name} deposits {}", self.said_amount(slot, atoms));
        let act = Act::on("deposit", &[key]).gated(key).trading(slot);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.deposit_accounts(name, 0, slot);
            world.send(&[call(accounts, ix::Deposit { amount: atoms })], &[name])
        });
    }

    pub(super) fn withdraws(&mut self, who: u8, slot: u8, much: Much, borrow: bool) {
        let name = self.name(who);
        let key = self.world.account_key(name, 0);
        if !self.exists(&key) {
            return;
        }
        self.freshens();
        let slot = if borrow {
            self.slot(slot)
        } else {
            self.held_slot(&key, slot)
        };
        let there = if borrow {
            self.free(&key, slot)
        } else {
            self.holds(&key, slot)
        };
        let mut atoms = self.atoms_of(slot, much, there);
        if borrow && atoms == u64::MAX {
            atoms = there;
        }
        let verb = if borrow { "borrows" } else { "withdraws" };
        let said = format!("{name} {verb} {}", self.said_amount(slot, atoms));
        let act = Act::on("withdraw", &[key]).gated(key);
        let amount = Amount { slot, atoms };
        let _ = self.attempt(&act, &said, |world| {
            let actor = world.actor(name);
            if borrow {
                actor.borrows(amount).outcome()
            } else {
                actor.withdraws(amount).outcome()
            }
        });
    }

    pub(super) fn transfers(&mut self, who: u8, out: bool, much: Much) {
        let name = self.name(who);
        let (from, to) = if out { (0, 1) } else { (1, 0) };
        let keys = [from, to].map(|id| self.world.account_key(name, id));
        for (id, key) in [from, to].into_iter().zip(keys) {
            if !self.exists(&key) {
                self.opens_account(name, id);
            }
        }
        self.freshens();
        let atoms = self.atoms_of(USDC, much, self.holds(&keys[0], USDC));
        let said = self.said_amount(USDC, atoms);
        let said = format!("{name} moves {said} from account {from} to {to}");
        let act = Act::on("transfer", &keys).gated(keys[0]);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.transfer_accounts(name, from, to);
            world.send(&[call(accounts, ix::Transfer { amount: atoms })], &[name])
        });
    }

    pub(super) fn chooses(&mut self, who: u8, second: bool, model: u8) {
        let (name, id) = (self.name(who), u16::from(second));
        let key = self.world.account_key(name, id);
        if !self.exists(&key) {
            return;
        }
        self.freshens();
        let model = model % 3;
        let word = ["standard", "portfolio", "isolated"][usize::from(model)];
        let said = format!("{name} makes account {id} {word}");
        let act = Act::on("set_model", &[key]).gated(key);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.set_model_accounts(name, id);
            world.send(&[call(accounts, ix::SetModel { model })], &[name])
        });
    }

    pub(super) fn lends(&mut self, who: u8, slot: u8, lend: bool) {
        let name = self.name(who);
        let key = self.world.account_key(name, 0);
        if !self.exists(&key) {
            return;
        }
        let slot = self.held_slot(&key, slot);
        self.freshens();
        let verb = if lend { "lends" } else { "stops lending" };
        let said = format!("{name} {verb} {}", self.world.asset(slot).symbol);
        let act = Act::on("set_lending", &[key]).gated(key);
        let _ = self.attempt(&act, &said, |world| {
            let actor = world.actor(name);
            if lend {
                actor.lends(slot).outcome()
            } else {
                actor.stops_lending(slot).outcome()
            }
        });
    }

    pub(super) fn names(&mut self, who: u8, daily: u32) {
        let name = self.name(who);
        let key = self.world.account_key(name, 0);
        if !self.exists(&key) {
            return;
        }
        let delegate = DELEGATES[usize::from(who / 16) % 2];
        let (delegate, word) = if daily.is_multiple_of(3) {
            (Address::default(), "nobody")
        } else {
            (key_of(delegate), delegate)
        };
        let said = format!("{name} names {word} for {daily} dollars a day");
        let daily_notional = u64::from(daily) * 1_000_000;
        let act = Act::on("set_delegate", &[key]);
        let _ = self.attempt(&act, &said, |world| {
            let accounts = world.set_delegate_accounts(name, 0);
            let args = ix::SetDelegate {
                delegate,
                daily_notional,
            };
            world.send(&[call(accounts, args)], &[name])
        });
    }

    pub(super) fn opens(&mut self, who: u8) {
        let name = self.name(who);
        self.opens_account(name, 2);
        // An empty account closes again.
        self.closes_account(name, 2);
    }

    pub(super) fn closes(&mut self, who: u8) {
        let name = self.name(who);
        self.closes_account(name, 1);
    }

    pub(super) fn opens_account(&mut self, name: &'static str, id: u16) {
        let key = self.world.account_key(name, id);
        let act = Act::on("open_account", &[key]);
        if self.exists(&key) {
            return;
        }
        let said = format!("{name} opens account {id}");
        let _ = self.attempt(&act, &said, |world| {
            world.actor(name).account(id).opens_account().outcome()
        });
    }

    fn closes_account(&mut self, name: &'static str, id: u16) {
        let key = self.world.account_key(name, id);
        if !self.exists(&key) {
            return;
        }
        let said = format!("{name} closes account {id}");
        let act = Act::on("close_account", &[key]);
        let _ = self.attempt(&act, &said, |world| {
            world.actor(name).account(id).closes_account().outcome()
        });
    }

    /// A swap at the venue, a little worse than at the price; one in four tries to be clever.
    pub(super) fn swaps(&mut self, who: u8, slots: (u8, u8), much: Much, worse: u16) {
        let (name, from, to) = (self.name(who), self.slot(slots.0), self.slot(slots.1));
        let key = self.world.account_key(name, 0);
        if from == to || !self.exists(&key) {
            return;
        }
        self.freshens();
        let there = self.holds(&key, from);
        let atoms = match self.atoms_of(from, much, there) {
            u64::MAX => there,
            atoms => atoms.min(self.atoms_for(from, POCKET as f64)),
        };
        let price = |slot: u8| self.feeds[usize::from(slot)].price;
        let decimals = |slot: u8| i32::from(self.world.asset(slot).decimals);
        let value = atoms as f64 / 10f64.powi(decimals(from)) * price(from);
        let gets = self.atoms_for(to, value * (1.0 - f64::from(worse) / 1_000.0));
        let pays = Amount { slot: from, atoms };
        let receives = Amount {
            slot: to,
            atoms: gets,
        };
        let said = format!(
            "{name} swaps {} for {}",
            self.amount(from, atoms as i64),
            self.amount(to, gets as i64)
        );
        let act = Act::on("swap_end", &[key]).gated(key);
        let clever = worse % 4 == 3;
        let act = if clever { act.hostile() } else { act };
        let done = self.attempt(&act, &said, |world| {
            let [begin, trade, end] = world.swap_instructions(name, pays, receives);
            let sync = world.sync_banks_instruction();
            // Without an end; or the end through another program.
            let all = match (clever, worse % 8) {
                (false, _) => vec![sync, begin, trade, end],
                (true, 3) => vec![sync, begin, trade],
                (true, _) => vec![sync, begin, trade, through_venue(&end)],
            };
            world.send(&all, &[name])
        });
        if done.is_ok() {
            *self.tally.accepted.entry("swap_begin").or_default() += 1;
            if clever {
                super::violated("swaps end", said);
            }
        }
    }

    /// Parameters of a request to the pool.
    pub(super) fn request_params(&self, kind: u8, amount: u64) -> RequestParams {
        RequestParams {
            id: self.world.next_order,
            kind,
            amount,
            least: 0,
            keeper_fee: self.world.spec.exchange.min_keeper_fee,
        }
    }
}
