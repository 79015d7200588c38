//! Random histories of orders, trials, uses and payments: after each step the API has answered as a small model of the
//! business says, and in the end every invariant holds. Histories of several writers at once have no model, but the same
//! invariants.

use axum::http::StatusCode;
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::desk::{Desk, World};
use super::shop::Shop;
use crate::reports::operations::audit;

#[derive(Debug, Clone)]
enum Step {
    Place { trial: bool, client: usize, printers: u32, promo: bool },
    Void(usize),
    Activate(usize),
    SwitchKind(usize),
    Convert(usize),
    Extend(usize),
    Pay(i64),
}

/// An order as the model knows it.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    serial: String,
    trial: bool,
    client: usize,
    price: i64,
    promo: bool,
    activated: bool,
    extended: bool,
    /// Taken back, or made into another: nothing more is done to it.
    over: bool,
    /// Taken back: to do it again is no error.
    voided: bool,
}

/// What the business is like, in the model's eyes.
#[derive(Debug, Default)]
struct Model {
    available: i64,
    promo_used: u32,
    orders: Vec<Known>,
}

const CLIENTS: usize = 4;
const MONTH: i64 = 4_900;
const PRINTER: i64 = 1_000;
const PROMO_MOST: u32 = 2;

fn step() -> impl Strategy<Value = Step> {
    let place = (any::<bool>(), 0..CLIENTS, 0..3_u32, prop::bool::weighted(0.3));
    prop_oneof![
        5 => place.prop_map(|(trial, client, printers, promo)| {
            Step::Place { trial, client, printers, promo: promo && !trial }
        }),
        3 => (0..20_usize).prop_map(Step::Void),
        3 => (0..20_usize).prop_map(Step::Activate),
        1 => (0..20_usize).prop_map(Step::SwitchKind),
        2 => (0..20_usize).prop_map(Step::Convert),
        1 => (0..20_usize).prop_map(Step::Extend),
        1 => (1..20_000_i64).prop_map(Step::Pay),
    ]
}

/// A desk with a shop, and what steps need of it.
struct Scene {
    desk: Desk,
    world: World,
    shop: Shop,
    clients: Vec<String>,
}

impl Scene {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let shop = Shop::open(&desk, &world).await;
        let more = json!({ "code": "TENTH", "max_uses": PROMO_MOST });
        Shop::promo(&desk, &world, "TENTH", more).await;
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let client =
                json!({ "company": "Fournil", "email": format!("c{number}@fournil.example"), "country": "FR" });
            clients.push(desk.made(&world.partners[0].token, "/v1/clients", client).await);
        }
        Self { desk, world, shop, clients }
    }

    fn token(&self) -> &str {
        &self.world.partners[0].token
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let reply = self.desk.post(self.token(), path, body).await;
        (reply.status, reply.body)
    }

    async fn place(&self, (trial, client, printers, promo): (bool, usize, u32, bool)) -> (StatusCode, Value) {
        let printer = json!({ "component": self.shop.printer, "quantity": printers });
        let components: Vec<_> = (printers > 0).then_some(printer).into_iter().collect();
        let mut body = json!({
            "kind": if trial { "trial" } else { "order" }, "client_id": self.clients[client],
            "price_list": self.shop.euros, "plan": self.shop.production, "term": "monthly", "components": components,
        });
        if promo {
            body["promo_code"] = "tenth".into();
        }
        self.post("/v1/orders", body).await
    }

    async fn pay(&self, minor: i64) {
        let reference = format!("VIR {}", self.desk.next_key());
        let amount = json!({ "amount": minor, "currency": "EUR" });
        let body = json!({ "partner": self.world.partners[0].id, "amount": amount, "reference": reference });
        let reply = self.desk.post(&self.world.operator, "/v1/payments", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }

    async fn available(&self) -> i64 {
        let wallets = self.desk.get(self.token(), "/v1/balance").await.body["items"].clone();
        let euros = wallets.as_array().unwrap().iter().find(|wallet| wallet["available"]["currency"] == "EUR").cloned();
        euros.map_or(0, |wallet| wallet["available"]["amount"].as_i64().unwrap())
    }

    async fn holds_together(&self) {
        assert_eq!(self.desk.store.broken().await.unwrap(), []);
        assert_eq!(audit::verify_all(&self.desk.store).await.unwrap().fault, None);
    }
}

impl Model {
    /// Does a step in the model and through the API, and compares.
    async fn step(&mut self, scene: &Scene, step: &Step) {
        match *step {
            Step::Place { trial, client, printers, promo } => {
                let wanted = (trial, client, printers, promo);
                let expected = self.may_place(wanted);
                let (status, body) = scene.place(wanted).await;
                assert_eq!(refused(status, &body), expected, "{step:?} {body}");
                if expected.is_none() {
                    self.placed(wanted, &body);
                }
            }
            Step::Pay(minor) => {
                scene.pay(minor).await;
                self.available += minor;
            }
            Step::Void(at) => self.void(scene, at).await,
            Step::Activate(at) => self.activate(scene, at).await,
            Step::SwitchKind(at) => self.switch(scene, at).await,
            Step::Convert(at) => self.convert(scene, at).await,
            Step::Extend(at) => self.extend(scene, at).await,
        }
        assert_eq!(scene.available().await, self.available, "after {step:?}");
    }

    fn price(&self, printers: u32, promo: bool) -> i64 {
        let full = MONTH + PRINTER * i64::from(printers);
        // Whole tens: a tenth of them has no fraction.
        if promo { full - full / 10 } else { full }
    }

    fn may_place(&self, (trial, client, printers, promo): (bool, usize, u32, bool)) -> Option<&'static str> {
        if trial {
            let tried = self.orders.iter().any(|order| order.client == client && order.was_tried());
            return tried.then_some("trial-already-used");
        }
        if promo && self.promo_used >= PROMO_MOST {
            return Some("promo-invalid");
        }
        (self.available < self.price(printers, promo)).then_some("credit-exceeded")
    }

    fn placed(&mut self, (trial, client, printers, promo): (bool, usize, u32, bool), body: &Value) {
        let price = self.price(printers, promo);
        if !trial {
            self.available -= price;
        }
        self.promo_used += u32::from(promo);
        self.orders.push(Known {
            id: body["id"].as_str().unwrap().to_owned(),
            serial: body["serial"].as_str().unwrap().to_owned(),
            trial,
            client,
            price,
            promo,
            activated: false,
            extended: false,
            over: false,
            voided: false,
        });
    }

    fn at(&mut self, at: usize) -> Option<&mut Known> {
        let count = self.orders.len();
        if count == 0 { None } else { self.orders.get_mut(at % count) }
    }

    async fn void(&mut self, scene: &Scene, at: usize) {
        let Some(order) = self.at(at) else { return };
        let may = !order.activated && !order.over;
        let (status, body) = scene.post(&format!("/v1/orders/{}/void", order.id), json!({})).await;
        assert_eq!(status.is_success(), may || order.voided, "{body} {order:?}");
        if may {
            (order.over, order.voided) = (true, true);
            let (back, promo) = (if order.trial { 0 } else { order.price }, order.promo);
            order.activated = false;
            self.given_back(back, promo);
        }
    }

    fn given_back(&mut self, back: i64, promo: bool) {
        self.available += back;
        self.promo_used -= u32::from(promo);
    }

    async fn activate(&mut self, scene: &Scene, at: usize) {
        let Some(order) = self.at(at) else { return };
        let body = json!({ "serial": order.serial, "fingerprint": "till 1" });
        let (status, body) = scene.post("/v1/activations", body).await;
        // A serial number goes on to the order that a trial is made into.
        let serial = order.serial.clone();
        let lives = self.orders.iter().any(|order| order.serial == serial && !order.over);
        assert_eq!(status.is_success(), lives, "{body}");
        if lives {
            self.orders.iter_mut().filter(|order| order.serial == serial).for_each(|order| order.activated = true);
        }
    }

    async fn switch(&mut self, scene: &Scene, at: usize) {
        let (available, Some(order)) = (self.available, self.at(at)) else { return };
        let order = order.clone();
        // With a code, what becomes of it is the code's own rule; the histories leave it out.
        if order.promo {
            return;
        }
        let client = order.client;
        let tried = self.orders.iter().any(|other| other.client == client && other.was_tried());
        let afford = if order.trial { available >= order.price } else { !tried };
        let may = !order.activated && !order.over && afford;
        let (status, body) = scene.post(&format!("/v1/orders/{}/switch-kind", order.id), json!({})).await;
        assert_eq!(status.is_success(), may, "{body} {order:?}");
        if may {
            self.available += if order.trial { -order.price } else { order.price };
            self.replace(&order, &body, !order.trial);
            self.orders.iter_mut().filter(|known| known.id == order.id).for_each(|known| known.voided = true);
        }
    }

    async fn convert(&mut self, scene: &Scene, at: usize) {
        let (available, Some(order)) = (self.available, self.at(at)) else { return };
        let order = order.clone();
        let may = order.trial && !order.over && available >= order.price;
        let (status, body) = scene.post(&format!("/v1/orders/{}/convert", order.id), json!({})).await;
        assert_eq!(status.is_success(), may, "{body} {order:?}");
        if may {
            self.available -= order.price;
            self.replace(&order, &body, false);
            // The trial was had: nobody gets another.
            let trial = self.orders.iter_mut().find(|known| known.id == order.id);
            trial.into_iter().for_each(|trial| trial.activated = true);
        }
    }

    fn replace(&mut self, order: &Known, body: &Value, trial: bool) {
        self.orders.iter_mut().filter(|known| known.id == order.id).for_each(|known| known.over = true);
        let id = body["id"].as_str().unwrap().to_owned();
        let serial = body["serial"].as_str().unwrap().to_owned();
        self.orders.push(Known { id, serial, trial, over: false, ..order.clone() });
    }

    async fn extend(&mut self, scene: &Scene, at: usize) {
        let Some(order) = self.at(at) else { return };
        let may = order.trial && !order.over && !order.extended;
        let (status, body) = scene.post(&format!("/v1/orders/{}/extend", order.id), json!({})).await;
        assert_eq!(status.is_success(), may, "{body} {order:?}");
        order.extended |= may;
    }
}

impl Known {
    /// Whether it is a trial that counts: one that was taken back doesn't.
    fn was_tried(&self) -> bool {
        self.trial && (!self.over || self.activated)
    }
}

fn refused(status: StatusCode, body: &Value) -> Option<&str> {
    if status.is_success() { None } else { Some(body["code"].as_str().unwrap_or("no code")) }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn histories(cases: u32, length: usize) -> (TestRunner, impl Strategy<Value = Vec<Step>>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    (TestRunner::new(config), prop::collection::vec(step(), 1..length))
}

#[test]
fn every_history_goes_as_the_model_says_and_breaks_nothing() {
    let (mut runner, histories) = histories(24, 30);
    let run = |steps: Vec<Step>| {
        runtime().block_on(async {
            let (scene, mut model) = (Scene::open().await, Model::default());
            scene.pay(30_000).await;
            model.available = 30_000;
            for step in &steps {
                model.step(&scene, step).await;
            }
            scene.holds_together().await;
        });
        Ok(())
    };
    runner.run(&histories, run).unwrap();
}

#[test]
fn histories_of_several_writers_break_nothing() {
    let (mut runner, histories) = histories(6, 40);
    let run = |steps: Vec<Step>| {
        runtime().block_on(async {
            let scene = Scene::open().await;
            scene.pay(30_000).await;
            let orders = placed_by_all(&scene, &steps).await;
            join_all((0..4).map(|writer| wander(&scene, &orders, &steps, writer))).await;
            assert!(scene.available().await >= 0);
            scene.holds_together().await;
        });
        Ok(())
    };
    runner.run(&histories, run).unwrap();
}

/// Orders that all writers then act on.
async fn placed_by_all(scene: &Scene, steps: &[Step]) -> Vec<(String, String)> {
    let mut orders = Vec::new();
    for step in steps.iter().take(12) {
        let Step::Place { trial, client, printers, promo } = *step else { continue };
        let (status, body) = scene.place((trial, client, printers, promo)).await;
        if status.is_success() {
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            orders.push((text("id"), text("serial")));
        }
    }
    orders
}

/// What one of several writers does: the same steps, begun at another place.
async fn wander(scene: &Scene, orders: &[(String, String)], steps: &[Step], writer: usize) {
    for step in steps.iter().cycle().skip(writer * 7).take(steps.len()) {
        let order = |at: usize| orders.get(at % orders.len().max(1));
        let act = async |at: usize, action: &str| {
            if let Some((id, _)) = order(at) {
                scene.post(&format!("/v1/orders/{id}/{action}"), json!({})).await;
            }
        };
        match *step {
            Step::Place { trial, client, printers, promo } => {
                scene.place((trial, client, printers, promo)).await;
            }
            Step::Void(at) => act(at, "void").await,
            Step::SwitchKind(at) => act(at, "switch-kind").await,
            Step::Convert(at) => act(at, "convert").await,
            Step::Extend(at) => act(at, "extend").await,
            Step::Pay(minor) => scene.pay(minor).await,
            Step::Activate(at) => {
                if let Some((_, serial)) = order(at) {
                    scene.post("/v1/activations", json!({ "serial": serial, "fingerprint": "till 1" })).await;
                }
            }
        }
    }
}
