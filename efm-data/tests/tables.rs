//! Tables as NumPy, pandas, R and spreadsheets write them read as their makers meant them, or are refused with the true cause.

mod support;

use efm_data::{CellFault, DataError, Delimiter, Limits, Missing, Note, Sampler, Table, TableOptions, read_table};
use support::{folder, put};

fn read_with(name: &str, bytes: &[u8], options: &TableOptions) -> Result<Table, DataError> {
    let folder = folder();
    read_table(&put(&folder, name, bytes), None, options, &Limits::default())
}

fn read(text: &str) -> Table {
    read_with("a.csv", text.as_bytes(), &TableOptions::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> (String, DataError) {
    let error = read_with("a.csv", text.as_bytes(), &TableOptions::default()).expect_err(text);
    (error.to_string(), error)
}

/// 30 rows of two floats near `middle`, each line led by `lead` of its number and closed by `end`.
fn lines(middle: f64, separator: &str, lead: impl Fn(usize) -> String, end: &str) -> String {
    let line = |row: usize| {
        let (x, y) = (middle + 0.1 * row as f64 + 0.05, middle - 0.2 * row as f64 - 0.05);
        format!("{}{x:?}{separator}{y:?}{end}\n", lead(row))
    };
    (0..30).map(line).collect()
}

fn plain(middle: f64) -> String {
    lines(middle, ",", |_| String::new(), "")
}

fn shape(table: &Table) -> (usize, usize) {
    (table.rows.len(), table.rows.dim())
}

#[test]
fn separators_are_found_by_what_makes_numbers() {
    for (separator, what) in
        [(",", "comma"), (";", "semicolon"), ("\t", "tab"), (" ", "blank"), ("   ", "blanks"), (" \t ", "both")]
    {
        let table = read(&lines(7.0, separator, |_| String::new(), ""));
        assert_eq!((shape(&table), table.rows.value(1, 0)), ((30, 2), 7.0 + 0.1 + 0.05), "{what}");
        assert!(table.notes.is_empty(), "{what}: {:?}", table.notes);
        let header = format!("length{separator}width\n{}", lines(7.0, separator, |_| String::new(), ""));
        assert_eq!(read(&header).names.unwrap(), ["length", "width"], "{what}");
    }
}

#[test]
fn savetxt_aligns_columns_with_blanks_and_comments_its_header() {
    // numpy.savetxt(fmt="%14.6e", header="length width"), as NumPy 2 writes it.
    let text = "# length width\n  1.000000e+00  -2.500000e-01\n -3.000000e+02   4.000000e+00\n";
    let table = read(text);
    assert_eq!(table.rows.values(), [1.0, -0.25, -300.0, 4.0]);
    // Fortran ends its lines in blanks.
    assert_eq!(read("  1.0  2.0  \n  3.0  4.0  \n").rows.values(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_separator_can_be_given() {
    let mut options = TableOptions::default();
    options.delimiter = Some(Delimiter::new("|").unwrap());
    let table = read_with("a.csv", b"a|b\n1.5|2\n3|4\n", &options).unwrap();
    assert_eq!((table.rows.values(), table.names.unwrap()), (vec![1.5, 2.0, 3.0, 4.0], vec!["a".into(), "b".into()]));
    for (text, is) in
        [("tab", true), ("\t", true), ("blanks", true), (";", true), ("ab", false), ("1", false), ("", false)]
    {
        assert_eq!(Delimiter::new(text).is_ok(), is, "{text:?}");
    }
}

#[test]
fn a_header_of_whole_numbers_is_told_by_the_lines_after_it() {
    // pandas.DataFrame(array).to_csv(index=False)
    for middle in [0.0, 1000.0] {
        let table = read(&format!("0,1\n{}", plain(middle)));
        assert_eq!(shape(&table), (30, 2));
        assert!(matches!(&table.notes[..], [Note::NumericHeader { line: 1, .. }]), "{:?}", table.notes);
        assert!(table.notes[0].to_string().starts_with("line 1 (0, 1) is taken for a header"));
    }
    // Years, and an identifier before them.
    assert_eq!(shape(&read(&format!("2019,2020\n{}", plain(0.0)))), (30, 2));
    let years = read(&format!("site,2019,2020\n{}", lines(0.0, ",", |row| format!("{row},"), "")));
    assert_eq!((shape(&years), years.names.unwrap()[1].as_str()), ((30, 3), "2019"));
    // pandas.Series(array).to_csv(index=False)
    let series: String = (0..30).map(|row| format!("{:?}\n", f64::from(row) - 0.5)).collect();
    assert_eq!(shape(&read(&format!("0\n{series}"))), (30, 1));
    // Rows of whole numbers have no such header, and a path may start at the origin.
    assert_eq!(shape(&read("0,1\n2,3\n4,5\n")), (3, 2));
    assert_eq!(shape(&read(&format!("0,0\n{}", plain(0.0)))), (31, 2));
    let mut options = TableOptions::default();
    options.header = Some(false);
    assert_eq!(shape(&read_with("a.csv", format!("0,1\n{}", plain(0.0)).as_bytes(), &options).unwrap()), (31, 2));
}

#[test]
fn an_index_without_a_name_is_left_out() {
    // pandas.DataFrame.to_csv, also after rows were shuffled, and after it was read and written once more.
    for corner in ["", "Unnamed: 0", "\"\""] {
        for index in [|row: usize| format!("{row},"), |row: usize| format!("{},", 7 * row % 30)] {
            let table = read(&format!("{corner},x,y\n{}", lines(0.0, ",", index, "")));
            assert_eq!(
                (shape(&table), table.names.as_deref().unwrap()),
                ((30, 2), &["x".to_owned(), "y".to_owned()][..])
            );
            assert_eq!(table.notes, [Note::IndexColumn]);
        }
    }
    // The columns of an array are called 0, 1 there.
    let table = read(&format!(",0,1\n{}", lines(0.0, ",", |row| format!("{row},"), "")));
    assert_eq!(shape(&table), (30, 2));
    assert!(table.notes.contains(&Note::IndexColumn), "{:?}", table.notes);
    // A first column with a name is one of data.
    assert_eq!(read(&format!("t,x,y\n{}", lines(0.0, ",", |row| format!("{row},"), ""))).rows.dim(), 3);
}

#[test]
fn names_of_rows_are_left_out() {
    // R: write.table(frame), whose header is a field short, and write.csv(frame), whose first name is empty.
    let row = |row: usize| format!("\"Mazda RX{row}\" ");
    let table = read(&format!("\"x\" \"y\"\n{}", lines(0.0, " ", row, "")));
    assert_eq!((shape(&table), &table.notes[..]), ((30, 2), &[Note::RowNames][..]));
    let table = read(&format!("\"x\" \"y\"\n{}", lines(0.0, " ", |row| format!("\"{}\" ", row + 1), "")));
    assert_eq!((shape(&table), table.names.unwrap()), ((30, 2), vec!["x".to_owned(), "y".to_owned()]));
    let table = read(&format!("\"\",\"x\",\"y\"\n{}", lines(0.0, ",", |row| format!("\"car {row}\","), "")));
    assert_eq!((shape(&table), &table.notes[..]), ((30, 2), &[Note::RowNames][..]));
}

#[test]
fn an_empty_last_field_is_left_out() {
    let text = lines(0.0, ",", |_| String::new(), ",");
    for header in ["", "x,y\n", "x,y,\n"] {
        let table = read(&format!("{header}{text}"));
        assert_eq!((shape(&table), &table.notes[..]), ((30, 2), &[Note::EmptyLastField][..]), "{header:?}");
    }
}

#[test]
fn decimal_commas_are_read_where_something_else_separates() {
    for (separator, quote) in [(";", ""), ("\t", ""), (" ", ""), (",", "\"")] {
        let body: String = lines(0.0, ";", |_| String::new(), "")
            .lines()
            .map(|line| {
                let number = |text: &str| format!("{quote}{}{quote}", text.replace('.', ","));
                line.split(';').map(number).collect::<Vec<_>>().join(separator) + "\r\n"
            })
            .collect();
        let table = read(&format!("x{separator}y\r\n{body}"));
        assert_eq!((shape(&table), table.rows.value(1, 1)), ((30, 2), -0.25), "{separator:?}");
        assert_eq!(table.notes, [Note::DecimalComma]);
    }
    // With nothing else between them, commas separate.
    assert_eq!(read("1,5\n2,5\n").rows.dim(), 2);
    assert!(refused("x;y\n1,5;2,5\n1.234,5;2,5\n").0.contains("\"1.234,5\" is not a number"));
}

#[test]
fn what_spreadsheets_put_before_the_table() {
    let body = "x;y\r\n1,5;2,5\r\n3,5;4,5\r\n";
    for text in [format!("sep=;\r\n{body}"), format!("\u{feff}sep=;\r\n{body}"), format!("\"sep=;\"\r\n{body}")] {
        let table = read(&text);
        assert_eq!(table.rows.values(), [1.5, 2.5, 3.5, 4.5]);
        assert!(table.notes.contains(&Note::SeparatorLine));
    }
    let (_, error) = refused("sep=;\nx;y\n1;2\n3;four\n");
    assert!(matches!(error, DataError::BadCell { line: 4, column: 2, .. }), "{error}");
}

#[test]
fn utf_16_of_either_order_is_decoded() {
    // "Unicode text" of a spreadsheet has a mark; PowerShell's `>` writes one as well, other tools none.
    let text = "größe\tb\r\n1.5\t2\r\n3\t-4e0\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: [u8; 2], bytes: &[u8]| [&mark[..], bytes].concat();
    let plain = "a,b\n1,2\n3,4\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for bytes in [marked([0xff, 0xfe], &little), marked([0xfe, 0xff], &big)] {
        let table = read_with("a.txt", &bytes, &TableOptions::default()).unwrap();
        assert_eq!(table.rows.values(), [1.5, 2.0, 3.0, -4.0]);
        assert_eq!((table.names.unwrap()[0].as_str(), &table.notes[..]), ("größe", &[Note::Utf16][..]));
    }
    assert_eq!(read_with("a.csv", &plain, &TableOptions::default()).unwrap().rows.values(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn line_ends_of_every_kind_count_lines_alike() {
    for end in ["\n", "\r\n", "\r"] {
        let (message, error) = refused(&["a,b", "1,2", "", "3,x", ""].join(end));
        assert!(matches!(error, DataError::BadCell { line: 4, column: 2, .. }), "{end:?}: {message}");
    }
}

/// The first rows of palmerpenguins, as pandas writes them.
const PENGUINS: &str = "species,island,bill_length_mm,body_mass_g,sex
Adelie,Torgersen,39.1,3750.0,male
Adelie,Torgersen,39.5,3800.0,female
Adelie,Torgersen,,,
Gentoo,Biscoe,46.1,4500.0,female
Gentoo,Biscoe,50.0,NA,male
";

#[test]
fn text_and_gaps_are_refused_with_their_column_and_count() {
    let (message, error) = refused(PENGUINS);
    assert!(
        message.contains(":2:1: \"Adelie\" is not a number; column \"species\" has 5 such field(s) in 5 row(s)"),
        "{message}"
    );
    assert!(matches!(error, DataError::BadCell { fault: CellFault::Text, .. }) && error.hint().contains("drop"));
    let mut options = TableOptions::default();
    options.columns = vec!["body_mass_g".into(), "bill_length_mm".into()];
    let error = read_with("a.csv", PENGUINS.as_bytes(), &options).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(":4:4: the field is empty; column \"body_mass_g\" has 2 such field(s)"), "{message}");
    assert!(error.hint().contains("drop-rows"));
    options.missing = Missing::DropRows;
    options.label = Some("species".into());
    let table = read_with("a.csv", PENGUINS.as_bytes(), &options).unwrap();
    assert_eq!(table.rows.values(), [3750.0, 39.1, 3800.0, 39.5, 4500.0, 46.1]);
    assert_eq!(table.notes, [Note::DroppedRows { count: 2, of: 5 }]);
    let labels = table.labels.unwrap();
    assert_eq!((labels.names(), labels.classes()), (&["Adelie".to_owned(), "Gentoo".to_owned()][..], &[0, 0, 1][..]));
    for (field, name) in [("columns", "bill"), ("drop", "isle"), ("label", "kind")] {
        let mut options = TableOptions::default();
        match field {
            "columns" => options.columns = vec![name.into()],
            "drop" => options.drop = vec![name.into()],
            _ => options.label = Some(name.into()),
        }
        let error = read_with("a.csv", PENGUINS.as_bytes(), &options).unwrap_err().to_string();
        assert!(error.contains(&format!("{field}: no column \"{name}\"; there are: species, island")), "{error}");
    }
}

#[test]
fn words_for_nothing_are_gaps_and_truths_are_numbers() {
    for word in ["", "NA", "NaN", "nan", "null", "None", "N/A", "#N/A", "?"] {
        let (message, error) = refused(&format!("a,b\n1,2\n3,{word}\n5,6\n"));
        assert!(matches!(error, DataError::BadCell { fault: CellFault::Missing, line: 3, column: 2, .. }), "{message}");
    }
    let table = read("a,b\n1,True\n3,FALSE\n");
    assert_eq!(table.rows.values(), [1.0, 1.0, 3.0, 0.0]);
    assert_eq!(table.notes[0].to_string(), "column \"b\" is read as 1 for true and 0 for false");
}

#[test]
fn classes_of_rows_draw_apart() {
    let folder = folder();
    put(&folder, "a.csv", b"x,kind\n1,b\n2,a\n3,b\n");
    let spec: efm_data::DataSpec = toml::from_str("kind = \"file\"\npath = \"a.csv\"\nlabel = \"kind\"").unwrap();
    let sampler = spec.open(folder.path()).unwrap();
    assert_eq!((sampler.classes(), sampler.dim()), (vec!["a".to_owned(), "b".to_owned()], 1));
    let stream = efm_core::Seed(1).stream("classes");
    let of = |class: usize| sampler.of_class(class).unwrap().draw(&stream, 0, 50).unwrap();
    assert!(of(0).as_slice().iter().all(|&x| x == 2.0) && of(1).as_slice().iter().all(|&x| x != 2.0));
    assert!(sampler.of_class(2).is_none());
}

#[test]
fn columns_of_two_files_are_brought_into_one_order() {
    let (here, other) = (read("y,x\n1,2\n3,4\n"), read("x,y\n5,6\n7,8\n"));
    let turned = here.clone().in_order_of(&other).unwrap();
    assert_eq!(turned.rows.values(), [2.0, 1.0, 4.0, 3.0]);
    assert_eq!(turned.notes, [Note::Reordered { names: vec!["x".into(), "y".into()] }]);
    let error = read("x,z\n1,2\n3,4\n").in_order_of(&other).unwrap_err();
    assert_eq!(error.to_string(), "the columns differ: x, z in one file, x, y in the other");
    // Names that a program counted say nothing.
    assert_eq!(read("x0,x1\n1,2\n3,4\n").in_order_of(&other).unwrap().rows.values(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(read("1,2\n3,4\n").in_order_of(&other).unwrap().rows.values(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn formats_that_are_not_read_are_named_with_the_command_that_converts() {
    let folder = folder();
    let xlsx = support::archive(&[support::Entry::stored("[Content_Types].xml", b"<Types/>".to_vec())]);
    for (name, bytes, format, convert) in [
        ("a.xlsx", xlsx, "a spreadsheet", "read_excel"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....".to_vec(), "an old Excel", "read_excel"),
        ("a.csv", b"PAR1........".to_vec(), "a Parquet file", "read_parquet"),
        ("a.feather", b"ARROW1......".to_vec(), "an Arrow", "read_feather"),
        ("a.h5ad", b"\x89HDF\r\n\x1a\n....".to_vec(), "an HDF5 file", "anndata"),
        ("a.pkl", b"\x80\x04........".to_vec(), "a Python pickle", "numpy.save"),
        ("a.csv.gz", b"\x1f\x8b........".to_vec(), "a compressed file", "gunzip"),
    ] {
        let error = efm_data::read_points(&put(&folder, name, &bytes), None).unwrap_err();
        assert!(error.to_string().contains(format) && error.hint().contains(convert), "{error}: {}", error.hint());
    }
}

#[test]
fn lines_may_be_longer_than_what_is_looked_at_first() {
    let line = |start: usize| (0..50_000).map(|at| format!("{}.5", start + at)).collect::<Vec<_>>().join(",");
    let names = (0..50_000).map(|at| format!("gene{at}")).collect::<Vec<_>>().join(",");
    let table = read(&format!("{names}\n{}\n{}\n", line(0), line(7)));
    assert_eq!((shape(&table), table.rows.value(1, 49_999)), ((2, 50_000), 50_006.5));
    assert_eq!(table.names.unwrap()[3], "gene3");
}
