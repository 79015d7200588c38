//! The rules of each country: for companies, the number that stands on their invoices.

use super::digits::{digits, is_mod_11_10, is_mod_97_10, luhn, number, weighed};

/// The rules of one country.
pub(super) struct Rule {
    /// The letters before the number, which people may leave out.
    pub(super) prefix: &'static str,
    /// Puts the number into its one written form.
    pub(super) written: fn(&str) -> String,
    /// Whether the number, in that form, can be one.
    pub(super) is_valid: fn(&str) -> bool,
}

/// The rules of a country, where they are known.
pub(super) fn of(country: &str) -> Option<Rule> {
    let (prefix, is_valid): (_, fn(&str) -> bool) = match country {
        "AT" => ("AT", austria),
        "AU" => ("", australia),
        "BE" => return Some(Rule { prefix: "BE", written: with_leading_zero, is_valid: belgium }),
        "BR" => ("", brazil),
        "CH" => return Some(Rule { prefix: "CHE", written: without_suffix, is_valid: switzerland }),
        "DE" => ("DE", |text| text.len() == 9 && !text.starts_with('0') && all(text, is_mod_11_10)),
        "DK" => ("DK", |text| text.len() == 8 && !text.starts_with('0') && divisible(text, &[2, 7, 6, 5, 4, 3, 2, 1])),
        "ES" => ("ES", spain),
        "FI" => ("FI", |text| text.len() == 8 && divisible(text, &[7, 9, 10, 5, 8, 4, 2, 1])),
        "FR" => ("FR", france),
        "GB" => ("GB", britain),
        "IT" => ("IT", italy),
        "LU" => ("LU", luxembourg),
        "NL" => ("NL", netherlands),
        "PL" => ("PL", poland),
        "PT" => ("PT", portugal),
        "SE" => ("SE", sweden),
        "US" => ("", |text| text.len() == 9 && number(text).is_some()),
        _ => return None,
    };
    Some(Rule { prefix, written: str::to_owned, is_valid })
}

fn all(text: &str, rule: fn(&[u32]) -> bool) -> bool {
    digits(text).is_some_and(|digits| rule(&digits))
}

fn divisible(text: &str, weights: &[u32]) -> bool {
    digits(text).is_some_and(|digits| weighed(&digits, weights).is_multiple_of(11))
}

fn austria(text: &str) -> bool {
    let Some(found) = text.strip_prefix('U').filter(|rest| rest.len() == 7 + 1).and_then(digits) else { return false };
    let (seven, last) = found.split_at(7);
    last == [(16 - luhn(seven)) % 10]
}

fn australia(text: &str) -> bool {
    let Some(mut found) = digits(text).filter(|found| found.len() == 11) else { return false };
    let Some(first) = found.first_mut() else { return false };
    let Some(less) = first.checked_sub(1) else { return false };
    *first = less;
    weighed(&found, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
}

/// Numbers of before 2005 have nine digits.
fn with_leading_zero(text: &str) -> String {
    if text.len() == 9 { format!("0{text}") } else { text.to_owned() }
}

fn belgium(text: &str) -> bool {
    let Some((head, check)) = text.split_at_checked(8) else { return false };
    let (Some(head), Some(check)) = (number(head), number(check)) else { return false };
    text.len() == 10
        && !text.starts_with(['2', '3', '4', '5', '6', '7', '8', '9'])
        && head > 0
        && (head + check) % 97 == 0
}

/// A company's CNPJ, since July 2026 with letters too, or a person's CPF.
fn brazil(text: &str) -> bool {
    match text.len() {
        14 => cnpj(text),
        11 => digits(text).is_some_and(|found| cpf(&found)),
        _ => false,
    }
}

fn cnpj(text: &str) -> bool {
    let values: Vec<u32> = text.bytes().map(|byte| u32::from(byte.saturating_sub(b'0'))).collect();
    let (body, checks) = values.split_at(12);
    let check = |weights: &[u32], values: &[u32]| (11 - weighed(values, weights) % 11) % 11 % 10;
    let first = check(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], body);
    let mut longer = body.to_vec();
    longer.push(first);
    let second = check(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], &longer);
    checks == [first, second] && !text.starts_with("000000000000")
}

fn cpf(found: &[u32]) -> bool {
    let check = |values: &[u32], weights: &[u32]| (11 - weighed(values, weights) % 11) % 11 % 10;
    let (Some(nine), Some(ten)) = (found.get(..9), found.get(..10)) else { return false };
    let first = check(nine, &[10, 9, 8, 7, 6, 5, 4, 3, 2]);
    let second = check(ten, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    // The same digit eleven times checks itself, and is given to nobody.
    let varied = found.iter().any(|digit| Some(digit) != found.first());
    varied && found.get(9..) == Some(&[first, second])
}

/// What Swiss companies write behind the number when they owe VAT.
fn without_suffix(text: &str) -> String {
    let bare = ["MWST", "TVA", "IVA", "TPV"].into_iter().find_map(|suffix| text.strip_suffix(suffix));
    bare.unwrap_or(text).to_owned()
}

fn switzerland(text: &str) -> bool {
    let Some(found) = digits(text).filter(|found| found.len() == 9) else { return false };
    let (body, last) = found.split_at(8);
    last == [(11 - weighed(body, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11]
}

/// A company's CIF, or a person's DNI or NIE: eight characters and a check digit or letter.
fn spain(text: &str) -> bool {
    let Some((body, check)) = text.split_at_checked(8) else { return false };
    let (Some(first), Some(rest)) = (body.chars().next(), body.get(1..).and_then(digits)) else { return false };
    let dni = |text: String| {
        let letter = number(&text).and_then(|number| "TRWAGMYFPDXBNJZSQVHLCKE".get((number % 23) as usize..));
        letter.and_then(|letters| letters.get(..1)) == Some(check)
    };
    match first {
        'K' | 'L' | 'M' => dni(body.replace(first, "")),
        '0'..='9' => dni(body.to_owned()),
        'X' | 'Y' | 'Z' => dni(body.replace('X', "0").replace('Y', "1").replace('Z', "2")),
        'A'..='H' | 'J' | 'N' | 'P'..='S' | 'U' | 'V' | 'W' => cif(&rest, check),
        _ => false,
    }
}

/// Which kinds of company have a letter and which a digit is told differently by different offices: both will do.
fn cif(seven: &[u32], check: &str) -> bool {
    let mut with_zero = seven.to_vec();
    with_zero.push(0);
    let digit = (10 - luhn(&with_zero)) % 10;
    let letter = "JABCDEFGHI".get(digit as usize..).and_then(|letters| letters.get(..1));
    check == digit.to_string() || Some(check) == letter
}

fn france(text: &str) -> bool {
    let Some((key, siren)) = text.split_at_checked(2).filter(|_| text.len() == 11) else { return false };
    let (Some(company), Some(found)) = (number(siren), digits(siren)) else { return false };
    // Monaco's companies have no SIREN: theirs begin with 000.
    if luhn(&found) != 0 && !siren.starts_with("000") {
        return false;
    }
    match number(key) {
        Some(key) => (company * 100 + 12) % 97 == key,
        None => new_style(key, company),
    }
}

/// Keys with a letter: neither I nor O is used.
fn new_style(key: &str, company: u64) -> bool {
    let place = |character: char| "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ".find(character).map(|place| place as u64);
    let mut places = key.chars().map(place);
    let (Some(Some(first)), Some(Some(second))) = (places.next(), places.next()) else { return false };
    let worth = if first < 10 { (first * 24 + second).checked_sub(10) } else { (first * 34 + second).checked_sub(100) };
    worth.is_some_and(|worth| (company + 1 + worth / 11) % 11 == worth % 11)
}

fn britain(text: &str) -> bool {
    let office = |letters: &str, within: fn(u64) -> bool| {
        text.len() == 5 && text.strip_prefix(letters).and_then(number).is_some_and(within)
    };
    if office("GD", |number| number < 500) || office("HA", |number| number >= 500) {
        return true;
    }
    let Some(found) = digits(text).filter(|found| matches!(found.len(), 9 | 12)) else { return false };
    let rest = weighed(&found, &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97;
    // Numbers from 100 on were also given with another offset.
    rest == 0 || (matches!(rest, 42 | 55) && !text.starts_with('0'))
}

fn italy(text: &str) -> bool {
    let Some(found) = digits(text).filter(|found| found.len() == 11) else { return false };
    let office = text.get(7..10).and_then(number).unwrap_or_default();
    let known = (1..=100).contains(&office) || matches!(office, 120 | 121 | 888 | 999);
    known && luhn(&found) == 0 && !text.starts_with("0000000")
}

fn luxembourg(text: &str) -> bool {
    let Some((head, check)) = text.split_at_checked(6).filter(|_| text.len() == 8) else { return false };
    matches!((number(head), number(check)), (Some(head), Some(check)) if head % 89 == check)
}

fn netherlands(text: &str) -> bool {
    let (Some(company), Some("B"), Some(branch)) = (text.get(..9), text.get(9..10), text.get(10..)) else {
        return false;
    };
    let counted = branch.len() == 2 && number(branch).is_some_and(|branch| branch > 0);
    let Some(found) = digits(company).filter(|_| counted && number(company) != Some(0)) else { return false };
    // Those of companies check as citizens' numbers do, the newer ones of sole traders as a whole.
    let (eight, last) = found.split_at(8);
    let sum = weighed(eight, &[9, 8, 7, 6, 5, 4, 3, 2]);
    last == [sum % 11] || is_mod_97_10(&format!("NL{text}"))
}

fn poland(text: &str) -> bool {
    let Some(found) = digits(text).filter(|found| found.len() == 10) else { return false };
    let (nine, last) = found.split_at(9);
    last == [weighed(nine, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11]
}

fn portugal(text: &str) -> bool {
    let Some(found) = digits(text).filter(|found| found.len() == 9) else { return false };
    let (eight, last) = found.split_at(8);
    last == [(11 - weighed(eight, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10] && !text.starts_with('0')
}

fn sweden(text: &str) -> bool {
    let Some((company, branch)) = text.split_at_checked(10) else { return false };
    branch == "01" && digits(company).is_some_and(|found| luhn(&found) == 0)
}
