//! Decompression with a cap on size and on ratio: a bomb is stopped before it has gone off.
//!
//! We ask for gzip only and decode it ourselves: the compressed size stays known, and no other decoder can be reached by an answer.

use std::io::Write;

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use isocial_model::connector::Failure;

/// Below this a high ratio is nothing to worry about: 1 MiB.
const FREE_BYTES: usize = 1 << 20;

/// Collects up to a cap.
#[derive(Debug)]
struct Capped {
    bytes: Vec<u8>,
    cap: usize,
    over: bool,
}

impl Write for Capped {
    fn write(&mut self, chunk: &[u8]) -> std::io::Result<usize> {
        if chunk.len() > self.cap.saturating_sub(self.bytes.len()) {
            self.over = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
enum Coding {
    Identity(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
    Zlib(Box<ZlibDecoder<Capped>>),
    /// Some servers say `deflate` and leave the zlib frame out.
    RawDeflate(Box<DeflateDecoder<Capped>>),
}

impl Coding {
    fn out(&self) -> &Capped {
        match self {
            Self::Identity(out) => out,
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zlib(decoder) => decoder.get_ref(),
            Self::RawDeflate(decoder) => decoder.get_ref(),
        }
    }
    fn write_all(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Identity(out) => out.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
            Self::Zlib(decoder) => decoder.write_all(chunk),
            Self::RawDeflate(decoder) => decoder.write_all(chunk),
        }
    }
    fn finish(self) -> std::io::Result<Capped> {
        match self {
            Self::Identity(out) => Ok(out),
            Self::Gzip(decoder) => (*decoder).finish(),
            Self::Zlib(decoder) => (*decoder).finish(),
            Self::RawDeflate(decoder) => (*decoder).finish(),
        }
    }
}

/// Takes a body chunk by chunk and gives it back whole and decoded, or says why not.
#[derive(Debug)]
pub(crate) struct Body {
    coding: Option<Coding>,
    deflate: bool,
    cap: usize,
    inflation: u64,
    wire: u64,
}

impl Body {
    /// A body in this content coding. An unknown one was never asked for, so the server does not keep to HTTP.
    pub(crate) fn new(coding: Option<&str>, cap: usize, inflation: u64) -> Result<Self, Failure> {
        let out = Capped {
            bytes: Vec::new(),
            cap,
            over: false,
        };
        let mut deflate = false;
        let coding = match coding
            .map(|name| name.trim().to_ascii_lowercase())
            .as_deref()
        {
            None | Some("" | "identity") => Some(Coding::Identity(out)),
            Some("gzip" | "x-gzip") => Some(Coding::Gzip(Box::new(MultiGzDecoder::new(out)))),
            Some("deflate") => {
                deflate = true;
                None
            }
            Some(_) => return Err(Failure::Malformed),
        };
        Ok(Self {
            coding,
            deflate,
            cap,
            inflation,
            wire: 0,
        })
    }

    /// Takes the next chunk off the wire.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        self.wire = self.wire.saturating_add(chunk.len() as u64);
        // Compressed or not, more than the cap on the wire cannot become an answer.
        if self.wire > self.cap as u64 {
            return Err(Failure::TooLarge);
        }
        let Some(first) = chunk.first() else {
            return Ok(());
        };
        let cap = self.cap;
        let deflate = self.deflate;
        let coding = self.coding.get_or_insert_with(|| {
            let out = Capped {
                bytes: Vec::new(),
                cap,
                over: false,
            };
            // The low nibble of a zlib header is its method, 8; a raw block cannot begin so with a valid type.
            if deflate && first & 0x0f == 8 {
                Coding::Zlib(Box::new(ZlibDecoder::new(out)))
            } else {
                Coding::RawDeflate(Box::new(DeflateDecoder::new(out)))
            }
        });
        let written = coding.write_all(chunk);
        let out = coding.out();
        let identity = matches!(coding, Coding::Identity(_));
        if out.over
            || (!identity
                && out.bytes.len() > FREE_BYTES
                && out.bytes.len() as u64 > self.wire.saturating_mul(self.inflation))
        {
            return Err(Failure::TooLarge);
        }
        written.map_err(|_| Failure::Malformed)
    }

    /// The decoded body.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Failure> {
        // Nothing came (a HEAD, a 304): whatever the coding says, the body is empty.
        let Some(coding) = self.coding.filter(|_| self.wire > 0) else {
            return Ok(Vec::new());
        };
        match coding.finish() {
            Ok(out) if !out.over => Ok(out.bytes),
            Ok(_) => Err(Failure::TooLarge),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                Err(Failure::TooLarge)
            }
            Err(_) => Err(Failure::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const CAP: usize = 8 << 20;

    fn decode(coding: &str, wire: &[u8], step: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Body::new(Some(coding), CAP, 200)?;
        for chunk in wire.chunks(step) {
            body.push(chunk)?;
        }
        body.finish()
    }

    #[test]
    fn each_coding_reads_back_in_any_cut() {
        let text = b"a brand and its week, ".repeat(500);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&text).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(&text).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(&text).unwrap();
        let wires = [
            ("gzip", gzip.finish().unwrap()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
            ("identity", text.clone()),
        ];
        for (coding, wire) in wires {
            for step in [1, 7, 4096, 1 << 20] {
                assert_eq!(
                    decode(coding, &wire, step).unwrap(),
                    text,
                    "{coding} by {step}"
                );
            }
        }
    }

    #[test]
    fn a_gzip_bomb_is_stopped_by_size_and_by_ratio() {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..64 {
            bomb.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let bomb = bomb.finish().unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(decode("gzip", &bomb, 4096), Err(Failure::TooLarge));
        // Under the size cap, over the ratio: 4 MiB of nothing.
        let mut small = GzEncoder::new(Vec::new(), Compression::best());
        small.write_all(&vec![0; 4 << 20]).unwrap();
        assert_eq!(
            decode("gzip", &small.finish().unwrap(), 4096),
            Err(Failure::TooLarge)
        );
    }

    #[test]
    fn a_broken_body_is_malformed_and_an_empty_one_is_empty() {
        assert_eq!(
            decode("gzip", b"this is no gzip at all", 8),
            Err(Failure::Malformed)
        );
        assert_eq!(decode("br", b"", 8), Err(Failure::Malformed));
        assert_eq!(decode("gzip", b"", 8), Ok(Vec::new()));
        let mut cut = GzEncoder::new(Vec::new(), Compression::default());
        cut.write_all(&b"whole ".repeat(100)).unwrap();
        let mut cut = cut.finish().unwrap();
        cut.truncate(cut.len() / 2);
        assert_eq!(decode("gzip", &cut, 8), Err(Failure::Malformed));
        assert_eq!(
            decode("identity", &vec![b'x'; CAP + 1], 1 << 20),
            Err(Failure::TooLarge)
        );
    }
}
