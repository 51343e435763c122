//! INV-61: of all instructions of the IDL, one changes who the loader takes new code from.

use plimsoll_tests::code::code_key;
use plimsoll_tests::prelude::*;

use crate::idl::idl;
use crate::stages::stage;

#[test]
fn no_other_instruction_changes_the_upgrade_authority() {
    for instruction in idl().instructions {
        let name = instruction.name.as_str();
        let mut stage = stage(name).expect("every instruction has a stage");
        let before = stage.world.upgrade_authority();
        let call = stage.call.clone();
        stage
            .send(call)
            .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let after = stage.world.upgrade_authority();
        if name == "hand_over_code" {
            assert_eq!((before, after), (key_of("deployer"), code_key()));
        } else {
            assert_eq!(after, before, "{name}");
        }
    }
}
