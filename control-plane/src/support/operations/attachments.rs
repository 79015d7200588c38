//! What goes along with a message: looked at before it is kept, and given only to those who may read it.

use marque_config::attachment::{MOST_BYTES, MOST_BYTES_IN_ALL, MOST_FILES};
use serde_json::Value;

use super::shows;
use crate::database::Store;
use crate::database::refused::Refused;
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::MessageId;
use crate::kernel::language::Sentence;
use crate::kernel::principal::Reach;
use crate::notify::model::attachment::{File, MOST_MAILED, file_name};
use crate::support::model::MessagePart;

/// The files as they are kept: of a size and a sort that is taken, under names that say what they are.
pub(super) fn taken(files: Vec<File>) -> Result<Vec<File>, FieldFault> {
    let all: usize = files.iter().map(|file| file.content.len()).sum();
    if files.len() > MOST_FILES {
        return Err(too_many());
    }
    if all > MOST_BYTES_IN_ALL {
        return Err(too_large("/attachments", MOST_BYTES_IN_ALL));
    }
    let named = |(index, file): (usize, File)| {
        let pointer = format!("/attachments/{index}/content");
        if file.content.len() > MOST_BYTES {
            return Err(too_large(&pointer, MOST_BYTES));
        }
        if file.content.is_empty() || !file.media_type.fits(&file.content) {
            return Err(other_sort(&pointer, file.media_type.as_str()));
        }
        Ok(File { name: file_name(file.media_type, &file.name), ..file })
    };
    files.into_iter().enumerate().map(named).collect()
}

/// Names the files in a mail: as enclosed, or as too large to go along.
pub(super) fn mention(values: &mut Value, files: &[File]) {
    if files.is_empty() {
        return;
    }
    let all: usize = files.iter().map(|file| file.content.len()).sum();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    let place = if all <= MOST_MAILED { "enclosed" } else { "kept" };
    values[place] = names.join(", ").into();
}

/// One file of a message, as far as the caller may see it: the vendor, where the partner ticked the attachments.
///
/// # Errors
/// [`Refused`].
pub async fn file(store: &Store, reach: &Reach, id: MessageId, number: i64) -> Result<File, Refused> {
    let message = store.support_message(reach, id).await?;
    let message = message.filter(|message| shows(reach, message, MessagePart::Attachments));
    let message = message.ok_or(Refused::NotFound)?;
    store.files(message.id, Some(number)).await?.pop().ok_or(Refused::NotFound)
}

fn too_many() -> FieldFault {
    let english = format!("At most {MOST_FILES} files go along with a message.");
    let french = format!("Un message accepte au plus {MOST_FILES} fichiers.");
    FieldFault::new("/attachments", "too-many", Sentence::new(english, french))
}

fn too_large(pointer: &str, most: usize) -> FieldFault {
    let mebibytes = most >> 20;
    let english = format!("This is larger than {mebibytes} MiB.");
    let french = format!("Ceci dépasse {mebibytes} Mio.");
    FieldFault::new(pointer, "too-large", Sentence::new(english, french))
}

fn other_sort(pointer: &str, sort: &str) -> FieldFault {
    let english = format!("This is no {sort}.");
    let french = format!("Ceci n’est pas un fichier {sort}.");
    FieldFault::new(pointer, "wrong-content", Sentence::new(english, french))
}
