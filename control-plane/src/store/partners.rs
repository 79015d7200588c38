//! Partners, as rows.

use marque_config::PartnerId;
use marque_config::brand::Brand;
use sqlx::{Any, Executor};

use super::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::model::principal::Reach;

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its identity.
    pub id: PartnerId,
    /// Its name, for the vendor's staff.
    pub name: String,
    /// What its clients see.
    pub brand: Brand,
    /// Where it stands: `active`.
    pub state: String,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

type Row = (String, String, String, String, i64);

impl Store {
    /// One partner within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&self, reach: &Reach, id: PartnerId) -> Result<Option<Partner>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The partners within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partners(&self, reach: &Reach, page: &Page) -> Result<Vec<Partner>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, name, brand, state, created_ms from partner
             where ($1 is null or id = $1) and $2 is null and id > $3 order by id limit $4",
        )
        .bind(reach.partner())
        .bind(reach.application())
        .bind(&page.after)
        .bind(page.limit)
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(read).collect()
    }
}

impl Write {
    /// One partner within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&mut self, reach: &Reach, id: PartnerId) -> Result<Option<Partner>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Adds a partner.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_partner(&mut self, partner: &Partner) -> Result<(), StoreError> {
        sqlx::query("insert into partner (id, name, brand, state, created_ms) values ($1, $2, $3, $4, $5)")
            .bind(partner.id.to_string())
            .bind(&partner.name)
            .bind(to_json("partner.brand", &partner.brand)?)
            .bind(&partner.state)
            .bind(partner.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes a partner's name and brand.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_partner(&mut self, partner: &Partner) -> Result<(), StoreError> {
        let done = sqlx::query("update partner set name = $2, brand = $3 where id = $1")
            .bind(partner.id.to_string())
            .bind(&partner.name)
            .bind(to_json("partner.brand", &partner.brand)?)
            .execute(self.connection())
            .await?;
        super::one_row(&done)
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: PartnerId,
) -> Result<Option<Partner>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "select id, name, brand, state, created_ms from partner
         where id = $1 and ($2 is null or id = $2) and $3 is null",
    )
    .bind(id.to_string())
    .bind(reach.partner())
    .bind(reach.application())
    .fetch_optional(executor)
    .await?;
    row.map(read).transpose()
}

fn read((id, name, brand, state, created_ms): Row) -> Result<Partner, StoreError> {
    Ok(Partner { id: parsed("partner.id", &id)?, name, brand: from_json("partner.brand", &brand)?, state, created_ms })
}
