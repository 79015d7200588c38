//! The outbox of mails, as rows.

use marque_config::PartnerId;
use marque_config::seal::{Context, Purpose, Sealed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Signal, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::email::Email;
use crate::kernel::ids::MailId;
use crate::kernel::look::Look;
use crate::kernel::resource::Resource;
use crate::kernel::secret::Secret;
use crate::kernel::time::Time;
use crate::notify::mail::Letter;
use crate::notify::model::mail::{Mail, MailKind, MailState};

/// A mail that was taken to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The mail.
    pub letter: Letter,
    /// In whose brand.
    pub partner: Option<PartnerId>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// Whether the store key opened the secret that goes with it.
    pub is_open: bool,
}

/// A mail, without its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Mail)]
pub struct MailStatus {
    /// Its identity: `mal_…`.
    #[schema(value_type = String)]
    pub id: MailId,
    /// The recipient.
    pub to: String,
    /// What it is about.
    pub kind: MailKind,
    /// In whose brand; absent for the vendor's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub partner: Option<PartnerId>,
    /// Its current status.
    pub state: MailState,
    /// How often it was tried.
    #[schema(minimum = 0)]
    pub attempts: i64,
    /// What the server said last, when it did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// When it was written.
    pub created_at: Time,
    /// When a server took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Time>,
}

impl Resource for MailStatus {}

impl Stored for MailStatus {
    const TABLE: &'static str = "mail";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("to_address").of("to"),
        Column::text("kind"),
        Column::text("partner_id").of("partner"),
        Column::text("state"),
        Column::number("attempts"),
        Column::text("said"),
        Column::time("created_ms").of("created_at"),
        Column::time("sent_ms").of("sent_at"),
    ];
}

const ADD: &str = "insert into mail
    (id, to_address, to_domain, kind, language, partner_id, facts, secret, state, attempts, next_ms, created_ms)
    values ($1, $2, $9, $3, $4, $5, $6, $7, 'waiting', 0, $8, $8)";

const TAKE: &str = "update mail set attempts = attempts + 1, next_ms = $2
    where id in (select id from mail where state = 'waiting' and to_domain = $4 and next_ms <= $1
        and not exists (select 1 from task_trouble where task_trouble.task = 'mail'
        and task_trouble.object = mail.id and task_trouble.next_ms > $1)
        order by next_ms, id limit $3)
    returning id";

const NEXT_DOMAIN: &str = "select to_domain from mail
    where state = 'waiting' and to_domain > $1 and next_ms <= $2
    and not exists (select 1 from task_trouble where task_trouble.task = 'mail'
    and task_trouble.object = mail.id and task_trouble.next_ms > $2)
    order by to_domain limit 1";

const WITHOUT_DOMAIN: &str = "select id, to_address from mail where state = 'waiting' and to_domain is null limit 500";

const TAKEN: &str =
    "select id, to_address, kind, language, partner_id, facts, secret, attempts from mail where id = $1";

type Taken = (String, String, String, String, Option<String>, String, Option<Vec<u8>>, i64);

impl Store {
    /// The domain after this one, in the order of their letters, to which a mail is to be sent now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next_mail_domain(&self, after: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar(NEXT_DOMAIN).bind(after).bind(self.now_ms());
        Ok(query.fetch_optional(self.reader()).await?)
    }

    /// Whether a program from before wrote a mail that waits.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mail_lacks_domain(&self) -> Result<bool, StoreError> {
        let some: Option<i64> =
            sqlx::query_scalar("select 1 from mail where state = 'waiting' and to_domain is null limit 1")
                .fetch_optional(self.reader())
                .await?;
        Ok(some.is_some())
    }

    /// Mails in a state, or all.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mails(&self, state: Option<MailState>, page: &Page) -> Result<Vec<MailStatus>, StoreError> {
        list(state, page)?.resources(self.reader()).await
    }
}

impl Write {
    /// Writes a mail to be sent, when this write commits.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mail(&mut self, mail: Mail) -> Result<(), StoreError> {
        let id = self.id();
        self.add_mail(id, mail, None).await
    }

    /// The same, with a secret that only the recipient may carry: it stands behind the `#` of the mail's `path`.
    ///
    /// # Errors
    /// When the database is away, or there is no store key.
    pub async fn mail_with(&mut self, mail: Mail, secret: &Secret) -> Result<(), StoreError> {
        let id: MailId = self.id();
        let nonce = self.parts().bytes();
        let sealed = self.key()?.seal(context(&id.to_string()), &nonce, secret.reveal().as_bytes())?;
        self.add_mail(id, mail, Some(&sealed)).await
    }

    async fn add_mail(&mut self, id: MailId, mail: Mail, secret: Option<&Sealed>) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(ADD)
            .bind(id.to_string())
            .bind(mail.to.written())
            .bind(word("mail.kind", &mail.kind)?)
            .bind(mail.language.code())
            .bind(mail.partner.map(|partner| partner.to_string()))
            .bind(to_json("mail.facts", &mail.values)?)
            .bind(secret.map(Sealed::as_bytes))
            .bind(now_ms)
            .bind(domain(mail.to.written()))
            .execute(self.connection())
            .await?;
        self.wake(Signal::Tasks);
        Ok(())
    }

    /// Writes down where mails go that a program from before wrote, a few hundred at a time.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn write_mail_domains(&mut self) -> Result<(), StoreError> {
        let mails: Vec<(String, String)> = sqlx::query_as(WITHOUT_DOMAIN).fetch_all(self.connection()).await?;
        for (id, to) in mails {
            sqlx::query("update mail set to_domain = $2 where id = $1")
                .bind(id)
                .bind(domain(&to))
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// Takes mails to a domain that are due, for as long as is given: who does not say how it went by then tries again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn take_mails(&mut self, domain: &str, most: i64, for_ms: i64) -> Result<Vec<String>, StoreError> {
        let now_ms = self.now_ms();
        let query = sqlx::query_scalar(TAKE).bind(now_ms).bind(now_ms + for_ms).bind(most).bind(domain);
        let mut taken: Vec<String> = query.fetch_all(self.connection()).await?;
        // What `returning` gives is in no order.
        taken.sort();
        Ok(taken)
    }

    /// One mail that was taken.
    ///
    /// # Errors
    /// When it can't be read, or the database is away.
    pub async fn outgoing(&mut self, id: &str) -> Result<Outgoing, StoreError> {
        let row: Taken = sqlx::query_as(TAKEN).bind(id).fetch_one(self.connection()).await?;
        let (id, to, kind, language, partner, facts, secret, attempts) = row;
        let partner: Option<PartnerId> = partner.as_deref().map(|id| parsed("mail.partner_id", id)).transpose()?;
        let (brand, look) = match partner {
            Some(partner) => (self.brand_of(partner).await?, self.look_of(partner).await?),
            None => (None, Look::default()),
        };
        let mut values = from_json("mail.facts", &facts)?;
        let is_open = secret.map_or(Ok(true), |secret| self.reveal(&id, secret, &mut values))?;
        let letter = Letter {
            id,
            to,
            kind: from_word("mail.kind", &kind)?,
            language: parsed("mail.language", &language)?,
            brand,
            from: look.mail_name,
            reply_to: look.reply_to.map(|address| address.written().to_owned()),
            values,
        };
        Ok(Outgoing { letter, partner, attempts, is_open })
    }

    /// Puts a mail's secret behind its `path`; says whether the store key opened it.
    fn reveal(&self, id: &str, secret: Vec<u8>, values: &mut Value) -> Result<bool, StoreError> {
        let Ok(secret) = self.key()?.open(context(id), &Sealed::from_bytes(secret)) else { return Ok(false) };
        let secret = std::str::from_utf8(&secret).ok().and_then(Secret::parse);
        let (Some(secret), Some(Value::String(path))) = (secret, values.get_mut("path")) else { return Ok(false) };
        path.push('#');
        path.push_str(secret.reveal());
        Ok(true)
    }

    async fn look_of(&mut self, partner: PartnerId) -> Result<Look, StoreError> {
        let look: Option<String> = sqlx::query_scalar("select look from partner where id = $1")
            .bind(partner.to_string())
            .fetch_optional(self.connection())
            .await?;
        look.map_or_else(|| Ok(Look::default()), |look| from_json("partner.look", &look))
    }

    pub(crate) async fn brand_of(
        &mut self,
        partner: PartnerId,
    ) -> Result<Option<marque_config::brand::Brand>, StoreError> {
        let brand: Option<String> = sqlx::query_scalar("select brand from partner where id = $1")
            .bind(partner.to_string())
            .fetch_optional(self.connection())
            .await?;
        brand.map(|brand| from_json("partner.brand", &brand)).transpose()
    }

    /// Notes that a mail was taken by a server, and forgets what was in it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mail_sent(&mut self, id: &str) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(
            "update mail set state = 'sent', sent_ms = $2, facts = '{}', secret = null, said = null where id = $1",
        )
        .bind(id)
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        crate::database::one_row(&done)
    }

    /// Notes that a mail wasn't taken, and when to try again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mail_later(&mut self, id: &str, said: &str, next_ms: i64) -> Result<(), StoreError> {
        let done = sqlx::query("update mail set said = $2, next_ms = $3 where id = $1")
            .bind(id)
            .bind(said)
            .bind(next_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Notes that a mail isn't tried any more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mail_failed(&mut self, id: &str, said: &str) -> Result<(), StoreError> {
        let done = sqlx::query("update mail set state = 'failed', said = $2 where id = $1")
            .bind(id)
            .bind(said)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Has a failed mail tried again from the beginning.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn retry_mail(&mut self, id: MailId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query("update mail set state = 'waiting', attempts = 0, next_ms = $2 where id = $1")
            .bind(id.to_string())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        self.wake(Signal::Tasks);
        crate::database::one_row(&done)
    }
}

fn context(id: &str) -> Context<'_> {
    Context { purpose: Purpose::MailSecret, owner: id, name: "" }
}

pub(crate) fn list(state: Option<MailState>, page: &Page) -> Result<Statement, StoreError> {
    let state = state.map(|state| word("mail.state", &state)).transpose()?;
    Ok(Statement::select::<MailStatus>().given("state = ?1", state).page("id", page))
}

/// The domain of an address, as it is compared; a hyphen, which no domain is, where it has none.
fn domain(address: &str) -> String {
    let compared =
        address.parse::<Email>().map_or_else(|_| address.to_lowercase(), |email| email.compared().to_owned());
    compared.rsplit_once('@').map_or("-", |(_, domain)| domain).to_owned()
}
