//! Whether a JPEG file is whole. The decoder fills what is missing with grey and says nothing.

/// Whether the marker segments lead from SOI to EOI (ITU-T T.81, annex B). An EOI in a thumbnail does not count, and what
/// follows EOI is ignored.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    let mut scans = 0;
    loop {
        // Any number of fill bytes 0xFF may precede a marker.
        let Some(&0xff) = bytes.get(at) else { return false };
        while bytes.get(at) == Some(&0xff) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at) else { return false };
        at += 1;
        match marker {
            0xd9 => return scans > 0,
            // TEM and restart markers have no length.
            0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let Some(length) = bytes.get(at..at + 2).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]]))) else {
            return false;
        };
        if length < 2 {
            return false;
        }
        at += length;
        if marker == 0xda {
            scans += 1;
            // Entropy-coded bytes run to the next marker that is neither a stuffed zero nor a restart.
            loop {
                let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) else {
                    return false;
                };
                at += found;
                match bytes.get(at + 1) {
                    Some(0x00 | 0xd0..=0xd7) => at += 2,
                    Some(0xff) => at += 1,
                    _ => break,
                }
            }
        }
    }
}
