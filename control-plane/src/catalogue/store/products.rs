//! Products, as rows.

use sqlx::{Any, Executor};

use crate::catalogue::model::Product;
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::ProductId;

type Row = (String, String, String, String, String, i64);

const SELECT: &str = "select id, application_id, code, name, state, created_ms from product";

impl Store {
    /// One product.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        product(self.reader(), id).await
    }

    /// The products, oldest first, with drafts or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn products(&self, drafts: bool, page: &Page) -> Result<Vec<Product>, StoreError> {
        let list = Statement::of(SELECT).when(!drafts, "state <> 'draft'").page("id", page);
        list.rows(self.reader()).await?.into_iter().map(read).collect()
    }
}

impl Write {
    /// One product.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        product(self.connection(), id).await
    }

    /// Adds a product, unless its code is taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_product(&mut self, product: &Product) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into product (id, application_id, code, name, state, created_ms)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(product.id.to_string())
        .bind(product.application.to_string())
        .bind(&product.code)
        .bind(&product.name)
        .bind(word("product.state", &product.state)?)
        .bind(product.created_ms)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes a product's name and state.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_product(&mut self, product: &Product) -> Result<(), StoreError> {
        let done = sqlx::query("update product set name = $2, state = $3 where id = $1")
            .bind(product.id.to_string())
            .bind(&product.name)
            .bind(word("product.state", &product.state)?)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

/// One product, on any connection.
pub(crate) async fn product<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ProductId,
) -> Result<Option<Product>, StoreError> {
    let row: Option<Row> = Statement::of(SELECT).with("id = ?1", id.to_string()).row(executor).await?;
    row.map(read).transpose()
}

fn read((id, application, code, name, state, created_ms): Row) -> Result<Product, StoreError> {
    Ok(Product {
        id: parsed("product.id", &id)?,
        application: parsed("product.application_id", &application)?,
        code,
        name,
        state: from_word("product.state", &state)?,
        created_ms,
    })
}
