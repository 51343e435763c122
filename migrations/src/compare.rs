//! What an account says against what it should say.

/// Lists the fields in which two values differ, as `field is …, expected …`.
macro_rules! differences {
    ($found:expr, $expected:expr, [$($field:ident),* $(,)?]) => {{
        let (found, expected) = (&$found, &$expected);
        let mut all: Vec<String> = Vec::new();
        $(
            if found.$field != expected.$field {
                all.push(format!(
                    "{} is {:?}, expected {:?}",
                    stringify!($field), found.$field, expected.$field
                ));
            }
        )*
        all
    }};
}
pub(crate) use differences;
