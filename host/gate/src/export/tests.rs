use isocial_model::{
    Instant,
    export::ColumnKind,
    language::{EntityKind, Sentiment, SentimentLabel},
    receipt::{CallLine, Line},
};

use super::*;
use crate::{
    Stopped,
    fixtures::{contract, door, labeled, post, spec},
};

fn export(id: &str, input: &[&str]) -> Door {
    door(
        id,
        Kind::ExportFormat,
        vec![contract("writer", &["export"], input)],
    )
}

fn line(receipt: &Receipt) -> &CallLine {
    let Line::Call(line) = &receipt.line else {
        panic!("no call line")
    };
    line
}

fn rows(
    door: &Door,
    posts: &[Labeled<Post>],
    analysis: Option<&Analysis>,
) -> (Vec<Row>, OpenReceipt<RowsContext>) {
    let rows: Vec<_> = posts
        .iter()
        .map(|post| ExportRow {
            post,
            analysis,
            mention: "mnt_1",
            monitor: "Lumen",
        })
        .collect();
    let (passed, open) = door.project_rows(&door.columns(), &rows).unwrap();
    (passed.into_guest(), open)
}

fn text(cell: &Cell) -> &str {
    let Cell::Text(text) = cell else {
        panic!("no text: {cell:?}")
    };
    text
}

#[test]
fn hp_01_a_file_holds_the_granted_columns_only() {
    let door = export(
        "acme/csv",
        &["post.text:redacted", "post.created:day", "mention.id"],
    );
    assert_eq!(
        door.columns()
            .iter()
            .map(|c| c.name.as_str())
            .collect::<Vec<_>>(),
        ["mention-id", "created", "text"]
    );
    let (rows, open) = rows(
        &door,
        &[labeled(post("1", "Lumen, @an an@example.vn"))],
        None,
    );
    assert_eq!(
        rows,
        [vec![
            Cell::Text("mnt_1".into()),
            Cell::Instant(Instant(1_749_945_600_000)),
            Cell::Text("Lumen, ⟦user:1⟧ ⟦mail:1⟧".into()),
        ]]
    );
    assert!(!format!("{rows:?}").contains("canary"));
    let (bytes, receipt) = door.admit_chunk(Untrusted::from_guest(Ok(b"a,b".to_vec()), 3), open);
    assert_eq!(bytes.unwrap(), b"a,b");
    assert_eq!(
        line(&receipt).fields,
        ["mention.id", "post.created:day", "post.text:redacted"]
    );
    assert_eq!(
        (line(&receipt).items, line(&receipt).redacted["mail"]),
        (1, 1)
    );
    let all = columns_for(&Rights::everything());
    assert!(matches!(
        door.project_writer(all, options()),
        Err(ProjectError::Invalid {
            what: "columns",
            ..
        })
    ));
}

fn options() -> Options {
    Options {
        title: "=Report".into(),
        now: Instant(0),
        config: "{}".into(),
    }
}

#[test]
fn hp_28_nothing_that_a_spreadsheet_would_run() {
    let door = export("acme/csv", &["post.text:raw"]);
    for bad in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\n=1",
        "＝1",
        "=HYPERLINK(\"https://evil.example\")",
        "|calc",
        "%0A=1",
        "\u{200B}=1",
    ] {
        let (rows, open) = rows(&door, &[labeled(post("1", bad))], None);
        assert!(text(&rows[0][0]).starts_with('\''), "{bad:?}");
        let _ = door.fail(Stopped::Trap, open);
    }
    let (rows, open) = rows(&door, &[labeled(post("1", "plain = text"))], None);
    assert_eq!(text(&rows[0][0]), "plain = text");
    let _ = door.fail(Stopped::Trap, open);
    let mut columns = door.columns();
    columns[0].title = "=cmd".into();
    let (passed, open) = door.project_writer(columns, options()).unwrap();
    assert_eq!(
        (
            passed.get().columns[0].title.as_str(),
            passed.get().options.title.as_str()
        ),
        ("'=cmd", "'=Report")
    );
    assert_eq!(line(&door.admit_started(open)).verdict, Verdict::Ok);
    let mut plain = spec(
        "acme/jsonl",
        Kind::ExportFormat,
        vec![contract("writer", &["export"], &["post.text:raw"])],
    );
    plain.spreadsheet = false;
    let plain = Door::new(plain).unwrap();
    let (rows, open) = self::rows(&plain, &[labeled(post("1", "=1+1"))], None);
    assert_eq!(text(&rows[0][0]), "=1+1");
    let _ = plain.fail(Stopped::Trap, open);
}

#[test]
fn hp_34_two_exports_know_an_author_by_different_names() {
    let author = |id: &str, right: &str| {
        let door = export(id, &[right]);
        let (rows, open) = rows(
            &door,
            &[labeled(post("1", "x")), labeled(post("2", "y"))],
            None,
        );
        let _ = door.fail(Stopped::Trap, open);
        assert_eq!(rows[0], rows[1]);
        text(&rows[0][0]).to_owned()
    };
    let (csv, xlsx) = (
        author("acme/csv", "post.author:pairwise-ref"),
        author("acme/xlsx", "post.author:pairwise-ref"),
    );
    assert!(
        csv != xlsx && csv.len() == 32 && csv == author("acme/csv", "post.author:pairwise-ref")
    );
    assert_eq!(author("acme/csv", "post.author:handle"), "canary_handle");
}

#[test]
fn precision_is_lowered_to_what_is_granted() {
    let door = export(
        "acme/csv",
        &[
            "post.created:hour",
            "post.engagement:bucket",
            "post.rating",
            "analysis.sentiment",
            "analysis.entities",
            "post.text:redacted",
        ],
    );
    let sentiment = Sentiment {
        label: SentimentLabel::Negative,
        negative: 1.0,
        neutral: 0.0,
        positive: 0.0,
        score: -0.7,
    };
    let analysis = Analysis {
        sentiment: Some(sentiment),
        entities: vec![(EntityKind::Product, 0, 5, 0.9)],
        ..Analysis::default()
    };
    let (rows, open) = rows(&door, &[labeled(post("1", "Lumen hỏng"))], Some(&analysis));
    let _ = door.fail(Stopped::Trap, open);
    let by_name = |name: &str| {
        door.columns()
            .iter()
            .position(|c| c.name == name)
            .map(|i| rows[0][i].clone())
            .unwrap()
    };
    assert_eq!(
        by_name("created"),
        Cell::Instant(Instant(1_749_999_600_000))
    );
    assert_eq!(
        (by_name("likes"), by_name("views")),
        (Cell::Integer(1000), Cell::Absent)
    );
    assert_eq!(
        (by_name("rating"), by_name("score")),
        (Cell::Number(0.8), Cell::Number(-0.7))
    );
    assert_eq!(
        (by_name("sentiment"), by_name("entities")),
        (
            Cell::Text("negative".into()),
            Cell::Text("product: Lumen".into())
        )
    );
}

#[test]
fn restricted_posts_stay_out_and_strict_networks_leave_as_ids() {
    let door = export(
        "acme/csv",
        &["post.text:raw", "post.url", "post.author:handle"],
    );
    let strange = labeled(Post {
        network: "no-such-network".into(),
        ..post("1", "canary text")
    });
    let mut label = strange.label().clone();
    label.restricted = true;
    let restricted = Labeled::new(label.clone(), post("2", "x"));
    (label.restricted, label.held) = (false, true);
    let held = Labeled::new(label, post("3", "x"));
    let (rows, open) = rows(&door, &[restricted, strange, held], None);
    assert_eq!(open.context().rows(), 1);
    let receipt = door.fail(Stopped::Trap, open);
    assert_eq!(
        rows,
        [vec![
            Cell::Text("https://sample.example/canary-url".into()),
            Cell::Absent,
            Cell::Absent
        ]]
    );
    assert_eq!(
        (
            line(&receipt).restricted_skipped,
            line(&receipt).fields.clone()
        ),
        (2, vec!["post.url".to_owned()])
    );
}

#[test]
fn every_column_has_its_right_and_its_kind() {
    for known in cells::COLUMNS {
        assert!(
            VOCABULARY.iter().any(|f| f.path == known.field),
            "{}",
            known.name
        );
        assert_eq!(
            cells::COLUMNS
                .iter()
                .filter(|other| other.name == known.name)
                .count(),
            1
        );
    }
    // Each text column gives something for a full post, so that no arm is missing.
    let input: Vec<String> = Vec::from(crate::ceiling::of(
        Kind::ExportFormat,
        isocial_model::Purpose::Export,
    ));
    let door = export(
        "acme/csv",
        &input.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let mut full = post("1", "Lumen");
    full.media.push(isocial_model::post::Media {
        kind: isocial_model::post::MediaKind::Image,
        url: Some("https://example.com/i".into()),
        alt: None,
    });
    full.sensitive = Some(true);
    let analysis = Analysis {
        language: Some(("vi".into(), 0.9)),
        sentiment: Some(Sentiment {
            label: SentimentLabel::Neutral,
            negative: 0.0,
            neutral: 1.0,
            positive: 0.0,
            score: 0.0,
        }),
        emotions: vec![(isocial_model::language::EmotionLabel::Joy, 0.5)],
        entities: vec![(EntityKind::Product, 0, 5, 0.9)],
        topics: vec![("price".into(), 0.5)],
        ..Analysis::default()
    };
    let (rows, open) = rows(&door, &[labeled(full)], Some(&analysis));
    let _ = door.fail(Stopped::Trap, open);
    for (column, cell) in door.columns().iter().zip(&rows[0]) {
        assert!(
            !matches!(
                (column.kind, cell),
                (
                    ColumnKind::Text
                        | ColumnKind::Instant
                        | ColumnKind::Boolean
                        | ColumnKind::Number,
                    Cell::Absent
                )
            ),
            "{}",
            column.name
        );
    }
}

#[test]
fn chunks_and_calls_are_capped() {
    let door = export("acme/csv", &["post.text:raw"]);
    let (_, open) = door.project_finish().unwrap();
    let (bytes, receipt) =
        door.admit_chunk(Untrusted::from_guest(Ok(vec![0; CHUNK_MAX + 1]), 1), open);
    assert_eq!(bytes.unwrap_err().name(), "chunk");
    assert_eq!(line(&receipt).function, "finish");
    let one = labeled(post("1", "x"));
    let many = vec![
        ExportRow {
            post: &one,
            analysis: None,
            mention: "m",
            monitor: "n"
        };
        501
    ];
    assert!(matches!(
        door.project_rows(&door.columns(), &many),
        Err(ProjectError::TooMuch { what: "rows", .. })
    ));
}
