//! INV-19: the byte layouts in docs/accounts.md are those of the structs, field by field.
//!
//! Fields are listed once more here, but a list that misses one does not compile (zero-copy) or does
//! not reach the account's size (Borsh), and a row that differs in offset, size, name or type fails.

use anchor_lang::prelude::Pubkey;
use anchor_lang::{AccountSerialize, AnchorDeserialize, Space};
use core::mem::{offset_of, size_of};
use plimsoll::constants;
use plimsoll::state::{
    AssetModel, AssetSlot, Balance, Bank, Code, DeterminedPrice, Exchange, MarginAccount, Market,
    Order, PairSlot, ParameterChange, Pool, PoolRequest, PositionSlot, RiskBook, SideSlot,
};

/// Bytes before the first field of an account.
const DISCRIMINATOR: usize = 8;

/// One field, as the compiler or as the document has it.
#[derive(Debug, PartialEq, Eq)]
struct Field {
    offset: usize,
    size: usize,
    name: String,
    kind: String,
}

/// The fields of a zero-copy struct that starts at `$start`, in the order given.
macro_rules! zero_copy {
    ($type:ident, $start:expr, [$($field:ident),* $(,)?]) => {{
        // Without `..`: a field that is not listed does not compile.
        let _all = |whole: &$type| {
            let $type { $($field: _),* } = whole;
        };
        vec![$(
            compiled::<$type, _>(
                stringify!($field),
                $start + offset_of!($type, $field),
                |whole| &whole.$field,
            )
        ),*]
    }};
}

/// The fields of a Borsh account, found by writing bytes other than zero into one at a time.
macro_rules! borsh {
    ($type:ident, [$($field:ident = $value:expr),* $(,)?]) => {{
        let blank = zeroed::<$type>();
        vec![$({
            let mut whole = zeroed::<$type>();
            whole.$field = $value;
            serialised(stringify!($field), &blank, &whole, &whole.$field)
        }),*]
    }};
}

fn compiled<T, F>(name: &str, offset: usize, _get: fn(&T) -> &F) -> Field {
    Field {
        offset,
        size: size_of::<F>(),
        name: name.to_owned(),
        kind: spelled::<F>(),
    }
}

fn serialised<T: AccountSerialize, F>(name: &str, blank: &T, whole: &T, _field: &F) -> Field {
    let (blank, whole) = (bytes(blank), bytes(whole));
    let differs = |at: &usize| blank[*at] != whole[*at];
    let touched: Vec<usize> = (0..whole.len()).filter(differs).collect();
    Field {
        offset: touched[0],
        size: touched.len(),
        name: name.to_owned(),
        kind: spelled::<F>(),
    }
}

fn zeroed<T: AnchorDeserialize>() -> T {
    T::deserialize(&mut [0u8; 1024].as_slice()).unwrap()
}

fn bytes<T: AccountSerialize>(account: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    account.try_serialize(&mut bytes).unwrap();
    bytes
}

/// A type as the document spells it: without its path, a key always as `Pubkey`.
fn spelled<F>() -> String {
    let path = core::any::type_name::<F>();
    let plain = path.trim_start_matches('[');
    let brackets = &path[..path.len() - plain.len()];
    let name = plain.rsplit("::").next().unwrap_or(plain);
    if path == core::any::type_name::<Pubkey>() {
        "Pubkey".to_owned()
    } else {
        format!("{brackets}{name}")
    }
}

fn document() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/accounts.md");
    std::fs::read_to_string(file).unwrap()
}

/// The lines under `## heading`.
fn section(text: &str, heading: &str) -> Vec<String> {
    let title = format!("## {heading}");
    let lines: Vec<String> = text
        .lines()
        .skip_while(|line| *line != title)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .map(str::to_owned)
        .collect();
    assert!(!lines.is_empty(), "docs/accounts.md has no section {title}");
    lines
}

/// The rows of the table under `## heading`.
fn documented(heading: &str) -> Vec<Field> {
    section(&document(), heading)
        .iter()
        .filter_map(|line| row(line))
        .collect()
}

fn row(line: &str) -> Option<Field> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let offset = cells.first()?.parse().ok()?;
    let [_, size, name, kind, meaning, _] = cells.as_slice() else {
        panic!("expected five columns: {line}");
    };
    assert!(!meaning.is_empty(), "no meaning: {line}");
    Some(Field {
        offset,
        size: size.parse().unwrap(),
        name: name.trim_matches('`').to_owned(),
        kind: kind.trim_matches('`').to_owned(),
    })
}

/// The document has exactly these fields, one after the other, from `start` to `end`.
fn check(heading: &str, start: usize, end: usize, fields: &[Field]) {
    let rows = documented(heading);
    for (row, field) in rows.iter().zip(fields) {
        assert_eq!(row, field, "{heading}: document left, struct right");
    }
    assert_eq!(rows.len(), fields.len(), "{heading}: number of fields");
    let mut next = start;
    for row in &rows {
        assert_eq!(row.offset, next, "{heading}: gap before {}", row.name);
        next += row.size;
    }
    assert_eq!(next, end, "{heading}: end of the last field");
    let stated = format!("{end} bytes");
    let says = section(&document(), heading)
        .iter()
        .any(|line| line.contains(&stated));
    assert!(says, "{heading}: the text does not say {stated}");
}

fn check_account<T>(heading: &str, fields: &[Field]) {
    let end = DISCRIMINATOR + size_of::<T>();
    check(heading, DISCRIMINATOR, end, fields);
}

#[test]
fn risk_book() {
    let fields = zero_copy!(
        RiskBook,
        DISCRIMINATOR,
        [
            exchange,
            newest_publish_time,
            sequence,
            call_level,
            target_level,
            deleverage_level,
            keeper_share,
            fee_to_insurance,
            fee_to_protocol,
            bankrupt_reward,
            min_keeper_fee,
            scenario_weight_maintenance,
            scenario_weight_initial,
            insurance_target,
            insurance_multiplier,
            withdrawals_held_until,
            asset_count,
            quote_slot,
            launched,
            scenario_count,
            padding,
            assets,
            scenarios,
            pairs,
            models,
        ]
    );
    check_account::<RiskBook>("RiskBook", &fields);
}

#[test]
fn asset_slot() {
    let fields = zero_copy!(
        AssetSlot,
        0,
        [
            feed_id,
            oracle_program,
            oracle_account,
            spot,
            asset_initial,
            liability_initial,
            liability_maintenance,
            confidence,
            ema,
            publish_time,
            previous_publish_time,
            max_confidence,
            maintenance_long,
            maintenance_short,
            initial_long,
            initial_short,
            discount_least,
            discount_most,
            borrow_index,
            borrow_gain,
            borrow_rate,
            index_time,
            deposit_index,
            pending_loss,
            skew,
            mark_long_discount,
            mark_short_premium,
            profit_weight,
            size_slope,
            size_impact,
            size_free,
            closing,
            deposit_share,
            funding_index,
            funding_gain,
            funding_time,
            sides,
            price_shift,
            funding_shift,
            max_age_risk,
            max_age_other,
            decimals,
            oracle_kind,
            listed,
            min_signatures,
            padding,
        ]
    );
    check("AssetSlot", 0, size_of::<AssetSlot>(), &fields);
}

#[test]
fn asset_model() {
    let fields = zero_copy!(
        AssetModel,
        0,
        [
            fast_variance,
            slow_variance,
            measured_variance,
            window_low,
            window_high,
            window_seconds,
            last_price,
            last_time,
            sample_price,
            sample_hour,
            sample_deviation,
            measured_deviation,
            target_maintenance_long,
            target_maintenance_short,
            target_initial_long,
            target_initial_short,
            target_deviation,
            level_maintenance_long,
            level_maintenance_short,
            level_deviation,
            ramp_time,
            variance_floor,
            variance_stress,
            floor_maintenance_long,
            floor_maintenance_short,
            floor_initial_long,
            floor_initial_short,
            cap_maintenance_long,
            cap_maintenance_short,
            cap_initial_long,
            cap_initial_short,
            impact_per_deviation,
            open_interest_share,
            stake_pool,
            stake_program,
            redemption_rate,
            redemption_epoch,
            tightened,
            sample_hours,
            samples,
            window_observations,
            unit_shift,
            liquidated,
            underlying,
            padding,
        ]
    );
    check("AssetModel", 0, size_of::<AssetModel>(), &fields);
}

#[test]
fn side_slot() {
    let fields = zero_copy!(
        SideSlot,
        0,
        [closed, cash, last_cash, last_loss, epoch, padding]
    );
    check("SideSlot", 0, size_of::<SideSlot>(), &fields);
}

#[test]
fn pair_slot() {
    let fields = zero_copy!(
        PairSlot,
        0,
        [covariance, samples, in_force, same_less, opposite_more]
    );
    check("PairSlot", 0, size_of::<PairSlot>(), &fields);
}

#[test]
fn bank() {
    let fields = zero_copy!(
        Bank,
        DISCRIMINATOR,
        [
            book,
            mint,
            vault,
            deposits,
            insurance,
            protocol_fees,
            deposit_cap,
            lent_cash,
            lent_shares,
            debt_shares,
            reserve,
            pending_loss,
            absorbed,
            borrow_index,
            deposit_index,
            borrow_cap,
            rate_at_zero,
            kink,
            rate_at_kink,
            rate_at_full,
            utilisation_cap,
            reserve_share,
            outflow_limit,
            outflow_level,
            outflow_time,
            slot,
            decimals,
            bump,
            vault_bump,
            padding,
        ]
    );
    check_account::<Bank>("Bank", &fields);
}

#[test]
fn market() {
    let fields = zero_copy!(
        Market,
        DISCRIMINATOR,
        [
            book,
            long_base,
            short_base,
            long_cost,
            short_cost,
            claims,
            funding,
            accrued_insurance,
            accrued_protocol,
            scale,
            inverse_mantissa,
            max_skew,
            skew_bound,
            max_open_interest,
            open_interest_low,
            open_interest_high,
            liquidated,
            window_open_interest,
            window_start,
            headroom,
            headroom_granted,
            cut,
            spread,
            daily_funding,
            taker_fee,
            liquidation_fee,
            open_positions,
            stale_positions,
            inverse_shift,
            order_delay,
            slot,
            bump,
            padding,
        ]
    );
    check_account::<Market>("Market", &fields);
}

#[test]
fn pool() {
    let fields = zero_copy!(
        Pool,
        DISCRIMINATOR,
        [
            book,
            lp_mint,
            cash,
            shares,
            debt_shares,
            claims,
            pending_loss,
            requested_quote,
            requested_shares,
            outflow_share,
            outflow_level,
            outflow_time,
            outflow_window,
            cool_down,
            bump,
            lp_mint_bump,
            padding,
        ]
    );
    check_account::<Pool>("Pool", &fields);
}

#[test]
fn pool_request() {
    let fields = zero_copy!(
        PoolRequest,
        DISCRIMINATOR,
        [
            book,
            provider,
            payer,
            quote_account,
            shares_account,
            id,
            amount,
            least,
            execute_at,
            keeper_fee,
            kind,
            bump,
            padding,
            prices,
        ]
    );
    check_account::<PoolRequest>("PoolRequest", &fields);
}

#[test]
fn determined_price() {
    let fields = zero_copy!(
        DeterminedPrice,
        0,
        [spot, asset_initial, liability_initial, shift, padding]
    );
    check("DeterminedPrice", 0, size_of::<DeterminedPrice>(), &fields);
}

#[test]
fn margin_account() {
    let fields = zero_copy!(
        MarginAccount,
        DISCRIMINATOR,
        [
            owner,
            book,
            pending_order,
            delegate,
            pending_requirement,
            generation,
            credit,
            pool_debt_shares,
            pool_pending_loss,
            called_at,
            call_amount,
            liquidatable_since,
            first_shortage,
            liquidated,
            last_liquidation,
            discount_part,
            moment_equity,
            moment_requirement,
            moment_fees,
            moment_discounts,
            above_since,
            volume,
            profile_time,
            swap_sequence,
            delegate_limit,
            delegate_used,
            delegate_time,
            strikes,
            id,
            rewarded,
            bump,
            model,
            swapping,
            swap_slot,
            open_orders,
            padding,
            balances,
            positions,
        ]
    );
    check_account::<MarginAccount>("MarginAccount", &fields);
}

#[test]
fn balance_and_position() {
    let fields = zero_copy!(Balance, 0, [amount, pending_loss, slot, lent, padding]);
    check("Balance", 0, size_of::<Balance>(), &fields);
    let fields = zero_copy!(
        PositionSlot,
        0,
        [
            base,
            cost,
            unsettled,
            entry,
            funding,
            realised,
            funding_paid,
            fees_paid,
            epoch,
            slot,
            padding
        ]
    );
    check("PositionSlot", 0, size_of::<PositionSlot>(), &fields);
}

#[test]
fn exchange() {
    let key = Pubkey::new_from_array([u8::MAX; 32]);
    let fields = borsh!(
        Exchange,
        [
            creator = key,
            id = u64::MAX,
            authority = key,
            guardian = key,
            book = key,
            notices = plimsoll::instructions::Notices {
                loosening: u32::MAX,
                other: u32::MAX,
            },
            held_until = -1,
            held_seconds = u32::MAX,
            versions = [u32::MAX; plimsoll::state::VERSIONS],
            launched = true,
            bump = u8::MAX,
        ]
    );
    let end = DISCRIMINATOR + Exchange::INIT_SPACE;
    check("Exchange", DISCRIMINATOR, end, &fields);
}

/// What stands before a patch, whose bytes depend on what it is.
#[test]
fn parameter_change() {
    let key = Pubkey::new_from_array([u8::MAX; 32]);
    let fields = borsh!(
        ParameterChange,
        [
            exchange = key,
            payer = key,
            id = u64::MAX,
            announced_at = -1,
            earliest = -1,
            latest = -1,
            moved_at = -1,
            grown = u64::MAX,
            version = u32::MAX,
            bump = u8::MAX,
        ]
    );
    check(
        "ParameterChange",
        DISCRIMINATOR,
        DISCRIMINATOR + 117,
        &fields,
    );
}

#[test]
fn code() {
    let key = Pubkey::new_from_array([u8::MAX; 32]);
    let fields = borsh!(
        Code,
        [
            authority = key,
            pending = key,
            buffer = key,
            receiver = key,
            earliest = -1,
            latest = -1,
            bump = u8::MAX,
        ]
    );
    let end = DISCRIMINATOR + Code::INIT_SPACE;
    check("Code", DISCRIMINATOR, end, &fields);
}

#[test]
fn order() {
    let key = Pubkey::new_from_array([u8::MAX; 32]);
    let fields = borsh!(
        Order,
        [
            book = key,
            account = key,
            payer = key,
            partner = key,
            id = u64::MAX,
            generation = u64::MAX,
            size = -1,
            limit_quote = u64::MAX,
            trigger_quote = u64::MAX,
            notional = u64::MAX,
            placed_at = -1,
            execute_at = -1,
            expires_at = -1,
            keeper_fee = u64::MAX,
            slot = u8::MAX,
            kind = u8::MAX,
            extent = u8::MAX,
            bump = u8::MAX,
        ]
    );
    let end = DISCRIMINATOR + Order::INIT_SPACE;
    check("Order", DISCRIMINATOR, end, &fields);
}

/// The seeds in the document are those in the constants, each once.
#[test]
fn seeds() {
    let lines = section(&document(), "Addresses");
    let documented: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_once("`[\"")?.1.split('"').next())
        .collect();
    let constants = [
        constants::EXCHANGE_SEED,
        constants::CHANGE_SEED,
        constants::BANK_SEED,
        constants::VAULT_SEED,
        constants::MARKET_SEED,
        constants::POOL_SEED,
        constants::LP_MINT_SEED,
        constants::ACCOUNT_SEED,
        constants::ORDER_SEED,
        constants::REQUEST_SEED,
        constants::CODE_SEED,
    ];
    let constants = constants.map(|seed| core::str::from_utf8(seed).unwrap());
    assert_eq!(documented, constants);
}
