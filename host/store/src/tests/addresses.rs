//! Addresses of sources: shown once, one a source, of one organisation only, gone with what they belong to.

use isocial_model::{AccountId, Secret};

use super::Bed;
use crate::{Deployment, StoreError};

fn text(secret: &Secret) -> String {
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

async fn whose(deployment: &Deployment, token: &str) -> Option<(String, AccountId)> {
    let found = deployment.scope_for_address(token).await.unwrap();
    found.map(|(scope, source)| (scope.org().to_string(), source))
}

#[tokio::test]
async fn an_address_leads_to_its_own_source_until_it_is_made_anew_or_withdrawn() {
    let bed = Bed::new().await;
    let (one, other) = (bed.org("lumora").await, bed.org("velum").await);
    let (a, b) = (one.account.clone(), other.account.clone());
    let deployment = &bed.deployment;
    assert_eq!(deployment.address_made(&one.scope, &a).await.unwrap(), None);
    let first = text(&deployment.make_address(&one.scope, &a).await.unwrap());
    let theirs = text(&deployment.make_address(&other.scope, &b).await.unwrap());
    assert!(first.starts_with("in_") && first.len() == 55 && first != theirs);
    assert_eq!(
        whose(deployment, &first).await,
        Some((one.scope.org().to_string(), a.clone()))
    );
    assert_eq!(
        whose(deployment, &theirs).await,
        Some((other.scope.org().to_string(), b.clone()))
    );
    assert_eq!(whose(deployment, &format!("{first}x")).await, None);
    assert!(
        deployment
            .address_made(&one.scope, &a)
            .await
            .unwrap()
            .is_some()
    );

    let second = text(&deployment.make_address(&one.scope, &a).await.unwrap());
    assert_eq!(whose(deployment, &first).await, None);
    assert!(whose(deployment, &second).await.is_some());
    // Another organisation's source is none of mine, to make or to withdraw.
    assert!(matches!(
        deployment.make_address(&one.scope, &b).await,
        Err(StoreError::Unknown { what: "source" })
    ));
    assert!(!deployment.withdraw_address(&one.scope, &b).await.unwrap());
    assert!(deployment.withdraw_address(&one.scope, &a).await.unwrap());
    assert!(!deployment.withdraw_address(&one.scope, &a).await.unwrap());
    assert_eq!(whose(deployment, &second).await, None);
    assert!(whose(deployment, &theirs).await.is_some());
}
