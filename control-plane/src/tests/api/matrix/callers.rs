//! All callers.

use serde_json::json;

use super::Made;
use crate::kernel::principal::Principal;
use crate::tests::api::desk::everything;
use crate::tests::api::stage::{Known, Stage};
use crate::tests::api::visitor::{PASSWORD, Visitor};

/// A caller, by its name in the table.
pub(super) struct Column {
    pub(super) name: &'static str,
    who: Who,
    /// What is asked for is none of theirs.
    pub(super) foreign: bool,
    /// They have no right at all.
    pub(super) rightless: bool,
    /// That they come changes what is asked for.
    pub(super) changes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Edge,
    OtherApplication,
    OtherClient,
    OtherPartner,
    Member,
    Application,
    Employee,
    Administrator,
    Themselves,
    Partner,
    Operator,
}

/// The columns of the table: strangers first, then those whose it is.
pub(super) const COLUMNS: [Column; 12] = [
    Column::foreign("nobody", Who::Nobody),
    Column::foreign("edge", Who::Edge),
    Column::foreign("another application", Who::OtherApplication),
    Column::foreign("another client", Who::OtherClient),
    Column::foreign("another partner", Who::OtherPartner),
    Column { rightless: true, ..Column::of("member without rights", Who::Member) },
    Column::of("application", Who::Application),
    Column::of("employee", Who::Employee),
    // Their coming is the handover.
    Column { changes: true, ..Column::of("administrator", Who::Administrator) },
    Column::of("themselves", Who::Themselves),
    Column::of("partner", Who::Partner),
    Column::of("operator", Who::Operator),
];

/// The kinds of what a partner has, or one of its clients.
pub(super) const OF_A_PARTNER: [&str; 11] =
    ["asg", "cli", "cns", "dom", "lic", "ord", "pmb", "pmt", "ptr", "ten", "usr"];

impl Column {
    const fn of(name: &'static str, who: Who) -> Self {
        Self { name, who, foreign: false, rightless: false, changes: false }
    }

    const fn foreign(name: &'static str, who: Who) -> Self {
        Self { foreign: true, ..Self::of(name, who) }
    }
}

/// Those who stay the same from one route to the next.
pub(super) struct Callers {
    application: String,
    other_application: String,
    people: Vec<(Who, Known)>,
}

impl Callers {
    pub(super) async fn open(stage: &Stage) -> Self {
        let policy = json!({ "upstreams": ["http://127.0.0.1:9000"] });
        let other = stage.made("/v1/applications", json!({ "name": "other", "policy": policy })).await;
        let token = async |id: &str| {
            let application = Principal::Application(id.parse().unwrap());
            stage.desk.token(application, &everything(application)).await
        };
        let mut people = Vec::new();
        for who in [Who::OtherClient, Who::Member, Who::Employee, Who::Administrator] {
            people.push((who, somebody(stage, who).await));
        }
        let (application, other_application) = (token(&stage.world.application).await, token(&other).await);
        Self { application, other_application, people }
    }

    /// What somebody shows who asks for something; none where nobody asks about themselves.
    pub(super) async fn pass(&mut self, stage: &Stage, column: &Column, made: &Made) -> Option<String> {
        let token = &made.sample.token;
        Some(match (column.who, &made.tenant) {
            (Who::Nobody, _) => String::new(),
            (Who::Edge, _) => stage.edge.clone(),
            (Who::OtherApplication, _) => self.other_application.clone(),
            (Who::OtherPartner, _) => stage.world.partners[1].token.clone(),
            (Who::Application, _) => self.application.clone(),
            (Who::Employee, Some(tenant)) => stage.client_of(tenant, "employee").await.visitor.pass(),
            (Who::Administrator, Some(tenant)) => stage.client_of(tenant, "administrator").await.visitor.pass(),
            (Who::OtherClient | Who::Member | Who::Employee | Who::Administrator, _) => {
                self.person(stage, column.who).await
            }
            (Who::Themselves, _) => Some(token).filter(|token| token.contains(' '))?.clone(),
            (Who::Partner, _) => stage.world.partners[0].token.clone(),
            (Who::Operator, _) if *token == stage.second => token.clone(),
            (Who::Operator, _) => stage.world.operator.clone(),
        })
    }

    /// Comes in anew for each question. Who can't any more, for they have changed what it takes, is somebody else.
    async fn person(&mut self, stage: &Stage, who: Who) -> String {
        let (_, known) = self.people.iter_mut().find(|(one, _)| *one == who).expect("a person");
        let login = json!({ "email": known.email, "password": PASSWORD });
        let entered = stage.desk.knock("/v1/session", &login).await;
        if entered.body["stage"] == "open" {
            return Visitor::of(&entered).pass();
        }
        *known = somebody(stage, who).await;
        known.visitor.pass()
    }
}

async fn somebody(stage: &Stage, who: Who) -> Known {
    let [one, other] = &stage.world.partners;
    match who {
        Who::OtherClient => stage.client_of(&other.tenant, "administrator").await,
        Who::Employee => stage.client_of(&one.tenant, "employee").await,
        Who::Administrator => stage.client_of(&one.tenant, "administrator").await,
        _ => stage.member(&[]).await,
    }
}
