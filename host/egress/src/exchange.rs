//! An exchange: a permitted request, its credential, the network's answer, and the line that says so.
//!
//! Lives here: the order of things. Not here: the wire (`send`), placements (`attach`), rate limits (`budget`).

use isocial_gate::PermittedRequest;
use isocial_model::{
    connector::{Answer, Failure, Response},
    contract::{Placement, Slot, SlotKind},
    receipt::EgressLine,
};

use crate::{
    Call, Egress,
    attach::{self, Outgoing},
    credential::{Credential, Session},
    failure,
    hints::RateHints,
    mask::Masker,
    send::{self, Reply, Traffic},
    session::{NoSession, has_run_out},
    sign,
};

/// What came of a permitted request.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// For the plugin: filtered, decoded, secrets masked.
    pub answer: Answer,
    /// For the ledger.
    pub line: EgressLine,
    /// Exchanges that the host made on the way to open or renew a session, also for the ledger.
    pub session_lines: Vec<EgressLine>,
    /// What the network said about its rate limit; `come_back` is also set where the network was not asked because of it.
    pub hints: RateHints,
    /// The answer held the credential, which has been masked. A security event: the operator should know (HP-25).
    pub secret_echoed: bool,
}

/// A request that is ready to go. No `Debug`: it holds the credential.
struct Dressed {
    /// The request itself, at its secret URL where that is the credential.
    request: PermittedRequest,
    outgoing: Outgoing,
    masker: Masker,
    session: Option<Session>,
}

/// Why a request does not go out.
enum Held {
    /// The credential is not there or does not fit; the word is for the receipt.
    Credential(&'static str),
    /// There is no session.
    Session(NoSession),
}

/// The line of a request.
pub(crate) fn line(
    request: &PermittedRequest,
    call: &Call<'_>,
    slot: Option<&str>,
    traffic: Traffic,
    result: &str,
) -> EgressLine {
    EgressLine {
        plugin: call.package.clone(),
        method: request.method().name().into(),
        host: format!("{}:{}", request.host(), request.port()),
        credential: slot.map(str::to_owned),
        bytes_out: traffic.out,
        bytes_in: traffic.into,
        result: result.into(),
        times: 1,
    }
}

/// The status or the failure's name.
pub(crate) fn outcome_name(result: &Result<Reply, Failure>) -> String {
    match result {
        Ok(reply) => reply.status.to_string(),
        Err(failure) => failure::name(*failure).into(),
    }
}

impl Egress {
    /// Makes one permitted request and reads its answer. Never fails: a failure is an answer too.
    ///
    /// The rate limit and the meter are spent first, so an exhausted one touches no network: the answer is then `budget`, and the
    /// hints say when to come back. Redirects are not followed. A session that has run out is renewed once.
    pub async fn exchange(&self, request: PermittedRequest, call: &Call<'_>) -> Exchange {
        let now = self.clock.now();
        let mut session_lines = Vec::new();
        let refused = |failure: Failure,
                       word: &str,
                       hints: RateHints,
                       session_lines: Vec<EgressLine>| Exchange {
            answer: Answer::Failed(failure),
            line: line(&request, call, None, Traffic::default(), word),
            session_lines,
            hints,
            secret_echoed: false,
        };
        if request.url().scheme() != "https" && request.exception().is_none() {
            return refused(
                Failure::Denied,
                "denied:scheme",
                RateHints::default(),
                session_lines,
            );
        }
        if send::literal(request.host()).is_some_and(|address| !request.address_allowed(address)) {
            return refused(
                Failure::Denied,
                "denied:address",
                RateHints::default(),
                session_lines,
            );
        }
        let reservation = match self.budgets.reserve(call.account, request.host(), now) {
            Ok(reservation) => reservation,
            Err(at) => {
                let hints = RateHints {
                    remaining: Some(0),
                    reset: Some(at),
                    come_back: Some(at),
                    ..RateHints::default()
                };
                return refused(Failure::Budget, "budget:network", hints, session_lines);
            }
        };
        if !call.meter.take_request() {
            return refused(
                Failure::Budget,
                "budget:call",
                RateHints::default(),
                session_lines,
            );
        }
        let mut dressed = match self.dress(&request, call, None, &mut session_lines).await {
            Ok(dressed) => dressed,
            Err(held) => {
                let mut exchange =
                    refused(Failure::Denied, "", RateHints::default(), session_lines);
                self.tell(held, &mut exchange);
                reservation.observe(&exchange.hints);
                return exchange;
            }
        };
        let mut traffic = Traffic::default();
        let mut result = self.go(&dressed, call, &mut traffic).await;
        if let (Ok(reply), Some(spent)) = (&result, dressed.session.take())
            && has_run_out(reply)
        {
            match self
                .dress(&request, call, Some(&spent), &mut session_lines)
                .await
            {
                Ok(again) if call.meter.take_request() => {
                    dressed = again;
                    result = self.go(&dressed, call, &mut traffic).await;
                }
                // The answer that says so is the best that we have.
                Ok(_) | Err(_) => {}
            }
        }
        let slot = request
            .slot()
            .filter(|_| !dressed.masker.is_empty())
            .map(|slot| slot.name.as_str());
        let line = line(&request, call, slot, traffic, &outcome_name(&result));
        match result {
            Ok(reply) => {
                let hints = RateHints::read(reply.status, &reply.headers, self.clock.now());
                reservation.observe(&hints);
                let (response, secret_echoed) = send::shown(reply, &dressed.masker);
                if secret_echoed {
                    tracing::warn!(egress.host = %request.host(), plugin.id = %call.package.id, "a credential came back in an answer and was masked");
                }
                Exchange {
                    answer: Answer::Response(response),
                    line,
                    session_lines,
                    hints,
                    secret_echoed,
                }
            }
            Err(failure) => Exchange {
                answer: Answer::Failed(failure),
                line,
                session_lines,
                hints: RateHints::default(),
                secret_echoed: false,
            },
        }
    }

    async fn go(
        &self,
        dressed: &Dressed,
        call: &Call<'_>,
        traffic: &mut Traffic,
    ) -> Result<Reply, Failure> {
        match self
            .clients
            .of(&dressed.request, self.oldest_tls(dressed.request.host()))
        {
            Ok(client) => {
                send::send(
                    &client,
                    &dressed.outgoing,
                    &self.config.limits,
                    call.meter,
                    traffic,
                )
                .await
            }
            Err(_) => Err(Failure::Tls),
        }
    }

    /// What a held-back request is answered with.
    fn tell(&self, held: Held, exchange: &mut Exchange) {
        let word = match held {
            Held::Credential(word) => word.to_owned(),
            Held::Session(NoSession::Missing) => "credential:missing".into(),
            Held::Session(NoSession::Keeper) => "credential:keeper".into(),
            Held::Session(NoSession::Failed(failure)) => {
                exchange.answer = Answer::Failed(failure);
                format!("session:{}", failure::name(failure))
            }
            Held::Session(NoSession::Refused(reply)) => {
                exchange.hints = RateHints::read(reply.status, &reply.headers, self.clock.now());
                let (headers, _) = send::shown_fields(&reply.headers, &Masker::default());
                exchange.answer = Answer::Response(Response {
                    status: reply.status,
                    headers,
                    body: Vec::new(),
                });
                format!("session:{}", reply.status)
            }
        };
        exchange.line.result = word;
    }

    /// Puts the credential in its place.
    async fn dress(
        &self,
        request: &PermittedRequest,
        call: &Call<'_>,
        spent: Option<&Session>,
        lines: &mut Vec<EgressLine>,
    ) -> Result<Dressed, Held> {
        let mut dressed = Dressed {
            request: request.clone(),
            outgoing: outgoing(request.clone()),
            masker: Masker::default(),
            session: None,
        };
        let Some(slot) = request.slot() else {
            return Ok(dressed);
        };
        if matches!(slot.kind, SlotKind::SessionExchange { .. }) {
            match self.session(slot, request, call, spent, lines).await {
                Ok(session) => {
                    let place = attach::place(&mut dressed.outgoing, slot, &session.access);
                    place.map_err(|_| Held::Credential("credential:placement"))?;
                    dressed.masker =
                        Masker::new(std::iter::once(&session.access).chain(&session.refresh));
                    dressed.session = Some(session);
                    return Ok(dressed);
                }
                Err(NoSession::Missing) if slot.optional => return Ok(dressed),
                Err(no) => return Err(Held::Session(no)),
            }
        }
        let credential = call
            .credentials
            .credential(&slot.name)
            .await
            .map_err(|_| Held::Credential("credential:keeper"))?;
        match credential {
            Some(credential) => self.fit(&mut dressed, slot, &credential, call)?,
            None if slot.optional => {}
            None => return Err(Held::Credential("credential:missing")),
        }
        Ok(dressed)
    }

    /// Puts a static credential in its place.
    fn fit(
        &self,
        dressed: &mut Dressed,
        slot: &Slot,
        credential: &Credential,
        call: &Call<'_>,
    ) -> Result<(), Held> {
        let misfit = || Held::Credential("credential:placement");
        match (&slot.kind, credential) {
            (SlotKind::Hmac(form), Credential::Value(secret)) => {
                let key = isocial_vault::message_key(secret).map_err(|_| misfit())?;
                let body = dressed.outgoing.body.clone().unwrap_or_default();
                let id = call
                    .message_id
                    .map_or_else(|| sign::message_id(&body), str::to_owned);
                let at_s = self.clock.now().as_millis().div_euclid(1000);
                for (name, value) in
                    sign::fields(form, &key, &id, at_s, &body).map_err(|_| misfit())?
                {
                    dressed.outgoing.set_header(&name, value);
                }
                dressed.masker = Masker::new([secret]);
                dressed.masker.add(&key);
            }
            (SlotKind::Basic, Credential::Login { user, password }) => {
                let joined = attach::basic(user, password);
                attach::place(&mut dressed.outgoing, slot, &joined).map_err(|_| misfit())?;
                dressed.masker = Masker::new([&joined, password]);
            }
            (SlotKind::Static, Credential::Value(secret))
                if slot.placement == Some(Placement::WholeUrl) =>
            {
                let url = std::str::from_utf8(secret.expose()).map_err(|_| misfit())?;
                dressed.request = dressed.request.at_whole_url(url).map_err(|_| misfit())?;
                dressed.outgoing = outgoing(dressed.request.clone());
                dressed.masker = Masker::new([secret]);
                // Such an URL is secret by its path and query; an echo need not name scheme and host.
                let secret_part = dressed
                    .outgoing
                    .url
                    .as_str()
                    .get(dressed.outgoing.url[..url::Position::BeforePath].len()..);
                dressed
                    .masker
                    .add(secret_part.unwrap_or_default().as_bytes());
            }
            (SlotKind::Static, Credential::Value(secret)) => {
                attach::place(&mut dressed.outgoing, slot, secret).map_err(|_| misfit())?;
                dressed.masker = Masker::new([secret]);
            }
            _ => return Err(Held::Credential("credential:kind")),
        }
        Ok(())
    }
}

fn outgoing(request: PermittedRequest) -> Outgoing {
    let (method, url, headers, body) = request.into_parts();
    Outgoing {
        method,
        url,
        headers: headers
            .into_iter()
            .map(|field| (field.name.to_ascii_lowercase(), field.value))
            .collect(),
        body,
    }
}
