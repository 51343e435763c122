//! A made-up run: a toy exchange with one rate per asset, good for looking at
//! the page and nothing else.

use std::collections::BTreeMap;

use plimsoll_tests::demo::crash::find;
use plimsoll_tests::demo::path::Replay;
use plimsoll_tests::demo::record::{
    AccountEvent, AccountSeries, BadDebtShare, ComputeUse, Conservation, ConservationLine,
    EventKind, Flow, GroupRow, HealthSample, Liquidation, MarginCall, PriceSeries, RunParameters,
    RunRecord, Totals,
};

const MICRO: f64 = 1e6;

/// Name of the group, exposure over equity in SOL, BTC and ETH.
const GROUPS: [(&str, [f64; 3]); 6] = [
    ("long 2x SOL", [2.0, 0.0, 0.0]),
    ("long 5x BTC", [0.0, 5.0, 0.0]),
    ("hedged SOL/BTC", [3.0, -3.0, 0.0]),
    ("short 3x ETH", [0.0, 0.0, -3.0]),
    ("long 3x basket", [1.0, 1.0, 1.0]),
    ("long 8x SOL", [8.0, 0.0, 0.0]),
];

struct Trader {
    account: AccountSeries,
    cash: f64,
    base: [f64; 3],
    called: bool,
    group: usize,
}

/// A record of 40 toy traders through the crash of that name.
pub fn sample(crash: &str) -> RunRecord {
    let crash = find(crash).unwrap();
    let replay = Replay::new(&crash, 12, 1).unwrap();
    let mut record = RunRecord {
        parameters: RunParameters {
            crash: crash.name.to_owned(),
            title: crash.title.to_owned(),
            seed: 1,
            traders: 40,
            substeps: 12,
            step_seconds: crash.step_seconds,
            transactions: 14_312,
            orders_refused: 0,
            notes: vec!["A toy exchange made these figures; no program ran.".to_owned()],
        },
        prices: replay.assets.iter().map(PriceSeries::from).collect(),
        ..RunRecord::default()
    };
    let mut traders: Vec<Trader> = (0..40).map(|i| trader(i, &replay)).collect();
    for k in 0..replay.times.len() {
        for trader in &mut traders {
            live(trader, &replay, k, &mut record);
        }
    }
    record.groups = groups(&traders, &record);
    finish(&mut record);
    record.accounts = traders.into_iter().take(6).map(|t| t.account).collect();
    record
}

fn price(replay: &Replay, asset: usize, k: usize) -> f64 {
    replay.assets[asset].points[k].price as f64 / 1e8
}

fn trader(i: usize, replay: &Replay) -> Trader {
    const NAMES: [&str; 6] = ["Ada", "Bruno", "Cleo", "Dara", "Emil", "Farah"];
    let (group, exposure) = GROUPS[i % 6];
    let cash = 4_000.0 + 1_700.0 * (i % 7) as f64;
    let mut account = AccountSeries {
        name: NAMES
            .get(i)
            .map_or_else(|| format!("trader {i}"), |n| (*n).to_owned()),
        group: group.to_owned(),
        leverage: exposure.iter().map(|x| x.abs()).sum(),
        ..AccountSeries::default()
    };
    account.events.push(AccountEvent {
        time: replay.times[0],
        kind: EventKind::Opened,
        amount: (account.leverage * cash * MICRO) as i64,
    });
    let mut base = [0.0; 3];
    for (asset, size) in base.iter_mut().enumerate() {
        *size = exposure[asset] * cash / price(replay, asset, 0);
    }
    let notional: f64 = exposure.iter().sum::<f64>() * cash;
    Trader {
        account,
        cash: cash - notional,
        base,
        called: false,
        group: i % 6,
    }
}

fn live(trader: &mut Trader, replay: &Replay, k: usize, record: &mut RunRecord) {
    let time = replay.times[k];
    let prices = [0, 1, 2].map(|asset| price(replay, asset, k));
    let notionals = [0, 1, 2].map(|asset| trader.base[asset] * prices[asset]);
    let equity = trader.cash + notionals.iter().sum::<f64>();
    let gross: f64 = notionals.iter().map(|n| n.abs()).sum();
    let net: f64 = notionals.iter().sum::<f64>().abs();
    let wide = replay.assets[0].points[k].conf as f64 / replay.assets[0].points[k].price as f64;
    let maintenance = (0.03 * gross + 0.05 * net) * (1.0 + 150.0 * wide);
    let micro = |value: f64| (value * MICRO) as i64;
    trader.account.samples.push(HealthSample {
        time,
        equity: micro(equity),
        maintenance: micro(maintenance),
        initial: micro(maintenance * 1.7),
    });
    let mut tell = |kind, amount| {
        trader
            .account
            .events
            .push(AccountEvent { time, kind, amount })
    };
    if gross > 0.0 && equity < 0.0 {
        tell(EventKind::Bankrupt, micro(-equity));
        record.totals.bad_debt.push(BadDebtShare {
            bearer: "insurance fund".to_owned(),
            amount: micro(-equity),
        });
        (trader.cash, trader.base) = (0.0, [0.0; 3]);
    } else if equity < maintenance {
        let part = if equity < maintenance / 2.0 {
            1.0
        } else {
            0.45
        };
        tell(EventKind::Liquidated, micro(gross * part));
        close(trader, replay, k, part, record);
    } else if equity < maintenance * 1.35 && !trader.called {
        trader.called = true;
        tell(EventKind::Called, micro(maintenance * 1.35 - equity));
        record.margin_calls.push(MarginCall {
            time,
            trader: trader.account.name.clone(),
            shortage: micro(maintenance * 1.35 - equity),
        });
    } else if equity > maintenance * 1.7 {
        trader.called = false;
    }
}

/// Closes `part` of every position at the price of publication `k`.
fn close(trader: &mut Trader, replay: &Replay, k: usize, part: f64, record: &mut RunRecord) {
    for (asset, base) in trader.base.iter_mut().enumerate() {
        let closed = *base * price(replay, asset, k) * part;
        if closed == 0.0 {
            continue;
        }
        let fee = closed.abs() * 0.004;
        *base *= 1.0 - part;
        trader.cash += closed - fee;
        record.liquidations.push(Liquidation {
            time: replay.times[k],
            asset: replay.assets[asset].asset,
            price: replay.assets[asset].points[k].price,
            notional: (closed.abs() * MICRO) as i64,
            fee_keeper: (fee * 0.6 * MICRO) as i64,
            fee_insurance: (fee * 0.4 * MICRO) as i64,
            trader: trader.account.name.clone(),
        });
    }
}

fn groups(traders: &[Trader], record: &RunRecord) -> Vec<GroupRow> {
    let mut fees: BTreeMap<&str, i64> = BTreeMap::new();
    for l in &record.liquidations {
        *fees.entry(&l.trader).or_default() += l.fee_keeper + l.fee_insurance;
    }
    let mut rows: Vec<GroupRow> = GROUPS
        .iter()
        .map(|(name, _)| GroupRow {
            name: (*name).to_owned(),
            ..GroupRow::default()
        })
        .collect();
    for trader in traders {
        let row = &mut rows[trader.group];
        let samples = &trader.account.samples;
        let of = |kind| {
            let events = trader.account.events.iter();
            events.filter(|e| e.kind == kind).count() as u32
        };
        row.traders += 1;
        row.equity_before += samples.first().map_or(0, |s| s.equity);
        row.equity_after += samples.last().map_or(0, |s| s.equity);
        row.margin_calls += of(EventKind::Called);
        row.liquidations += of(EventKind::Liquidated);
        row.traders_liquidated += u32::from(of(EventKind::Liquidated) > 0);
        row.fees += fees.get(trader.account.name.as_str()).copied().unwrap_or(0);
    }
    rows
}

fn finish(record: &mut RunRecord) {
    let keeper: i64 = record.liquidations.iter().map(|l| l.fee_keeper).sum();
    let insurance: i64 = record.liquidations.iter().map(|l| l.fee_insurance).sum();
    let bad_debt = record.totals.bad_debt_total();
    let (before, after) = record.groups.iter().fold((0, 0), |(b, a), g| {
        (b + g.equity_before, a + g.equity_after)
    });
    let to_pool = before - after - keeper - insurance + bad_debt;
    record.totals = Totals {
        keeper_income: keeper,
        insurance_before: 250_000_000_000,
        insurance_after: 250_000_000_000 + insurance - bad_debt,
        pool_before: 2_000_000_000_000,
        pool_after: 2_000_000_000_000 + to_pool,
        bad_debt: match bad_debt {
            0 => Vec::new(),
            amount => vec![BadDebtShare {
                bearer: "insurance fund".to_owned(),
                amount,
            }],
        },
    };
    let flow = |from: &str, to: &str, purpose: &str, amount| Flow {
        from: from.to_owned(),
        to: to.to_owned(),
        purpose: purpose.to_owned(),
        amount,
    };
    record.flows = vec![
        flow("traders", "pool", "results of trading, net", to_pool),
        flow("traders", "keepers", "liquidation fees", keeper),
        flow("traders", "insurance fund", "liquidation fees", insurance),
        flow("insurance fund", "pool", "bad debt", bad_debt),
    ];
    machinery(record);
}

/// Compute units and vaults, out of thin air.
fn machinery(record: &mut RunRecord) {
    record.compute = [
        ("refresh", 41_200),
        ("sync", 28_900),
        ("place_order", 38_400),
        ("execute_order", 61_300),
        ("settle", 33_700),
        ("call_margin", 24_500),
        ("liquidate", 92_800),
    ]
    .map(|(name, units)| {
        let samples: Vec<u64> = (0..units / 100).map(|i| units + i * 7).collect();
        ComputeUse::from_samples(name, &samples)
    })
    .into();
    record.conservation = Conservation {
        checks: 145,
        failures: 0,
        lines: [
            ("USDC", 2_461_882_114_907),
            ("SOL", 812_400_000_000_000),
            ("BTC", 0),
            ("ETH", 0),
        ]
        .map(|(token, total)| ConservationLine {
            token: token.to_owned(),
            vault_total: total,
            claims_total: total,
        })
        .into(),
    };
}
