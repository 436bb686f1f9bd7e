//! One HTTP exchange on the wire: sent once, read under every limit, decoded.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use isocial_gate::answer_headers_allowed;
use isocial_model::connector::{Failure, Header, Response};

use crate::{attach::Outgoing, budget::Meter, config::Limits, decode::Body, failure, mask::Masker};

/// Fields of an answer that are handed on at most.
const FIELDS: usize = 64;
/// Bytes of a field's value that are handed on at most; longer ones are left out.
const FIELD_BYTES: usize = 4096;

/// An answer as it came, whole and decoded. No `Debug`: it may hold a session.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Bytes of one exchange, for its receipt: fields and body, without the protocol's own framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traffic {
    pub(crate) out: u64,
    pub(crate) into: u64,
}

/// The address in a host that is one, for hosts that no resolver is asked about.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// The request as the client wants it.
pub(crate) fn build(out: &Outgoing) -> Result<reqwest::Request, Failure> {
    let method =
        http::Method::from_bytes(out.method.name().as_bytes()).map_err(|_| Failure::Denied)?;
    let mut request = reqwest::Request::new(method, out.url.clone());
    for (name, value) in &out.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Denied)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| Failure::Denied)?;
        // Nothing that we send may be compressed into a shared table of the connection: it might be the credential.
        value.set_sensitive(true);
        request.headers_mut().append(name, value);
    }
    request
        .headers_mut()
        .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(body) = &out.body {
        *request.body_mut() = Some(body.clone().into());
    }
    Ok(request)
}

/// Sends and reads it all. `traffic` is right even when this is cut short.
pub(crate) async fn send(
    client: &reqwest::Client,
    out: &Outgoing,
    limits: &Limits,
    meter: &Meter,
    traffic: &mut Traffic,
) -> Result<Reply, Failure> {
    let request = build(out)?;
    traffic.out += field_bytes(request.headers())
        + out.url.as_str().len() as u64
        + out.body.as_ref().map_or(0, |body| body.len() as u64);
    let work = async {
        let mut answer =
            tokio::time::timeout(limits.connect + limits.read, client.execute(request))
                .await
                .map_err(|_| Failure::Timeout)?
                .map_err(|error| failure::of(&error))?;
        traffic.into += field_bytes(answer.headers());
        let codings: Vec<&HeaderValue> = answer
            .headers()
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .collect();
        let coding = match codings.as_slice() {
            [] => None,
            [one] => Some(one.to_str().map_err(|_| Failure::Malformed)?),
            _ => return Err(Failure::Malformed),
        };
        let mut body = Body::new(coding, limits.body_bytes, limits.inflation)?;
        while let Some(chunk) = tokio::time::timeout(limits.read, answer.chunk())
            .await
            .map_err(|_| Failure::Timeout)?
            .map_err(|error| failure::of(&error))?
        {
            traffic.into += chunk.len() as u64;
            if !meter.take_bytes(chunk.len() as u64) {
                return Err(Failure::Budget);
            }
            body.push(&chunk)?;
        }
        Ok(Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: body.finish()?,
        })
    };
    tokio::time::timeout(limits.total, work)
        .await
        .unwrap_or(Err(Failure::Timeout))
}

/// What a plugin may see of a reply, and whether a secret had to be masked in it (HP-25, HP-26).
pub(crate) fn shown(reply: Reply, masker: &Masker) -> (Response, bool) {
    let (headers, mut echoed) = shown_fields(&reply.headers, masker);
    let body = match masker.mask(&reply.body) {
        Some(masked) => {
            echoed = true;
            masked
        }
        None => reply.body,
    };
    (
        Response {
            status: reply.status,
            headers,
            body,
        },
        echoed,
    )
}

/// The fields of the gate's allow-list, masked.
pub(crate) fn shown_fields(headers: &HeaderMap, masker: &Masker) -> (Vec<Header>, bool) {
    let mut echoed = false;
    let mut shown = Vec::new();
    for (name, value) in headers {
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else {
            continue;
        };
        if !answer_headers_allowed(name.as_str())
            || value.len() > FIELD_BYTES
            || shown.len() >= FIELDS
        {
            continue;
        }
        let masked = masker.mask_text(value);
        echoed |= masked.is_some();
        shown.push(Header {
            name: name.as_str().to_owned(),
            value: masked.unwrap_or_else(|| value.to_owned()),
        });
    }
    (shown, echoed)
}

fn field_bytes(headers: &HeaderMap) -> u64 {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().len() + value.len()) as u64)
        .sum()
}
