//! The cash register's pages: plain HTML without scripts; what people typed is escaped.

use super::book::Sale;

/// The login page, with a remark after a failed try.
pub(crate) fn login(remark: Option<&str>) -> String {
    let remark = remark.map(|text| format!("<p role=alert>{}</p>", escape(text))).unwrap_or_default();
    page(
        "Log in",
        &format!(
            "{remark}<form id=login method=post action=/login>\
             <p><label>Account <input name=account required></label></p>\
             <p><label>E-mail <input name=email type=email required></label></p>\
             <p><label>Password <input name=password type=password required></label></p>\
             <p><button type=submit>Log in</button></p></form>\
             <p><a href=/contact>Contact</a></p>"
        ),
    )
}

/// The sales page.
pub(crate) fn till(account: &str, shop: &str, email: &str, sales: &[Sale], total_cents: u64) -> String {
    let account = escape(account);
    let rows: String = sales.iter().map(row).collect();
    let body = format!(
        "<p id=who>{}</p><table>{rows}</table><p>Total <b id=total>{}</b></p>\
         <form id=sale method=post action=\"/accounts/{account}/sales\">\
         <p><label>Article <input name=article required></label>\
         <label>Cents <input name=cents type=number min=1 required></label> <button type=submit>Sell</button></p></form>\
         <form id=logout method=post action=/logout><p><button type=submit>Log out</button></p></form>",
        escape(email),
        euros(total_cents),
    );
    page(shop, &body)
}

/// The contact form.
pub(crate) fn contact() -> String {
    page(
        "Contact",
        "<form id=contact method=post action=/contact>\
         <p><label>E-mail <input name=email type=email required></label></p>\
         <p><label>Message <textarea name=message required></textarea></label></p><p><button type=submit>Send</button></p></form>",
    )
}

/// After a message was left.
pub(crate) fn thanks(number: usize) -> String {
    page("Thank you", &format!("<p>Your message has number {number}.</p>"))
}

fn row(sale: &Sale) -> String {
    format!("<tr><td>{}</td><td>{}</td></tr>", escape(&sale.article), euros(u64::from(sale.cents)))
}

fn euros(cents: u64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}

fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title}</title><style>body{{font:1.1em sans-serif;max-width:40em;margin:2em auto;padding:0 1em}}\
         td{{padding:.2em 2em .2em 0}}</style><h1>{title}</h1>{body}\n"
    )
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_escaped() {
        let sale = Sale { article: "<script>".into(), cents: 120 };
        let page = till("a", "Anne's", "a@b", &[sale], 120);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
        assert!(page.contains("1.20 EUR"));
    }
}
