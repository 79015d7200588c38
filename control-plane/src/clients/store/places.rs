//! Where clients are, as rows.

use sqlx::FromRow;

use crate::clients::model::Client;
use crate::clients::model::gazetteer::Position;
use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::{Store, StoreError, Write};
use crate::kernel::principal::Reach;

/// A part of the map, in millionths of a degree. Where its west is east of its east, it goes over the date line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Its western edge.
    pub west: i64,
    /// Its southern edge.
    pub south: i64,
    /// Its eastern edge.
    pub east: i64,
    /// Its northern edge.
    pub north: i64,
    /// Clients within a square of this side are told as one place.
    pub grain: i64,
}

/// Clients that are near each other.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Cluster {
    /// Where their middle is.
    pub latitude: i64,
    /// Where their middle is.
    pub longitude: i64,
    /// How many they are.
    pub clients: i64,
    /// The oldest of them.
    pub client_id: String,
    /// Its name.
    pub company: String,
}

const CLUSTERS: &str = "select g.latitude as latitude, g.longitude as longitude, g.clients as clients,
    g.client_id as client_id, client.company as company
    from (select cast(sum(latitude) / count(*) as bigint) as latitude,
        cast(sum(longitude) / count(*) as bigint) as longitude, count(*) as clients, min(client_id) as client_id
        from client_place";

const GROUPED: &str = " group by (latitude + 90000000) / ?1, (longitude + 180000000) / ?1) g
    join client on client.id = g.client_id order by g.clients desc, g.client_id limit ?2";

const PUT: &str = "insert into client_place (client_id, partner_id, latitude, longitude, found_by)
    values ($1, $2, $3, $4, $5)
    on conflict (client_id) do update
    set latitude = excluded.latitude, longitude = excluded.longitude, found_by = excluded.found_by";

impl Store {
    /// Where the clients within reach are, the places with most of them first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn clusters(&self, reach: &Reach, frame: Frame, limit: i64) -> Result<Vec<Cluster>, StoreError> {
        let between = match frame.west <= frame.east {
            true => "longitude >= ?1 and longitude <= ?2",
            false => "(longitude >= ?1 or longitude <= ?2)",
        };
        Statement::of(CLUSTERS)
            .within_partner("partner_id", reach)
            .and("latitude >= ?1 and latitude <= ?2", [frame.south.into(), frame.north.into()])
            .and(between, [frame.west.into(), frame.east.into()])
            .text(GROUPED, [frame.grain.into(), limit.into()])
            .rows(self.reader())
            .await
    }
}

impl Write {
    /// Writes where a client is; none takes it off the map.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn place_client(&mut self, client: &Client, at: Option<Position>) -> Result<(), StoreError> {
        let Some(at) = at else {
            sqlx::query("delete from client_place where client_id = $1")
                .bind(client.id.to_string())
                .execute(self.connection())
                .await?;
            return Ok(());
        };
        sqlx::query(PUT)
            .bind(client.id.to_string())
            .bind(client.partner.to_string())
            .bind(at.latitude)
            .bind(at.longitude)
            .bind(word("client_place.found_by", &at.found_by)?)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
