//! What people look for by name or number, as rows: ranges of an index, so that a million things are as quick as ten.

use sqlx::FromRow;

use super::{Store, StoreError, Whose, Write, rows};
use crate::model::principal::Reach;
use crate::model::search::{SearchKind, words};

/// A thing as it is found.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<'a> {
    /// What it is.
    pub kind: SearchKind,
    /// Its identity.
    pub object: &'a str,
    /// Who may find it, besides operators.
    pub whose: Whose,
    /// What is shown of it.
    pub label: &'a str,
    /// By what it is found.
    pub texts: &'a [&'a str],
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Found {
    /// What it is, as [`SearchKind::as_str`] writes it.
    pub kind: String,
    /// Its identity.
    pub object: String,
    /// What is shown of it.
    pub label: String,
}

/// What is looked for: one to four folded words, and among which things.
#[derive(Debug, Clone)]
pub struct Query {
    /// The words.
    pub words: Vec<String>,
    /// The kinds.
    pub kinds: Vec<SearchKind>,
    /// The most that is wanted.
    pub limit: usize,
}

/// The most rows of an index that one search looks at.
const LOOKED_AT: i64 = 20_000;
/// A word with more rows than this isn't told from one with many more.
const COUNTED: i64 = 500;

const COUNT: &str = "select count(*) from (select 1 from search_token
    where token >= $1 and token < $2 limit $3) as counted";

const COUNT_OF_PARTNER: &str = "select count(*) from (select 1 from search_token
    where token >= $1 and token < $2 and partner_id = $4 limit $3) as counted";

const FIND: &str = "select e.kind as kind, e.object as object, e.label as label
    from (select entry, token from search_token where token >= $1 and token < $2
        order by token, entry limit $3) as t
    join search_entry e on e.id = t.entry
    where $4 like '%' || e.kind || '%' and ($5 is null or $5 like '%' || e.tenant_id || '%')
    and exists (select 1 from search_token u where u.entry = t.entry and u.token >= $6 and u.token < $7)
    and exists (select 1 from search_token u where u.entry = t.entry and u.token >= $8 and u.token < $9)
    and exists (select 1 from search_token u where u.entry = t.entry and u.token >= $10 and u.token < $11)
    order by t.token, t.entry limit $12";

const FIND_OF_PARTNER: &str = "select e.kind as kind, e.object as object, e.label as label
    from (select entry, token from search_token where token >= $1 and token < $2 and partner_id = $13
        order by token, entry limit $3) as t
    join search_entry e on e.id = t.entry
    where $4 like '%' || e.kind || '%' and ($5 is null or $5 like '%' || e.tenant_id || '%')
    and exists (select 1 from search_token u where u.entry = t.entry and u.token >= $6 and u.token < $7)
    and exists (select 1 from search_token u where u.entry = t.entry and u.token >= $8 and u.token < $9)
    and exists (select 1 from search_token u where u.entry = t.entry and u.token >= $10 and u.token < $11)
    order by t.token, t.entry limit $12";

const ADD_ENTRY: &str = "insert into search_entry (id, kind, object, partner_id, tenant_id, label)
    select coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5 from search_entry returning id";

const ADD_TOKENS: &str = "insert into search_token (partner_id, token, entry)";

impl Store {
    /// What each of the words begins a word of, within reach: exact ones first. A thing may come more than once.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn search(&self, reach: &Reach, query: &Query) -> Result<Vec<Found>, StoreError> {
        let limits = reach.limits();
        let partner = limits.partner.as_deref();
        let mut words = self.rarest_first(partner, &query.words).await?.into_iter();
        let Some(lead) = words.next() else { return Ok(Vec::new()) };
        let kinds: Vec<_> = query.kinds.iter().map(|kind| kind.as_str()).collect();
        let mut find = sqlx::query_as(if partner.is_some() { FIND_OF_PARTNER } else { FIND })
            .bind(low(lead))
            .bind(high(lead))
            .bind(LOOKED_AT)
            .bind(kinds.join(" "))
            .bind(limits.tenants);
        for _ in 0..3 {
            // Where there are fewer words, the first one is asked for again: it is there.
            let word = words.next().unwrap_or(lead);
            find = find.bind(low(word)).bind(high(word));
        }
        find = find.bind(i64::try_from(query.limit).unwrap_or_default());
        if let Some(partner) = partner {
            find = find.bind(partner);
        }
        Ok(find.fetch_all(self.reader()).await?)
    }

    /// The words, the one that the fewest things have first: the others are looked for among those.
    async fn rarest_first<'a>(&self, partner: Option<&str>, words: &'a [String]) -> Result<Vec<&'a str>, StoreError> {
        let mut counted = Vec::new();
        for word in words {
            let count = sqlx::query_scalar(if partner.is_some() { COUNT_OF_PARTNER } else { COUNT });
            let count = count.bind(low(word)).bind(high(word)).bind(COUNTED);
            let count = if let Some(partner) = partner { count.bind(partner) } else { count };
            let count: i64 = count.fetch_one(self.reader()).await?;
            counted.push((count, word.as_str()));
        }
        counted.sort_by_key(|(count, _)| *count);
        Ok(counted.into_iter().map(|(_, word)| word).collect())
    }
}

impl Write {
    /// Makes a thing found by its texts, and no longer by those that it had.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn index(&mut self, thing: &Indexed<'_>) -> Result<(), StoreError> {
        self.unindex(thing.kind, thing.object, thing.whose).await?;
        let entry: i64 = sqlx::query_scalar(ADD_ENTRY)
            .bind(thing.kind.as_str())
            .bind(thing.object)
            .bind(owner(thing.whose))
            .bind(thing.whose.tenant.map(|tenant| tenant.to_string()))
            .bind(thing.label)
            .fetch_one(self.connection())
            .await?;
        let words: Vec<_> = words(thing.texts.iter().copied()).into_iter().collect();
        for words in words.chunks(rows::MOST) {
            let text = rows::insert(ADD_TOKENS, (words.len(), 3), |first| rows::places(first, 3));
            let add = words
                .iter()
                .fold(sqlx::query(text), |add, word| add.bind(owner(thing.whose)).bind(low(word)).bind(entry));
            add.execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Makes a thing found no more by this partner.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn unindex(&mut self, kind: SearchKind, object: &str, whose: Whose) -> Result<(), StoreError> {
        let entry: Option<i64> =
            sqlx::query_scalar("select id from search_entry where kind = $1 and object = $2 and partner_id = $3")
                .bind(kind.as_str())
                .bind(object)
                .bind(owner(whose))
                .fetch_optional(self.connection())
                .await?;
        let Some(entry) = entry else { return Ok(()) };
        for delete in ["delete from search_token where entry = $1", "delete from search_entry where id = $1"] {
            sqlx::query(delete).bind(entry).execute(self.connection()).await?;
        }
        Ok(())
    }
}

fn owner(whose: Whose) -> String {
    whose.partner.map(|partner| partner.to_string()).unwrap_or_default()
}

/// The first of the bytes that begin with a word.
fn low(word: &str) -> Vec<u8> {
    word.as_bytes().to_vec()
}

/// What comes after all of them: no text has this byte.
fn high(word: &str) -> Vec<u8> {
    let mut bytes = low(word);
    bytes.push(0xff);
    bytes
}
