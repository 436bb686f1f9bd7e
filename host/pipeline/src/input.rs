//! Input: a stream that the host itself holds, such as the lines of a file, read through a connector's `stream` ability.
//!
//! Lives here: framing lines into batches, and landing their pages. The connector never sees a path or a handle.

use isocial_gate::AdmittedConnector;
use isocial_model::{
    AccountId,
    connector::{ConnectorCall, Frame, Framing, Origin},
    receipt::Receipt,
};
use isocial_store::{Fence, JobKind, OrgScope};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use crate::{
    collect::job_for,
    host::Host,
    job::JobError,
    land::{Counted, Landed, Landing, land},
    step::{StepError, connector},
};

/// Frames a call.
const FRAMES: usize = 250;
/// Bytes a call.
const BYTES: usize = 256 * 1024;
/// Longest line. Longer ones reach the connector cut, which cannot read them, and are counted as rejected.
const LINE: usize = 1 << 20;

/// Why a stream could not be read to its end. What was committed stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The connector, or what it answered.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A job's problem.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The input itself.
    #[error("the input could not be read after line {line}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// What the system said.
        source: std::io::Error,
    },
    /// The connector wants another stream than this one.
    #[error("the connector wants {0}, and this is the lines of an input")]
    Other(&'static str),
    /// There is no such source, or no monitor reads it.
    #[error("no monitor reads this source: make one first")]
    NoReader,
}

/// What a whole input came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Read {
    /// Lines, empty ones included.
    pub lines: u64,
    /// What became of the posts in them.
    pub landed: Landed,
}

/// Reads an input to its end for one source. `progress` is told the number of lines after each batch.
pub async fn read(
    host: &Host,
    scope: &OrgScope,
    account: &AccountId,
    mut input: impl AsyncBufRead + Unpin,
    mut progress: impl FnMut(&Read),
) -> Result<Read, InputError> {
    let tenant = host.tenant(scope).await.map_err(JobError::from)?;
    let account = tenant
        .db
        .account(account)
        .await
        .map_err(JobError::from)?
        .ok_or(InputError::NoReader)?;
    let reading = tenant.reading(&account.id).ok_or(InputError::NoReader)?;
    let (plugged, ..) = tenant
        .plugged(&account.installation)
        .map_err(JobError::from)?;
    let job_id = host
        .deployment
        .schedule(
            scope,
            JobKind::Collect,
            account.id.as_str(),
            host.clock.now(),
        )
        .await
        .map_err(JobError::from)?;
    let mut at = tenant.db.place(&job_id).await.map_err(JobError::from)?;
    let job = || job_for(host, &reading, &account, None);

    let mut receipts = Vec::new();
    let open = ConnectorCall::Open {
        job: job(),
        cursor: at.cursor.clone(),
    };
    let refused = match connector(&host.executor, &plugged, open, &mut receipts).await {
        Ok(AdmittedConnector::Subscription(s))
            if s.origin == Origin::Input && s.framing == Framing::Lines =>
        {
            None
        }
        Ok(AdmittedConnector::Subscription(_)) => Some(InputError::Other("a stream of a network")),
        Ok(AdmittedConnector::Fault(fault)) => Some(StepError::Fault(fault).into()),
        Ok(_) => Some(StepError::Shape.into()),
        Err(error) => Some(StepError::from(error).into()),
    };
    if let Some(error) = refused {
        tenant.books.owe(receipts);
        return Err(error);
    }
    let mut done = Read::default();
    let mut line = Vec::new();
    loop {
        let (mut frames, mut bytes) = (Vec::with_capacity(FRAMES), 0);
        while frames.len() < FRAMES && bytes < BYTES {
            line.clear();
            let read = take_line(&mut input, &mut line).await;
            if read.map_err(|source| InputError::Read {
                line: done.lines + frames.len() as u64,
                source,
            })? == 0
            {
                break;
            }
            bytes += line.len();
            frames.push(Frame::Text(String::from_utf8_lossy(&line).into_owned()));
        }
        if frames.is_empty() {
            break;
        }
        let first = done.lines;
        done.lines += frames.len() as u64;
        let call = ConnectorCall::Frames {
            job: job(),
            cursor: at.cursor.clone(),
            first,
            frames,
        };
        let mut batch: Vec<Receipt> = std::mem::take(&mut receipts);
        let page = match connector(&host.executor, &plugged, call, &mut batch)
            .await
            .map_err(StepError::from)
        {
            Ok(AdmittedConnector::Page(page)) => {
                plugged.health.worked();
                page
            }
            other => {
                tenant
                    .db
                    .append_receipts(&batch)
                    .await
                    .map_err(JobError::from)?;
                return Err(match other {
                    Ok(AdmittedConnector::Fault(fault)) => StepError::Fault(fault).into(),
                    Ok(_) => StepError::Shape.into(),
                    Err(error) => error.into(),
                });
            }
        };
        let landing = Landing {
            account: account.id.clone(),
            fence: Some(Fence {
                job: job_id.clone(),
                lease_epoch: at.lease_epoch,
                cursor_version: at.cursor_version,
            }),
            done_task: None,
            page_call: batch.len().checked_sub(1),
            receipts: batch,
            counted: Counted::AsNew,
            recheck_ms: None,
        };
        let (landed, _) = land(host, &tenant, &reading.matcher, page, landing).await?;
        done.landed.add(&landed);
        at = tenant.db.place(&job_id).await.map_err(JobError::from)?;
        progress(&done);
    }
    // Of an empty input there was no page that they could have gone with.
    tenant.books.owe(receipts);
    host.deployment
        .unschedule(scope, &job_id)
        .await
        .map_err(JobError::from)?;
    for monitor in reading.matcher.monitors() {
        host.deployment
            .schedule(
                scope,
                JobKind::Detect,
                monitor.id.as_str(),
                host.clock.now(),
            )
            .await
            .map_err(JobError::from)?;
    }
    Ok(done)
}

/// One line without its end, cut at the longest allowed; 0 at the end of the input. An empty line counts as read.
async fn take_line(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> std::io::Result<usize> {
    let mut read = 0;
    loop {
        let buffer = input.fill_buf().await?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|b| *b == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = LINE.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(&part[..room]);
        let used = end.map_or(buffer.len(), |e| e + 1);
        input.consume(used);
        read += used;
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(read)
}
