use super::{Playing, Tape};

const NOW: i64 = 1_790_000_000;
const SOL: usize = 1;

#[test]
fn exactly_one_publication_contains_an_instant() {
    let mut tape = Tape::new(NOW, 2, 1).unwrap();
    tape.advance(NOW + 101);
    for instant in NOW - 1..=NOW + 100 {
        let found = tape.at_or_after(instant).unwrap();
        assert!(found.previous < instant && instant <= found.time);
    }
    assert_eq!(tape.at_or_after(NOW + 101), None, "not published yet");
    assert_eq!(tape.at_or_after(NOW - 2), None, "before the tape");
}

#[test]
fn idle_prices_stay_where_they_are() {
    let mut tape = Tape::new(NOW, 1, 1).unwrap();
    let first = tape.last().prints;
    tape.advance(NOW + 3_600);
    for (first, last) in first.iter().zip(tape.last().prints) {
        let moved = (last.price as f64 / first.price as f64 - 1.0).abs();
        assert!(moved < 0.005, "moved by {moved}");
    }
    assert_ne!(first[SOL].price, tape.last().prints[SOL].price);
}

#[test]
fn a_crash_falls_as_far_as_it_did_and_leaves_prices_where_it_ended() {
    let mut tape = Tape::new(NOW, 1, 1).unwrap();
    tape.advance(NOW + 100);
    let before = tape.last().prints[SOL].price as f64;
    let Playing::Crash { since, until, .. } = tape.begin("2021-05-19", 120, 7).unwrap() else {
        panic!("a crash");
    };
    assert_eq!((since, until), (NOW + 101, NOW + 101 + 12 * 7_200 / 120));
    assert!(tape.begin("2025-10-10", 60, 7).is_err(), "one at a time");
    let mut least = before;
    let mut last = before;
    for second in since..=until {
        tape.advance(second);
        let price = tape.last().prints[SOL].price as f64;
        if second == since {
            assert!(
                (price / before - 1.0).abs() < 1e-8,
                "it begins where prices stood"
            );
        }
        (least, last) = (least.min(price), price);
    }
    let (fall, end) = (least / before, last / before);
    assert!((fall - 26.5 / 53.49).abs() < 1e-6, "fell to {fall}");
    assert!((end - 34.55 / 53.49).abs() < 1e-6, "ended at {end}");
    assert_eq!(tape.playing(), Playing::Idle);
    tape.advance(until + 600);
    let rest = tape.last().prints[SOL].price as f64 / last;
    assert!((rest - 1.0).abs() < 0.005, "rests there: {rest}");
}

#[test]
fn a_price_goes_where_it_is_sent_in_its_time_and_stays() {
    let mut tape = Tape::new(NOW, 1, 1).unwrap();
    tape.advance(NOW + 10);
    let before = tape.last().prints;
    let playing = tape.shift("SOL", -12.0, 5).unwrap();
    let Playing::Move { since, until, .. } = playing else {
        panic!("a move");
    };
    assert_eq!((since, until), (NOW + 11, NOW + 15));
    let part = |tape: &Tape, place: usize| {
        tape.last().prints[place].price as f64 / before[place].price as f64
    };
    tape.advance(NOW + 12);
    assert!((part(&tape, SOL) - 0.88f64.powf(0.4)).abs() < 0.005);
    assert!(tape.shift("BTC", 5.0, 5).is_err(), "one at a time");
    assert!(tape.begin("2025-10-10", 60, 7).is_err(), "nor a crash");
    for later in [until, until + 600] {
        tape.advance(later);
        assert!((part(&tape, SOL) - 0.88).abs() < 0.005, "at {later}");
        assert_eq!(tape.playing(), Playing::Idle);
    }
    for other in [0, 2, 3] {
        assert!((part(&tape, other) - 1.0).abs() < 0.005, "only SOL moves");
    }
}

#[test]
fn held_prices_do_not_move_at_all() {
    let mut tape = Tape::new(NOW, 1, 1).unwrap();
    tape.advance(NOW + 10);
    let before = tape.last().prints.map(|print| (print.price, print.conf));
    assert_eq!(tape.hold(60).unwrap(), Playing::Hold { until: NOW + 70 });
    tape.advance(NOW + 69);
    let held = tape.last().prints.map(|print| (print.price, print.conf));
    assert_eq!(held, before);
    assert!(tape.shift("SOL", -12.0, 5).is_err(), "while it lasts");
    tape.advance(NOW + 80);
    assert_eq!(tape.playing(), Playing::Idle);
    assert_ne!(tape.last().prints[SOL].price, before[SOL].0);
    tape.hold(60).unwrap();
    assert_eq!(tape.hold(0).unwrap(), Playing::Idle, "let go");
}

#[test]
fn a_move_that_means_nothing_is_refused() {
    let mut tape = Tape::new(NOW, 2, 1).unwrap();
    let mut refusal = |symbol, percent, seconds| {
        let error = tape.shift(symbol, percent, seconds).unwrap_err();
        error.to_string()
    };
    assert!(refusal("DOGE", 1.0, 5).contains("found DOGE"));
    assert!(refusal("SOL", -100.0, 5).contains("from -95 to 900"));
    assert!(refusal("SOL", f64::NAN, 5).contains("found NaN"));
    assert!(refusal("SOL", 1.0, 1).contains("seconds from 2 to 3600"));
}

#[test]
fn a_crash_too_fast_for_its_lows_is_refused() {
    let mut tape = Tape::new(NOW, 1, 1).unwrap();
    let error = tape.begin("2025-10-10", 1_801, 7).unwrap_err();
    assert!(error.to_string().contains("from 1 to 1800"), "{error}");
    assert!(tape.begin("1987-10-19", 1, 7).is_err());
}
