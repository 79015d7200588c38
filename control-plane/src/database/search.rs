//! What people look for by name or number, as rows: ranges of an index, so that a million things are as quick as ten.
//! Nothing that fits is passed over, however much there is before it.

use std::collections::{BTreeSet, HashSet};

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

/// What becomes of a thing in the index when its write commits.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Whether nothing of it was there before the write.
    is_new: bool,
    /// What it is found by; none when it is found no more.
    entry: Option<Entry>,
}

#[derive(Debug)]
struct Entry {
    tenant: Option<String>,
    label: String,
    words: BTreeSet<String>,
}

/// What is in the index: which thing, as whom may find it.
pub(crate) type Key = (SearchKind, String, String);

const ADD_ENTRIES: &str = "insert into search_entry (kind, object, partner_id, tenant_id, label, id)";
const ADD_TOKENS: &str = "insert into search_token (partner_id, token, entry)";

/// The most words of one statement: as many as one thing has.
const TOKENS: usize = 32;

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
    /// Makes a thing found by its texts, and no longer by those that it had; written at commit.
    pub fn index(&mut self, thing: &Indexed<'_>) {
        self.find_by(thing, false);
    }

    /// Makes a thing found that this write makes; written at commit, in one with all others.
    pub fn index_new(&mut self, thing: &Indexed<'_>) {
        self.find_by(thing, true);
    }

    /// Makes a thing found no more by this partner; written at commit.
    pub fn unindex(&mut self, kind: SearchKind, object: &str, whose: Whose) {
        self.set_pending((kind, object.to_owned(), owner(whose)), Pending { is_new: false, entry: None });
    }

    fn find_by(&mut self, thing: &Indexed<'_>, is_new: bool) {
        let entry = Entry {
            tenant: thing.whose.tenant.map(|tenant| tenant.to_string()),
            label: thing.label.to_owned(),
            words: words(thing.texts.iter().copied()),
        };
        let key = (thing.kind, thing.object.to_owned(), owner(thing.whose));
        self.set_pending(key, Pending { is_new, entry: Some(entry) });
    }

    fn set_pending(&mut self, key: Key, pending: Pending) {
        let was_new = self.pending().get(&key).is_some_and(|before| before.is_new);
        self.pending().insert(key, Pending { is_new: pending.is_new || was_new, ..pending });
    }

    /// Writes what things are found by from now on, behind the gate.
    pub(crate) async fn write_index(&mut self) -> Result<(), StoreError> {
        let pending = std::mem::take(self.pending());
        for (key, _) in pending.iter().filter(|(_, pending)| !pending.is_new) {
            self.forget_entry(key).await?;
        }
        let entries: Vec<(Key, Entry)> =
            pending.into_iter().filter_map(|(key, pending)| Some((key, pending.entry?))).collect();
        let mut tokens = Vec::new();
        for entries in entries.chunks(rows::MOST) {
            let ids = self.add_entries(entries).await?;
            for (((_, _, owner), entry), id) in entries.iter().zip(ids) {
                tokens.extend(entry.words.iter().map(|word| (owner, low(word), id)));
            }
        }
        for tokens in tokens.chunks(TOKENS) {
            let text = rows::insert(ADD_TOKENS, (tokens.len(), 3), |first| rows::places(first, 3));
            let add = tokens
                .iter()
                .fold(sqlx::query(text), |add, (owner, token, entry)| add.bind(*owner).bind(token).bind(*entry));
            add.execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Adds entries, and gives their numbers.
    async fn add_entries(&mut self, entries: &[(Key, Entry)]) -> Result<Vec<i64>, StoreError> {
        let text = rows::insert(ADD_ENTRIES, (entries.len(), 6), |first| {
            rows::numbered(first, 6, "select coalesce(max(id), 0) + ?1 from search_entry")
        });
        let add = (1_i64..).zip(entries).fold(
            sqlx::query_scalar(rows::returning(text, "id")),
            |add, (nth, ((kind, object, owner), entry))| {
                add.bind(kind.as_str()).bind(object).bind(owner).bind(&entry.tenant).bind(&entry.label).bind(nth)
            },
        );
        let mut ids: Vec<i64> = add.fetch_all(self.connection()).await?;
        // What `returning` gives is in no order.
        ids.sort_unstable();
        Ok(ids)
    }

    async fn forget_entry(&mut self, (kind, object, owner): &Key) -> Result<(), StoreError> {
        let entry: Option<i64> =
            sqlx::query_scalar("select id from search_entry where kind = $1 and object = $2 and partner_id = $3")
                .bind(kind.as_str())
                .bind(object)
                .bind(owner)
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
