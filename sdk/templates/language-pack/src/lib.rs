//! Tells praise from complaint by two words. Replace the words by a lexicon in static data: an instance lives for one batch.

use isocial_sdk::language::{Analyses, AnalysesBuilder, Batch, Fault, LanguagePack, Sentiment};

struct {{Type}};

isocial_sdk::language_pack!({{Type}});

impl LanguagePack for {{Type}} {
    fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
        let mut answers = AnalysesBuilder::new(batch);
        for document in batch.documents() {
            let text = document.text.to_lowercase();
            let score = f32::from(i8::from(text.contains("good")) - i8::from(text.contains("bad")));
            let probabilities = [(-score).max(0.0), 1.0 - score.abs() / 2.0, score.max(0.0)];
            answers.document(&document).sentiment(Sentiment::from_probabilities(probabilities, score));
        }
        Ok(answers.finish())
    }
}

#[test]
fn praise_is_told_from_complaint() {
    use isocial_sdk::language::{SentimentLabel, Tasks};
    let text = "Good teaBad tea".to_owned();
    let (hints, hint, days, targets) = Default::default();
    let batch = Batch { text, ends: vec![8, 15], hints, hint, days, targets, tasks: Tasks::SENTIMENT };
    let labels: Vec<_> = {{Type}}::analyze(&batch).unwrap().sentiment.iter().map(|s| s.label).collect();
    assert_eq!(labels, [SentimentLabel::Positive, SentimentLabel::Negative]);
}
