//! Amounts, sizes and prices beyond anything there is: refused, and never by a panic.

use super::act::Act;
use super::Walk;
use crate::accounts::call;
use crate::amounts::Amount;
use crate::orders::Ask;
use crate::params::USDC;
use crate::pyth::PriceUpdate;
use plimsoll::instruction as ix;

impl Walk {
    pub(super) fn asks_too_much(&mut self, who: u8, what: u8) {
        let (name, slot) = (self.name(who), self.slot(what));
        let key = self.world.account_key(name, 0);
        let amount = if what & 1 == 0 {
            u64::MAX
        } else {
            u64::MAX - 1
        };
        if !self.exists(&key) {
            return;
        }
        self.tally.attack("huge amount");
        let said = format!("{name} asks for {amount} ({})", what % 6);
        let own = |name| Act::on(name, &[key]).gated(key).hostile();
        let size = if what & 1 == 0 { i64::MAX } else { i64::MIN };
        match what % 6 {
            0 => {
                let call = call(
                    self.world.deposit_accounts(name, 0, slot),
                    ix::Deposit { amount },
                );
                let _ = self.attempt(&own("deposit"), &said, |world| world.send(&[call], &[name]));
            }
            1 => {
                let args = ix::Withdraw {
                    amount,
                    borrow: true,
                };
                let call = call(self.world.withdraw_accounts(name, 0, slot), args);
                let sync = self.world.sync_banks_instruction();
                let act = own("withdraw");
                let _ = self.attempt(&act, &said, |world| world.send(&[sync, call], &[name]));
            }
            2 => self.insures_blindly(name, amount),
            3 => {
                let amount = Amount {
                    slot: self.market_slot(what),
                    atoms: 1,
                };
                self.freshens();
                let ask = Ask {
                    size,
                    ..Ask::long(amount)
                };
                let act = Act::on("place_order", &[key]).trading(ask.slot).hostile();
                let _ = self.attempt(&act, &said, |world| world.actor(name).asks(ask).outcome());
            }
            4 => {
                let least = PriceUpdate {
                    price: i64::MAX,
                    conf: u64::MAX,
                    ema: i64::MAX,
                    publish_time: self.world.now(),
                    ..self.world.update(slot)
                };
                let posted = self.world.post(&least);
                let act = Act::of("refresh").hostile();
                let _ = self.attempt(&act, &said, |world| world.refresh_from(slot, posted));
            }
            _ => {
                let begin = Amount {
                    slot,
                    atoms: amount,
                };
                let begin = self.world.begin_instruction(name, 0, begin, true);
                let end = self.world.end_instruction(name, 0, USDC, 0);
                let act = own("swap_end");
                let _ = self.attempt(&act, &said, |world| world.send(&[begin, end], &[name]));
            }
        }
    }
}
