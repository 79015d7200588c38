//! Against `vectors.txt`: numbers made at random, those of the right form and those one digit beside, judged by
//! python-stdnum 2.2.

use super::*;

const VECTORS: &str = include_str!("vectors.txt");

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

#[test]
fn an_independent_judge_says_the_same() {
    let mut judged = (0, 0);
    for line in VECTORS.lines() {
        let [code, number, verdict] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert_eq!(normalised(country(code), number).is_ok(), verdict == "1", "{line}");
        if verdict == "1" { judged.0 += 1 } else { judged.1 += 1 }
    }
    assert!(judged.0 > 400 && judged.1 > 400, "{judged:?}");
}

#[test]
fn spellings_of_one_number_are_one() {
    for (code, text, kept) in [
        ("FR", "fr 40 303 265 045", "FR40303265045"),
        ("FR", "40303265045", "FR40303265045"),
        ("BE", "428.759.497", "BE0428759497"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577"),
        ("BR", "16.727.230/0001-97", "16727230000197"),
        ("BR", "12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("AU", "83 914 571 673", "83914571673"),
        ("JP", "T1234567890123", "T1234567890123"),
    ] {
        assert_eq!(normalised(country(code), text).as_deref(), Ok(kept), "{code} {text}");
    }
}

#[test]
fn what_is_no_number_is_refused_whatever_the_country() {
    for code in ["FR", "DE", "BE", "NL", "ES", "IT", "GB", "BR", "AU", "CH", "AT", "JP", "US", "SE"] {
        for text in ["", " ", "1", "é", "FR", "'; drop table client; --", "٣٣٣٣٣٣٣٣٣", &"1".repeat(40), "A\0B\0C"]
        {
            assert_eq!(normalised(country(code), text), Err(TaxIdError), "{code} {text}");
        }
    }
}
