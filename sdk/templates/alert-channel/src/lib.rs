//! Posts a line about an alert to a room: `POST /v1/messages` with `{"text":…}`.

use isocial_sdk::{
    channel::{AlertChannel, Answer, Destination, Fault, Message, Notice, Reply, Request, Verdict},
    json::json,
};

struct {{Type}};

isocial_sdk::alert_channel!({{Type}});

impl AlertChannel for {{Type}} {
    fn compose(notice: &Notice, _destination: &Destination) -> Result<Message, Fault> {
        let line = format!("[{}] {}: {} mentions {}", notice.severity.name(), notice.rule, notice.count, notice.link);
        let request = Request::post_json("https://chat.example.com/v1/messages", &json!({ "text": line }));
        let request = request.with_header("idempotency-key", &notice.idempotency_key);
        Ok(Message::Http(request.with_credential("token")))
    }

    fn judge(_notice: &Notice, _destination: &Destination, reply: &Reply) -> Result<Verdict, Fault> {
        Ok(match reply {
            Reply::Http(Answer::Response(response)) if response.is_success() => Verdict::Delivered,
            Reply::Http(Answer::Response(response)) if response.status == 429 => {
                Verdict::Retry(response.header("retry-after").and_then(|seconds| seconds.parse().ok()))
            }
            Reply::Http(Answer::Response(response)) if response.status < 500 => {
                Verdict::Failed(format!("the room answered {}", response.status))
            }
            _ => Verdict::Retry(None),
        })
    }
}

#[test]
fn recorded_exchanges_replay() {
    let mut subject = isocial_testkit::Native::channel::<{{Type}}>();
    isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
}
