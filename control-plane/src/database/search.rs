//! What people look for by name or number, as rows: ranges of an index, so that a million things are as quick as ten.
//! Nothing that fits is passed over, however much there is before it.

use std::collections::HashSet;

use sqlx::FromRow;

use super::statement::Statement;
use super::{Store, StoreError, Whose, Write, rows};
use crate::kernel::principal::Reach;
use crate::kernel::search::{SearchKind, words};

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
    /// The most things that are wanted.
    pub limit: usize,
}

/// A word with more rows than this isn't told from one with many more.
const COUNTED: i64 = 5_000;
/// So many rows are read at a time, at most: a thing may come often, once for each of its words and partners.
const AT_ONCE: usize = 1_000;

const COUNT: &str = "select ?1 as word, count(*) as things from (select 1 as one from search_token";

// The order of the two is kept: the words are what the index finds.
const FIND: &str = "select e.kind as kind, e.object as object, e.label as label, t.token as token, t.entry as entry
    from search_token t cross join search_entry e";

const HAS_WORD: &str =
    "exists (select 1 from search_token u where u.entry = t.entry and u.token >= ?1 and u.token < ?2)";

/// A row of the index, and what it leads to.
#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    found: Found,
    token: Vec<u8>,
    entry: i64,
}

const ADD_ENTRY: &str = "insert into search_entry (id, kind, object, partner_id, tenant_id, label)
    select coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5 from search_entry returning id";

const ADD_TOKENS: &str = "insert into search_token (partner_id, token, entry)";

impl Store {
    /// What each of the words begins a word of, within reach: exact ones first, each thing once, up to the limit.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn search(&self, reach: &Reach, query: &Query) -> Result<Vec<Found>, StoreError> {
        let words = self.rarest_first(reach, &query.words).await?;
        let Some(lead) = words.first() else { return Ok(Vec::new()) };
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        let (mut after, mut at_once) = ((low(lead), -1), query.limit.clamp(10, AT_ONCE));
        while found.len() < query.limit {
            let rows: Vec<Row> = find(reach, query, &words, after, at_once).rows(self.reader()).await?;
            let (is_last, Some(last)) = (rows.len() < at_once, rows.last()) else { break };
            after = (last.token.clone(), last.entry);
            let new = |row: &Row| seen.insert((row.found.kind.clone(), row.found.object.clone()));
            found.extend(rows.into_iter().filter(new).map(|row| row.found));
            if is_last {
                break;
            }
            at_once = (at_once * 2).min(AT_ONCE);
        }
        found.truncate(query.limit);
        Ok(found)
    }

    /// The words, the one that the fewest things have first: the others are looked for among those. All are counted in
    /// one statement; where there is one, nothing is.
    async fn rarest_first<'a>(&self, reach: &Reach, words: &'a [String]) -> Result<Vec<&'a str>, StoreError> {
        let mut sorted: Vec<&str> = words.iter().map(String::as_str).collect();
        if words.len() < 2 {
            return Ok(sorted);
        }
        let counts: Vec<(i64, i64)> = count(reach, words).rows(self.reader()).await?;
        let things = |word: &&str| {
            let place = words.iter().position(|other| other == word).and_then(|place| i64::try_from(place).ok());
            counts.iter().find(|(other, _)| Some(*other) == place).map(|(_, things)| *things)
        };
        sorted.sort_by_key(things);
        Ok(sorted)
    }
}

fn count(reach: &Reach, words: &[String]) -> Statement {
    let partner = reach.limits().partner;
    (0_i64..).zip(words).fold(Statement::of(""), |counted, (place, word)| {
        let joined = if place == 0 { counted } else { counted.text(" union all ", []) };
        joined
            .text(COUNT, [place.into()])
            .and("token >= ?1 and token < ?2", [low(word).into(), high(word).into()])
            .owned("partner_id", partner.clone())
            .text(" limit ?1) as counted", [COUNTED.into()])
    })
}

fn find(reach: &Reach, query: &Query, words: &[&str], (token, entry): (Vec<u8>, i64), at_once: usize) -> Statement {
    let limits = reach.limits();
    let kinds: Vec<String> = query.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    let end = words.first().map(|lead| high(lead)).unwrap_or_default();
    let mut find = Statement::of(FIND)
        .and("e.id = t.entry", [])
        .and("(t.token, t.entry) > (?1, ?2) and t.token < ?3", [token.into(), entry.into(), end.into()])
        .owned("t.partner_id", limits.partner);
    if kinds.len() < SearchKind::ALL.len() {
        find = find.among("e.kind", &kinds);
    }
    if let Some(tenants) = &limits.tenants {
        find = find.among("e.tenant_id", tenants);
    }
    for word in words.iter().skip(1) {
        find = find.and(HAS_WORD, [low(word).into(), high(word).into()]);
    }
    find.text(" order by t.token, t.entry limit ?1", [i64::try_from(at_once).unwrap_or(i64::MAX).into()])
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

#[cfg(test)]
mod tests;
