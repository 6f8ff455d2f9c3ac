//! Flux of a field through surfaces: Gauss's law and the flux of a slice, for checking fields, learned ones included.
//!
//! Only fields that know their strength have a flux.

use std::f64::consts::PI;

use efm_core::Augmented;

use crate::quadrature::gauss_legendre;
use crate::{Field, FieldError};

/// A surface of R^{D+1} cut into small pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// A point of each piece.
    pub points: Augmented,
    /// Unit normal of each piece, D + 1 coordinates.
    pub normals: Augmented,
    /// Area of each piece (or weight of a quadrature rule), in length^D.
    pub areas: Vec<f64>,
}

/// Why there is no flux.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FluxError {
    /// The field could not be evaluated.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The field knows directions only.
    #[error("the field knows its direction but not its strength, so it has no flux")]
    NoStrength,
    /// Points, normals and areas are not as many.
    #[error("a surface needs as many normals and areas as points, but has {points}, {normals} and {areas}")]
    Ragged {
        /// Number of points.
        points: usize,
        /// Number of normals.
        normals: usize,
        /// Number of areas.
        areas: usize,
    },
    /// There is no rule for this dimension.
    #[error("there is no quadrature rule for D = {dim}: slices have rules for D = 1 and 2, spheres for D = 1 and more")]
    NoRule {
        /// D.
        dim: usize,
    },
}

impl Surface {
    /// No pieces yet.
    pub fn new(dim: usize) -> Self {
        Self { points: Augmented::new(dim), normals: Augmented::new(dim), areas: Vec::new() }
    }

    /// The slice at height `z`, all of R^D for D = 1 or 2, normal +z.
    ///
    /// Gauss–Legendre with `nodes` nodes in u, where the distance from `centre` is `scale`·u/(1 − u): the algebraic tails
    /// of a Coulomb field become smooth at u = 1. D = 2: times 2·`nodes` angles. `scale` should be the size of
    /// what there is to see (spread of the charges, or height above them).
    ///
    /// # Errors
    /// [`FluxError::NoRule`] but for D = 1 and 2.
    pub fn slice(centre: &[f64], z: f64, scale: f64, nodes: usize) -> Result<Self, FluxError> {
        let dim = centre.len();
        if !(1..=2).contains(&dim) {
            return Err(FluxError::NoRule { dim });
        }
        let mut surface = Self::new(dim);
        let mut normal = vec![0.0; dim];
        normal.push(1.0);
        for (u, weight) in gauss_legendre(nodes) {
            let radius = scale * u / (1.0 - u);
            let stretch = weight * scale / (1.0 - u).powi(2);
            match *centre {
                [x] => {
                    for sign in [-1.0, 1.0] {
                        surface.add(&[x + sign * radius, z], &normal, stretch);
                    }
                }
                _ => {
                    let [x, y] = [centre[0], centre[1]];
                    let angles = 2 * nodes;
                    for index in 0..angles {
                        let angle = 2.0 * PI * (index as f64 + 0.5) / angles as f64;
                        let point = [x + radius * angle.cos(), y + radius * angle.sin(), z];
                        surface.add(&point, &normal, stretch * radius * 2.0 * PI / angles as f64);
                    }
                }
            }
        }
        Ok(surface)
    }

    /// The sphere around `centre` (D + 1 coordinates, z last), normals outward.
    ///
    /// A product rule: Gauss–Legendre with `nodes` nodes in each of the D − 1 polar angles, 2·`nodes` azimuths; in all
    /// 2·`nodes`^D points, so this is meant for D + 1 ≤ 6. Exponentially accurate while no charge is near the surface.
    ///
    /// # Errors
    /// [`FluxError::NoRule`] for fewer than two coordinates.
    pub fn sphere(centre: &[f64], radius: f64, nodes: usize) -> Result<Self, FluxError> {
        let dim = centre.len().saturating_sub(1);
        if dim == 0 {
            return Err(FluxError::NoRule { dim });
        }
        // Directions of the circle, then one more polar angle at a time: (u sin θ, cos θ), weight sin^k θ dθ.
        let azimuths = 2 * nodes;
        let mut directions: Vec<(Vec<f64>, f64)> = (0..azimuths)
            .map(|index| {
                let angle = 2.0 * PI * (index as f64 + 0.5) / azimuths as f64;
                (vec![angle.cos(), angle.sin()], 2.0 * PI / azimuths as f64)
            })
            .collect();
        for power in 1..dim {
            let rule = gauss_legendre(nodes);
            directions = directions
                .iter()
                .flat_map(|(direction, weight)| {
                    rule.iter().map(move |&(u, share)| {
                        let (sin, cos) = (PI * u).sin_cos();
                        let mut next: Vec<f64> = direction.iter().map(|part| part * sin).collect();
                        next.push(cos);
                        (next, weight * share * PI * sin.powi(power as i32))
                    })
                })
                .collect();
        }
        let mut surface = Self::new(dim);
        for (normal, weight) in directions {
            let point: Vec<f64> = centre.iter().zip(&normal).map(|(c, n)| c + radius * n).collect();
            surface.add(&point, &normal, weight * radius.powi(dim as i32));
        }
        Ok(surface)
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// [`FieldError::Coordinates`] or [`FieldError::NonFinitePoint`].
    pub fn push(&mut self, point: &[f64], normal: &[f64], area: f64) -> Result<(), FieldError> {
        FieldError::check_point(self.points.dim(), point)?;
        FieldError::check_point(self.points.dim(), normal)?;
        self.add(point, normal, area);
        Ok(())
    }

    fn add(&mut self, point: &[f64], normal: &[f64], area: f64) {
        self.points.push_point(point);
        self.normals.push_point(normal);
        self.areas.push(area);
    }

    /// Total area, in length^D.
    pub fn area(&self) -> f64 {
        self.areas.iter().sum()
    }

    /// Flux Σ E·n dA of `field` through the surface: the enclosed charge for a closed one.
    ///
    /// # Errors
    /// [`FluxError`].
    pub fn flux(&self, field: &dyn Field) -> Result<f64, FluxError> {
        let (points, normals, areas) = (self.points.len(), self.normals.len(), self.areas.len());
        if points != normals || points != areas {
            return Err(FluxError::Ragged { points, normals, areas });
        }
        FieldError::check_shape((self.points.dim(), points), (self.normals.dim(), normals))?;
        let values = field.evaluate(&self.points)?;
        if values.ln_strengths.len() != points {
            return Err(FluxError::NoStrength);
        }
        let pieces = values.directions.iter().zip(self.normals.iter()).zip(values.ln_strengths.iter().zip(&self.areas));
        Ok(pieces
            .map(|((direction, normal), (ln_strength, area))| {
                let along: f64 = direction.iter().zip(normal).map(|(e, n)| e * n).sum();
                along * ln_strength.exp() * area
            })
            .sum())
    }
}
