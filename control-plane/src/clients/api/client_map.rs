//! `/v1/clients/map`: where a partner's clients are.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clients::model::gazetteer::{degrees, micro};
use crate::clients::store::places::{Cluster, Frame};
use crate::kernel::scope::Scope;
use crate::web::body::Query;
use crate::web::caller::Caller;
use crate::web::problem::Problem;

/// Which part of the map is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MapQuery {
    /// West, south, east and north in degrees, with commas between; the whole world when not given.
    #[param(example = "-5.5,41.3,9.6,51.1")]
    bbox: Option<String>,
    /// How near one looks: 0, as when not given, is the whole world, and each number more halves what is seen.
    #[param(minimum = 0, maximum = 18)]
    zoom: Option<u32>,
}

/// Where clients are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientMap {
    /// The places.
    places: Vec<MapPlace>,
    /// Whether there are more than are told.
    truncated: bool,
}

/// A place with clients.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MapPlace {
    /// In degrees, north of the equator.
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    /// In degrees, east of Greenwich.
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    /// How many clients are there.
    #[schema(minimum = 1)]
    clients: i64,
    /// The client, where it is alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
}

/// The most places of one answer.
const MOST: i64 = 1_000;
/// What a square holds whose clients are one place, where the whole world is seen.
const COARSEST: i64 = 45_000_000;

/// Shows where clients are, those that are near each other as one place.
#[utoipa::path(get, path = "/v1/clients/map", tag = "clients", params(MapQuery),
    responses((status = 200, body = ClientMap)))]
pub(crate) async fn map(caller: Caller, Query(asked): Query<MapQuery>) -> Result<Json<ClientMap>, Problem> {
    let reach = caller.may(Scope::ClientsRead)?;
    let mut found = caller.store().clusters(&reach, frame(&asked)?, MOST + 1).await?;
    let most = usize::try_from(MOST).unwrap_or_default();
    let truncated = found.len() > most;
    found.truncate(most);
    Ok(Json(ClientMap { places: found.into_iter().map(MapPlace::from).collect(), truncated }))
}

fn frame(asked: &MapQuery) -> Result<Frame, Problem> {
    let zoom = asked.zoom.unwrap_or_default();
    if zoom > 18 {
        return Err(Problem::bad_query("zoom is 0 to 18.", "zoom va de 0 à 18."));
    }
    let wrong = || {
        Problem::bad_query(
            "bbox is west, south, east and north in degrees, as in -5.5,41.3,9.6,51.1.",
            "bbox est ouest, sud, est et nord en degrés, comme -5.5,41.3,9.6,51.1.",
        )
    };
    let written = asked.bbox.as_deref().unwrap_or("-180,-90,180,90");
    let edges: Option<Vec<i64>> = written.split(',').map(|edge| micro(edge.trim())).collect();
    let Some([west, south, east, north]) = edges.as_deref() else { return Err(wrong()) };
    let on_globe = |edge: &i64, most: i64| (-most..=most).contains(edge);
    let fits = on_globe(west, 180_000_000) && on_globe(east, 180_000_000) && on_globe(south, 90_000_000);
    if !fits || !on_globe(north, 90_000_000) || south > north {
        return Err(wrong());
    }
    let (west, south, east, north) = (*west, *south, *east, *north);
    Ok(Frame { west, south, east, north, grain: (COARSEST >> zoom).max(1) })
}

impl From<Cluster> for MapPlace {
    fn from(cluster: Cluster) -> Self {
        let alone = cluster.clients == 1;
        // Written with a point and read again: no arithmetic, no rounding.
        let number = |micro| degrees(micro).parse().unwrap_or_default();
        Self {
            latitude: number(cluster.latitude),
            longitude: number(cluster.longitude),
            clients: cluster.clients,
            client: alone.then_some(cluster.client_id),
            company: alone.then_some(cluster.company),
        }
    }
}
