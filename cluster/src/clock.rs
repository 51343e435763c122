//! The chain's time: a local node on a busy machine loses slots and does not keep the machine's.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::RpcClient;
use solana_sdk_ids::sysvar::clock;

/// Between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(500);

/// What time it is.
#[derive(Clone, Default)]
pub struct Clock {
    /// Unix seconds of the chain, and when they were read; none: the machine's time counts.
    seen: Arc<Mutex<Option<(i64, Instant)>>>,
}

impl Clock {
    /// The chain's, from now on; while it does not answer, time goes on from what it said last.
    pub fn of(url: &str) -> Self {
        let processed = CommitmentConfig::processed();
        let rpc = RpcClient::new_with_commitment(url.to_owned(), processed);
        let clock = Self::default();
        clock.look(&rpc);
        let looking = clock.clone();
        thread::spawn(move || loop {
            thread::sleep(PAUSE);
            looking.look(&rpc);
        });
        clock
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (time, since) = seen.map_or_else(machine, |(time, at)| (time, at.elapsed()));
        time.saturating_add(i64::try_from(since.as_secs()).unwrap_or(0))
    }

    fn look(&self, rpc: &RpcClient) {
        let Ok(account) = rpc.get_account_data(&clock::ID) else {
            return;
        };
        let Ok(held) = bincode::deserialize::<solana_clock::Clock>(&account) else {
            return;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((held.unix_timestamp, Instant::now()));
    }
}

fn machine() -> (i64, Duration) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    (0, since.unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// A node that says one account, whatever it is asked.
    fn node(data: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let account = format!(
            r#"{{"data":["{data}","base64"],"executable":false,"lamports":1,"owner":"{}","rentEpoch":0,"space":40}}"#,
            clock::ID
        );
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":0,"result":{{"context":{{"slot":1}},"value":{account}}}}}"#
        );
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4_096]).unwrap();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    #[test]
    fn prices_are_of_the_chains_time_however_late_it_is() {
        // Forty bytes, of which the last eight say 1,000 seconds.
        let url = node("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADoAwAAAAAAAA==");
        let now = Clock::of(&url).now();
        assert!((1_000..1_010).contains(&now), "{now}");
    }

    #[test]
    fn without_a_chain_the_machine_has_the_time() {
        let nobody = Clock::of("http://127.0.0.1:9");
        assert!(nobody.now() > 1_700_000_000);
    }
}
