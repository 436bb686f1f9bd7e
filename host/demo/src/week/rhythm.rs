//! When people post: hour of the day, day of the week, and the wave of the crisis. Whole numbers only.

use isocial_model::Instant;

use super::Subject;

/// The week is lived seven hours ahead of UTC.
const OFFSET_MS: i64 = 7 * Instant::HOUR_MS;
/// Local hour at which the crisis breaks: lunch, when people read.
const CRISIS_HOUR: i64 = 12;
/// For how long it runs at full volume.
const CRISIS_HOURS: i64 = 3;
/// How many times the usual volume it reaches, and how it ebbs in the nine hours after.
const WAVE: usize = 12;
const EBB: [usize; 9] = [5, 4, 4, 3, 3, 2, 2, 2, 2];

/// Volume by local hour, in thousandths of the mean.
const DAY: [usize; 24] = [
    250, 150, 100, 100, 150, 350, 800, 1400, 1500, 1300, 1200, 1300, 1600, 1400, 1200, 1100, 1200,
    1500, 1700, 1600, 1500, 1400, 1000, 600,
];

/// The first hour of the fourth day at which it is noon, and three hours later.
pub(super) fn crisis(start: Instant) -> (Instant, Instant) {
    let day_four = start.plus_ms(3 * Instant::DAY_MS);
    let wait = (CRISIS_HOUR - local_hour(day_four)).rem_euclid(24);
    let from = day_four.plus_ms(wait * Instant::HOUR_MS);
    (from, from.plus_ms(CRISIS_HOURS * Instant::HOUR_MS))
}

/// How much louder talk about our brand is in this hour: 1 at ordinary times.
pub(super) fn wave(hour: Instant, crisis: (Instant, Instant)) -> usize {
    if hour < crisis.0 {
        return 1;
    }
    if hour < crisis.1 {
        return WAVE;
    }
    let after = (hour.as_millis() - crisis.1.as_millis()) / Instant::HOUR_MS;
    usize::try_from(after)
        .ok()
        .and_then(|h| EBB.get(h))
        .copied()
        .unwrap_or(1)
}

/// Posts to expect in this hour without any wave, in thousandths.
pub(super) fn expected(hour: Instant, subject: Subject) -> usize {
    let mean = match subject {
        Subject::Brand => 4_600,
        Subject::Competitor => 2_200,
        Subject::Noise => 5_700,
    };
    let of_day = usize::try_from(local_hour(hour))
        .ok()
        .and_then(|h| DAY.get(h))
        .copied()
        .unwrap_or(1_000);
    let of_week = if weekend(hour) { 850 } else { 1_000 };
    mean * of_day / 1_000 * of_week / 1_000
}

fn local_hour(at: Instant) -> i64 {
    at.plus_ms(OFFSET_MS)
        .as_millis()
        .div_euclid(Instant::HOUR_MS)
        .rem_euclid(24)
}

/// 1970-01-01 was a Thursday.
fn weekend(at: Instant) -> bool {
    matches!((at.plus_ms(OFFSET_MS).day() + 3).rem_euclid(7), 5 | 6)
}
