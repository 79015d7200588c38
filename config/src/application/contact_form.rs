//! Contact forms of the application's own, which the edge answers in its place.

use serde::{Deserialize, Serialize};

use super::Policy;
use super::check::{PolicyError, counted, is_field, wrong};
use crate::path_pattern::PathPattern;

/// A form of the application's own: what is sent with POST to its path goes to the partner and never to the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactForm {
    /// Where the form is sent to, whole.
    pub path: PathPattern,
    /// What its fields are called.
    pub fields: ContactFields,
    /// The application's page to which the sender is led afterwards.
    pub then: PathPattern,
}

/// What the fields of a contact form are called. Files that come along are taken by whatever name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactFields {
    /// Who writes. None: the address stands for the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The sender's mail address.
    pub email: String,
    /// What it is about. None: the text's first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What is said.
    pub text: String,
}

impl ContactFields {
    fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [("name", self.name.as_deref()), ("subject", self.subject.as_deref())];
        let required = [("email", Some(self.email.as_str())), ("text", Some(self.text.as_str()))];
        optional.into_iter().chain(required).filter_map(|(field, name)| Some((field, name?)))
    }
}

impl Policy {
    pub(super) fn check_contact_forms(&self) -> Result<(), PolicyError> {
        counted("/contact_forms", self.contact_forms.len(), 0, 8)?;
        for (index, form) in self.contact_forms.iter().enumerate() {
            let at = |field: &str| format!("/contact_forms/{index}/{field}");
            if form.path.names_account() {
                return Err(wrong(at("path"), "a contact form's path names no account"));
            }
            if !form.then.is_one_path() {
                return Err(wrong(at("then"), "a page is one path, in visible ASCII, without * and {account}"));
            }
            let earlier = self.contact_forms[..index].iter().position(|it| it.path.covers(&form.path));
            if let Some(earlier) = earlier {
                let detail = format!("every path of this form is /contact_forms/{earlier}/path already");
                return Err(wrong(at("path"), detail));
            }
            let login = self.logins.iter().position(|it| it.path.covers(&form.path) || form.path.covers(&it.path));
            if let Some(login) = login {
                return Err(wrong(at("path"), format!("people log in there: /logins/{login}/path")));
            }
            check_fields(&form.fields, at)?;
        }
        Ok(())
    }
}

fn check_fields(fields: &ContactFields, at: impl Fn(&str) -> String) -> Result<(), PolicyError> {
    let all: Vec<_> = fields.all().collect();
    for (place, (field, name)) in all.iter().enumerate() {
        if !is_field(name) {
            return Err(wrong(at(&format!("fields/{field}")), "a field's name has 1 to 64 characters"));
        }
        if let Some((other, _)) = all[..place].iter().find(|(_, other)| other == name) {
            return Err(wrong(at(&format!("fields/{field}")), format!("this is the field of {other} already")));
        }
    }
    Ok(())
}
