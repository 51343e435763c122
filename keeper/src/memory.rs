//! What is under way, and what failed a moment ago and waits.

use std::collections::HashMap;
use std::time::Duration;

use solana_address::Address;
use tokio::time::Instant;

use crate::decide::Action;

/// A kind of action and what it is done to.
type Task = (&'static str, Option<Address>);

#[derive(Debug, Default)]
struct Entry {
    running: bool,
    failures: u32,
    until: Option<Instant>,
}

/// One entry for each task that is under way or waits.
#[derive(Debug, Default)]
pub struct Memory {
    tasks: HashMap<Task, Entry>,
}

const FIRST: Duration = Duration::from_secs(1);

impl Memory {
    /// Whether an action may be begun at `now`.
    pub fn admits(&self, action: &Action, now: Instant) -> bool {
        let entry = self.tasks.get(&(action.kind(), action.subject()));
        entry.is_none_or(|entry| !entry.running && entry.until.is_none_or(|until| until <= now))
    }

    /// How many are under way.
    pub fn running(&self) -> usize {
        self.tasks.values().filter(|entry| entry.running).count()
    }

    /// Begins an action.
    pub fn begin(&mut self, action: &Action) {
        let entry = self
            .tasks
            .entry((action.kind(), action.subject()))
            .or_default();
        entry.running = true;
    }

    /// Ends an action that is not to be done again for a while.
    pub fn rest(&mut self, action: &Action, now: Instant, pause: Duration) {
        let entry = self
            .tasks
            .entry((action.kind(), action.subject()))
            .or_default();
        *entry = Entry {
            until: now.checked_add(pause),
            ..Entry::default()
        };
    }

    /// Ends an action that failed: the wait is a second, and each time in a row twice as long, `longest` at
    /// most.
    pub fn fail(&mut self, action: &Action, now: Instant, longest: Duration) {
        let entry = self
            .tasks
            .entry((action.kind(), action.subject()))
            .or_default();
        let wait = FIRST
            .saturating_mul(1 << entry.failures.min(16))
            .min(longest);
        *entry = Entry {
            running: false,
            failures: entry.failures.saturating_add(1),
            until: now.checked_add(wait),
        };
    }

    /// Forgets what waits no more and has not failed lately.
    pub fn sweep(&mut self, now: Instant, longest: Duration) {
        self.tasks.retain(|_, entry| {
            let over = entry.until.and_then(|until| until.checked_add(longest));
            entry.running || over.is_some_and(|over| over > now)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(5);

    #[test]
    fn failures_wait_twice_as_long_each_time() {
        let (mut memory, start) = (Memory::default(), Instant::now());
        let action = Action::Sync;
        for seconds in [1, 2, 4, 5, 5] {
            assert!(memory.admits(&action, start));
            memory.begin(&action);
            assert!(!memory.admits(&action, start), "it is under way");
            memory.fail(&action, start, LONGEST);
            let wait = Duration::from_secs(seconds);
            assert!(
                !memory.admits(&action, start + wait - Duration::from_millis(1)),
                "{seconds}"
            );
            assert!(memory.admits(&action, start + wait), "{seconds}");
            memory
                .tasks
                .values_mut()
                .for_each(|entry| entry.until = None);
        }
    }

    #[test]
    fn one_subject_does_not_wait_for_another() {
        let (mut memory, start) = (Memory::default(), Instant::now());
        let of = |seed: u8| Action::CallMargin {
            account: Address::new_from_array([seed; 32]),
        };
        memory.begin(&of(1));
        assert!(!memory.admits(&of(1), start) && memory.admits(&of(2), start));
        assert_eq!(memory.running(), 1);
        memory.rest(&of(1), start, Duration::from_secs(3));
        assert!(
            !memory.admits(&of(1), start) && memory.admits(&of(1), start + Duration::from_secs(3))
        );
        memory.sweep(start + Duration::from_secs(9), LONGEST);
        assert!(memory.tasks.is_empty());
    }
}
