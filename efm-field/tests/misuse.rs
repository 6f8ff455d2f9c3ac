//! What a user can get wrong is a typed error that names it; nothing panics.

mod common;

use std::sync::Arc;

use common::{capacitor, queries};
use efm_core::{Augmented, Capacitor, CoreError, Points, Seed, Stream};
use efm_field::flux::{FluxError, Surface};
use efm_field::oracle::{Blob, Dipole, PoissonPlates};
use efm_field::points::{Around, Chord, Drawn, Flux, Mesh, Mixing, Origin, Radial, Tube};
use efm_field::{
    ExactField, Field, FieldError, FieldValues, ImageForm, InterPlate, Law, PointSampler, Precision, Reversed,
    Summation, brownian_exit, coulomb_potential, exit_probability, gauss_legendre, isotropic_steps, on_flux, potential,
    reference,
};
use proptest::prelude::*;

const LAWS: [Law; 3] = [Law::Mirror, Law::Coulomb, Law::Published];

/// A field that gives these values whatever it is asked.
struct Broken(FieldValues);

impl Field for Broken {
    fn dim(&self) -> usize {
        2
    }
    fn gap(&self) -> f64 {
        1.0
    }
    fn evaluate_into(&self, _at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        out.clone_from(&self.0);
        Ok(())
    }
}

fn upright(dim: usize, len: usize, ln_strengths: Vec<f64>) -> FieldValues {
    let mut directions = Augmented::zeros(dim, len);
    (0..len).for_each(|index| directions.set_z(index, 1.0));
    let mut values = FieldValues::default();
    (values.directions, values.ln_strengths) = (directions, ln_strengths);
    values
}

#[test]
fn a_field_that_gives_other_values_than_asked_for_is_named() {
    let at = Augmented::zeros(2, 4);
    let shape = |given, given_dim| FieldError::Shape { asked: 4, asked_dim: 2, given, given_dim };
    let strengths = FieldError::Strengths { points: 4, strengths: 3 };
    for (values, error) in [
        (upright(2, 3, Vec::new()), shape(3, 2)),
        (upright(2, 5, Vec::new()), shape(5, 2)),
        (upright(3, 4, Vec::new()), shape(4, 3)),
        (FieldValues::default(), shape(0, 0)),
        (upright(2, 4, vec![0.0; 3]), strengths),
    ] {
        assert_eq!(values.check(&at), Err(error.clone()));
        let field = Broken(values);
        assert_eq!(field.evaluate(&at), Err(error.clone()));
        assert_eq!(Reversed(&field).evaluate(&at), Err(error));
        // Those who ask the field at points of their own name these.
        assert!(matches!(
            potential(&field, &at, &[0.0; 3]),
            Err(FieldError::Shape { .. } | FieldError::Strengths { .. })
        ));
        let sphere = Surface::sphere(&[0.0; 3], 1.0, 2).unwrap();
        assert!(matches!(sphere.flux(&field), Err(FluxError::Field(_))));
    }
    assert_eq!(upright(2, 4, Vec::new()).check(&at), Ok(()));
}

#[test]
fn directions_that_are_none_are_named() {
    let at = Augmented::zeros(1, 3);
    for (direction, length) in [([3.0, 4.0], 5.0), ([0.0, 0.0], 0.0), ([0.0, f64::INFINITY], f64::INFINITY)] {
        let mut values = upright(1, 3, Vec::new());
        values.directions.point_mut(1).copy_from_slice(&direction);
        assert_eq!(values.check(&at), Err(FieldError::Direction { point: 1, length }));
    }
    let mut values = upright(1, 3, Vec::new());
    values.directions.set_z(2, f64::NAN);
    assert!(matches!(values.check(&at), Err(FieldError::Direction { point: 2, length }) if length.is_nan()));
}

#[test]
fn a_strength_out_of_range_is_said() {
    let values = upright(1, 3, vec![2.0_f64.ln(), f64::NEG_INFINITY, -800.0]);
    let vectors: Vec<_> = values.vectors().collect();
    assert!((vectors[0].as_ref().unwrap()[1] - 2.0).abs() < 1e-15);
    assert_eq!(vectors[1], Ok(vec![0.0; 2]));
    assert_eq!(vectors[2], Err(FieldError::Range { point: 2, ln_strength: -800.0 }));
    assert_eq!(upright(1, 1, Vec::new()).vectors().next(), Some(Err(FieldError::NoStrength)));
}

#[test]
fn an_error_of_ones_own_comes_back() {
    #[derive(Debug, thiserror::Error)]
    #[error("the instrument is switched off")]
    struct Off(#[source] std::fmt::Error);
    let error = FieldError::own(Off(std::fmt::Error));
    assert_eq!(error.to_string(), "the instrument is switched off");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(error, error.clone());
    assert_ne!(error, FieldError::own("the instrument is switched off"));
    let FieldError::Own(own) = error else { unreachable!() };
    assert!(own.get().is::<Off>());
}

/// A sampler that gives these points whatever it is asked.
#[derive(Debug)]
struct Careless {
    drawn: Drawn,
    promises: bool,
}

impl PointSampler for Careless {
    fn draw(&self, _: &Capacitor, _: Law, _: &Stream, _: u64, _: usize) -> Result<Drawn, FieldError> {
        Ok(self.drawn.clone())
    }
    fn has_origins(&self) -> bool {
        self.promises
    }
}

#[test]
fn a_sampler_is_held_to_what_it_promises() {
    let plates = capacitor(2, 5, 1.0, 1);
    let stream = Seed(1).stream("points");
    let draw = |sampler: &dyn PointSampler| sampler.draw_checked(&plates, Law::Mirror, &stream, 0, 3).map(|_| ());
    let points = |dim, len| Augmented::zeros(dim, len);
    let shape = |given, given_dim| Err(FieldError::Shape { asked: 3, asked_dim: 2, given, given_dim });
    let origins = |origins| Err(FieldError::Origins { points: 3, origins });
    let mut bad = points(2, 3);
    bad.set_z(1, f64::NAN);
    let origin = |charge| Origin { side: efm_core::Side::Source, charge };
    for (drawn, promises, expected) in [
        (Drawn::new(points(2, 3)), false, Ok(())),
        (Drawn::new(points(2, 2)), false, shape(2, 2)),
        (Drawn::new(points(1, 3)), false, shape(3, 1)),
        (Drawn::new(bad), false, Err(FieldError::NonFinitePoint { point: 1 })),
        (Drawn::new(points(2, 3)), true, origins(0)),
        (Drawn::with_origins(points(2, 3), vec![origin(0); 2]), true, origins(2)),
        (Drawn::with_origins(points(2, 3), vec![origin(0), origin(999), origin(1)]), true, origins(2)),
        (Drawn::with_origins(points(2, 3), vec![origin(0); 3]), true, Ok(())),
    ] {
        let sampler: Arc<dyn PointSampler> = Arc::new(Careless { drawn, promises });
        assert_eq!(draw(&sampler), expected, "{sampler:?}");
        assert_eq!(draw(&Box::new(&sampler)), expected);
    }
}

#[test]
fn parameters_that_make_no_sense_are_named_whoever_draws() {
    let plates = capacitor(2, 5, 1.0, 1);
    let flux = Flux::default();
    let tube = Tube::default();
    let around = Around::default();
    let nan = f64::NAN;
    let samplers: Vec<(&str, Box<dyn PointSampler>)> = vec![
        ("margin", Box::new(Flux { margin: 0.9, ..flux })),
        ("margin", Box::new(Flux { margin: nan, ..flux })),
        ("edge", Box::new(Flux { edge: -0.1, ..flux })),
        ("thinning", Box::new(Flux { thinning: 1.0, ..flux })),
        ("margins", Box::new(Tube { margins: [0.1, nan], ..tube })),
        ("focus", Box::new(Tube { focus: nan, ..tube })),
        ("angles", Box::new(Tube { angles: [0.5, nan], ..tube })),
        ("angles", Box::new(Tube { angles: [nan, 0.5], ..tube })),
        ("behind", Box::new(Around { behind: 1.0, ..around })),
        ("reach", Box::new(Around { reach: f64::INFINITY, ..around })),
        ("noise", Box::new(Chord { noise: -1.0 })),
        ("points", Box::new(Mesh { points: 0, half_width: 1.0 })),
        ("half_width", Box::new(Mesh { points: 2, half_width: nan })),
        ("sigma", Box::new(Radial { sigma: 0.0, steps: 1.0, tau: 1.0 })),
        ("tau", Box::new(Mixing { sigma: 1.0, steps: 1.0, tau: nan })),
        ("noise", Box::new(InterPlate::Chord(Chord { noise: nan }))),
    ];
    for (name, sampler) in samplers {
        let checked = sampler.check().expect_err("no sense");
        assert_eq!(checked.name, name);
        // NaN is not equal to itself, so texts are compared.
        let drawn = sampler.draw(&plates, Law::Mirror, &Seed(1).stream("points"), 0, 3).expect_err("no sense");
        assert_eq!(drawn.to_string(), checked.to_string());
    }
    for [least, most] in [[0.0, 1.0], [1.0, 1.0], [nan, 1.0], [0.1, nan], [0.1, f64::INFINITY]] {
        let steps = isotropic_steps(&plates, Law::Coulomb, [least, most], &Seed(1).stream("steps"), 0, 3);
        assert!(matches!(steps, Err(FieldError::Parameter(_))), "{least} {most}");
    }
    for error in [nan, 0.0, -1.0, 1.0] {
        let field = ExactField::new(plates.clone(), Law::Coulomb);
        assert!(field.clone().with_summation(Summation::Tree { error }).is_err());
        assert!(field.with_summation(Summation::Within { error }).is_err());
    }
}

#[test]
fn closed_forms_refuse_what_has_no_field() {
    let blob = |weight, scale, middle: Vec<f64>| Blob { weight, scale, middle };
    let fine = || blob(1.0, 0.5, vec![0.0]);
    let make = |dim, source: Vec<Blob>, gap| PoissonPlates::new(dim, source, vec![fine()], gap).map(|_| ());
    assert_eq!(make(0, vec![fine()], 1.0), Err(CoreError::NoCoordinates.into()));
    assert_eq!(make(1, vec![fine()], 0.0), Err(CoreError::BadGap { gap: 0.0 }.into()));
    assert!(matches!(make(1, Vec::new(), 1.0), Err(FieldError::Core(CoreError::EmptyPlate { .. }))));
    assert!(matches!(make(2, vec![fine()], 1.0), Err(FieldError::Core(CoreError::RaggedValues { .. }))));
    for (weight, scale) in [(0.0, 1.0), (-1.0, 1.0), (f64::NAN, 1.0), (1.0, 0.0), (1.0, f64::NAN), (1.0, f64::INFINITY)]
    {
        assert!(matches!(make(1, vec![blob(weight, scale, vec![0.0])], 1.0), Err(FieldError::Parameter(_))));
    }
    assert_eq!(
        make(1, vec![fine(), blob(1.0, 1.0, vec![f64::NAN])], 1.0),
        Err(FieldError::NonFinitePoint { point: 1 })
    );
    let dipole = |source, target, gap| Dipole::new(source, target, gap).map(|_| ());
    assert_eq!(dipole(Vec::new(), Vec::new(), 1.0), Err(CoreError::NoCoordinates.into()));
    let unequal = CoreError::DimensionMismatch { source_dim: 1, target_dim: 2 };
    assert_eq!(dipole(vec![0.0], vec![0.0; 2], 1.0), Err(unequal.into()));
    assert_eq!(dipole(vec![0.0], vec![f64::NAN], 1.0), Err(FieldError::NonFinitePoint { point: 1 }));
    for gap in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(dipole(vec![0.0], vec![0.0], gap), Err(FieldError::Core(CoreError::BadGap { .. }))));
    }
}

#[test]
fn surfaces_refuse_what_they_cannot_hold() {
    for centre in [0, 3, 4] {
        assert_eq!(Surface::slice(&vec![0.0; centre], 0.5, 1.0, 4), Err(FluxError::NoRule { dim: centre }));
    }
    for centre in [0, 1] {
        assert_eq!(Surface::sphere(&vec![0.0; centre], 0.5, 4), Err(FluxError::NoRule { dim: 0 }));
    }
    let mut surface = Surface::new(2);
    let wrong = Err(FieldError::Coordinates { given: 2, wanted: 3 });
    assert_eq!(surface.push(&[0.0; 2], &[0.0; 3], 1.0), wrong);
    assert_eq!(surface.push(&[0.0; 3], &[0.0; 2], 1.0), wrong);
    assert_eq!(surface.push(&[0.0, f64::NAN, 0.0], &[0.0; 3], 1.0), Err(FieldError::NonFinitePoint { point: 0 }));
    surface.push(&[0.0; 3], &[0.0, 0.0, 1.0], 1.0).unwrap();
    let field = ExactField::new(capacitor(3, 5, 1.0, 1), Law::Coulomb);
    let other_space = FieldError::DimensionMismatch { query_dim: 2, field_dim: 3 };
    assert_eq!(surface.flux(&field), Err(FluxError::Field(other_space)));
    surface.normals = Augmented::zeros(1, 1);
    assert!(matches!(surface.flux(&field), Err(FluxError::Field(FieldError::Shape { .. }))));
    // A radius, a scale or no node at all make no finite or no flux, but no panic.
    for value in [f64::NAN, 0.0, f64::INFINITY] {
        let _ = Surface::sphere(&[0.0; 4], value, 3).unwrap().flux(&field);
        let _ = Surface::slice(&[0.0; 2], 0.5, value, 3).unwrap().flux(&field);
    }
    assert_eq!(Surface::sphere(&[0.0; 4], 1.0, 0).unwrap().flux(&field), Ok(0.0));
    assert_eq!(gauss_legendre(0), []);
}

/// Coordinates that a careless program may come up with.
fn arbitrary_coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -2.0..2.0_f64,
        1 => Just(0.0),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e300, 5e-324]),
    ]
}

/// A point of any space up to D = 4, or none at all.
fn arbitrary_point() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(arbitrary_coordinate(), 0..=5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn a_point_has_a_field_or_an_error(point in arbitrary_point(), dim in 1..=4_usize, law in 0..3_usize, gap in 1e-3..1e3_f64) {
        let law = LAWS[law];
        let plates = capacitor(dim, 4, gap, 3);
        let fits = point.len() == dim + 1;
        let good = fits && point.iter().all(|value| value.is_finite());
        let fields: Vec<ExactField> = [Precision::F32, Precision::F64]
            .map(|precision| ExactField::new(plates.clone(), law).with_precision(precision))
            .into();
        let value = reference::field(&plates, law, &point);
        prop_assert_eq!(value.is_ok(), good);
        if !fits {
            prop_assert_eq!(value, Err(FieldError::Coordinates { given: point.len(), wanted: dim + 1 }));
        }
        if !point.is_empty() {
            let mut at = Augmented::new(point.len() - 1);
            at.push_point(&point);
            for field in &fields {
                match field.evaluate(&at) {
                    Ok(values) => {
                        prop_assert!(good);
                        prop_assert_eq!(values.check(&at), Ok(()));
                        prop_assert!(values.vectors().all(|vector| vector.is_ok_and(|vector| vector.len() == dim + 1)
                            || law == Law::Published || values.ln_strengths[0].abs() > 600.0));
                    }
                    Err(FieldError::DimensionMismatch { query_dim, field_dim }) => {
                        prop_assert_eq!((query_dim, field_dim), (point.len() - 1, dim));
                        prop_assert!(!fits);
                    }
                    Err(error) => {
                        prop_assert!(fits && !good);
                        prop_assert_eq!(error, FieldError::NonFiniteQuery { point: 0 });
                    }
                }
                prop_assert_eq!(field.per_plate(&at).is_ok(), good);
                prop_assert_eq!(field.effective_charges(&at).is_ok(), good);
                prop_assert_eq!(coulomb_potential(&plates, &at, &vec![0.1; dim + 1]).is_ok(), good);
                prop_assert_eq!(potential(field, &at, &vec![0.1; dim + 1]).is_ok(), good);
            }
        }
        let at = queries(dim, 2, gap, 1);
        prop_assert_eq!(coulomb_potential(&plates, &at, &point).is_ok(), good);
        prop_assert_eq!(potential(&fields[0], &at, &point).is_ok(), good);
        let dipole = Dipole::new(vec![0.0; dim], vec![0.5; dim], gap).unwrap();
        prop_assert_eq!(dipole.share(&point).is_ok(), good);
        let poisson = PoissonPlates::new(dim, vec![Blob { weight: 1.0, scale: 0.5, middle: vec![0.0; dim] }; 2],
            vec![Blob { weight: 1.0, scale: 0.5, middle: vec![0.0; dim] }], gap).unwrap();
        // Numbers without a sense get some answer.
        let [z, time] = [0, 1].map(|index| point.get(index).copied().unwrap_or(0.3));
        let mut generator = Seed(1).stream("misuse").at(0);
        poisson.sample(efm_core::Side::Source, z, &mut generator);
        poisson.sample_slice(z, &mut generator);
        poisson.density(efm_core::Side::Target, z, &point);
        brownian_exit(z, gap, &mut generator);
        prop_assert!(time.is_nan() || (0.0..=1.0).contains(&exit_probability(z, gap, time)));
        on_flux(&plates, law, z, &mut generator, &mut point.clone());
        Reversed(&dipole).evaluate(&at).unwrap();
    }
}

#[test]
fn plates_of_any_size_have_a_field() {
    // One charge, charges on top of one another, extreme gaps: with and without queries.
    for dim in [1, 2, 9, 33] {
        for values in [vec![0.0; dim], vec![1e30; 3 * dim], vec![1e-30; 2 * dim]] {
            let plate = || Points::from_values(dim, values.clone()).unwrap();
            for gap in [f64::MIN_POSITIVE, 1e-12, 1.0, 1e300] {
                let plates = Capacitor::new(plate(), plate(), gap).unwrap();
                for law in LAWS {
                    let field = ExactField::new(plates.clone(), law);
                    assert_eq!(field.evaluate(&Augmented::new(dim)).unwrap().directions.len(), 0);
                    let at = queries(dim, 3, 1.0, 2);
                    field.evaluate(&at).unwrap().check(&at).unwrap();
                    for values in field.per_plate(&at).unwrap() {
                        values.check(&at).unwrap();
                    }
                }
            }
        }
    }
    for dim in [0, 1, 14] {
        let _ = ImageForm::new(dim);
    }
}
