//! Rows within reach, as most are read: one by its identity, or a page. What isn't within reach isn't there.

use sqlx::any::AnyRow;
use sqlx::{Any, Executor, FromRow};

use super::{Page, StoreError};
use crate::model::principal::Reach;

/// One row of what belongs to a tenant. The statement takes its identity, then the partner, the application and the
/// tenants that limit it.
pub(super) async fn of_tenant<'e, R>(
    executor: impl Executor<'e, Database = Any>,
    statement: &'static str,
    reach: &Reach,
    id: String,
) -> Result<Option<R>, StoreError>
where
    R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let limits = reach.limits();
    let query = sqlx::query_as(statement).bind(id).bind(limits.partner).bind(limits.application).bind(limits.tenants);
    Ok(query.fetch_optional(executor).await?)
}

/// One row of what belongs to a partner, and to none of its tenants. The statement takes its identity, then the partner
/// and the application that limit it.
pub(super) async fn of_partner<'e, R>(
    executor: impl Executor<'e, Database = Any>,
    statement: &'static str,
    reach: &Reach,
    id: String,
) -> Result<Option<R>, StoreError>
where
    R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let query = sqlx::query_as(statement).bind(id).bind(reach.partner()).bind(reach.application());
    Ok(query.fetch_optional(executor).await?)
}

/// A page of the same. The statement takes the partner and the application, then where the page begins and how long it
/// is.
pub(super) async fn page_of_partner<'e, R>(
    executor: impl Executor<'e, Database = Any>,
    statement: &'static str,
    reach: &Reach,
    page: &Page,
) -> Result<Vec<R>, StoreError>
where
    R: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
{
    let query = sqlx::query_as(statement).bind(reach.partner()).bind(reach.application());
    Ok(query.bind(page.after.clone()).bind(page.limit).fetch_all(executor).await?)
}
