//! Errors with pinned codes, by room. A code, once released, never changes its meaning.

use anchor_lang::prelude::*;

pub use crate::refusal::{checked, OrRefuse};

/// Every refusal of the program. Where there is something to compare, the log names both values.
#[error_code(offset = 6000)]
#[derive(PartialEq, Eq)]
pub enum PlimsollError {
    // Engine, 6000.
    /// Overflow.
    #[msg("An amount left the range of its type")]
    MathOverflow = 0,
    /// Price range.
    #[msg("A price is zero or outside the range that can be represented")]
    PriceOutOfRange = 1,
    /// Decimals.
    #[msg("Token decimals are above 12")]
    DecimalsOutOfRange = 2,
    /// Divisor.
    #[msg("A scale or total is zero")]
    DivisionByZero = 3,
    /// Zero.
    #[msg("The amount or size is zero")]
    ZeroAmount = 4,
    /// Pool.
    #[msg("The pool's net asset value is not positive")]
    PoolInsolvent = 5,
    /// Pool deposit.
    #[msg("The deposit is too small for a share, or below the least first deposit")]
    DepositTooSmall = 6,

    // Exchange, 6100.
    /// Unbound.
    #[msg("The exchange has no book or no authority")]
    ExchangeUnbound = 100,
    /// Authority.
    #[msg("The signer is not the authority of the exchange")]
    NotAuthority = 101,
    /// Launched.
    #[msg("The exchange is launched: changes have to be announced")]
    AlreadyLaunched = 102,
    /// Not launched.
    #[msg("The exchange is not launched yet")]
    NotLaunched = 103,
    /// Parameter.
    #[msg("A parameter is outside its bounds in code")]
    ParameterOutOfBounds = 104,
    /// Rates.
    #[msg("A rate is not in its range or initial is below 1.25 times maintenance")]
    RatesUnsound = 105,
    /// Book full.
    #[msg("All asset slots of the book are taken")]
    BookFull = 106,
    /// Twice.
    #[msg("The asset already has one")]
    AlreadyListed = 107,
    /// Unknown.
    #[msg("The asset is not listed in this book")]
    UnknownAsset = 108,
    /// Quote.
    #[msg("The quote token must be SPL Token's with 6 decimals, and exactly one bank must be the quote's")]
    QuoteToken = 109,
    /// Mint.
    #[msg("The mint's decimals differ from the asset's, or the mint is the pool's share")]
    MintMismatch = 110,
    /// Insurance.
    #[msg("The insurance fund is below the target")]
    InsuranceBelowTarget = 111,
    /// Book.
    #[msg("The book belongs to another exchange")]
    WrongBook = 112,
    /// Book invariant.
    #[msg("The book would be inconsistent")]
    BookInvariant = 113,
    /// Book size.
    #[msg("The account given for the book is not zeroed or not of the book's size")]
    BookNotEmpty = 114,
    /// Scenarios.
    #[msg("All scenarios of the book are taken")]
    ScenariosFull = 115,
    /// Not due.
    #[msg("The notice of the change is not over")]
    ChangeNotDue = 116,
    /// Lapsed.
    #[msg("The change was not applied in time")]
    ChangeLapsed = 117,
    /// Void.
    #[msg("What the change was announced for has changed otherwise since")]
    ChangeVoid = 118,
    /// Wrong change.
    #[msg("The change is another exchange's, or announces something else")]
    WrongChange = 119,
    /// Change invariant.
    #[msg("The change would be inconsistent")]
    ChangeInvariant = 120,
    /// Guardian.
    #[msg("The signer is neither the guardian nor the authority of the exchange")]
    NotGuardian = 121,
    /// Looser.
    #[msg("Tightening does not loosen")]
    NotTighter = 122,
    /// Budget of holds.
    #[msg("Withdrawals would be held for more than 24 hours in 7 days")]
    HoldBudget = 123,
    /// Held.
    #[msg("Withdrawals are held")]
    WithdrawalsHeld = 124,
    /// Halted.
    #[msg("The asset is halted: nobody borrows it")]
    AssetHalted = 125,
    /// Shares as collateral.
    #[msg("The token is the share of a pool")]
    PoolShares = 126,

    // Accounts and tokens, 6200.
    /// Owner.
    #[msg("The signer is not the owner of the margin account")]
    NotOwner = 200,
    /// Account of another book.
    #[msg("The margin account belongs to another book")]
    WrongAccountBook = 201,
    /// Bank.
    #[msg("The bank belongs to another book or asset")]
    WrongBank = 202,
    /// Vault.
    #[msg("The vault is not the bank's")]
    WrongVault = 203,
    /// Mint.
    #[msg("The token account or mint is not of the bank's token")]
    WrongMint = 204,
    /// Token owner.
    #[msg("The token account is not the signer's")]
    WrongTokenOwner = 205,
    /// Balances.
    #[msg("The margin account has no free place for another balance")]
    NoFreeBalance = 206,
    /// Positions.
    #[msg("The margin account has no free place for another position")]
    NoFreePosition = 207,
    /// Funds.
    #[msg("The account holds less than asked for")]
    InsufficientBalance = 208,
    /// Cap.
    #[msg("The bank's deposit cap would be passed")]
    DepositCap = 209,
    /// Not empty.
    #[msg("The margin account is not empty")]
    AccountNotEmpty = 210,
    /// Invariant.
    #[msg("The margin account would be inconsistent")]
    AccountInvariant = 211,
    /// Pool.
    #[msg("The pool would be inconsistent")]
    PoolInvariant = 212,
    /// Market.
    #[msg("The market would be inconsistent")]
    MarketInvariant = 213,
    /// Pool account.
    #[msg("The pool or its mint belongs to another book")]
    WrongPool = 214,
    /// Markets given.
    #[msg("The markets given are not exactly those needed, in order")]
    WrongMarkets = 215,
    /// Model.
    #[msg("There is no such margin model")]
    UnknownModel = 216,
    /// Isolated.
    #[msg("An isolated account holds quote and one position only")]
    IsolatedHoldings = 217,
    /// Busy.
    #[msg("The model cannot change while a margin call or an episode of liquidation stands")]
    ModelWhileCalled = 218,
    /// Bank.
    #[msg("The bank would be inconsistent")]
    BankInvariant = 219,
    /// Cash.
    #[msg("The bank has lent more than it could pay out now")]
    LenderCash = 220,
    /// Pending loss.
    #[msg("A loss of the bank is recorded and not settled: nobody can begin to lend")]
    LossPending = 221,
    /// Borrow cap.
    #[msg("The bank's borrow cap would be passed")]
    BorrowCap = 222,
    /// Utilisation.
    #[msg("The share of lent deposits that may be borrowed would be passed")]
    UtilisationCap = 223,
    /// Outflow.
    #[msg("More would leave the bank than its window allows")]
    OutflowLimit = 224,
    /// Sync.
    #[msg("The bank was not synced recently enough to borrow from it")]
    BankNotSynced = 225,
    /// Debt.
    #[msg("A debt stands in the token: it cannot be lent")]
    NothingToLend = 226,
    /// Isolated.
    #[msg("An isolated account cannot borrow")]
    IsolatedBorrow = 227,
    /// Bank given.
    #[msg("A balance changes whose bank is not among the accounts given")]
    BankMissing = 228,
    /// Swap.
    #[msg("The margin account is in the middle of a swap")]
    SwapOpen = 229,
    /// Swap.
    #[msg("No swap of the margin account has begun")]
    NoSwap = 230,
    /// Swap.
    #[msg(
        "A swap begins and ends in top-level instructions of one transaction, once for an account"
    )]
    SwapInstructions = 231,
    /// Swap.
    #[msg("The book was written during the swap")]
    SwapBookChanged = 232,
    /// Extension.
    #[msg("The mint has an extension that no bank accepts")]
    MintExtension = 233,
    /// Stake pool.
    #[msg("The stake pool is not the listed one, or not as its program writes it")]
    StakePool = 234,
    /// Rate age.
    #[msg("The redemption rate is older than the last epoch")]
    RedemptionStale = 235,
    /// Closed.
    #[msg(
        "Losses have taken nearly all of the bank's lent deposits: nobody lends or borrows there"
    )]
    BankClosed = 236,
    /// Trader.
    #[msg("The signer is neither the owner of the margin account nor its delegate")]
    NotTrader = 237,
    /// Delegate.
    #[msg("The order is worth more than is left of what the delegate may order in a day")]
    DelegateLimit = 238,
    /// Self.
    #[msg("The account that pays is the account that receives")]
    SelfTransfer = 239,
    /// Stress.
    #[msg("The pool keeps what its stress may cost: less can be withdrawn now")]
    PoolStress = 250,
    /// Early.
    #[msg("The request waits for its instant")]
    RequestNotDue = 251,
    /// Request.
    #[msg("The request is of another pool, or asks for something unknown")]
    WrongRequest = 252,
    /// Unpriced.
    #[msg("A market with open interest has no determined price recorded in the request")]
    RequestUnpriced = 253,
    /// Headroom.
    #[msg("The pool cannot bear the stress that this would add")]
    Headroom = 254,
    /// Bears.
    #[msg("What the pool owes is within its cap: nothing is reduced")]
    PoolBearsIt = 255,
    /// Largest.
    #[msg("The pool owes another market more: that one is reduced first")]
    NotTheLargest = 256,
    /// Nothing.
    #[msg("The market has no skew to close")]
    NothingToDeleverage = 257,

    // Prices, 6300.
    /// Owner program.
    #[msg("The price account is not owned by the asset's oracle program")]
    OracleOwner = 300,
    /// Layout.
    #[msg("The price account has the wrong discriminator, length, magic, version or type")]
    OracleData = 301,
    /// Feed.
    #[msg("The price is of another feed")]
    OracleFeed = 302,
    /// Address.
    #[msg("The price account is not the pinned address of the push feed")]
    OracleAccount = 303,
    /// Verification.
    #[msg("The update is verified by fewer signatures than the asset asks for")]
    OracleVerification = 304,
    /// Sign.
    #[msg("The price is zero or negative")]
    OraclePriceSign = 305,
    /// Exponent.
    #[msg("The price exponent is outside -12 to 0")]
    OracleExponent = 306,
    /// Future.
    #[msg("The publish time lies too far in the future")]
    OracleFuture = 307,
    /// Status.
    #[msg("The push feed is not trading")]
    OracleStatus = 308,
    /// Stale.
    #[msg("The price is too old for this")]
    PriceStale = 309,
    /// Wide.
    #[msg("The confidence is too wide for this")]
    PriceWide = 310,
    /// None.
    #[msg("The asset has no price yet")]
    PriceMissing = 311,
    /// Determined update.
    #[msg("This is not the update that determines the order's price")]
    NotDeterminedUpdate = 312,
    /// Count.
    #[msg("Each slot needs its price account, and its stake pool if it has one")]
    PriceAccountCount = 313,
    /// Too early.
    #[msg("The update was published before the order may use one")]
    UpdateBeforeOrder = 314,
    /// Sync.
    #[msg("The market was not synced within the hour: no position in it may grow")]
    MarketNotSynced = 315,
    /// Epoch.
    #[msg("The position is older than two complete reductions of its side: it has to be settled first")]
    StaleEpoch = 316,

    // Orders, 6400.
    /// Pending.
    #[msg("A market order is pending: it has to be executed or to lapse first")]
    OrderPending = 400,
    /// Fee.
    #[msg("The keeper fee is below the minimum")]
    KeeperFeeTooSmall = 401,
    /// Early.
    #[msg("A market order cannot be cancelled before it lapses")]
    OrderNotLapsed = 402,
    /// Late.
    #[msg("The order has lapsed")]
    OrderLapsed = 403,
    /// Other account.
    #[msg("The order belongs to another account, market or generation")]
    WrongOrder = 404,
    /// Cap.
    #[msg("The market's skew or open interest cap would be passed")]
    MarketCap = 405,
    /// Slippage.
    #[msg("The execution is worse than the order's limit")]
    Slippage = 406,
    /// Market.
    #[msg("The market belongs to another book or asset")]
    WrongMarket = 407,
    /// Rent recipient.
    #[msg("The rent must return to who paid it")]
    WrongRentRecipient = 408,
    /// Invariant.
    #[msg("The order would be inconsistent")]
    OrderInvariant = 409,
    /// Terms.
    #[msg("The kind, extent, size, limit, trigger or pair of the order do not go together")]
    OrderTerms = 410,
    /// Expiry.
    #[msg("The order would end before it can execute, or live longer than an order may")]
    OrderExpiry = 411,
    /// Count.
    #[msg("The account has as many resting orders as it can have")]
    TooManyOrders = 412,
    /// Open orders.
    #[msg("Orders of the margin account stand: cancel them first")]
    OrdersOpen = 413,
    /// Trigger.
    #[msg("The update has not reached the order's trigger")]
    TriggerNotReached = 414,
    /// Reduce-only.
    #[msg("The account holds nothing that the order could reduce")]
    NothingToReduce = 415,
    /// Partner account.
    #[msg("The account given is not the order's partner, or the order has none")]
    WrongPartner = 416,
    /// Partner gone.
    #[msg("The order's partner was executed, or does not exist yet")]
    PartnerGone = 417,
    /// Alive.
    #[msg("The order can still execute: only who may place orders for the account cancels it")]
    OrderAlive = 418,

    // Code, 6480.
    /// Upgrade authority.
    #[msg("The signer is not the upgrade authority that the loader names for the program")]
    NotUpgradeAuthority = 480,
    /// Program data.
    #[msg("The account given is not where the loader keeps the program's code")]
    WrongProgramData = 481,
    /// Code authority.
    #[msg("The signer is not who may announce new code")]
    NotCodeAuthority = 482,
    /// Pending authority.
    #[msg("The signer is not who was proposed to announce new code")]
    NotPendingCodeAuthority = 483,
    /// Announced.
    #[msg("An upgrade is announced already: cancel it first")]
    UpgradeAnnounced = 484,
    /// None.
    #[msg("No upgrade is announced")]
    NoUpgradeAnnounced = 485,
    /// Too early.
    #[msg("The notice of the announced upgrade is not over")]
    UpgradeNotDue = 486,
    /// Too late.
    #[msg("The announced upgrade has lapsed")]
    UpgradeLapsed = 487,
    /// Not a buffer.
    #[msg("The account is not a buffer of the upgradeable loader")]
    NotBuffer = 488,
    /// Still writable.
    #[msg(
        "The buffer's authority is not the program's code account: its bytes could still change"
    )]
    BufferNotFrozen = 489,
    /// Another buffer.
    #[msg("The buffer is not the announced one")]
    WrongBuffer = 490,
    /// Buffer in use.
    #[msg("The buffer is announced: cancel the upgrade first")]
    BufferAnnounced = 491,
    /// Receiver.
    #[msg("The buffer's lamports go to the receiver that was announced")]
    WrongReceiver = 492,
    /// Code invariant.
    #[msg("The code account has no authority, or half an announcement")]
    CodeInvariant = 493,

    // Gate, 6500.
    /// Initial.
    #[msg("Initial equity would be below the initial requirement")]
    BelowInitial = 500,
    /// Grown.
    #[msg("A shortage would grow")]
    ShortageGrown = 501,
    /// Sign.
    #[msg("A position may not change sign while initial margin is not met")]
    SignChanged = 502,
    /// Grown position.
    #[msg("A position may not grow while maintenance margin is not met")]
    GrownWhileLiquidatable = 503,
    /// Breaker.
    #[msg("The price of the asset is old, wide or far from its mean: no shortage may grow")]
    BreakerActive = 504,

    // Liquidation, 6600.
    /// Healthy.
    #[msg("The account meets its maintenance margin")]
    AccountHealthy = 600,
    /// Self.
    #[msg("The keeper's account is the liquidated account")]
    SelfLiquidation = 601,
    /// No improvement.
    #[msg("The shortage would not fall")]
    NotImproved = 602,
    /// Throttle.
    #[msg("The share of the shortage that may be liquidated now is used up")]
    Throttled = 603,
    /// Leg.
    #[msg("A leg names nothing the account holds, or the same holding twice")]
    LegNotHeld = 604,
    /// Count.
    #[msg("Between 1 and 16 legs are needed")]
    LegCount = 605,
    /// Kind.
    #[msg("A leg is neither a position nor collateral")]
    LegKind = 606,
    /// Slot.
    #[msg("The keeper's account has no free place for the collateral")]
    KeeperNoFreeBalance = 607,
    /// Quote.
    #[msg("The keeper's account holds less quote than the collateral costs")]
    KeeperQuoteShort = 608,
    /// Quote bank.
    #[msg("Collateral legs need the quote bank")]
    QuoteBankMissing = 609,
    /// Solvent.
    #[msg("The account has no shortfall, and none is recorded")]
    NoShortfall = 610,
    /// Token.
    #[msg("The keeper's account holds less of the token than insurance can buy or the debt needs")]
    KeeperTokenShort = 611,
    /// Account's quote.
    #[msg("The account has less quote than the debts to be repaid cost beyond its collateral")]
    AccountQuoteShort = 612,
}
