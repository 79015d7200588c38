//! Check digits.

/// The value of each digit; none when there is anything else.
pub(super) fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|character| character.to_digit(10)).collect()
}

/// The number that the digits write, at most 18 of them.
pub(super) fn number(text: &str) -> Option<u64> {
    let plain = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The sum of the digits by their weights; a digit without a weight counts nothing.
pub(super) fn weighed(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// What is left of Luhn's sum (ISO/IEC 7812-1): 0 when the last digit checks the others.
pub(super) fn luhn(digits: &[u32]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let worth = |(place, digit): (usize, &u32)| if place % 2 == 0 { *digit } else { doubled(*digit) };
    digits.iter().rev().enumerate().map(worth).sum::<u32>() % 10
}

/// ISO/IEC 7064, MOD 11,10: whether the last digit checks the others.
pub(super) fn is_mod_11_10(digits: &[u32]) -> bool {
    let Some((last, others)) = digits.split_last() else { return false };
    let product = others.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum } * 2) % 11
    });
    (11 - product) % 10 == *last
}

/// ISO/IEC 7064, MOD 97-10, with letters as 10 to 35: whether the text checks itself.
pub(super) fn is_mod_97_10(text: &str) -> bool {
    let rest = text.chars().try_fold(0, |rest: u32, character| {
        let value = character.to_digit(36)?;
        Some((rest * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    rest == Some(1)
}
