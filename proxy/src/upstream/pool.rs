//! The places where one application listens, taken in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use marque_config::application::Application;

use super::target::Target;

/// The places of one application, as one version of it names them.
#[derive(Debug)]
pub(super) struct Pool {
    application: Arc<Application>,
    targets: Vec<Arc<Target>>,
    next: AtomicUsize,
}

impl Pool {
    /// Makes the pool of an application; what is known of a place that `before` also had is kept.
    pub(super) fn new(application: Arc<Application>, before: Option<&Self>) -> Self {
        let known = |upstream| before?.targets.iter().find(|target| target.upstream() == upstream).cloned();
        let targets = application.policy.upstreams.iter();
        let targets = targets
            .map(|upstream| known(upstream).unwrap_or_else(|| Arc::new(Target::new(upstream.clone()))))
            .collect();
        Self { application, targets, next: AtomicUsize::new(0) }
    }

    pub(super) fn is_of(&self, application: &Arc<Application>) -> bool {
        Arc::ptr_eq(&self.application, application)
    }

    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    /// All places in the order in which to try them: those that are usable in turn, then the others, which may have come
    /// back. What is `bound` goes to the same place each time.
    pub(super) fn in_turn(&self, bound: Option<u64>) -> impl Iterator<Item = &Arc<Target>> {
        let count = self.targets.len();
        let first = match bound {
            Some(number) => usize::try_from(number % (1 << 16)).unwrap_or_default(),
            None => self.next.fetch_add(1, Ordering::Relaxed),
        };
        let all = move || {
            let at = move |step: usize| self.targets.get(first.wrapping_add(step).checked_rem(count)?);
            (0..count).filter_map(at)
        };
        all().filter(|target| target.is_usable()).chain(all().filter(|target| !target.is_usable()))
    }
}

#[cfg(test)]
mod tests {
    use marque_config::ApplicationId;

    use super::*;

    fn application(upstreams: &str) -> Arc<Application> {
        let policy = serde_json::from_str(&format!(r#"{{"upstreams":[{upstreams}]}}"#)).unwrap();
        Arc::new(Application { id: ApplicationId::new(1, &[0; 10]), name: "till".into(), policy })
    }

    fn chosen(pool: &Pool, times: usize) -> Vec<u16> {
        (0..times).map(|_| pool.in_turn(None).next().unwrap().upstream().port).collect()
    }

    #[test]
    fn places_are_taken_in_turn_and_a_sick_one_is_passed_over() {
        let pool = Pool::new(application(r#""http://a:1","http://a:2","http://a:3""#), None);
        assert_eq!(chosen(&pool, 4), [1, 2, 3, 1]);
        pool.targets()[1].set_healthy(false);
        assert!(!chosen(&pool, 6).contains(&2));
        pool.targets()[1].set_healthy(true);
        assert!(chosen(&pool, 3).contains(&2));
    }

    #[test]
    fn what_is_bound_goes_to_one_place_until_that_is_sick() {
        let pool = Pool::new(application(r#""http://a:1","http://a:2","http://a:3""#), None);
        let bound = |number| pool.in_turn(Some(number)).next().unwrap().upstream().port;
        assert_eq!([bound(4), bound(4), bound(7)], [2, 2, 2]);
        pool.targets()[1].set_healthy(false);
        assert_eq!([bound(4), bound(4)], [3, 3]);
    }

    #[test]
    fn when_all_are_sick_all_are_tried() {
        let pool = Pool::new(application(r#""http://a:1","http://a:2""#), None);
        for target in pool.targets() {
            target.set_healthy(false);
        }
        let ports = chosen(&pool, 2);
        assert!(ports.contains(&1) && ports.contains(&2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_failed_rests_a_while() {
        let pool = Pool::new(application(r#""http://a:1","http://a:2""#), None);
        pool.targets()[0].failed();
        assert_eq!(chosen(&pool, 3), [2, 2, 2]);
        tokio::time::advance(std::time::Duration::from_secs(3)).await;
        assert!(chosen(&pool, 2).contains(&1));
    }

    #[test]
    fn a_new_version_of_an_application_keeps_what_is_known_of_its_places() {
        let before = Pool::new(application(r#""http://a:1","http://a:2""#), None);
        before.targets()[1].set_healthy(false);
        let after = Pool::new(application(r#""http://a:2","http://a:3""#), Some(&before));
        assert_eq!(chosen(&after, 2), [3, 3]);
    }
}
