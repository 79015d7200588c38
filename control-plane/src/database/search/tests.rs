use super::*;
use crate::database::tests::store;
use crate::kernel::actor::Actor;

const MANY: i64 = 25_000;

const ENTRIES: &str = "insert into search_entry (id, kind, object, partner_id, tenant_id, label)
    with recursive n (i) as (select 1 union all select i + 1 from n where i < $1)
    select i, 'client', 'cli_' || cast(i as text), 'ptr_other', null, 'Company' from n";

const TOKENS: &str = "insert into search_token (partner_id, token, entry)
    select partner_id, $1, id from search_entry where object like 'cli_%' and id % 2 = $2";

async fn execute(write: &mut Write, statement: &'static str, bytes: &[u8], half: i64) {
    sqlx::query(statement).bind(bytes).bind(half).execute(write.connection()).await.unwrap();
}

fn query(words: &[&str], kinds: &[SearchKind], limit: usize) -> Query {
    Query { words: words.iter().map(|word| (*word).to_owned()).collect(), kinds: kinds.to_vec(), limit }
}

/// A thousand times a thousand would be no use: half of many have one word, half another, and one thing both.
async fn crowded() -> (Store, tempfile::TempDir) {
    let (store, directory) = store().await;
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::query(ENTRIES).bind(2 * MANY).execute(write.connection()).await.unwrap();
    execute(&mut write, TOKENS, b"boulangerie", 0).await;
    execute(&mut write, TOKENS, b"zimmermann", 1).await;
    let thing = Indexed {
        kind: SearchKind::Order,
        object: "ord_wanted",
        whose: Whose::VENDOR,
        label: "Wanted",
        texts: &["Boulangeries Zimmermanns"],
    };
    write.index(&thing);
    write.commit().await.unwrap();
    (store, directory)
}

#[tokio::test]
async fn what_comes_after_twenty_thousand_others_is_found() {
    let (store, _directory) = crowded().await;
    let operator = Reach::command("test");
    for (words, kinds) in [
        // All before it are of another kind.
        (&["boulangerie"][..], &[SearchKind::Order, SearchKind::User][..]),
        // All before it lack the other word.
        (&["boulangerie", "zimmermann"], &SearchKind::ALL),
        (&["zimm", "boul"], &SearchKind::ALL),
        (&["boulang", "zimmer", "z", "b"], &[SearchKind::Order]),
    ] {
        let found = store.search(&operator, &query(words, kinds, 10)).await.unwrap();
        let found: Vec<_> = found.iter().map(|found| found.object.as_str()).collect();
        assert_eq!(found, ["ord_wanted"], "{words:?}");
    }
    assert_eq!(store.search(&operator, &query(&["boul", "x"], &SearchKind::ALL, 10)).await.unwrap(), []);
    assert_eq!(store.search(&operator, &query(&["boul"], &SearchKind::ALL, 10)).await.unwrap().len(), 10);
}

#[tokio::test]
async fn what_comes_often_leaves_room_for_others() {
    let (store, _directory) = store().await;
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    let partner = |number: u8| Whose::partner(marque_config::PartnerId::new(1, &[number; 10]));
    for number in 0..100 {
        // A person whom a hundred partners know, by many words that begin alike.
        let texts = ["Anna Annabel Annalena Annalisa Annegret Anneliese"];
        let person =
            Indexed { kind: SearchKind::User, object: "usr_a", whose: partner(number), label: "A", texts: &texts };
        write.index(&person);
    }
    for object in ["usr_b", "usr_c"] {
        let other = Indexed { kind: SearchKind::User, object, whose: partner(1), label: "B", texts: &["Annunziata"] };
        write.index(&other);
    }
    write.commit().await.unwrap();
    let found = store.search(&Reach::command("test"), &query(&["ann"], &SearchKind::ALL, 3)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.object.as_str()).collect::<Vec<_>>(), ["usr_a", "usr_b", "usr_c"]);
}

#[tokio::test]
async fn words_are_counted_in_one_statement() {
    let (store, _directory) = crowded().await;
    let operator = Reach::command("test");
    let words: Vec<String> = ["boulangerie", "boulangeries", "z", "none"].map(str::to_owned).into();
    let counts: Vec<(i64, i64)> = count(&operator, &words).rows(store.reader()).await.unwrap();
    assert_eq!(counts, [(0, COUNTED), (1, 1), (2, COUNTED), (3, 0)]);
    let sorted = store.rarest_first(&operator, &words).await.unwrap();
    assert_eq!(sorted, ["none", "boulangeries", "boulangerie", "z"]);
}
