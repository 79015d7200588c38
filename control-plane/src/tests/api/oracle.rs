//! Ten thousand random baskets, against somebody who works prices out by other means: by adding one piece after the
//! other, and by rounding what stands written in decimal.

use std::collections::BTreeMap;

use iso_currency::Currency;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use super::shop::Shop;
use crate::catalogue::model::price::Basket;
use crate::catalogue::operations::prices;
use crate::database::refused::Refused;
use crate::kernel::ids::ComponentId;
use crate::kernel::term::Term;

const BASKETS: usize = 10_000;
const VERSIONS: usize = 10;
const MOST: i128 = 1_000_000_000_000;
const TERMS: [(Term, &str); 3] = [(Term::Monthly, "monthly"), (Term::Yearly, "yearly"), (Term::Perpetual, "perpetual")];
const COUNTRIES: [&str; 3] = ["FR", "DE", "US"];

/// SplitMix64: a failure names its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (drawn ^ (drawn >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    fn amount(&mut self) -> i64 {
        let most = *self.of(&[1, 100, 10_000, 1_000_000, 1_000_000_000]);
        i64::try_from(self.below(most)).unwrap()
    }
}

/// List, plan, term, component; none is the plan itself.
type Priceable = (usize, usize, Term, Option<usize>);

/// Four components: the second needs the first, the third excludes it, the fourth is for France.
struct Books {
    plans: [String; 2],
    components: [String; 4],
    lists: [(String, Currency); 2],
    promos: Vec<Promo>,
    prices: BTreeMap<Priceable, Vec<(u32, i64)>>,
}

struct Promo {
    code: String,
    /// Hundredths of a percent, or an amount of a currency.
    off: Result<i64, (i64, Currency)>,
    applies_to: &'static str,
    minimum: Option<(i64, Currency)>,
    plan: Option<usize>,
}

/// What is drawn, by the places of things in the books.
#[derive(Debug)]
struct Drawn {
    list: usize,
    plan: usize,
    term: Term,
    country: &'static str,
    components: Vec<(usize, u32)>,
    promo: Option<usize>,
}

impl Books {
    async fn open(desk: &Desk, world: &World, dice: &mut Dice) -> Self {
        let token = &world.operator;
        let product = json!({ "application": world.application, "code": "p", "name": "p", "state": "listed" });
        let product = desk.made(token, "/v1/products", product).await;
        let mut plans = Vec::new();
        for code in ["a", "b"] {
            let terms = json!([
                { "term": "monthly" }, { "term": "yearly" }, { "term": "perpetual", "countries": ["FR", "DE"] },
            ]);
            let plan = json!({ "product": product, "code": code, "name": code, "state": "listed", "terms": terms });
            plans.push(desk.made(token, "/v1/plans", plan).await);
        }
        let mut components: Vec<String> = Vec::new();
        for index in 0..4 {
            let first = components.first().map_or(json!([]), |first| json!([first]));
            let component = json!({
                "product": product, "code": format!("c{index}"), "name": "c", "state": "listed",
                "requires": if index == 1 { first.clone() } else { json!([]) },
                "excludes": if index == 2 { first } else { json!([]) },
                "countries": if index == 3 { json!(["FR"]) } else { json!([]) },
                "max_quantity": if index == 2 { 50 } else { 10_000 },
            });
            components.push(desk.made(token, "/v1/components", component).await);
        }
        let mut lists = Vec::new();
        for currency in [Currency::EUR, Currency::JPY] {
            let list = json!({ "name": currency.code(), "currency": currency.code() });
            lists.push((desk.made(token, "/v1/price-lists", list).await, currency));
        }
        let (plans, components, lists) =
            (plans.try_into().unwrap(), components.try_into().unwrap(), lists.try_into().unwrap());
        let mut books = Self { plans, components, lists, promos: Vec::new(), prices: BTreeMap::new() };
        for index in 0..24 {
            let promo = books.new_promo(desk, world, (dice, index)).await;
            books.promos.push(promo);
        }
        books
    }

    async fn new_promo(&self, desk: &Desk, world: &World, (dice, index): (&mut Dice, usize)) -> Promo {
        let currency = |dice: &mut Dice| *dice.of(&[Currency::EUR, Currency::JPY]);
        let percent = i64::try_from(1 + dice.below(10_000)).unwrap();
        let round = *dice.of(&[500, 1_000, 2_500, 5_000, 10_000]);
        let off = match dice.below(4) {
            0 => Err((1 + dice.amount(), currency(dice))),
            1 => Ok(round),
            _ => Ok(percent),
        };
        let minimum = dice.one_in(3).then(|| (dice.amount(), currency(dice)));
        let applies_to = *dice.of(&["everything", "plan", "components"]);
        let plan = dice.one_in(4).then(|| usize::try_from(dice.below(2)).unwrap());
        let money = |(minor, currency): (i64, Currency)| json!({ "amount": minor, "currency": currency.code() });
        let terms = json!({
            "discount": match off {
                Ok(basis_points) => json!({ "kind": "percent", "basis_points": basis_points }),
                Err(amount) => json!({ "kind": "amount", "off": money(amount) }),
            },
            "applies_to": applies_to,
            "minimum": minimum.map(money),
            "plans": plan.map_or(json!([]), |plan| json!([self.plans[plan]])),
        });
        let code = format!("CODE-{index}");
        Shop::promo(desk, world, &code, terms).await;
        Promo { code, off, applies_to, minimum, plan }
    }

    /// New prices in both lists; now and then something has none.
    async fn reprice(&mut self, desk: &Desk, world: &World, dice: &mut Dice) {
        self.prices.clear();
        desk.advance_days(1);
        for (list, (id, _)) in self.lists.iter().enumerate() {
            let mut rows: Vec<Value> = Vec::new();
            for (plan, plan_id) in self.plans.iter().enumerate() {
                for (term, word) in TERMS {
                    if (plan, list, term) != (0, 0, Term::Monthly) && dice.one_in(8) {
                        continue;
                    }
                    for component in [None, Some(0), Some(1), Some(2), Some(3)] {
                        if component.is_some() && dice.one_in(8) {
                            continue;
                        }
                        let mut steps = vec![(1, dice.amount())];
                        let more = if component.is_some() { dice.below(4) } else { 0 };
                        for _ in 0..more {
                            let from = steps.last().unwrap().0 + 1 + u32::try_from(dice.below(30)).unwrap();
                            steps.push((from, dice.amount()));
                        }
                        rows.extend(steps.iter().map(|(from, minor)| {
                            let component = component.map(|component: usize| &self.components[component]);
                            json!({
                                "plan": plan_id, "term": word, "component": component, "from_quantity": from,
                                "amount": minor,
                            })
                        }));
                        self.prices.insert((list, plan, term, component), steps);
                    }
                }
            }
            Shop::publish(desk, world, id, Value::from(rows)).await;
        }
    }

    fn draw(&self, dice: &mut Dice) -> Drawn {
        let mut components = Vec::new();
        for component in 0..4 {
            if dice.one_in(3) {
                let most = *dice.of(&[3, 60, 60, 10_000]);
                components.push((component, 1 + u32::try_from(dice.below(most)).unwrap()));
            }
        }
        if dice.one_in(2) {
            components.reverse();
        }
        Drawn {
            list: usize::try_from(dice.below(2)).unwrap(),
            plan: usize::try_from(dice.below(2)).unwrap(),
            term: dice.of(&TERMS).0,
            country: COUNTRIES[usize::try_from(dice.below(3)).unwrap()],
            components,
            promo: dice.one_in(2).then(|| usize::try_from(dice.below(self.promos.len() as u64)).unwrap()),
        }
    }

    fn basket(&self, world: &World, drawn: &Drawn) -> Basket {
        let id = |component: usize| -> ComponentId { self.components[component].parse().unwrap() };
        Basket {
            partner: world.partners[0].id.parse().unwrap(),
            client: None,
            country: drawn.country.parse().unwrap(),
            price_list: self.lists[drawn.list].0.parse().unwrap(),
            plan: self.plans[drawn.plan].parse().unwrap(),
            term: drawn.term,
            components: drawn.components.iter().map(|(component, quantity)| (id(*component), *quantity)).collect(),
            promo: drawn.promo.map(|promo| self.promos[promo].code.to_lowercase()),
        }
    }

    /// Net and discount, or every reason there is to refuse.
    fn expected(&self, drawn: &Drawn) -> Result<(i128, i128), Vec<&'static str>> {
        let mut wrong = self.misfits(drawn);
        let plan = self.line(drawn, (None, 1), &mut wrong);
        let mut components = 0;
        for (component, quantity) in &drawn.components {
            components += self.line(drawn, (Some(*component), *quantity), &mut wrong);
        }
        let net = plan + components;
        if net > MOST {
            wrong.push("amount-too-large");
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let Some(promo) = drawn.promo.map(|promo| &self.promos[promo]) else { return Ok((net, 0)) };
        let base = match promo.applies_to {
            "plan" => plan,
            "components" => components,
            _ => net,
        };
        let currency = self.lists[drawn.list].1;
        if promo.plan.is_some_and(|plan| plan != drawn.plan) {
            wrong.push("other_plan");
        }
        let amounts =
            promo.minimum.iter().map(|(_, currency)| currency).chain(promo.off.as_ref().err().map(|off| &off.1));
        if amounts.into_iter().any(|other| *other != currency) {
            wrong.push("other_currency");
        }
        if promo.minimum.is_some_and(|(minimum, _)| net < i128::from(minimum)) {
            wrong.push("below_minimum");
        }
        if base == 0 {
            wrong.push("nothing_to_discount");
        }
        let off = match promo.off {
            Ok(basis_points) => rounded(base * i128::from(basis_points)),
            Err((off, _)) => i128::from(off).min(base),
        };
        if wrong.is_empty() { Ok((net, off)) } else { Err(wrong) }
    }

    fn misfits(&self, drawn: &Drawn) -> Vec<&'static str> {
        let has = |wanted: usize| drawn.components.iter().any(|(component, _)| *component == wanted);
        let mut wrong = Vec::new();
        if (drawn.term == Term::Perpetual && drawn.country == "US") || (has(3) && drawn.country != "FR") {
            wrong.push("offer-unavailable-in-region");
        }
        if has(1) && !has(0) {
            wrong.push("component-required");
        }
        if has(2) && has(0) {
            wrong.push("component-excluded");
        }
        if drawn.components.iter().any(|(component, quantity)| *component == 2 && *quantity > 50) {
            wrong.push("quantity-out-of-range");
        }
        wrong
    }

    /// One piece after the other, at the price of the last step that was passed.
    fn line(&self, drawn: &Drawn, (component, pieces): (Option<usize>, u32), wrong: &mut Vec<&'static str>) -> i128 {
        let Some(steps) = self.prices.get(&(drawn.list, drawn.plan, drawn.term, component)) else {
            wrong.push("offer-unavailable");
            return 0;
        };
        let unit = steps.iter().rev().find(|(from, _)| pieces >= *from).unwrap().1;
        let sum = (0..pieces).fold(0, |sum, _| sum + i128::from(unit));
        if sum > MOST {
            wrong.push("amount-too-large");
        }
        sum
    }
}

/// Ten-thousandths, rounded half to even, by what stands written.
fn rounded(ten_thousandths: i128) -> i128 {
    let written = format!("{ten_thousandths:05}");
    let (whole, rest) = written.split_at(written.len() - 4);
    let is_odd = whole.ends_with(['1', '3', '5', '7', '9']);
    let up = rest > "5000" || (rest == "5000" && is_odd);
    whole.parse::<i128>().unwrap() + i128::from(up)
}

fn code(refused: &Refused) -> String {
    match refused {
        Refused::Fields(faults) => faults[0].code.to_owned(),
        Refused::Conflict(conflict) => {
            conflict.blockers().first().map_or(conflict.code(), |blocker| blocker).to_owned()
        }
        other => other.to_string(),
    }
}

#[tokio::test]
async fn ten_thousand_baskets_cost_what_they_must_to_the_cent() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let seed = u64::from_be_bytes(desk.store.parts().bytes());
    let mut dice = Dice(seed);
    let mut books = Books::open(&desk, &world, &mut dice).await;
    let (mut priced, mut discounted) = (0, 0);
    for _ in 0..VERSIONS {
        books.reprice(&desk, &world, &mut dice).await;
        let mut connection = desk.store.reader().acquire().await.unwrap();
        for _ in 0..BASKETS / VERSIONS {
            let drawn = books.draw(&mut dice);
            let found = prices::price(&mut connection, desk.store.now_ms(), &books.basket(&world, &drawn)).await;
            match (found, books.expected(&drawn)) {
                (Ok(found), Ok((net, off))) => {
                    let sums = [found.net, found.discount, found.total].map(|sum| i128::from(sum.minor));
                    assert_eq!(sums, [net, off, net - off], "{seed}: {drawn:?}");
                    assert_eq!(found.total.currency, books.lists[drawn.list].1);
                    priced += 1;
                    discounted += usize::from(off > 0);
                }
                (Err(refused), Err(wrong)) => {
                    assert!(wrong.contains(&&*code(&refused)), "{seed}: {drawn:?}: {refused:?}, not {wrong:?}");
                }
                (found, expected) => panic!("{seed}: {drawn:?}: {found:?}, not {expected:?}"),
            }
        }
    }
    assert!(priced > BASKETS / 5 && discounted > BASKETS / 50, "{priced} {discounted}");
}
