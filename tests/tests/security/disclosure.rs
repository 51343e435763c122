//! Whoever finds the binary on a chain finds in it whom to tell.

use plimsoll_tests::chain::program_path;
use solana_security_txt::find_and_parse;

#[test]
fn the_binary_says_whom_to_tell_of_a_vulnerability() {
    let binary = std::fs::read(program_path()).expect("the program is built");
    let found = find_and_parse(&binary).expect("a security.txt is in the binary");
    assert_eq!(found.name, "Plimsoll");
    assert!(found.policy.contains("SECURITY.md"), "{}", found.policy);
    assert!(!found.contacts.is_empty());
}
