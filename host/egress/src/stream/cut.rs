//! Cutting: bytes into whole frames, however the network has split them.
//!
//! - *SSE*: a frame is one event, its lines (`event`, `data`, `id`) joined by `\n`, without comments and without the blank line that
//!   ends it. Events of comments only are heartbeats and make no frame.
//! - *Lines*: a frame is one line without its end. Empty lines are heartbeats and make no frame.
//! - *Length-prefixed*: a frame is the bytes after a length of four bytes, most significant first. Empty ones make no frame.

use isocial_model::connector::{Frame, Framing};

/// A frame over the cap; the stream cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Cuts one stream.
#[derive(Debug)]
pub(super) struct Cutter {
    framing: Framing,
    cap: usize,
    /// The line or block that is not whole yet.
    rest: Vec<u8>,
    /// The lines of an SSE event so far.
    event: Vec<u8>,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Nothing has been read yet: a byte order mark may come.
    fresh: bool,
}

impl Cutter {
    pub(super) fn new(framing: Framing, cap: usize) -> Self {
        Self {
            framing,
            cap,
            rest: Vec::new(),
            event: Vec::new(),
            after_return: false,
            fresh: true,
        }
    }

    /// Takes the next bytes and hands out the frames that they complete.
    pub(super) fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), TooLarge> {
        match self.framing {
            Framing::LengthPrefixed => self.prefixed(bytes, frames),
            Framing::Sse => self.lines(bytes, frames, true),
            Framing::Lines | Framing::Websocket => self.lines(bytes, frames, false),
        }
    }

    fn prefixed(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), TooLarge> {
        self.rest.extend_from_slice(bytes);
        let mut done = 0;
        while let Some((length, after)) = self
            .rest
            .get(done..)
            .and_then(|rest| rest.split_first_chunk::<4>())
        {
            let length = u32::from_be_bytes(*length) as usize;
            if length > self.cap {
                return Err(TooLarge);
            }
            let Some(frame) = after.get(..length) else {
                break;
            };
            if length > 0 {
                frames.push(Frame::Binary(frame.to_vec()));
            }
            done += 4 + length;
        }
        self.rest.drain(..done);
        Ok(())
    }

    /// SSE knows three ends of a line; plain lines end with `\n` or `\r\n`.
    fn lines(&mut self, bytes: &[u8], frames: &mut Vec<Frame>, sse: bool) -> Result<(), TooLarge> {
        let mut bytes = bytes;
        while let Some((at, end)) = next_end(bytes, sse) {
            let (line, after) = bytes.split_at(at);
            bytes = after.get(1..).unwrap_or_default();
            let second_half =
                end == b'\n' && self.after_return && line.is_empty() && self.rest.is_empty();
            self.after_return = end == b'\r';
            if second_half {
                continue;
            }
            self.grow(line)?;
            let mut line = std::mem::take(&mut self.rest);
            if !sse && line.last() == Some(&b'\r') {
                line.pop();
            }
            if sse {
                self.event_line(&line, frames)?;
            } else if !line.is_empty() {
                frames.push(text(line));
            }
        }
        if !bytes.is_empty() {
            self.after_return = false;
        }
        self.grow(bytes)
    }

    fn grow(&mut self, more: &[u8]) -> Result<(), TooLarge> {
        if self.rest.len() + self.event.len() + more.len() > self.cap {
            return Err(TooLarge);
        }
        self.rest.extend_from_slice(more);
        Ok(())
    }

    fn event_line(&mut self, line: &[u8], frames: &mut Vec<Frame>) -> Result<(), TooLarge> {
        let line = if std::mem::take(&mut self.fresh) {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        } else {
            line
        };
        match line.first() {
            None if self.event.is_empty() => {}
            None => frames.push(text(std::mem::take(&mut self.event))),
            Some(b':') => {}
            Some(_) => {
                if self.event.len() + line.len() + 1 > self.cap {
                    return Err(TooLarge);
                }
                if !self.event.is_empty() {
                    self.event.push(b'\n');
                }
                self.event.extend_from_slice(line);
            }
        }
        Ok(())
    }
}

fn next_end(bytes: &[u8], sse: bool) -> Option<(usize, u8)> {
    let at = if sse {
        memchr::memchr2(b'\n', b'\r', bytes)
    } else {
        memchr::memchr(b'\n', bytes)
    }?;
    bytes.get(at).map(|end| (at, *end))
}

/// Text where it is text, bytes where it is not: nothing is replaced silently.
fn text(bytes: Vec<u8>) -> Frame {
    String::from_utf8(bytes).map_or_else(|error| Frame::Binary(error.into_bytes()), Frame::Text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(framing: Framing, pieces: &[&[u8]]) -> Result<Vec<Frame>, TooLarge> {
        let mut cutter = Cutter::new(framing, 64);
        let mut frames = Vec::new();
        for piece in pieces {
            cutter.push(piece, &mut frames)?;
        }
        Ok(frames)
    }
    fn texts(list: &[&str]) -> Vec<Frame> {
        list.iter().map(|t| Frame::Text((*t).into())).collect()
    }

    #[test]
    fn sse_events_are_whole_and_heartbeats_are_none() {
        let wire = "\u{feff}:thump\n\nevent: update\r\ndata: {\"a\":1}\r\n\r\n: x\rdata: one\rdata: two\r\r:end\n\nevent: cut";
        let want = texts(&["event: update\ndata: {\"a\":1}", "data: one\ndata: two"]);
        assert_eq!(cut(Framing::Sse, &[wire.as_bytes()]), Ok(want));
    }

    #[test]
    fn lines_are_whole_and_empty_ones_are_heartbeats() {
        assert_eq!(
            cut(
                Framing::Lines,
                &[b"{\"a\"", b":1}\r", b"\n\r\n\n{}\n", b"rest"]
            ),
            Ok(texts(&["{\"a\":1}", "{}"]))
        );
        assert_eq!(
            cut(Framing::Lines, &[b"\xff\xfe\n"]),
            Ok(vec![Frame::Binary(vec![0xff, 0xfe])])
        );
    }

    #[test]
    fn a_length_comes_before_each_block() {
        let wire: &[u8] = &[0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0];
        assert_eq!(
            cut(Framing::LengthPrefixed, &[wire]),
            Ok(vec![Frame::Binary(vec![1, 2, 3]), Frame::Binary(vec![9])])
        );
    }

    #[test]
    fn a_frame_over_the_cap_ends_the_stream() {
        assert_eq!(cut(Framing::Lines, &[&[b'x'; 65]]), Err(TooLarge));
        assert_eq!(
            cut(Framing::Sse, &[&b"data: 0123456789\n".repeat(5)]),
            Err(TooLarge)
        );
        assert_eq!(
            cut(Framing::LengthPrefixed, &[&[0, 0, 0, 65]]),
            Err(TooLarge)
        );
        assert_eq!(cut(Framing::LengthPrefixed, &[&[0xff; 4]]), Err(TooLarge));
    }

    proptest! {
        /// However the network splits the bytes, the frames are the same.
        #[test]
        fn frames_do_not_depend_on_the_cuts(
            wire in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(0u8), Just(2u8), any::<u8>()], 0..200),
            cuts in proptest::collection::vec(0usize..200, 0..20),
        ) {
            for framing in [Framing::Sse, Framing::Lines, Framing::LengthPrefixed] {
                let mut at: Vec<usize> = cuts.iter().map(|c| (*c).min(wire.len())).collect();
                at.extend([0, wire.len()]);
                at.sort_unstable();
                let pieces: Vec<&[u8]> = at.windows(2).map(|w| &wire[w[0]..w[1]]).collect();
                let mut whole = Cutter::new(framing, 1 << 20);
                let mut split = Cutter::new(framing, 1 << 20);
                let (mut a, mut b) = (Vec::new(), Vec::new());
                let one = whole.push(&wire, &mut a);
                let many: Result<Vec<()>, _> = pieces.iter().map(|piece| split.push(piece, &mut b)).collect();
                prop_assert_eq!(one.is_ok(), many.is_ok());
                prop_assert_eq!(a, b);
            }
        }
    }
}
