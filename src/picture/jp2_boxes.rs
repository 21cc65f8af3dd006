//! The boxes of a JP2 file: a length, a type of four letters, contents.

/// Where the codestream begins, and its bytes: those of the box `jp2c`, or all of a bare one.
pub(super) fn codestream(bytes: &[u8]) -> Option<(usize, &[u8])> {
    if bytes.starts_with(&[0xFF, 0x4F]) {
        return Some((0, bytes));
    }
    boxes(bytes).find(|(kind, _, _)| kind == b"jp2c").map(|(_, offset, contents)| (offset, contents))
}

/// The contents of a box by the way to it.
pub(super) fn find<'a>(bytes: &'a [u8], way: &[&[u8; 4]]) -> Option<&'a [u8]> {
    let (first, rest) = way.split_first()?;
    let (_, _, contents) = boxes(bytes).find(|(kind, _, _)| kind == *first)?;
    if rest.is_empty() { Some(contents) } else { find(contents, rest) }
}

/// The boxes in bytes: type, where the contents begin, contents. Ends early where the bytes are no box.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let length = u32::from_be_bytes(*rest.first_chunk()?);
        let kind = *rest.get(4..)?.first_chunk()?;
        let (header, length) = match length {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)).ok()?),
            length => (8, length as usize),
        };
        // The last box of a file that is cut off is taken as far as it goes.
        let contents = rest.get(header..length.min(rest.len()))?;
        let found = (kind, at + header, contents);
        at = at.checked_add(length)?;
        Some(found)
    })
}
