//! Language packs: redacted text in flat batches, and analyses mapped back to the posts.
//!
//! Lives here: projection of documents, admission of analyses. Not here: detectors (`redact`).

use std::borrow::Borrow;

use isocial_model::{
    Labeled,
    connector::Fault,
    language::{Analyses, Analysis, Batch, Sentiment, Tasks},
    post::Post,
    receipt::Receipt,
};

use crate::{
    door::Door,
    open::OpenReceipt,
    passed::{Passed, Untrusted},
    rejection::{ProjectError, Rejection},
};

/// A span of a post's text that sentiment is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostTarget {
    /// Index of the post in the call.
    pub post: u32,
    /// Byte offset of the start within the post's text.
    pub start: u32,
    /// Byte offset of the end within the post's text.
    pub end: u32,
}

/// What admission knows about the batch.
#[derive(Debug)]
pub struct DocumentsContext {
    pub(crate) taken: usize,
}

impl DocumentsContext {
    /// How many of the given posts, from the first one on, this call has dealt with: the rest is for the next call.
    pub fn taken(&self) -> usize {
        self.taken
    }
}

/// Analyses that may be used.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmittedAnalyses {
    /// One a post that was taken, in order; absent where a post was not given (restricted, held, or not redactable).
    pub posts: Vec<Option<Analysis>>,
    /// One a target of the call, in order; absent where the target was not given or not answered.
    pub targets: Vec<Option<Sentiment>>,
}

impl Door {
    /// Projects posts as documents: title and text joined and redacted, as far as the contract allows.
    ///
    /// Takes posts from the first one on until 128 documents or 256 KiB are reached; [`DocumentsContext::taken`] says how many.
    /// Restricted and held posts are left out and counted. `targets` of posts that were not taken are left out.
    pub fn project_documents<P: Borrow<Labeled<Post>>>(
        &self,
        posts: &[P],
        targets: &[PostTarget],
        tasks: Tasks,
    ) -> Result<(Passed<Batch>, OpenReceipt<DocumentsContext>), ProjectError> {
        let _ = (posts, targets, tasks);
        todo!()
    }

    /// Admits a pack's answer: lengths, indices, spans and numbers are checked, scores quantised to two decimals (HP-29), spans
    /// mapped back to the posts' own text, answers to tasks that were not granted dropped and noted.
    pub fn admit_analyses(
        &self,
        answer: Untrusted<Result<Analyses, Fault>>,
        open: OpenReceipt<DocumentsContext>,
    ) -> (Result<AdmittedAnalyses, Rejection>, Receipt) {
        let _ = (answer, open);
        todo!()
    }
}
