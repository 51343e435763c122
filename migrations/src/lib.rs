//! Deploys the program to any cluster and makes an exchange of a file of parameters, in steps that are
//! each looked at before they are done.

pub mod chain;
mod compare;
pub mod params;
pub mod program;
mod reasons;
pub mod site;
pub mod steps;
pub mod tokens;
