//! Nobody takes more than a share, and what ends leaves nothing behind.

use futures_util::FutureExt;
use marque_config::settings::Milliseconds;
use tokio::time::Instant;

use super::*;

fn limits() -> LimitSettings {
    LimitSettings {
        requests: 8,
        requests_per_client: 4,
        requests_per_tenant: 2,
        requests_per_target: 2,
        target_queue: 2,
        target_patience: Milliseconds::new(1_000),
        ..LimitSettings::default()
    }
}

fn in_flight() -> InFlight {
    InFlight::new(&limits(), Arc::new(Metrics::new(0)))
}

fn client(number: u8) -> IpAddr {
    [192, 0, 2, number].into()
}

#[test]
fn one_client_and_all_clients_have_a_limit() {
    let in_flight = in_flight();
    let mut places: Vec<_> = (0..4).map(|_| in_flight.enter(client(1)).unwrap()).collect();
    assert_eq!(in_flight.enter(client(1)).unwrap_err(), Refusal::TooManyRequests);
    places.extend((0..4).map(|_| in_flight.enter(client(2)).unwrap()));
    assert_eq!(in_flight.enter(client(3)).unwrap_err(), Refusal::Busy);
    assert_eq!(in_flight.metrics.requests_in_flight().get(), 8);
    drop(places);
    assert_eq!(in_flight.metrics.requests_in_flight().get(), 0);
    assert_eq!((in_flight.all.keys(), in_flight.clients.keys()), (0, 0), "nothing is kept of who left");
}

#[test]
fn one_tenant_has_a_limit_whoever_asks_for_it() {
    let in_flight = in_flight();
    let (busy, other) = (TenantId::new(1, &[1; 10]), TenantId::new(1, &[2; 10]));
    let mut places: Vec<_> = (0..4).map(|number| in_flight.enter(client(number)).unwrap()).collect();
    let mut admit = |number: usize, tenant| in_flight.admit(&mut places[number], tenant);
    assert_eq!([admit(0, busy), admit(1, busy), admit(2, busy)], [Ok(()), Ok(()), Err(Refusal::TenantBusy)]);
    assert_eq!(admit(3, other), Ok(()));
    drop(places);
    assert_eq!(in_flight.tenants.keys(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_place_of_an_application_has_a_limit_and_a_short_queue() {
    let slots = Slots::new(&limits());
    let (one, two) = (slots.take().await.unwrap(), slots.take().await.unwrap());
    let (mut first, mut second) = (Box::pin(slots.take()), Box::pin(slots.take()));
    assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
    assert_eq!(slots.take().await.unwrap_err(), Refusal::TargetBusy, "the queue is full");
    drop(one);
    let third = first.await.unwrap();
    let start = Instant::now();
    assert_eq!(second.await.unwrap_err(), Refusal::TargetBusy);
    assert_eq!(start.elapsed(), Duration::from_secs(1), "nobody waits for longer");
    drop((two, third));
    assert_eq!((slots.waiting.load(Ordering::Relaxed), slots.free.available_permits()), (0, 2));
}

#[tokio::test]
async fn whoever_gives_up_waiting_leaves_the_queue() {
    let slots = Slots::new(&limits());
    let _held = (slots.take().await.unwrap(), slots.take().await.unwrap());
    for _ in 0..5 {
        assert!(Box::pin(slots.take()).now_or_never().is_none());
    }
    assert_eq!(slots.waiting.load(Ordering::Relaxed), 0);
}
