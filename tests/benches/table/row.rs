//! A row of the table, and the middle of several rounds. Not here: how it is shown (`print`).

/// What a row compares with.
#[derive(Debug, Clone)]
pub(crate) struct Against {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its own value, in the row's unit.
    pub(crate) value: f64,
}

/// What came of a row.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// A figure.
    Value(f64),
    /// A figure beside another of the same run.
    Compared(f64, Against),
    /// No figure, and the line that would make one possible.
    NotRun(String),
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its stable id.
    pub(crate) id: &'static str,
    /// The unit of its value.
    pub(crate) unit: &'static str,
    /// The figure.
    pub(crate) outcome: Outcome,
    /// How it was measured, in one line.
    pub(crate) method: String,
}

impl Row {
    /// The figure, if there is one.
    pub(crate) fn value(&self) -> Option<f64> {
        match self.outcome {
            Outcome::Value(value) | Outcome::Compared(value, _) => Some(value),
            Outcome::NotRun(_) => None,
        }
    }
    /// What it is compared with.
    pub(crate) fn against(&self) -> Option<&Against> {
        match &self.outcome {
            Outcome::Compared(_, against) => Some(against),
            _ => None,
        }
    }
    /// Value by value of what it is compared with.
    pub(crate) fn ratio(&self) -> Option<f64> {
        match &self.outcome {
            Outcome::Compared(value, against) => Some(value / against.value),
            _ => None,
        }
    }
}

/// The middle one; of an even number the upper of both.
pub(crate) fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap_or(f64::NAN)
}
