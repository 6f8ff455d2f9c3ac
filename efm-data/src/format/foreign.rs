//! Formats that people have and that are not read: named, with the command that converts them.

const PYTHON_TABLE: &str = "convert it: python -c \"import pandas; pandas.read_excel('IN').to_csv('OUT.csv', index=False)\", or save as CSV in the program it is from";
const PARQUET: &str =
    "convert it: python -c \"import pandas; pandas.read_parquet('IN').to_csv('OUT.csv', index=False)\"";
const FEATHER: &str =
    "convert it: python -c \"import pandas; pandas.read_feather('IN').to_csv('OUT.csv', index=False)\"";
const HDF5: &str = "convert it: python -c \"import anndata, numpy; numpy.save('OUT.npy', anndata.read_h5ad('IN').obsm['X_pca'])\", or with h5py for other HDF5";
const PICKLE: &str = "convert it in Python: numpy.save('OUT.npy', array), or frame.to_csv('OUT.csv', index=False)";
const MATLAB: &str =
    "convert it: python -c \"import scipy.io, numpy; numpy.save('OUT.npy', scipy.io.loadmat('IN')['NAME'])\"";
const PACKED: &str = "unpack it first, with gunzip, unxz, bunzip2 or unzstd";

/// What the first bytes of a file say it is, with its article, and how to convert it.
pub(super) fn format(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let begins = |magic: &[u8]| start.starts_with(magic);
    // The name of the first entry of a zip archive (APPNOTE.TXT 4.3.7).
    let entry = if begins(b"PK\x03\x04") { start.get(30..).unwrap_or_default() } else { &[] };
    let spreadsheet = [&b"[Content_Types].xml"[..], b"_rels/", b"docProps/", b"xl/", b"mimetypeapplication/vnd.oasis"];
    if spreadsheet.iter().any(|name| entry.starts_with(name)) {
        return Some(("a spreadsheet (Excel or OpenDocument)", PYTHON_TABLE));
    }
    Some(match start {
        _ if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => ("an old Excel file", PYTHON_TABLE),
        _ if begins(b"PAR1") => ("a Parquet file", PARQUET),
        _ if begins(b"ARROW1") || begins(b"FEA1") => ("an Arrow or Feather file", FEATHER),
        _ if begins(b"\x89HDF\r\n\x1a\n") => ("an HDF5 file (h5, h5ad)", HDF5),
        _ if begins(b"MATLAB 5.0 MAT-file") => ("a MATLAB file", MATLAB),
        [0x80, 2..=5, ..] => ("a Python pickle", PICKLE),
        _ if begins(b"\x1f\x8b") || begins(b"\xfd7zXZ\0") || begins(b"BZh") || begins(b"\x28\xb5\x2f\xfd") => {
            ("a compressed file", PACKED)
        }
        _ => return None,
    })
}
