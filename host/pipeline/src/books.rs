//! The books of a run: what each organisation's ledger is still owed, and when it is written (SECURITY model B4).
//!
//! Lives here: folds of empty polls, receipts that were dropped open or whose commit failed, the sandbox's counter by organisation, signed
//! heads every 60 seconds. Not here: making receipts (`gate`), keeping them (`store`).
//!
//! A ledger line is written with what its call made (`land`, `notify`, `export`). The rest comes from here: a fold at its source's next
//! call that finds something, or after 60 seconds; what was dropped or could not be written at the next tick. Whatever waits here is
//! lost by `kill -9`, and the next start's unclean-stop line says so.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use isocial_gate::{AbandonedLedger, Fold};
use isocial_model::{AccountId, Clock, Instant, OrgId, receipt::Receipt};
use isocial_sandbox::Tally;
use isocial_store::{OrgDb, OrgScope, StoreError, runs::Run};

use crate::host::Host;

/// How long a fold may wait · milliseconds.
pub const FOLD_MS: i64 = 60_000;
/// How long a line may be without a signed head · milliseconds.
pub const HEAD_MS: i64 = 60_000;
/// How often the sandbox's counter is read while the host runs · milliseconds. It is also read when a run ends.
const READING_MS: i64 = Instant::HOUR_MS;
/// Receipts that may wait for a store that cannot be written; beyond it the next reading of the counter shows what is lost.
const OWED: usize = 10_000;

/// One organisation's open books.
#[derive(Debug)]
pub struct OrgBooks {
    scope: OrgScope,
    /// Calls that the sandbox has taken for this organisation in this run.
    pub tally: Tally,
    /// Where receipts end up that nobody closed.
    pub abandoned: Arc<AbandonedLedger>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    folds: HashMap<AccountId, Fold>,
    owed: Vec<Receipt>,
    readings: Readings,
}

/// Readings of the sandbox's counter for one ledger.
#[derive(Debug, Clone, Copy, Default)]
struct Readings {
    /// Calls up to the last one.
    calls: u64,
    /// When it was taken.
    at: Option<Instant>,
}

impl Readings {
    /// Whether one is to be taken.
    fn due(self, counted: u64, now: Instant, last: bool) -> bool {
        let old = self.at.is_none_or(|at| at.plus_ms(READING_MS) <= now);
        last || (old && counted != self.calls)
    }
}

impl OrgBooks {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the receipts of a poll that found nothing.
    pub(crate) fn fold(&self, db: &OrgDb, source: &AccountId, receipts: Vec<Receipt>) {
        let keys = db.keys();
        let mut open = self.open();
        open.folds
            .entry(source.clone())
            .or_default()
            .add(receipts, &*keys);
    }

    /// What waits for this source, to be written before the receipts of a call that found something.
    pub(crate) fn folded(&self, source: &AccountId) -> Vec<Receipt> {
        self.open()
            .folds
            .remove(source)
            .map(|mut fold| fold.take())
            .unwrap_or_default()
    }

    /// Takes receipts whose commit failed: the calls were made, so the ledger is owed their lines.
    pub(crate) fn owe(&self, receipts: Vec<Receipt>) {
        let mut open = self.open();
        let room = OWED.saturating_sub(open.owed.len());
        if receipts.len() > room {
            tracing::error!(
                lost = receipts.len() - room,
                "a ledger cannot be written for too long; receipts are lost"
            );
        }
        open.owed.extend(receipts.into_iter().take(room));
    }

    /// What is to be written now: all that is owed, and folds that are old enough.
    fn owed(&self, now: Instant, all: bool) -> Vec<Receipt> {
        let mut due = self.abandoned.take();
        let mut open = self.open();
        due.append(&mut open.owed);
        open.folds.retain(|_, fold| {
            let old = fold
                .since()
                .is_some_and(|since| all || since.plus_ms(FOLD_MS) <= now);
            if old {
                due.extend(fold.take());
            }
            fold.since().is_some()
        });
        due
    }

    /// Writes what is due.
    async fn write(&self, host: &Host, all: bool) -> Result<(), StoreError> {
        let due = self.owed(host.clock.now(), all);
        if due.is_empty() {
            return Ok(());
        }
        let written = async {
            let db = host.deployment.org(&self.scope).await?;
            db.append_receipts(&due).await
        };
        match written.await {
            Ok(_) => Ok(()),
            Err(error) => {
                self.owe(due);
                Err(error)
            }
        }
    }

    /// Writes a reading of the sandbox's counter, if no call is in hand: then the lines add up to it. `last` writes it in any case, because
    /// nothing can come any more that would make up the difference.
    async fn read(&self, host: &Host, run: Run, last: bool) -> Result<(), StoreError> {
        let now = host.clock.now();
        let before = self.open().readings;
        if !before.due(self.tally.calls(), now, last) {
            return Ok(());
        }
        let db = host.deployment.org(&self.scope).await?;
        let tally = self.tally.clone();
        let counted = move || tally.calls() - before.calls;
        let Some((calls, lines)) = db.keep_reading(run, &counted, last).await? else {
            return Ok(());
        };
        if lines != calls {
            tracing::error!(org.id = %db.id(), calls, lines, "the ledger's lines do not add up to the calls that the sandbox took");
        }
        self.open().readings = Readings {
            calls: before.calls + calls,
            at: Some(now),
        };
        Ok(())
    }
}

/// The books of all organisations that this run has worked for.
#[derive(Debug)]
pub struct Books {
    clock: Arc<dyn Clock>,
    /// Where receipts of shared streams end up that nobody closed: the deployment's ledger is owed them.
    pub abandoned: Arc<AbandonedLedger>,
    /// Calls that the sandbox has taken for shared streams in this run.
    pub tally: Tally,
    read: Mutex<Readings>,
    owed: Mutex<Vec<Receipt>>,
    orgs: Mutex<HashMap<OrgId, Arc<OrgBooks>>>,
    run: Mutex<Option<Run>>,
    signed: Mutex<Option<Instant>>,
    cut: Mutex<Option<Instant>>,
}

impl Books {
    /// Empty ones.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            abandoned: Arc::new(AbandonedLedger::new(Arc::clone(&clock))),
            tally: Tally::default(),
            owed: Mutex::default(),
            read: Mutex::new(Readings {
                at: Some(clock.now()),
                ..Readings::default()
            }),
            clock,
            orgs: Mutex::default(),
            run: Mutex::default(),
            signed: Mutex::default(),
            cut: Mutex::default(),
        }
    }

    /// Says which run this is: readings of the counter name it.
    pub(crate) fn begin(&self, run: Run) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }

    /// An organisation's books. They outlive whatever is read of its configuration.
    pub(crate) fn of(&self, scope: &OrgScope) -> Arc<OrgBooks> {
        let mut orgs = self.lock();
        let books = orgs.entry(scope.org().clone()).or_insert_with(|| {
            Arc::new(OrgBooks {
                scope: scope.clone(),
                tally: Tally::default(),
                abandoned: Arc::new(AbandonedLedger::new(Arc::clone(&self.clock))),
                open: Mutex::new(Open {
                    readings: Readings {
                        at: Some(self.clock.now()),
                        ..Readings::default()
                    },
                    ..Open::default()
                }),
            })
        });
        Arc::clone(books)
    }

    /// Writes receipts of shared streams; their numbers. What cannot be written now is owed, for the calls were made.
    pub(crate) async fn keep_own(
        &self,
        host: &Host,
        receipts: Vec<Receipt>,
    ) -> Result<Vec<u64>, StoreError> {
        let written = host.deployment.append_receipts(&receipts).await;
        if written.is_err() {
            let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
            let room = OWED.saturating_sub(owed.len());
            owed.extend(receipts.into_iter().take(room));
        }
        written
    }

    fn all(&self) -> Vec<Arc<OrgBooks>> {
        self.lock().values().map(Arc::clone).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, Arc<OrgBooks>>> {
        self.orgs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether something is due again, and from now on it is not.
fn due(last: &Mutex<Option<Instant>>, now: Instant, every_ms: i64) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let due = last.is_none_or(|at| at.plus_ms(every_ms) <= now);
    if due {
        *last = Some(now);
    }
    due
}

/// Writes what is due: to be called about every second while the host runs. What fails is told and tried again.
pub(crate) async fn tick(host: &Host) {
    let own = &host.books;
    let run = *own.run.lock().unwrap_or_else(PoisonError::into_inner);
    for books in own.all() {
        let done = async {
            books.write(host, false).await?;
            match run {
                Some(run) => books.read(host, run, false).await,
                None => Ok(()),
            }
        };
        told(host, &books, done.await);
    }
    told_own(write_own(host).await);
    if let Some(run) = run {
        told_own(read_own(host, run, false).await);
    }
    let now = host.clock.now();
    if due(&own.signed, now, HEAD_MS)
        && let Err(error) = host.deployment.sign_heads().await
    {
        tracing::warn!(%error, "heads of ledgers could not be signed; they are tried again");
    }
    if let Some(before) = kept_from(host)
        && due(&own.cut, now, Instant::DAY_MS)
        && let Err(error) = host.deployment.cut_ledger(before).await
    {
        tracing::warn!(%error, "old lines of the deployment's ledger could not be removed; they are tried again tomorrow");
    }
}

/// Writes what the deployment's own ledger is owed.
async fn write_own(host: &Host) -> Result<(), StoreError> {
    let mut owed = host.books.abandoned.take();
    owed.append(
        &mut host
            .books
            .owed
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    if owed.is_empty() {
        return Ok(());
    }
    host.books.keep_own(host, owed).await.map(|_| ())
}

/// Writes a reading of the sandbox's counter for shared streams into the deployment's own ledger.
async fn read_own(host: &Host, run: Run, last: bool) -> Result<(), StoreError> {
    let own = &host.books;
    let now = host.clock.now();
    let before = *own.read.lock().unwrap_or_else(PoisonError::into_inner);
    if !before.due(own.tally.calls(), now, last) {
        return Ok(());
    }
    let tally = own.tally.clone();
    let counted = move || tally.calls() - before.calls;
    let Some((calls, lines)) = host.deployment.keep_reading(run, &counted, last).await? else {
        return Ok(());
    };
    if lines != calls {
        tracing::error!(
            calls,
            lines,
            "the lines of the deployment's ledger do not add up to the calls that the sandbox took"
        );
    }
    *own.read.lock().unwrap_or_else(PoisonError::into_inner) = Readings {
        calls: before.calls + calls,
        at: Some(now),
    };
    Ok(())
}

fn told_own(result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::error!(%error, "the deployment's ledger could not be written; it is tried again");
    }
}

/// Lines before this are past their time; `None` if they are kept for ever.
pub(crate) fn kept_from(host: &Host) -> Option<Instant> {
    let days = i64::from(host.settings.receipts_kept_days);
    (days > 0).then(|| host.clock.now().plus_ms(-days * Instant::DAY_MS))
}

/// Writes everything that waits, and signs heads: what a ledger lacks after this is in hand at the moment.
pub async fn settle(host: &Host) -> Result<(), StoreError> {
    for books in host.books.all() {
        told(host, &books, books.write(host, true).await);
    }
    told_own(write_own(host).await);
    host.deployment.sign_heads().await
}

/// Closes the books of a run: everything is written, the sandbox's counter is read a last time, heads are signed.
pub(crate) async fn close(host: &Host, run: Run) -> Result<(), StoreError> {
    for books in host.books.all() {
        let done = async {
            books.write(host, true).await?;
            books.read(host, run, true).await
        };
        told(host, &books, done.await);
    }
    told_own(write_own(host).await);
    told_own(read_own(host, run, true).await);
    host.deployment.sign_heads().await
}

/// An organisation that has been deleted has no books; any other failure is told.
fn told(host: &Host, books: &OrgBooks, result: Result<(), StoreError>) {
    match result {
        Ok(()) => {}
        Err(StoreError::Gone) => {
            host.books.lock().remove(books.scope.org());
        }
        Err(error) => {
            tracing::warn!(org.id = %books.scope.org(), %error, "a ledger could not be written; it is tried again");
        }
    }
}

#[cfg(test)]
mod tests;
