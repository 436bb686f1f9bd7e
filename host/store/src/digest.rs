//! A digest of what an organisation holds, to compare two runs over the same input.

use isocial_model::{channel::Notice, key::OrgKeys};
use sqlx::Row;

use crate::{MentionFilter, MentionStatus, OrgDb, StoreError, codec};

impl OrgDb {
    /// A digest of the organisation's logical content in order: posts, links, analyses, counts, notices, tombstones' number; no ids that
    /// were drawn by chance, no sealed bytes and no times of writing, so that two runs over the same input can be compared.
    ///
    /// Posts without a date are placed at the time of their first reading, which is part of the counts: with a clock that moves
    /// otherwise, such posts differ. Monitors are told apart by name.
    pub async fn content_digest(&self) -> Result<String, StoreError> {
        let mut lines = self.mention_lines().await?;
        lines.extend(self.count_lines().await?);
        lines.extend(self.notice_lines().await?);
        lines.push(format!("tombstones {}", self.totals().await?.tombstones));
        lines.sort_unstable();
        let mut digest = Fnv::default();
        for line in &lines {
            digest.write(line.as_bytes());
            digest.write(b"\n");
        }
        Ok(format!("{:032x}-{}", digest.0, lines.len()))
    }

    async fn mention_lines(&self) -> Result<Vec<String>, StoreError> {
        let names: std::collections::HashMap<_, _> = self
            .monitors()
            .await?
            .into_iter()
            .map(|m| (m.id, m.name))
            .collect();
        let mut lines = Vec::new();
        for status in [MentionStatus::Visible, MentionStatus::Hidden] {
            let filter = MentionFilter {
                status: Some(status),
                ..MentionFilter::default()
            };
            let mut after = None;
            loop {
                let page = self.mentions(&filter, after, 500).await?;
                for mention in page.items {
                    let line = (
                        names.get(&mention.monitor),
                        codec::open(&mention.post),
                        &mention.analysis,
                        status == MentionStatus::Visible,
                        mention.collected_by.is_some(),
                        mention.analysed_by.is_some(),
                    );
                    lines.push(serde_json::to_string(&line).unwrap_or_default());
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(lines)
    }

    async fn count_lines(&self) -> Result<Vec<String>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select m.name, c.unit, c.start, c.total, c.negative, c.neutral, c.positive, c.unknown \
             from counts c join monitors m on m.row = c.monitor",
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                let name: String = r.try_get("name")?;
                let mut line = format!("count {name}");
                for column in [
                    "unit", "start", "total", "negative", "neutral", "positive", "unknown",
                ] {
                    line.push(' ');
                    line.push_str(&r.try_get::<i64, _>(column)?.to_string());
                }
                Ok(line)
            })
            .collect()
    }

    async fn notice_lines(&self) -> Result<Vec<String>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select id, body, status from notices")
            .fetch_all(&mut *conn)
            .await?;
        rows.iter()
            .map(|r| {
                let id: String = r.try_get("id")?;
                let plain = self
                    .ring()
                    .unseal(&crate::alerts::notice_place(&id), r.try_get("body")?)?;
                let mut notice: Notice =
                    serde_json::from_slice(&plain).map_err(|e| StoreError::Row {
                        table: "notices",
                        problem: format!("it does not read: {e}"),
                    })?;
                // Made from ids, or counting attempts that a kill repeats.
                notice.idempotency_key.clear();
                notice.link.clear();
                notice.attempt = 0;
                let status: String = r.try_get("status")?;
                Ok(format!(
                    "notice {status} {}",
                    serde_json::to_string(&notice).unwrap_or_default()
                ))
            })
            .collect()
    }
}

/// FNV-1a in 128 bits: tells two runs apart, and is no protection against anybody.
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
    }
}
