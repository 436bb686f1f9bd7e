//! Language packs: redacted text in flat batches, and analyses mapped back to the posts.
//!
//! Lives here: projection of documents; admission of analyses in `admit`. Not here: detectors (`redact`).

mod admit;

use std::{borrow::Borrow, collections::BTreeSet};

use isocial_model::{
    Kind, Labeled, Opening, Purpose, Task,
    connector::Fault,
    language::{Analyses, Analysis, Batch, Sentiment, Target, Tasks},
    post::Post,
    receipt::{Receipt, Verdict},
};

use crate::{
    bounds::neutral_fault,
    canon::Canon,
    door::{Door, Given, InForce, OfNetwork},
    open::OpenReceipt,
    passed::{Passed, Untrusted},
    redact::{Edits, Redactor},
    rejection::{ProjectError, Rejection, fault_name},
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

/// Where a document came from.
#[derive(Debug)]
struct Document {
    /// Index of the post in the call.
    post: u32,
    /// Where the redacted text of the post begins in the document, behind title and warning; its end if the text was not given.
    text_start: u32,
    /// Where the document begins and ends in the batch.
    start: u32,
    end: u32,
    /// Between the post's own text and its redacted one.
    edits: Edits,
}

/// What admission knows about the batch.
#[derive(Debug)]
pub struct DocumentsContext {
    taken: usize,
    documents: Vec<Document>,
    /// For each target of the call its index in the batch.
    targets: Vec<Option<u32>>,
    given_targets: u32,
    tasks: Tasks,
    /// The text that was given, to check spans against.
    text: String,
}

impl DocumentsContext {
    /// How many of the given posts, from the first one on, this call has dealt with: the rest is for the next call.
    pub fn taken(&self) -> usize {
        self.taken
    }
    /// How many documents are in the batch: fewer than taken where posts were left out.
    pub fn documents(&self) -> usize {
        self.documents.len()
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

/// Documents of a batch.
const DOCUMENTS_MAX: usize = 128;
/// Bytes of a batch.
const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Distinct language hints; 255 means none.
const HINTS_MAX: usize = 255;

impl Door {
    /// Projects posts as documents: title and text joined and redacted, as far as the contract allows.
    ///
    /// Takes posts from the first one on until 128 documents or 256 KiB are reached; [`DocumentsContext::taken`] says how many.
    /// Restricted and held posts are left out and counted, and so are those that cannot be redacted or have no granted text.
    /// Targets of posts that were not taken are left out.
    pub fn project_documents<P: Borrow<Labeled<Post>>>(
        &self,
        posts: &[P],
        targets: &[PostTarget],
        tasks: Tasks,
    ) -> Result<(Passed<Batch>, OpenReceipt<DocumentsContext>), ProjectError> {
        let in_force = self.in_force(Kind::LanguagePack, "analyze")?;
        let purposes = &in_force.effective.purposes;
        let tasks = granted(tasks, purposes);
        if tasks == Tasks::default() {
            return Err(ProjectError::NoPurpose {
                package: self.spec.package.to_string(),
                function: "analyze",
            });
        }
        let limit = DOCUMENTS_MAX.min(in_force.contract.batch_max.max(1) as usize);
        let size: usize = posts
            .iter()
            .take(limit)
            .map(|p| {
                p.borrow()
                    .open(Opening::Gate)
                    .text
                    .as_ref()
                    .map_or(0, String::len)
                    + 64
            })
            .sum();
        let mut builder = Builder {
            redactor: Redactor::new(&self.own).strict(self.strict),
            batch: Batch {
                text: String::with_capacity(size.min(BATCH_BYTES_MAX)),
                tasks,
                ..Batch::default()
            },
            documents: Vec::with_capacity(limit.min(posts.len())),
            networks: Vec::new(),
            hints: in_force.effective.rights.has("post.lang"),
            days: in_force.effective.rights.has("post.created"),
            skipped: 0,
        };
        let mut taken = 0;
        for (index, post) in posts.iter().enumerate() {
            if builder.documents.len() >= limit {
                break;
            }
            match builder.add(index as u32, post.borrow(), in_force) {
                Added::Full if builder.documents.is_empty() => {}
                Added::Full => break,
                Added::Yes | Added::LeftOut => {}
            }
            taken += 1;
        }
        if builder.documents.is_empty() {
            return Err(ProjectError::Nothing(
                "every post is restricted, held, or without a granted text",
            ));
        }
        let targets = builder.targets(targets, in_force);
        let Builder {
            redactor,
            batch,
            documents,
            networks,
            skipped,
            ..
        } = builder;
        let mut canon = Canon::of("analyze");
        commit(&batch, &mut canon);
        let fields: BTreeSet<&String> = networks.iter().flat_map(|n| &n.fields).collect();
        let given = Given {
            fields: fields.into_iter().cloned().collect(),
            purposes: purposes
                .iter()
                .copied()
                .filter(|p| matches!(p, Purpose::Analysis(task) if has(tasks, *task)))
                .collect(),
            items: documents.len() as u32,
            bytes_in: (batch.text.len()
                + batch.ends.len() * 4
                + batch.hint.len()
                + batch.days.len() * 4
                + batch.targets.len() * 12) as u64,
            redacted: redactor.counts(),
            restricted_skipped: skipped,
            canon,
        };
        let given_targets = batch.targets.len() as u32;
        let context = DocumentsContext {
            taken,
            documents,
            targets,
            given_targets,
            tasks,
            text: batch.text.clone(),
        };
        let open = self.open(in_force, "analyze", given, context);
        Ok((Passed::new(batch), open))
    }

    /// Admits a pack's answer: lengths, indices, spans and numbers are checked, scores quantised to two decimals (HP-29), spans
    /// mapped back to the posts' own text, answers to tasks that were not granted dropped and noted.
    pub fn admit_analyses(
        &self,
        answer: Untrusted<Result<Analyses, Fault>>,
        open: OpenReceipt<DocumentsContext>,
    ) -> (Result<AdmittedAnalyses, Rejection>, Receipt) {
        let (answer, bytes_out) = answer.open();
        let (mut closing, context) = open.close();
        let result = match answer {
            Ok(analyses) => admit::analyses(analyses, &context, &self.spec, &mut closing),
            Err(fault) => Err(Rejection::Fault(neutral_fault(fault))),
        };
        let (verdict, items) = match &result {
            Ok(admitted) => (Verdict::Ok, admitted.posts.iter().flatten().count() as u32),
            Err(Rejection::Fault(fault)) => (Verdict::Fault(fault_name(fault).into()), 0),
            Err(rejection) => (Verdict::Rejected(rejection.name().into()), 0),
        };
        (result, closing.receipt(verdict, items, bytes_out))
    }
}

enum Added {
    Yes,
    LeftOut,
    Full,
}

/// A batch that is being put together.
struct Builder<'d> {
    redactor: Redactor<'d>,
    batch: Batch,
    documents: Vec<Document>,
    /// The rights of the networks that occur.
    networks: Vec<&'d OfNetwork>,
    hints: bool,
    days: bool,
    skipped: u32,
}

impl<'d> Builder<'d> {
    fn add(&mut self, index: u32, post: &Labeled<Post>, in_force: &'d InForce) -> Added {
        if post.label().restricted || post.label().held {
            self.skipped += 1;
            return Added::LeftOut;
        }
        let of = in_force.of(post.label());
        let post = post.open(Opening::Gate);
        let start = self.batch.text.len();
        let Some((text_start, edits)) = self.write(post, of, start) else {
            self.batch.text.truncate(start);
            return Added::LeftOut;
        };
        if self.batch.text.len() > BATCH_BYTES_MAX {
            self.batch.text.truncate(start);
            return Added::Full;
        }
        if self.batch.text.len() == start {
            return Added::LeftOut;
        }
        let end = self.batch.text.len() as u32;
        self.batch.ends.push(end);
        if self.hints {
            let hint = post
                .language
                .as_deref()
                .filter(|_| of.rights.has("post.lang"));
            let hint = hint.map_or(u8::MAX, |tag| hint_index(&mut self.batch.hints, tag));
            self.batch.hint.push(hint);
        }
        if self.days {
            let day = post.created.filter(|_| of.rights.has("post.created"));
            self.batch
                .days
                .push(day.map_or(0, isocial_model::Instant::day));
        }
        if !self.networks.iter().any(|n| std::ptr::eq(*n, of)) {
            self.networks.push(of);
        }
        self.documents.push(Document {
            post: index,
            text_start,
            start: start as u32,
            end,
            edits,
        });
        Added::Yes
    }

    /// Writes warning, title and text, a line each; where the text begins, and its edits. Nothing if any of it cannot be redacted.
    fn write(&mut self, post: &Post, of: &OfNetwork, start: usize) -> Option<(u32, Edits)> {
        let out = &mut self.batch.text;
        for (field, value) in [
            ("post.content-warning", &post.content_warning),
            ("post.title", &post.title),
        ] {
            if let Some(value) = value
                && of.rights.has(field)
            {
                self.redactor.append(value, out).ok()?;
                out.push('\n');
            }
        }
        let text_start = (out.len() - start) as u32;
        let edits = match &post.text {
            // No pack may have more than redacted text: its ceiling says so, and this does not look at the precision.
            Some(text) if of.rights.has("post.text") => self.redactor.append(text, out).ok()?,
            _ => Edits::default(),
        };
        Some((text_start, edits))
    }

    /// Targets in offsets of their documents; those on a redacted detail or beside the text are left out.
    fn targets(&mut self, targets: &[PostTarget], in_force: &InForce) -> Vec<Option<u32>> {
        let granted = in_force.effective.rights.has("post.targets");
        let Self {
            batch, documents, ..
        } = self;
        targets
            .iter()
            .map(|target| {
                let index = documents
                    .binary_search_by_key(&target.post, |d| d.post)
                    .ok()
                    .filter(|_| granted)?;
                let document = documents.get(index)?;
                let (from, to) = document.edits.forward(target.start, target.end)?;
                let (from, to) = (
                    from.checked_add(document.text_start)?,
                    to.checked_add(document.text_start)?,
                );
                batch.text.get(
                    (document.start.checked_add(from)?) as usize
                        ..(document.start.checked_add(to)?) as usize,
                )?;
                if document.start + to > document.end {
                    return None;
                }
                batch.targets.push(Target {
                    document: index as u32,
                    start: from,
                    end: to,
                });
                Some(batch.targets.len() as u32 - 1)
            })
            .collect()
    }
}

fn hint_index(hints: &mut Vec<String>, tag: &str) -> u8 {
    if let Some(index) = hints.iter().position(|hint| hint == tag) {
        return index as u8;
    }
    if hints.len() >= HINTS_MAX {
        return u8::MAX;
    }
    hints.push(tag.to_owned());
    hints.len() as u8 - 1
}

/// Which of the tasks are granted.
fn granted(tasks: Tasks, purposes: &[Purpose]) -> Tasks {
    let may = |task| purposes.contains(&Purpose::Analysis(task));
    Tasks {
        language: tasks.language && may(Task::Language),
        sentiment: tasks.sentiment && may(Task::Sentiment),
        emotions: tasks.emotions && may(Task::Emotion),
        entities: tasks.entities && may(Task::Entities),
        topics: tasks.topics && may(Task::Topics),
        translation: tasks.translation && may(Task::Translation),
    }
}

fn has(tasks: Tasks, task: Task) -> bool {
    match task {
        Task::Language => tasks.language,
        Task::Sentiment => tasks.sentiment,
        Task::Emotion => tasks.emotions,
        Task::Entities => tasks.entities,
        Task::Topics => tasks.topics,
        Task::Translation => tasks.translation,
    }
}

pub(crate) fn commit(batch: &Batch, canon: &mut Canon) {
    canon.bytes(batch.text.as_bytes());
    let numbers: Vec<u8> = batch
        .ends
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .chain(batch.days.iter().flat_map(|n| n.to_le_bytes()))
        .chain(
            batch
                .targets
                .iter()
                .flat_map(|t| [t.document, t.start, t.end])
                .flat_map(u32::to_le_bytes),
        )
        .collect();
    canon.number(batch.ends.len() as u64);
    canon.number(batch.days.len() as u64);
    canon.bytes(&numbers);
    canon.value(&batch.hints);
    canon.bytes(&batch.hint);
    canon.value(&batch.tasks);
}

#[cfg(test)]
mod tests;
