//! Dead letters, listed, inspected and resolved.

use std::sync::Arc;

use inventory_core::ports::{DeadLetter as Buried, Resolution, StorageError};

use super::letters::Letters;
use super::params::LETTER_PATH;
use super::service::Central;
use crate::Causes;
use crate::server::{Answer, ApiError, Call};
use crate::wire::Code;
use crate::wire::{
    DeadLetter, DeadLetterList, InspectedDeadLetter, RESOLVE_NOTE_CHARS_MAX, Resolve,
};

/// GET /admin/dead-letters
pub(super) async fn list(call: Call<Central>) -> Result<Answer, ApiError> {
    let dead_letters = with_letters(&call, Letters::list).await?;
    Ok(Answer::json(&DeadLetterList {
        dead_letters,
        unresolved: call.service().letters().unresolved() as u64,
    }))
}

/// GET /admin/dead-letters/{letterId}
pub(super) async fn get(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = letter_id(&call)?;
    inspected(with_letters(&call, move |letters| letters.find(&id)).await?)
}

/// POST /admin/dead-letters/{letterId}/resolution
pub(super) async fn resolve(call: Call<Central>) -> Result<Answer, ApiError> {
    let id = letter_id(&call)?;
    let Resolve { note } = call.json()?;
    if !(1..=RESOLVE_NOTE_CHARS_MAX).contains(&note.chars().count()) {
        let issue = format!("must have 1 to {RESOLVE_NOTE_CHARS_MAX} characters");
        return Err(ApiError::field("note", issue));
    }
    let resolution = Resolution {
        resolved_at: call.service().clock().now(),
        note,
    };
    let resolved = with_letters(&call, move |letters| letters.resolve(&id, &resolution));
    inspected(resolved.await?)
}

fn letter_id(call: &Call<Central>) -> Result<String, ApiError> {
    call.path.parse(0, LETTER_PATH[0].name)
}

fn inspected(letter: Option<Buried>) -> Result<Answer, ApiError> {
    let letter = letter.ok_or_else(|| {
        ApiError::new(Code::NotFound, "there is no such dead letter")
            .with_detail("letterId", "is not known")
    })?;
    Ok(Answer::json(&InspectedDeadLetter {
        letter: DeadLetter::of(&letter),
        content: String::from_utf8_lossy(&letter.content).into_owned(),
    }))
}

/// Reads or writes letters beside the threads that serve connections.
async fn with_letters<T: Send + 'static>(
    call: &Call<Central>,
    work: impl FnOnce(&Letters) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, ApiError> {
    let service = Arc::clone(call.service());
    let worked = tokio::task::spawn_blocking(move || work(service.letters())).await;
    match worked {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(error = %Causes(&error), "the dead letters could not be read or written");
            Err(ApiError::unavailable(
                "the dead letters cannot be read or written now; the same call settles it",
            ))
        }
        Err(_) => Err(ApiError::stopping()),
    }
}
