//! How many messages were taken in the last hour: from one client, to one tenant, and in all. What was taken is kept one by
//! one, for there are never more than that.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};

use marque_config::settings::ContactSettings;
use marque_config::{MessageId, TenantId};
use parking_lot::Mutex;

const HOUR_MS: i64 = 3_600_000;

/// What was taken in the last hour.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<VecDeque<Taken>>);

#[derive(Debug, Clone, Copy)]
struct Taken {
    at_ms: i64,
    client: IpAddr,
    tenant: TenantId,
    id: MessageId,
}

/// Whose share is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Client,
    Tenant,
    All,
}

/// No more messages for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limited {
    pub(super) whose: Whose,
    /// Seconds until there is a place again.
    pub(super) retry_after: i64,
}

impl Rates {
    /// Takes a place for a message, until it is [given back](Self::give_back) or an hour has passed. One that has a place
    /// keeps it.
    pub(super) fn take(
        &self,
        limits: &ContactSettings,
        (client, tenant, id): (IpAddr, TenantId, MessageId),
        now_ms: i64,
    ) -> Result<(), Limited> {
        let client = network(client);
        let mut all = self.0.lock();
        // A clock that was set back leaves nobody waiting for longer than an hour.
        all.retain(|taken| (0..HOUR_MS).contains(&(now_ms - taken.at_ms)));
        if all.iter().any(|taken| taken.id == id) {
            return Ok(());
        }
        let free_ms = |most: usize, is_one: &dyn Fn(&Taken) -> bool| {
            let ones: Vec<i64> = all.iter().filter(|taken| is_one(taken)).map(|taken| taken.at_ms).collect();
            ones.len().checked_sub(most).and_then(|over| ones.get(over)).map(|at_ms| at_ms + HOUR_MS)
        };
        for (whose, free_ms) in [
            (Whose::Client, free_ms(limits.messages_per_client, &|taken| taken.client == client)),
            (Whose::Tenant, free_ms(limits.messages_per_tenant, &|taken| taken.tenant == tenant)),
            (Whose::All, free_ms(limits.messages, &|_| true)),
        ] {
            if let Some(free_ms) = free_ms {
                return Err(Limited { whose, retry_after: (free_ms - now_ms + 999) / 1_000 });
            }
        }
        all.push_back(Taken { at_ms: now_ms, client, tenant, id });
        Ok(())
    }

    /// Gives the place of a message back that wasn't kept.
    pub(super) fn give_back(&self, id: MessageId) {
        self.0.lock().retain(|taken| taken.id != id);
    }
}

/// Whom the limit counts as one: an IPv4 address, or an IPv6 /64, within which one machine takes what it likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !(u128::MAX >> 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::tenant_id;

    fn id(number: u8) -> MessageId {
        MessageId::new(1, &[number; 10])
    }

    #[test]
    fn each_share_is_used_up_for_itself_and_comes_back_after_an_hour() {
        let limits = ContactSettings {
            messages_per_client: 2,
            messages_per_tenant: 3,
            messages: 4,
            ..ContactSettings::default()
        };
        let rates = Rates::default();
        let take = |client: &str, tenant: u8, number: u8, now_ms: i64| {
            rates.take(&limits, (client.parse().unwrap(), tenant_id(tenant), id(number)), now_ms)
        };
        let limited = |whose, retry_after| Err(Limited { whose, retry_after });
        assert_eq!(take("2001:db8::1", 1, 1, 0), Ok(()));
        assert_eq!(take("2001:db8::2", 1, 2, 1_000), Ok(()));
        assert_eq!(take("2001:db8::3", 1, 3, 1_001), limited(Whose::Client, 3_599), "one /64");
        assert_eq!(take("2001:db8::2", 1, 2, 1_001), Ok(()), "the same message");
        assert_eq!(take("192.0.2.1", 1, 3, 2_000), Ok(()));
        assert_eq!(take("::ffff:192.0.2.1", 1, 4, 2_000), limited(Whose::Tenant, 3_598));
        assert_eq!(take("192.0.2.1", 2, 4, 2_000), Ok(()));
        assert_eq!(take("192.0.2.2", 3, 5, 2_000), limited(Whose::All, 3_598));
        rates.give_back(id(4));
        assert_eq!(take("192.0.2.2", 3, 5, 2_000), Ok(()));
        assert_eq!(take("2001:db8::3", 1, 6, HOUR_MS - 1), limited(Whose::Client, 1));
        assert_eq!(take("2001:db8::3", 1, 6, HOUR_MS), Ok(()));
        assert_eq!(take("2001:db8::3", 1, 7, -HOUR_MS), Ok(()), "the clock was set back");
    }
}
