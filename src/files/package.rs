//! ZIP archives: read whole within caps, and written anew with some entries changed.
//!
//! Nothing may hide in them: no entry twice, none encrypted, no bytes before, between or behind what the directory
//! names, no comments.

use super::FileError;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Most entries of an archive; documents have some twenty.
const MAX_ENTRIES: usize = 512;
/// Most bytes of all entries unpacked.
const MAX_UNPACKED: u64 = 32 * 1024 * 1024;
/// How many times larger an entry may be unpacked; XML seldom goes beyond 30.
const MAX_RATIO: u64 = 200;
/// Fixed bytes of a local header (APPNOTE 4.3.7), and of a descriptor behind the data (4.3.9).
const HEADER_BYTES: u64 = 30;
const DESCRIPTOR_BYTES: u64 = 24;

/// One entry, unpacked.
pub(super) struct Part {
    pub(super) entry: usize,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// Every entry.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<Part>, FileError> {
    let mut archive = open(bytes)?;
    let mut parts = Vec::with_capacity(archive.len());
    let mut ends: Vec<(u64, u64)> = Vec::new();
    let mut left = MAX_UNPACKED;
    for entry in 0..archive.len() {
        let file = archive.by_index(entry).map_err(|_| FileError::Malformed)?;
        if file.encrypted() || !file.comment_raw().is_empty() || file.is_symlink() {
            return Err(FileError::MoreThanText);
        }
        let name = file.name().map_err(|_| FileError::Malformed)?.into_owned();
        let packed = file.compressed_size();
        let start = file.data_start().ok_or(FileError::Malformed)?;
        ends.push((file.header_start(), start + packed));
        let cap = left.min(packed.saturating_mul(MAX_RATIO).max(4096));
        let mut content = Vec::new();
        let mut limited = file.take(cap + 1);
        limited
            .read_to_end(&mut content)
            .map_err(|_| FileError::Malformed)?;
        let size = content.len() as u64;
        if size > cap {
            return Err(FileError::TooLarge);
        }
        left -= size;
        parts.push(Part {
            entry,
            name,
            content,
        });
    }
    check_gaps(&mut ends, archive.central_directory_start())?;
    Ok(parts)
}

fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, FileError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileError::Malformed)?;
    if archive.len() > MAX_ENTRIES {
        return Err(FileError::TooLarge);
    }
    if archive.has_duplicate_names() || !archive.comment().is_empty() || archive.offset() != 0 {
        return Err(FileError::MoreThanText);
    }
    Ok(archive)
}

/// Entries must follow one another from the first byte to the directory.
fn check_gaps(ends: &mut [(u64, u64)], directory: u64) -> Result<(), FileError> {
    ends.sort_unstable();
    let mut at = 0;
    for (start, end) in ends.iter() {
        if *start < at || *start > at + DESCRIPTOR_BYTES || (at == 0 && *start != 0) {
            return Err(FileError::MoreThanText);
        }
        at = (*end).max(start + HEADER_BYTES);
    }
    if directory < at || directory > at + DESCRIPTOR_BYTES {
        return Err(FileError::MoreThanText);
    }
    Ok(())
}

/// The archive with these texts in place of the entries beside them; other entries, times and the order stay.
pub(super) fn rewritten(
    bytes: &[u8],
    entries: &[usize],
    texts: &[Option<String>],
) -> Result<Vec<u8>, FileError> {
    let mut archive = open(bytes)?;
    let mut writer = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len())));
    for index in 0..archive.len() {
        let known = entries.iter().position(|entry| *entry == index);
        let text = known.and_then(|at| texts.get(at)).and_then(Option::as_ref);
        let file = archive
            .by_index_raw(index)
            .map_err(|_| FileError::Malformed)?;
        match text {
            None => writer.raw_copy_file(file),
            Some(text) => {
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Deflated)
                    .last_modified_time(file.last_modified().unwrap_or_default());
                let name = file.name().map_err(|_| FileError::Malformed)?.into_owned();
                drop(file);
                writer
                    .start_file(name, options)
                    .and_then(|()| Ok(writer.write_all(text.as_bytes())?))
            }
        }
        .map_err(|_| FileError::NotRewritable)?;
    }
    let written = writer.finish().map_err(|_| FileError::NotRewritable)?;
    Ok(written.into_inner())
}
