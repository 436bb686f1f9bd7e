//! One message as a post: `{"id","text","at"}` always; `edited`, `lang`, `url`, `by`, `answers`, `tags`, `hearts` where there is one.

use isocial_sdk::{
    connector::{Author, Engagement, Kind, Post, Visibility},
    json::{At, JsonError},
};

/// The registered name of the network, as the manifest has it.
const NETWORK: &str = "parley";
/// Tags that a post may have.
const TAGS: usize = 64;

/// Reads a message; an error names the field that is not as described.
pub(crate) fn read(message: &At<'_>) -> Result<Post, JsonError> {
    let id = message.id("id")?;
    let mut post = Post::new(NETWORK, id.clone());
    post.ref_ = Some(id);
    post.text = Some(message.text("text")?.to_owned());
    post.created = Some(message.time("at")?);
    post.edited = message.opt_time("edited")?;
    post.language = message.opt_text("lang")?.map(str::to_owned);
    post.url = message.opt_text("url")?.map(str::to_owned);
    post.in_reply_to = message.opt_id("answers")?;
    if post.in_reply_to.is_some() {
        post.kind = Kind::Reply;
    }
    // Rooms that are not public have another API, which needs a member's key.
    post.visibility = Visibility::Public;
    if let Some(by) = message.opt_object("by")? {
        post.author = Author {
            native_id: by.opt_id("id")?,
            handle: by.opt_text("name")?.map(str::to_owned),
            automated: by.opt_flag("bot")?,
            ..Author::default()
        }
        .known();
    }
    for tag in message.opt_list("tags")?.iter().take(TAGS) {
        post.hashtags.push(tag.as_text()?.to_owned());
    }
    post.engagement = Engagement {
        likes: message.opt_count("hearts")?,
        ..Engagement::default()
    }
    .known();
    Ok(post)
}
