//! The program under spoiled bytes.

use core::mem::offset_of;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};

use anchor_lang::Discriminator;
use plimsoll::state::Bank;
use plimsoll_tests::conservation::gaps;
use plimsoll_tests::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_account::Account;
use solana_address::Address;

use crate::budget::Budget;
use crate::idl::idl;
use crate::mutation::{is_fixed, miscall, spoil};
use crate::scenes::scenes;
use crate::stages::Stage;
use crate::verdict::objection;

/// Cases per instruction in a run without a time.
const CASES: u64 = 60;

/// A stage with everything its transaction touches as it was.
struct Subject {
    name: String,
    stage: Stage,
    before: BTreeMap<Address, Option<Account>>,
    /// Accounts whose bytes can be spoiled.
    soft: Vec<Address>,
}

impl Subject {
    fn new(name: String, mut stage: Stage) -> Self {
        stage.world.checks.conservation = false;
        stage.world.checks.nothing_changed = false;
        let all = stage.before.iter().chain([&stage.call]).chain(&stage.after);
        let keys: BTreeSet<Address> = all
            .flat_map(|each| each.accounts.iter().map(|meta| meta.pubkey))
            .collect();
        let before: BTreeMap<Address, Option<Account>> = keys
            .into_iter()
            .map(|key| (key, stage.world.chain.account(&key)))
            .collect();
        let soft = before.iter().filter_map(|(key, account)| {
            let account = account.as_ref()?;
            (!account.data.is_empty() && !is_fixed(key, account)).then_some(*key)
        });
        let mut subject = Self {
            name,
            soft: soft.collect(),
            stage,
            before,
        };
        let call = subject.stage.call.clone();
        if let Err(failure) = subject.stage.send(call) {
            panic!("{} is not valid unspoiled: {failure}", subject.name);
        }
        subject.restore();
        subject
    }

    fn restore(&mut self) {
        for (key, account) in &self.before {
            let fixed = account.as_ref().is_some_and(|known| is_fixed(key, known));
            if !fixed {
                let account = account.clone().unwrap_or_default();
                self.stage.world.chain.set_account(*key, account);
            }
        }
    }

    /// One case; what is wrong with the answer, if anything.
    fn attempt(&mut self, dice: &mut ChaCha8Rng) -> (String, Option<String>, bool) {
        let mut call = self.stage.call.clone();
        let mut spoiled: Vec<(Address, Account)> = Vec::new();
        let mut how = String::new();
        if self.soft.is_empty() || dice.random_range(0..4) == 0 {
            how = miscall(dice, &mut call);
        }
        let also = how.is_empty() || dice.random_range(0..4) == 0;
        if let Some(key) = self.soft.choose(dice).copied().filter(|_| also) {
            let mut account = self.before[&key].clone().expect("it exists");
            how += &format!(" {}: {}", self.role(&key), spoil(dice, &mut account));
            spoiled.push((key, account));
        }
        for (key, account) in &spoiled {
            self.stage.world.chain.set_account(*key, account.clone());
        }
        let outcome = self.stage.send(call.clone());
        let objection = match &outcome {
            Err(failure) => objection(&call, failure),
            Ok(_) => self.loss(&spoiled),
        };
        self.restore();
        (how, objection, outcome.is_ok())
    }

    /// What a success made or lost, if anything. Spoiled bytes that ledgers cannot be read from are left
    /// alone, and so are an exchange that has no pool yet and a bank that became another one's.
    fn loss(&mut self, spoiled: &[(Address, Account)]) -> Option<String> {
        let bank_slot = Bank::DISCRIMINATOR.len() + offset_of!(Bank, slot);
        for (key, account) in spoiled {
            let before = &self.before[key].as_ref()?.data;
            if before.starts_with(Bank::DISCRIMINATOR)
                && before[bank_slot] != account.data[bank_slot]
            {
                return None;
            }
        }
        let measure = |subject: &Self| {
            let world = &subject.stage.world;
            let loud = panic::take_hook();
            panic::set_hook(Box::new(|_| ()));
            let gaps = panic::catch_unwind(AssertUnwindSafe(|| gaps(world)));
            panic::set_hook(loud);
            gaps.ok()
        };
        let after = measure(self);
        self.restore();
        for (key, account) in spoiled {
            self.stage.world.chain.set_account(*key, account.clone());
        }
        let (before, after) = measure(self).zip(after)?;
        // An account that closes takes its lines along, a loss that is recorded brings one.
        let changed = before.iter().filter_map(|(what, gap)| {
            let now = after.get(what).filter(|now| *now != gap)?;
            Some(format!("{what} differed by {gap}, now by {now}"))
        });
        let changed: Vec<String> = changed.collect();
        (!changed.is_empty()).then(|| changed.join("; "))
    }

    /// The name of an account in the call.
    fn role(&self, key: &Address) -> String {
        let place = self.stage.call.accounts.iter();
        let place = place.clone().position(|meta| meta.pubkey == *key);
        let instruction = idl()
            .instructions
            .into_iter()
            .find(|each| self.name.split(' ').next() == Some(each.name.as_str()));
        let named = place.zip(instruction).map(|(place, instruction)| {
            let named = instruction.accounts.get(place);
            named.map_or(format!("remaining account {place}"), |it| it.name.clone())
        });
        named.unwrap_or_else(|| "an account of another instruction".to_owned())
    }
}

#[test]
fn whatever_bytes_it_is_given_the_program_answers_and_conserves() {
    let names = idl().instructions.into_iter().map(|each| each.name);
    let scenes = scenes(names).into_iter();
    let mut subjects: Vec<Subject> = scenes
        .map(|(name, stage)| Subject::new(name, stage))
        .collect();
    let budget = Budget::of(CASES);
    let mut objections = Vec::new();
    let (mut tried, mut passed) = (0u64, 0u64);
    let mut round = budget.first;
    while budget.has(round) {
        for (number, subject) in subjects.iter_mut().enumerate() {
            // One case can be repeated alone: its dice depend on seed, round and instruction only.
            let mut dice = ChaCha8Rng::seed_from_u64(budget.seed);
            dice.set_stream(round << 8 | number as u64);
            let (how, objection, success) = subject.attempt(&mut dice);
            tried += 1;
            passed += u64::from(success);
            if let Some(what) = objection {
                let name = &subject.name;
                let seed = budget.seed;
                objections.push(format!("seed {seed}, round {round}, {name},{how}: {what}"));
            }
        }
        round += 1;
    }
    eprintln!(
        "program: {tried} cases, {passed} succeeded, {} objections",
        objections.len()
    );
    assert!(
        passed > 0 && passed < tried,
        "{passed} of {tried} succeeded"
    );
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}
