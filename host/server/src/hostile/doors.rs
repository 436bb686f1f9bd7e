//! Cases that end at the door: the host refuses the component, says why, and nothing of it is there afterwards.

use super::case::{Case, Verdict};

/// Offers every guest of the case; each must be refused, and together the refusals must say what the case expects.
pub(super) async fn refused(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    for name in case.guests()? {
        refuse(case, &name).await?;
        anyhow::ensure!(
            !passes_lint(&case.guest(&name)?),
            "`{name}` is refused by the host only: its author is not told when looking at it"
        );
    }
    Ok(Verdict::Refused)
}

/// One guest, which must be refused with one of the expected words; all of them where it is the only one.
pub(super) async fn refuse(case: &mut Case<'_>, name: &str) -> anyhow::Result<()> {
    let before = registered(case).await?;
    let refusal = match case.offer(name).await? {
        Ok(package) => anyhow::bail!("`{package}` was taken"),
        Err(refusal) => refusal,
    };
    anyhow::ensure!(
        refusal.starts_with("422"),
        "`{name}` was refused, but not for what it is: {refusal}"
    );
    let said = case
        .expect
        .says
        .iter()
        .filter(|word| refusal.contains(word.as_str()))
        .count();
    let wanted = if case.guests()?.len() == 1 {
        case.expect.says.len()
    } else {
        1
    };
    anyhow::ensure!(
        said >= wanted,
        "the refusal of `{name}` does not say why: {refusal}"
    );
    anyhow::ensure!(
        registered(case).await? == before,
        "`{name}` was refused and is there all the same"
    );
    Ok(())
}

/// What an author can know before publishing: that the package reads, and that its contracts are within their ceilings.
fn passes_lint(component: &[u8]) -> bool {
    isocial_catalog::Package::read(component).is_ok_and(|package| {
        let contracts = &package.manifest().contracts;
        contracts
            .iter()
            .all(|contract| isocial_gate::ceiling::check(package.kind(), contract).is_ok())
    })
}

/// How many packages the host holds.
async fn registered(case: &Case<'_>) -> anyhow::Result<usize> {
    let all = case
        .api
        .get("/api/v1/plugins")
        .await?
        .good("the list of packages")?;
    Ok(all["items"].as_array().map_or(0, Vec::len))
}
