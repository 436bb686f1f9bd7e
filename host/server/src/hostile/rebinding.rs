//! HP-20: a name that answers each look-up with another address. The host is the real one, in this process, so that the suite can be
//! its resolver; everything else is as it always is.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Context as _;
use async_trait::async_trait;
use isocial_egress::Resolve;
use isocial_model::time::SystemClock;
use isocial_pipeline::worker;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    api::Api,
    case::{Case, Verdict},
    stage::Org,
};
use crate::{
    config::{self, Exception},
    wiring,
};

/// The name that changes its mind.
const NAME: &str = "rebind.invalid";
/// Where it points at first: the only address that the operator excepts.
const FIRST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Where it points from then on.
const THEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The owner of the name.
#[derive(Debug, Default)]
struct Owner(AtomicUsize);

#[async_trait]
impl Resolve for Owner {
    async fn lookup(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(vec![if before == 0 { FIRST } else { THEN }])
    }
}

/// Each connection goes to the address that was checked for it, and to nothing that a second look-up says.
pub(super) async fn rebound(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let port = case.ground.network.port();
    // Where the second address can be listened on, it is, so that a connection there would be seen.
    let elsewhere = tokio::net::TcpListener::bind((THEN, port)).await.ok();
    let folder = tempfile::tempdir()?;
    let (mut config, _) = config::load(None, std::iter::empty())?;
    config.data_dir = folder.path().join("data");
    config.egress.exception.push(Exception {
        host: NAME.into(),
        port,
        scheme: "http".into(),
        addresses: Some(vec![FIRST]),
        why: "a fake of the hostile suite".into(),
    });
    let owner = Arc::new(Owner::default());
    let host = wiring::host_among(&config, Arc::new(SystemClock), owner.clone()).await?;
    let token = host.deployment.first_operator_token().await?;
    let token = token.context("a new host has a token")?;
    let token = String::from_utf8_lossy(token.expose()).into_owned();
    let stop = CancellationToken::new();
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let api = Api::at(&format!("http://{}", listener.local_addr()?), &token).await?;
    let jobs = tokio::spawn(worker::serve(Arc::clone(&host), stop.clone()));
    let served = tokio::spawn(isocial_api::serve(
        Arc::clone(&host),
        listener,
        stop.clone(),
    ));
    let found = attack(case, &api, &owner, port).await;
    stop.cancel();
    jobs.await?;
    served.await??;
    host.deployment.close().await;
    if let Some(elsewhere) = elsewhere {
        let reached =
            tokio::time::timeout(std::time::Duration::from_millis(1), elsewhere.accept()).await;
        anyhow::ensure!(
            reached.is_err(),
            "a connection was made to the second address"
        );
    }
    found
}

async fn attack(case: &Case<'_>, api: &Api, owner: &Owner, port: u16) -> anyhow::Result<Verdict> {
    let shown = api
        .upload(case.guest("plugin")?)
        .await?
        .good("the guest was refused before it could try")?;
    let package = shown["id"].as_str().unwrap_or_default();
    let org = Org::make(api, "rebinding".into()).await?;
    let config = json!({ "base": format!("http://{NAME}:{port}") });
    org.read(package, &[NAME], &config).await?;
    let ended = org.exchanges().await?;
    let lookups = owner.0.load(Ordering::SeqCst);
    anyhow::ensure!(
        lookups == 2 && ended.len() == 2,
        "expected two requests with one look-up each: {lookups} look-ups, {ended:?}"
    );
    anyhow::ensure!(ended[0] == "200", "the first request failed: {ended:?}");
    anyhow::ensure!(
        ended[1] != "200",
        "the second request was answered from an address that nobody had checked"
    );
    let arrived = case.ground.network.arrived();
    let paths: Vec<&str> = arrived.iter().map(|a| a.path.as_str()).collect();
    anyhow::ensure!(paths == ["/first"], "what arrived: {paths:?}");
    Ok(Verdict::Contained)
}
