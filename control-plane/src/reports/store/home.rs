//! Homes, help links, the vendor's own contact, and how far a partner has got, as rows.

use marque_config::PartnerId;
use sqlx::FromRow;

use crate::database::row::{from_word, word};
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::HelpLinkId;
use crate::reports::model::home::{Block, HelpKind};

/// A guide, a video, or what helps to sell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLink {
    /// Its identity.
    pub id: HelpLinkId,
    /// What it leads to.
    pub kind: HelpKind,
    /// Its title in English.
    pub title_en: String,
    /// Its title in French.
    pub title_fr: String,
    /// Where it is.
    pub url: String,
    /// Its position among the others.
    pub position: i64,
    /// When it was added, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// How partners reach the vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
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

#[derive(FromRow)]
struct Row {
    id: String,
    kind: String,
    title_en: String,
    title_fr: String,
    url: String,
    position: i64,
    created_ms: i64,
}

const LINK: &str = "select id, kind, title_en, title_fr, url, position, created_ms from help_link where id = $1";

const LINKS: &str = "select id, kind, title_en, title_fr, url, position, created_ms from help_link
    where id > $1 order by id limit $2";

const PUT_LINK: &str = "insert into help_link (id, kind, title_en, title_fr, url, position, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (id) do update set kind = excluded.kind, title_en = excluded.title_en,
    title_fr = excluded.title_fr, url = excluded.url, position = excluded.position";

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

    /// One help link.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn help_link(&self, id: HelpLinkId) -> Result<Option<HelpLink>, StoreError> {
        let row: Option<Row> = sqlx::query_as(LINK).bind(id.to_string()).fetch_optional(self.reader()).await?;
        row.map(HelpLink::try_from).transpose()
    }

    /// The help links, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn help_links(&self, page: &Page) -> Result<Vec<HelpLink>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(LINKS).bind(&page.after).bind(page.limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(HelpLink::try_from).collect()
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

    /// One help link.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn help_link(&mut self, id: HelpLinkId) -> Result<Option<HelpLink>, StoreError> {
        let row: Option<Row> = sqlx::query_as(LINK).bind(id.to_string()).fetch_optional(self.connection()).await?;
        row.map(HelpLink::try_from).transpose()
    }

    /// Writes a help link.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn put_help_link(&mut self, link: &HelpLink) -> Result<(), StoreError> {
        sqlx::query(PUT_LINK)
            .bind(link.id.to_string())
            .bind(word("help_link.kind", &link.kind)?)
            .bind(&link.title_en)
            .bind(&link.title_fr)
            .bind(&link.url)
            .bind(link.position)
            .bind(link.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Removes a help link.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_help_link(&mut self, id: HelpLinkId) -> Result<(), StoreError> {
        let done =
            sqlx::query("delete from help_link where id = $1").bind(id.to_string()).execute(self.connection()).await?;
        crate::database::one_row(&done)
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

impl TryFrom<Row> for HelpLink {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("help_link.id", &row.id)?,
            kind: from_word("help_link.kind", &row.kind)?,
            title_en: row.title_en,
            title_fr: row.title_fr,
            url: row.url,
            position: row.position,
            created_ms: row.created_ms,
        })
    }
}
