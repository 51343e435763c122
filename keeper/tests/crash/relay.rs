//! A door before the node that can be shut: what went through it breaks, and nobody gets in.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A relay of one port to another.
pub struct Relay {
    port: u16,
    target: String,
    door: JoinHandle<()>,
}

impl Relay {
    /// Open, before `url`.
    pub async fn before(url: &str) -> Self {
        let target = url.rsplit('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let door = tokio::spawn(serve(listener, target.clone()));
        Self { port, target, door }
    }

    /// Where it is, with the scheme of what is behind it.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Ends every connection and refuses new ones.
    pub async fn shut(&mut self) {
        self.door.abort();
        let _ = (&mut self.door).await;
    }

    /// Lets connections through again.
    pub async fn open(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.door = tokio::spawn(serve(listener, self.target.clone()));
    }
}

/// Its connections end with it.
async fn serve(listener: TcpListener, target: String) {
    let mut lines = JoinSet::new();
    loop {
        tokio::select! {
            Ok((mut outer, _)) = listener.accept() => {
                let target = target.clone();
                lines.spawn(async move {
                    if let Ok(mut inner) = TcpStream::connect(target).await {
                        let _ = copy_bidirectional(&mut outer, &mut inner).await;
                    }
                });
            }
            Some(_) = lines.join_next() => {}
        }
    }
}
