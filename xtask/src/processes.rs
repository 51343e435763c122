//! Child processes that live as long as this one, and end with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{bail, Context, Result};

/// How long a child may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// Whether somebody asked this process to stop.
static ASKED: AtomicBool = AtomicBool::new(false);

/// The children, stopped in reverse order when this is dropped.
pub struct Processes {
    children: Vec<(String, Child)>,
}

impl Processes {
    /// None yet; from now on Ctrl-C and a request to terminate end [`Self::run`] instead of this process.
    ///
    /// # Errors
    /// The handler cannot be set.
    pub fn new() -> Result<Self> {
        match ctrlc::set_handler(|| ASKED.store(true, Ordering::SeqCst)) {
            // One process listens once.
            Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(Self {
                children: Vec::new(),
            }),
            Err(error) => Err(error).context("cannot listen for Ctrl-C"),
        }
    }

    /// Starts a child; its input is closed when this process ends, however it ends.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let child = command.stdin(Stdio::piped()).spawn();
        let child = child.with_context(|| format!("cannot start {name}"))?;
        self.children.push((name.to_owned(), child));
        Ok(())
    }

    /// The same, and waits for a line that contains `sign`; its lines are passed on.
    ///
    /// # Errors
    /// It cannot be started, or ends before it says so.
    pub fn start_until(&mut self, name: &str, command: &mut Command, sign: &str) -> Result<()> {
        self.start(name, command.stdout(Stdio::piped()))?;
        let child = self
            .children
            .last_mut()
            .and_then(|(_, child)| child.stdout.take());
        let mut lines = BufReader::new(child.context("no output")?).lines();
        loop {
            let Some(line) = lines.next().transpose()? else {
                bail!("expected {name} to say \"{sign}\", it ended");
            };
            eprintln!("      {line}");
            if line.contains(sign) {
                break;
            }
        }
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("      {line}");
            }
        });
        Ok(())
    }

    /// Stops a child, if there is one of that name.
    pub fn stop(&mut self, name: &str) {
        let place = self.children.iter().position(|(each, _)| each == name);
        if let Some(place) = place {
            end(self.children.remove(place).1);
        }
    }

    /// Until somebody asks to stop.
    ///
    /// # Errors
    /// A child that ends before.
    pub fn run(&mut self) -> Result<()> {
        while !ASKED.load(Ordering::SeqCst) {
            for (name, child) in &mut self.children {
                if let Some(status) = child.try_wait()? {
                    if ASKED.load(Ordering::SeqCst) {
                        return Ok(());
                    }
                    bail!("expected {name} to run until it is stopped, it ended with {status}");
                }
            }
            sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        while let Some((_, child)) = self.children.pop() {
            end(child);
        }
    }
}

/// Asks a child to end, and waits for it.
fn end(mut child: Child) {
    drop(child.stdin.take());
    let asked = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    // What does not hear it is killed after the grace.
    drop(asked);
    let started = Instant::now();
    while matches!(child.try_wait(), Ok(None)) && started.elapsed() < GRACE {
        sleep(Duration::from_millis(50));
    }
    // Ended already, or does not want to.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_starts_clusters_one_after_the_other() {
        assert!(Processes::new().is_ok());
        assert!(Processes::new().is_ok());
    }
}
