use super::*;

/// Made with another implementation of Ed25519; the seed is that of RFC 8032's first test.
#[derive(Deserialize)]
struct Vectors {
    key: String,
    seed: String,
    public: String,
    good: Vec<Good>,
    bad: Vec<Bad>,
}

#[derive(Deserialize)]
struct Good {
    name: String,
    text: String,
    says: LicenceFile,
}

#[derive(Deserialize)]
struct Bad {
    name: String,
    text: String,
    error: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn seed(vectors: &Vectors) -> [u8; 32] {
    let byte = |index: usize| u8::from_str_radix(&vectors.seed[2 * index..2 * index + 2], 16).unwrap();
    std::array::from_fn(byte)
}

#[test]
fn the_vectors_are_written_and_read_as_others_do() {
    let vectors = vectors();
    let signer = LicenceSigner::new(&vectors.key, &seed(&vectors)).unwrap();
    assert_eq!(signer.public_text(), vectors.public);
    let verifier = LicenceVerifier::new(&vectors.key, &vectors.public).unwrap();
    for good in &vectors.good {
        assert_eq!(verifier.read(&good.text), Ok(good.says.clone()), "{}", good.name);
        assert_eq!(signer.write(&good.says), Ok(good.text.clone()), "{}", good.name);
    }
    for bad in &vectors.bad {
        let error = verifier.read(&bad.text).unwrap_err();
        assert_eq!(format!("{error:?}"), bad.error, "{}", bad.name);
    }
}

#[test]
fn no_symbol_can_be_changed() {
    let vectors = vectors();
    let verifier = LicenceVerifier::new(&vectors.key, &vectors.public).unwrap();
    let text = &vectors.good[0].text;
    for index in 0..text.len() {
        let other = if text.as_bytes()[index] == b'A' { "B" } else { "A" };
        let mut changed = text.clone();
        changed.replace_range(index..=index, other);
        assert!(verifier.read(&changed).is_err(), "symbol {index}");
    }
    assert!(verifier.read(&format!("{text}{}", "A".repeat(MOST))).is_err());
}

#[test]
fn a_licence_is_over_a_day_after_its_end_for_a_clock_that_may_be_wrong() {
    let vectors = vectors();
    let verifier = LicenceVerifier::new(&vectors.key, &vectors.public).unwrap();
    let until_ms = vectors.good[0].says.until_ms.unwrap();
    assert!(verifier.read_at(&vectors.good[0].text, until_ms + TOLERANCE_MS - 1).is_ok());
    let late = verifier.read_at(&vectors.good[0].text, until_ms + TOLERANCE_MS);
    assert_eq!(late, Err(LicenceFileError::Over));
    assert!(verifier.read_at(&vectors.good[2].text, i64::MAX).is_ok());
}

#[test]
fn a_key_is_a_plain_name_and_32_bytes() {
    for (name, public) in [("", "AAAA"), ("a.b", &vectors().public), ("a", "AAAA"), ("a", "é")] {
        assert_eq!(LicenceVerifier::new(name, public).map(|_| ()), Err(LicenceFileError::Key), "{name} {public}");
    }
}
