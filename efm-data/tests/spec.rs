//! Data sets as configurations name them.

mod support;

use std::path::Path;

use efm_core::Seed;
use efm_data::{DataSpec, Empirical, ErrorClass, Sampler};
use support::{folder, put, zeros};

fn parse(text: &str) -> Result<DataSpec, toml::de::Error> {
    toml::from_str(text)
}

#[test]
fn a_kind_alone_is_enough() {
    for kind in DataSpec::KINDS.iter().filter(|kind| !["file", "images"].contains(kind)) {
        let spec = parse(&format!("kind = \"{kind}\"")).unwrap();
        assert_eq!(spec.kind(), *kind);
        assert!(spec.summary().starts_with(kind) && spec.summary().contains("D = 2"), "{spec}");
        let sampler = spec.open(Path::new("/nowhere")).unwrap();
        assert_eq!(sampler.draw(&Seed(1).stream("x"), 0, 8).unwrap().dim(), 2);
        assert_eq!(parse(&toml::to_string(&spec).unwrap()).unwrap(), spec);
    }
    assert_eq!(parse("kind = \"gaussian\"").unwrap(), DataSpec::default());
}

#[test]
fn parameters_are_read_integers_included() {
    let spec = parse("kind = \"mixture\"\ncentres = [[8, 0, 0], [-8, 0.5, 0]]\nstd = 1\nweights = [1, 3]").unwrap();
    assert_eq!(spec.open(".".as_ref()).unwrap().dim(), 3);
    let spec = parse("kind = \"gaussian\"\ndim = 3072").unwrap();
    assert_eq!(spec.open(".".as_ref()).unwrap().dim(), 3072);
    let spec = parse("kind = \"gaussian\"\nmean = [1, 2, 3, 4]").unwrap();
    assert_eq!(spec.open(".".as_ref()).unwrap().dim(), 4);
}

#[test]
fn errors_of_form_name_the_field() {
    for (text, part) in [
        ("kind = \"swiss-roll\"\nnoize = 1", "noize"),
        ("kind = \"swiss-roll\"\nnoise = \"a lot\"", "a lot"),
        ("kind = \"swirl\"", "swirl"),
        ("noise = 1", "kind"),
        ("kind = \"file\"", "path"),
        ("kind = \"file\"\npath = \"a.npy\"\ncolumn = 3", "column"),
        ("kind = \"gaussian\"\ndim = -1", "-1"),
    ] {
        let message = parse(text).expect_err(text).to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn errors_of_range_name_the_kind_and_the_field() {
    for (text, part) in [
        ("kind = \"gaussian\"\nstd = -1", "gaussian: std is -1"),
        ("kind = \"gaussian\"\nstd = nan", "gaussian: std is NaN"),
        ("kind = \"gaussian\"\nstd = inf", "gaussian: std is inf"),
        ("kind = \"gaussian\"\ndim = 0", "gaussian: dim is 0"),
        ("kind = \"gaussian\"\ndim = 3\nmean = [1, 2]", "gaussian: mean has 2 numbers"),
        ("kind = \"mixture\"\ncentres = []", "mixture: centres is empty"),
        ("kind = \"mixture\"\ncentres = [[]]", "mixture: dim is 0"),
        ("kind = \"mixture\"\ncentres = [[1], [1, 2]]", "mixture: centres differ"),
        ("kind = \"mixture\"\nweights = [0, 0]", "mixture: weights are all zero"),
        ("kind = \"mixture\"\nweights = [1]", "mixture: weights has 1"),
        ("kind = \"mixture\"\nweights = [1, -1]", "mixture: weights is -1"),
        ("kind = \"swiss-roll\"\nscale = 0", "swiss-roll: scale is 0"),
        ("kind = \"swiss-roll\"\ndim = 1", "swiss-roll: dim is 1"),
        ("kind = \"moons\"\npadding_std = -1", "moons: padding_std is -1"),
        ("kind = \"eight-gaussians\"\nradius = 1e40", "eight-gaussians: radius is 1"),
        ("kind = \"checkerboard\"\nfields = 5", "checkerboard: fields is 5"),
        ("kind = \"spiral\"\narms = 0", "spiral: arms is 0"),
        ("kind = \"pinwheel\"\nradial_std = 11", "pinwheel: radial_std is 11"),
    ] {
        let error = parse(text).unwrap().open(".".as_ref()).err().expect(text);
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.class(), ErrorClass::Config);
    }
}

#[test]
fn the_largest_parameters_still_give_finite_points() {
    for text in [
        "kind = \"gaussian\"\nstd = 1e30\nmean = [1e30, -1e30]",
        "kind = \"swiss-roll\"\nnoise = 1e30\nscale = 1e-6",
        "kind = \"moons\"\nnoise = 1e30\nscale = 1e6\nshift = 1e30",
        "kind = \"pinwheel\"\nradial_std = 10\ntangential_std = 1e30\nrate = 1e6\nscale = 1e6",
        "kind = \"eight-gaussians\"\nradius = 1e30\nstd = 1e30\ndim = 3\npadding_std = 1e30",
        "kind = \"gaussian\"\nstd = 0",
    ] {
        parse(text).unwrap().open(".".as_ref()).unwrap().draw(&Seed(1).stream("x"), 0, 5000).unwrap();
    }
}

#[test]
fn rows_of_a_file_are_drawn_by_index() {
    let folder = folder();
    put(&folder, "rows.csv", b"0,10\n1,11\n2,12\n3,13\n");
    let spec = parse("kind = \"file\"\npath = \"rows.csv\"").unwrap();
    assert_eq!(spec, DataSpec::from_path("rows.csv"));
    assert_eq!(spec.summary(), "file (rows.csv)");
    let sampler = spec.open(folder.path()).unwrap();
    assert_eq!((sampler.dim(), sampler.len()), (2, Some(4)));
    let stream = Seed(5).stream("rows");
    let whole = sampler.draw(&stream, 0, 4000).unwrap();
    let mut counts = [0_u32; 4];
    for point in whole.iter() {
        assert_eq!(point[0] + 10.0, point[1]);
        counts[point[0] as usize] += 1;
    }
    // 1000 expected, standard deviation 27.
    assert!(counts.iter().all(|count| count.abs_diff(1000) < 137), "{counts:?}");
    assert_eq!(sampler.draw(&stream, 1234, 1).unwrap().point(0), whole.point(1234));
}

#[test]
fn a_file_keeps_all_its_rows_and_its_own_limit() {
    let folder = folder();
    let path = put(&folder, "rows.npy", &zeros(100));
    let DataSpec::File(mut file) = DataSpec::from_path(&path) else { panic!("a path gives a file") };
    let rows: Empirical = file.read(Path::new("/elsewhere")).unwrap();
    assert_eq!(rows.points().len(), 100);
    file.max_bytes = Some(799);
    let error = file.read(folder.path()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::ResourceLimit);
}
