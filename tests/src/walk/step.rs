//! What a walk is made of.
//!
//! A step says everything in fractions, dollars and numbers of things, never in atoms or addresses: it
//! can be taken in any state of any world, so that a story stays a story when steps are left out of it.

/// How much of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Much {
    /// So many dollars' worth.
    Dollars(u32),
    /// So many thousandths of what there is, more than there is included.
    Part(u16),
    /// So many atoms.
    Atoms(u8),
    /// The largest number there is; most instructions read it as everything.
    Max,
}

/// What a trader asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A market order of so many hundredths of what his free margin allows; against his position where he
    /// has none free.
    Market(u16),
    /// A market order that closes his position.
    Close,
    /// A limit order so many thousandths away from the price.
    Limit(i16),
    /// A stop so many thousandths away from the price.
    Stop(i16),
    /// A take-profit so many thousandths away from the price.
    TakeProfit(i16),
    /// A stop and a take-profit of which one executes.
    Pair(u16),
}

/// What somebody tries who should not get away with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// What only an owner may do, signed by somebody else.
    WrongSigner(u8),
    /// An instruction with one account taken from elsewhere.
    WrongAccount {
        /// Which instruction.
        what: u8,
        /// Which of its accounts.
        which: u8,
        /// What stands there instead.
        instead: u8,
    },
    /// An order that was executed, executed again.
    Replay(u8),
    /// An order executed on an update of his choice.
    Undetermined(u8),
    /// An old update offered to the book.
    OldUpdate(u8),
    /// An update that no receiver has written, offered to the book and to an order.
    Forged(u8),
    /// Amounts beyond any balance.
    Huge(u8),
    /// Himself as keeper of his own liquidation.
    SelfLiquidation,
    /// Somebody who meets his margin liquidated.
    LiquidatesHealthy(u8),
    /// A market order cancelled after its price is known.
    CancelsKnown(u8),
    /// A price brought, an order placed and executed on it, in one transaction.
    Sandwich,
    /// Tokens sent to a vault unasked.
    Donates(Much),
}

/// One thing that happens. `who`, `slot` and `pick` count modulo those there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Seconds pass in which nobody publishes.
    Waits(u32),
    /// The price of an asset moves by parts per million; `followed` by its mean at once or not.
    Moves {
        /// Asset.
        slot: u8,
        /// Parts per million, above −1,000,000.
        ppm: i32,
        /// Whether the EMA follows at once.
        followed: bool,
    },
    /// The confidence of an asset is many times its usual one from now on, or no more.
    Widens(u8, bool),
    /// The feed of an asset falls silent, or speaks again.
    Darkens(u8, bool),
    /// A stake pool redeems at another rate, in thousandths more; or its account grows two epochs old.
    Redeems(i16),
    /// Two epochs pass in which the stake pool is not brought up to date.
    PoolAges,
    /// A bank's vault is frozen by its token's issuer, or thawed.
    FreezesVault(u8, bool),
    /// A wallet's token account is frozen, or thawed.
    FreezesWallet(u8, u8, bool),
    /// Insurance is left with so many thousandths of itself; the rest is the protocol's.
    Drains(u16),
    /// Live feeds publish, the book is refreshed and synced.
    Keeps,
    /// Some feeds are refreshed: a bit each.
    Refreshes(u8),
    /// Somebody syncs.
    Syncs,
    /// Somebody deposits.
    Deposits(u8, u8, Much),
    /// Somebody withdraws, borrowing where told so.
    Withdraws(u8, u8, Much, bool),
    /// Somebody moves quote to another account of his, or back.
    Transfers(u8, bool, Much),
    /// Somebody chooses a margin model for his account, the second one where told so.
    Chooses(u8, bool, u8),
    /// Somebody lends his deposit, or stops.
    Lends(u8, u8, bool),
    /// Somebody names a delegate for so many dollars a day, or nobody.
    Names(u8, u32),
    /// Somebody opens and closes an account, or tries to.
    Opens(u8),
    /// Somebody tries to close his second account.
    Closes(u8),
    /// Somebody swaps at the venue, at so many thousandths worse than the price.
    Swaps {
        /// Who.
        who: u8,
        /// What he pays.
        pays: u8,
        /// What he receives.
        receives: u8,
        /// How much he pays.
        much: Much,
        /// Thousandths of the value that he loses.
        worse: u16,
    },
    /// Somebody trades: places, waits for the determined update, and a keeper executes.
    Trades {
        /// Who.
        who: u8,
        /// Where.
        slot: u8,
        /// Whether he buys.
        buys: bool,
        /// What he asks for.
        wish: Wish,
        /// Whether the account is his second.
        second: bool,
        /// Whether his delegate places it.
        by_delegate: bool,
        /// Whether a keeper comes at once; resting orders wait anyway.
        at_once: bool,
        /// How far the price moves until then, parts per million.
        drift: i32,
    },
    /// A keeper executes a standing order, on its determined update where one is known.
    Executes(u8),
    /// Somebody removes a standing order: its owner, or a keeper.
    Cancels(u8, bool),
    /// Somebody asks to join the pool or to leave it.
    Asks(u8, bool, Much),
    /// A keeper prices and ends a request, after waiting for its instant where told so.
    Ends(u8, bool),
    /// A keeper settles somebody.
    Settles(u8),
    /// A keeper records somebody's health.
    Calls(u8),
    /// A keeper liquidates whom he can: legs by bits, parts in thousandths.
    Liquidates {
        /// Which of those who can be liquidated.
        pick: u8,
        /// Legs; all for none.
        legs: u8,
        /// How much of each.
        part: u16,
        /// Which keeper.
        keeper: u8,
    },
    /// A keeper has somebody's bad debt recorded and settled.
    SettlesBadDebt(u8, u8),
    /// A keeper takes everything from whom nothing should be left, then settles what he owes.
    Finishes(u8),
    /// Somebody has a market reduced.
    Deleverages(u8),
    /// Somebody reads an account's health.
    Assesses(u8),
    /// Somebody pays into insurance.
    Insures(Much),
    /// The authority announces a change: which kind, of what, to so many thousandths.
    Announces(u8, u8, u16),
    /// Somebody applies a change, after its notice where told so.
    Applies(u8, bool),
    /// The guardian cancels a change, or somebody else tries to.
    Revokes(u8, bool),
    /// The guardian tightens: how, what, to so many thousandths.
    Tightens(u8, u8, u16),
    /// The authority collects fees.
    Collects(u8),
    /// The pool is granted stress without end, by hand: what a change of its cap could do.
    BearsAnything,
    /// Somebody means harm.
    Attacks(u8, Attack),
}
