//! What `make run` prints once everything is there.

use std::path::Path;

use marque_tests::installation::{PASSWORD, Site};
use marque_tests::till::{FOURNIL, MOULIN, Person};

use crate::objects::{Objects, TECHNICIAN};

/// Prints addresses, logins, and the commands that show what Marque does.
pub(crate) fn print(site: &Site, state: &Path, objects: &Objects) {
    let (port, state) = (site.listening.https.port(), state.display());
    // curl takes every name under localhost for this machine, as browsers do.
    let curl = |host: &str| format!("curl --cacert {state}/ca/issuing-root.pem https://{host}:{port}");
    let (fournil, moulin) = (curl("fournil.p.localhost"), curl("moulin.p.localhost"));
    let operator = format!(
        "curl -H \"Authorization: Bearer $(cat {state}/operator.token)\" -H \"Idempotency-Key: $(date +%s%N)\" \\\n    \
         -H 'Content-Type: application/json' -d '{{}}' http://{}/v1/tenants/{}",
        site.listening.api, objects.tenants[0],
    );
    println!(
        "
Marque runs: one cash register, two clients, each at addresses that lead to its own account and to nothing else.

{}{}
Browsers warn of the certificates: a test CA issues them. Go on past the warning, and never import that CA's root.

A request that passes:
  {fournil}/login
Somebody logs in, and sees the sales page:
  {fournil}/login -L -c /dev/null --data 'account=fournil&email={}&password={}'
A foreign account is refused (404), at the right client's address and by a login with its own password:
  {fournil}/accounts/moulin/till -i
  {moulin}/login/email -i --data 'email={}&password={}'
The baker is suspended (403 from the next request on), and resumed:
  {operator}/suspend
  {fournil}/login -i
  {operator}/resume",
        addresses(objects, &FOURNIL, port),
        addresses(objects, &MOULIN, port),
        FOURNIL.email,
        FOURNIL.password,
        FOURNIL.email,
        FOURNIL.password,
    );
}

/// Prints how the partner sells.
pub(crate) fn print_selling(site: &Site, state: &Path, objects: &Objects) {
    let (state, api) = (state.display(), site.listening.api);
    let Objects { goods, order: [order, serial], .. } = objects;
    let trial = goods.order("trial", "paul@mitron.example", 0);
    println!(
        "
The partner paid 200.00 EUR in advance and ordered a month for each; both clients took their space over. It goes on like this; the first line once:
  partner() {{ curl -sS -H \"Authorization: Bearer $(cat {state}/partner.token)\" \\
    -H \"Idempotency-Key: $(date +%s%N)\" -H 'Content-Type: application/json' http://{api}/v1/\"$1\" \"${{@:2}}\"; }}
What is left, and the order:
  partner balance
  partner orders/{order}
The baker's register is activated; taking the order back is refused from then on (409):
  partner activations -d '{{\"serial\":\"{serial}\",\"fingerprint\":\"till 1\"}}'
  partner orders/{order}/void -d '{{}}'
A trial for somebody new, with a space of their own:
  partner orders -d '{trial}'"
    );
}

/// Prints what the lock knows of licences, messages and the partner's own people.
pub(crate) fn print_lock(site: &Site, state: &Path, objects: &Objects) {
    let (state, api, port) = (state.display(), site.listening.api, site.listening.https.port());
    let Objects { licence, tenants: [fournil, _], .. } = objects;
    let page = format!(
        "curl --cacert {state}/ca/issuing-root.pem -H 'Accept-Language: fr' https://moulin.p.localhost:{port}/login -i"
    );
    println!(
        "
The miller's licence is suspended (403, a page that says whom to call), and resumed:
  operator() {{ curl -sS -H \"Authorization: Bearer $(cat {state}/operator.token)\" \\
    -H \"Idempotency-Key: $(date +%s%N)\" -H 'Content-Type: application/json' -d '{{}}' http://{api}/v1/\"$1\"; }}
  operator licences/{licence}/suspend
  {page}
  operator licences/{licence}/resume
Clients write to their reseller without a login, and while they are suspended, too; the inbox has what they wrote:
  https://fournil.p.localhost:{port}/.well-known/marque/contact
  partner support-messages
The partner's technician, to whom the baker agreed, comes in to the baker's space: open the `entry_url` within a minute,
and press the button. The client sees it, and the address is good once:
  enter() {{ local reply=$(curl -sSi -H 'Content-Type: application/json' http://{api}/v1/session \\
      -d '{{\"email\":\"{TECHNICIAN}\",\"password\":\"{PASSWORD}\"}}')
    curl -sS -H \"Cookie: $(sed -nE 's/^set-cookie: ([^;]+).*/\\1/Ip' <<<\"$reply\")\" \\
      -H \"X-CSRF-Token: $(sed -nE 's/.*\"csrf_token\":\"([^\"]+)\".*/\\1/p' <<<\"$reply\")\" \\
      -H \"Idempotency-Key: $(date +%s%N)\" -H 'Content-Type: application/json' -d '{{}}' http://{api}/v1/tenants/{fournil}/entries; }}
  enter"
    );
}

/// Prints where everything lies.
pub(crate) fn print_end(state: &Path) {
    let state = state.display();
    println!("\nState and logs are in {state}; removing it starts from nothing. Ctrl-C stops everything.");
}

fn addresses(objects: &Objects, person: &Person, port: u16) -> String {
    let hosts = objects.hosts().into_iter().filter(|host| host.contains(person.account));
    let lines: String = hosts.map(|host| format!("    https://{host}:{port}/\n")).collect();
    let Person { account, shop, email, password } = person;
    format!("  {shop}\n{lines}    log in: account {account}, e-mail {email}, password {password}\n\n")
}
