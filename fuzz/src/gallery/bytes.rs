//! Numbers and sections in the bytes of a file, and edits of them.

pub(super) fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    if let Some(place) = offset.checked_add(value.len()).and_then(|end| bytes.get_mut(offset..end)) {
        place.copy_from_slice(value);
    }
}

pub(super) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(offset..offset.checked_add(8)?)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?))
}

/// Applies edits: two bytes of offset, one of length, the bytes. An odd length inserts at the end of
/// the file instead; offset 65535 cuts it.
pub(super) fn edit(bytes: &mut Vec<u8>, mut edits: &[u8]) {
    while let [low, high, length, rest @ ..] = edits {
        let offset = usize::from(u16::from_le_bytes([*low, *high]));
        let (piece, rest) = rest.split_at(rest.len().min(usize::from(*length / 2)));
        edits = rest;
        if offset == 0xffff {
            bytes.truncate(bytes.len().saturating_sub(usize::from(*length)));
        } else if length % 2 == 1 && bytes.len() < 1 << 16 {
            bytes.extend_from_slice(piece);
        } else if !bytes.is_empty() {
            let offset = offset % bytes.len();
            let fits = piece.len().min(bytes.len() - offset);
            put(bytes, offset, &piece[..fits]);
        }
    }
}

/// The bytes of a section of a segment.
pub(super) fn section(bytes: &[u8], id: u32) -> Option<std::ops::Range<usize>> {
    let at = (248..1272).step_by(32).find(|&at| u32_at(bytes, at) == Some(id))?;
    let start = usize::try_from(u64_at(bytes, at + 8)?).ok()?;
    let end = start.checked_add(usize::try_from(u64_at(bytes, at + 16)?).ok()?)?;
    (end <= bytes.len()).then_some(start..end)
}
