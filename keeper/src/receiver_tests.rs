use super::*;
use plimsoll::oracle::pyth_pull::{RECEIVER, RECEIVER_SECOND};
use pythnet_sdk::accumulators::merkle::MerkleTree;
use pythnet_sdk::accumulators::Accumulator;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::PriceFeedMessage;
use pythnet_sdk::wire::{to_vec, PrefixedVec};

/// Guardians' signatures in a message: version, set, count, 66 bytes each, body.
fn message(signatures: usize) -> Vec<u8> {
    let mut message = vec![1, 0, 0, 0, 4, u8::try_from(signatures).unwrap()];
    message.resize(6 + 66 * signatures + 51 + 37, 7);
    message
}

fn id(feed: u16) -> FeedId {
    let mut id = [1; 32];
    id[..2].copy_from_slice(&feed.to_le_bytes());
    id
}

/// An update as a source signs it, of the first feeds among two thousand.
fn update(signatures: usize, feeds: u16) -> Vec<u8> {
    let priced = |feed: u16| {
        let price = PriceFeedMessage {
            feed_id: id(feed),
            price: 1_000,
            conf: 1,
            exponent: -8,
            publish_time: 20,
            prev_publish_time: 19,
            ema_price: 1_000,
            ema_conf: 1,
        };
        to_vec::<_, byteorder::BE>(&Priced::PriceFeedMessage(price)).unwrap()
    };
    let all: Vec<Vec<u8>> = (0..2_000).map(priced).collect();
    let leaves: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let tree = MerkleTree::<Keccak160>::new(&leaves).unwrap();
    let proven = (0..feeds).map(|feed| {
        let message = priced(feed);
        let proof = tree.prove(&message).unwrap();
        let message = PrefixedVec::from(message);
        MerklePriceUpdate { message, proof }
    });
    let update = AccumulatorUpdateData::new(Proof::WormholeMerkle {
        vaa: PrefixedVec::from(message(signatures)),
        updates: proven.collect(),
    });
    to_vec::<_, byteorder::BE>(&update).unwrap()
}

fn posting(signatures: usize, feeds: u16) -> (Keypair, Signed, Vec<Step>) {
    let payer = Keypair::new();
    let signed = Signed::parse(&update(signatures, feeds)).unwrap();
    let key = |feed: u16| (id(feed), price_key(&payer, &id(feed), None).unwrap());
    let wanted: Vec<_> = (0..feeds).map(key).collect();
    let deployment = Deployment::of(RECEIVER, &configuration(None)).unwrap();
    let steps = at_once(&payer, &deployment, &signed, &wanted).unwrap();
    let steps =
        steps.unwrap_or_else(|| in_parts(&payer, &deployment, &signed, (&wanted, 1)).unwrap());
    (payer, signed, steps)
}

fn named(name: &str) -> [u8; 8] {
    *Sha256::digest(format!("global:{name}"))
        .first_chunk()
        .unwrap()
}

#[test]
fn an_update_is_a_message_and_proven_prices() {
    let signed = Signed::parse(&update(13, 2)).unwrap();
    assert_eq!((signed.message.clone(), signed.set()), (message(13), 4));
    assert!(signed.has(&id(0)) && signed.has(&id(1)) && !signed.has(&id(2)));
    assert!(Signed::parse(b"PNAU").is_err());
    assert!(Signed::parse(&update(13, 2)[1..]).is_err());
}

#[test]
fn every_transaction_of_a_posting_fits() {
    for (signatures, feeds, count) in [(13, 1, 2), (13, 4, 4), (13, 8, 6), (3, 1, 1), (3, 4, 4)] {
        let (payer, _, steps) = posting(signatures, feeds);
        assert_eq!(steps.len(), count, "{signatures} signatures, {feeds} feeds");
        for step in steps {
            let mut all = vec![
                ComputeBudgetInstruction::set_compute_unit_limit(1_400_000),
                ComputeBudgetInstruction::set_compute_unit_price(50_000),
            ];
            all.extend(step.instructions);
            let signers: Vec<&Keypair> = [&payer].into_iter().chain(&step.signers).collect();
            let message = Message::new(&all, Some(&payer.pubkey()));
            let sent = Transaction::new(&signers, message, Hash::default());
            assert!(bincode::serialized_size(&sent).unwrap() <= 1_232);
        }
    }
}

#[test]
fn a_message_is_written_whole_verified_used_and_closed() {
    let (_, signed, steps) = posting(13, 3);
    let all: Vec<Instruction> = steps
        .into_iter()
        .flat_map(|step| step.instructions)
        .collect();
    let mut written = Vec::new();
    for each in &all {
        if let Some(body) = each.data.strip_prefix(&named("write_encoded_vaa")) {
            let (at, rest) = body.split_first_chunk::<4>().unwrap();
            assert_eq!(u32::from_le_bytes(*at) as usize, written.len());
            let (length, bytes) = rest.split_first_chunk::<4>().unwrap();
            assert_eq!(u32::from_le_bytes(*length) as usize, bytes.len());
            written.extend_from_slice(bytes);
        }
    }
    assert_eq!(written, signed.message);
    let order: Vec<&str> = all.iter().filter_map(|each| name_of(&each.data)).collect();
    let posts = ["post_update"; 3];
    let expected = [
        &[
            "init_encoded_vaa",
            "write_encoded_vaa",
            "write_encoded_vaa",
            "verify_encoded_vaa_v1",
        ],
        posts.as_slice(),
        &["close_encoded_vaa"],
    ];
    assert_eq!(order, expected.concat());
}

fn name_of(data: &[u8]) -> Option<&'static str> {
    let names = [
        "init_encoded_vaa",
        "write_encoded_vaa",
        "verify_encoded_vaa_v1",
        "post_update",
        "close_encoded_vaa",
    ];
    names
        .into_iter()
        .find(|name| data.starts_with(&named(name)))
}

#[test]
fn a_price_is_posted_with_its_proof_for_the_keeper_alone() {
    for (signatures, name) in [(3, "post_update_atomic"), (13, "post_update")] {
        let (payer, signed, steps) = posting(signatures, 1);
        let all: Vec<Instruction> = steps
            .into_iter()
            .flat_map(|step| step.instructions)
            .collect();
        let post = all.iter().find(|each| each.program_id == RECEIVER).unwrap();
        let mut body = match signatures {
            3 => borsh::to_vec(&signed.message).unwrap(),
            _ => Vec::new(),
        };
        body.extend(borsh::to_vec(&signed.prices[0].1).unwrap());
        body.push(TREASURY);
        assert_eq!(post.data.strip_prefix(&named(name)).unwrap(), body);
        let authority = post.accounts.last().unwrap();
        assert_eq!(
            (authority.pubkey, authority.is_signer),
            (payer.pubkey(), true)
        );
        let price = &post.accounts[4];
        let key = price_key(&payer, &id(0), None).unwrap().pubkey();
        assert_eq!(
            (price.pubkey, price.is_signer, price.is_writable),
            (key, true, true)
        );
    }
}

const WORMHOLE: [u8; 32] = [5; 32];

/// A receiver's configuration, with somebody who is to govern next.
fn configuration(next: Option<[u8; 32]>) -> Vec<u8> {
    let mut bytes = Sha256::digest("account:Config")[..8].to_vec();
    bytes.extend([3; 32]);
    bytes.push(u8::from(next.is_some()));
    bytes.extend(next.into_iter().flatten());
    bytes.extend(WORMHOLE);
    bytes.resize(370, 0);
    bytes
}

#[test]
fn a_receiver_says_which_wormhole_program_it_believes() {
    for next in [None, Some([4; 32])] {
        let deployment = Deployment::of(RECEIVER, &configuration(next)).unwrap();
        assert_eq!(deployment.wormhole, Address::new_from_array(WORMHOLE));
    }
    for other in [&configuration(None)[1..], &configuration(None)[..60], &[]] {
        let error = Deployment::of(RECEIVER, other).unwrap_err().to_string();
        assert!(error.contains(&RECEIVER.to_string()), "{error}");
    }
}

#[test]
fn only_receivers_of_pyth_are_posted_to() {
    assert!(Deployment::configuration(&RECEIVER_SECOND).is_ok());
    let error = Deployment::configuration(&plimsoll::ID).unwrap_err();
    assert!(
        error.to_string().contains(&plimsoll::ID.to_string()),
        "{error}"
    );
}
