//! Prices through Pyth's receiver program, fully verified.
//!
//! A source's update is a message that Wormhole's guardians signed, with a Merkle tree's root in it, and for each
//! feed its price with a proof. Each price is posted into an account that only this keeper can write: together with
//! the message where both fit a transaction, else against an account of the Wormhole program that the message is
//! written to, verified in and closed with. Layouts: the receiver's and the Wormhole program's published sources.

use anyhow::{bail, Context, Result};
use plimsoll::oracle::pyth_pull::is_receiver;
use pythnet_sdk::messages::Message as Priced;
use pythnet_sdk::wire::from_slice;
use pythnet_sdk::wire::v1::{AccumulatorUpdateData, MerklePriceUpdate, Proof};
use sha2::{Digest, Sha256};
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::{keypair_from_seed, Keypair};
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::act::SIGNATURE;
use crate::prices::FeedId;

/// Most bytes of a transaction.
const PACKET: usize = 1_232;
/// Bytes before the message in its account: discriminator, status, authority, version, length.
const MESSAGE_AT: usize = 46;
/// Bytes of a message that one instruction writes.
const CHUNK: usize = 700;
/// Receivers take their fee with one of 256 accounts; which is of no account.
const TREASURY: u8 = 0;
const SYSTEM: Address = Address::new_from_array([0; 32]);

/// The programs of one deployment of Pyth on Solana.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The receiver: owner of price accounts.
    pub receiver: Address,
    /// The Wormhole program that it believes.
    pub wormhole: Address,
}

impl Deployment {
    /// A receiver program and the Wormhole program that its configuration names.
    ///
    /// # Errors
    /// An account that is no receiver's configuration.
    pub fn of(receiver: Address, configuration: &[u8]) -> Result<Self> {
        let wormhole = named_wormhole(configuration);
        let wormhole = wormhole.with_context(|| {
            let length = configuration.len();
            format!("expected the configuration of receiver {receiver}, found {length} other bytes")
        })?;
        Ok(Self { receiver, wormhole })
    }

    /// Where a receiver keeps its configuration.
    ///
    /// # Errors
    /// A program that is none of Pyth's receivers.
    pub fn configuration(receiver: &Address) -> Result<Address> {
        if !is_receiver(receiver) {
            bail!("expected a receiver program of Pyth, found {receiver}");
        }
        Ok(Address::find_program_address(&[b"config"], receiver).0)
    }

    fn treasury(&self) -> Address {
        Address::find_program_address(&[b"treasury", &[TREASURY]], &self.receiver).0
    }

    fn guardians(&self, set: u32) -> Address {
        Address::find_program_address(&[b"GuardianSet", &set.to_be_bytes()], &self.wormhole).0
    }
}

/// Behind discriminator, governance and, perhaps, who is to govern next.
fn named_wormhole(configuration: &[u8]) -> Option<Address> {
    let discriminator = Sha256::digest("account:Config");
    let rest = configuration.strip_prefix(discriminator.get(..8)?)?;
    let (_, rest) = rest.split_at_checked(32)?;
    let rest = match rest.split_first()? {
        (0, rest) => rest,
        (_, rest) => rest.get(32..)?,
    };
    Some(Address::new_from_array(*rest.first_chunk()?))
}

/// A signed message and the prices that it proves.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    message: Vec<u8>,
    prices: Vec<(FeedId, MerklePriceUpdate)>,
}

impl Signed {
    /// From a source's binary update.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let update = AccumulatorUpdateData::try_from_slice(bytes)
            .map_err(|error| anyhow::anyhow!("a binary update is not understood: {error}"))?;
        let Proof::WormholeMerkle { vaa, updates } = update.proof;
        let message = Vec::from(vaa);
        if message.len() < 6 {
            bail!("expected a signed message, found {} bytes", message.len());
        }
        let priced = |update: MerklePriceUpdate| {
            let priced = from_slice::<byteorder::BE, Priced>(update.message.as_ref());
            let priced = priced
                .ok()
                .context("a price in a binary update is not understood")?;
            Ok((priced.feed_id(), update))
        };
        let prices = updates.into_iter().map(priced).collect::<Result<_>>()?;
        Ok(Self { message, prices })
    }

    /// Whether it proves a price of the feed.
    pub fn has(&self, feed: &FeedId) -> bool {
        self.prices.iter().any(|(id, _)| id == feed)
    }

    fn price(&self, feed: &FeedId) -> Result<&MerklePriceUpdate> {
        let found = self.prices.iter().find(|(id, _)| id == feed);
        let (_, update) = found.context("the update has no price of a feed")?;
        Ok(update)
    }

    /// Which guardians signed: big-endian behind the version.
    fn set(&self) -> u32 {
        let bytes = self.message.get(1..5).and_then(|set| set.first_chunk());
        bytes.map_or(0, |set| u32::from_be_bytes(*set))
    }
}

/// A transaction's instructions, and who signs besides the payer.
#[derive(Default)]
pub struct Step {
    /// In this order.
    pub instructions: Vec<Instruction>,
    /// New accounts.
    pub signers: Vec<Keypair>,
}

impl Step {
    /// What its signatures cost, lamports.
    pub fn fee(&self) -> u64 {
        let signatures = u64::try_from(self.signers.len()).unwrap_or(u64::MAX);
        signatures.saturating_add(1).saturating_mul(SIGNATURE)
    }
}

/// The transactions that post prices of one message, which stands in the transaction of each price; none where so many
/// signed it that it does not fit.
///
/// # Errors
/// A feed that the message has no price of.
pub fn at_once(
    payer: &Keypair,
    deployment: &Deployment,
    signed: &Signed,
    wanted: &[(FeedId, Keypair)],
) -> Result<Option<Vec<Step>>> {
    let me = payer.pubkey();
    let guardians = deployment.guardians(signed.set());
    let mut packer = Packer::new(me);
    for (feed, key) in wanted {
        let mut body = borsh::to_vec(&signed.message)?;
        body.extend(borsh::to_vec(signed.price(feed)?)?);
        let places = (&guardians, &key.pubkey());
        let posted = post(&me, deployment, ("post_update_atomic", body), places)?;
        packer.add([posted], Some(key.insecure_clone()));
    }
    let fits = |step: &Step| packer.bytes(&step.instructions) <= PACKET;
    Ok(packer.steps.iter().all(fits).then_some(packer.steps))
}

/// The transactions that post prices of a message of any length: each wants those before it. The message is verified in
/// an account of its own first, for which `rent` is paid, and given back at the end.
///
/// # Errors
/// A feed that the message has no price of.
pub fn in_parts(
    payer: &Keypair,
    deployment: &Deployment,
    signed: &Signed,
    (wanted, rent): (&[(FeedId, Keypair)], u64),
) -> Result<Vec<Step>> {
    let me = payer.pubkey();
    let draft = Keypair::new();
    let account = draft.pubkey();
    let wormhole = |name: &str, body: &[u8], others: &[AccountMeta]| {
        let mut accounts = vec![
            AccountMeta::new_readonly(me, true),
            AccountMeta::new(account, false),
        ];
        accounts.extend_from_slice(others);
        instruction(deployment.wormhole, name, body, accounts)
    };
    let mut packer = Packer::new(me);
    let created = create(&me, &account, &deployment.wormhole, (space(signed), rent));
    packer.add(
        [created, wormhole("init_encoded_vaa", &[], &[])],
        Some(draft),
    );
    for (part, bytes) in signed.message.chunks(CHUNK).enumerate() {
        let at = u32::try_from(part.saturating_mul(CHUNK))?;
        let mut body = at.to_le_bytes().to_vec();
        body.extend(borsh::to_vec(bytes)?);
        packer.add([wormhole("write_encoded_vaa", &body, &[])], None);
    }
    let guardians = AccountMeta::new_readonly(deployment.guardians(signed.set()), false);
    packer.add([wormhole("verify_encoded_vaa_v1", &[], &[guardians])], None);
    for (feed, key) in wanted {
        let body = borsh::to_vec(signed.price(feed)?)?;
        let places = (&account, &key.pubkey());
        let posted = post(&me, deployment, ("post_update", body), places)?;
        packer.add([posted], Some(key.insecure_clone()));
    }
    let accounts = vec![AccountMeta::new(me, true), AccountMeta::new(account, false)];
    packer.add(
        [instruction(
            deployment.wormhole,
            "close_encoded_vaa",
            &[],
            accounts,
        )],
        None,
    );
    Ok(packer.steps)
}

/// Gives the rent of a price account back.
pub fn reclaim(payer: &Address, receiver: Address, price: Address) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new(price, false),
    ];
    instruction(receiver, "reclaim_rent", &[], accounts)
}

/// Bytes of the account that a message is written to.
pub fn space(signed: &Signed) -> usize {
    MESSAGE_AT.saturating_add(signed.message.len())
}

/// The key of a price account: the same for the same update, so that a keeper that starts again leaves none behind.
pub fn price_key(payer: &Keypair, feed: &FeedId, publish_time: Option<i64>) -> Result<Keypair> {
    let mut hash = Sha256::new();
    hash.update(payer.secret_bytes());
    hash.update(b"price account");
    hash.update(feed);
    hash.update(publish_time.unwrap_or_default().to_le_bytes());
    keypair_from_seed(&hash.finalize())
        .map_err(|error| anyhow::anyhow!("a price account's key: {error}"))
}

fn post(
    me: &Address,
    deployment: &Deployment,
    (name, mut body): (&str, Vec<u8>),
    (proven_by, price): (&Address, &Address),
) -> Result<Instruction> {
    body.push(TREASURY);
    let accounts = vec![
        AccountMeta::new(*me, true),
        AccountMeta::new_readonly(*proven_by, false),
        AccountMeta::new_readonly(Deployment::configuration(&deployment.receiver)?, false),
        AccountMeta::new(deployment.treasury(), false),
        AccountMeta::new(*price, true),
        AccountMeta::new_readonly(SYSTEM, false),
        AccountMeta::new_readonly(*me, true),
    ];
    Ok(instruction(deployment.receiver, name, &body, accounts))
}

fn create(
    from: &Address,
    to: &Address,
    owner: &Address,
    (size, rent): (usize, u64),
) -> Instruction {
    solana_system_interface::instruction::create_account(from, to, rent, size as u64, owner)
}

/// An instruction as Anchor reads it.
fn instruction(
    program: Address,
    name: &str,
    body: &[u8],
    accounts: Vec<AccountMeta>,
) -> Instruction {
    let hash = Sha256::digest(format!("global:{name}"));
    let mut data = hash.get(..8).unwrap_or_default().to_vec();
    data.extend_from_slice(body);
    Instruction {
        program_id: program,
        accounts,
        data,
    }
}

/// Fills transactions one after the other.
struct Packer {
    me: Address,
    steps: Vec<Step>,
}

impl Packer {
    fn new(me: Address) -> Self {
        Self {
            me,
            steps: vec![Step::default()],
        }
    }

    /// Adds instructions that belong together, to the last transaction if they fit.
    fn add<const N: usize>(&mut self, instructions: [Instruction; N], signer: Option<Keypair>) {
        let fits = self.steps.last().is_some_and(|step| {
            let all = [step.instructions.as_slice(), &instructions].concat();
            self.bytes(&all) <= PACKET
        });
        if !fits {
            self.steps.push(Step::default());
        }
        if let Some(step) = self.steps.last_mut() {
            step.instructions.extend(instructions);
            step.signers.extend(signer);
        }
    }

    fn bytes(&self, instructions: &[Instruction]) -> usize {
        let mut all = vec![
            ComputeBudgetInstruction::set_compute_unit_limit(0),
            ComputeBudgetInstruction::set_compute_unit_price(0),
        ];
        all.extend_from_slice(instructions);
        let message = Message::new_with_blockhash(&all, Some(&self.me), &Hash::default());
        let transaction = Transaction::new_unsigned(message);
        bincode::serialized_size(&transaction).map_or(usize::MAX, |size| {
            usize::try_from(size).unwrap_or(usize::MAX)
        })
    }
}

#[cfg(test)]
#[path = "receiver_tests.rs"]
mod tests;
