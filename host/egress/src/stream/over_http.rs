//! Streams over HTTP: an answer whose body does not end, cut as it comes.

use std::sync::atomic::Ordering;

use isocial_gate::PermittedSubscription;
use isocial_model::connector::{Failure, Frame, Framing};

use super::{Sink, Stop, TOO_BIG, cut::Cutter};
use crate::{Egress, attach::Outgoing, failure, hints::RateHints, resolve::AddressRule, send};

impl Egress {
    pub(super) async fn open_http(
        &self,
        subscription: &PermittedSubscription,
        out: &Outgoing,
        host: &str,
        rule: AddressRule,
        sink: Sink,
    ) -> Result<(), Stop> {
        let client = self
            .clients
            .apart(rule, self.oldest_tls(host))
            .map_err(|_| Failure::Tls)?;
        let mut out = out.clone();
        if subscription.framing() == Framing::Sse {
            out.set_header("accept", "text/event-stream".into());
        }
        let mut request = send::build(&out)?;
        // A compressor may hold a frame back until its block is full.
        request.headers_mut().insert(
            http::header::ACCEPT_ENCODING,
            http::HeaderValue::from_static("identity"),
        );
        sink.tally
            .out
            .fetch_add(out.url.as_str().len() as u64, Ordering::Relaxed);
        let limits = &self.config.limits;
        let mut answer =
            tokio::time::timeout(limits.connect + limits.read, client.execute(request))
                .await
                .map_err(|_| Failure::Timeout)?
                .map_err(|error| failure::of(&error))?;
        let status = answer.status().as_u16();
        if status != 200 {
            let hints = RateHints::read(status, answer.headers(), self.clock.now());
            return Err(Stop {
                status: Some(status),
                hints,
                ..Failure::Denied.into()
            });
        }
        if answer
            .headers()
            .get(http::header::CONTENT_ENCODING)
            .is_some_and(|coding| coding != "identity")
        {
            return Err(Failure::Malformed.into());
        }
        let mut cutter = Cutter::new(subscription.framing(), limits.frame_bytes);
        let idle = limits.stream_idle;
        tokio::spawn(async move {
            let code = loop {
                let chunk = tokio::select! {
                    () = sink.cancel.cancelled() => return,
                    chunk = tokio::time::timeout(idle, answer.chunk()) => chunk,
                };
                let Ok(Ok(Some(chunk))) = chunk else { break 0 };
                sink.read(chunk.len());
                let mut frames = Vec::new();
                let cut = cutter.push(&chunk, &mut frames);
                for frame in frames {
                    if !sink.push(frame).await {
                        return;
                    }
                }
                if cut.is_err() {
                    break TOO_BIG;
                }
            };
            sink.push(Frame::Closed(code)).await;
        });
        Ok(())
    }
}
