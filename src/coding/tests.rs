use super::*;
use std::io::Write as _;

const TEXT: &[u8] = "An answer about 张伟, again and again and again, 又一次, 又一次。".as_bytes();

fn packed(coding: Coding, text: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip | Coding::Zstd => encode(coding, text).unwrap(),
        Coding::Deflate => {
            let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Coding::Brotli => {
            let mut out = Vec::new();
            let parameters = brotli::enc::BrotliEncoderParams::default();
            brotli::BrotliCompress(&mut &text[..], &mut out, &parameters).unwrap();
            out
        }
    }
}

fn bare_deflate(text: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    to.write_all(text).unwrap();
    to.finish().unwrap()
}

fn codings(header: &str) -> Codings {
    Codings::parse([header.as_bytes()].into_iter()).unwrap()
}

const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

#[test]
fn the_header_is_read() {
    let parse = |values: &[&str]| {
        let values = values.iter().map(|value| value.as_bytes());
        Codings::parse(values).map(|codings| codings.0)
    };
    assert_eq!(parse(&[]), Ok(vec![]));
    assert_eq!(parse(&["identity, Identity"]), Ok(vec![]));
    assert_eq!(
        parse(&["GZIP , br"]),
        Ok(vec![Coding::Gzip, Coding::Brotli])
    );
    assert_eq!(
        parse(&["x-gzip", "zstd"]),
        Ok(vec![Coding::Gzip, Coding::Zstd])
    );
    assert_eq!(parse(&["gzip,gzip,gzip"]), Err(CodingError::TooMany));
    for odd in ["", "gzip,", "compress", "gzip;q=1", "aes128gcm"] {
        assert_eq!(parse(&[odd]), Err(CodingError::Unknown), "{odd}");
    }
}

#[test]
fn every_coding_and_every_pair_comes_back() {
    for outer in ALL {
        let one = packed(outer, TEXT);
        assert_eq!(
            decode(&codings(outer.name()), &one, TEXT.len()).unwrap(),
            TEXT
        );
        for inner in ALL {
            let two = packed(outer, &packed(inner, TEXT));
            let header = format!("{}, {}", inner.name(), outer.name());
            assert_eq!(
                decode(&codings(&header), &two, 4096).unwrap(),
                TEXT,
                "{header}"
            );
        }
    }
    let bare = bare_deflate(TEXT);
    assert_eq!(decode(&codings("deflate"), &bare, 4096).unwrap(), TEXT);
    let twice = [packed(Coding::Gzip, b"one "), packed(Coding::Gzip, b"two")].concat();
    assert_eq!(decode(&codings("gzip"), &twice, 64).unwrap(), b"one two");
}

#[test]
fn byte_by_byte_it_is_the_same() {
    for (name, bytes) in ALL
        .map(|coding| (coding.name(), packed(coding, TEXT)))
        .into_iter()
        .chain([("deflate", bare_deflate(TEXT))])
    {
        let mut decoder = Decoder::new(&codings(name), 4096).unwrap();
        let mut out = Vec::new();
        for byte in &bytes {
            out.extend(decoder.push(&[*byte]).unwrap());
        }
        out.extend(decoder.finish().unwrap());
        assert_eq!(out, TEXT, "{name}");
    }
}

/// Events come when they are sent, not when the next one is.
#[test]
fn what_was_flushed_by_the_sender_is_out_at_once() {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut decoder = Decoder::new(&codings("gzip"), 4096).unwrap();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        to.write_all(event.as_bytes()).unwrap();
        to.flush().unwrap();
        let piece = std::mem::take(to.get_mut());
        assert_eq!(decoder.push(&piece).unwrap(), event.as_bytes());
    }
    let mut to = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    let mut decoder = Decoder::new(&codings("zstd"), 4096).unwrap();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        to.write_all(event.as_bytes()).unwrap();
        to.flush().unwrap();
        let piece = std::mem::take(to.get_mut());
        assert_eq!(decoder.push(&piece).unwrap(), event.as_bytes());
    }
    let mut to = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    let mut decoder = Decoder::new(&codings("br"), 4096).unwrap();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        to.write_all(event.as_bytes()).unwrap();
        to.flush().unwrap();
        let piece = std::mem::take(to.get_mut());
        assert_eq!(decoder.push(&piece).unwrap(), event.as_bytes());
    }
}

#[test]
fn a_bomb_is_stopped_at_the_cap() {
    let zeros = vec![0; 8 << 20];
    for coding in ALL {
        let bomb = packed(coding, &zeros);
        assert!(bomb.len() < 96 * 1024, "{coding:?}: {}", bomb.len());
        let too_large = Err(CodingError::TooLarge { cap: 100_000 });
        let name = coding.name();
        assert_eq!(decode(&codings(name), &bomb, 100_000), too_large, "{name}");
        let nested = packed(Coding::Gzip, &bomb);
        let header = format!("{name}, gzip");
        assert_eq!(
            decode(&codings(&header), &nested, 100_000),
            too_large,
            "{header}"
        );
        assert_eq!(
            decode(&codings(name), &bomb, zeros.len()).unwrap().len(),
            zeros.len()
        );
        assert!(
            decode(&codings(name), &bomb, zeros.len() - 1).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_is_cut_altered_or_goes_on_is_refused() {
    for coding in ALL {
        let name = coding.name();
        let whole = packed(coding, TEXT);
        for end in 0..whole.len() {
            let cut = decode(&codings(name), &whole[..end], 4096);
            assert_eq!(cut, Err(CodingError::Malformed), "{name} to {end}");
        }
        let longer = [&whole[..], b"more"].concat();
        assert_eq!(
            decode(&codings(name), &longer, 4096),
            Err(CodingError::Malformed),
            "{name}"
        );
        assert_eq!(
            decode(&codings(name), TEXT, 4096),
            Err(CodingError::Malformed),
            "{name}"
        );
    }
}

#[test]
fn a_window_that_is_too_large_for_a_content_coding_is_refused() {
    let mut to = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    to.window_log(24).unwrap();
    to.write_all(&vec![b'x'; 32 << 20]).unwrap();
    let frame = to.finish().unwrap();
    assert_eq!(
        decode(&codings("zstd"), &frame, 64 << 20),
        Err(CodingError::Malformed)
    );
}

#[test]
fn the_other_sides_wish_decides_how_to_answer() {
    for (value, expected) in [
        ("gzip, deflate, zstd", Some(Coding::Zstd)),
        ("gzip, br", Some(Coding::Gzip)),
        ("gzip;q=1.0, zstd;q=0.5", Some(Coding::Gzip)),
        ("gzip; q=0, zstd;q=0.000", None),
        ("identity, gzip;q=0.5", None),
        ("br, deflate", None),
        ("gzip;q=nan", None),
        ("*", None),
        ("", None),
    ] {
        assert_eq!(
            accepted([value.as_bytes()].into_iter()),
            expected,
            "{value}"
        );
    }
}
