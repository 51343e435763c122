//! A story made short: steps are left out while the rest still breaks the same rule.

/// The fewest steps found of which `breaks` still says the same as of all: first in large pieces, then one
/// by one, until none can be left out. `breaks` is asked at most `most` times.
pub fn shrink<S: Clone>(steps: &[S], most: usize, mut breaks: impl FnMut(&[S]) -> bool) -> Vec<S> {
    let mut left = steps.to_vec();
    let mut asked = 0;
    let mut size = left.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < left.len() && asked < most {
            let end = (at + size).min(left.len());
            let without: Vec<S> = [&left[..at], &left[end..]].concat();
            asked += 1;
            if breaks(&without) {
                left = without;
                shorter = true;
            } else {
                at = end;
            }
        }
        if asked >= most {
            break;
        }
        // At single steps once more, as long as it helps.
        size = if size == 1 && shorter { 1 } else { size / 2 };
    }
    left
}
