//! The program's own code: binaries that can be told apart, the upgradeable loader, and who hands over,
//! announces and applies.

use crate::accounts::call;
use crate::actor::Actor;
use crate::chain::{program_bytes, Chain, Failure, Receipt};
use crate::world::{pda, wallet, World};
pub use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use plimsoll::accounts as ax;
use plimsoll::constants::CODE_SEED;
use plimsoll::instruction as ix;
use plimsoll::state::Code;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_sdk_ids::system_program::ID as SYSTEM_PROGRAM;
use solana_sdk_ids::sysvar::{clock::ID as CLOCK, rent::ID as RENT};
use solana_signer::Signer;

/// Bytes before the code in a buffer: state, authority.
const BUFFER_HEAD: usize = 37;
/// Bytes before the code in program data: state, slot, authority.
pub const PROGRAM_DATA_HEAD: usize = 45;
/// Code bytes of one write: an instruction has at most a packet.
const CHUNK: usize = 1_100;
/// Writes of one transaction, which no network would carry; the loader does not mind.
const WRITES: usize = 50;
/// What every binary says when it is asked for an account's health.
const SAYS: &[u8] = b"Instruction: Assess";

/// The upgrade authority that the program is deployed with.
pub fn deployer() -> Keypair {
    wallet("deployer")
}

/// PDA of the code account.
pub fn code_key() -> Address {
    pda(&[CODE_SEED])
}

/// Where the loader keeps the program's code.
pub fn program_data_key() -> Address {
    loader::get_program_data_address(&plimsoll::ID)
}

/// A binary of the program that calls `assess` by another name of six letters: a change that can be seen.
pub fn binary_saying(word: &str) -> Vec<u8> {
    let mut code = program_bytes();
    let mut places = code.windows(SAYS.len()).enumerate();
    let found = places.find_map(|(at, bytes)| (bytes == SAYS).then_some(at));
    let at = found.expect("the binary names its instructions") + SAYS.len() - 6;
    assert_eq!(word.len(), 6);
    code[at..at + 6].copy_from_slice(word.as_bytes());
    code
}

/// Program and program data as a deployment leaves them.
pub fn deployed(code: &[u8], rent: impl Fn(usize) -> u64) -> [(Address, Account); 2] {
    let program_data = program_data_key();
    let program = [&[2, 0, 0, 0], program_data.as_ref()].concat();
    let mut data = [&[3, 0, 0, 0], [0u8; 8].as_slice(), &[1]].concat();
    data.extend_from_slice(deployer().pubkey().as_ref());
    data.extend_from_slice(code);
    let of = |data: Vec<u8>, executable| Account {
        lamports: rent(data.len()),
        data,
        owner: loader::ID,
        executable,
        rent_epoch: u64::MAX,
    };
    [
        (program_data, of(data, false)),
        (plimsoll::ID, of(program, true)),
    ]
}

/// A buffer of `authority` as writing `code` leaves it.
pub fn buffer_account(code: &[u8], authority: &Address, rent: impl Fn(usize) -> u64) -> Account {
    let data = [&[1, 0, 0, 0, 1], authority.as_ref(), code].concat();
    Account {
        lamports: rent(data.len()),
        data,
        owner: loader::ID,
        executable: false,
        rent_epoch: u64::MAX,
    }
}

/// Writes `code` into the buffer of a keypair through the loader; the deployer may write it.
pub fn write_buffer<C: Chain>(chain: &mut C, buffer: &Keypair, code: &[u8]) {
    let (payer, authority) = (wallet("fee payer"), deployer());
    let key = buffer.pubkey();
    let lamports = chain.rent(BUFFER_HEAD + code.len());
    let create = loader::create_buffer(
        &payer.pubkey(),
        &key,
        &authority.pubkey(),
        lamports,
        code.len(),
    );
    must(
        chain,
        &create.expect("the loader's instructions"),
        &[buffer],
    );
    let writes: Vec<Instruction> = code
        .chunks(CHUNK)
        .enumerate()
        .map(|(place, bytes)| {
            let offset = u32::try_from(place * CHUNK).expect("a small binary");
            loader::write(&key, &authority.pubkey(), offset, bytes.to_vec())
        })
        .collect();
    for batch in writes.chunks(WRITES) {
        must(chain, batch, &[&authority]);
    }
}

/// Deploys `code` through the loader, with the deployer as upgrade authority.
pub fn deploy<C: Chain>(chain: &mut C, code: &[u8]) {
    let payer = wallet("fee payer");
    chain.airdrop(&payer.pubkey(), 1_000_000_000_000);
    let (buffer, authority, program) = (wallet("first buffer"), deployer(), program_keypair());
    write_buffer(chain, &buffer, code);
    let deploy = loader::deploy_with_max_program_len(
        &payer.pubkey(),
        &program.pubkey(),
        &buffer.pubkey(),
        &authority.pubkey(),
        chain.rent(36),
        code.len(),
    );
    let deploy = deploy.expect("the loader's instructions");
    must(chain, &deploy, &[&program, &authority]);
    chain.next_slot();
}

/// The program's key, which is public: it is good for local clusters only.
fn program_keypair() -> Keypair {
    let text = include_str!("../../programs/plimsoll/plimsoll-localnet-keypair.json");
    let bytes: Vec<u8> = serde_json::from_str(text).expect("a list of bytes");
    let keypair = Keypair::try_from(bytes.as_slice()).expect("a keypair");
    assert_eq!(keypair.pubkey(), plimsoll::ID);
    keypair
}

fn must<C: Chain>(chain: &mut C, instructions: &[Instruction], signers: &[&Keypair]) {
    let outcome = chain.send(instructions, signers, &wallet("fee payer"));
    outcome.unwrap_or_else(|failure| panic!("the loader refuses: {failure}"));
}

impl<C: Chain> World<C> {
    /// The code account.
    pub fn code(&self) -> Code {
        use anchor_lang::AccountDeserialize;
        let account = self.chain.account(&code_key()).expect("handed over");
        Code::try_deserialize(&mut account.data.as_slice()).expect("a code account")
    }

    /// Who the loader takes new code from.
    pub fn upgrade_authority(&self) -> Address {
        let account = self.chain.account(&program_data_key()).expect("deployed");
        let bytes = &account.data[13..PROGRAM_DATA_HEAD];
        Address::new_from_array(bytes.try_into().expect("a key"))
    }

    /// A buffer with `code` that nobody but the code account has power over.
    pub fn frozen_buffer(&mut self, name: &str, code: &[u8]) -> Address {
        self.buffer_of(name, code, &code_key())
    }

    /// A buffer with `code` of somebody.
    pub fn buffer_of(&mut self, name: &str, code: &[u8], authority: &Address) -> Address {
        let account = buffer_account(code, authority, |bytes| self.chain.rent(bytes));
        let key = wallet(name).pubkey();
        self.chain.set_account(key, account);
        key
    }

    /// What the program that runs calls `assess`.
    pub fn running(&mut self) -> String {
        let account = self.account_key("alice", 0);
        let assess = call(self.assess_accounts(account), ix::Assess {});
        let receipt = self.send(&[assess], &[]);
        let receipt = receipt.unwrap_or_else(|why| panic!("assess: {why}"));
        let said =
            |line: &String| Some(line.strip_prefix("Program log: Instruction: ")?.to_owned());
        receipt
            .logs
            .iter()
            .find_map(said)
            .expect("it says its name")
    }

    /// Accounts of `hand_over_code`.
    pub fn hand_over_accounts(&self) -> ax::HandOverCode {
        ax::HandOverCode {
            upgrade_authority: deployer().pubkey(),
            payer: wallet("fee payer").pubkey(),
            code: code_key(),
            program_data: program_data_key(),
            loader: loader::ID,
            system_program: SYSTEM_PROGRAM,
        }
    }

    /// Accounts of `announce_upgrade`; what the buffer holds goes to the treasury.
    pub fn announce_accounts(&self, authority: &str, buffer: Address) -> ax::AnnounceUpgrade {
        ax::AnnounceUpgrade {
            authority: wallet(authority).pubkey(),
            code: code_key(),
            buffer,
            receiver: wallet("treasury").pubkey(),
        }
    }

    /// Accounts of `apply_upgrade`.
    pub fn apply_accounts(&self, buffer: Address) -> ax::ApplyUpgrade {
        ax::ApplyUpgrade {
            code: code_key(),
            program: plimsoll::ID,
            program_data: program_data_key(),
            buffer,
            receiver: wallet("treasury").pubkey(),
            rent: RENT,
            clock: CLOCK,
            loader: loader::ID,
        }
    }

    /// Accounts of `close_buffer`.
    pub fn close_buffer_accounts(&self, authority: &str, buffer: Address) -> ax::CloseBuffer {
        ax::CloseBuffer {
            authority: wallet(authority).pubkey(),
            code: code_key(),
            buffer,
            receiver: wallet("treasury").pubkey(),
            loader: loader::ID,
        }
    }
}

impl<C: Chain> Actor<'_, C> {
    /// Hands the program's code over; only the deployer can.
    pub fn hands_over_code(self) -> Self {
        let accounts = ax::HandOverCode {
            upgrade_authority: wallet(&self.name).pubkey(),
            ..self.world.hand_over_accounts()
        };
        self.does(&[call(accounts, ix::HandOverCode {})])
    }

    /// Proposes who shall announce new code.
    pub fn proposes_code_authority(self, pending: Address) -> Self {
        let accounts = ax::ProposeCodeAuthority {
            authority: wallet(&self.name).pubkey(),
            code: code_key(),
        };
        let args = ix::ProposeCodeAuthority { authority: pending };
        self.does(&[call(accounts, args)])
    }

    /// Takes over announcing new code.
    pub fn accepts_code_authority(self) -> Self {
        let accounts = ax::AcceptCodeAuthority {
            pending: wallet(&self.name).pubkey(),
            code: code_key(),
        };
        self.does(&[call(accounts, ix::AcceptCodeAuthority {})])
    }

    /// Announces the code in a buffer.
    pub fn announces_upgrade(self, buffer: Address) -> Self {
        let accounts = self.world.announce_accounts(&self.name, buffer);
        self.does(&[call(accounts, ix::AnnounceUpgrade {})])
    }

    /// Withdraws what is announced.
    pub fn cancels_upgrade(self) -> Self {
        let accounts = ax::CancelUpgrade {
            authority: wallet(&self.name).pubkey(),
            code: code_key(),
        };
        self.does(&[call(accounts, ix::CancelUpgrade {})])
    }

    /// Applies what is announced.
    pub fn applies_upgrade(self, buffer: Address) -> Self {
        let accounts = self.world.apply_accounts(buffer);
        self.does(&[call(accounts, ix::ApplyUpgrade {})])
    }

    /// Closes a buffer of the code account.
    pub fn closes_buffer(self, buffer: Address) -> Self {
        let accounts = self.world.close_buffer_accounts(&self.name, buffer);
        self.does(&[call(accounts, ix::CloseBuffer {})])
    }

    /// Asks the loader for something with his signature.
    pub fn asks_loader(self, ask: Instruction) -> Result<Receipt, Failure> {
        self.does(&[ask]).outcome()
    }
}
