//! What becomes of seized collateral: a command of the operator's own, told what there is.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{bail, Context, Result};
use plimsoll::state::{AgeLimit, BookAt, MarginAccount};
use plimsoll_engine::exposure::BookView;
use plimsoll_engine::health::value_maintenance;
use plimsoll_engine::stock::Stock;
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use crate::book::World;

/// Longest time the command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A balance that is not quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seized {
    /// Slot of the asset.
    pub slot: u8,
    /// Mint of its token.
    pub mint: String,
    /// Atoms, negative for a debt.
    pub atoms: i64,
    /// Their value, micro-dollars, with the same sign.
    pub value: i64,
}

/// What the keeper's account holds and owes besides quote, and what that comes to, signs aside.
pub fn seized(world: &World, own: &MarginAccount, now: i64) -> (Vec<Seized>, u64) {
    let (book, limit) = (&*world.book, AgeLimit::Other);
    let at = BookAt { book, now, limit };
    let balances = own
        .balances
        .iter()
        .skip(1)
        .filter(|balance| balance.amount != 0);
    let list = balances.filter_map(|balance| {
        let stock = Stock::of(&balance.holding(), &at).ok()?;
        let magnitude = i64::try_from(stock.atoms().ok()?).ok()?;
        let atoms = if balance.amount < 0 {
            magnitude.checked_neg()?
        } else {
            magnitude
        };
        let (value, _) =
            value_maintenance(&at.asset(balance.slot).ok()?, balance.slot, atoms).ok()?;
        Some(Seized {
            slot: balance.slot,
            mint: world.banks.get(&balance.slot)?.mint.to_string(),
            atoms,
            value: value.0,
        })
    });
    let list: Vec<Seized> = list.collect();
    let sum = list.iter().fold(0u64, |sum, held| {
        sum.saturating_add(held.value.unsigned_abs())
    });
    (list, sum)
}

/// Runs the command with the balances as JSON on its input.
///
/// # Errors
/// No such command, a failure, or two minutes without an end.
pub async fn call(command: &[String], balances: &[Seized]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("rebalance.command: {program} cannot be run"))?;
    let text = serde_json::to_vec(balances)?;
    if let Some(mut input) = child.stdin.take() {
        // Who does not read his input may have ended well.
        let _ = input.write_all(&text).await;
    }
    let status = timeout(PATIENCE, child.wait())
        .await
        .context("it takes too long")??;
    if !status.success() {
        bail!("rebalance.command: {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Exchange, BTC, SOL};

    #[test]
    fn everything_but_quote_counts_debts_too() {
        let mut exchange = Exchange::new(1_790_000_000);
        let own = exchange.open(1, 1_000);
        exchange.hold(&own, SOL, 300.0);
        exchange.hold(&own, BTC, -100.0);
        let world = exchange.world();
        let (list, sum) = seized(&world, world.accounts.get(&own).unwrap(), exchange.now);
        assert_eq!(
            list.iter().map(|held| held.slot).collect::<Vec<_>>(),
            [SOL, BTC]
        );
        assert!(list[0].value > 0 && list[1].value < 0, "{list:?}");
        assert!((399_000_000..401_000_000).contains(&sum), "{sum}");
    }

    #[tokio::test]
    async fn the_command_is_told_and_its_failure_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("told");
        let command = |text: &str| ["sh", "-c", text].map(str::to_owned).to_vec();
        let held = Seized {
            slot: 1,
            mint: "So1".into(),
            atoms: 5,
            value: 7,
        };
        call(&command(&format!("cat > {}", path.display())), &[held])
            .await
            .unwrap();
        let told = std::fs::read_to_string(path).unwrap();
        assert_eq!(told, r#"[{"slot":1,"mint":"So1","atoms":5,"value":7}]"#);
        assert!(call(&command("exit 3"), &[]).await.is_err());
        assert!(call(&["/nowhere/sell".to_owned()], &[]).await.is_err());
    }
}
