//! The well-behaved channel: posts a line to the address that it is given.

use hostile_kit::sdk::{
    channel::{Destination, Fault, Message, Notice, Request},
    json::json,
};

hostile_kit::channel!(compose);

fn compose(notice: &Notice, destination: &Destination) -> Result<Message, Fault> {
    let config: hostile_kit::Config = destination.config()?;
    Ok(Message::Http(Request::post_json(
        format!("{}/tame", config.base),
        &json!({ "count": notice.count }),
    )))
}
