//! Placing: everything is looked at first, then everything is done, or nothing.

use marque_config::tenant::TenantState;
use marque_config::{PartnerId, TenantId};

use super::fulfil::{Draft, fulfil};
use super::{NewOrder, Placed, Space, Whom};
use crate::catalogue::model::price::{Basket, Priced};
use crate::catalogue::operations::prices::{self, Selection};
use crate::catalogue::operations::quotes;
use crate::clients::model::{Client, ClientState};
use crate::clients::operations::claims::check_free;
use crate::clients::operations::{self as clients, NewClient, region_rules};
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::fault::{Conflict, text, unknown};
use crate::kernel::principal::Reach;
use crate::kernel::tenant::TenantKind;
use crate::licences::operations::Basis;
use crate::lifecycle::operations::tenants::{self, NewTenant};
use crate::partners::operations as partners;
use crate::tenants::model::Tenant;

impl Conflict {
    /// Another partner's trial or subscription protects the client.
    pub const CLIENT_CLAIMED: Self = Self::new(
        "client-claimed",
        "This client is protected by another partner, which was told.",
        "Ce client est protégé par un autre partenaire, qui en a été informé.",
    );
    /// The space isn't a client's.
    pub const TENANT_NOT_FOR_SALE: Self = Self::new(
        "tenant-not-for-sale",
        "Nothing is ordered for this space: it is the partner’s own.",
        "Rien ne se commande pour cet espace : il appartient au partenaire.",
    );
}

/// Places an order or a trial, with its client where that is new, and fulfils it (S3.15, S3.25).
///
/// # Errors
/// [`Refused`]: then nothing of it happened.
pub async fn place(write: &mut Write, reach: &Reach, new: NewOrder<'_>) -> Result<Placed, Refused> {
    let partner = write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    partners::must_be_active(&partner)?;
    let po_number = new.po_number.as_deref().map(|number| text("/po_number", number, 64)).transpose()?;
    let is_new_client = matches!(new.client, Whom::New(_));
    let client = client(write, reach, partner.id, new.client).await?;
    let free = check_free(write, client.email.as_ref(), partner.id).await?;
    let basket = Basket {
        partner: partner.id,
        client: Some(client.id),
        country: client.country,
        price_list: new.price_list,
        plan: new.plan,
        term: new.term,
        components: new.components,
        promo: new.promo,
    };
    let now_ms = write.now_ms();
    let Selection { plan, product, priced } = prices::select(write.connection(), now_ms, &basket).await?;
    if let Some(quote) = new.quote {
        quotes::accept(quote.keys, now_ms, quote.text, (&basket, &priced))?;
    }
    let (tenant, opened_tenant) = match new.space {
        Space::Existing(id) => (existing(write, reach, id, (&client, &priced)).await?, false),
        Space::New(name) => (opened(write, name, (&client, &priced)).await?, true),
    };
    let warnings = if is_new_client { Vec::new() } else { write.client_has(client.id, priced.product).await? };
    let basis = Basis { free, plan, tenant: tenant.clone(), is_new_tenant: opened_tenant };
    let (kind, replaces) = (new.kind, None);
    let draft = Draft { kind, client, tenant, opened_tenant, basket, priced, po_number, replaces, warnings };
    fulfil(write, draft, (basis, &product)).await
}

async fn client(write: &mut Write, reach: &Reach, partner: PartnerId, whom: Whom) -> Result<Client, Refused> {
    let id = match whom {
        Whom::New(new) => {
            let new = NewClient { partner, ..*new };
            return clients::add(write, new).await.map_err(|refused| refused.under("/client"));
        }
        Whom::Known(id) => id,
    };
    let client = write.client(reach, id).await?.filter(|client| client.partner == partner);
    let client = client.ok_or_else(|| unknown("/client_id"))?;
    if client.state == ClientState::Anonymised {
        return Err(Conflict::CLIENT_ANONYMISED.into());
    }
    // What its country asks may have changed since it was added.
    region_rules::applied(write, client.clone()).await.map_err(|refused| refused.under("/client"))?;
    Ok(client)
}

async fn existing(
    write: &mut Write,
    reach: &Reach,
    id: TenantId,
    (client, priced): (&Client, &Priced),
) -> Result<Tenant, Refused> {
    let tenant = write.tenant(reach, id).await?.filter(|tenant| tenant.partner == client.partner);
    let mut tenant = tenant.ok_or_else(|| unknown("/tenant"))?;
    if tenant.kind != TenantKind::Client {
        return Err(Conflict::TENANT_NOT_FOR_SALE.into());
    }
    if tenant.state == TenantState::Closed {
        return Err(Conflict::TENANT_CLOSED.into());
    }
    if tenant.application != priced.application {
        return Err(Conflict::PLAN_OF_ANOTHER_APPLICATION.into());
    }
    match tenant.client {
        Some(owner) if owner == client.id => {}
        Some(_) => return Err(unknown("/tenant").into()),
        None => {
            write.set_tenant_client(tenant.id, client.id).await?;
            tenant.client = Some(client.id);
        }
    }
    Ok(tenant)
}

async fn opened(
    write: &mut Write,
    name: Option<String>,
    (client, priced): (&Client, &Priced),
) -> Result<Tenant, Refused> {
    let name = name.map(|name| text("/tenant_name", &name, 200)).transpose()?;
    let new = NewTenant {
        partner: client.partner,
        application: priced.application,
        name: name.unwrap_or_else(|| client.company.clone()),
        kind: TenantKind::Client,
        client: Some(client.id),
    };
    tenants::add(write, new).await
}
