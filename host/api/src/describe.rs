//! The description: OpenAPI 3.1 at `/api/v1/openapi.json`, made from the types that the routes take and give.

use axum::Json;
use utoipa::{
    OpenApi,
    openapi::{
        ContentBuilder, HttpMethod, InfoBuilder, OpenApi as Document, PathItem, RefOr,
        ResponseBuilder,
        path::{OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ObjectBuilder, Ref, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::v1;

/// The schemas of the description; its routes are listed beside it.
#[derive(OpenApi)]
#[openapi(components(schemas(
    v1::AskedExport,
    v1::GivenCredential,
    v1::MadeAddress,
    v1::NewAddress,
    v1::NewInstallation,
    v1::NewMonitor,
    v1::NewOrganisation,
    v1::NewRule,
    v1::NewSource,
    v1::ShownAddress,
    v1::ShownBucket,
    v1::ShownExplanation,
    v1::ShownExport,
    v1::ShownHealth,
    v1::ShownIncident,
    v1::ShownInstallation,
    v1::ShownLogLine,
    v1::ShownMention,
    v1::ShownMonitor,
    v1::ShownNotice,
    v1::ShownOrganisation,
    v1::ShownPlugin,
    v1::ShownReceipt,
    v1::ShownRestrictions,
    v1::ShownRule,
    v1::ShownSource,
    v1::ShownVerdict,
)))]
#[derive(Debug)]
pub struct Description;

/// Method, path, what it does, schema of the body, schema of the answer.
type Route = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

/// Every route under `/api/v1`, as [`v1::router`] has them.
pub(crate) const ROUTES: &[Route] = &[
    (
        "get",
        "/organisations",
        "Lists all organisations.",
        None,
        Some("ShownOrganisation"),
    ),
    (
        "post",
        "/organisations",
        "Makes an organisation.",
        Some("NewOrganisation"),
        Some("ShownOrganisation"),
    ),
    (
        "delete",
        "/organisations/{org}",
        "Destroys an organisation's key and removes its file.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/workspaces",
        "Lists workspaces.",
        None,
        None,
    ),
    (
        "post",
        "/organisations/{org}/workspaces",
        "Makes a workspace.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/installations",
        "Lists installations.",
        None,
        Some("ShownInstallation"),
    ),
    (
        "post",
        "/organisations/{org}/installations",
        "Enables a package.",
        Some("NewInstallation"),
        None,
    ),
    (
        "delete",
        "/organisations/{org}/installations/{id}",
        "Removes an installation.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/installations/{id}/rights",
        "Says which layer grants each field or takes it away.",
        None,
        Some("ShownExplanation"),
    ),
    (
        "get",
        "/organisations/{org}/installations/{id}/log",
        "Lists the newest lines that the plugin wrote into its log.",
        None,
        Some("ShownLogLine"),
    ),
    (
        "get",
        "/organisations/{org}/sources",
        "Lists sources, how they fare, what they saw.",
        None,
        Some("ShownSource"),
    ),
    (
        "post",
        "/organisations/{org}/sources",
        "Adds a source.",
        Some("NewSource"),
        None,
    ),
    (
        "get",
        "/organisations/{org}/sources/{id}/address",
        "Says since when a network can deliver to a source.",
        None,
        Some("ShownAddress"),
    ),
    (
        "post",
        "/organisations/{org}/sources/{id}/address",
        "Makes the address that a network delivers to; shown this once.",
        Some("NewAddress"),
        Some("MadeAddress"),
    ),
    (
        "delete",
        "/organisations/{org}/sources/{id}/address",
        "Withdraws the address of a source.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/monitors",
        "Lists monitors.",
        None,
        Some("ShownMonitor"),
    ),
    (
        "post",
        "/organisations/{org}/monitors",
        "Makes a monitor.",
        Some("NewMonitor"),
        None,
    ),
    (
        "get",
        "/organisations/{org}/monitors/{id}",
        "Shows a monitor.",
        None,
        Some("ShownMonitor"),
    ),
    (
        "delete",
        "/organisations/{org}/monitors/{id}",
        "Removes a monitor with its mentions.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/monitors/{id}/timeline",
        "Counts of a monitor over time.",
        None,
        Some("ShownBucket"),
    ),
    (
        "get",
        "/organisations/{org}/mentions",
        "Lists mentions, newest first.",
        None,
        Some("ShownMention"),
    ),
    (
        "get",
        "/organisations/{org}/mentions/live",
        "Mentions from now on, as server-sent events.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/mentions/{id}",
        "Shows a mention.",
        None,
        Some("ShownMention"),
    ),
    (
        "get",
        "/organisations/{org}/restrictions",
        "Shows what is withheld from every plugin.",
        None,
        Some("ShownRestrictions"),
    ),
    (
        "put",
        "/organisations/{org}/restrictions",
        "Withholds this from every plugin, from the next step of each job on.",
        Some("ShownRestrictions"),
        Some("ShownRestrictions"),
    ),
    (
        "get",
        "/organisations/{org}/rules",
        "Lists alert rules.",
        None,
        Some("ShownRule"),
    ),
    (
        "post",
        "/organisations/{org}/rules",
        "Makes an alert rule.",
        Some("NewRule"),
        None,
    ),
    (
        "delete",
        "/organisations/{org}/rules/{id}",
        "Removes an alert rule.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/incidents",
        "Lists incidents, newest first.",
        None,
        Some("ShownIncident"),
    ),
    (
        "get",
        "/organisations/{org}/notices",
        "Lists notices, newest first.",
        None,
        Some("ShownNotice"),
    ),
    (
        "get",
        "/organisations/{org}/exports",
        "Lists exports, newest first.",
        None,
        Some("ShownExport"),
    ),
    (
        "post",
        "/organisations/{org}/exports",
        "Asks for an export.",
        Some("AskedExport"),
        None,
    ),
    (
        "get",
        "/organisations/{org}/exports/{id}",
        "Shows an export.",
        None,
        Some("ShownExport"),
    ),
    (
        "get",
        "/organisations/{org}/exports/{id}/file",
        "The file of an export.",
        None,
        None,
    ),
    (
        "get",
        "/organisations/{org}/receipts",
        "Lists the ledger, oldest first.",
        None,
        Some("ShownReceipt"),
    ),
    (
        "get",
        "/organisations/{org}/receipts/verdict",
        "Checks the whole ledger.",
        None,
        Some("ShownVerdict"),
    ),
    (
        "get",
        "/organisations/{org}/receipts/file",
        "The whole ledger as a file that can be checked anywhere.",
        None,
        None,
    ),
    (
        "get",
        "/receipts",
        "Lists lines of the deployment's own ledger, of shared streams.",
        None,
        Some("ShownReceipt"),
    ),
    (
        "get",
        "/receipts/verdict",
        "Checks the deployment's own ledger.",
        None,
        Some("ShownVerdict"),
    ),
    (
        "get",
        "/receipts/file",
        "The deployment's own ledger as a file.",
        None,
        None,
    ),
    (
        "get",
        "/receipts/key",
        "The public key that heads of ledgers are signed with.",
        None,
        None,
    ),
    (
        "get",
        "/plugins",
        "Lists packages and what each would be given.",
        None,
        Some("ShownPlugin"),
    ),
    (
        "get",
        "/plugins/{publisher}/{name}/rights",
        "Says which layer would grant each field or take it away.",
        None,
        Some("ShownExplanation"),
    ),
    (
        "post",
        "/plugins",
        "Registers a component, sent as application/wasm.",
        None,
        Some("ShownPlugin"),
    ),
    (
        "delete",
        "/plugins/{publisher}/{name}/{version}",
        "Forgets a version of a package: no call of it begins any more.",
        None,
        None,
    ),
    (
        "post",
        "/queries/check",
        "Looks at a query without saving it.",
        None,
        None,
    ),
];

/// The whole document.
pub(crate) fn document() -> Document {
    let mut document = Description::openapi();
    document.info = InfoBuilder::new()
        .title("iSocial Track")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Errors are problem+json (RFC 9457). Lists have `items` and, where there is more, `next`."))
        .build();
    for (method, path, summary, body, answer) in ROUTES {
        let method = match *method {
            "post" => HttpMethod::Post,
            "delete" => HttpMethod::Delete,
            "put" => HttpMethod::Put,
            _ => HttpMethod::Get,
        };
        let mut operation = OperationBuilder::new().summary(Some(*summary)).response(
            "default",
            ResponseBuilder::new()
                .description("A problem, as application/problem+json.")
                .build(),
        );
        for name in path.split('{').skip(1).filter_map(|p| p.split('}').next()) {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            operation = operation.parameter(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .schema(Some(text))
                    .build(),
            );
        }
        let json = |schema: &str| {
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(schema)))
                .build()
        };
        if let Some(schema) = body {
            operation = operation.request_body(Some(
                RequestBodyBuilder::new()
                    .content("application/json", json(schema))
                    .build(),
            ));
        }
        let mut good = ResponseBuilder::new().description(*summary);
        if let Some(schema) = answer {
            good = good.content("application/json", json(schema));
        }
        let status = match method {
            HttpMethod::Post if path.ends_with("/exports") => "202",
            HttpMethod::Post if path.ends_with("/check") => "200",
            HttpMethod::Post => "201",
            HttpMethod::Delete => "204",
            _ => "200",
        };
        operation = operation.response(status, RefOr::T(good.build()));
        let path = format!("/api/v1{path}");
        let item = PathItem::new(method, operation.build());
        match document.paths.paths.get_mut(&path) {
            Some(known) => known.merge_operations(item),
            None => {
                document.paths.paths.insert(path, item);
            }
        }
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    if let Some(components) = document.components.as_mut() {
        components.add_security_scheme("operator", SecurityScheme::Http(bearer));
    }
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(
        "operator",
        [],
    )]);
    document
}

/// The description, for everybody.
pub(crate) async fn openapi() -> Json<Document> {
    Json(document())
}
