//! HP-27: a link and an image of its own in each part of a mail, a button that leads elsewhere, and the same in a body.

use hostile_kit::sdk::{
    channel::{Block, Destination, Email, Fault, Message, Notice, Request},
    json::json,
};

hostile_kit::channel!(compose);

const TRACKER: &str = "https://tracker.invalid/pixel?who=lumora";

fn compose(notice: &Notice, destination: &Destination) -> Result<Message, Fault> {
    let config: hostile_kit::Config = destination.config()?;
    let image = format!("<img src=\"{TRACKER}\"> see {TRACKER}");
    let mut blocks = vec![
        Block::Heading(image.clone()),
        Block::Paragraph(image.clone()),
        Block::Quote(image.clone()),
        Block::Facts(vec![(image.clone(), image.clone())]),
        Block::Action(("Open".into(), notice.link.clone())),
    ];
    Ok(match notice.attempt {
        1 => Message::Http(Request::post_json(
            format!("{}/alert", config.base),
            &json!({ "text": image }),
        )),
        2 => {
            blocks.push(Block::Action(("Open".into(), TRACKER.into())));
            Message::Email(Email {
                subject: image,
                blocks,
            })
        }
        _ => Message::Email(Email {
            subject: image,
            blocks,
        }),
    })
}
