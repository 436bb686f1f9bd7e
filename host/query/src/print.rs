//! Writing queries: `parse(print(q)) == q`.

impl std::fmt::Display for crate::Query {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
