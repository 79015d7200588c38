//! Homes, help links, the vendor's own contact, and how far a partner has got, as rows.

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write, from_json, to_json};
use crate::kernel::ids::HelpLinkId;
use crate::kernel::language::Language;
use crate::kernel::resource::{New, Put, Resource};
use crate::kernel::time::Time;
use crate::reports::model::home::{Block, HelpKind};

/// A guide, a video, or what helps to sell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HelpLink {
    /// Its identity: `hlp_…`.
    #[schema(value_type = String)]
    pub id: HelpLinkId,
    /// What it leads to.
    pub kind: HelpKind,
    /// Its title, in the caller's language.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(required = true)]
    pub title: String,
    /// Its title in English.
    pub title_en: String,
    /// Its title in French.
    pub title_fr: String,
    /// Where it is: an `https` address.
    pub url: String,
    /// Its position among the others.
    #[serde(default)]
    #[schema(required = true, default = 0, minimum = 0, maximum = 1_000_000)]
    pub position: u32,
    /// When it was added.
    pub created_at: Time,
}

/// A help link to add.
pub type HelpLinkToAdd = New<HelpLink>;

/// What a help link is to be, the whole of it.
pub type HelpLinkToPut = Put<HelpLink>;

impl Resource for HelpLink {
    const ASSIGNED: &'static [&'static str] = &["id", "title", "created_at"];
    const MUTABLE: &'static [&'static str] = &["kind", "title_en", "title_fr", "url", "position"];
}

impl Stored for HelpLink {
    const TABLE: &'static str = "help_link";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("kind"),
        Column::text("title_en"),
        Column::text("title_fr"),
        Column::text("url"),
        Column::number("position"),
        Column::time("created_ms").of("created_at"),
    ];
}

impl HelpLink {
    /// As somebody reads it who speaks that language.
    #[must_use]
    pub fn read_in(self, language: Language) -> Self {
        let title = match language {
            Language::English => self.title_en.clone(),
            Language::French => self.title_fr.clone(),
        };
        Self { title, ..self }
    }
}

/// How partners reach the vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportContact {
    /// By mail.
    pub email: Option<String>,
    /// By telephone.
    pub phone: Option<String>,
    /// When.
    pub hours: Option<String>,
    /// By mail, for active partners only.
    pub partner_email: Option<String>,
}

/// How far a partner has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Progress {
    /// Members who have accepted.
    pub members: i64,
    /// Spaces for tests, with white label that is live or was set up.
    pub tests: i64,
    /// Offers of its own.
    pub offers: i64,
    /// Spaces of clients.
    pub clients: i64,
    /// White labels of clients that are live.
    pub live: i64,
}

const PUT_HOME: &str = "insert into home_layout (owner, partner_id, blocks, changed_ms) values ($1, $2, $3, $4)
    on conflict (owner) do update set blocks = excluded.blocks, changed_ms = excluded.changed_ms";

const PROGRESS: &str = "select
    (select count(*) from member where partner_id = $1 and state = 'active') as members,
    (select count(*) from tenant t join white_label w on w.tenant_id = t.id
        where t.partner_id = $1 and t.kind = 'test') as tests,
    (select count(*) from retail_offer where partner_id = $1) as offers,
    (select count(*) from tenant where partner_id = $1 and kind = 'client') as clients,
    (select count(*) from tenant t join white_label w on w.tenant_id = t.id
        where t.partner_id = $1 and t.kind = 'client' and w.state = 'live') as live";

impl Store {
    /// The blocks that somebody has chosen; none when they never did.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn home(&self, owner: &str) -> Result<Option<Vec<Block>>, StoreError> {
        let blocks: Option<String> = sqlx::query_scalar("select blocks from home_layout where owner = $1")
            .bind(owner)
            .fetch_optional(self.reader())
            .await?;
        blocks.as_deref().map(|blocks| from_json("home_layout.blocks", blocks)).transpose()
    }

    /// The help links.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn help_links(&self, page: &Page) -> Result<Vec<HelpLink>, StoreError> {
        Statement::select::<HelpLink>().page("id", page).resources(self.reader()).await
    }

    /// How partners reach the vendor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_contact(&self) -> Result<SupportContact, StoreError> {
        let statement = "select email, phone, hours, partner_email from support_contact where one = 1";
        Ok(sqlx::query_as(statement).fetch_one(self.reader()).await?)
    }

    /// How far a partner has got.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn progress(&self, partner: PartnerId) -> Result<Progress, StoreError> {
        Ok(sqlx::query_as(PROGRESS).bind(partner.to_string()).fetch_one(self.reader()).await?)
    }
}

impl Write {
    /// The blocks that somebody has chosen; none when they never did.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn home(&mut self, owner: &str) -> Result<Option<Vec<Block>>, StoreError> {
        let blocks: Option<String> = sqlx::query_scalar("select blocks from home_layout where owner = $1")
            .bind(owner)
            .fetch_optional(self.connection())
            .await?;
        blocks.as_deref().map(|blocks| from_json("home_layout.blocks", blocks)).transpose()
    }

    /// Writes what somebody sees first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_home(
        &mut self,
        owner: &str,
        partner: Option<PartnerId>,
        blocks: &[Block],
    ) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(PUT_HOME)
            .bind(owner)
            .bind(partner.map(|id| id.to_string()))
            .bind(to_json("home_layout.blocks", &blocks)?)
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// How partners reach the vendor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_contact(&mut self) -> Result<SupportContact, StoreError> {
        let statement = "select email, phone, hours, partner_email from support_contact where one = 1";
        Ok(sqlx::query_as(statement).fetch_one(self.connection()).await?)
    }

    /// Writes how partners reach the vendor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_support_contact(&mut self, contact: &SupportContact) -> Result<(), StoreError> {
        let update = "update support_contact set email = $1, phone = $2, hours = $3, partner_email = $4 where one = 1";
        let done = sqlx::query(update)
            .bind(contact.email.as_deref())
            .bind(contact.phone.as_deref())
            .bind(contact.hours.as_deref())
            .bind(contact.partner_email.as_deref())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}
