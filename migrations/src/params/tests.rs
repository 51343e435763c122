//! The three files of parameters, and what is refused of a file.

use std::path::Path;

use super::{Cluster, Params};

fn read(name: &str) -> Params {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("params");
    Params::read(&folder.join(format!("{name}.json"))).unwrap()
}

#[test]
fn every_file_is_for_its_cluster_and_within_the_bounds_in_code() {
    for (name, cluster) in [
        ("localnet", Cluster::Localnet),
        ("devnet", Cluster::Devnet),
        ("mainnet", Cluster::Mainnet),
    ] {
        let params = read(name);
        assert_eq!(params.cluster, cluster);
        params.exchange_params().validate().unwrap();
        params.pool_params().validate().unwrap();
        for (slot, asset) in params.slots().zip(&params.assets) {
            let of_asset = params.asset_params(slot).unwrap();
            plimsoll::asset_limits::validate(&of_asset).unwrap();
            let terms = plimsoll::instructions::list_asset::terms(&of_asset).unwrap();
            if let Some(bank) = asset.bank_params().unwrap() {
                bank.validate().unwrap();
            }
            if let Some(market) = asset.market_params().unwrap() {
                market.validate(&terms).unwrap();
            }
        }
    }
}

#[test]
fn a_scenario_moves_no_more_than_what_is_listed() {
    for name in ["localnet", "devnet", "mainnet"] {
        let params = read(name);
        let longest = params.scenarios.iter().map(Vec::len).max();
        assert_eq!(longest, Some(params.assets.len()));
    }
}

#[test]
fn test_tokens_exist_on_local_clusters_only() {
    let text = include_str!("../../params/localnet.json");
    let error = Params::of(&text.replace("\"localnet\"", "\"mainnet\"")).unwrap_err();
    assert!(error.to_string().contains("found 4 without"), "{error}");
}

#[test]
fn an_unknown_field_is_named() {
    let text = include_str!("../../params/localnet.json");
    let error = Params::of(&text.replace("\"guardian\"", "\"gardian\"")).unwrap_err();
    assert!(error.to_string().contains("gardian"), "{error}");
}
