use marque_config::tenant::TenantState;
use proptest::prelude::*;

use super::*;
use crate::test_support::feed::{batch, signed_by, signer, upserts};
use crate::test_support::tenant;

fn reader() -> BatchReader {
    BatchReader::new(FeedVerifier::parse(&signer().public_text()).unwrap())
}

/// Every batch in `bytes`, cut into pieces of `size`.
fn read(bytes: &[u8], size: usize) -> Result<Vec<SignedBatch>, BatchError> {
    let (mut lines, mut reader, mut batches) = (Lines::default(), reader(), Vec::new());
    for piece in bytes.chunks(size) {
        lines.push(piece);
        while let Some(line) = lines.next()? {
            if let Heard::Batch(batch) = reader.line(&line)? {
                batches.push(batch);
            }
        }
    }
    Ok(batches)
}

fn wire() -> String {
    batch(None, 7, &upserts(tenant(1, "a.example.com", TenantState::Active))) + &batch(Some(7), 7, &[])
}

#[test]
fn batches_are_read_however_the_bytes_arrive() {
    for size in [1, 7, 1_000, 1_000_000] {
        let batches = read(wire().as_bytes(), size).unwrap();
        assert_eq!(batches.len(), 2);
        assert_eq!((batches[0].base, batches[0].to.revision, batches[0].changes.len()), (None, Revision(7), 4));
        assert_eq!((batches[1].base, batches[1].changes.len()), (Some(Revision(7)), 0));
    }
}

#[test]
fn nothing_is_believed_that_is_signed_by_another_key() {
    let other = marque_config::signature::FeedSigner::from_seed(&[6; 32]).unwrap();
    let forged = signed_by(&other, None, 7, &[]);
    assert!(matches!(read(forged.as_bytes(), 99), Err(BatchError::Signature(SignatureError::Forged))));
}

#[test]
fn a_batch_with_a_line_less_is_not_taken() {
    let wire = batch(None, 7, &upserts(tenant(1, "a.example.com", TenantState::Active)));
    for left_out in 1..=4 {
        let lines = wire.lines().enumerate().filter(|(number, _)| *number != left_out);
        let less: String = lines.map(|(_, line)| format!("{line}\n")).collect();
        assert!(matches!(read(less.as_bytes(), 99), Err(BatchError::Signature(SignatureError::Incomplete))));
    }
}

#[test]
fn a_line_out_of_place_ends_the_stream() {
    let wire = wire();
    let lines: Vec<&str> = wire.lines().collect();
    for places in [&[0, 0][..], &[1], &[5]] {
        let text: String = places.iter().map(|&place| format!("{}\n", lines[place])).collect();
        assert!(matches!(read(text.as_bytes(), 99), Err(BatchError::OutOfPlace)), "{places:?}");
    }
}

#[test]
fn a_line_without_end_is_given_up() {
    assert!(matches!(read(&vec![b' '; MAX_LINE + 1], 1_000), Err(BatchError::LineTooLong)));
    let mut long = vec![b' '; MAX_LINE];
    long.push(b'\n');
    assert!(matches!(read(&long, 1_000), Err(BatchError::LineTooLong)));
}

proptest! {
    #[test]
    fn altered_bytes_give_an_error_or_less_but_never_something_else(
        place in any::<prop::sample::Index>(), byte: u8, size in 1_usize..300,
    ) {
        let good = wire().into_bytes();
        let expected = format!("{:?}", read(&good, size).unwrap());
        let mut bytes = good.clone();
        *place.get_mut(&mut bytes) = byte;
        prop_assume!(bytes != good);
        if let Ok(batches) = read(&bytes, size) {
            for batch in batches {
                prop_assert!(expected.contains(&format!("{batch:?}")), "{batch:?}");
            }
        }
    }
}
