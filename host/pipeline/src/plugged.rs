//! One plugin, plugged in: its package in the sandbox, its door, and the credentials that the host attaches for it.
//!
//! Lives here: the way of one call (project → run → admit), so that no stage can forget its receipt. Not here: what calls are for.

use std::sync::Arc;

use crate::said::Said;
use isocial_egress::{Call, Credentials, Egress, Meter};
use isocial_gate::{Denial, Door, OpenReceipt, Passed, ProjectError, Rejection, Untrusted};
use isocial_model::{
    Instant, PackageRef,
    connector::{Answer, Failure, Request},
    receipt::{EgressLine, Line, Receipt},
};
use isocial_sandbox::{Called, Executor, Lost, Plugin, SandboxError, Turn};

use crate::health::{Health, plugins_own};

/// Requests that the host itself may add to a step's, to open or renew a session.
const SESSION_REQUESTS: u32 = 2;
/// Bytes of answers that the requests of one step may bring.
pub(crate) const STEP_BYTES: u64 = 64 << 20;

/// A call that led to nothing that may be used. If it was begun, its receipt exists all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The gate would not give the input.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The sandbox stopped the call.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The gate did not admit the answer, or the plugin answered with a fault of its own.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The executor's thread was lost.
    #[error(transparent)]
    Thread(#[from] Lost),
}

/// A plugin as one installation has it.
#[derive(Clone)]
pub struct Plugged {
    /// Its door.
    pub door: Arc<Door>,
    /// Its compiled code.
    pub plugin: Plugin,
    /// What the host attaches for it.
    pub credentials: Arc<dyn Credentials>,
    /// Whose turn it is: calls of one organisation wait behind each other, not behind others'.
    pub turn: u64,
    /// Whose rate limits its requests spend.
    pub account: Arc<str>,
    /// Where its own organisation reads what it says in its log; a shared stream's is counted by the sandbox and kept nowhere.
    pub said: Option<Arc<Said>>,
    /// How it fares in this organisation.
    pub health: Arc<Health>,
}

impl std::fmt::Debug for Plugged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugged")
            .field("door", &self.door)
            .finish_non_exhaustive()
    }
}

/// What the exchanges of one step came to.
#[derive(Debug, Default)]
pub(crate) struct Exchanged {
    /// In the order of the requests.
    pub(crate) answers: Vec<Answer>,
    /// One line a request, made or refused.
    pub(crate) receipts: Vec<Receipt>,
    /// A network asked not to be asked before this.
    pub(crate) come_back: Option<Instant>,
}

impl Plugged {
    /// Whose turn its calls take on the executor: its organisation's, and this very version's.
    pub(crate) fn turn(&self) -> Turn {
        Turn {
            org: self.turn,
            plugin: Some(crate::tenant::hashed(&self.door.package().digest)),
        }
    }

    /// Runs one projected call on the executor, admits its answer, and remembers if it failed. That it worked is for whoever made the call to
    /// say, when the whole unit of work is done: a plugin whose first call works and whose second one loops does not work.
    pub(crate) async fn call<T, U, C, A>(
        &self,
        executor: &Executor,
        projected: (Passed<T>, OpenReceipt<C>),
        run: impl FnOnce(&Plugin, Passed<T>) -> Called<U> + Send + 'static,
        admit: impl FnOnce(&Door, Untrusted<U>, OpenReceipt<C>) -> (Result<A, Rejection>, Receipt),
    ) -> (Result<A, CallError>, Receipt)
    where
        T: Send + 'static,
        U: Send + 'static,
    {
        let (result, receipt) = self.try_call(executor, projected, run, admit).await;
        if let Err(error) = &result {
            self.remember(error, receipt.at);
        }
        (result, receipt)
    }

    /// Remembers the failure of a call that [`Plugged::call`] did not make. A plugin's own typed fault is an answer.
    pub(crate) fn remember(&self, error: &CallError, now: Instant) {
        match error {
            CallError::Rejected(Rejection::Fault(_)) => self.health.worked(),
            error => {
                if let Some(why) = plugins_own(error)
                    && self.health.failed(why, now)
                {
                    tracing::warn!(plugin.id = %self.door.package(), reason = why, "a plugin failed again and again; it rests for one organisation");
                }
            }
        }
    }

    /// The same without remembering: for batches that are divided, which count once.
    pub(crate) async fn try_call<T, U, C, A>(
        &self,
        executor: &Executor,
        (passed, open): (Passed<T>, OpenReceipt<C>),
        run: impl FnOnce(&Plugin, Passed<T>) -> Called<U> + Send + 'static,
        admit: impl FnOnce(&Door, Untrusted<U>, OpenReceipt<C>) -> (Result<A, Rejection>, Receipt),
    ) -> (Result<A, CallError>, Receipt)
    where
        T: Send + 'static,
        U: Send + 'static,
    {
        let plugin = self.plugin.clone();
        let ticket = open.ticket();
        // A call that nobody waits for any more is not begun; one that has begun is owed a line, whoever waits.
        let begun = move || ticket.begin().then(|| run(&plugin, passed));
        match executor
            .run(self.turn(), begun)
            .await
            .and_then(|called| called.ok_or(Lost))
        {
            Ok(Called {
                outcome: Ok(answer),
                log,
            }) => {
                let (result, receipt) = admit(&self.door, answer, open);
                if let Some(said) = &self.said {
                    said.keep(receipt.at, log);
                }
                (result.map_err(CallError::from), receipt)
            }
            Ok(Called {
                outcome: Err(stopped),
                log,
            }) => {
                let receipt = self.door.fail((&stopped).into(), open);
                if let Some(said) = &self.said {
                    said.keep(receipt.at, log);
                }
                (Err(stopped.into()), receipt)
            }
            Err(lost) => {
                let receipt = self.door.fail(isocial_gate::Stopped::Trap, open);
                (Err(lost.into()), receipt)
            }
        }
    }

    /// What all requests of one step may spend together, in however many rounds they are asked for (HP-46).
    pub(crate) fn step_meter(requests: u32) -> Meter {
        Meter::new(requests.saturating_add(SESSION_REQUESTS), STEP_BYTES)
    }

    /// Makes the requests that a plugin wants made, in parallel, each only if the gate permits it and the meter still holds it.
    pub(crate) async fn exchange(
        &self,
        egress: &Egress,
        now: Instant,
        requests: Vec<Request>,
        meter: &Meter,
    ) -> Exchanged {
        let each = requests.into_iter().map(|request| {
            async move {
                let method = request.method.name();
                match isocial_gate::permit(request, self.door.egress()) {
                    Ok(permitted) => {
                        let call = Call {
                            package: self.door.package(),
                            account: &self.account,
                            credentials: self.credentials.as_ref(),
                            meter,
                            message_id: None,
                        };
                        let done = egress.exchange(permitted, &call).await;
                        if done.secret_echoed {
                            tracing::warn!(plugin.id = %self.door.package(), "a network sent a credential back; it was masked");
                        }
                        let mut lines = done.session_lines;
                        lines.push(done.line);
                        let receipts = lines.into_iter().map(|line| Receipt { at: now, line: Line::Egress(line) }).collect();
                        (done.answer, receipts, done.hints.come_back)
                    }
                    Err(denial) => {
                        let receipt = denied(self.door.package(), now, method, &denial);
                        (Answer::Failed(Failure::Denied), vec![receipt], None)
                    }
                }
            }
        });
        let mut all = Exchanged::default();
        for (answer, receipts, come_back) in futures_util::future::join_all(each).await {
            all.answers.push(answer);
            all.receipts.extend::<Vec<Receipt>>(receipts);
            all.come_back = all.come_back.max(come_back);
        }
        all
    }
}

/// The ledger's line of a request that was never made; the operator's log has the rule, never the address.
pub(crate) fn denied(plugin: &PackageRef, now: Instant, method: &str, denial: &Denial) -> Receipt {
    tracing::warn!(plugin.id = %plugin, rule = denial.rule, "a request was denied");
    let line = EgressLine {
        plugin: plugin.clone(),
        method: method.to_owned(),
        host: denial.host.clone(),
        credential: None,
        bytes_out: 0,
        bytes_in: 0,
        result: format!("denied:{}", denial.rule),
        times: 1,
    };
    Receipt {
        at: now,
        line: Line::Egress(line),
    }
}
